package query

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/expression"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/grouping"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/json"
	"github.com/galleyhq/galley/internal/fault"
)

// setFunction analyzes functions in FROM. They see the relations before them,
// whether LATERAL is written or not.
func (a *Analyzer) setFunction(s *scope.Scope, n *ast.RangeFunction) (tree.From, error) {
	inner := s.In(expression.InFrom, nil)
	calls := rangeCalls(n)
	if n.Ordinality && len(syntax.Items(n.ColDefList)) > 0 {
		return nil, fault.New(fault.SyntaxError, "WITH ORDINALITY cannot be used with a column definition list").
			WithHint("Put the column definition list inside ROWS FROM().")
	}
	if r, ok, err := a.rowsOfRoutine(s, inner, n, calls); err != nil {
		return nil, err
	} else if ok {
		return a.place(s, r, n.Alias)
	}
	r := &tree.Rel{Functions: &tree.Functions{Ordinality: n.Ordinality}}
	for i, c := range calls {
		name := a.Label(c.node)
		if i == 0 {
			r.Alias = name
		}
		if n.Alias != nil && len(calls) == 1 {
			name = n.Alias.AliasName
		}
		if err := a.setCall(inner, r, c, name); err != nil {
			return nil, err
		}
	}
	if n.Ordinality {
		r.Columns = append(r.Columns, tree.RelColumn{Name: "ordinality", Type: types.Of(types.Int8)})
	}
	return a.place(s, r, n.Alias)
}

// rangeCall is a function of an item of FROM with its column definitions.
type rangeCall struct {
	node    ast.Node
	columns *ast.NodeList
}

// rangeCalls lists the functions of an item of FROM. unnest of several arrays
// stands for several of one (transformRangeFunction in parse_clause.c).
func rangeCalls(n *ast.RangeFunction) []rangeCall {
	var out []rangeCall
	for _, item := range syntax.Items(n.Functions) {
		c := rangeCall{node: item, columns: n.ColDefList}
		if pair, ok := item.(*ast.NodeList); ok && len(pair.Items) > 0 {
			c.node = pair.Items[0]
			if len(pair.Items) > 1 {
				if defs, ok := pair.Items[1].(*ast.NodeList); ok && defs != nil {
					c.columns = defs
				}
			}
		}
		if call, ok := c.node.(*ast.FuncCall); ok && isUnnest(call) && len(syntax.Items(c.columns)) == 0 {
			for _, arg := range call.Args.Items {
				one := *call
				one.Args = &ast.NodeList{Items: []ast.Node{arg}}
				out = append(out, rangeCall{node: &one})
			}
			continue
		}
		out = append(out, c)
	}
	return out
}

func isUnnest(n *ast.FuncCall) bool {
	path := syntax.Names(n.Funcname)
	return len(path) == 1 && path[0] == "unnest" && len(syntax.Items(n.Args)) > 1 &&
		!n.AggStar && !n.AggDistinct && !n.FuncVariadic && n.Over == nil && n.AggFilter == nil && n.AggOrder == nil
}

// setCall adds a function and its columns to a relation. name is what a column
// without a better name is called.
func (a *Analyzer) setCall(s *scope.Scope, r *tree.Rel, c rangeCall, name string) error {
	var e tree.Expr
	var err error
	call, isCall := c.node.(*ast.FuncCall)
	base := a.populated(call)
	switch {
	case base != nil:
		e, err = a.populate(s, call)
	case isCall:
		e, err = a.Call(s, call)
	default:
		e, err = a.Expr(s, c.node)
	}
	if err != nil {
		return err
	}
	if e, err = a.Settle(e); err != nil {
		return err
	}
	out := tree.SetCall{Expr: e}
	if base != nil {
		out.Columns, err = columnsOf(base, c.columns)
	} else {
		out.Columns, err = a.callColumns(out, c.columns, name)
	}
	if err != nil {
		return err
	}
	for _, k := range out.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: k.Name, Type: types.Ref{OID: k.Type, Mod: k.Mod}})
	}
	r.Functions.Calls = append(r.Functions.Calls, out)
	return nil
}

