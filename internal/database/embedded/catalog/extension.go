package catalog

import (
	"maps"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/extension"
)

// Extension is an installed extension: its functions are visible in a schema.
type Extension struct {
	OID     uint32
	Name    string
	Schema  string
	Version string
	Owner   string
	Comment string `json:",omitempty"`
}

// Extension returns an installed extension by name, nil when there is none.
func (c *Catalog) Extension(name string) *Extension {
	for _, e := range c.Extensions {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// SortedExtensions lists the extensions in the order of their OIDs.
func (c *Catalog) SortedExtensions() []*Extension {
	var out []*Extension
	for _, oid := range slices.Sorted(maps.Keys(c.Extensions)) {
		out = append(out, c.Extensions[oid])
	}
	return out
}

// withExtensions adds the functions of the installed extensions to a catalogue
// of types.
func (c *Catalog) withExtensions(known *types.Catalogue) (*types.Catalogue, error) {
	for _, e := range c.SortedExtensions() {
		offered, ok := extension.Named(e.Name)
		if !ok {
			continue // its functions are unknown then, and say so
		}
		var err error
		if known, err = known.With(offered.Family(e.Schema)); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// AddExtension adds or replaces an extension.
func (d *Draft) AddExtension(e *Extension) {
	if e.OID == 0 {
		e.OID = d.NewOID()
	}
	d.next.Extensions[e.OID], d.changed[e.OID] = e, e
	d.next.known.Store(nil)
}

// DropExtension removes an extension.
func (d *Draft) DropExtension(oid uint32) {
	delete(d.next.Extensions, oid)
	d.drop(oid)
	d.next.known.Store(nil)
}
