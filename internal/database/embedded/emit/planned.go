package emit

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// planned gathers, as SQLite expressions, what PostgreSQL computes while it
// plans a statement: calls of immutable functions over constants and parameters,
// and constants that it compares to estimate how many rows a condition keeps.
// When such a computation fails the statement fails, whether a row needs it or
// not. The order, and what is left out because a condition before it is settled,
// are those of eval_const_expressions (src/backend/optimizer/util/clauses.c).
type planned struct {
	e *emitter
	// own are the relations of the query at hand; a column of another is a
	// parameter of it.
	own []*tree.Rel
	// used are the columns of derived tables that something reads.
	used map[*tree.Rel]map[int]bool
}

// query returns the checks of a query.
func (p planned) query(q *tree.Query) []string {
	p.own = tree.RelsOf(q.From)
	var out, estimates []string
	add := func(list []string, _ bool) { out = append(out, list...) }
	out = append(out, p.with(q.With)...)
	if q.Set != nil {
		out = append(append(out, p.query(q.Set.Left)...), p.query(q.Set.Right)...)
	}
	for _, c := range q.Columns {
		add(p.fold(c.Expr))
	}
	for _, f := range q.From {
		folded, estimated := p.from(f)
		out, estimates = append(out, folded...), append(estimates, estimated...)
	}
	for _, cond := range []tree.Expr{q.Where, q.Having} {
		add(p.fold(cond))
		estimates = append(estimates, p.estimate(cond)...)
	}
	for _, o := range q.OrderBy {
		add(p.fold(o.Expr))
	}
	for _, x := range slices.Concat(q.GroupBy, []tree.Expr{q.Limit, q.Offset}, slices.Concat(q.Values...)) {
		add(p.fold(x))
	}
	return append(out, estimates...)
}

// with returns the checks of the queries that a WITH names, of each once. One that
// is used in one place is planned there.
func (p planned) with(list []*tree.CTE) []string {
	var out []string
	for _, c := range list {
		if c.References > 0 && !inlined(c) {
			out = append(out, p.query(c.Query)...)
		}
	}
	return out
}

func inlined(c *tree.CTE) bool { return c.References == 1 && !c.Materialized && !c.Recursive }

// from returns the checks of an item of FROM, those of its estimates apart.
func (p planned) from(f tree.From) (folded, estimated []string) {
	switch f := f.(type) {
	case *tree.Join:
		for _, side := range []tree.From{f.Left, f.Right} {
			x, y := p.from(side)
			folded, estimated = append(folded, x...), append(estimated, y...)
		}
		x, _ := p.fold(f.On)
		if folded = append(folded, x...); f.Kind != tree.Inner { // an outer join may be left out as useless
			return folded, estimated
		}
		return folded, append(estimated, p.estimate(f.On)...)
	case *tree.Rel:
		folded, _ = p.fold(f.Policy)
		if f.Functions != nil {
			for _, input := range f.Functions.Inputs() {
				x, _ := p.fold(input)
				folded = append(folded, x...)
			}
		}
		if f.Query != nil && (f.CTE == nil || inlined(f.CTE)) {
			folded = append(folded, p.query(p.pruned(f))...)
		}
		return folded, p.estimate(f.Policy)
	}
	return nil, nil
}

// pruned is the query of a derived table without the columns that nothing reads,
// which PostgreSQL drops before it looks at them.
func (p planned) pruned(r *tree.Rel) *tree.Query {
	if r.Query.Distinct && len(r.Query.DistinctOn) == 0 || r.Query.Set != nil || len(r.Query.Values) > 0 {
		return r.Query
	}
	q := *r.Query
	q.Columns = nil
	for i, c := range r.Query.Columns {
		if p.used[r][i] || p.used[r][-1] {
			q.Columns = append(q.Columns, c)
		}
	}
	return &q
}

// fold returns the checks of an expression, and whether it comes to a constant.
func (p planned) fold(x tree.Expr) (checks []string, constant bool) {
	if _, done := p.e.folded(x); done {
		return nil, true
	}
	switch x := x.(type) {
	case nil:
		return nil, true
	case *tree.Param:
		return nil, true
	case *tree.Column, *tree.WholeRow, *tree.SessionValue, *tree.NextValue, *tree.Grouping, *tree.Element:
		return nil, false
	case *tree.Logic:
		return p.logic(x)
	case *tree.Case:
		return p.caseExpr(x)
	case *tree.Coalesce:
		return p.coalesce(x)
	case *tree.Subquery:
		for _, c := range tree.Children(x) {
			list, _ := p.fold(c)
			checks = append(checks, list...)
		}
		return append(checks, p.query(shown(x))...), false
	}
	if w, ok := x.(*tree.WindowCall); ok {
		checks = p.e.frameChecks(w.Window.Frame)
	}
	if p.evaluatesAll(x) {
		return []string{p.e.lazily(x)}, true
	}
	constant = p.foldable(x)
	for _, c := range tree.Children(x) {
		list, isConst := p.fold(c)
		checks, constant = append(checks, list...), constant && isConst
	}
	if constant && raisesItself(x) {
		checks = append(checks, p.e.lazily(x))
	}
	return checks, constant
}

