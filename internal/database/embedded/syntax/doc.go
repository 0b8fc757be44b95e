// Package syntax is the embedded engine's one adapter to the SQL grammar, and
// makes up for what the grammar lacks: PostgreSQL's syntax errors with their
// position, scripts, a limit on depth, identifiers cut to 63 bytes, and refusals
// where the grammar loses a detail of the statement. The grammar's nodes must
// not leave the engine's own packages.
//
//	st, err := syntax.Parse(`select 1`)
//	sts, err := syntax.Split("create table t (id int);\ninsert into t values (1);")
//	e, err := syntax.ParseExpr(`owner = auth.uid()`)
package syntax
