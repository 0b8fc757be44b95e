package emit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// windowCall writes a window function.
func (e *emitter) windowCall(x *tree.WindowCall) string {
	if column := e.found[x]; column != "" {
		return column
	}
	over := e.over(x)
	sql := ""
	switch {
	case x.Aggregate != nil:
		sql = e.windowAggregate(x, over)
	case x.Function == "lag" || x.Function == "lead":
		sql = e.shifted(x, over)
	case x.Function == "ntile":
		sql = e.counted(x, x.Args[0], "22014", "argument of ntile must be greater than zero", func(n string) string {
			return "ntile(" + n + ")" + over
		})
	case x.Function == "nth_value":
		value := e.expr(x.Args[0])
		sql = e.nth(x, func(n string) string { return "nth_value(" + value + ", " + n + ")" + over })
	default:
		sql = x.Function + "(" + e.list(x.Args) + ")" + over
	}
	return sql
}

// nth writes nth_value.
func (e *emitter) nth(x *tree.WindowCall, write func(n string) string) string {
	return e.counted(x, x.Args[1], "22016", "argument of nth_value must be greater than zero", write)
}

// over writes FILTER and OVER.
func (e *emitter) over(x *tree.WindowCall) string {
	var partition, order []string
	for _, k := range x.Window.Partition {
		partition = append(partition, e.collated(k))
	}
	for _, o := range x.Window.Order {
		order = append(order, direction(e.collated(o.Expr), o))
	}
	frame := ""
	if f := x.Window.Frame; f != nil {
		if frame = e.frame(f); f.Exclude != "" {
			frame += " EXCLUDE " + f.Exclude
		}
	}
	sql := window(partition, order, frame)
	if x.Filter != nil {
		sql = " FILTER (WHERE " + e.expr(x.Filter) + ")" + sql
	}
	return sql
}

// window writes OVER.
func window(partition, order []string, frame string) string {
	var parts []string
	if len(partition) > 0 {
		parts = append(parts, "PARTITION BY "+strings.Join(partition, ", "))
	}
	if len(order) > 0 {
		parts = append(parts, "ORDER BY "+strings.Join(order, ", "))
	}
	if frame != "" {
		parts = append(parts, frame)
	}
	return " OVER (" + strings.Join(parts, " ") + ")"
}

// frame writes a frame but for what it excludes.
func (e *emitter) frame(f *tree.Frame) string {
	return f.Mode + " BETWEEN " + e.bound(f.Start) + " AND " + e.bound(f.End)
}

// bound writes one end of a frame. SQLite checks offsets with errors of its own, so
// that one which is none is kept from it; frameChecks report it.
func (e *emitter) bound(b tree.Bound) string {
	if b.Offset == nil {
		return b.Side
	}
	if c, ok := b.Offset.(*tree.Const); ok {
		if c.Value.IsNull() || c.Value.Int() < 0 {
			return "0 " + b.Side
		}
		return literal(c.Value) + " " + b.Side
	}
	offset := e.expr(b.Offset)
	return "(CASE WHEN " + offset + " >= 0 THEN " + offset + " ELSE 0 END) " + b.Side
}

// frameChecks fail where a frame has an offset that is NULL or negative, which
// PostgreSQL looks at before the first row.
func (e *emitter) frameChecks(f *tree.Frame) []string {
	if f == nil {
		return nil
	}
	var out []string
	for _, b := range []struct {
		name string
		tree.Bound
	}{{"starting", f.Start}, {"ending", f.End}} {
		c, ok := b.Offset.(*tree.Const)
		if b.Offset == nil || ok && !c.Value.IsNull() && c.Value.Int() >= 0 {
			continue
		}
		offset := e.expr(b.Offset)
		negative := raise("22013", "frame "+b.name+" offset must not be negative")
		if f.Mode == "RANGE" {
			negative = raise("22013", "invalid preceding or following size in window function")
		}
		null := raise("22004", "frame "+b.name+" offset must not be null")
		out = append(out, "CASE WHEN "+offset+" IS NULL THEN "+null+" WHEN "+offset+" < 0 THEN "+negative+" END")
	}
	return out
}

func raise(code, message string) string { return Raise + "(" + text(code) + ", " + text(message) + ")" }

// shifted writes lag and lead. SQLite's lag sees no row after its own, which a
// negative offset means: where the sign is not known lead goes both ways, since it
// sees all rows. A NULL offset gives NULL, not the default.
func (e *emitter) shifted(x *tree.WindowCall, over string) string {
	value := e.expr(x.Args[0])
	more := ""
	if len(x.Args) == 3 {
		more = ", " + e.expr(x.Args[2])
	}
	if len(x.Args) == 1 {
		return x.Function + "(" + value + ")" + over
	}
	if c, ok := x.Args[1].(*tree.Const); ok && !c.Value.IsNull() && c.Value.Int() >= 0 {
		return x.Function + "(" + value + ", " + literal(c.Value) + more + ")" + over
	}
	offset := e.expr(x.Args[1])
	signed := offset
	if x.Function == "lag" {
		signed = "(-" + offset + ")"
	}
	return "(CASE WHEN " + offset + " IS NULL THEN NULL ELSE lead(" + value + ", " + signed + more + ")" + over + " END)"
}

