package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/emit/fold"
	"github.com/galleyhq/galley/internal/database/embedded/emit/given"
	"github.com/galleyhq/galley/internal/database/embedded/emit/semijoin"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// expr writes an expression so that it may stand anywhere in another one.
func (e *emitter) expr(x tree.Expr) string {
	if e.sets != nil {
		if sql := e.sets.find(x); sql != "" {
			return sql
		}
	}
	if v, ok := e.folded(x); ok {
		return literal(v)
	}
	sql := e.written(x)
	if e.tainted(x, sql) {
		return "(" + sql + " COLLATE BINARY)"
	}
	return sql
}

// tainted tells that SQLite would compare the values of an expression by a
// collation that stands somewhere inside of it and is meant for other values:
// that of a condition of CASE, or of a function's argument.
func (e *emitter) tainted(x tree.Expr, sql string) bool {
	if !strings.Contains(sql, " COLLATE ") {
		return false
	}
	t := e.types.Type(x.Type().OID)
	return t != nil && t.Collation == "" && t.Column == "TEXT"
}

func (e *emitter) written(x tree.Expr) string {
	switch x := x.(type) {
	case *tree.Param:
		return e.param(x.Number)
	case *tree.SessionValue:
		return e.sessionValue(x)
	case *tree.Column:
		return e.column(x.Rel, x.Index)
	case *tree.Call:
		return e.call(x)
	case *tree.Relabel:
		return e.bytewise(e.expr(x.Arg), x.Arg, x.Ref)
	case *tree.FromText:
		return fmt.Sprintf("%s(%d, %d, %s)", FromText, x.Ref.OID, x.Ref.Mod, e.expr(x.Arg))
	case *tree.ToText:
		return e.toText(x.Arg)
	case *tree.Logic:
		return e.logic(x)
	case *tree.Case:
		return e.caseExpr(x)
	case *tree.Coalesce:
		return e.coalesce(x)
	case *tree.Extreme:
		return e.extreme(x)
	case *tree.NullIf:
		return "nullif(" + e.collated(x.Left) + ", " + e.expr(x.Right) + ")"
	case *tree.IsNull:
		return "(" + e.expr(x.Arg) + map[bool]string{true: " IS NOT NULL)", false: " IS NULL)"}[x.Not]
	case *tree.IsBool:
		return e.isBool(x)
	case *tree.Distinct:
		return "(" + e.collated(x.Left) + map[bool]string{true: " IS ", false: " IS NOT "}[x.Not] + e.expr(x.Right) + ")"
	case *tree.In:
		return e.in(x)
	case *tree.Subquery:
		return e.subquery(x)
	case *tree.Aggregate:
		return e.aggregate(x)
	case *tree.WindowCall:
		return e.windowCall(x)
	case *tree.Grouping:
		return "0" // all keys are in the only set
	case *tree.NextValue:
		return fmt.Sprintf("%s(%d)", NextValue, x.Sequence)
	case *tree.IsNew:
		if e.existed {
			return "0"
		}
		return "1"
	case *tree.WholeRow:
		return e.fail(unsupported("a whole row in this place is"))
	}
	if sql, ok := e.array(x); ok {
		return sql
	}
	return e.fail(unsupported("an expression of this kind is"))
}

// in writes IN over a list. SQLite makes a table of a list of more than two, which
// for one row takes longer than to compare with each.
func (e *emitter) in(x *tree.In) string {
	left := e.collated(x.Left)
	if _, column := x.Left.(*tree.Column); !e.oneRow || !column {
		return "(" + left + not(x.Not) + " IN (" + e.list(x.List) + "))"
	}
	equal, op := " = ", " OR "
	if x.Not {
		equal, op = " <> ", " AND "
	}
	parts := make([]string, len(x.List))
	for i, v := range x.List {
		parts[i] = left + equal + e.expr(v)
	}
	return "(" + balanced(parts, op) + ")"
}

func not(b bool) string {
	if b {
		return " NOT"
	}
	return ""
}

func (e *emitter) list(xs []tree.Expr) string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = e.expr(x)
	}
	return strings.Join(out, ", ")
}

func (e *emitter) call(x *tree.Call) string {
	args := e.args(x.Args)
	e.draws = e.draws || x.Function.Writes
	if x.Function.SQL == nil {
		return x.Function.CallSQL(args)
	}
	sql, before := x.Function.SQL(args), 0
	for _, a := range args {
		before += strings.Count(a.SQL, "SELECT")
	}
	sql = e.ownRows(sql, before, x.Args...)
	// A function of a whole row is NULL where an outer join made the row NULL.
	for _, arg := range x.Args {
		if w, ok := arg.(*tree.WholeRow); ok && w.Rel.Nullable {
			sql = "iif(" + e.present(w.Rel) + ", " + sql + ", NULL)"
		}
	}
	return sql
}

