package analyze

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// sqlValues names the functions that CURRENT_TIMESTAMP and its kind call, and
// the type their result is converted to, "" for its own.
var sqlValues = map[ast.SQLValueFunctionOp]struct{ function, as string }{
	ast.SVFOP_CURRENT_DATE:        {"now", "date"},
	ast.SVFOP_CURRENT_TIME:        {"now", "timetz"},
	ast.SVFOP_CURRENT_TIME_N:      {"now", "timetz"},
	ast.SVFOP_CURRENT_TIMESTAMP:   {"now", ""},
	ast.SVFOP_CURRENT_TIMESTAMP_N: {"now", "timestamptz"},
	ast.SVFOP_LOCALTIME:           {"now", "time"},
	ast.SVFOP_LOCALTIME_N:         {"now", "time"},
	ast.SVFOP_LOCALTIMESTAMP:      {"now", "timestamp"},
	ast.SVFOP_LOCALTIMESTAMP_N:    {"now", "timestamp"},
	ast.SVFOP_CURRENT_ROLE:        {"current_user", ""},
	ast.SVFOP_CURRENT_USER:        {"current_user", ""},
	ast.SVFOP_USER:                {"current_user", ""},
	ast.SVFOP_SESSION_USER:        {"session_user", ""},
	ast.SVFOP_CURRENT_SCHEMA:      {"current_schema", ""},
}

// sqlValue resolves CURRENT_TIMESTAMP and its kind.
func (a *analyzer) sqlValue(n *ast.SQLValueFunction) (tree.Expr, error) {
	value := sqlValues[n.Op]
	for _, fn := range a.Types.Functions("", value.function) {
		if len(fn.Args) > 0 || fn.Session == nil {
			continue
		}
		e := &tree.SessionValue{Function: fn}
		t := a.Types.TypeNamed(value.as)
		if t == nil {
			return e, nil
		}
		return a.sqlValueAs(e, t, n.TypeMod)
	}
	return nil, unsupported("%s is", strings.ToUpper(n.SqlString()))
}

// sqlValueAs converts a value to a type with a precision, -1 for none.
func (a *analyzer) sqlValueAs(e tree.Expr, t *types.Type, precision int) (tree.Expr, error) {
	ref := types.Of(t.OID)
	if precision >= 0 && t.ModIn != nil {
		mod, err := t.ModIn([]int{precision})
		if err != nil {
			return nil, err
		}
		ref.Mod = mod
	}
	return a.Coerce(e, ref, types.Explicit)
}

// argumentNames returns the names of a call's arguments, "" for those given by
// their place; nil when none is named.
func argumentNames(n *ast.FuncCall) ([]string, error) {
	list := items(n.Args)
	var out []string
	seen := map[string]bool{}
	for i, arg := range list {
		named, ok := arg.(*ast.NamedArgExpr)
		switch {
		case ok && seen[named.Name]:
			return nil, fault.New(fault.SyntaxError, `argument name "%s" used more than once`, named.Name)
		case ok && out == nil:
			out = make([]string, len(list))
		case !ok && out != nil:
			return nil, fault.New(fault.SyntaxError, "positional argument cannot follow named argument")
		}
		if ok {
			out[i], seen[named.Name] = named.Name, true
		}
	}
	return out, nil
}
