package emit

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// windowCall writes a window function.
func (e *emitter) windowCall(x *tree.WindowCall) string {
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
		sql = e.counted(x, x.Args[1], "22016", "argument of nth_value must be greater than zero", func(n string) string {
			return "nth_value(" + value + ", " + n + ")" + over
		})
	default:
		sql = x.Function + "(" + e.list(x.Args) + ")" + over
	}
	return sql
}

// over writes FILTER and OVER.
func (e *emitter) over(x *tree.WindowCall) string {
	var parts []string
	if len(x.Window.Partition) > 0 {
		keys := make([]string, len(x.Window.Partition))
		for i, k := range x.Window.Partition {
			keys[i] = e.collated(k)
		}
		parts = append(parts, "PARTITION BY "+strings.Join(keys, ", "))
	}
	if len(x.Window.Order) > 0 {
		keys := make([]string, len(x.Window.Order))
		for i, o := range x.Window.Order {
			keys[i] = direction(e.collated(o.Expr), o)
		}
		parts = append(parts, "ORDER BY "+strings.Join(keys, ", "))
	}
	if f := x.Window.Frame; f != nil {
		frame := f.Mode + " BETWEEN " + e.bound(f.Start) + " AND " + e.bound(f.End)
		if f.Exclude != "" {
			frame += " EXCLUDE " + f.Exclude
		}
		parts = append(parts, frame)
	}
	sql := " OVER (" + strings.Join(parts, " ") + ")"
	if x.Filter != nil {
		sql = " FILTER (WHERE " + e.expr(x.Filter) + ")" + sql
	}
	return sql
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
