package work

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/fault"
)

func (q Name) String() string {
	if q.Schema == "" {
		return q.Name
	}
	return q.Schema + "." + q.Name
}

// Usable lists the schemas of the search path that exist and that the role may
// look into.
func (w *Work) Usable() []*catalog.Schema {
	var out []*catalog.Schema
	for _, name := range w.SearchPath {
		if name == "$user" {
			name = w.Role
		}
		if s := w.Catalog.Schemas[name]; s != nil && w.Catalog.Has(w.Role, s.Owner, s.ACL, catalog.Usage) {
			out = append(out, s)
		}
	}
	return out
}

// SchemaNamed returns a schema the role may look into.
func (w *Work) SchemaNamed(name string) (*catalog.Schema, error) {
	s := w.Cat().Schemas[name]
	if s == nil {
		return nil, fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, name)
	}
	if !w.Catalog.Has(w.Role, s.Owner, s.ACL, catalog.Usage) {
		return nil, fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", name)
	}
	return s, nil
}

// CreationSchema is where a new object goes.
func (w *Work) CreationSchema(q Name) (*catalog.Schema, error) {
	var s *catalog.Schema
	switch {
	case q.Schema != "":
		if s = w.Cat().Schemas[q.Schema]; s == nil {
			return nil, w.At(fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.Schema), q.Schema)
		}
	default:
		found := w.Usable()
		if len(found) == 0 {
			return nil, w.At(fault.New(fault.InvalidSchemaName, "no schema has been selected to create in"), q.Name)
		}
		s = found[0]
	}
	if !w.Catalog.Has(w.Role, s.Owner, s.ACL, catalog.Create) {
		return nil, fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", s.Name)
	}
	return s, nil
}

// Find returns the OID of a relation, 0 when there is none.
func (w *Work) Find(q Name) (uint32, error) {
	cat := w.Cat()
	if q.Schema != "" {
		if _, err := w.SchemaNamed(q.Schema); err != nil {
			return 0, err
		}
		return cat.RelationOID(q.Schema, q.Name), nil
	}
	for _, s := range w.Usable() {
		if oid := cat.RelationOID(s.Name, q.Name); oid != 0 {
			return oid, nil
		}
	}
	return 0, nil
}

// Relation returns the OID of a relation that must exist.
func (w *Work) Relation(q Name) (uint32, error) {
	oid, err := w.Find(q)
	if err == nil && oid == 0 {
		err = fault.New(fault.UndefinedTable, `relation "%s" does not exist`, q)
	}
	return oid, err
}

// TableNamed returns a table that must exist.
func (w *Work) TableNamed(q Name) (*catalog.Table, error) {
	oid, err := w.Relation(q)
	if err != nil {
		return nil, err
	}
	t := w.Cat().Tables[oid]
	if t == nil {
		return nil, fault.New(fault.WrongObjectType, `"%s" is not a table`, q.Name)
	}
	return t, nil
}

// OwnTable returns a table that the role may alter.
func (w *Work) OwnTable(q Name) (*catalog.Table, error) {
	t, err := w.TableNamed(q)
	if err != nil {
		return nil, err
	}
	return t, w.MustOwn(t.Owner, "table", t.Name)
}

// MustOwn refuses what only an owner may do.
func (w *Work) MustOwn(owner, kind, name string) error {
	if w.Catalog.Owns(w.Role, owner) {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, "must be owner of %s %s", kind, name)
}

// RoleOf resolves a role of the statement; public is allowed where the statement
// allows it.
func (w *Work) RoleOf(n ast.Node) (string, error) {
	spec, ok := n.(*ast.RoleSpec)
	if !ok {
		return "", Unsupported("this form of a role is")
	}
	switch spec.Roletype {
	case ast.ROLESPEC_CURRENT_ROLE, ast.ROLESPEC_CURRENT_USER:
		return w.Role, nil
	case ast.ROLESPEC_PUBLIC:
		return catalog.Public, nil
	case ast.ROLESPEC_CSTRING:
		if w.Cat().Roles[spec.Rolename] == nil {
			return "", fault.New(fault.UndefinedObject, `role "%s" does not exist`, spec.Rolename)
		}
		return spec.Rolename, nil
	}
	return "", Unsupported("SESSION_USER is")
}

// RolesOf resolves a list of roles, each once.
func (w *Work) RolesOf(l *ast.NodeList) ([]string, error) {
	var out []string
	for _, n := range Items(l) {
		r, err := w.RoleOf(n)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out, nil
}
