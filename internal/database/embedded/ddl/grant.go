package ddl

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/fault"
)

// privilegeNames are the privileges as GRANT writes them.
var privilegeNames = map[string]catalog.Privilege{
	"select": catalog.Select, "insert": catalog.Insert, "update": catalog.Update, "delete": catalog.Delete,
	"truncate": catalog.Truncate, "references": catalog.References, "trigger": catalog.Trigger,
	"usage": catalog.Usage, "create": catalog.Create, "execute": catalog.Execute,
}

const columnPrivileges = catalog.Select | catalog.Insert | catalog.Update | catalog.References

// privileges are what a GRANT or REVOKE is about: of whole objects, and of
// columns by name.
type privileges struct {
	whole   catalog.Privilege
	all     bool // ALL PRIVILEGES
	columns map[string]catalog.Privilege
}

func (w *work) grant(n *ast.GrantStmt) error {
	if n.GrantOption && n.IsGrant {
		return unsupported("WITH GRANT OPTION is")
	}
	if n.GrantOption {
		return unsupported("REVOKE GRANT OPTION FOR is")
	}
	roles, err := w.roles(n.Grantees)
	if err != nil {
		return err
	}
	if n.Targtype == ast.ACL_TARGET_ALL_IN_SCHEMA {
		return w.grantAll(n, roles)
	}
	switch n.Objtype {
	case ast.OBJECT_TABLE:
		return w.grantTables(n, roles)
	case ast.OBJECT_SEQUENCE:
		return w.grantSequences(n, roles)
	case ast.OBJECT_SCHEMA:
		return w.grantSchemas(n, roles)
	}
	return unsupported("GRANT and REVOKE on this kind of object are")
}

// parsePrivileges reads the list of privileges and checks that they suit the
// kind of object.
func parsePrivileges(list *ast.NodeList, all catalog.Privilege, kind string) (privileges, error) {
	p := privileges{columns: map[string]catalog.Privilege{}}
	if len(items(list)) == 0 {
		p.whole, p.all = all, true
		return p, nil
	}
	for _, n := range items(list) {
		a, ok := n.(*ast.AccessPriv)
		if !ok {
			return p, unsupported("this form of a privilege is")
		}
		bit := privilegeNames[strings.ToLower(a.PrivName)]
		columns := names(a.Cols)
		switch {
		case a.PrivName == "" && len(columns) > 0:
			bit = columnPrivileges
		case bit == 0:
			return p, fault.New(fault.SyntaxError, `unrecognized privilege type "%s"`, a.PrivName)
		case len(columns) > 0 && bit&columnPrivileges == 0:
			return p, fault.New("0LP01", "invalid privilege type %s for column", strings.ToUpper(a.PrivName))
		case len(columns) == 0 && bit&all == 0:
			return p, fault.New("0LP01", "invalid privilege type %s for %s", strings.ToUpper(a.PrivName), kind)
		}
		if len(columns) == 0 {
			p.whole |= bit
		}
		for _, c := range columns {
			p.columns[c] |= bit
		}
	}
	return p, nil
}

// change applies a GRANT or REVOKE to an ACL.
func change(acl catalog.ACL, isGrant bool, roles []string, p catalog.Privilege) catalog.ACL {
	for _, r := range roles {
		if p == 0 {
			break
		}
		if isGrant {
			acl = acl.Grant(r, p)
		} else if acl != nil {
			acl = acl.Revoke(r, p)
		}
	}
	return acl
}

// mayGrant tells whether the role may grant on an object. One that holds some
// privilege on it, but no grant option, gets a warning only, as in PostgreSQL.
func (w *work) mayGrant(n *ast.GrantStmt, roles []string, owner string, acl catalog.ACL, kind, name string) (bool, error) {
	if !n.IsGrant {
		for _, r := range roles {
			if o := w.Catalog.Roles[r]; r == owner && (o == nil || !o.Superuser) {
				return false, unsupported("REVOKE of the owner's own privileges is")
			}
		}
	}
	if w.Catalog.Owns(w.Role, owner) {
		return true, nil
	}
	member := w.Catalog.Memberships(w.Role)
	for grantee, p := range acl {
		if member[grantee] && p != 0 {
			if n.IsGrant {
				w.warning("01007", `no privileges were granted for "%s"`, name)
			} else {
				w.warning("01006", `no privileges could be revoked for "%s"`, name)
			}
			return false, nil
		}
	}
	return false, fault.New(fault.InsufficientPrivilege, "permission denied for %s %s", kind, name)
}

