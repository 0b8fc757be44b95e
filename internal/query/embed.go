package query

import (
	"net/http"
	"strconv"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/query/relate"
	"github.com/galleyhq/galley/internal/schema"
)

// kid is a child whose relationship is known, with the parts of its subquery.
type kid struct {
	*Child
	path string // the keys that lead to it, joined by dots
	rel  *schema.Relationship
	of   relation
	from string // FROM and WHERE, with the condition that ties it to its parent
	tail string // ORDER BY, unless it is grouped, LIMIT, OFFSET
}

// Embedded names an embedded relation by the keys that lead to it, and tells
// which of its bounds a plan takes the values of.
type Embedded struct {
	Path          string
	Limit, Offset bool
}

// Key is the name of a child in the row it is embedded into, and in filters.
func (ch *Child) Key() string {
	if ch.Alias != "" {
		return ch.Alias
	}
	return ch.Name
}

// embed resolves the children of a node, from the innermost on, which is the
// order in which a plan takes their values.
func (c *compiler) embed(r *relation, n *Node, path string) error {
	for _, child := range n.Children {
		k := &kid{Child: child, path: child.Key()}
		if path != "" {
			k.path = path + "." + k.path
		}
		if err := c.resolveKid(*r, k); err != nil {
			return err
		}
		r.kids = append(r.kids, k)
	}
	return nil
}

func (c *compiler) resolveKid(r relation, k *kid) (err error) {
	if k.rel, err = relate.Find(c.snap, c.exposed, r.Relation, relate.Target{Name: k.Name, Hint: k.Hint}); err != nil {
		return err
	}
	c.aliases++
	k.of = relation{Relation: k.rel.Target, snap: c.snap, alias: freeName("t"+strconv.Itoa(c.aliases), k.rel.Target)}
	if k.rel.Function != nil {
		k.of.source = apply(k.rel.Function, r)
	}
	if err := c.aggregates(k.of, &k.Node); err != nil {
		return err
	}
	if err := k.refuseInArrays(); err != nil {
		return err
	}
	if err := c.embed(&k.of, &k.Node, k.path); err != nil {
		return err
	}
	if k.from, err = c.Capture(func() error { return c.kidFrom(r, k) }); err != nil {
		return err
	}
	ordered := ""
	if !k.aggregated() {
		if ordered, err = c.Capture(func() error { return c.orders(k.of, &k.Node) }); err != nil {
			return err
		}
	}
	bounds := Embedded{Path: k.path, Limit: k.Limit && !k.rel.ToOne() && !k.Nothing, Offset: k.Offset && !k.Nothing}
	if k.rel.ToOne() {
		k.tail = " LIMIT 1"
	}
	bound, err := c.Capture(func() error { c.bounds(bounds.Limit, bounds.Offset); return nil })
	k.tail = ordered + k.tail + bound
	c.embedded = append(c.embedded, bounds)
	return err
}

// kidFrom writes where the rows of a child come from.
func (c *compiler) kidFrom(parent relation, k *kid) error {
	c.Put(" FROM ", k.of.table())
	if k.rel.Function != nil {
		return c.where(k.of, k.Where)
	}
	if j := k.rel.Junction; j != nil {
		link := relation{Relation: j.Relation, alias: k.of.alias + "j"}
		c.Put(", ", link.table(), " WHERE ")
		c.ties(link, j.Origin.Columns, parent, k.rel.Columns)
		c.Put(" AND ")
		c.ties(link, j.Target.Columns, k.of, k.rel.RefColumns)
	} else {
		c.Put(" WHERE ")
		c.ties(k.of, k.rel.RefColumns, parent, k.rel.Columns)
	}
	if len(k.Where) > 0 {
		c.Put(" AND ")
		if err := c.conditions(k.of, k.Where); err != nil {
			return err
		}
	}
	c.required(k.of, " AND ")
	return nil
}

// apply is the call of a function with a row.
func apply(f *schema.Function, r relation) string {
	return Quote(f.Schema) + "." + Quote(f.Name.Name) + "(" + r.row() + ")"
}