// evaluatesAll tells whether an expression is a constant that may fail and whose
// evaluation evaluates everything in it, so that a long sum is one check.
func (p planned) evaluatesAll(x tree.Expr) bool {
	return raisesItself(x) && p.strict(x)
}

func (p planned) strict(x tree.Expr) bool {
	switch x := x.(type) {
	case *tree.Const, *tree.Param:
		return true
	case *tree.Call:
		if x.Function.SQL != nil || !p.foldable(x) {
			return false
		}
	case *tree.FromText:
		if !p.foldable(x) {
			return false
		}
	default:
		return false
	}
	for _, c := range tree.Children(x) {
		if !p.strict(c) {
			return false
		}
	}
	return true
}

// foldable tells whether a node over constants is one.
func (p planned) foldable(x tree.Expr) bool {
	switch x := x.(type) {
	case *tree.Call:
		return x.Function.Volatility == types.Immutable
	case *tree.FromText:
		return immutableText(p.e.types.Type(x.Ref.OID))
	case *tree.ToText:
		return immutableText(p.e.types.Type(x.Arg.Type().OID))
	case *tree.Aggregate, *tree.WindowCall:
		return false
	}
	return true
}

// immutableText tells whether the input and output functions of a type are
// immutable: not those whose text depends on a setting or on the catalogue.
func immutableText(t *types.Type) bool {
	return t != nil && t.Category != 'D' && t.Category != 'T' && t.Category != 'E' && t.Category != 'A'
}

// raisesItself tells whether evaluating a node can fail, its operands apart.
func raisesItself(x tree.Expr) bool {
	switch x := x.(type) {
	case *tree.Call:
		return x.Function.MayRaise
	case *tree.FromText:
		return true
	}
	return false
}

// shown is the query of a subquery without what PostgreSQL drops unseen: an
// EXISTS needs no outputs (simplify_EXISTS_query in subselect.c).
func shown(x *tree.Subquery) *tree.Query {
	if x.Kind != tree.Exists || x.Query.Aggregated && len(x.Query.GroupBy) == 0 || x.Query.Having != nil || x.Query.Limit != nil || x.Query.Offset != nil {
		return x.Query
	}
	q := *x.Query
	q.Columns, q.GroupBy, q.OrderBy = nil, nil, nil
	return &q
}

// logic goes through AND and OR from the left until one operand settles the
// result.
func (p planned) logic(x *tree.Logic) (checks []string, constant bool) {
	constant = true
	for _, arg := range slices.Backward(x.Args) {
		list, isConst := p.fold(arg)
		if isConst && x.Op != tree.Not && len(checks) > 0 {
			checks = []string{p.unless(p.settles(x.Op, arg), checks)}
		}
		checks, constant = append(list, checks...), constant && isConst
	}
	return checks, constant
}

// settles is a condition: that a constant operand settles AND or OR.
func (p planned) settles(op tree.LogicOp, arg tree.Expr) string {
	return p.e.lazily(arg) + map[tree.LogicOp]string{tree.And: " IS FALSE", tree.Or: " IS TRUE"}[op]
}

// caseExpr leaves out the branches whose condition is constantly not true, and
// all after one that is true.
func (p planned) caseExpr(x *tree.Case) (checks []string, constant bool) {
	checks, constant = p.fold(x.Else)
	for _, w := range slices.Backward(x.Whens) {
		cond, condConst := p.fold(w.Cond)
		result, resultConst := p.fold(w.Result)
		constant = constant && condConst && resultConst
		if condConst && len(result)+len(checks) > 0 {
			checks = []string{"iif(" + p.e.lazily(w.Cond) + ", " + all(result) + ", " + all(checks) + ")"}
			result = nil
		}
		checks = slices.Concat(cond, result, checks)
	}
	return checks, constant
}

// coalesce looks at no argument after a constant that is not NULL.
func (p planned) coalesce(x *tree.Coalesce) (checks []string, constant bool) {
	constant = true
	for _, arg := range slices.Backward(x.Args) {
		list, isConst := p.fold(arg)
		if isConst && len(checks) > 0 {
			checks = []string{p.unless(p.e.lazily(arg)+" IS NOT NULL", checks)}
		}
		checks, constant = append(list, checks...), constant && isConst
	}
	return checks, constant
}

// unless evaluates checks where a condition does not hold.
func (p planned) unless(cond string, checks []string) string {
	return "iif(" + cond + ", NULL, " + all(checks) + ")"
}

