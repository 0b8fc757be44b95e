// Package expression gives expressions their meaning: what columns, operators, rows,
// arrays, calls, aggregates and window functions they are of, and of which types
// (parse_expr.c, parse_func.c, parse_agg.c and parse_target.c in PostgreSQL). Of the
// queries around and inside of them it knows what [Queries] says.
package expression

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/access"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/freeze"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/lookup"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// maxRels bounds the relations of one statement, those of policies included;
// SQLite joins at most 64.
const maxRels = 500

// Analyzer gives the expressions of one statement their meaning.
type Analyzer struct {
	lookup.Context
	*resolve.Resolver
	queries Queries
	// Needs are the privileges that the statement needs.
	Needs  access.Needs
	params []*tree.Param
	rels   int
	// scalarNames are the names of the columns of scalar subqueries.
	scalarNames map[*ast.SubLink]string
	// Shown are the expressions behind the columns of a view that is written
	// through.
	Shown  map[*tree.Rel][]tree.Expr
	Freeze *freeze.Names // set while a view is being made
	// Fresh is the target of the INSERT whose RETURNING is being analyzed.
	Fresh *tree.Rel
	// functions are those in SQL that calls were resolved to, by what the resolver
	// knows them as.
	functions map[*types.Function]*catalog.Function
	byOID     map[routineKey]*types.Function
	variadic  bool // VARIADIC stands in the call being resolved
	// Inside is the call of a function whose body is being analyzed, nil for none.
	Inside *Body
	// Definer is the owner of a function whose rights count, in what it reads too, ""
	// where the caller's do.
	Definer string
	// RowArgs are the arguments of calls that run for each row of a query. The parameters
	// that stand for them have numbers below 0: -1 for the first.
	RowArgs []*tree.Param
	// Apart tells that a call was refused which may have its place in a query that is
	// taken apart.
	Apart bool
	// scalars are the relations in FROM whose name stands for their one value.
	scalars map[*tree.Rel]bool
}

// Queries analyzes what expressions hold that is more than an expression.
type Queries interface {
	// Query analyzes a subquery, of which around is the scope it stands in.
	Query(around *scope.Scope, n *ast.SelectStmt) (*tree.Query, error)
	// Replace puts the body of a function in SQL in the place of its call. One that
	// returns rows stays a call, for FROM to deal with.
	Replace(s *scope.Scope, n *ast.FuncCall, call *tree.Call, f *catalog.Function) (tree.Expr, error)
}

// New returns what analyzes the expressions of a statement.
func New(c lookup.Context, q Queries) *Analyzer {
	a := &Analyzer{Context: c, queries: q}
	for i, t := range c.ParamTypes {
		a.params = append(a.params, &tree.Param{Ref: t, Number: i + 1})
	}
	a.Resolver = resolve.New(c.Types, c.Known, a.At)
	a.Path = func() []string { return a.SearchPath }
	a.Declared = a.declared
	a.RowName, a.AsRow = c.Catalog.RowName, a.asRow
	return a
}

// NextID numbers a relation or a query of WITH.
func (a *Analyzer) NextID() int {
	a.rels++
	return a.rels
}

// HasParams tells whether there is a parameter.
func (a *Analyzer) HasParams() bool { return len(a.params) > 0 }

// SettleParams returns the types of the parameters, which must all be known.
func (a *Analyzer) SettleParams() ([]types.Ref, error) {
	out := make([]types.Ref, len(a.params))
	for i, p := range a.params {
		if p.Ref.OID == types.Unknown {
			return nil, fault.New(fault.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1)
		}
		out[i] = p.Ref
	}
	return out, nil
}

// param returns the node of a parameter, the same for all its uses.
func (a *Analyzer) param(number int) (tree.Expr, error) {
	if number < 0 && -number <= len(a.RowArgs) {
		return a.RowArgs[-number-1], nil
	}
	if f := a.Inside; f != nil {
		return f.numbered(number)
	}
	if number < 1 || number > 65535 {
		return nil, fault.New(fault.UndefinedParameter, "there is no parameter $%d", number)
	}
	for len(a.params) < number {
		a.params = append(a.params, &tree.Param{Ref: types.Of(types.Unknown), Number: len(a.params) + 1})
	}
	return a.params[number-1], nil
}

// NewRel numbers a relation.
func (a *Analyzer) NewRel(r *tree.Rel) (*tree.Rel, error) {
	r.ID = a.NextID()
	if r.ID > maxRels {
		return nil, fault.New(fault.StatementTooComplex, "the statement uses more than %d relations, those of policies included", maxRels)
	}
	return r, nil
}

