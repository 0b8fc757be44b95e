package emit

import (
	"strings"

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