// grantTables handles GRANT … ON [TABLE], where sequences may stand as well.
func (w *work) grantTables(n *ast.GrantStmt, roles []string) error {
	for _, o := range items(n.Objects) {
		q, err := fromNode(o)
		if err != nil {
			return err
		}
		oid, err := w.relation(q)
		if err != nil {
			return err
		}
		switch {
		case w.cat().Sequences[oid] != nil:
			err = w.grantSequence(n, roles, oid)
		case w.cat().Tables[oid] != nil:
			err = w.grantTable(n, roles, oid)
		default:
			err = fault.New(fault.WrongObjectType, `"%s" is an index`, q.name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *work) grantTable(n *ast.GrantStmt, roles []string, oid uint32) error {
	p, err := parsePrivileges(n.Privileges, catalog.AllOnTable, "table")
	if err != nil {
		return err
	}
	t := w.cat().Tables[oid]
	if ok, err := w.mayGrant(n, roles, t.Owner, t.ACL, "table", t.Name); !ok {
		return err
	}
	for name := range p.columns {
		if t.Column(name) == nil {
			return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, t.Name)
		}
	}
	t = w.draft().Table(oid)
	t.ACL = change(t.ACL, n.IsGrant, roles, p.whole)
	for _, c := range t.Columns {
		bits := p.columns[c.Name]
		if !n.IsGrant {
			bits |= p.whole & columnPrivileges // goes with the table's
		}
		if bits != 0 && (n.IsGrant || c.ACL != nil) {
			w.replaceColumn(t, c, func(c *catalog.Column) { c.ACL = change(c.ACL, n.IsGrant, roles, bits) })
		}
	}
	return nil
}

func (w *work) grantSequences(n *ast.GrantStmt, roles []string) error {
	for _, o := range items(n.Objects) {
		q, err := fromNode(o)
		if err != nil {
			return err
		}
		oid, err := w.relation(q)
		if err != nil {
			return err
		}
		if w.cat().Sequences[oid] == nil {
			return fault.New(fault.WrongObjectType, `"%s" is not a sequence`, q.name)
		}
		if err := w.grantSequence(n, roles, oid); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) grantSequence(n *ast.GrantStmt, roles []string, oid uint32) error {
	p, err := parsePrivileges(n.Privileges, catalog.AllOnSequence, "sequence")
	if err != nil {
		return err
	}
	if len(p.columns) > 0 {
		return unsupported("privileges on the columns of a sequence are")
	}
	s := w.cat().Sequences[oid]
	if ok, err := w.mayGrant(n, roles, s.Owner, s.ACL, "sequence", s.Name); !ok {
		return err
	}
	changed := *s
	changed.ACL = change(s.ACL, n.IsGrant, roles, p.whole)
	w.draft().AddSequence(&changed)
	return nil
}

func (w *work) grantSchemas(n *ast.GrantStmt, roles []string) error {
	p, err := parsePrivileges(n.Privileges, catalog.AllOnSchema, "schema")
	if err != nil {
		return err
	}
	if len(p.columns) > 0 {
		return fault.New("0LP01", "column privileges are only valid for relations")
	}
	for _, o := range items(n.Objects) {
		q, err := fromNode(o)
		if err != nil {
			return err
		}
		s := w.cat().Schemas[q.name]
		if s == nil {
			return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.name)
		}
		ok, err := w.mayGrant(n, roles, s.Owner, s.ACL, "schema", s.Name)
		if err != nil {
			return err
		}
		if ok {
			changed := *s
			changed.ACL = change(s.ACL, n.IsGrant, roles, p.whole)
			w.draft().AddSchema(&changed)
		}
	}
	return nil
}

// grantAll handles ON ALL … IN SCHEMA.
func (w *work) grantAll(n *ast.GrantStmt, roles []string) error {
	for _, name := range names(n.Objects) {
		s, err := w.schema(name)
		if err != nil {
			return err
		}
		if err := w.grantAllIn(n, roles, s.Name); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) grantAllIn(n *ast.GrantStmt, roles []string, schemaName string) error {
	cat := w.cat()
	switch n.Objtype {
	case ast.OBJECT_TABLE:
		if _, err := parsePrivileges(n.Privileges, catalog.AllOnTable, "table"); err != nil {
			return err
		}
		for _, t := range cat.SortedTables() {
			if t.Schema != schemaName {
				continue
			}
			if err := w.grantTable(n, roles, t.OID); err != nil {
				return err
			}
		}
	case ast.OBJECT_SEQUENCE:
		if _, err := parsePrivileges(n.Privileges, catalog.AllOnSequence, "sequence"); err != nil {
			return err
		}
		for oid, s := range cat.Sequences {
			if s.Schema != schemaName {
				continue
			}
			if err := w.grantSequence(n, roles, oid); err != nil {
				return err
			}
		}
	case ast.OBJECT_FUNCTION, ast.OBJECT_PROCEDURE, ast.OBJECT_ROUTINE:
		// There are no functions of users yet, so there is nothing to grant.
		_, err := parsePrivileges(n.Privileges, catalog.Execute, "function")
		return err
	default:
		return unsupported("GRANT and REVOKE on this kind of object are")
	}
	return nil
}

// defaultPrivileges handles ALTER DEFAULT PRIVILEGES IN SCHEMA, for the objects
// that the owner of the schema makes.
func (w *work) defaultPrivileges(n *ast.AlterDefaultPrivilegesStmt) error {
	var schemas []string
	owners := []string{w.Role}
	for _, o := range items(n.Options) {
		d, ok := o.(*ast.DefElem)
		if !ok {
			continue
		}
		list, _ := d.Arg.(*ast.NodeList)
		switch d.Defname {
		case "schemas":
			schemas = names(list)
		case "roles":
			var err error
			if owners, err = w.roles(list); err != nil {
				return err
			}
		}
	}
	if len(schemas) == 0 {
		return unsupported("ALTER DEFAULT PRIVILEGES without IN SCHEMA is")
	}
	if n.Action.GrantOption {
		return unsupported("a grant option is")
	}
	roles, err := w.roles(n.Action.Grantees)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		for _, name := range schemas {
			if err := w.defaultsIn(n.Action, owner, name, roles); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) defaultsIn(n *ast.GrantStmt, owner, schemaName string, roles []string) error {
	s := w.cat().Schemas[schemaName]
	switch {
	case s == nil:
		return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, schemaName)
	case !w.Catalog.Owns(w.Role, owner):
		return fault.New(fault.InsufficientPrivilege, "permission denied to change default privileges")
	case owner != s.Owner:
		return unsupported("default privileges for objects of a role that does not own the schema are")
	}
	changed := *s
	switch n.Objtype {
	case ast.OBJECT_TABLE:
		p, err := parsePrivileges(n.Privileges, catalog.AllOnTable, "relation")
		if err != nil {
			return err
		}
		changed.DefaultTables = change(s.DefaultTables, n.IsGrant, roles, p.whole)
	case ast.OBJECT_SEQUENCE:
		p, err := parsePrivileges(n.Privileges, catalog.AllOnSequence, "sequence")
		if err != nil {
			return err
		}
		changed.DefaultSequences = change(s.DefaultSequences, n.IsGrant, roles, p.whole)
	default:
		return unsupported("default privileges on this kind of object are")
	}
	w.draft().AddSchema(&changed)
	return nil
}

// grantRole handles GRANT role TO role.
func (w *work) grantRole(n *ast.GrantRoleStmt) error {
	if len(items(n.Opt)) > 0 {
		return unsupported("an option of GRANT role is")
	}
	members, err := w.roles(n.GranteeRoles)
	if err != nil {
		return err
	}
	for _, o := range items(n.GrantedRoles) {
		a, ok := o.(*ast.AccessPriv)
		if !ok || len(items(a.Cols)) > 0 {
			return fault.New("0LP01", "column names cannot be included in GRANT/REVOKE ROLE")
		}
		if w.cat().Roles[a.PrivName] == nil {
			return fault.New(fault.UndefinedObject, `role "%s" does not exist`, a.PrivName)
		}
		if err := w.superuser(`must have admin option on role "%s"`, a.PrivName); err != nil {
			return err
		}
		for _, m := range members {
			if err := w.membership(m, a.PrivName, n.IsGrant); err != nil {
				return err
			}
		}
	}
	return nil
}
