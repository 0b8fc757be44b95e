package ddl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/fault"
)

func (w *work) createSchema(n *ast.CreateSchemaStmt) error {
	owner, name := w.Role, n.Schemaname
	if n.Authrole != nil {
		var err error
		if owner, err = w.role(n.Authrole); err != nil {
			return err
		}
		if name == "" {
			name = owner
		}
	}
	if r := w.Catalog.Roles[w.Role]; r == nil || !r.Superuser {
		return fault.New(fault.InsufficientPrivilege, "permission denied for database galley")
	}
	if len(items(n.SchemaElts)) > 0 {
		return unsupported("CREATE SCHEMA with objects in it is")
	}
	if strings.HasPrefix(name, "pg_") {
		return fault.New("42939", `unacceptable schema name "%s"`, name).WithDetail(`The prefix "pg_" is reserved for system schemas.`)
	}
	if w.cat().Schemas[name] != nil || name == "information_schema" {
		if n.IfNotExists {
			w.notices = append(w.notices, Notice{Severity: "NOTICE", Code: fault.DuplicateSchema,
				Message: `schema "` + name + `" already exists, skipping`})
			return nil
		}
		return fault.New(fault.DuplicateSchema, `schema "%s" already exists`, name)
	}
	w.draft().AddSchema(&catalog.Schema{Name: name, Owner: owner})
	return nil
}

