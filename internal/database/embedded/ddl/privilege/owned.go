package privilege

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/enums"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/function"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/schema"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/table"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/view"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// owned is an object with an owner or an ACL, a column among them.
type owned struct {
	title string
	owner string // "" for a column, which has its table's
	acl   catalog.ACL
	// change gives it another owner ("" leaves it) and changes its ACL.
	change func(owner string, acl func(catalog.ACL) catalog.ACL)
}

// all lists the objects that roles own or have rights on.
func all(w *work.Work) []owned {
	cat := w.Cat()
	var out []owned
	for _, s := range cat.Schemas {
		out = append(out, owned{"schema " + work.QuoteIdent(s.Name), s.Owner, s.ACL, func(owner string, acl func(catalog.ACL) catalog.ACL) {
			c := *w.Cat().Schemas[s.Name]
			c.Owner, c.ACL = cmp.Or(owner, c.Owner), acl(c.ACL)
			w.Draft().AddSchema(&c)
		}})
	}
	for _, s := range cat.Sequences {
		out = append(out, owned{"sequence " + w.Display(s.Schema, s.Name), s.Owner, s.ACL, func(owner string, acl func(catalog.ACL) catalog.ACL) {
			c := *w.Cat().Sequences[s.OID]
			c.Owner, c.ACL = cmp.Or(owner, c.Owner), acl(c.ACL)
			w.Draft().AddSequence(&c)
		}})
	}
	for _, e := range cat.SortedEnums() {
		out = append(out, owned{"type " + enums.Title(w, e), e.Owner, nil, func(owner string, _ func(catalog.ACL) catalog.ACL) {
			c := *w.Cat().Enums[e.OID]
			c.Owner = cmp.Or(owner, c.Owner)
			w.Draft().AddEnum(&c)
		}})
	}
	for _, f := range cat.SortedFunctions() {
		out = append(out, owned{"function " + function.Signature(w, f), f.Owner, f.ACL, func(owner string, acl func(catalog.ACL) catalog.ACL) {
			c := *w.Cat().Functions[f.OID]
			c.Owner = cmp.Or(owner, c.Owner)
			if c.ACL != nil {
				c.ACL = acl(c.ACL)
			}
			w.Draft().AddFunction(&c)
		}})
	}
	for _, t := range cat.SortedTables() {
		title := "table " + w.Display(t.Schema, t.Name)
		out = append(out, owned{title, t.Owner, t.ACL, func(owner string, acl func(catalog.ACL) catalog.ACL) {
			c := w.Draft().Table(t.OID)
			c.Owner, c.ACL = cmp.Or(owner, c.Owner), acl(c.ACL)
		}})
		out = append(out, columns(title, t.Columns, func() []*catalog.Column { return w.Draft().Table(t.OID).Columns })...)
	}
	for _, v := range cat.SortedViews() {
		title := "view " + w.Display(v.Schema, v.Name)
		out = append(out, owned{title, v.Owner, v.ACL, func(owner string, acl func(catalog.ACL) catalog.ACL) {
			c := w.Draft().View(v.OID)
			c.Owner, c.ACL = cmp.Or(owner, c.Owner), acl(c.ACL)
		}})
		out = append(out, columns(title, v.Columns, func() []*catalog.Column { return w.Draft().View(v.OID).Columns })...)
	}
	return out
}

// columns lists those columns of a relation that have an ACL.
func columns(title string, list []*catalog.Column, draft func() []*catalog.Column) []owned {
	var out []owned
	for i, c := range list {
		if len(c.ACL) == 0 {
			continue
		}
		out = append(out, owned{"column " + work.QuoteIdent(c.Name) + " of " + title, "", c.ACL, func(_ string, acl func(catalog.ACL) catalog.ACL) {
			now := draft()
			changed := *now[i]
			if changed.ACL = acl(changed.ACL); len(changed.ACL) == 0 {
				changed.ACL = nil
			}
			now[i] = &changed
		}})
	}
	return out
}

// refuseInUse refuses to drop a role that owns something, was granted something
// or is named by a policy.
func refuseInUse(w *work.Work, role string) error {
	var lines []string
	for _, o := range all(w) {
		if o.owner == role {
			lines = append(lines, "owner of "+o.title)
		} else if o.acl.Names(role) {
			lines = append(lines, "privileges for "+o.title)
		}
	}
	for _, r := range w.Cat().Roles {
		for _, d := range r.Defaults {
			title := fmt.Sprintf("default privileges on new %ss belonging to role %s", kindName(d.Kind), r.Name)
			if d.Schema != "" {
				title += " in schema " + d.Schema
			}
			if r.Name == role {
				lines = append(lines, "owner of "+title)
			} else if d.ACL.Names(role) {
				lines = append(lines, "privileges for "+title)
			}
		}
	}
	for _, t := range w.Cat().SortedTables() {
		for _, p := range t.Policies {
			if slices.Contains(p.Roles, role) {
				lines = append(lines, "target of policy "+p.Name+" on table "+w.Display(t.Schema, t.Name))
			}
		}
	}
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	return fault.New(fault.DependentObjects, `role "%s" cannot be dropped because some objects depend on it`, role).
		WithDetail("%s", strings.Join(lines, "\n"))
}

func kindName(k catalog.DefaultKind) string {
	for _, d := range defaultKinds {
		if d.kind == k {
			return d.name
		}
	}
	return "object"
}

