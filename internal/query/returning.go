package query

import (
	"fmt"

	"github.com/galleyhq/galley/internal/schema"
)

// returning writes what a write gives back of each row.
func (c *compiler) returning(r relation, w *Write) (p Plan, err error) {
	if w.Returning == ReturnNothing && !w.merges() {
		return p, nil
	}
	c.Put(" RETURNING ")
	if w.merges() {
		c.Put(isNew(r))
		if w.Returning != ReturnNothing {
			c.Put(", ")
		}
	}
	switch w.Returning {
	case ReturnKey:
		p = c.returningKey(r)
	case ReturnRows:
		p, err = c.returningRows(r, w)
	}
	if p.Fresh = w.merges(); p.Fresh {
		p.First = 1
	}
	return p, err
}

func (c *compiler) returningKey(r relation) Plan {
	for i, name := range r.PrimaryKey {
		if i > 0 {
			c.Put(", ")
		}
		c.Put(r.column(name))
	}
	return Plan{Columns: r.PrimaryKey}
}

// returningRows writes what is returned of each row. JSON of some columns comes
// as one JSON value for each, which the reader puts together: that needs no
// subquery in RETURNING.
func (c *compiler) returningRows(r relation, w *Write) (Plan, error) {
	p := Plan{Columns: names(r, &w.Node)}
	if w.Format == Text {
		return p, c.items(r, w.items())
	}
	if len(w.Select) == 0 {
		c.Put(row(w.Format, r.alias))
		return p, nil
	}
	for _, name := range p.Columns {
		p.Labels = append(p.Labels, label(name))
	}
	items := expand(r, w.Select)
	return p, c.List(len(items), func(i int) error { return c.part(r, items[i], w.Format) })
}

// part writes the JSON value of an item.
func (c *compiler) part(r relation, it Item, f Format) error {
	open, end := "to_json(", ")"
	if f == StrippedJSON {
		open, end = "json_strip_nulls(to_json(", "))"
	}
	c.Put(open)
	if err := c.bareItem(r, it); err != nil {
		return err
	}
	c.Put(end)
	return nil
}

// arranged writes a change whose rows are returned in an order: the change in a
// WITH clause, and a read of what it returned.
func (c *compiler) arranged(r relation, w *Write) (*Plan, error) {
	c.Put("WITH _w AS (")
	if err := c.change(r, w); err != nil {
		return nil, err
	}
	c.Put(" RETURNING ", r.alias, ".*")
	fresh := freeName("_new", r.Relation)
	if w.merges() {
		c.Put(", ", isNew(r), " AS ", fresh)
	}
	c.Put(") ")
	r.derived = true
	if err := c.embed(&r, &w.Node, ""); err != nil {
		return nil, err
	}
	if w.merges() { // so that * leaves that column out
		w.Select = expand(r, w.items())
		w.Nothing = len(w.Select) == 0
	}
	p := Plan{Columns: names(r, &w.Node), Fresh: w.merges()}
	q := freeAlias("_q", p.Columns)
	c.Put("SELECT ")
	if p.Fresh { // of all rows together: one of them may stand outside of the page
		p.First = 1
		c.Put("(SELECT bool_or(", fresh, ") FROM _w), ")
	}
	r.source = "_w"
	where, err := c.Capture(func() error { c.required(r, " WHERE "); return nil })
	if err != nil {
		return nil, err
	}
	c.Put(row(w.Format, q), " FROM (")
	if err := c.page(r, &w.Node, where); err != nil {
		return nil, err
	}
	c.Put(") ", q)
	return c.plan(p), nil
}

// isNew is the expression that tells of each row of an upsert whether it is new. In
// PostgreSQL a row that was inserted has no xmax; where rows have none at all, what
// onConflict noted of a row that it updates is read and cleared.
func isNew(r relation) string {
	if hasSystemColumns(r) {
		return r.alias + ".xmax = 0"
	}
	return "CASE WHEN current_setting('" + updatedSetting + "', true) = 'yes' THEN set_config('" + updatedSetting + "', '', true) IS NULL ELSE true END"
}

// updatedSetting is the setting that tells RETURNING of a row that ON CONFLICT
// updated: PostgreSQL computes it for a row before it goes on to the next one.
const updatedSetting = "galley.updated"

// hasSystemColumns tells whether RETURNING can read xmax: not of the rows of a
// view, and not of those that a partitioned table passes on (0A000).
func hasSystemColumns(r relation) bool { return r.Kind != schema.View && !r.Partitioned }

// label returns a name as a key of a JSON object, escaped as PostgreSQL does.
func label(name string) string {
	b := append(make([]byte, 0, len(name)+3), '"')
	for i := range len(name) {
		switch c := name[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			if c < ' ' {
				b = fmt.Appendf(b, `\u%04x`, c)
			} else {
				b = append(b, c)
			}
		}
	}
	return string(append(b, '"', ':'))
}