func (w *work) dropSchemas(n *ast.DropStmt) error {
	for _, o := range items(n.Objects) {
		q, err := fromNode(o)
		if err != nil {
			return err
		}
		s := w.cat().Schemas[q.name]
		if s == nil {
			if !n.MissingOk {
				return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.name)
			}
			w.notice(`schema "%s" does not exist, skipping`, q.name)
			continue
		}
		if err := w.mustOwn(s.Owner, "schema", s.Name); err != nil {
			return err
		}
		if err := w.dropSchema(s, n.Behavior == ast.DropCascade); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) dropSchema(s *catalog.Schema, cascade bool) error {
	if s.Name == "auth" || s.Name == "galley" {
		return unsupported("dropping the schema %s is", s.Name)
	}
	tables, sequences, lines := w.contents(s)
	if len(lines) > 0 && !cascade {
		lines, err := w.schemaDetail(s, tables, lines)
		if err != nil {
			return err
		}
		return fault.New(fault.DependentObjects, "cannot drop schema %s because other objects depend on it", s.Name).
			WithDetail("%s", strings.Join(lines, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	before := len(w.notices)
	if err := w.removeTables(tables, len(tables), true); err != nil {
		return err
	}
	for _, oid := range sequences {
		if err := w.removeSequence(oid); err != nil {
			return err
		}
	}
	w.draft().DropSchema(s.Name)
	w.mergeCascade(before, lines)
	return nil
}

// schemaDetail lists what depends on a schema, and what depends on that.
func (w *work) schemaDetail(s *catalog.Schema, tables []uint32, lines []string) ([]string, error) {
	dependents, err := w.dependents(tables)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, line := range lines {
		out = append(out, line+" depends on schema "+s.Name)
		for _, d := range dependents {
			if d.on == line {
				out = append(out, w.describe(d)+" depends on "+d.on)
			}
		}
	}
	return out, nil
}

// contents lists what is in a schema, by OID, apart from what belongs to one of
// its tables.
func (w *work) contents(s *catalog.Schema) (tables, sequences []uint32, lines []string) {
	cat := w.cat()
	for _, t := range cat.SortedTables() {
		if t.Schema == s.Name {
			tables = append(tables, t.OID)
			lines = append(lines, "table "+w.display(t.Schema, t.Name))
		}
	}
	for _, q := range cat.Sequences {
		if q.Schema == s.Name && !slices.Contains(tables, q.OwnerTable) {
			sequences = append(sequences, q.OID)
		}
	}
	slices.Sort(sequences)
	for _, oid := range sequences {
		lines = append(lines, "sequence "+w.display(s.Name, cat.Sequences[oid].Name))
	}
	return tables, sequences, lines
}

// mergeCascade makes one notice of what went with a schema.
func (w *work) mergeCascade(before int, lines []string) {
	var all []string
	for _, l := range lines {
		all = append(all, "drop cascades to "+l)
	}
	for _, n := range w.notices[before:] {
		if n.Detail != "" {
			all = append(all, strings.Split(n.Detail, "\n")...)
		} else {
			all = append(all, n.Message)
		}
	}
	w.notices = w.notices[:before]
	switch len(all) {
	case 0:
	case 1:
		w.notice("%s", all[0])
	default:
		w.notice("drop cascades to %d other objects", len(all))
		w.notices[before].Detail = strings.Join(all, "\n")
	}
}

func (w *work) comment(n *ast.CommentStmt) error {
	switch n.Objtype {
	case ast.OBJECT_TABLE:
		q, err := fromNode(n.Object)
		if err != nil {
			return err
		}
		t, err := w.ownTable(q)
		if err != nil {
			return err
		}
		w.draft().Table(t.OID).Comment = n.Comment
		return nil
	case ast.OBJECT_COLUMN:
		return w.commentColumn(n)
	case ast.OBJECT_SCHEMA:
		q, err := fromNode(n.Object)
		if err != nil {
			return err
		}
		s := w.cat().Schemas[q.name]
		if s == nil {
			return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, q.name)
		}
		if err := w.mustOwn(s.Owner, "schema", s.Name); err != nil {
			return err
		}
		changed := *s
		changed.Comment = n.Comment
		w.draft().AddSchema(&changed)
		return nil
	}
	return unsupported("COMMENT on this kind of object is")
}

func (w *work) commentColumn(n *ast.CommentStmt) error {
	list, _ := n.Object.(*ast.NodeList)
	parts := names(list)
	if len(parts) < 2 {
		return fault.New(fault.SyntaxError, "column name must be qualified")
	}
	q, err := fromParts(parts[:len(parts)-1])
	if err != nil {
		return err
	}
	t, err := w.ownTable(q)
	if err != nil {
		return err
	}
	name := parts[len(parts)-1]
	if t.Column(name) == nil {
		return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, t.Name)
	}
	t = w.draft().Table(t.OID)
	w.replaceColumn(t, t.Column(name), func(c *catalog.Column) { c.Comment = n.Comment })
	return nil
}

// superuser refuses what only a superuser does here.
func (w *work) superuser(format string, args ...any) error {
	if r := w.Catalog.Roles[w.Role]; r != nil && r.Superuser {
		return nil
	}
	return fault.New(fault.InsufficientPrivilege, format, args...)
}

func (w *work) createRole(n *ast.CreateRoleStmt) error {
	if err := w.superuser("permission denied to create role"); err != nil {
		return err
	}
	if strings.HasPrefix(n.Role, "pg_") {
		return fault.New("42939", `role name "%s" is reserved`, n.Role).WithDetail(`Role names starting with "pg_" are reserved.`)
	}
	if w.cat().Roles[n.Role] != nil {
		return fault.New(fault.DuplicateObject, `role "%s" already exists`, n.Role)
	}
	r := &catalog.Role{Name: n.Role}
	for _, o := range items(n.Options) {
		d, ok := o.(*ast.DefElem)
		if !ok {
			return unsupported("this option of a role is")
		}
		if err := w.roleOption(r, d); err != nil {
			return err
		}
	}
	w.draft().AddRole(r)
	return nil
}

// roleOption applies an option of CREATE ROLE. Nobody logs in to this engine,
// so what is only about that says nothing here; a password is refused, because
// it would not be kept.
func (w *work) roleOption(r *catalog.Role, d *ast.DefElem) error {
	b, _ := d.Arg.(*ast.Boolean)
	on := b != nil && b.BoolVal
	switch d.Defname {
	case "superuser":
		r.Superuser = on
	case "bypassrls":
		r.BypassRLS = on
	case "canlogin", "inherit":
		if d.Defname == "inherit" && !on {
			return unsupported("NOINHERIT is")
		}
	case "createdb", "createrole", "isreplication":
		if on {
			return unsupported("the option %s of a role is", d.Defname)
		}
	case "addroleto":
		list, _ := d.Arg.(*ast.NodeList)
		roles, err := w.roles(list)
		r.MemberOf = roles
		return err
	default:
		return unsupported("the option %s of a role is", d.Defname)
	}
	return nil
}

func (w *work) dropRole(n *ast.DropRoleStmt) error {
	if err := w.superuser("permission denied to drop role"); err != nil {
		return err
	}
	for _, o := range items(n.Roles) {
		spec, ok := o.(*ast.RoleSpec)
		if !ok || spec.Roletype != ast.ROLESPEC_CSTRING {
			return fault.New(fault.InvalidParameter, "cannot use special role specifier in DROP ROLE")
		}
		r := w.cat().Roles[spec.Rolename]
		switch {
		case r == nil && n.MissingOk:
			w.notice(`role "%s" does not exist, skipping`, spec.Rolename)
			continue
		case r == nil:
			return fault.New(fault.UndefinedObject, `role "%s" does not exist`, spec.Rolename)
		case r.Name == w.Role:
			return fault.New("55006", "current user cannot be dropped")
		}
		if err := w.roleInUse(r.Name); err != nil {
			return err
		}
		w.removeRole(r)
	}
	return nil
}

// removeRole drops a role and its memberships.
func (w *work) removeRole(r *catalog.Role) {
	w.draft().DropRole(r.Name)
	for _, other := range w.cat().Roles {
		if slices.Contains(other.MemberOf, r.Name) {
			changed := *other
			changed.MemberOf = slices.DeleteFunc(slices.Clone(other.MemberOf), func(m string) bool { return m == r.Name })
			w.draft().AddRole(&changed)
		}
	}
}

// roleInUse refuses to drop a role that owns something, was granted something
// or is named by a policy.
func (w *work) roleInUse(role string) error {
	var lines []string
	has := func(owner string, acl catalog.ACL, object string) {
		if owner == role {
			lines = append(lines, "owner of "+object)
		} else if acl[role] != 0 {
			lines = append(lines, "privileges for "+object)
		}
	}
	cat := w.cat()
	for _, s := range cat.Schemas {
		has(s.Owner, s.ACL, "schema "+s.Name)
		if s.DefaultTables[role]|s.DefaultSequences[role] != 0 {
			lines = append(lines, fmt.Sprintf("default privileges in schema %s", s.Name))
		}
	}
	for _, t := range cat.Tables {
		table := "table " + w.display(t.Schema, t.Name)
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
		has(s.Owner, s.ACL, "sequence "+w.display(s.Schema, s.Name))
	}
	if len(lines) == 0 {
		return nil
	}
	slices.Sort(lines)
	return fault.New(fault.DependentObjects, `role "%s" cannot be dropped because some objects depend on it`, role).
		WithDetail("%s", strings.Join(lines, "\n"))
}
