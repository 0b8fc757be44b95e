package emit

import (
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/emit/given"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
)

// outputs says what the columns of the result are.
func (e *emitter) outputs(p *Program, list []tree.Output) {
	at := 0
	for _, o := range list {
		t := e.types.Type(o.Expr.Type().OID)
		if o.Expr.Type().OID == types.Void {
			t = voidType()
		}
		if t == nil {
			e.fail(unsupported("a result column of this type is"))
			continue
		}
		c := Column{Name: o.Name, Type: t, At: at}
		at++
		if arg := e.leaving[o.Expr]; arg != nil {
			e.json(&c, arg)
			at += max(0, len(c.Object)-1)
		}
		p.Columns = append(p.Columns, c)
	}
}

// voidType is the type of the result of a function that returns nothing.
func voidType() *types.Type {
	return &types.Type{OID: types.Void, Name: "void", SQLName: "void", Column: "TEXT"}
}

// json says that a column is the JSON of an expression, which stands in the
// statement in its place.
func (e *emitter) json(c *Column, arg tree.Expr) {
	c.JSON = true
	row, ok := arg.(*tree.WholeRow)
	if !ok {
		c.Source = e.types.Type(arg.Type().OID)
		return
	}
	before := "{"
	for _, f := range row.Rel.Columns {
		label := string(document.AppendString([]byte(before), f.Name)) + ":"
		c.Object = append(c.Object, Field{Label: label, Type: e.types.Type(f.Type.OID)})
		before = ","
	}
}

// leave finds the columns of a query that are the JSON of a value or of a row.
// As they leave the engine, their JSON need not be put together in SQLite, where
// it would take a call for each field and memory for each row.
func (e *emitter) leave(q *tree.Query) {
	if q.Distinct || len(q.OrderBy) > 0 || len(q.Values) > 0 {
		return // the column's number or value is needed
	}
	e.leaveAll(q.Columns)
}

func (e *emitter) leaveAll(list []tree.Output) {
	for _, c := range list {
		call, ok := c.Expr.(*tree.Call)
		if ok && call.Function.ToJSON && len(call.Args) == 1 && e.hasJSON(call.Args[0]) {
			e.leaving[c.Expr] = call.Args[0]
		}
	}
}

// returns says what the columns of RETURNING are. Those of a part of WITH stay what
// they are, for the statement around it to read, and so do results that are made
// ahead of the rows.
func (e *emitter) returns(p *Program, list []tree.Output, ahead bool) {
	if !e.part && !ahead {
		e.leaveAll(list)
	}
	e.outputs(p, list)
}

// hasJSON tells whether Go can make the JSON of an expression's value.
func (e *emitter) hasJSON(x tree.Expr) bool {
	row, ok := x.(*tree.WholeRow)
	if !ok {
		return typeHasJSON(e.types.Type(x.Type().OID))
	}
	if row.Rel.Nullable || len(row.Rel.Columns) == 0 || len(row.Fields) > 0 {
		return false
	}
	for _, c := range row.Rel.Columns {
		if !typeHasJSON(e.types.Type(c.Type.OID)) {
			return false
		}
	}
	return true
}

func typeHasJSON(t *types.Type) bool { return t != nil && t.JSON != nil }

// output writes a column of a result.
func (e *emitter) output(x tree.Expr) string {
	arg := e.leaving[x]
	if arg == nil {
		return e.expr(x)
	}
	row, ok := arg.(*tree.WholeRow)
	if !ok {
		return e.expr(arg)
	}
	fields := make([]string, len(row.Rel.Columns))
	for n := range fields {
		fields[n] = e.column(row.Rel, n)
	}
	return strings.Join(fields, ", ")
}

// parts are the expressions that a column of a result is made of: the fields of a row
// that leaves as JSON, else one.
func (e *emitter) parts(x tree.Expr) []tree.Expr {
	arg := e.leaving[x]
	if arg == nil {
		return []tree.Expr{x}
	}
	row, ok := arg.(*tree.WholeRow)
	if !ok {
		return []tree.Expr{arg}
	}
	fields := make([]tree.Expr, len(row.Rel.Columns))
	for n, c := range row.Rel.Columns {
		fields[n] = &tree.Column{Ref: c.Type, Rel: row.Rel, Index: n}
	}
	return fields
}

// aheadOf tells whether what a write returns is computed along with the new rows.
func (e *emitter) aheadOf(list []tree.Output) bool { return e.ahead || returnsQuery(list) }

// returnsQuery tells whether RETURNING holds a subquery, which is to see what was
// there before the statement: its results are then made along with the rows.
func returnsQuery(list []tree.Output) bool {
	return slices.ContainsFunc(list, func(o tree.Output) bool { return tree.HasSubquery(o.Expr) })
}

// results writes what a statement returns of a row whose columns column writes.
func (e *emitter) results(target *tree.Rel, list []tree.Output, column func(int) string) []string {
	saved := e.overrides[target]
	e.overrides[target] = column
	defer func() { e.overrides[target] = saved }()
	var out []string
	for _, o := range list {
		out = append(out, e.expr(o.Expr))
	}
	return out
}

// returned writes RETURNING of one row: if results were made ahead, they stand in
// the row of Main after the first at columns.
func (e *emitter) returned(target *tree.Rel, list []tree.Output, checks []tree.Check, ahead bool, at int) string {
	if !ahead || len(list) == 0 {
		return e.returning(target, list, checks)
	}
	out := make([]string, len(list))
	for i := range list {
		out[i] = e.bind(Bind{Row: at + i + 1})
	}
	if rest := strings.TrimPrefix(e.returning(target, nil, checks), " RETURNING "); rest != "" {
		out = append(out, rest)
	}
	return " RETURNING " + strings.Join(out, ", ")
}

// returning writes RETURNING, where columns stand by their bare names. Behind the
// results stand the check options of views: there they are evaluated after all
// constraints, as on PostgreSQL.
func (e *emitter) returning(target *tree.Rel, list []tree.Output, checks []tree.Check) string {
	checks = slices.DeleteFunc(slices.Clone(checks), func(c tree.Check) bool { return c.View == "" })
	if len(list)+len(checks) == 0 {
		return ""
	}
	saved := e.overrides[target]
	e.overrides[target] = func(i int) string { return quote(target.Columns[i].Column.Physical) }
	defer func() { e.overrides[target] = saved }()
	out := make([]string, 0, len(list)+len(checks))
	for _, o := range list {
		if tree.HasSubquery(o.Expr) {
			e.fail(unsupported("a subquery in RETURNING is"))
		}
		out = append(out, e.output(o.Expr))
	}
	for _, c := range checks {
		if tree.HasSubquery(c.Expr) {
			e.fail(unsupported("a subquery in the condition of a view with a check option is"))
		}
		out = append(out, "iif("+e.expr(c.Expr)+", 1, "+Raise+"('44000', "+
			text(`new row violates check option for view "`+c.View+`"`)+"))")
	}
	return " RETURNING " + strings.Join(out, ", ")
}

// returningStored is returning for a single row, of which Go makes what is returned where
// it can.
func (e *emitter) returningStored(n *tree.Insert) string {
	inView := func(c tree.Check) bool { return c.View != "" }
	if len(n.Returning) > 0 && !slices.ContainsFunc(n.Checks, inView) {
		var columns []tree.Expr
		for _, o := range n.Returning {
			columns = append(columns, e.parts(o.Expr)...)
		}
		e.current.Returned = given.Returned(n, columns, e.folded)
	}
	if e.current.Returned != nil {
		return ""
	}
	return e.returning(n.Target, n.Returning, n.Checks)
}
