package catalog

import (
	"maps"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/schema"
)

// View is a view: a query under a name.
type View struct {
	OID    uint32
	Schema string
	Name   string
	Owner  string

	// Columns are the query's outputs: number, name, type, and what was set on
	// the view itself (defaults, privileges, comments).
	Columns []*Column
	// Origins are, by the index of the column, the columns that the query shows
	// unchanged.
	Origins []Origin
	// Query is the query in parentheses, with its sources resolved.
	Query *Expr

	SecurityInvoker bool
	SecurityBarrier bool
	CheckOption     byte // 'l' local, 'c' cascaded, 0 none

	ACL     ACL
	Comment string
}

// Origin is a column of a table or view, zero for none.
type Origin struct {
	Relation uint32
	Column   int
}

// Source is a relation that a stored expression with resolved names reads. Its
// text calls the relation by OID (schema ByOID, the OID in digits as the name),
// and columns as they were called when it was made, so that renaming either
// leaves it alone.
type Source struct {
	OID   uint32
	Name  string         // the relation's name when the text was written
	Names map[int]string // its columns by number, as the text calls them
	Uses  []int          // the columns that are read, ascending
	Whole bool           // the whole row is used as a value
	Key   uint32         // the primary key that GROUP BY relies on, if any
}

// ByOID is the schema under which the text of a stored expression with sources
// names relations by their OIDs.
const ByOID = "galley:oid"

// Meant is the text to be analyzed.
func (e *Expr) Meant() string {
	if e.Resolved != "" {
		return e.Resolved
	}
	return e.SQL
}

// Source returns what an expression reads of a relation, nil when nothing.
func (e *Expr) Source(oid uint32) *Source {
	if e == nil {
		return nil
	}
	if i := slices.IndexFunc(e.Sources, func(s Source) bool { return s.OID == oid }); i >= 0 {
		return &e.Sources[i]
	}
	return nil
}

// Column returns a column by its name, nil when there is none.
func (v *View) Column(name string) *Column {
	for _, c := range v.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// View returns a view by name, nil when there is none.
func (c *Catalog) View(schemaName, name string) *View {
	return c.Views[c.RelationOID(schemaName, name)]
}

// SortedViews lists all views in the order of their OIDs.
func (c *Catalog) SortedViews() []*View {
	out := make([]*View, 0, len(c.Views))
	for _, oid := range slices.Sorted(maps.Keys(c.Views)) {
		out = append(out, c.Views[oid])
	}
	return out
}

// Readers lists the views whose queries read a relation, by OID.
func (c *Catalog) Readers(oid uint32) []*View {
	var out []*View
	for _, v := range c.SortedViews() {
		if v.Query.Source(oid) != nil {
			out = append(out, v)
		}
	}
	return out
}

// AddView adds or replaces a view, and gives it an OID unless it has one.
func (d *Draft) AddView(v *View) {
	if v.OID == 0 {
		v.OID = d.NewOID()
	}
	d.next.Views[v.OID], d.changed[v.OID] = v, v
}

// View returns a copy of a view that may be changed, nil when there is none.
// What its slices point to must be replaced, not changed.
func (d *Draft) View(oid uint32) *View {
	old := d.next.Views[oid]
	if old == nil {
		return nil
	}
	v := *old
	v.Columns = slices.Clone(old.Columns)
	d.AddView(&v)
	return &v
}

// DropView removes a view.
func (d *Draft) DropView(oid uint32) {
	delete(d.next.Views, oid)
	d.drop(oid)
}

func (c *Catalog) viewRelation(v *View, known *types.Catalogue) *schema.Relation {
	r := &schema.Relation{Name: schema.Name{Schema: v.Schema, Name: v.Name}, Kind: schema.View,
		Comment: v.Comment, OID: v.OID}
	for i, col := range v.Columns {
		out := c.column(col, i+1, known)
		if i < len(v.Origins) {
			out.Source = c.source(v.Origins[i])
		}
		r.Columns = append(r.Columns, out)
	}
	return r
}

// source is an origin by name, nil when there is none.
func (c *Catalog) source(o Origin) *schema.Source {
	name, columns := schema.Name{}, []*Column(nil)
	if t := c.Tables[o.Relation]; t != nil {
		name, columns = schema.Name{Schema: t.Schema, Name: t.Name}, t.Columns
	}
	if v := c.Views[o.Relation]; v != nil {
		name, columns = schema.Name{Schema: v.Schema, Name: v.Name}, v.Columns
	}
	for _, col := range columns {
		if col.Number == o.Column {
			return &schema.Source{Relation: name, Column: col.Name}
		}
	}
	return nil
}