// Reassign runs REASSIGN OWNED.
func Reassign(w *work.Work, n *ast.ReassignOwnedStmt) error {
	from, err := w.RolesOf(n.Roles)
	if err != nil {
		return err
	}
	for _, role := range from {
		if !w.Catalog.Owns(w.Role, role) {
			return fault.New(fault.InsufficientPrivilege, "permission denied to reassign objects")
		}
	}
	to, err := w.RoleOf(n.Newrole)
	if err != nil {
		return err
	}
	if !w.Catalog.Owns(w.Role, to) {
		return fault.New(fault.InsufficientPrivilege, "permission denied to reassign objects")
	}
	for _, s := range w.Cat().Schemas {
		if slices.Contains(from, s.Owner) {
			if err := w.Superuser("permission denied for database galley"); err != nil {
				return err
			}
		}
	}
	for _, o := range all(w) {
		for _, role := range from {
			switch {
			case o.owner == catalog.Owner && role == catalog.Owner:
				return fault.New(fault.DependentObjects, "cannot reassign ownership of objects owned by role %s because they are required by the database system", role)
			case o.owner == role, o.owner == "" && o.acl.Names(role):
				o.change(map[bool]string{true: to}[o.owner == role], func(a catalog.ACL) catalog.ACL { return a.Reowned(role, to) })
			}
		}
	}
	return nil
}

// DropOwned runs DROP OWNED: what the roles own goes, and so does what was
// granted to them.
func DropOwned(w *work.Work, n *ast.DropOwnedStmt) error {
	roles, err := w.RolesOf(n.Roles)
	if err != nil {
		return err
	}
	for _, role := range roles {
		switch {
		case !w.Catalog.Owns(w.Role, role):
			return fault.New(fault.InsufficientPrivilege, "permission denied to drop objects")
		case role == catalog.Owner:
			return fault.New(fault.DependentObjects, "cannot drop objects owned by role %s because they are required by the database system", role)
		}
	}
	for _, role := range roles {
		revokeAll(w, role)
	}
	return dropOwned(w, roles, n.Behavior == ast.DropCascade)
}

// revokeAll takes from a role all that it was granted.
func revokeAll(w *work.Work, role string) {
	for _, o := range all(w) {
		if o.owner != role && o.acl.Names(role) {
			o.change("", func(a catalog.ACL) catalog.ACL { return a.Without(role) })
		}
	}
	for _, t := range w.Cat().SortedTables() {
		for _, p := range t.Policies {
			if slices.Contains(p.Roles, role) {
				leavePolicy(w, t.OID, p, role)
			}
		}
	}
	for _, r := range w.Cat().Roles {
		if !slices.ContainsFunc(r.Defaults, func(d catalog.Default) bool { return r.Name == role || d.ACL.Names(role) }) {
			continue
		}
		changed := *r
		changed.Defaults = []catalog.Default{}
		for _, d := range r.Defaults {
			if d.ACL = d.ACL.Without(role); r.Name != role && len(d.ACL) > 0 {
				changed.Defaults = append(changed.Defaults, d)
			}
		}
		w.Draft().AddRole(&changed)
	}
}

// leavePolicy takes a role off a policy, which goes with its last one.
func leavePolicy(w *work.Work, table uint32, p *catalog.Policy, role string) {
	t := w.Draft().Table(table)
	rest := slices.DeleteFunc(slices.Clone(p.Roles), func(r string) bool { return r == role })
	if len(rest) == 0 {
		t.Policies = slices.DeleteFunc(t.Policies, func(o *catalog.Policy) bool { return o.OID == p.OID })
		return
	}
	changed := *p
	changed.Roles = rest
	replacePolicy(w, t, &changed)
}

func dropOwned(w *work.Work, roles []string, cascade bool) error {
	cat := w.Cat()
	mine := func(owner string) bool { return slices.Contains(roles, owner) }
	var schemas []string
	for _, s := range cat.Schemas {
		if mine(s.Owner) {
			schemas = append(schemas, s.Name)
		}
	}
	slices.Sort(schemas)
	var relations []uint32
	for _, v := range cat.SortedViews() {
		if mine(v.Owner) {
			relations = append(relations, v.OID)
		}
	}
	for _, t := range cat.SortedTables() {
		if mine(t.Owner) {
			relations = append(relations, t.OID)
		}
	}
	list, err := depend.OnTables(w, relations)
	if err != nil {
		return err
	}
	if err := depend.Refuse(w, list, cascade, 2); err != nil {
		return err
	}
	for _, d := range list {
		if err := depend.Remove(w, d); err != nil {
			return err
		}
	}
	for _, oid := range relations {
		if w.Cat().Views[oid] != nil {
			err = view.Remove(w, []uint32{oid}, 1, true)
		} else if w.Cat().Tables[oid] != nil {
			err = table.Remove(w, []uint32{oid}, 1, true)
		}
		if err != nil {
			return err
		}
	}
	types := slices.DeleteFunc(w.Cat().SortedEnums(), func(e *catalog.Enum) bool { return !mine(e.Owner) })
	if err := enums.Remove(w, types, cascade); err != nil {
		return err
	}
	for oid, s := range w.Cat().Sequences {
		if mine(s.Owner) {
			if err := sequence.Remove(w, oid); err != nil {
				return err
			}
		}
	}
	return schema.Remove(w, schemas, cascade)
}