// all is an expression that evaluates a list from the left.
func all(list []string) string {
	switch len(list) {
	case 0:
		return "NULL"
	case 1:
		return list[0]
	}
	s := list[0]
	for _, x := range list[1:] {
		s = "max(" + s + ", " + x + ")"
	}
	return s
}

// lazily writes an expression whose AND and OR evaluate no more operands than
// they need, from the left; SQLite's own evaluate all.
func (e *emitter) lazily(x tree.Expr) string {
	before := e.lazy
	e.lazy = true
	defer func() { e.lazy = before }()
	return e.expr(x)
}

// lazyLogic writes AND and OR for lazily. Each operand stands in the text once.
func (e *emitter) lazyLogic(x *tree.Logic) string {
	settled, value := " IS FALSE", "0"
	if x.Op == tree.Or {
		settled, value = " IS TRUE", "1"
	}
	sql := e.expr(x.Args[len(x.Args)-1])
	for _, arg := range slices.Backward(x.Args[:len(x.Args)-1]) {
		sql = "(SELECT iif(v" + settled + ", " + value + ", v " + string(x.Op) + " " + sql + ") FROM (SELECT " + e.expr(arg) + " AS v))"
	}
	return sql
}

// estimate returns the checks that PostgreSQL's estimate of how many rows a
// condition keeps comes down to: a pattern is compiled, and what a column is
// compared with is evaluated, stable functions too
// (src/backend/utils/adt/like_support.c, selfuncs.c). A condition that is
// constantly settled is never estimated.
func (p planned) estimate(x tree.Expr) []string {
	switch x := x.(type) {
	case *tree.Subquery:
		return p.semijoin(x)
	case *tree.Logic:
		return p.estimateLogic(x)
	case *tree.IsBool:
		return p.estimate(x.Arg)
	case *tree.Call:
		return p.estimateCall(x)
	case *tree.In:
		if !p.varies(x.Left) {
			return nil
		}
		var out []string
		for _, item := range x.List {
			out = append(out, p.compared(item)...)
		}
		return out
	}
	return nil
}

// semijoin is EXISTS, whose conditions become those of the query around it.
func (p planned) semijoin(x *tree.Subquery) []string {
	if x.Kind != tree.Exists {
		return nil
	}
	p.own = append(slices.Clone(p.own), tree.RelsOf(x.Query.From)...)
	return p.estimate(x.Query.Where)
}

func (p planned) estimateLogic(x *tree.Logic) []string {
	var out []string
	for _, arg := range x.Args {
		out = append(out, p.estimate(arg)...)
	}
	if len(out) == 0 || x.Op == tree.Not {
		return out
	}
	for _, arg := range x.Args {
		if _, constant := p.fold(arg); constant {
			out = []string{p.unless(p.settles(x.Op, arg), out)}
		}
	}
	return out
}

func (p planned) estimateCall(x *tree.Call) []string {
	if len(x.Args) != 2 {
		return nil
	}
	left, right := x.Args[0], x.Args[1]
	switch {
	case p.isOperator(x.Function, "~", "~*", "!~", "!~*"):
		if p.varies(left) && p.stable(right) {
			empty := &tree.Const{Ref: types.Of(left.Type().OID), Value: sqlite.Text("")}
			return []string{p.e.lazily(&tree.Call{Function: x.Function, Args: []tree.Expr{empty, right}, Ref: x.Ref})}
		}
	case p.isOperator(x.Function, "=", "<>", "<", "<=", ">", ">="):
		if p.varies(left) {
			return p.compared(right)
		}
		if p.varies(right) {
			return p.compared(left)
		}
	}
	return nil
}

func (p planned) isOperator(f *types.Function, names ...string) bool {
	for _, name := range names {
		for _, op := range p.e.types.Operators(name) {
			if op.Function == f {
				return true
			}
		}
	}
	return false
}

// compared evaluates what a column is compared with.
func (p planned) compared(x tree.Expr) []string {
	if _, constant := p.fold(x); constant || !p.stable(x) || !tree.Any(x, raisesItself) {
		return nil
	}
	return []string{p.e.lazily(x)}
}

// stable tells whether an expression has one value during a statement.
func (p planned) stable(x tree.Expr) bool {
	return !tree.Any(x, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Call:
			return x.Function.Volatility == types.Volatile
		case *tree.Column, *tree.WholeRow, *tree.Subquery, *tree.NextValue, *tree.Aggregate, *tree.WindowCall, *tree.Grouping, *tree.Element:
			return true
		}
		return false
	})
}

// varies tells whether an expression reads a column of the query at hand.
func (p planned) varies(x tree.Expr) bool {
	return tree.Any(x, func(x tree.Expr) bool {
		c, ok := x.(*tree.Column)
		if !ok {
			return false
		}
		for _, r := range p.own {
			if r == c.Rel {
				return true
			}
		}
		return false
	})
}
