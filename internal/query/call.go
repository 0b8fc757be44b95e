package query

import (
	"strconv"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// Call asks for the result of a function. The node speaks of its rows; its Schema
// is that of the request.
type Call struct {
	Node
	Function *schema.Function
	Args     []Arg
	Format   Format
	// Count adds the number of all rows of the result that meet the conditions.
	Count bool
}

// Arg is an argument that a call gives.
type Arg struct {
	*schema.Argument
	Form Form // Bound or Converted
}

// CompileCall compiles a call. The values it takes are the arguments, then those
// of a read. The function runs once: a count counts what it returned.
func CompileCall(snap *schema.Snapshot, call *Call) (*Plan, error) {
	c := &compiler{snap: snap, allowed: call.Aggregates}
	invoked, err := c.Capture(func() error { return c.invoke(call) })
	if err != nil {
		return nil, err
	}
	result := &call.Function.Result
	switch {
	case result.Void:
		c.Put("SELECT ", invoked)
		return c.plan(Plan{}), nil
	case !result.Composite():
		return c.scalar(call, invoked)
	}
	return c.rowsOf(call, invoked)
}

// invoke writes the call of a function with its arguments by name.
func (c *compiler) invoke(call *Call) error {
	c.Put(Quote(call.Function.Schema), ".", Quote(call.Function.Name.Name), "(")
	err := c.List(len(call.Args), func(i int) error {
		a := call.Args[i]
		if a.Variadic {
			c.Put("VARIADIC ")
		}
		if a.Name != "" {
			c.Put(Quote(a.Name), " := ")
		}
		if a.Form == Converted {
			c.Put("(SELECT _j.v FROM json_to_record(")
			c.Value()
			c.Put("::json) AS _j(v ", unbounded(a.Type), "))")
			return nil
		}
		c.Value()
		c.Put("::", unbounded(a.Type))
		return nil
	})
	c.Put(")")
	return err
}

// scalar writes the call of a function that returns values.
func (c *compiler) scalar(call *Call, invoked string) (*Plan, error) {
	p := Plan{Columns: []string{call.Function.Name.Name}, Bare: !call.Function.Result.Set}
	if len(call.Where) > 0 || len(call.Order) > 0 || len(call.Select) > 0 || len(call.Children) > 0 {
		return nil, fault.New(fault.UndefinedColumn, "column %s.%s does not exist", call.Function.Name.Name, firstName(&call.Node)).
			WithDetail("The function returns no columns.")
	}
	value := "to_json(_v.v)"
	switch call.Format {
	case Text:
		value = "_v.v"
	case Bytes:
		value, p.Hex = "encode(_v.v, 'hex')", true
	}
	source := " FROM " + invoked + " AS _v(v)"
	if call.Count {
		p.Counted, p.First = true, 1
		c.Put("WITH _v AS MATERIALIZED (SELECT _v.v", source, ") SELECT (SELECT count(*) FROM _v), ", value, " FROM _v")
	} else {
		c.Put("SELECT ", value, source)
	}
	c.bounds(call.Limit, call.Offset)
	return c.plan(p), nil
}

func firstName(n *Node) string {
	switch {
	case len(n.Select) > 0:
		return n.Select[0].Field.Column
	case len(n.Where) > 0:
		return n.Where[0].Field.Column
	case len(n.Order) > 0:
		return n.Order[0].Field.Column
	}
	return n.Children[0].Name
}

// rowsOf writes the call of a function that returns rows, and reads them like a
// relation's.
func (c *compiler) rowsOf(call *Call, invoked string) (*Plan, error) {
	r := relation{Relation: c.resultRelation(call), source: invoked, snap: c.snap}
	r.alias = freeName("t", r.Relation)
	c.exposed = call.Schema
	if call.Count {
		c.Put("WITH _f AS MATERIALIZED (SELECT * FROM ", invoked, ") ")
		r.source, r.derived = "_f", true
	}
	if err := c.aggregates(r, &call.Node); err != nil {
		return nil, err
	}
	if err := c.embed(&r, &call.Node, ""); err != nil {
		return nil, err
	}
	where, err := c.Capture(func() error { return c.where(r, call.Where) })
	if err != nil {
		return nil, err
	}
	page, err := c.Capture(func() error { return c.page(r, &call.Node, where) })
	if err != nil {
		return nil, err
	}
	p := Plan{Columns: names(r, &call.Node), Bare: !call.Function.Result.Set}
	q := freeAlias("_q", p.Columns)
	count, err := c.total(r, &call.Node, where)
	if err != nil {
		return nil, err
	}
	switch {
	case call.Count && call.Offset:
		c.joined(&p, call.Format, count, page, q)
	case call.Count:
		p.Counted, p.First = true, 1
		c.Put("SELECT ", count, ", ", row(call.Format, q), " FROM (", page, ") ", q)
	default:
		c.Put("SELECT ", row(call.Format, q), " FROM (", page, ") ", q)
	}
	return c.plan(p), nil
}

// resultRelation is the relation whose rows a function returns, or one made of
// the columns it returns.
func (c *compiler) resultRelation(call *Call) *schema.Relation {
	result := &call.Function.Result
	if result.Relation != nil {
		if r := c.snap.Relation(result.Relation.Schema, result.Relation.Name); r != nil {
			return r
		}
	}
	return schema.NewRelation(call.Function.Name, result.Columns)
}

// AppendCall adds to a shape what of a call shapes the statement.
func AppendCall(dst []byte, args []Arg) []byte {
	for _, a := range args {
		dst = AppendName(dst, a.Name)
		dst = AppendName(dst, a.Type)
		dst = strconv.AppendInt(dst, int64(a.Form), 10)
	}
	return append(dst, ';')
}
