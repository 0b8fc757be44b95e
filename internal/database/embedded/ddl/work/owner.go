package work

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/fault"
)

// NewOwner resolves the role of OWNER TO for an object in a schema: the present
// role must be a member of it, and it must be able to create there.
func (w *Work) NewOwner(spec ast.Node, schemaName string) (string, error) {
	owner, err := w.RoleOf(spec)
	if err != nil {
		return "", err
	}
	if owner == catalog.Public {
		return "", fault.New(fault.UndefinedObject, `role "public" does not exist`)
	}
	me := w.Catalog.Roles[w.Role]
	if me != nil && me.Superuser {
		return owner, nil
	}
	if !w.Catalog.Owns(w.Role, owner) {
		return "", fault.New(fault.InsufficientPrivilege, `must be member of role "%s"`, owner)
	}
	if s := w.Cat().Schemas[schemaName]; s != nil && !w.Catalog.Has(owner, s.Owner, s.ACL, catalog.Create) {
		return "", fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", s.Name)
	}
	return owner, nil
}
