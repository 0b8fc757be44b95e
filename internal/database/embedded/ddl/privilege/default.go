package privilege

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// defaultKinds are the kinds of objects that have default privileges, with what
// messages call them.
var defaultKinds = map[ast.ObjectType]struct {
	kind catalog.DefaultKind
	name string
}{
	ast.OBJECT_TABLE:    {catalog.DefaultTables, "relation"},
	ast.OBJECT_SEQUENCE: {catalog.DefaultSequences, "sequence"},
	ast.OBJECT_FUNCTION: {catalog.DefaultFunctions, "function"},
	ast.OBJECT_ROUTINE:  {catalog.DefaultFunctions, "function"},
	ast.OBJECT_TYPE:     {catalog.DefaultTypes, "type"},
	ast.OBJECT_SCHEMA:   {catalog.DefaultSchemas, "schema"},
}

// AlterDefault runs ALTER DEFAULT PRIVILEGES.
func AlterDefault(w *work.Work, n *ast.AlterDefaultPrivilegesStmt) error {
	var schemas []string
	owners := []string{w.Role}
	for _, o := range work.Items(n.Options) {
		d, ok := o.(*ast.DefElem)
		if !ok {
			continue
		}
		list, _ := d.Arg.(*ast.NodeList)
		switch d.Defname {
		case "schemas":
			schemas = work.Names(list)
		case "roles":
			var err error
			if owners, err = w.RolesOf(list); err != nil {
				return err
			}
		}
	}
	r, err := newRequest(w, n.Action)
	if err != nil {
		return err
	}
	of, ok := defaultKinds[n.Action.Objtype]
	if !ok {
		return work.Unsupported("default privileges on this kind of object are")
	}
	p, err := r.parse(of.kind.All(), of.name)
	if err != nil {
		return err
	}
	if len(p.columns) > 0 {
		return fault.New("0LP01", "default privileges cannot be set for columns")
	}
	for _, owner := range owners {
		if !w.Catalog.IsMember(w.Role, owner) {
			return fault.New(fault.InsufficientPrivilege, `must be member of role "%s"`, owner)
		}
		if err := r.defaults(owner, schemas, of.kind, p.whole); err != nil {
			return err
		}
	}
	return nil
}

func (r *request) defaults(owner string, schemas []string, kind catalog.DefaultKind, p catalog.Privilege) error {
	if len(schemas) == 0 {
		schemas = []string{""}
	}
	for _, s := range schemas {
		if s != "" {
			if _, err := r.w.SchemaNamed(s); err != nil {
				return err
			}
			if kind == catalog.DefaultSchemas {
				return fault.New("0LP01", "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS")
			}
		}
		if err := r.defaultsIn(owner, s, kind, p); err != nil {
			return err
		}
	}
	return nil
}

// defaultsIn changes one entry. That of a schema says what is added there; that
// of no schema is the whole ACL of a new object. One that says nothing beyond the
// built-in default goes (SetDefaultACL in aclchk.c).
func (r *request) defaultsIn(owner, schemaName string, kind catalog.DefaultKind, p catalog.Privilege) error {
	role := r.w.Cat().Roles[owner]
	if role == nil {
		return fault.New(fault.UndefinedObject, `role "%s" does not exist`, owner)
	}
	builtin := kind.Builtin(owner)
	if schemaName != "" {
		builtin = catalog.ACL{}
	}
	changed := *role
	changed.Defaults = slices.Clone(role.Defaults)
	at := slices.IndexFunc(changed.Defaults, func(d catalog.Default) bool { return d.Schema == schemaName && d.Kind == kind })
	acl := builtin
	if at >= 0 {
		acl = changed.Defaults[at].ACL
	}
	acl, err := r.merge(acl, owner, owner, p)
	if err != nil {
		return err
	}
	switch same := acl.Equal(builtin); {
	case same && at >= 0:
		changed.Defaults = slices.Delete(changed.Defaults, at, at+1)
	case same:
	case at >= 0:
		changed.Defaults[at].ACL = acl
	default:
		changed.Defaults = append(changed.Defaults, catalog.Default{Schema: schemaName, Kind: kind, ACL: acl})
	}
	r.w.Draft().AddRole(&changed)
	return nil
}
