// Package privilege handles grants, default privileges, roles and policies.
package privilege

import (
	"maps"
	"slices"
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

// otherBits are privileges on objects that this engine does not have.
var otherBits = []string{"connect", "temporary", "temp", "set", "alter system"}

// privileges are what a GRANT or REVOKE is about: of whole objects, and of
// columns by name.
type privileges struct {
	whole   catalog.Privilege
	all     bool // ALL PRIVILEGES
	columns map[string]catalog.Privilege
}

// request is a GRANT or REVOKE being run.
type request struct {
	*ast.GrantStmt
	w       *work.Work
	roles   []string
	cascade bool
}

// Grant runs GRANT and REVOKE on objects.
func Grant(w *work.Work, n *ast.GrantStmt) error {
	r, err := newRequest(w, n)
	if err != nil {
		return err
	}
	if n.Targtype == ast.ACL_TARGET_ALL_IN_SCHEMA {
		return r.allInSchemas()
	}
	switch n.Objtype {
	case ast.OBJECT_TABLE, ast.OBJECT_SEQUENCE:
		return r.relations()
	case ast.OBJECT_SCHEMA:
		return r.schemas()
	case ast.OBJECT_FUNCTION, ast.OBJECT_ROUTINE:
		return r.functions()
	}
	return work.Unsupported("GRANT and REVOKE on this kind of object are")
}

func newRequest(w *work.Work, n *ast.GrantStmt) (*request, error) {
	if n.Grantor != nil {
		grantor, err := w.RoleOf(n.Grantor)
		if err != nil {
			return nil, err
		}
		if grantor != w.Role {
			return nil, fault.New(fault.FeatureNotSupported, "grantor must be current user")
		}
	}
	roles, err := w.RolesOf(n.Grantees)
	return &request{GrantStmt: n, w: w, roles: roles, cascade: n.Behavior == ast.DropCascade}, err
}

// parse reads the list of privileges and checks that they suit the kind of
// object: all are those it has, kind is its name in messages.
func (r *request) parse(all catalog.Privilege, kind string) (privileges, error) {
	p := privileges{columns: map[string]catalog.Privilege{}}
	if len(work.Items(r.Privileges)) == 0 {
		p.whole, p.all = all, true
		return p, nil
	}
	for _, n := range work.Items(r.Privileges) {
		a, ok := n.(*ast.AccessPriv)
		if !ok {
			return p, work.Unsupported("this form of a privilege is")
		}
		bit := Bits[strings.ToLower(a.PrivName)]
		columns := work.Names(a.Cols)
		switch {
		case a.PrivName == "" && len(columns) > 0:
			bit = catalog.AllOnColumn
		case bit == 0 && !slices.Contains(otherBits, strings.ToLower(a.PrivName)):
			return p, fault.New(fault.SyntaxError, `unrecognized privilege type "%s"`, strings.ToLower(a.PrivName))
		case len(columns) > 0 && bit&catalog.AllOnColumn == 0:
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

// target is an object that privileges are granted on.
type target struct {
	kind, name, owner string
	all               catalog.Privilege
	acl               catalog.ACL
}

// items are the changes of one GRANT or REVOKE by a grantor.
func (r *request) items(grantor string, p catalog.Privilege) []catalog.Grant {
	var out []catalog.Grant
	for _, role := range r.roles {
		g := catalog.Grant{Grantee: role, Grantor: grantor}
		if r.IsGrant || !r.GrantOption {
			g.Privileges = p
		}
		if !r.IsGrant || r.GrantOption {
			g.Options = p
		}
		out = append(out, g)
	}
	return out
}

// merge applies the changes to an ACL.
func (r *request) merge(acl catalog.ACL, owner, grantor string, p catalog.Privilege) (catalog.ACL, error) {
	for _, g := range r.items(grantor, p) {
		if r.IsGrant && r.GrantOption && g.Grantee == catalog.Public {
			return nil, fault.New("0LP01", "grant options can only be granted to roles")
		}
		var err error
		if acl, err = acl.Change(g, r.IsGrant, owner, r.cascade); err != nil {
			return nil, err
		}
	}
	return acl, nil
}

// apply grants or revokes on an object as a whole, and returns its new ACL.
func (r *request) apply(t target, p catalog.Privilege, all bool) (catalog.ACL, error) {
	acl := t.acl
	if acl == nil {
		acl = catalog.OwnerACL(t.owner, t.all)
	}
	grantor, may := r.w.Catalog.Grantor(r.w.Role, t.owner, acl, p)
	if may == 0 && !r.w.Catalog.HasAny(grantor, t.owner, acl, t.all) {
		return nil, fault.New(fault.InsufficientPrivilege, "permission denied for %s %s", t.kind, t.name)
	}
	r.warn(p, may, all, `"`+t.name+`"`)
	return r.merge(acl, t.owner, grantor, may)
}

// warn tells that not everything could be granted or revoked.
func (r *request) warn(p, may catalog.Privilege, all bool, name string) {
	code, verb := "01006", "could be revoked"
	if r.IsGrant {
		code, verb = "01007", "were granted"
	}
	switch {
	case may&p == 0:
		r.w.Warning(code, "no privileges %s for %s", verb, name)
	case !all && may&p != p:
		r.w.Warning(code, "not all privileges %s for %s", verb, name)
	}
}

// relations handles GRANT … ON [TABLE], where sequences may stand as well, and ON
// SEQUENCE.
func (r *request) relations() error {
	if r.Objtype == ast.OBJECT_TABLE {
		if _, err := r.parse(catalog.AllOnTable|catalog.AllOnSequence, "relation"); err != nil {
			return err
		}
	} else if p, err := r.parse(catalog.AllOnSequence, "sequence"); err != nil {
		return err
	} else if len(p.columns) > 0 {
		return work.Unsupported("privileges on the columns of a sequence are")
	}
	var oids []uint32
	for _, o := range work.Items(r.Objects) {
		q, err := work.NameIn(o)
		if err != nil {
			return err
		}
		oid, err := r.w.Relation(q)
		if err != nil {
			return err
		}
		oids = append(oids, oid)
	}
	for _, oid := range oids {
		if err := r.relation(oid); err != nil {
			return err
		}
	}
	return nil
}

func (r *request) relation(oid uint32) error {
	cat := r.w.Cat()
	switch t, v, s := cat.Tables[oid], cat.Views[oid], cat.Sequences[oid]; {
	case s != nil:
		return r.sequence(s)
	case t == nil && v == nil:
		_, i := cat.IndexByOID(oid)
		return fault.New(fault.WrongObjectType, `"%s" is an index`, i.Name)
	case r.Objtype == ast.OBJECT_SEQUENCE && t != nil:
		return fault.New(fault.WrongObjectType, `"%s" is not a sequence`, t.Name)
	case r.Objtype == ast.OBJECT_SEQUENCE:
		return fault.New(fault.WrongObjectType, `"%s" is not a sequence`, v.Name)
	case t != nil:
		acl, columns, err := r.table(target{"table", t.Name, t.Owner, catalog.AllOnTable, t.ACL}, t.Columns)
		if err != nil {
			return err
		}
		t = r.w.Draft().Table(oid)
		t.ACL, t.Columns = acl, columns
	default:
		acl, columns, err := r.table(target{"view", v.Name, v.Owner, catalog.AllOnTable, v.ACL}, v.Columns)
		if err != nil {
			return err
		}
		v = r.w.Draft().View(oid)
		v.ACL, v.Columns = acl, columns
	}
	return nil
}

// table changes the rights on a table or view and on its columns
// (ExecGrant_Relation in aclchk.c).
func (r *request) table(t target, columns []*catalog.Column) (acl catalog.ACL, out []*catalog.Column, err error) {
	p, err := r.parse(catalog.AllOnTable|catalog.AllOnSequence, "relation")
	if err != nil {
		return nil, nil, err
	}
	if p.all {
		p.whole = catalog.AllOnTable
	} else if p.whole&^catalog.AllOnTable != 0 {
		return nil, nil, fault.New("0LP01", "invalid privilege type USAGE for table")
	}
	for _, name := range slices.Sorted(maps.Keys(p.columns)) {
		if !slices.ContainsFunc(columns, func(c *catalog.Column) bool { return c.Name == name }) {
			return nil, nil, fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, t.name)
		}
	}
	acl = t.acl
	if p.whole != 0 {
		if acl, err = r.apply(t, p.whole, p.all); err != nil {
			return nil, nil, err
		}
	}
	out = slices.Clone(columns)
	for i, c := range out {
		on := p.columns[c.Name]
		if !r.IsGrant {
			on |= p.whole & catalog.AllOnColumn // goes with the table's
		}
		if on == 0 || !r.IsGrant && len(c.ACL) == 0 && p.columns[c.Name] == 0 {
			continue
		}
		changed := *c
		if changed.ACL, err = r.column(t, c, on, p.columns[c.Name] != 0); err != nil {
			return nil, nil, err
		}
		out[i] = &changed
	}
	return acl, out, nil
}

// column changes the rights on a column. The grantor is chosen by the rights on
// the whole table as well.
func (r *request) column(t target, c *catalog.Column, p catalog.Privilege, named bool) (catalog.ACL, error) {
	whole := t.acl
	if whole == nil {
		whole = catalog.OwnerACL(t.owner, t.all)
	}
	both := append(slices.Clone(whole), c.ACL...)
	grantor, may := r.w.Catalog.Grantor(r.w.Role, t.owner, both, p)
	if may == 0 && !r.w.Catalog.HasAny(grantor, t.owner, both, catalog.AllOnColumn) {
		return nil, fault.New(fault.InsufficientPrivilege, `permission denied for column "%s" of relation "%s"`, c.Name, t.name)
	}
	if named {
		r.warn(p, may, p == catalog.AllOnColumn, `column "`+c.Name+`" of relation "`+t.name+`"`)
	}
	acl, err := r.merge(c.ACL, t.owner, grantor, may)
	if len(acl) == 0 {
		acl = nil
	}
	return acl, err
}

func (r *request) sequence(s *catalog.Sequence) error {
	p, err := r.parse(catalog.AllOnTable|catalog.AllOnSequence, "relation")
	if err != nil {
		return err
	}
	if len(p.columns) > 0 {
		return work.Unsupported("privileges on the columns of a sequence are")
	}
	if p.all {
		p.whole = catalog.AllOnSequence
	} else if p.whole&^catalog.AllOnSequence != 0 {
		r.w.Warning("0LP01", `sequence "%s" only supports USAGE, SELECT, and UPDATE privileges`, s.Name)
		p.whole &= catalog.AllOnSequence
	}
	acl, err := r.apply(target{"sequence", s.Name, s.Owner, catalog.AllOnSequence, s.ACL}, p.whole, p.all)
	if err != nil {
		return err
	}
	changed := *s
	changed.ACL = acl
	r.w.Draft().AddSequence(&changed)
	return nil
}

func (r *request) schemas() error {
	p, err := r.parse(catalog.AllOnSchema, "schema")
	if err != nil {
		return err
	}
	if len(p.columns) > 0 {
		return fault.New("0LP01", "column privileges are only valid for relations")
	}
	for _, o := range work.Items(r.Objects) {
		q, err := work.NameIn(o)
		if err != nil {
			return err
		}
		s := r.w.Cat().Schemas[q.Name]
		if s == nil {
			return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.Name)
		}
		acl, err := r.apply(target{"schema", s.Name, s.Owner, catalog.AllOnSchema, s.ACL}, p.whole, p.all)
		if err != nil {
			return err
		}
		changed := *s
		changed.ACL = acl
		r.w.Draft().AddSchema(&changed)
	}
	return nil
}

// allInSchemas handles ON ALL … IN SCHEMA.
func (r *request) allInSchemas() error {
	for _, name := range work.Names(r.Objects) {
		s, err := r.w.SchemaNamed(name)
		if err != nil {
			return err
		}
		if err := r.allIn(s.Name); err != nil {
			return err
		}
	}
	return nil
}

func (r *request) allIn(schemaName string) error {
	cat := r.w.Cat()
	switch r.Objtype {
	case ast.OBJECT_TABLE:
		if _, err := r.parse(catalog.AllOnTable|catalog.AllOnSequence, "relation"); err != nil {
			return err
		}
		var oids []uint32
		for _, t := range cat.SortedTables() {
			if t.Schema == schemaName {
				oids = append(oids, t.OID)
			}
		}
		for _, v := range cat.SortedViews() {
			if v.Schema == schemaName {
				oids = append(oids, v.OID)
			}
		}
		for _, oid := range oids {
			if err := r.relation(oid); err != nil {
				return err
			}
		}
	case ast.OBJECT_SEQUENCE:
		if _, err := r.parse(catalog.AllOnSequence, "sequence"); err != nil {
			return err
		}
		for _, oid := range slices.Sorted(maps.Keys(cat.Sequences)) {
			if s := cat.Sequences[oid]; s.Schema == schemaName {
				if err := r.sequence(s); err != nil {
					return err
				}
			}
		}
	case ast.OBJECT_FUNCTION, ast.OBJECT_PROCEDURE, ast.OBJECT_ROUTINE:
		p, err := r.parse(catalog.Execute, "function")
		if err != nil || r.Objtype == ast.OBJECT_PROCEDURE {
			return err
		}
		for _, f := range cat.SortedFunctions() {
			if f.Schema != schemaName {
				continue
			}
			if err := r.function(f, p); err != nil {
				return err
			}
		}
	default:
		return work.Unsupported("GRANT and REVOKE on this kind of object are")
	}
	return nil
}
