package embedded

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/lookup"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// compiler turns the expressions of DDL into SQLite.
type compiler struct {
	types *types.Catalogue
	role  string
	// session computes what depends on the session; nil where nothing does.
	session func(*tree.SessionValue) (sqlite.Value, error)
}

var clauses = map[ddl.Purpose]string{
	ddl.Default: "DEFAULT", ddl.Check: "CHECK", ddl.IndexKey: "index expressions", ddl.IndexPredicate: "index predicates",
	ddl.PolicyUsing: "POLICY", ddl.PolicyCheck: "POLICY", ddl.Using: "USING",
	ddl.Generated: "column generation expressions",
}

// View implements ddl.Compiler.
func (c compiler) View(cat *catalog.Catalog, query *ast.SelectStmt, path []string) (*ddl.ViewQuery, error) {
	ctx := lookup.Context{Catalog: cat, Types: c.types, Role: c.role, SearchPath: path, Known: knownFunction}
	q, err := analyze.View(ctx, query)
	if err != nil {
		return nil, err
	}
	out := &ddl.ViewQuery{Sources: q.Sources, Updatable: q.Updatable}
	for i, o := range q.Columns {
		out.Columns = append(out.Columns, ddl.ViewColumn{Name: o.Name, Type: o.Expr.Type(), Origin: q.Origins[i]})
	}
	return out, nil
}

// Sources implements ddl.Compiler.
func (c compiler) Sources(cat *catalog.Catalog, t *catalog.Table, node ast.Node, path []string) ([]catalog.Source, error) {
	return analyze.Sources(lookup.Context{Catalog: cat, Types: c.types, Role: c.role, SearchPath: path, Known: knownFunction}, t, node)
}

// Function implements ddl.Compiler.
func (c compiler) Function(cat *catalog.Catalog, f *catalog.Function, path []string) error {
	return analyze.CheckFunction(lookup.Context{Catalog: cat, Types: c.types, Role: c.role, SearchPath: path, Known: knownFunction}, f)
}

// Updatable implements ddl.Compiler.
func (c compiler) Updatable(cat *catalog.Catalog, v *catalog.View) (reason, err error) {
	return analyze.Updatable(lookup.Context{Catalog: cat, Types: c.types, Role: c.role}, v)
}

// Expr implements ddl.Compiler. Defaults and policies never get into the file,
// so they are analyzed only.
func (c compiler) Expr(cat *catalog.Catalog, t *catalog.Table, e *catalog.Expr, want types.Ref, purpose ddl.Purpose) (string, types.Ref, error) {
	if purpose == ddl.Default {
		t = nil
	}
	ctx := lookup.Context{Catalog: cat, Types: c.types, Role: c.role, SearchPath: e.SearchPath}
	x, rel, err := analyze.Expr(ctx, t, e, want, clauses[purpose])
	if err != nil {
		return "", types.Ref{}, err
	}
	switch purpose {
	case ddl.Default, ddl.PolicyUsing, ddl.PolicyCheck:
		return "", x.Type(), nil
	case ddl.IndexKey, ddl.IndexPredicate, ddl.Generated:
		if err := immutable(x, purpose); err != nil {
			return "", types.Ref{}, err
		}
	}
	if purpose != ddl.Using && readsLabels(c.types, x) {
		return "", types.Ref{}, fault.Unsupported("the text of an enum in an expression of a table is not supported by the embedded engine").
			WithHint("Compare with a label instead.")
	}
	if purpose == ddl.Using && c.session != nil {
		sql, err := emit.ExprNow(c.types, x, rel, c.session)
		return sql, x.Type(), err
	}
	write := emit.Expr
	if purpose == ddl.Check {
		write = emit.Check
	}
	sql, err := write(c.types, x, rel)
	if err == nil && purpose != ddl.Using && strings.Contains(sql, "(SELECT ") {
		// What PostgreSQL computes in one go SQLite may need a subquery for.
		err = fault.Unsupported("an expression of this kind in the definition of a table or index is not supported by the embedded engine")
	}
	return sql, x.Type(), err
}

// readsLabels tells whether an expression turns an enum into text or back. In
// the file's schema it would keep the labels of today.
func readsLabels(known *types.Catalogue, x tree.Expr) bool {
	isEnum := func(oid types.OID) bool { t := known.Type(oid); return t != nil && t.Category == 'E' }
	return tree.Any(x, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.ToText:
			return isEnum(x.Arg.Type().OID)
		case *tree.FromText:
			return isEnum(x.Ref.OID)
		case *tree.Call:
			for _, arg := range x.Args {
				if isEnum(arg.Type().OID) && (!isEnum(x.Ref.OID) && x.Ref.OID != types.Bool && x.Ref.OID != types.Int4) {
					return true
				}
			}
		case *tree.WholeRow:
			return true
		}
		return false
	})
}

func immutable(x tree.Expr, purpose ddl.Purpose) error {
	message := "generation expression is not immutable"
	if what := map[ddl.Purpose]string{ddl.IndexKey: "index expression", ddl.IndexPredicate: "index predicate"}[purpose]; what != "" {
		message = "functions in " + what + " must be marked IMMUTABLE"
	}
	if tree.Any(x, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Call:
			return x.Function.Volatility != types.Immutable
		case *tree.SessionValue:
			return true
		}
		return false
	}) {
		return fault.New(fault.InvalidObjectDefinition, "%s", message)
	}
	return nil
}