// columnsOf are the columns of a function whose rows are those of a relation.
// definitions is what the statement says of them, which must be nothing.
func columnsOf(r *tree.Rel, definitions *ast.NodeList) ([]types.ResultColumn, error) {
	if len(syntax.Items(definitions)) > 0 {
		return nil, fault.New(fault.SyntaxError, "a column definition list is redundant for a function returning a named composite type")
	}
	var out []types.ResultColumn
	for _, k := range r.Columns {
		out = append(out, types.ResultColumn{Name: k.Name, Type: k.Type.OID, Mod: k.Type.Mod})
	}
	return out, nil
}

// callColumns are the columns of a function: those of its definition list, if it needs
// one, its OUT parameters, or its one value, which is called name.
func (a *Analyzer) callColumns(c tree.SetCall, definitions *ast.NodeList, name string) ([]types.ResultColumn, error) {
	f, ref, defined := c.Function(), c.Expr.Type(), len(syntax.Items(definitions)) > 0
	switch {
	case f != nil && f.FromRecord():
		return a.RecordColumns(definitions)
	case defined && f != nil && len(f.Columns) > 1:
		return nil, fault.New(fault.SyntaxError, "a column definition list is redundant for a function with OUT parameters")
	case defined:
		return nil, fault.New(fault.SyntaxError, `a column definition list is only allowed for functions returning "record"`)
	case f != nil && len(f.Columns) > 0:
		return f.Columns, nil
	case ref.OID == types.Record || ref.OID == types.Void:
		return nil, resolve.Unsupported("a function in FROM that gives a value of type %s is", a.TypeName(ref.OID))
	}
	return []types.ResultColumn{{Name: name, Type: ref.OID, Mod: ref.Mod}}, nil
}

// populated is the relation whose row a call of json_populate_record or one of its
// kind fills, from nothing: (null::relation, json). nil for any other call.
func (a *Analyzer) populated(n *ast.FuncCall) *tree.Rel {
	if n == nil || len(syntax.Items(n.Args)) != 2 || a.Freeze != nil {
		return nil
	}
	path := syntax.Names(n.Funcname)
	name := path[len(path)-1]
	if len(path) > 1 && path[0] != "pg_catalog" || !strings.HasPrefix(name, "json_populate_record") && !strings.HasPrefix(name, "jsonb_populate_record") {
		return nil
	}
	cast, ok := syntax.Unparen(n.Args.Items[0]).(*ast.TypeCast)
	if !ok {
		return nil
	}
	if null, ok := syntax.Unparen(cast.Arg).(*ast.A_Const); !ok || !null.Isnull {
		return nil
	}
	return a.RowType(cast.TypeName)
}

// populate analyzes such a call as one of the document alone.
func (a *Analyzer) populate(s *scope.Scope, n *ast.FuncCall) (tree.Expr, error) {
	e, err := a.Expr(s, n.Args.Items[1])
	if err != nil {
		return nil, err
	}
	path := syntax.Names(n.Funcname)
	return a.Function(json.Schema, path[len(path)-1], []tree.Expr{e})
}

// addSets appends the set-returning functions of the select list to FROM. Beside
// aggregates they must be keys of GROUP BY, as they run before those then.
func (a *Analyzer) addSets(q *tree.Query, sets []*tree.Rel) error {
	for _, r := range sets {
		q.From = append(q.From, r)
	}
	if len(sets) == 0 {
		return nil
	}
	var list []tree.Expr
	for _, c := range q.Columns {
		list = append(list, c.Expr)
	}
	for _, o := range q.OrderBy {
		list = append(list, o.Expr)
	}
	for _, r := range sets {
		list = append(list, r.Functions.Inputs()...)
	}
	for _, e := range list {
		if err := setsInPlace(q, sets, e, ""); err != nil {
			return err
		}
	}
	return nil
}