func (c *compiler) ties(a relation, columns []string, b relation, others []string) {
	for i := range columns {
		if i > 0 {
			c.Put(" AND ")
		}
		c.Put(a.column(columns[i]), " = ", b.column(others[i]))
	}
}

// required writes that the inner children of a relation have rows.
func (c *compiler) required(r relation, join string) {
	for _, k := range r.kids {
		if k.Join == InnerJoin {
			c.Put(join, k.exists())
			join = " AND "
		}
	}
}

func (k *kid) exists() string { return "EXISTS (SELECT 1" + k.from + ")" }

// kid returns the child of a relation that a filter or an order names.
func (r relation) kid(key string) *kid {
	for _, k := range r.kids {
		if k.Key() == key {
			return k
		}
	}
	return nil
}

// output is an item of a select list: an expression and its name.
type output struct {
	sql, name string
	json      bool // its type is json

	aggregate  Aggregate // of the expression; of rows when that is empty
	resultCast string
	field      Field
	cast       bool
	through    string // the child of the node that it comes from
}

// outputs lists the children of a relation as items of its select list.
func (c *compiler) outputs(r relation) ([]output, error) {
	var out []output
	for _, k := range r.kids {
		if k.Nothing {
			continue
		}
		one, err := c.outputsOf(k)
		if err != nil {
			return nil, err
		}
		out = append(out, one...)
	}
	return out, nil
}

func (c *compiler) outputsOf(k *kid) ([]output, error) {
	if k.Spread {
		return c.spread(k)
	}
	sql, err := c.Capture(func() error { return c.rows(k) })
	return []output{{sql: sql, name: k.Key(), json: true}}, err
}

// rows writes the subquery that gives the rows of a child as JSON.
func (c *compiler) rows(k *kid) error {
	e := freeAlias("_e", k.names())
	if k.rel.ToOne() {
		c.Put("(SELECT row_to_json(", e, ") FROM (")
	} else {
		c.Put("(SELECT coalesce(json_agg(", e, "), '[]') FROM (")
	}
	if k.aggregated() {
		g, err := c.grouping(k.of, &k.Node, k.from)
		c.Put(g.sql, g.order, k.tail, ") ", e, ")")
		return err
	}
	c.Put("SELECT ")
	err := c.selection(k.of, &k.Node)
	c.Put(k.from, k.tail, ") ", e, ")")
	return err
}

// spread lists each column of a child as one of its parent: the value of a row,
// or the array of all rows' values.
func (c *compiler) spread(k *kid) ([]output, error) {
	out, err := c.allOutputs(k.of, &k.Node)
	for i := range out {
		o := &out[i]
		if o.through, o.json = k.Key(), o.json || !k.rel.ToOne(); o.sql != "" {
			o.sql = k.single(o.sql)
		}
	}
	return out, err
}

// single is the subquery for one expression over the rows of a child.
func (k *kid) single(expression string) string {
	if k.rel.ToOne() {
		return "(SELECT " + expression + k.from + k.tail + ")"
	}
	return "(SELECT coalesce(json_agg(_e.v), '[]') FROM (SELECT " + expression + " AS v" + k.from + k.tail + ") _e)"
}

// names lists the columns of a child's rows.
func (k *kid) names() []string { return names(k.of, &k.Node) }

// related writes the column of an embedded relation to sort by.
func (c *compiler) related(r relation, o Order) error {
	k := r.kid(o.Through)
	if k == nil {
		return NotEmbedded(o.Through)
	}
	if !k.rel.ToOne() {
		return fault.New("PGRST118", "A related order on '%s' is not possible", o.Through).
			WithDetail("'%s' and '%s' do not form a many-to-one or one-to-one relationship", r.Name.Name, o.Through).
			WithStatus(http.StatusBadRequest)
	}
	field, err := c.Capture(func() error { return c.field(k.of, o.Field) })
	c.Put(k.single(field))
	return err
}

// NotEmbedded is the error for a filter, an order or a bound of a relation that
// the select list does not embed.
func NotEmbedded(name string) error {
	return fault.New("PGRST108", "'%s' is not an embedded resource in this request", name).
		WithHint("Verify that '%s' is included in the 'select' query parameter.", name)
}