// counted writes a function of a number, which must be positive; of NULL it is
// NULL.
func (e *emitter) counted(x *tree.WindowCall, n tree.Expr, code, message string, write func(string) string) string {
	switch c := n.(type) {
	case *tree.Const:
		switch {
		case c.Value.IsNull():
			return "NULL"
		case c.Value.Int() > 0:
			return write(literal(c.Value))
		}
		return raise(code, message)
	case *tree.Param:
		sql := e.expr(n)
		return "(CASE WHEN " + sql + " IS NULL THEN NULL WHEN " + sql + " <= 0 THEN " + raise(code, message) +
			" ELSE " + write("(CASE WHEN "+sql+" > 0 THEN "+sql+" ELSE 1 END)") + " END)"
	}
	return e.fail(unsupported("%s of a number that is neither a literal nor a parameter is", x.Function))
}

// windowAggregate writes an aggregate as a window function: SQLite's own where
// rows can leave the frame without a trace, else Go's over the rows of the frame.
func (e *emitter) windowAggregate(x *tree.WindowCall, over string) string {
	args := e.args(x.Args)
	for i, a := range x.Args {
		if w, ok := a.(*tree.WholeRow); ok && w.Rel.Nullable {
			args[i].Present = e.present(w.Rel)
		}
	}
	agg := x.Aggregate
	sql, ok := "", true
	switch {
	case agg.New != nil && agg.Native:
		sql = agg.CallSQL(args, "")
	case (agg.Name == "min" || agg.Name == "max") && args[0].Type != nil && args[0].Type.Collation != "":
		sql = map[string]string{"min": types.Smallest, "max": types.Largest}[agg.Name] + "(" + args[0].SQL + ", " + text(args[0].Type.Collation) + ")"
	default:
		sql, ok = agg.Write(types.AggregateCall{Args: args})
	}
	name, rest, call := strings.Cut(sql, "(")
	if !ok || !call {
		return e.fail(unsupported("the aggregate %s over these types as a window function is", agg.Name))
	}
	switch name {
	case "sum", "count", "min", "max":
	case "group_concat":
		return e.fail(unsupported("the aggregate %s as a window function is", agg.Name))
	default:
		sql = name + sqlite.Over + "(" + rest
	}
	sql += over
	if agg.Final != nil {
		sql = agg.Final(args[:agg.Direct], sql)
	}
	return sql
}

// excluding is a query with first_value, last_value or nth_value over frames that
// leave rows out. For such a frame SQLite goes through all of its rows again for each
// row. Instead the rows are numbered, the ends of the frame and of the row's peers are
// numbers, from which follows that of the row asked for, and that row is joined:
//
//	WITH rows AS (… a0, i0), frames AS (SELECT *, min(i0) OVER frame AS s0, … FROM rows)
//	SELECT …, t0.a0 AS x0 FROM frames LEFT JOIN rows AS t0 ON t0.i0 = …
type excluding struct {
	query  *tree.Query
	calls  []*tree.WindowCall
	name   string  // the alias of the rows
	places []place // the columns of the query's relations that are read
}

// hole stands for the rows until these can be written.
func (n *excluding) hole() string { return "\x00" + n.name }

// excludes lists such functions of a query; nil where its rows are groups.
func excludes(q *tree.Query) []*tree.WindowCall {
	if !q.Windowed || q.Aggregated || q.Sets != nil {
		return nil
	}
	var out []*tree.WindowCall
	var look func(x tree.Expr)
	look = func(x tree.Expr) {
		w, ok := x.(*tree.WindowCall)
		if ok && w.Window.Frame != nil && w.Window.Frame.Exclude != "" && slices.Contains([]string{"first_value", "last_value", "nth_value"}, w.Function) {
			noted(&out, w, func(y *tree.WindowCall) bool { return w == y })
			return
		}
		if x != nil {
			for _, c := range tree.Children(x) {
				look(c)
			}
		}
	}
	for _, c := range q.Columns {
		look(c.Expr)
	}
	for _, o := range q.OrderBy {
		look(o.Expr)
	}
	return out
}

// excluded writes a query with such functions.
func (e *emitter) excluded(q *tree.Query, calls []*tree.WindowCall) string {
	e.setsCount++
	n := &excluding{query: q, calls: calls, name: "v" + strconv.Itoa(e.setsCount)}
	saved := e.excluding
	e.excluding = n
	back := e.instead(q, func(r *tree.Rel, i int) string {
		return n.name + ".d" + strconv.Itoa(notedPlace(&n.places, r, i))
	}, func(r *tree.Rel) string { return fmt.Sprintf("%s.p%d IS NOT NULL", n.name, r.ID) })
	if e.found == nil {
		e.found = map[*tree.WindowCall]string{}
	}
	for i, x := range calls {
		column := n.name + ".x" + strconv.Itoa(i)
		if e.found[x] = column; x.Function == "nth_value" {
			e.found[x] = e.nth(x, func(string) string { return column })
		}
	}
	sql := e.plain(q)
	back()
	e.excluding = saved
	return strings.Replace(sql, n.hole(), e.numbered(n), 1)
}

