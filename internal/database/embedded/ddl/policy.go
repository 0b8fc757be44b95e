package ddl

import (
	"cmp"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// policyCommands are pg_policy.polcmd by the word of CREATE POLICY.
var policyCommands = map[string]byte{"": '*', "all": '*', "select": 'r', "insert": 'a', "update": 'w', "delete": 'd'}

func (w *work) createPolicy(n *ast.CreatePolicyStmt) error {
	t, err := w.ownTable(fromRange(n.Table))
	if err != nil {
		return err
	}
	command, ok := policyCommands[strings.ToLower(n.CmdName)]
	switch {
	case !ok:
		return fault.New(fault.SyntaxError, `unrecognized row security option "%s"`, n.CmdName)
	case (command == 'r' || command == 'd') && n.WithCheck != nil:
		return fault.New(fault.SyntaxError, "WITH CHECK cannot be applied to SELECT or DELETE")
	case command == 'a' && n.Qual != nil:
		return fault.New(fault.SyntaxError, "only WITH CHECK expression allowed for INSERT")
	}
	p := &catalog.Policy{Name: n.PolicyName, Command: command, Permissive: n.Permissive}
	if p.Roles, err = w.policyRoles(n.Roles); err != nil {
		return err
	}
	if p.Using, err = w.policyExpr(t, n.Qual, PolicyUsing); err != nil {
		return err
	}
	if p.WithCheck, err = w.policyExpr(t, n.WithCheck, PolicyCheck); err != nil {
		return err
	}
	if policyNamed(t, p.Name) != nil {
		return fault.New(fault.DuplicateObject, `policy "%s" for table "%s" already exists`, p.Name, t.Name)
	}
	p.OID = w.draft().NewOID()
	t = w.draft().Table(t.OID)
	t.Policies = append(t.Policies, p)
	return nil
}

// policyRoles are the roles of a policy, none for everyone.
func (w *work) policyRoles(list *ast.NodeList) ([]string, error) {
	roles, err := w.roles(list)
	if err != nil || !slices.Contains(roles, catalog.Public) {
		return roles, err
	}
	if len(roles) > 1 {
		w.warning("01000", "ignoring specified roles other than PUBLIC")
		w.notices[len(w.notices)-1].Hint = "All roles are members of the PUBLIC role."
	}
	return nil, nil
}

func (w *work) policyExpr(t *catalog.Table, n ast.Node, purpose Purpose) (*catalog.Expr, error) {
	if n == nil {
		return nil, nil
	}
	e, err := w.stored(n)
	if err != nil {
		return nil, err
	}
	_, _, err = w.Compile.Expr(w.cat(), t, e, types.Of(types.Bool), purpose)
	return e, err
}

func policyNamed(t *catalog.Table, name string) *catalog.Policy {
	i := slices.IndexFunc(t.Policies, func(p *catalog.Policy) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return t.Policies[i]
}

func (w *work) alterPolicy(n *ast.AlterPolicyStmt) error {
	t, err := w.ownTable(fromRange(n.Table))
	if err != nil {
		return err
	}
	roles, err := w.policyRoles(n.Roles)
	if err != nil {
		return err
	}
	using, err := w.policyExpr(t, n.Qual, PolicyUsing)
	if err != nil {
		return err
	}
	check, err := w.policyExpr(t, n.WithCheck, PolicyCheck)
	if err != nil {
		return err
	}
	old := policyNamed(t, n.PolicyName)
	switch {
	case old == nil:
		return fault.New(fault.UndefinedObject, `policy "%s" for table "%s" does not exist`, n.PolicyName, t.Name)
	case old.Command == 'a' && n.Qual != nil:
		return fault.New(fault.SyntaxError, "only WITH CHECK expression allowed for INSERT")
	case (old.Command == 'r' || old.Command == 'd') && n.WithCheck != nil:
		return fault.New(fault.SyntaxError, "only USING expression allowed for SELECT, DELETE")
	}
	p := *old
	if len(items(n.Roles)) > 0 {
		p.Roles = roles
	}
	p.Using, p.WithCheck = cmp.Or(using, old.Using), cmp.Or(check, old.WithCheck)
	w.replacePolicy(w.draft().Table(t.OID), &p)
	return nil
}

func (w *work) replacePolicy(t *catalog.Table, p *catalog.Policy) {
	for i, o := range t.Policies {
		if o.OID == p.OID {
			t.Policies[i] = p
		}
	}
}

func (w *work) dropPolicy(n *ast.DropStmt) error {
	parts := names(n.Objects)
	if len(parts) < 2 {
		return unsupported("this form of DROP POLICY is")
	}
	q, err := fromParts(parts[:len(parts)-1])
	if err != nil {
		return err
	}
	name := parts[len(parts)-1]
	if n.MissingOk {
		if q.schema != "" && w.cat().Schemas[q.schema] == nil {
			w.notice(`schema "%s" does not exist, skipping`, q.schema)
			return nil
		}
		if oid, err := w.find(q); err != nil || oid == 0 {
			w.notice(`relation "%s" does not exist, skipping`, q)
			return err
		}
	}
	t, err := w.table(q)
	if err != nil {
		return err
	}
	if policyNamed(t, name) == nil {
		if n.MissingOk {
			w.notice(`policy "%s" for relation "%s" does not exist, skipping`, name, q)
			return nil
		}
		return fault.New(fault.UndefinedObject, `policy "%s" for table "%s" does not exist`, name, q)
	}
	if err := w.mustOwn(t.Owner, "relation", t.Name); err != nil {
		return err
	}
	t = w.draft().Table(t.OID)
	t.Policies = slices.DeleteFunc(t.Policies, func(p *catalog.Policy) bool { return p.Name == name })
	return nil
}

// membership makes a role a member of another, or ends that.
func (w *work) membership(member, of string, isGrant bool) error {
	r := w.cat().Roles[member]
	if r == nil {
		return fault.New(fault.UndefinedObject, `role "%s" does not exist`, member)
	}
	if isGrant && w.cat().Memberships(of)[member] {
		return fault.New("0LP01", `role "%s" is a member of role "%s"`, of, member)
	}
	changed := *r
	changed.MemberOf = slices.DeleteFunc(slices.Clone(r.MemberOf), func(m string) bool { return m == of })
	if isGrant {
		changed.MemberOf = append(changed.MemberOf, of)
	}
	w.draft().AddRole(&changed)
	return nil
}
