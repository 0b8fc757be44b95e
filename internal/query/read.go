package query

import (
	"strings"

	"github.com/galleyhq/galley/internal/schema"
)

// Format is what a statement's result looks like.
type Format uint8

// The formats.
const (
	// JSON is one column with one JSON object a row.
	JSON Format = iota
	// StrippedJSON is JSON without the keys whose value is null.
	StrippedJSON
	// Text is one column for each item selected.
	Text
	// Bytes is the value of a function as hexadecimal digits, of type bytea.
	Bytes
	// CountOnly is one row with the number of rows that the node has.
	CountOnly
	// Planned is PostgreSQL's plan for reading them, as JSON, which tells how many
	// rows it expects.
	Planned
)

// Read asks for the rows of a node.
type Read struct {
	Node
	Format Format
	// Count adds the number of all rows that meet the conditions, whatever
	// limit and offset are.
	Count bool
	// Paged asks for the names of the values that a page after the last row needs
	// (Plan.Keys), and completes the order by the primary key for it.
	Paged bool
	// After are conditions on the rows of the page that do not bear on the count.
	After []Cond
}

// CompileRead compiles a read. The values it takes are those of the conditions,
// those of After, then limit, then offset.
//
// Rows come in the order asked for: the outermost SELECT only passes on the
// rows of one ordered derived table, which is what keeps the order in both
// engines while JSON is made for the rows of the page alone. With a count and
// an offset a page may be empty while rows exist, so there the count leads and
// the page is joined to it; a nested loop over one row, as a join on true can
// only be, keeps the order too.
func CompileRead(snap *schema.Snapshot, read *Read) (*Plan, error) {
	c := &compiler{snap: snap, allowed: read.Aggregates}
	r, err := c.resolve(&read.Node)
	if err == nil {
		err = c.embed(&r, &read.Node, "")
	}
	if err != nil {
		return nil, err
	}
	p := Plan{ReadOnly: true, Columns: names(r, &read.Node)}
	where, err := c.Capture(func() error { return c.where(r, read.Where) })
	if err != nil {
		return nil, err
	}
	node, within := read.Node, where
	if len(read.After) > 0 {
		after, err := c.Capture(func() error { return c.terms(r, read.After, " AND ") })
		if err != nil {
			return nil, err
		}
		within = and(where, after)
	}
	if len(read.After) > 0 {
		node.Order = CompleteOrder(r.Relation, node.Order)
	}
	if read.Paged {
		p.Keys = paging(r, &node)
	}
	if read.Format == CountOnly || read.Format == Planned {
		if err := c.dropOrder(r, &node); err != nil {
			return nil, err
		}
	}
	page, err := c.Capture(func() error { return c.page(r, &node, within) })
	if err != nil {
		return nil, err
	}
	q := freeAlias("_q", p.Columns)
	count, err := c.total(r, &read.Node, where)
	if err != nil {
		return nil, err
	}
	switch {
	case read.Format == Planned:
		c.Put("EXPLAIN (FORMAT JSON) SELECT 1 FROM ", r.table(), where)
	case read.Format == CountOnly:
		c.Put("SELECT count(*) FROM (", page, ") ", q)
		p.Columns = []string{"count"}
	case read.Count && read.Offset:
		c.joined(&p, read.Format, count, page, q)
	case read.Count:
		p.Counted, p.First = true, 1
		c.Put("SELECT ", count, ", ", row(read.Format, q), " FROM (", page, ") ", q)
	case read.Format == Text:
		c.Put(page)
	default:
		c.rendered(r, &node, read.Format, page, q)
	}
	return c.plan(p), nil
}

// rendered writes the rows of a page. Whole rows of the relation itself in no order
// need no derived table, which PostgreSQL sets up anew for each execution; with an
// order or an offset it would make JSON for rows that are not on the page.
func (c *compiler) rendered(r relation, n *Node, f Format, page, q string) {
	from, whole := strings.CutPrefix(page, "SELECT "+r.alias+".* FROM ")
	if whole && len(n.Order) == 0 && !n.Offset {
		c.Put("SELECT ", row(f, r.alias), " FROM ", from)
		return
	}
	c.Put("SELECT ", row(f, q), " FROM (", page, ") ", q)
}

// and joins a condition to a WHERE clause, which may be empty.
func and(where, condition string) string {
	if where == "" {
		return " WHERE " + condition
	}
	return where + " AND " + condition
}

// total is the subquery that counts the rows of a node, or the groups of them.
func (c *compiler) total(r relation, n *Node, where string) (string, error) {
	from := " FROM " + r.table() + where
	if !n.aggregated() {
		return "(SELECT count(*) AS n" + from + ")", nil
	}
	g, err := c.grouping(r, n, from)
	return "(SELECT count(*) AS n FROM (" + g.sql + ") _n)", err
}

