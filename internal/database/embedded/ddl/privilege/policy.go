package privilege

import (
	"cmp"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// policyCommands are pg_policy.polcmd by the word of CREATE POLICY.
var policyCommands = map[string]byte{"": '*', "all": '*', "select": 'r', "insert": 'a', "update": 'w', "delete": 'd'}

func CreatePolicy(w *work.Work, n *ast.CreatePolicyStmt) error {
	t, err := w.OwnTable(work.NameOf(n.Table))
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
	if p.Roles, err = policyRoles(w, n.Roles); err != nil {
		return err
	}
	if p.Using, err = policyExpr(w, t, n.Qual, work.PolicyUsing); err != nil {
		return err
	}
	if p.WithCheck, err = policyExpr(w, t, n.WithCheck, work.PolicyCheck); err != nil {
		return err
	}
	if policyNamed(t, p.Name) != nil {
		return fault.New(fault.DuplicateObject, `policy "%s" for table "%s" already exists`, p.Name, t.Name)
	}
	p.OID = w.Draft().NewOID()
	t = w.Draft().Table(t.OID)
	t.Policies = append(t.Policies, p)
	return nil
}

// policyRoles are the roles of a policy, none for everyone.
func policyRoles(w *work.Work, list *ast.NodeList) ([]string, error) {
	roles, err := w.RolesOf(list)
	if err != nil || !slices.Contains(roles, catalog.Public) {
		return roles, err
	}
	if len(roles) > 1 {
		w.Warning("01000", "ignoring specified roles other than PUBLIC")
		w.Notices[len(w.Notices)-1].Hint = "All roles are members of the PUBLIC role."
	}
	return nil, nil
}

func policyExpr(w *work.Work, t *catalog.Table, n ast.Node, purpose work.Purpose) (*catalog.Expr, error) {
	if n == nil {
		return nil, nil
	}
	e, err := w.Stored(n)
	if err != nil {
		return nil, err
	}
	if _, _, err = w.Compile.Expr(w.Cat(), t, e, types.Of(types.Bool), purpose); err != nil {
		return nil, err
	}
	return e, resolve(w, t, n, e)
}

// resolve keeps the names of an expression with subqueries resolved, so that
// nothing done to what it reads changes its meaning. What cannot be resolved
// stays text: statements that would change its meaning are refused then.
func resolve(w *work.Work, t *catalog.Table, n ast.Node, e *catalog.Expr) error {
	if !work.HasSubquery(n) {
		return nil
	}
	node := ast.CloneNode(n)
	sources, err := w.Compile.Sources(w.Cat(), t, node, w.SearchPath)
	if err == nil {
		e.Resolved, err = syntax.Deparse(node)
	}
	switch {
	case err == nil:
		e.Sources = sources
	case fault.Code(err) == fault.FeatureNotSupported:
		e.Resolved = ""
	default:
		return err
	}
	return nil
}

func policyNamed(t *catalog.Table, name string) *catalog.Policy {
	i := slices.IndexFunc(t.Policies, func(p *catalog.Policy) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return t.Policies[i]
}

func AlterPolicy(w *work.Work, n *ast.AlterPolicyStmt) error {
	t, err := w.OwnTable(work.NameOf(n.Table))
	if err != nil {
		return err
	}
	roles, err := policyRoles(w, n.Roles)
	if err != nil {
		return err
	}
	using, err := policyExpr(w, t, n.Qual, work.PolicyUsing)
	if err != nil {
		return err
	}
	check, err := policyExpr(w, t, n.WithCheck, work.PolicyCheck)
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
	if len(work.Items(n.Roles)) > 0 {
		p.Roles = roles
	}
	p.Using, p.WithCheck = cmp.Or(using, old.Using), cmp.Or(check, old.WithCheck)
	replacePolicy(w, w.Draft().Table(t.OID), &p)
	return nil
}

func replacePolicy(w *work.Work, t *catalog.Table, p *catalog.Policy) {
	for i, o := range t.Policies {
		if o.OID == p.OID {
			t.Policies[i] = p
		}
	}
}

func DropPolicy(w *work.Work, n *ast.DropStmt) error {
	t, name, err := w.DropPart(n, "policy", func(t *catalog.Table, name string) bool { return policyNamed(t, name) != nil })
	if t != nil {
		t.Policies = slices.DeleteFunc(t.Policies, func(p *catalog.Policy) bool { return p.Name == name })
	}
	return err
}

func RenamePolicy(w *work.Work, n *ast.RenameStmt) error {
	t, err := w.OwnTable(work.NameOf(n.Relation))
	if err != nil {
		return err
	}
	p := policyNamed(t, n.Subname)
	switch {
	case policyNamed(t, n.Newname) != nil:
		return fault.New(fault.DuplicateObject, `policy "%s" for table "%s" already exists`, n.Newname, t.Name)
	case p == nil:
		return fault.New(fault.UndefinedObject, `policy "%s" for table "%s" does not exist`, n.Subname, t.Name)
	}
	c := *p
	c.Name = n.Newname
	replacePolicy(w, w.Draft().Table(t.OID), &c)
	return nil
}