// numbered writes the rows with what the functions find.
func (e *emitter) numbered(n *excluding) string {
	var from strings.Builder
	e.fromWhere(&from, n.query) // first, since it says how columns are read
	var rows, numbers, ends, out, joins []string
	add := func(name, sql string) {
		rows, out = append(rows, sql+" AS "+name), append(out, "f."+name)
	}
	for i, p := range n.places {
		add("d"+strconv.Itoa(i), e.column(p.rel, p.index))
	}
	for _, r := range nullable(n.query.From) {
		add("p"+strconv.Itoa(r.ID), "nullif("+e.present(r)+", 0)")
	}
	for i, x := range n.calls {
		w := e.frameOf(x, strconv.Itoa(i))
		rows, numbers, ends = append(rows, w.rows...), append(numbers, w.number), append(ends, w.ends...)
		out = append(out, fmt.Sprintf("t%d.a%[1]d AS x%[1]d", i))
		joins = append(joins, fmt.Sprintf(" LEFT JOIN %s_n AS t%d ON t%[2]d.i%[2]d = %s", n.name, i, w.wanted))
	}
	return fmt.Sprintf("WITH %s_r AS MATERIALIZED (SELECT %s%s), %[1]s_n AS MATERIALIZED (SELECT *, %[4]s FROM %[1]s_r), "+
		"%[1]s_f AS (SELECT *, %[5]s FROM %[1]s_n) SELECT %[6]s FROM %[1]s_f AS f%[7]s",
		n.name, strings.Join(rows, ", "), from.String(), strings.Join(numbers, ", "), strings.Join(ends, ", "), strings.Join(out, ", "), strings.Join(joins, ""))
}

// frameOf is what takes part in one of the functions.
type frameOf struct {
	rows   []string // its value a and the keys of its window
	number string   // i, of the row in the order of the window
	ends   []string // s and e, the first and last number of the frame; b and l, of the row's peers
	wanted string   // the number of the row asked for
}

func (e *emitter) frameOf(x *tree.WindowCall, k string) frameOf {
	f := x.Window.Frame
	out := frameOf{rows: []string{e.expr(x.Args[0]) + " AS a" + k}}
	var partition, order []string
	key := func(x tree.Expr) string {
		name := fmt.Sprintf("k%s_%d", k, len(out.rows))
		out.rows = append(out.rows, e.expr(x)+" AS "+name)
		return e.collate(name, x)
	}
	for _, p := range x.Window.Partition {
		partition = append(partition, key(p))
	}
	for _, o := range x.Window.Order {
		order = append(order, direction(key(o.Expr), o))
	}
	// Told the type, SQLite makes an index of it.
	out.number = "CAST(row_number()" + window(nil, slices.Concat(partition, order), "") + " AS INTEGER) AS i" + k
	by := order
	if f.Mode == "ROWS" { // of peers, the same come first everywhere
		by = []string{"i" + k}
	}
	over := window(partition, by, e.frame(f))
	number := "i" + k
	out.ends = []string{"min(" + number + ")" + over + " AS s" + k, "max(" + number + ")" + over + " AS e" + k}
	if f.Exclude != "CURRENT ROW" {
		peers := window(partition, order, "RANGE BETWEEN CURRENT ROW AND CURRENT ROW")
		out.ends = append(out.ends, "min("+number+")"+peers+" AS b"+k, "max("+number+")"+peers+" AS l"+k)
	}
	out.wanted = e.wanted(x, k)
	return out
}

// wanted is the number of the row that a function asks for, as PostgreSQL finds it
// (WinGetFuncArgInFrame in src/backend/executor/nodeWindowAgg.c): it steps over what is
// left out, and with EXCLUDE TIES onto the row itself, which may be outside of the frame.
func (e *emitter) wanted(x *tree.WindowCall, k string) string {
	start, end, row, first, last := "f.s"+k, "f.e"+k, "f.i"+k, "f.b"+k, "f.l"+k
	if x.Window.Frame.Exclude == "CURRENT ROW" {
		first, last = row, row
	}
	// From there on that many rows more than one are to step over where over holds.
	place, at, sign := start, "max("+first+", "+start+")", " + "
	more, over := last+" - "+at, " >= "+first+" AND "+last+" >= "+start
	switch x.Function {
	case "nth_value":
		place = "(" + start + " + " + e.expr(x.Args[1]) + " - 1)"
	case "last_value":
		place, at, sign = end, "min("+last+", "+end+")", " - "
		more, over = at+" - "+first, " <= "+last+" AND "+first+" <= "+end
	}
	stepped := place + sign + "(" + more + " + 1)"
	if x.Window.Frame.Exclude == "TIES" {
		stepped = "iif(" + place + " = " + at + ", " + row + ", " + place + sign + "(" + more + "))"
	}
	found := "iif(" + place + over + ", " + stepped + ", " + place + ")"
	return "iif(" + found + " BETWEEN " + start + " AND " + end + ", " + found + ", NULL)"
}
