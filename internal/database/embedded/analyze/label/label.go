// Package label gives outputs without an alias the names that PostgreSQL gives
// them (FigureColname in src/backend/parser/parse_target.c).
package label

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"
)

// Of names an output that has no alias, as PostgreSQL does; weak tells
// that the name is only a type's, which a better one replaces. scalars are the
// names of the columns of scalar subqueries.
func Of(n ast.Node, scalars map[*ast.SubLink]string) (name string, weak bool) {
	switch n := n.(type) {
	case *ast.ParenExpr:
		return Of(n.Expr, scalars)
	case *ast.ColumnRef:
		for _, f := range slices.Backward(syntax.Items(n.Fields)) {
			if name := syntax.Str(f); name != "" { // not a subscript
				return name, false
			}
		}
	case *ast.FuncCall:
		f := syntax.Names(n.Funcname)
		return f[len(f)-1], false
	case *ast.TypeCast:
		return castName(n, scalars)
	case *ast.A_Expr:
		if n.Kind == ast.AEXPR_NULLIF {
			return "nullif", false
		}
	case *ast.CaseExpr:
		if n.Defresult != nil {
			if name, weak := Of(n.Defresult, scalars); name != "?column?" && !weak {
				return name, false
			}
		}
		return "case", true
	case *ast.CoalesceExpr:
		return "coalesce", false
	case *ast.MinMaxExpr:
		if n.Op == ast.IS_GREATEST {
			return "greatest", false
		}
		return "least", false
	case *ast.SubLink:
		return subLinkName(n, scalars)
	case *ast.GroupingFunc:
		return "grouping", false
	case *ast.SQLValueFunction:
		return sqlValueColumn(n), false
	case *ast.RowExpr:
		return "row", false
	case *ast.ArrayExpr:
		return "array", false
	case *ast.A_Indirection:
		for _, f := range slices.Backward(syntax.Items(n.Indirection)) {
			if name := syntax.Str(f); name != "" {
				return name, false
			}
		}
		return Of(n.Arg, scalars)
	}
	return "?column?", true
}

// castName prefers the name of what is cast to the name of the type.
func castName(n *ast.TypeCast, scalars map[*ast.SubLink]string) (string, bool) {
	if name, weak := Of(n.Arg, scalars); name != "?column?" && !weak {
		return name, false
	}
	path := syntax.Names(n.TypeName.Names)
	return path[len(path)-1], true
}

func subLinkName(n *ast.SubLink, scalars map[*ast.SubLink]string) (string, bool) {
	switch n.SubLinkType {
	case ast.EXISTS_SUBLINK:
		return "exists", false
	case ast.ARRAY_SUBLINK:
		return "array", false
	case ast.EXPR_SUBLINK:
		if name := scalars[n]; name != "" {
			return name, name == "?column?"
		}
	}
	return "?column?", true
}

func sqlValueColumn(n *ast.SQLValueFunction) string {
	switch n.Op {
	case ast.SVFOP_CURRENT_DATE:
		return "current_date"
	case ast.SVFOP_CURRENT_TIME, ast.SVFOP_CURRENT_TIME_N:
		return "current_time"
	case ast.SVFOP_LOCALTIME, ast.SVFOP_LOCALTIME_N:
		return "localtime"
	case ast.SVFOP_LOCALTIMESTAMP, ast.SVFOP_LOCALTIMESTAMP_N:
		return "localtimestamp"
	case ast.SVFOP_CURRENT_TIMESTAMP, ast.SVFOP_CURRENT_TIMESTAMP_N:
		return "current_timestamp"
	case ast.SVFOP_CURRENT_ROLE:
		return "current_role"
	case ast.SVFOP_CURRENT_USER:
		return "current_user"
	case ast.SVFOP_USER:
		return "user"
	case ast.SVFOP_SESSION_USER:
		return "session_user"
	case ast.SVFOP_CURRENT_CATALOG:
		return "current_catalog"
	case ast.SVFOP_CURRENT_SCHEMA:
		return "current_schema"
	}
	return "?column?"
}