// ownRows refuses SQL that puts arguments into a subquery, where a window function in
// one would see other rows; before is how many subqueries the arguments have.
func (e *emitter) ownRows(sql string, before int, args ...tree.Expr) string {
	if slices.ContainsFunc(args, tree.Windowed) && strings.Count(sql, "SELECT") > before {
		return e.fail(unsupported("a window function in this place is"))
	}
	return sql
}

// present is a condition that is false where an outer join made a row NULL.
func (e *emitter) present(r *tree.Rel) string {
	switch {
	case e.presence[r] != "":
		return e.presence[r]
	case r.Table != nil && r.Policy == nil:
		return alias(r) + "._rowid_ IS NOT NULL"
	case r.Functions != nil, r.Lateral:
		return alias(r) + "._rowid_ IS NOT NULL"
	}
	return alias(r) + ".present IS NOT NULL"
}

func (e *emitter) args(xs []tree.Expr) []types.Arg {
	out := make([]types.Arg, len(xs))
	for i, x := range xs {
		out[i] = e.arg(x)
	}
	return out
}

func (e *emitter) arg(x tree.Expr) types.Arg {
	w, ok := x.(*tree.WholeRow)
	if !ok {
		return types.Arg{SQL: e.expr(x), Type: e.types.Type(x.Type().OID)}
	}
	var a types.Arg
	for _, f := range w.Fields {
		a.Fields = append(a.Fields, types.Field{Name: f.Name, SQL: e.expr(f.Expr), Type: e.types.Type(f.Expr.Type().OID)})
	}
	if len(w.Fields) > 0 {
		return a
	}
	for i, c := range w.Rel.Columns {
		t := e.types.Type(c.Type.OID)
		if t == nil {
			e.fail(unsupported("a whole row with a column of this type is"))
		}
		a.Fields = append(a.Fields, types.Field{Name: c.Name, SQL: e.column(w.Rel, i), Type: t})
	}
	return a
}

func (e *emitter) toText(x tree.Expr) string {
	t := e.types.Type(x.Type().OID)
	if t == nil {
		return e.fail(unsupported("the text form of this type is"))
	}
	if t.TextSQL == nil {
		return e.bytewise(e.expr(x), x, types.Of(types.Text))
	}
	sql := e.expr(x)
	out := t.TextSQL(sql)
	return e.ownRows(out, strings.Count(sql, "SELECT"), x)
}

// bytewise takes the collation of a type off an expression that is of another
// type now: SQLite leaves a column its own, so that texts of equal values would
// be equal texts.
func (e *emitter) bytewise(sql string, from tree.Expr, to types.Ref) string {
	source, target := e.types.Type(from.Type().OID), e.types.Type(to.OID)
	if source == nil || source.Collation == "" || target != nil && target.Collation == source.Collation {
		return sql
	}
	return "(" + sql + " COLLATE BINARY)"
}

func (e *emitter) logic(x *tree.Logic) string {
	if x.Op == tree.Not {
		return "(NOT " + e.expr(x.Args[0]) + ")"
	}
	if e.lazy {
		return e.lazyLogic(x)
	}
	parts := make([]string, len(x.Args))
	for i, a := range x.Args {
		parts[i] = e.expr(a)
	}
	return balanced(parts, " "+string(x.Op)+" ")
}

// balanced joins parts as a tree, so that a long chain stays below SQLite's
// limit of depth.
func balanced(parts []string, op string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	if len(parts) <= 16 {
		return "(" + strings.Join(parts, op) + ")"
	}
	half := len(parts) / 2
	return "(" + balanced(parts[:half], op) + op + balanced(parts[half:], op) + ")"
}

func (e *emitter) caseExpr(x *tree.Case) string {
	var b strings.Builder
	b.WriteString("(CASE")
	for _, w := range x.Whens {
		b.WriteString(" WHEN " + e.expr(w.Cond) + " THEN " + e.expr(w.Result))
	}
	if x.Else != nil {
		b.WriteString(" ELSE " + e.expr(x.Else))
	}
	b.WriteString(" END)")
	return b.String()
}

// coalesce leaves out arguments that are NULL whatever happens, and those behind one
// that never is.
func (e *emitter) coalesce(x *tree.Coalesce) string {
	var args []tree.Expr
	for i, arg := range x.Args {
		v, ok := e.folded(arg)
		if !ok || !v.IsNull() {
			args = append(args, arg)
		}
		if ok && !v.IsNull() && !slices.ContainsFunc(x.Args[i+1:], fold.Gathers) {
			break
		}
	}
	switch len(args) {
	case 0:
		return "NULL"
	case 1:
		return e.expr(args[0])
	}
	return "coalesce(" + e.list(args) + ")"
}

