package catalog

import (
	"maps"
	"slices"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/enum"
	"github.com/galleyhq/galley/internal/schema"
)

// Enum is a type of CREATE TYPE … AS ENUM.
type Enum struct {
	OID uint32
	// Array is the OID of the type of its arrays.
	Array   uint32
	Schema  string
	Name    string
	Owner   string
	Labels  []EnumLabel // in their order
	Comment string      `json:",omitempty"`
}

// EnumLabel is a value of an Enum, and the integer that is stored for it.
type EnumLabel struct {
	Name string
	Key  int64
}

// Label returns the position of a label, -1 when there is none.
func (e *Enum) Label(name string) int {
	return slices.IndexFunc(e.Labels, func(l EnumLabel) bool { return l.Name == name })
}

// fresh are the labels that a transaction has added. It cannot use them
// (PostgreSQL documentation, ALTER TYPE).
type fresh struct {
	began  time.Time // the transaction
	labels map[uint32][]string
}

// SortedEnums lists the types in the order of their OIDs.
func (c *Catalog) SortedEnums() []*Enum {
	out := make([]*Enum, 0, len(c.Enums))
	for _, oid := range slices.Sorted(maps.Keys(c.Enums)) {
		out = append(out, c.Enums[oid])
	}
	return out
}

// Enum returns a type by name, nil when there is none.
func (c *Catalog) Enum(schemaName, name string) *Enum {
	for _, e := range c.Enums {
		if e.Schema == schemaName && e.Name == name {
			return e
		}
	}
	return nil
}

// FindType returns a type of the database by a name without a schema, along a
// search path; nil when there is none that the role may see.
func (c *Catalog) FindType(role string, path []string, name string) *Enum {
	for _, schemaName := range path {
		s := c.Schemas[schemaName]
		if s == nil || !c.Has(role, s.Owner, s.ACL, Usage) {
			continue
		}
		if e := c.Enum(schemaName, name); e != nil {
			return e
		}
	}
	return nil
}

// Types are the built-in types with those of the database.
func (c *Catalog) Types(builtin *types.Catalogue) (*types.Catalogue, error) {
	if len(c.Enums) == 0 && len(c.Extensions) == 0 {
		return builtin, nil
	}
	if known := c.known.Load(); known != nil {
		return known, nil
	}
	var list []enum.Definition
	for _, e := range c.SortedEnums() {
		d := enum.Definition{OID: types.OID(e.OID), Array: types.OID(e.Array), Name: e.Name, SQLName: title(e)}
		for _, l := range e.Labels {
			d.Labels = append(d.Labels, enum.Label{Name: l.Name, Key: l.Key,
				Unsafe: c.fresh != nil && slices.Contains(c.fresh.labels[e.OID], l.Name)})
		}
		list = append(list, d)
	}
	known, err := builtin.With(enum.Family(list))
	if err == nil {
		known, err = c.withExtensions(known)
	}
	if err == nil {
		c.known.Store(known)
	}
	return known, err
}

// In is the catalogue as the transaction that began at a time sees it: what an
// earlier one has added is like any other label.
func (c *Catalog) In(began time.Time) *Catalog {
	if c.fresh == nil || c.fresh.began.Equal(began) {
		return c
	}
	next := c.Draft().Catalog()
	next.Version, next.fresh = c.Version, nil
	return next
}

// AddEnum adds or replaces a type.
func (d *Draft) AddEnum(e *Enum) {
	if e.OID == 0 {
		e.OID, e.Array = d.NewOID(), d.NewOID()
	}
	d.next.Enums[e.OID], d.changed[e.OID] = e, e
	d.next.known.Store(nil)
}

// DropEnum removes a type.
func (d *Draft) DropEnum(oid uint32) {
	delete(d.next.Enums, oid)
	d.drop(oid)
	d.next.known.Store(nil)
}

// Added notes that the transaction that began at a time has added a label.
func (d *Draft) Added(oid uint32, label string, began time.Time) {
	f := &fresh{began: began, labels: map[uint32][]string{}}
	if old := d.next.fresh; old != nil && old.began.Equal(began) {
		f.labels = maps.Clone(old.labels)
	}
	f.labels[oid] = append(slices.Clone(f.labels[oid]), label)
	d.next.fresh = f
}

// title is how format_type writes a type: with its schema unless that is public,
// which is on nearly every search path.
func title(e *Enum) string {
	if e.Schema == "public" {
		return syntax.QuoteIdent(e.Name)
	}
	return syntax.QuoteIdent(e.Schema) + "." + syntax.QuoteIdent(e.Name)
}

// enumColumn tells of a column of a type of labels what the snapshot says: the
// type with its schema, since no search path is meant there, and the labels.
func (c *Catalog) enumColumn(col *Column, out *schema.Column) {
	for _, e := range c.Enums {
		full := syntax.QuoteIdent(e.Schema) + "." + syntax.QuoteIdent(e.Name)
		switch uint32(col.Type.OID) {
		case e.Array:
			out.Type = full + "[]"
		case e.OID:
			out.Type, out.Labels = full, make([]string, len(e.Labels))
			for i, l := range e.Labels {
				out.Labels[i] = l.Name
			}
		}
	}
}
