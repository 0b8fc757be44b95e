// Package privilege handles grants, default privileges, roles and policies.
package privilege

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// Bits are the privileges as GRANT writes them.
var Bits = map[string]catalog.Privilege{
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

func Grant(w *work.Work, n *ast.GrantStmt) error {
	if n.GrantOption && n.IsGrant {
		return work.Unsupported("WITH GRANT OPTION is")
	}
	if n.GrantOption {
		return work.Unsupported("REVOKE GRANT OPTION FOR is")
	}
	roles, err := w.RolesOf(n.Grantees)
	if err != nil {
		return err
	}
	if n.Targtype == ast.ACL_TARGET_ALL_IN_SCHEMA {
		return grantAll(w, n, roles)
	}
	switch n.Objtype {
	case ast.OBJECT_TABLE:
		return grantTables(w, n, roles)
	case ast.OBJECT_SEQUENCE:
		return grantSequences(w, n, roles)
	case ast.OBJECT_SCHEMA:
		return grantSchemas(w, n, roles)
	}
	return work.Unsupported("GRANT and REVOKE on this kind of object are")
}

// parsePrivileges reads the list of privileges and checks that they suit the
// kind of object.
func parsePrivileges(list *ast.NodeList, all catalog.Privilege, kind string) (privileges, error) {
	p := privileges{columns: map[string]catalog.Privilege{}}
	if len(work.Items(list)) == 0 {
		p.whole, p.all = all, true
		return p, nil
	}
	for _, n := range work.Items(list) {
		a, ok := n.(*ast.AccessPriv)
		if !ok {
			return p, work.Unsupported("this form of a privilege is")
		}
		bit := Bits[strings.ToLower(a.PrivName)]
		columns := work.Names(a.Cols)
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
func mayGrant(w *work.Work, n *ast.GrantStmt, roles []string, owner string, acl catalog.ACL, kind, name string) (bool, error) {
	if !n.IsGrant {
		for _, r := range roles {
			if o := w.Catalog.Roles[r]; r == owner && (o == nil || !o.Superuser) {
				return false, work.Unsupported("REVOKE of the owner's own privileges is")
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
				w.Warning("01007", `no privileges were granted for "%s"`, name)
			} else {
				w.Warning("01006", `no privileges could be revoked for "%s"`, name)
			}
			return false, nil
		}
	}
	return false, fault.New(fault.InsufficientPrivilege, "permission denied for %s %s", kind, name)
}

// grantTables handles GRANT … ON [TABLE], where sequences may stand as well.
func grantTables(w *work.Work, n *ast.GrantStmt, roles []string) error {
	for _, o := range work.Items(n.Objects) {
		q, err := work.NameIn(o)
		if err != nil {
			return err
		}
		oid, err := w.Relation(q)
		if err != nil {
			return err
		}
		switch {
		case w.Cat().Sequences[oid] != nil:
			err = grantSequence(w, n, roles, oid)
		case w.Cat().Tables[oid] != nil:
			err = grantTable(w, n, roles, oid)
		default:
			err = fault.New(fault.WrongObjectType, `"%s" is an index`, q.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func grantTable(w *work.Work, n *ast.GrantStmt, roles []string, oid uint32) error {
	p, err := parsePrivileges(n.Privileges, catalog.AllOnTable, "table")
	if err != nil {
		return err
	}
	t := w.Cat().Tables[oid]
	if ok, err := mayGrant(w, n, roles, t.Owner, t.ACL, "table", t.Name); !ok {
		return err
	}
	for name := range p.columns {
		if t.Column(name) == nil {
			return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, t.Name)
		}
	}
	t = w.Draft().Table(oid)
	t.ACL = change(t.ACL, n.IsGrant, roles, p.whole)
	for _, c := range t.Columns {
		bits := p.columns[c.Name]
		if !n.IsGrant {
			bits |= p.whole & columnPrivileges // goes with the table's
		}
		if bits != 0 && (n.IsGrant || c.ACL != nil) {
			w.ReplaceColumn(t, c, func(c *catalog.Column) { c.ACL = change(c.ACL, n.IsGrant, roles, bits) })
		}
	}
	return nil
}

func grantSequences(w *work.Work, n *ast.GrantStmt, roles []string) error {
	for _, o := range work.Items(n.Objects) {
		q, err := work.NameIn(o)
		if err != nil {
			return err
		}
		oid, err := w.Relation(q)
		if err != nil {
			return err
		}
		if w.Cat().Sequences[oid] == nil {
			return fault.New(fault.WrongObjectType, `"%s" is not a sequence`, q.Name)
		}
		if err := grantSequence(w, n, roles, oid); err != nil {
			return err
		}
	}
	return nil
}

func grantSequence(w *work.Work, n *ast.GrantStmt, roles []string, oid uint32) error {
	p, err := parsePrivileges(n.Privileges, catalog.AllOnSequence, "sequence")
	if err != nil {
		return err
	}
	if len(p.columns) > 0 {
		return work.Unsupported("privileges on the columns of a sequence are")
	}
	s := w.Cat().Sequences[oid]
	if ok, err := mayGrant(w, n, roles, s.Owner, s.ACL, "sequence", s.Name); !ok {
		return err
	}
	changed := *s
	changed.ACL = change(s.ACL, n.IsGrant, roles, p.whole)
	w.Draft().AddSequence(&changed)
	return nil
}

func grantSchemas(w *work.Work, n *ast.GrantStmt, roles []string) error {
	p, err := parsePrivileges(n.Privileges, catalog.AllOnSchema, "schema")
	if err != nil {
		return err
	}
	if len(p.columns) > 0 {
		return fault.New("0LP01", "column privileges are only valid for relations")
	}
	for _, o := range work.Items(n.Objects) {
		q, err := work.NameIn(o)
		if err != nil {
			return err
		}
		s := w.Cat().Schemas[q.Name]
		if s == nil {
			return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.Name)
		}
		ok, err := mayGrant(w, n, roles, s.Owner, s.ACL, "schema", s.Name)
		if err != nil {
			return err
		}
		if ok {
			changed := *s
			changed.ACL = change(s.ACL, n.IsGrant, roles, p.whole)
			w.Draft().AddSchema(&changed)
		}
	}
	return nil
}

// grantAll handles ON ALL … IN SCHEMA.
func grantAll(w *work.Work, n *ast.GrantStmt, roles []string) error {
	for _, name := range work.Names(n.Objects) {
		s, err := w.SchemaNamed(name)
		if err != nil {
			return err
		}
		if err := grantAllIn(w, n, roles, s.Name); err != nil {
			return err
		}
	}
	return nil
}

func grantAllIn(w *work.Work, n *ast.GrantStmt, roles []string, schemaName string) error {
	cat := w.Cat()
	switch n.Objtype {
	case ast.OBJECT_TABLE:
		if _, err := parsePrivileges(n.Privileges, catalog.AllOnTable, "table"); err != nil {
			return err
		}
		for _, t := range cat.SortedTables() {
			if t.Schema != schemaName {
				continue
			}
			if err := grantTable(w, n, roles, t.OID); err != nil {
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
			if err := grantSequence(w, n, roles, oid); err != nil {
				return err
			}
		}
	case ast.OBJECT_FUNCTION, ast.OBJECT_PROCEDURE, ast.OBJECT_ROUTINE:
		// There are no functions of users yet, so there is nothing to grant.
		_, err := parsePrivileges(n.Privileges, catalog.Execute, "function")
		return err
	default:
		return work.Unsupported("GRANT and REVOKE on this kind of object are")
	}
	return nil
}

// AlterDefault handles ALTER DEFAULT PRIVILEGES IN SCHEMA, for the objects
// that the owner of the schema makes.
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
	if len(schemas) == 0 {
		return work.Unsupported("ALTER DEFAULT PRIVILEGES without IN SCHEMA is")
	}
	if n.Action.GrantOption {
		return work.Unsupported("a grant option is")
	}
	roles, err := w.RolesOf(n.Action.Grantees)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		for _, name := range schemas {
			if err := defaultsIn(w, n.Action, owner, name, roles); err != nil {
				return err
			}
		}
	}
	return nil
}

func defaultsIn(w *work.Work, n *ast.GrantStmt, owner, schemaName string, roles []string) error {
	s := w.Cat().Schemas[schemaName]
	switch {
	case s == nil:
		return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, schemaName)
	case !w.Catalog.Owns(w.Role, owner):
		return fault.New(fault.InsufficientPrivilege, "permission denied to change default privileges")
	case owner != s.Owner:
		return work.Unsupported("default privileges for objects of a role that does not own the schema are")
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
		return work.Unsupported("default privileges on this kind of object are")
	}
	w.Draft().AddSchema(&changed)
	return nil
}