// extreme writes GREATEST and LEAST as an aggregate, which ignores NULLs as
// they do; SQLite's scalar max and min do not.
func (e *emitter) extreme(x *tree.Extreme) string {
	name := map[bool]string{true: "max", false: "min"}[x.Greatest]
	if slices.ContainsFunc(x.Args, func(x tree.Expr) bool { return tree.Aggregated(x) || tree.Windowed(x) }) {
		return e.extremeOfAggregates(name, x)
	}
	parts := make([]string, len(x.Args))
	for i, a := range x.Args {
		parts[i] = "SELECT " + e.expr(a) + " AS v"
	}
	return "(SELECT " + name + "(" + e.collate("v", x) + ") FROM (" + strings.Join(parts, " UNION ALL ") + "))"
}

// extremeOfAggregates uses the scalar function, since an aggregate cannot be written
// into a subquery. Each of its operands begins at another argument and is NULL only
// when all are.
func (e *emitter) extremeOfAggregates(name string, x *tree.Extreme) string {
	if len(x.Args) == 1 {
		return e.expr(x.Args[0])
	}
	parts := make([]string, len(x.Args))
	for i := range x.Args {
		parts[i] = e.collate("coalesce("+e.list(slices.Concat(x.Args[i:], x.Args[:i]))+")", x)
	}
	return name + "(" + strings.Join(parts, ", ") + ")"
}

func (e *emitter) isBool(x *tree.IsBool) string {
	test := [...]string{"TRUE", "FALSE", "NULL"}[x.Value]
	return "(" + e.expr(x.Arg) + " IS" + not(x.Not) + " " + test + ")"
}

// maxTwice bounds how deep in subqueries one may still be written twice.
const maxTwice = 4

func (e *emitter) subquery(x *tree.Subquery) string {
	if given.OfPart(x) {
		return e.ofPart(x.Query)
	}
	if decided := semijoin.Decided(x, e.depth < maxTwice); decided != nil {
		return e.expr(decided)
	}
	e.depth++
	q := e.query(x.Query)
	e.depth--
	switch x.Kind {
	case tree.Exists:
		return "(EXISTS (" + q + "))"
	case tree.InQuery:
		left := e.collated(x.Left)
		if len(x.More) > 0 {
			for _, more := range x.More {
				left += ", " + e.collated(more)
			}
			left = "(" + left + ")"
		}
		return "(" + left + " IN (" + q + "))"
	case tree.AnyTrue:
		return "(SELECT iif(max(s.c0), 1, iif(count(*) > count(s.c0), NULL, 0)) FROM (" + q + ") AS s)"
	case tree.ArrayOf:
		return e.arrayOf(x, q)
	case tree.AllTrue:
		return "(SELECT iif(min(s.c0) = 0, 0, iif(count(*) > count(s.c0), NULL, 1)) FROM (" + q + ") AS s)"
	case tree.NotInList:
		return "(" + e.collated(x.Left) + " NOT IN (" + q + "))"
	}
	if x.One {
		return "(" + q + ")"
	}
	// SQLite would take the first of several rows.
	return "(SELECT iif(count(*) > 1, " + Raise + "('21000', 'more than one row returned by a subquery used as an expression'), s.c0)" +
		" FROM (SELECT * FROM (" + q + ") LIMIT 2) AS s)"
}

func (e *emitter) aggregate(x *tree.Aggregate) string {
	call := types.AggregateCall{Args: e.args(x.Args), Distinct: x.Distinct}
	for i, a := range x.Args {
		if w, ok := a.(*tree.WholeRow); ok {
			if w.Rel.Nullable {
				call.Args[i].Present = e.present(w.Rel)
			}
		} else if x.Distinct || i == 0 {
			call.Args[i].SQL = e.collate(call.Args[i].SQL, a)
		}
	}
	for _, o := range x.OrderBy {
		if _, ok := o.Expr.(*tree.Const); !ok {
			call.Order = append(call.Order, direction(e.collated(o.Expr), o))
		}
	}
	for _, a := range x.Args {
		call.ArgKeys = append(call.ArgKeys, e.argumentKey(x, a))
	}
	sql, ok := x.Aggregate.Write(call)
	if !ok {
		return e.fail(unsupported("ORDER BY or DISTINCT in the aggregate %s over these types is", x.Aggregate.Name))
	}
	if x.Filter != nil {
		sql += " FILTER (WHERE " + e.expr(x.Filter) + ")"
	}
	if x.Aggregate.Final != nil {
		sql = x.Aggregate.Final(call.Args[:x.Aggregate.Direct], sql)
	}
	return sql
}

// argumentKey writes an argument as a key, by which DISTINCT sorts; empty when it
// is sorted by already.
func (e *emitter) argumentKey(x *tree.Aggregate, arg tree.Expr) string {
	switch arg.(type) {
	case *tree.Const, *tree.WholeRow:
		return ""
	}
	for _, o := range x.OrderBy {
		if o.Expr == arg {
			return ""
		}
	}
	return direction(e.collated(arg), tree.Order{Expr: arg})
}
