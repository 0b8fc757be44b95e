package embedded

import (
	"fmt"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/lookup"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// createAs reads CREATE TABLE AS and SELECT INTO; nil for any other statement.
func createAs(n ast.Node) *ast.CreateTableAsStmt {
	switch n := n.(type) {
	case *ast.CreateTableAsStmt:
		if n.ObjType == ast.OBJECT_TABLE {
			return n
		}
	case *ast.SelectStmt:
		if n.IntoClause == nil {
			return nil
		}
		query := *n
		query.IntoClause = nil
		return &ast.CreateTableAsStmt{Query: &query, Into: n.IntoClause, ObjType: ast.OBJECT_TABLE, IsSelectInto: true}
	}
	return nil
}

// runCreateAs makes a table of a query's columns, and inserts its rows as an
// INSERT would.
func (db *DB) runCreateAs(c *sqlite.Conn, x *execution, n *ast.CreateTableAsStmt) (*table, error) {
	query, ok := n.Query.(*ast.SelectStmt)
	if err := plainCreateAs(n); err != nil || !ok {
		return nil, err
	}
	r, err := analyze.Statement(x.analysis(), query)
	if err != nil {
		return nil, err
	}
	if r.Calls != nil {
		return nil, fault.Unsupported("a table made of what functions that write return is not supported by the embedded engine").
			WithHint("Make the table first.")
	}
	definition, err := x.tableOf(n, r.Query.Columns)
	if err != nil {
		return nil, err
	}
	parsed, err := syntax.Parse(definition)
	if err != nil {
		return nil, err
	}
	before := db.writing
	made, err := db.runDDL(c, x, &plan{ddl: parsed.Node, source: definition})
	if err != nil {
		return nil, err
	}
	if n.Into.SkipData || db.writing == before {
		made.tag = "CREATE TABLE AS"
		return made, nil
	}
	next := db.start(x.ctx, x.session, db.writing, x.txTime)
	c.State = next
	defer func() { c.State = x }()
	r, err = analyze.Statement(next.analysis(), &ast.InsertStmt{BaseNode: ast.BaseNode{Tag: ast.T_InsertStmt}, Relation: n.Into.Rel, SelectStmt: query})
	if err != nil {
		return nil, err
	}
	p, err := emit.Compile(next.types, r)
	if err != nil {
		return nil, err
	}
	out := newTable(p)
	if err := next.write(c, p, out); err != nil {
		return nil, store.Translate(err)
	}
	return tagged(fmt.Sprintf("SELECT %d", out.count)), nil
}

func plainCreateAs(n *ast.CreateTableAsStmt) error {
	what := ""
	switch into := n.Into; {
	case into.Rel.RelPersistence == 't':
		what = "a temporary table is"
	case into.AccessMethod != "" && into.AccessMethod != "heap", into.Options != nil && len(into.Options.Items) > 0, into.TableSpaceName != "":
		what = "a storage option of a table is"
	}
	if _, ok := n.Query.(*ast.SelectStmt); !ok && what == "" {
		what = "CREATE TABLE AS of anything but a query is"
	}
	if what == "" {
		return nil
	}
	return fault.Unsupported("%s not supported by the embedded engine", what).
		WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.")
}

// analysis is the context in which statements of this execution are analyzed.
func (x *execution) analysis() lookup.Context {
	return lookup.Context{Catalog: x.cat, Types: x.types, Role: role(x.session), SearchPath: x.session.Searched(), Known: knownFunction}
}

// tableOf writes the CREATE TABLE of a query's columns.
func (x *execution) tableOf(n *ast.CreateTableAsStmt, list []tree.Output) (string, error) {
	var given []ast.Node
	if n.Into.ColNames != nil {
		given = n.Into.ColNames.Items
	}
	if len(given) > len(list) {
		return "", fault.New(fault.SyntaxError, "too many column names were specified")
	}
	var columns []string
	for i, o := range list {
		name := o.Name
		if i < len(given) {
			if s, ok := given[i].(*ast.String); ok {
				name = s.SVal
			}
		}
		columns = append(columns, quoted(name)+" "+x.types.Format(o.Expr.Type()))
	}
	name := quoted(n.Into.Rel.RelName)
	if n.Into.Rel.SchemaName != "" {
		name = quoted(n.Into.Rel.SchemaName) + "." + name
	}
	exists := ""
	if n.IfNotExists {
		exists = "IF NOT EXISTS "
	}
	return "CREATE TABLE " + exists + name + " (" + strings.Join(columns, ", ") + ")", nil
}

// quoted writes a name of PostgreSQL so that it is one, whatever it is.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
