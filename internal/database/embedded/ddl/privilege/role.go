package privilege

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// GrantRole handles GRANT role TO role.
func GrantRole(w *work.Work, n *ast.GrantRoleStmt) error {
	admin, only := false, false
	for _, o := range work.Items(n.Opt) {
		d, ok := o.(*ast.DefElem)
		if !ok || d.Defname != "admin" {
			return work.Unsupported("this option of GRANT role is")
		}
		b, _ := d.Arg.(*ast.Boolean)
		admin, only = b != nil && b.BoolVal, !n.IsGrant
	}
	if n.Grantor != nil {
		if _, err := w.RoleOf(n.Grantor); err != nil {
			return err
		}
		if err := w.Superuser("must be superuser to set grantor"); err != nil {
			return err
		}
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
		if err := mayAdmin(w, a.PrivName); err != nil {
			return err
		}
		for _, m := range members {
			if err := membership(w, m, a.PrivName, n.IsGrant, admin, only); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayAdmin refuses who may not make others members of a role.
func mayAdmin(w *work.Work, of string) error {
	target, me := w.Cat().Roles[of], w.Catalog.Roles[w.Role]
	switch {
	case target == nil:
		return fault.New(fault.UndefinedObject, `role "%s" does not exist`, of)
	case me != nil && me.Superuser:
		return nil
	case target.Superuser:
		return fault.New(fault.InsufficientPrivilege, "must be superuser to alter superusers")
	case me != nil && (me.CreateRole || w.Catalog.IsAdmin(w.Role, of)):
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, `must have admin option on role "%s"`, of)
}

// membership makes a role a member of another, or ends that, or (only) ends its
// admin option.
func membership(w *work.Work, member, of string, isGrant, admin, only bool) error {
	r := w.Cat().Roles[member]
	if r == nil {
		return fault.New(fault.UndefinedObject, `role "%s" does not exist`, member)
	}
	if isGrant && (member == of || w.Cat().IsMember(of, member) && !w.Cat().Roles[of].Superuser || memberAlone(w, of, member)) {
		return fault.New("0LP01", `role "%s" is a member of role "%s"`, of, member)
	}
	changed := *r
	is, isAdmin := slices.Contains(r.MemberOf, of), slices.Contains(r.AdminOf, of)
	without := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(m string) bool { return m == of })
	}
	switch {
	case isGrant && is && (!admin || isAdmin):
		w.Notice(`role "%s" is already a member of role "%s"`, member, of)
		return nil
	case isGrant:
		if !is {
			changed.MemberOf = append(slices.Clone(r.MemberOf), of)
		}
		if admin {
			changed.AdminOf = append(slices.Clone(r.AdminOf), of)
		}
	case !is:
		w.Warning("01000", `role "%s" is not a member of role "%s"`, member, of)
		return nil
	case only:
		changed.AdminOf = without(r.AdminOf)
	default:
		changed.MemberOf, changed.AdminOf = without(r.MemberOf), without(r.AdminOf)
	}
	w.Draft().AddRole(&changed)
	return nil
}

// memberAlone is IsMember without the right of superusers to be anybody.
func memberAlone(w *work.Work, role, of string) bool {
	seen := []string{role}
	for i := 0; i < len(seen); i++ {
		if seen[i] == of {
			return true
		}
		for _, m := range w.Cat().Roles[seen[i]].MemberOf {
			if !slices.Contains(seen, m) {
				seen = append(seen, m)
			}
		}
	}
	return false
}

// CreateRole runs CREATE ROLE, USER and GROUP.
func CreateRole(w *work.Work, n *ast.CreateRoleStmt) error {
	r := &catalog.Role{Name: n.Role, Login: n.StmtType == ast.ROLESTMT_USER, Defaults: []catalog.Default{}}
	lists, err := roleOptions(w, r, work.Items(n.Options))
	if err != nil {
		return err
	}
	me := w.Catalog.Roles[w.Role]
	switch {
	case me != nil && me.Superuser:
	case r.Superuser:
		return fault.New(fault.InsufficientPrivilege, "must be superuser to create superusers")
	case r.BypassRLS:
		return fault.New(fault.InsufficientPrivilege, "must be superuser to create bypassrls users")
	case me == nil || !me.CreateRole:
		return fault.New(fault.InsufficientPrivilege, "permission denied to create role")
	}
	if err := freeName(w, n.Role); err != nil {
		return err
	}
	w.Draft().AddRole(r)
	return addMembers(w, r.Name, lists)
}

func freeName(w *work.Work, name string) error {
	switch {
	case strings.HasPrefix(name, "pg_"):
		return fault.New("42939", `role name "%s" is reserved`, name).WithDetail(`Role names starting with "pg_" are reserved.`)
	case name == catalog.Public || name == "none":
		return fault.New("42939", `role name "%s" is reserved`, name)
	case w.Cat().Roles[name] != nil:
		return fault.New(fault.DuplicateObject, `role "%s" already exists`, name)
	}
	return nil
}

// memberLists are the lists of roles in the options of CREATE ROLE.
type memberLists struct{ of, members, admins []string }

func addMembers(w *work.Work, role string, l memberLists) error {
	for _, of := range l.of {
		if err := mayAdmin(w, of); err != nil {
			return err
		}
		if err := membership(w, role, of, true, false, false); err != nil {
			return err
		}
	}
	for _, m := range l.members {
		if err := membership(w, m, role, true, false, false); err != nil {
			return err
		}
	}
	for _, m := range l.admins {
		if err := membership(w, m, role, true, true, false); err != nil {
			return err
		}
	}
	return nil
}

// roleOptions applies the options of CREATE or ALTER ROLE. Nobody logs in to this
// engine, so that LOGIN is only remembered; a password is refused, because it
// would not be kept.
func roleOptions(w *work.Work, r *catalog.Role, list []ast.Node) (l memberLists, err error) {
	seen := map[string]bool{}
	for _, o := range list {
		d, ok := o.(*ast.DefElem)
		switch {
		case !ok:
			return l, work.Unsupported("this option of a role is")
		case seen[d.Defname]:
			return l, fault.New(fault.SyntaxError, "conflicting or redundant options")
		}
		seen[d.Defname] = true
		switch d.Defname {
		case "addroleto", "rolemembers", "adminmembers":
			names, _ := d.Arg.(*ast.NodeList)
			roles, err := w.RolesOf(names)
			if err != nil {
				return l, err
			}
			*map[string]*[]string{"addroleto": &l.of, "rolemembers": &l.members, "adminmembers": &l.admins}[d.Defname] = roles
		default:
			if err := roleOption(r, d); err != nil {
				return l, err
			}
		}
	}
	return l, nil
}

func roleOption(r *catalog.Role, d *ast.DefElem) error {
	b, _ := d.Arg.(*ast.Boolean)
	on := b != nil && b.BoolVal
	switch d.Defname {
	case "superuser":
		r.Superuser = on
	case "bypassrls":
		r.BypassRLS = on
	case "inherit":
		r.NoInherit = !on
	case "createrole":
		r.CreateRole = on
	case "createdb":
		r.CreateDB = on
	case "canlogin":
		r.Login = on
	case "isreplication":
		if on {
			return work.Unsupported("REPLICATION is")
		}
	case "password":
		if d.Arg != nil {
			return work.Unsupported("a password of a role, which nobody would ask for, is")
		}
	case "connectionlimit":
		if i, ok := d.Arg.(*ast.Integer); !ok || i.IVal != -1 {
			return work.Unsupported("CONNECTION LIMIT is")
		}
	default:
		return work.Unsupported("the option %s of a role is", d.Defname)
	}
	return nil
}

// AlterRole runs ALTER ROLE … WITH options, and ALTER GROUP … ADD or DROP USER.
func AlterRole(w *work.Work, n *ast.AlterRoleStmt) error {
	name, err := w.RoleOf(n.Role)
	if err != nil {
		return err
	}
	old := w.Cat().Roles[name]
	if old == nil {
		return fault.New(fault.UndefinedObject, `role "%s" does not exist`, name)
	}
	changed := *old
	lists, err := roleOptions(w, &changed, work.Items(n.Options))
	if err != nil {
		return err
	}
	me := w.Catalog.Roles[w.Role]
	switch {
	case me != nil && me.Superuser:
	case old.Superuser || changed.Superuser:
		return fault.New(fault.InsufficientPrivilege, "must be superuser to alter superuser roles or change superuser attribute")
	case old.BypassRLS != changed.BypassRLS:
		return fault.New(fault.InsufficientPrivilege, "must be superuser to change bypassrls attribute")
	case me == nil || !me.CreateRole:
		return fault.New(fault.InsufficientPrivilege, "permission denied")
	}
	w.Draft().AddRole(&changed)
	for _, m := range lists.members {
		if err := membership(w, m, name, n.Action > 0, false, false); err != nil {
			return err
		}
	}
	return nil
}

// RenameRole renames a role in all that names it.
func RenameRole(w *work.Work, n *ast.RenameStmt) error {
	old, me := w.Cat().Roles[n.Subname], w.Catalog.Roles[w.Role]
	switch {
	case old == nil:
		return fault.New(fault.UndefinedObject, `role "%s" does not exist`, n.Subname)
	case old.Name == w.Role:
		return fault.New(fault.FeatureNotSupported, "current user cannot be renamed")
	case old.Name == catalog.Owner:
		return fault.New(fault.FeatureNotSupported, "session user cannot be renamed")
	}
	if err := freeName(w, n.Newname); err != nil {
		return err
	}
	if me == nil || !me.Superuser && (!me.CreateRole || old.Superuser) {
		return fault.New(fault.InsufficientPrivilege, "permission denied to rename role")
	}
	for _, o := range all(w) {
		if o.owner == old.Name || o.acl.Names(old.Name) {
			owner := map[bool]string{true: n.Newname}[o.owner == old.Name]
			o.change(owner, func(a catalog.ACL) catalog.ACL { return a.Reowned(old.Name, n.Newname) })
		}
	}
	renameInPolicies(w, old.Name, n.Newname)
	renameInRoles(w, old, n.Newname)
	return nil
}

func renamed(list []string, old, name string) []string {
	out := slices.Clone(list)
	for i := range out {
		if out[i] == old {
			out[i] = name
		}
	}
	return out
}

func renameInPolicies(w *work.Work, old, name string) {
	for _, t := range w.Cat().SortedTables() {
		for _, p := range t.Policies {
			if slices.Contains(p.Roles, old) {
				changed := *p
				changed.Roles = renamed(p.Roles, old, name)
				replacePolicy(w, w.Draft().Table(t.OID), &changed)
			}
		}
	}
}

func renameInRoles(w *work.Work, old *catalog.Role, name string) {
	changed := *old
	changed.Name = name
	w.Draft().DropRole(old.Name)
	w.Draft().AddRole(&changed)
	for _, r := range w.Cat().Roles {
		c := *r
		c.MemberOf, c.AdminOf = renamed(r.MemberOf, old.Name, name), renamed(r.AdminOf, old.Name, name)
		c.Defaults = slices.Clone(r.Defaults)
		for i := range c.Defaults {
			c.Defaults[i].ACL = c.Defaults[i].ACL.Reowned(old.Name, name)
		}
		w.Draft().AddRole(&c)
	}
}

// DropRole runs DROP ROLE.
func DropRole(w *work.Work, n *ast.DropRoleStmt) error {
	me := w.Catalog.Roles[w.Role]
	if me == nil || !me.Superuser && !me.CreateRole {
		return fault.New(fault.InsufficientPrivilege, "permission denied to drop role")
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
		case r.Name == catalog.Owner:
			return fault.New("55006", "session user cannot be dropped")
		case r.Superuser && !me.Superuser:
			return fault.New(fault.InsufficientPrivilege, "must be superuser to drop superusers")
		}
		if err := refuseInUse(w, r.Name); err != nil {
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
			is := func(m string) bool { return m == r.Name }
			changed.MemberOf = slices.DeleteFunc(slices.Clone(other.MemberOf), is)
			changed.AdminOf = slices.DeleteFunc(slices.Clone(other.AdminOf), is)
			w.Draft().AddRole(&changed)
		}
	}
}
