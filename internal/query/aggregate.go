package query

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/galleyhq/galley/internal/fault"
)

// Aggregate is an aggregate function that a select list may use, by its name in
// SQL.
type Aggregate string

// The aggregate functions (PostgREST documentation, "Aggregate Functions").
const (
	Sum   Aggregate = "sum"
	Avg   Aggregate = "avg"
	Count Aggregate = "count"
	Max   Aggregate = "max"
	Min   Aggregate = "min"
)

// aggregated tells that the rows of a node are grouped: by all it selects that is
// no aggregate.
func (n *Node) aggregated() bool {
	return slices.ContainsFunc(n.Select, func(it Item) bool { return it.Aggregate != "" }) ||
		slices.ContainsFunc(n.Children, func(ch *Child) bool { return ch.Spread && ch.aggregated() })
}

// aggregates makes the bare name count of a relation without such a column mean
// the number of rows, and refuses aggregates that are not allowed.
func (c *compiler) aggregates(r relation, n *Node) error {
	for i, it := range n.Select {
		if c.allowed && it.Field.Column == "count" && it.Aggregate == "" && it.Cast == "" && len(it.Field.Path) == 0 {
			if _, err := r.find("count"); err != nil {
				n.Select = slices.Clone(n.Select)
				n.Select[i] = Item{Alias: it.Alias, Aggregate: Count}
			}
		}
		if it.Aggregate != "" && !c.allowed {
			return fault.New("PGRST123", "Use of aggregate functions is not allowed")
		}
	}
	return nil
}

// refuseInArrays refuses an aggregate over a relation spread as arrays.
func (k *kid) refuseInArrays() error {
	if !k.Spread || k.rel.ToOne() || !k.aggregated() {
		return nil
	}
	return fault.New("PGRST127", "Feature not implemented").
		WithDetail("Aggregates are not implemented for one-to-many or many-to-many spreads.").WithStatus(http.StatusBadRequest)
}

// grouping is the SELECT of a node whose rows are grouped: what is grouped by and
// what is aggregated are computed for each row first, in a derived table.
type grouping struct {
	sql   string // without order and bounds
	order string
}

// grouping writes the parts of the SELECT of a grouped node. from is FROM and
// WHERE.
func (c *compiler) grouping(r relation, n *Node, from string) (g grouping, err error) {
	outs, err := c.allOutputs(r, n)
	if err != nil {
		return g, err
	}
	shown := len(outs)
	if g.order, err = c.Capture(func() error { return c.groupOrders(r, n, &outs) }); err != nil {
		return g, err
	}
	g.sql, err = c.Capture(func() error { return c.group(outs, shown, from) })
	return g, err
}

func (c *compiler) group(outs []output, shown int, from string) error {
	c.Put("SELECT ")
	for i, o := range outs[:shown] {
		if i > 0 {
			c.Put(", ")
		}
		if err := c.grouped(i, o); err != nil {
			return err
		}
	}
	c.Put(" FROM (SELECT ")
	separator := ""
	for i, o := range outs {
		if o.sql != "" {
			c.Put(separator, o.groupable(), " AS ", groupName(i))
			separator = ", "
		}
	}
	if separator == "" {
		c.Put("1 AS _n")
	}
	c.Put(from, ") _g")
	separator = " GROUP BY "
	for i, o := range outs {
		if o.aggregate == "" {
			c.Put(separator, "_g.", groupName(i))
			separator = ", "
		}
	}
	return nil
}

func groupName(i int) string { return "g" + strconv.Itoa(i) }

// groupable is the expression of an output; json has no equality to group by.
func (o output) groupable() string {
	if o.json && o.aggregate == "" {
		return "CAST(" + o.sql + " AS jsonb)"
	}
	return o.sql
}

// grouped writes an output as the grouped SELECT shows it.
func (c *compiler) grouped(i int, o output) error {
	expression := "_g." + groupName(i)
	switch {
	case o.aggregate == "":
	case o.sql == "":
		expression = "count(*)"
	default:
		expression = string(o.aggregate) + "(" + expression + ")"
	}
	if o.resultCast != "" {
		name, err := typeName(c.snap, o.resultCast)
		if err != nil {
			return err
		}
		expression = "CAST(" + expression + " AS " + name + ")"
	}
	c.Put(expression, " AS ", Quote(o.name))
	return nil
}

// groupOrders writes the ORDER BY of a grouped SELECT: by what is grouped by, or by
// what depends on a primary key that is.
func (c *compiler) groupOrders(r relation, n *Node, outs *[]output) error {
	if len(n.Order) == 0 {
		return nil
	}
	c.Put(" ORDER BY ")
	return c.List(len(n.Order), func(i int) error {
		o := n.Order[i]
		at := slices.IndexFunc(*outs, func(out output) bool { return out.sortedBy(o) })
		if at < 0 {
			if o.Through != "" || !keyed(r, *outs) {
				return notGrouped(r, o)
			}
			sql, err := c.Capture(func() error { return c.field(r, o.Field) })
			if err != nil {
				return err
			}
			at = len(*outs)
			*outs = append(*outs, output{sql: sql})
		}
		c.Put("_g.", groupName(at))
		c.direction(o)
		return nil
	})
}

// sortedBy tells whether an order is by an output.
func (out output) sortedBy(o Order) bool {
	if out.aggregate != "" || out.cast || out.through != o.Through {
		return false
	}
	named := o.Through != "" && len(o.Field.Path) == 0 && out.name == o.Field.Column
	return named || out.field.Column == o.Field.Column && slices.Equal(out.field.Path, o.Field.Path)
}

// keyed tells whether the primary key of a relation is grouped by.
func keyed(r relation, outs []output) bool {
	for _, name := range r.PrimaryKey {
		if !slices.ContainsFunc(outs, func(o output) bool { return o.sortedBy(Order{Field: Field{Column: name}}) }) {
			return false
		}
	}
	return len(r.PrimaryKey) > 0
}

func notGrouped(r relation, o Order) error {
	name := r.Name.Name
	if o.Through != "" {
		name = o.Through
	}
	return fault.New(fault.GroupingError, `column "%s.%s" must appear in the GROUP BY clause or be used in an aggregate function`, name, o.Field.Column)
}

// allOutputs lists all that a node selects.
func (c *compiler) allOutputs(r relation, n *Node) ([]output, error) {
	own, err := c.itemOutputs(r, n)
	if err != nil {
		return nil, err
	}
	children, err := c.outputs(r)
	return append(own, children...), err
}

// itemOutputs lists the columns that a node selects, aggregates by what they are
// of.
func (c *compiler) itemOutputs(r relation, n *Node) ([]output, error) {
	var out []output
	for _, it := range expand(r, n.items()) {
		o := output{name: it.name(), aggregate: it.Aggregate, resultCast: it.ResultCast, field: it.Field, cast: it.Cast != ""}
		if it.Aggregate == "" || it.Field.Column != "" {
			var err error
			if o.sql, err = c.Capture(func() error { return c.bareItem(r, it) }); err != nil {
				return nil, err
			}
		}
		out = append(out, o)
	}
	return out, nil
}
