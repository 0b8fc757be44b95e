package emit

import (
	"math"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// maxFolded bounds the bytes of a value that is computed while a statement is
// emitted, and so becomes part of its text.
const maxFolded = 1 << 10

// folded computes a call in Go of an immutable function, or a type's input
// function, over constants. What fails, or is long, stays as it is, to be evaluated
// when the statement runs.
func (e *emitter) folded(x tree.Expr) (sqlite.Value, bool) {
	var v sqlite.Value
	var err error
	switch x := x.(type) {
	case *tree.Const:
		return x.Value, true
	case *tree.FromText:
		text, ok := e.folded(x.Arg)
		t := e.types.Type(x.Ref.OID)
		if !ok || !immutableText(t) {
			return v, false
		}
		if !text.IsNull() {
			v, err = t.In(text.Text(), x.Ref.Mod)
		}
	case *tree.Coalesce:
		for i, arg := range x.Args {
			if v, ok := e.folded(arg); !ok || !v.IsNull() {
				return v, ok && !slices.ContainsFunc(x.Args[i+1:], gathers)
			}
		}
		return v, true
	case *tree.Call:
		f := x.Function
		if f.Strict && isNull(x) {
			return v, true
		}
		if f.Call == nil || f.SQL != nil || f.Volatility != types.Immutable || f.Writes {
			return v, false
		}
		args := make([]sqlite.Value, len(x.Args))
		for i, arg := range x.Args {
			var ok bool
			if args[i], ok = e.folded(arg); !ok {
				return v, false
			}
		}
		v, err = f.SQLite().Call(&sqlite.Conn{State: typeKnower{e.types}}, args)
	default:
		return v, false
	}
	return v, err == nil && foldable(v)
}

// isNull tells whether a call of a strict function has NULL for an argument, and no
// other whose evaluation anybody would miss.
func isNull(x *tree.Call) bool {
	missed := func(x tree.Expr) bool { return raisesItself(x) || isVolatile(x) || hasSubquery(x) || gathers(x) }
	return slices.ContainsFunc(x.Args, isNullConst) &&
		!slices.ContainsFunc(x.Args, func(arg tree.Expr) bool { return !isNullConst(arg) && tree.Any(arg, missed) })
}

// gathers tells whether an expression may hold an aggregate of the query it stands in,
// which makes one row of many even where nobody looks at its value.
func gathers(x tree.Expr) bool { return tree.Aggregated(x) || hasSubquery(x) }

func isNullConst(x tree.Expr) bool {
	if in, ok := x.(*tree.FromText); ok {
		x = in.Arg
	}
	c, ok := x.(*tree.Const)
	return ok && c.Value.IsNull()
}

// foldable tells whether a value may stand in a statement's text as a literal.
func foldable(v sqlite.Value) bool {
	switch v.Kind() {
	case sqlite.KindFloat:
		return v.Float() != 0 || !math.Signbit(v.Float()) // SQLite reads -0.0 as 0.0
	case sqlite.KindText, sqlite.KindBlob:
		return len(v.Blob()) <= maxFolded && (v.Kind() == sqlite.KindBlob || !strings.Contains(v.Text(), "\x00"))
	}
	return true
}

// typeKnower finds the types of a statement's catalogue.
type typeKnower struct{ *types.Catalogue }

// Type implements types.TypeKnower.
func (k typeKnower) Type(oid types.OID) *types.Type { return k.Catalogue.Type(oid) }

// constants writes a statement that evaluates what PostgreSQL evaluates while it
// plans, so that 1/0 is an error even where no row needs it.
func (e *emitter) constants(p *Program, r *analyze.Result) {
	if !mayFailInPlan(r) {
		return
	}
	found := false
	step := e.step(func() string {
		checks := planned{e: e, used: usedColumns(r)}.statement(r)
		found = len(checks) > 0
		for i, c := range checks {
			checks[i] = "(" + c + ")"
		}
		return "VALUES " + strings.Join(checks, ", ") // rows, since columns are limited
	})
	if found {
		p.Constants = &step
	}
}

// mayFailInPlan tells whether a statement has anything to check.
func mayFailInPlan(r *analyze.Result) bool {
	found := false
	each(r, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Call:
			found = found || x.Function.MayRaise
		case *tree.FromText:
			found = true
		case *tree.WindowCall:
			found = found || x.Window.Frame != nil
		}
		return !found
	})
	return found
}