// Over makes a query that yields the columns of another.
func (a *Analyzer) Over(inner *tree.Query) (*tree.Query, *tree.Rel, error) {
	r, err := a.NewRel(&tree.Rel{Query: inner, Columns: inner.RelColumns()})
	if err != nil {
		return nil, nil, err
	}
	q := &tree.Query{From: []tree.From{r}}
	for i, c := range r.Columns {
		q.Columns = append(q.Columns, tree.Output{Name: c.Name, Expr: &tree.Column{Ref: c.Type, Rel: r, Index: i}})
	}
	return q, r, nil
}

func typeOf(v any) string { return fmt.Sprintf("%T", v) }

// Expr analyzes an expression.
func (a *Analyzer) Expr(s *scope.Scope, n ast.Node) (tree.Expr, error) {
	switch n := syntax.Unparen(n).(type) {
	case *ast.ColumnRef:
		return a.columnRef(s, n)
	case *ast.ParamRef:
		return a.param(n.Number)
	case *ast.A_Const:
		return a.constant(n)
	case *ast.String: // the field of EXTRACT
		return &tree.Const{Ref: types.Of(types.Unknown), Value: sqlite.Text(n.SVal)}, nil
	case *ast.TypeCast:
		return a.typeCast(s, n)
	case *ast.A_Expr:
		if e := a.isNew(s, n); e != nil {
			return e, nil
		}
		return a.operatorExpr(s, n)
	case *ast.BoolExpr:
		return a.logic(s, n)
	case *ast.NullTest:
		return a.nullTest(s, n)
	case *ast.BooleanTest:
		return a.booleanTest(s, n)
	case *ast.FuncCall:
		return a.funcCall(s, n)
	case *ast.GroupingFunc:
		return a.groupingCall(s, n)
	case *ast.SubLink:
		return a.subLink(s, n)
	case *ast.CaseExpr:
		return a.caseExpr(s, n)
	case *ast.CoalesceExpr:
		return a.coalesce(s, n)
	case *ast.MinMaxExpr:
		return a.extreme(s, n)
	case *ast.SQLValueFunction:
		return a.sqlValue(n)
	case *ast.ArrayExpr:
		return a.arrayExpr(s, n, types.Ref{})
	case *ast.A_Indirection:
		return a.indirection(s, n)
	case *ast.RowExpr:
		return a.rowValue(s, n)
	case *ast.SetToDefault:
		return nil, fault.New(fault.SyntaxError, "DEFAULT is not allowed in this context")
	}
	return nil, resolve.Unsupported("the expression %s is", strings.TrimPrefix(strings.TrimPrefix(typeOf(n), "*ast."), "A_"))
}

// constant gives a literal its type: integers the smallest of integer, bigint
// and numeric that holds them, strings the type unknown.
func (a *Analyzer) constant(n *ast.A_Const) (tree.Expr, error) {
	if n.Isnull || n.Val == nil {
		return &tree.Const{Ref: types.Of(types.Unknown), Value: sqlite.Null}, nil
	}
	switch v := n.Val.(type) {
	case *ast.Integer:
		return a.Number(strconv.Itoa(v.IVal))
	case *ast.Float:
		return a.Number(v.FVal)
	case *ast.Boolean:
		return resolve.Bool(v.BoolVal), nil
	case *ast.String:
		return &tree.Const{Ref: types.Of(types.Unknown), Value: sqlite.Text(v.SVal)}, nil
	case *ast.Null:
		return &tree.Const{Ref: types.Of(types.Unknown), Value: sqlite.Null}, nil
	}
	return nil, resolve.Unsupported("a literal of the kind %s is", typeOf(n.Val))
}

func (a *Analyzer) typeCast(s *scope.Scope, n *ast.TypeCast) (tree.Expr, error) {
	if r := a.RowType(n.TypeName); r != nil {
		return a.rowCast(s, n.Arg, r)
	}
	ref, err := a.TypeRef(n.TypeName)
	if err != nil {
		return nil, err
	}
	var e tree.Expr
	if list, ok := syntax.Unparen(n.Arg).(*ast.ArrayExpr); ok {
		e, err = a.arrayExpr(s, list, ref)
	} else {
		e, err = a.Expr(s, n.Arg)
	}
	if err != nil {
		return nil, err
	}
	return a.Coerce(e, ref, types.Explicit)
}
