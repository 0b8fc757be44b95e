package emit

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/emit/semijoin"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// where writes the conditions of a query: the policies of its relations first,
// then its own, each guarded where it could tell of a hidden row.
func (e *emitter) where(q *tree.Query) string {
	var parts []string
	rels := tree.RelsOf(q.From)
	for _, f := range q.From {
		if r, ok := f.(*tree.Rel); ok && r.Policy != nil {
			parts = append(parts, e.expr(semijoin.Rewrite(r.Policy, rels, q.Where)))
		}
	}
	if q.Where != nil {
		parts = append(parts, e.guarded(semijoin.Rewrite(q.Where, rels, q.Where), q.From...))
	}
	if len(parts) == 0 {
		return ""
	}
	return balanced(parts, " AND ")
}

// guarded writes a condition so that what can raise an error in it is evaluated
// only on rows that the policies let pass: SQLite orders conditions as it likes,
// and an error would tell of a row that is hidden. Conditions that cannot raise
// stay bare, so that they can use an index.
func (e *emitter) guarded(cond tree.Expr, from ...tree.From) string {
	cond = semijoin.Early(cond, e.depth < maxTwice)
	conjuncts := []tree.Expr{cond}
	if l, ok := cond.(*tree.Logic); ok && l.Op == tree.And {
		conjuncts = l.Args
	}
	hiding := len(policies(from)) > 0
	var parts []string
	for _, c := range conjuncts {
		part := e.expr(c)
		if hiding && mayRaise(c) {
			part = "iif(" + balanced(e.guards(from), " AND ") + ", " + part + ", 0)"
		}
		parts = append(parts, part)
		if implied := e.implied(c); implied != "" {
			parts = append(parts, implied)
		}
	}
	return balanced(parts, " AND ")
}

// implied writes a condition that an index can serve and that holds wherever
// another does, which none can; empty for none.
func (e *emitter) implied(x tree.Expr) string {
	c, ok := x.(*tree.Call)
	if !ok || c.Function.Implies == nil {
		return ""
	}
	return c.Function.Implies(e.args(c.Args))
}

// guards writes the policies of the relations in FROM. A row that an outer join
// made is not one that a policy hides.
func (e *emitter) guards(list []tree.From) []string {
	var out []string
	for _, f := range list {
		switch f := f.(type) {
		case *tree.Rel:
			if f.Policy != nil && f.Nullable {
				out = append(out, "("+alias(f)+".present IS NULL OR "+e.expr(f.Policy)+")")
			} else if f.Policy != nil {
				out = append(out, e.expr(f.Policy))
			}
		case *tree.Join:
			out = append(out, e.guards([]tree.From{f.Left, f.Right})...)
		}
	}
	return out
}

// policies lists the policies of the relations in FROM, joins included.
func policies(list []tree.From) []tree.Expr {
	var out []tree.Expr
	for _, f := range list {
		switch f := f.(type) {
		case *tree.Rel:
			if f.Policy != nil {
				out = append(out, f.Policy)
			}
		case *tree.Join:
			out = append(out, policies([]tree.From{f.Left, f.Right})...)
		}
	}
	return out
}

func mayRaise(x tree.Expr) bool { return tree.MayRaise(x) }

// mayRaiseInWhere tells whether a condition of a query can fail, so that the
// derived tables of its FROM which hide rows need a barrier.
func (e *emitter) mayRaiseInWhere(q *tree.Query) bool {
	if q.Where != nil && mayRaise(q.Where) {
		return true
	}
	for _, f := range q.From {
		if raisesInOn(f) {
			return true
		}
	}
	return false
}

func raisesInOn(f tree.From) bool {
	j, ok := f.(*tree.Join)
	if !ok {
		return false
	}
	return j.On != nil && mayRaise(j.On) || raisesInOn(j.Left) || raisesInOn(j.Right)
}

// hidesRows tells whether a policy applies somewhere inside a query's FROM.
func hidesRows(q *tree.Query) bool { return hiding{}.query(q) }

// hiding remembers the queries it has looked at, since one that WITH names may
// stand in many places.
type hiding map[*tree.Query]bool

func (h hiding) query(q *tree.Query) bool {
	if found, ok := h[q]; ok {
		return found
	}
	h[q] = q.Barrier || len(policies(q.From)) > 0 || q.Set != nil && (h.query(q.Set.Left) || h.query(q.Set.Right)) ||
		slices.ContainsFunc(q.From, h.from)
	return h[q]
}

func (h hiding) from(f tree.From) bool {
	switch f := f.(type) {
	case *tree.Rel:
		return f.Query != nil && h.query(f.Query)
	case *tree.Join:
		return h.from(f.Left) || h.from(f.Right)
	}
	return false
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
