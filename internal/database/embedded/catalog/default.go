package catalog

import (
	"maps"
	"slices"
)

// DefaultKind is a kind of object that default privileges are for
// (pg_default_acl.defaclobjtype).
type DefaultKind byte

// The kinds of objects with default privileges.
const (
	DefaultTables    DefaultKind = 'r'
	DefaultSequences DefaultKind = 'S'
	DefaultFunctions DefaultKind = 'f'
	DefaultTypes     DefaultKind = 'T'
	DefaultSchemas   DefaultKind = 'n'
)

// Default is an entry of ALTER DEFAULT PRIVILEGES, kept with the role whose new
// objects it is for. Without a schema it is their whole ACL; with one, what is
// added to it there.
type Default struct {
	Schema string
	Kind   DefaultKind
	ACL    ACL
}

// All are the privileges that objects of the kind have.
func (k DefaultKind) All() Privilege {
	switch k {
	case DefaultTables:
		return AllOnTable
	case DefaultSequences:
		return AllOnSequence
	case DefaultFunctions:
		return Execute
	case DefaultSchemas:
		return AllOnSchema
	}
	return Usage
}

// Builtin is the ACL of a new object where nothing else is said.
func (k DefaultKind) Builtin(owner string) ACL {
	acl := OwnerACL(owner, k.All())
	if k == DefaultFunctions || k == DefaultTypes {
		acl = append(ACL{{Public, owner, k.All(), 0}}, acl...)
	}
	return acl
}

// NewACL is the ACL of an object that a role makes in a schema, nil for the
// built-in one (get_user_default_acl in aclchk.c).
func (c *Catalog) NewACL(owner, schemaName string, kind DefaultKind) ACL {
	var whole, more ACL
	if r := c.Roles[owner]; r != nil {
		for _, d := range r.Defaults {
			switch {
			case d.Kind != kind:
			case d.Schema == "":
				whole = d.ACL
			case d.Schema == schemaName:
				more = d.ACL
			}
		}
	}
	if whole == nil && more == nil {
		return nil
	}
	builtin := kind.Builtin(owner)
	if whole == nil {
		whole = builtin
	}
	for _, g := range more {
		// Adding never fails: only grant options can be circular, and these come
		// from the owner.
		whole, _ = whole.change(g, true, owner, false)
	}
	if whole.Equal(builtin) {
		return nil
	}
	return whole
}

// Equal tells whether two ACLs grant the same.
func (a ACL) Equal(b ACL) bool {
	if len(a) != len(b) {
		return false
	}
	for _, g := range a {
		if !slices.Contains(b, g) {
			return false
		}
	}
	return true
}

// adopt brings what was read from a file of the first format to the present
// form: the owner's own rights written out, and default privileges kept with the
// role they are for.
func (c *Catalog) adopt() {
	for _, t := range c.Tables {
		t.ACL = t.ACL.adopt(t.Owner, AllOnTable)
		for _, col := range t.Columns {
			col.ACL = col.ACL.adopt(t.Owner, 0)
		}
	}
	for _, s := range c.Sequences {
		s.ACL = s.ACL.adopt(s.Owner, AllOnSequence)
	}
	for _, r := range c.Roles {
		if r.Defaults == nil {
			r.Defaults = c.firstDefaults(r.Name)
		}
	}
	for _, s := range c.Schemas {
		s.ACL = s.ACL.adopt(s.Owner, AllOnSchema)
		s.DefaultTables, s.DefaultSequences = nil, nil
	}
}

// firstDefaults are the default privileges of a role in a file of the first
// format, which kept them with the schemas it owns.
func (c *Catalog) firstDefaults(role string) []Default {
	out := []Default{}
	for _, name := range slices.Sorted(maps.Keys(c.Schemas)) {
		s := c.Schemas[name]
		if s.Owner != role {
			continue
		}
		if len(s.DefaultTables) > 0 {
			out = append(out, Default{name, DefaultTables, s.DefaultTables.adopt(role, 0)})
		}
		if len(s.DefaultSequences) > 0 {
			out = append(out, Default{name, DefaultSequences, s.DefaultSequences.adopt(role, 0)})
		}
	}
	return out
}