// dropOrder drops an order, which no count needs; its columns must exist all the
// same.
func (c *compiler) dropOrder(r relation, n *Node) error {
	for _, o := range n.Order {
		if _, err := r.find(o.Field.Column); err != nil {
			return err
		}
	}
	n.Order = nil
	return nil
}

// joined writes a page that is empty while its count must come all the same.
func (c *compiler) joined(p *Plan, f Format, count, page, q string) {
	p.Counted, p.Marked, p.First = true, true, 2
	c.Put("SELECT _c.n, _p.* FROM ", count, " _c LEFT JOIN (SELECT true AS ", freeAlias("_mark", p.Columns), ", ", row(f, q), " FROM (", page, ") ", q, ") _p ON true")
}

// row is the select list that renders a row of the derived table q.
func row(f Format, q string) string {
	switch f {
	case Text:
		return q + ".*"
	case StrippedJSON:
		return "json_strip_nulls(row_to_json(" + q + "))"
	default:
		return "row_to_json(" + q + ")"
	}
}

// page writes the SELECT of a node's own rows.
func (c *compiler) page(r relation, n *Node, where string) error {
	if n.aggregated() {
		g, err := c.grouping(r, n, " FROM "+r.table()+where)
		c.Put(g.sql, g.order)
		c.bounds(n.Limit, n.Offset)
		return err
	}
	c.Put("SELECT ")
	if err := c.selection(r, n); err != nil {
		return err
	}
	c.Put(" FROM ", r.table(), where)
	return c.tail(r, n)
}

// tail writes order, limit and offset.
func (c *compiler) tail(r relation, n *Node) error {
	if err := c.orders(r, n); err != nil {
		return err
	}
	c.bounds(n.Limit, n.Offset)
	return nil
}

func (c *compiler) orders(r relation, n *Node) error {
	if len(n.Order) == 0 {
		return nil
	}
	c.Put(" ORDER BY ")
	return c.List(len(n.Order), func(i int) error { return c.order(r, n.Order[i]) })
}

func (c *compiler) bounds(limit, offset bool) {
	if limit {
		c.Put(" LIMIT ")
		c.Value()
	}
	if offset {
		c.Put(" OFFSET ")
		c.Value()
	}
}

func (c *compiler) order(r relation, o Order) error {
	sort := c.field
	if o.Through != "" {
		sort = func(r relation, _ Field) error { return c.related(r, o) }
	}
	if err := sort(r, o.Field); err != nil {
		return err
	}
	c.direction(o)
	return nil
}

func (c *compiler) direction(o Order) {
	c.Put([...]string{"", " ASC", " DESC"}[o.Direction], [...]string{"", " NULLS FIRST", " NULLS LAST"}[o.Nulls])
}

// selection writes the select list of a node: columns, then children.
func (c *compiler) selection(r relation, n *Node) error {
	items := n.items()
	if err := c.items(r, items); err != nil {
		return err
	}
	children, err := c.outputs(r)
	for i, o := range children {
		if i > 0 || len(items) > 0 {
			c.Put(", ")
		}
		c.Put(o.sql, " AS ", Quote(o.name))
	}
	return err
}

func (c *compiler) items(r relation, items []Item) error {
	return c.List(len(items), func(i int) error { return c.item(r, items[i]) })
}

func (c *compiler) item(r relation, it Item) error {
	if it.Star {
		c.Put(r.alias, ".*")
		return nil
	}
	if err := c.bareItem(r, it); err != nil {
		return err
	}
	if it.Cast != "" || it.Alias != "" || len(it.Field.Path) > 0 {
		c.Put(" AS ", Quote(it.name()))
	}
	return nil
}

// bareItem writes the expression of an item without its name.
func (c *compiler) bareItem(r relation, it Item) error {
	if it.Cast == "" {
		return c.field(r, it.Field)
	}
	name, err := typeName(c.snap, it.Cast)
	if err != nil {
		return err
	}
	c.Put("CAST(")
	if err := c.field(r, it.Field); err != nil {
		return err
	}
	c.Put(" AS ", name, ")")
	return nil
}

// names lists the columns that a select list yields.
func names(r relation, n *Node) []string {
	var out []string
	for _, it := range expand(r, n.items()) {
		out = append(out, it.name())
	}
	for _, k := range r.kids {
		switch {
		case k.Nothing:
		case k.Spread:
			out = append(out, k.names()...)
		default:
			out = append(out, k.Key())
		}
	}
	return out
}