// statement returns the checks of a whole statement.
func (p planned) statement(r *analyze.Result) []string {
	var out []string
	add := func(list ...tree.Expr) {
		for _, x := range list {
			checks, _ := p.fold(x)
			out = append(out, checks...)
		}
	}
	where := func(target *tree.Rel, conditions ...tree.Expr) {
		p.own = []*tree.Rel{target}
		add(conditions...)
		for _, c := range conditions {
			out = append(out, p.estimate(c)...)
		}
	}
	switch {
	case r.Query != nil:
		return p.query(r.Query)
	case r.Insert != nil:
		add(r.Insert.Values...)
		add(assigned(r.Insert.Conflict)...)
		add(expressions(r.Insert.Returning)...)
		if r.Insert.Source != nil {
			out = append(out, p.query(r.Insert.Source.Query)...)
		}
	case r.Update != nil:
		for _, s := range r.Update.Set {
			add(s.Value)
		}
		add(expressions(r.Update.Returning)...)
		out = append(out, p.query(&tree.Query{From: r.Update.From})...)
		where(r.Update.Target, r.Update.Policy, r.Update.Where)
	case r.Delete != nil:
		add(expressions(r.Delete.Returning)...)
		out = append(out, p.query(&tree.Query{From: r.Delete.From})...)
		where(r.Delete.Target, r.Delete.Policy, r.Delete.Where)
	}
	return out
}

// assigned are the expressions of ON CONFLICT that the statement gives.
func assigned(c *tree.Conflict) []tree.Expr {
	if c == nil {
		return nil
	}
	out := []tree.Expr{c.Where}
	for _, s := range c.Set {
		out = append(out, s.Value)
	}
	return out
}

func expressions(list []tree.Output) []tree.Expr {
	out := make([]tree.Expr, len(list))
	for i, o := range list {
		out[i] = o.Expr
	}
	return out
}

// usedColumns tells which columns of each relation a statement reads; -1 is the
// whole row.
func usedColumns(r *analyze.Result) map[*tree.Rel]map[int]bool {
	out := map[*tree.Rel]map[int]bool{}
	use := func(r *tree.Rel, i int) {
		if out[r] == nil {
			out[r] = map[int]bool{}
		}
		out[r][i] = true
	}
	each(r, func(x tree.Expr) bool {
		switch x := x.(type) {
		case *tree.Column:
			use(x.Rel, x.Index)
		case *tree.WholeRow:
			use(x.Rel, -1)
		}
		return true
	})
	return out
}

// each visits the expressions of a statement.
func each(r *analyze.Result, visit func(tree.Expr) bool) {
	walk := func(list ...tree.Expr) {
		for _, x := range list {
			tree.Walk(x, visit)
		}
	}
	(&tree.Query{With: r.With}).Walk(visit)
	switch {
	case r.Query != nil:
		r.Query.Walk(visit)
	case r.Insert != nil:
		walk(slices.Concat(r.Insert.Values, assigned(r.Insert.Conflict), expressions(r.Insert.Returning))...)
		if r.Insert.Source != nil {
			r.Insert.Source.Query.Walk(visit)
		}
	case r.Update != nil:
		for _, s := range r.Update.Set {
			walk(s.Value)
		}
		(&tree.Query{From: r.Update.From}).Walk(visit)
		walk(r.Update.Policy, r.Update.Where)
		walk(expressions(r.Update.Returning)...)
	case r.Delete != nil:
		(&tree.Query{From: r.Delete.From}).Walk(visit)
		walk(r.Delete.Policy, r.Delete.Where)
		walk(expressions(r.Delete.Returning)...)
	}
}
