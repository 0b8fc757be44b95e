package expression

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

func (a *Analyzer) logic(s *scope.Scope, n *ast.BoolExpr) (tree.Expr, error) {
	op := map[ast.BoolExprType]tree.LogicOp{ast.AND_EXPR: tree.And, ast.OR_EXPR: tree.Or, ast.NOT_EXPR: tree.Not}[n.Boolop]
	e := &tree.Logic{Op: op}
	for _, arg := range syntax.Items(n.Args) {
		x, err := a.Boolean(s, arg, string(op))
		if err != nil {
			return nil, err
		}
		if inner, ok := x.(*tree.Logic); ok && inner.Op == op && op != tree.Not {
			e.Args = append(e.Args, inner.Args...) // chains are flat, so that they do not nest deeply
			continue
		}
		e.Args = append(e.Args, x)
	}
	return e, nil
}

// Boolean analyzes a condition.
func (a *Analyzer) Boolean(s *scope.Scope, n ast.Node, clause string) (tree.Expr, error) {
	e, err := a.Expr(s, n)
	if err != nil {
		return nil, err
	}
	return a.Assign(e, types.Of(types.Bool), func() error {
		return fault.New(fault.DatatypeMismatch, "argument of %s must be type boolean, not type %s", clause, a.TypeName(e.Type().OID))
	})
}

func (a *Analyzer) nullTest(s *scope.Scope, n *ast.NullTest) (tree.Expr, error) {
	if isRow(n.Arg) {
		return a.rowNull(s, n)
	}
	e, err := a.Expr(s, n.Arg)
	if err != nil {
		return nil, err
	}
	if row, ok := e.(*tree.WholeRow); ok {
		return nullFields(a.Fields(row), n.Nulltesttype == ast.IS_NOT_NULL), nil
	}
	if e, err = a.Settle(e); err != nil {
		return nil, err
	}
	return &tree.IsNull{Arg: e, Not: n.Nulltesttype == ast.IS_NOT_NULL}, nil
}

func (a *Analyzer) booleanTest(s *scope.Scope, n *ast.BooleanTest) (tree.Expr, error) {
	tests := map[ast.BoolTestType]tree.IsBool{
		ast.IS_TRUE: {Value: tree.True}, ast.IS_NOT_TRUE: {Value: tree.True, Not: true},
		ast.IS_FALSE: {Value: tree.False}, ast.IS_NOT_FALSE: {Value: tree.False, Not: true},
		ast.IS_UNKNOWN: {Value: tree.UnknownTruth}, ast.IS_NOT_UNKNOWN: {Value: tree.UnknownTruth, Not: true},
	}
	test := tests[n.Booltesttype]
	clause := "IS " + map[bool]string{true: "NOT "}[test.Not] + [...]string{"TRUE", "FALSE", "UNKNOWN"}[test.Value]
	arg, err := a.Boolean(s, n.Arg, clause)
	if err != nil {
		return nil, err
	}
	test.Arg = arg
	return &test, nil
}

func (a *Analyzer) caseExpr(s *scope.Scope, n *ast.CaseExpr) (tree.Expr, error) {
	out := &tree.Case{}
	results := []tree.Expr{}
	for _, w := range syntax.Items(n.Args) {
		when, err := a.when(s, n, w.(*ast.CaseWhen))
		if err != nil {
			return nil, err
		}
		out.Whens = append(out.Whens, when)
		results = append(results, when.Result)
	}
	if n.Defresult != nil {
		e, err := a.Expr(s, n.Defresult)
		if err != nil {
			return nil, err
		}
		out.Else = e
		// PostgreSQL resolves the type from ELSE on.
		results = append([]tree.Expr{e}, results...)
	}
	return a.unifyCase(out, results)
}

func (a *Analyzer) when(s *scope.Scope, n *ast.CaseExpr, w *ast.CaseWhen) (tree.When, error) {
	var cond tree.Expr
	var err error
	if n.Arg != nil {
		// Each branch analyzes the operand anew, so that a volatile one is
		// refused rather than evaluated more than once.
		cond, err = a.compare(s, "=", n.Arg, w.Expr)
		if err == nil && tree.Any(cond, tree.IsVolatile) {
			err = resolve.Unsupported("CASE over a volatile operand is")
		}
	} else {
		cond, err = a.Boolean(s, w.Expr, "CASE/WHEN")
	}
	if err != nil {
		return tree.When{}, err
	}
	result, err := a.Expr(s, w.Result)
	return tree.When{Cond: cond, Result: result}, err
}

func (a *Analyzer) unifyCase(out *tree.Case, results []tree.Expr) (tree.Expr, error) {
	ref, err := a.Common(results, "CASE")
	if err != nil {
		return nil, err
	}
	out.Ref = ref
	for i := range out.Whens {
		if out.Whens[i].Result, err = a.Coerce(out.Whens[i].Result, ref, types.Implicit); err != nil {
			return nil, err
		}
	}
	if out.Else != nil {
		out.Else, err = a.Coerce(out.Else, ref, types.Implicit)
	}
	return out, err
}

func (a *Analyzer) coalesce(s *scope.Scope, n *ast.CoalesceExpr) (tree.Expr, error) {
	args, ref, err := a.unified(s, syntax.Items(n.Args), "COALESCE")
	return &tree.Coalesce{Ref: ref, Args: args}, err
}

func (a *Analyzer) extreme(s *scope.Scope, n *ast.MinMaxExpr) (tree.Expr, error) {
	greatest := n.Op == ast.IS_GREATEST
	name := map[bool]string{true: "GREATEST", false: "LEAST"}[greatest]
	args, ref, err := a.unified(s, syntax.Items(n.Args), name)
	if err != nil {
		return nil, err
	}
	return &tree.Extreme{Ref: ref, Greatest: greatest, Args: args}, a.Ordered(args[0], "a comparison function", "<")
}

// unified analyzes expressions and brings them to a common type.
func (a *Analyzer) unified(s *scope.Scope, list []ast.Node, clause string) ([]tree.Expr, types.Ref, error) {
	args := make([]tree.Expr, len(list))
	for i, n := range list {
		e, err := a.Expr(s, n)
		if err != nil {
			return nil, types.Ref{}, err
		}
		args[i] = e
	}
	ref, err := a.Common(args, clause)
	if err != nil {
		return nil, ref, err
	}
	for i := range args {
		if args[i], err = a.Coerce(args[i], ref, types.Implicit); err != nil {
			return nil, ref, err
		}
	}
	return args, ref, nil
}
