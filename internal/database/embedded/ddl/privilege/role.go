package privilege

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// GrantRole handles GRANT role TO role.
func GrantRole(w *work.Work, n *ast.GrantRoleStmt) error {
	if len(work.Items(n.Opt)) > 0 {
		return work.Unsupported("an option of GRANT role is")
	}
	members, err := w.RolesOf(n.GranteeRoles)
	if err != nil {
		return err
	}
	for _, o := range work.Items(n.GrantedRoles) {
		a, ok := o.(*ast.AccessPriv)
		if !ok || len(work.Items(a.Cols)) > 0 {
			return fault.New("0LP01", "column names cannot be included in GRANT/REVOKE ROLE")
		}
		if w.Cat().Roles[a.PrivName] == nil {
			return fault.New(fault.UndefinedObject, `role "%s" does not exist`, a.PrivName)
		}
		if err := w.Superuser(`must have admin option on role "%s"`, a.PrivName); err != nil {
			return err
		}
		for _, m := range members {
			if err := membership(w, m, a.PrivName, n.IsGrant); err != nil {
				return err
			}
		}
	}
	return nil
}

// membership makes a role a member of another, or ends that.
func membership(w *work.Work, member, of string, isGrant bool) error {
	r := w.Cat().Roles[member]
	if r == nil {
		return fault.New(fault.UndefinedObject, `role "%s" does not exist`, member)
	}
	if isGrant && w.Cat().Memberships(of)[member] {
		return fault.New("0LP01", `role "%s" is a member of role "%s"`, of, member)
	}
	changed := *r
	changed.MemberOf = slices.DeleteFunc(slices.Clone(r.MemberOf), func(m string) bool { return m == of })
	if isGrant {
		changed.MemberOf = append(changed.MemberOf, of)
	}
	w.Draft().AddRole(&changed)
	return nil
}

func CreateRole(w *work.Work, n *ast.CreateRoleStmt) error {
	if err := w.Superuser("permission denied to create role"); err != nil {
		return err
	}
	if strings.HasPrefix(n.Role, "pg_") {
		return fault.New("42939", `role name "%s" is reserved`, n.Role).WithDetail(`Role names starting with "pg_" are reserved.`)
	}
	if w.Cat().Roles[n.Role] != nil {
		return fault.New(fault.DuplicateObject, `role "%s" already exists`, n.Role)
	}
	r := &catalog.Role{Name: n.Role}
	for _, o := range work.Items(n.Options) {
		d, ok := o.(*ast.DefElem)
		if !ok {
			return work.Unsupported("this option of a role is")
		}
		if err := roleOption(w, r, d); err != nil {
			return err
		}
	}
	w.Draft().AddRole(r)
	return nil
}

// roleOption applies an option of CREATE ROLE. Nobody logs in to this engine,
// so what is only about that says nothing here; a password is refused, because
// it would not be kept.
func roleOption(w *work.Work, r *catalog.Role, d *ast.DefElem) error {
	b, _ := d.Arg.(*ast.Boolean)
	on := b != nil && b.BoolVal
	switch d.Defname {
	case "superuser":
		r.Superuser = on
	case "bypassrls":
		r.BypassRLS = on
	case "canlogin", "inherit":
		if d.Defname == "inherit" && !on {
			return work.Unsupported("NOINHERIT is")
		}
	case "createdb", "createrole", "isreplication":
		if on {
			return work.Unsupported("the option %s of a role is", d.Defname)
		}
	case "addroleto":
		list, _ := d.Arg.(*ast.NodeList)
		roles, err := w.RolesOf(list)
		r.MemberOf = roles
		return err
	default:
		return work.Unsupported("the option %s of a role is", d.Defname)
	}
	return nil
}

func DropRole(w *work.Work, n *ast.DropRoleStmt) error {
	if err := w.Superuser("permission denied to drop role"); err != nil {
		return err
	}
	for _, o := range work.Items(n.Roles) {
		spec, ok := o.(*ast.RoleSpec)
		if !ok || spec.Roletype != ast.ROLESPEC_CSTRING {
			return fault.New(fault.InvalidParameter, "cannot use special role specifier in DROP ROLE")
		}
		r := w.Cat().Roles[spec.Rolename]
		switch {
		case r == nil && n.MissingOk:
			w.Notice(`role "%s" does not exist, skipping`, spec.Rolename)
			continue
		case r == nil:
			return fault.New(fault.UndefinedObject, `role "%s" does not exist`, spec.Rolename)
		case r.Name == w.Role:
			return fault.New("55006", "current user cannot be dropped")
		}
		if err := roleInUse(w, r.Name); err != nil {
			return err
		}
		removeRole(w, r)
	}
	return nil
}

// removeRole drops a role and its memberships.
func removeRole(w *work.Work, r *catalog.Role) {
	w.Draft().DropRole(r.Name)
	for _, other := range w.Cat().Roles {
		if slices.Contains(other.MemberOf, r.Name) {
			changed := *other
			changed.MemberOf = slices.DeleteFunc(slices.Clone(other.MemberOf), func(m string) bool { return m == r.Name })
			w.Draft().AddRole(&changed)
		}
	}
}

// roleInUse refuses to drop a role that owns something, was granted something
// or is named by a policy.
func roleInUse(w *work.Work, role string) error {
	var lines []string
	has := func(owner string, acl catalog.ACL, object string) {
		if owner == role {
			lines = append(lines, "owner of "+object)
		} else if acl[role] != 0 {
			lines = append(lines, "privileges for "+object)
		}
	}
	cat := w.Cat()
	for _, s := range cat.Schemas {
		has(s.Owner, s.ACL, "schema "+s.Name)
		if s.DefaultTables[role]|s.DefaultSequences[role] != 0 {
			lines = append(lines, fmt.Sprintf("default privileges in schema %s", s.Name))
		}
	}
	for _, t := range cat.Tables {
		table := "table " + w.Display(t.Schema, t.Name)
		has(t.Owner, t.ACL, table)
		for _, c := range t.Columns {
			has("", c.ACL, "column "+c.Name+" of "+table)
		}
		for _, p := range t.Policies {
			if slices.Contains(p.Roles, role) {
				lines = append(lines, "target of policy "+p.Name+" on "+table)
			}
		}
	}
	for _, s := range cat.Sequences {
		has(s.Owner, s.ACL, "sequence "+w.Display(s.Schema, s.Name))
	}
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	return fault.New(fault.DependentObjects, `role "%s" cannot be dropped because some objects depend on it`, role).
		WithDetail("%s", strings.Join(lines, "\n"))
}
