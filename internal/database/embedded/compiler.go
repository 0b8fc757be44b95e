package embedded

import (
	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// compiler turns the expressions of DDL into SQLite.
type compiler struct {
	types *types.Catalogue
	role  string
}

var clauses = map[ddl.Purpose]string{
	ddl.Default: "DEFAULT", ddl.Check: "CHECK", ddl.IndexKey: "index expressions", ddl.IndexPredicate: "index predicates",
	ddl.PolicyUsing: "POLICY", ddl.PolicyCheck: "POLICY", ddl.Using: "USING",
}

// Expr implements ddl.Compiler. Defaults and policies never get into the file,
// so they are analyzed only.
func (c compiler) Expr(cat *catalog.Catalog, t *catalog.Table, e *catalog.Expr, want types.Ref, purpose ddl.Purpose) (string, types.Ref, error) {
	if purpose == ddl.Default {
		t = nil
	}
	ctx := analyze.Context{Catalog: cat, Types: c.types, Role: c.role, SearchPath: e.SearchPath}
	x, rel, err := analyze.Expr(ctx, t, e, want, clauses[purpose])
	if err != nil {
		return "", types.Ref{}, err
	}
	switch purpose {
	case ddl.Default, ddl.PolicyUsing, ddl.PolicyCheck:
		return "", x.Type(), nil
	case ddl.IndexKey, ddl.IndexPredicate:
		if err := immutable(x, purpose); err != nil {
			return "", types.Ref{}, err
		}
	}
	sql, err := emit.Expr(c.types, x, rel)
	return sql, x.Type(), err
}

func immutable(x tree.Expr, purpose ddl.Purpose) error {
	what := map[ddl.Purpose]string{ddl.IndexKey: "index expression", ddl.IndexPredicate: "index predicate"}[purpose]
	if tree.Any(x, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Call:
			return x.Function.Volatility != types.Immutable
		case *tree.SessionValue:
			return true
		}
		return false
	}) {
		return fault.New(fault.InvalidObjectDefinition, "functions in %s must be marked IMMUTABLE", what)
	}
	return nil
}