// setsInPlace refuses a set-returning function where it would be evaluated for
// some rows only, or after grouping.
func setsInPlace(q *tree.Query, sets []*tree.Rel, e tree.Expr, inside string) error {
	if grouping.IsKey(q, e) {
		return nil
	}
	switch e := e.(type) {
	case *tree.Column:
		switch {
		case !slices.Contains(sets, e.Rel):
		case inside != "":
			return fault.New(fault.FeatureNotSupported, "set-returning functions are not allowed in %s", inside)
		case q.Aggregated:
			return resolve.Unsupported("a set-returning function beside aggregates is")
		}
	case *tree.Case:
		inside = "CASE"
	case *tree.Coalesce:
		inside = "COALESCE"
	}
	for _, child := range tree.Children(e) {
		if err := setsInPlace(q, sets, child, inside); err != nil {
			return err
		}
	}
	return nil
}

// rowsOfRoutine makes a relation of a function in SQL in FROM; ok tells that the
// item is one.
func (a *Analyzer) rowsOfRoutine(s *scope.Scope, inner *scope.Scope, n *ast.RangeFunction, calls []rangeCall) (r *tree.Rel, ok bool, err error) {
	i := slices.IndexFunc(calls, func(c rangeCall) bool { return a.NamesRoutine(c.node) })
	if i < 0 {
		return nil, false, nil
	}
	if len(calls) > 1 || n.Ordinality || len(syntax.Items(calls[0].columns)) > 0 {
		return nil, true, resolve.Unsupported("a function in SQL in ROWS FROM, WITH ORDINALITY or with a column definition list is")
	}
	a.routines.placed = nil
	e, err := a.Call(inner, calls[0].node.(*ast.FuncCall))
	if err != nil {
		return nil, true, err
	}
	call, f := a.Called(e)
	if f == nil {
		name := a.Label(calls[0].node)
		return a.oneRow(n, name, a.routines.placed, e)
	}
	q, err := a.rowsOf(f, call)
	if err != nil {
		return nil, true, err
	}
	r = &tree.Rel{Alias: f.Name, Query: q, Columns: q.RelColumns(), Lateral: q.Reads(s.Rels)}
	a.nameRows(r, f, n.Alias)
	return r, true, nil
}

// nameRows names the columns of a function's rows: as its result says, else by the
// alias, else by its own name.
func (a *Analyzer) nameRows(r *tree.Rel, f *catalog.Function, alias *ast.Alias) {
	switch {
	case f.Relation != 0:
		r.RowType = f.Relation
		for i, c := range a.ByOID(f.Relation).Columns {
			r.Columns[i].Name = c.Name
		}
	case len(f.Columns) > 0:
		for i, c := range f.Columns {
			r.Columns[i].Name = c.Name
		}
	default:
		r.Columns[0].Name = f.Name
		if alias != nil {
			r.Columns[0].Name = alias.AliasName
		}
	}
	if f.Relation == 0 && len(f.Columns) < 2 {
		a.SetScalar(r)
	}
}

// oneRow makes a relation of one value. Its column has the name of the function's
// OUT parameter, else the alias, else the function's own.
func (a *Analyzer) oneRow(n *ast.RangeFunction, name string, f *catalog.Function, e tree.Expr) (*tree.Rel, bool, error) {
	r := &tree.Rel{Alias: name}
	switch {
	case f != nil && len(f.Columns) == 1:
		name = f.Columns[0].Name
	case n.Alias != nil:
		name = n.Alias.AliasName
	}
	e, err := a.Settle(e)
	if err != nil {
		return nil, true, err
	}
	ref := e.Type()
	r.Functions = &tree.Functions{Calls: []tree.SetCall{{Expr: e, Columns: []types.ResultColumn{{Name: name, Type: ref.OID, Mod: ref.Mod}}}}}
	r.Columns = []tree.RelColumn{{Name: name, Type: ref}}
	return r, true, nil
}
