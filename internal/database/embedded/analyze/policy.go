package analyze

import (
	"cmp"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// need is a privilege the statement needs on a table.
type need struct {
	table     *catalog.Table
	privilege catalog.Privilege
}

func (a *analyzer) need(t *catalog.Table, p catalog.Privilege) {
	a.needed = append(a.needed, need{t, p})
}

func (a *analyzer) checkNeeds() error {
	for _, n := range a.needed {
		if !a.Catalog.Has(a.Role, n.table.Owner, n.table.ACL, n.privilege) {
			return fault.New(fault.InsufficientPrivilege, "permission denied for table %s", n.table.Name)
		}
	}
	return nil
}

// secure makes a relation in FROM show only what the role may read.
func (a *analyzer) secure(r *tree.Rel) error {
	a.need(r.Table, catalog.Select)
	using, err := a.using(r, 'r')
	if err != nil {
		return err
	}
	r.Policy = using
	return nil
}

// bypasses tells whether no policy of a table applies to the role.
func (a *analyzer) bypasses(t *catalog.Table) bool {
	if !t.RowSecurity {
		return true
	}
	role := a.Catalog.Roles[a.Role]
	if role == nil {
		return false
	}
	if role.Superuser || role.BypassRLS {
		return true
	}
	return !t.ForceRowSecurity && a.Catalog.Owns(a.Role, t.Owner)
}

// using returns the condition under which the role may see rows of a table for
// a command, over the columns of r; nil when it may see all of them.
// (PostgreSQL documentation, CREATE POLICY: permissive policies are combined
// with OR, restrictive ones with AND; without a permissive one nothing is
// visible.)
func (a *analyzer) using(r *tree.Rel, command byte) (tree.Expr, error) {
	checks, err := a.policies(r, command, func(p *catalog.Policy) *catalog.Expr { return p.Using })
	if err != nil || checks == nil {
		return nil, err
	}
	all := make([]tree.Expr, len(checks))
	for i, c := range checks {
		all[i] = c.Expr
	}
	return and(all...), nil
}

// withCheck returns the conditions new rows must meet.
func (a *analyzer) withCheck(r *tree.Rel, command byte) ([]tree.Check, error) {
	return a.policies(r, command, func(p *catalog.Policy) *catalog.Expr {
		if p.WithCheck != nil {
			return p.WithCheck
		}
		return p.Using
	})
}

// policies returns the permissive policies as one check, then the restrictive
// ones in the order of their names; nil when none applies to the role at all.
func (a *analyzer) policies(r *tree.Rel, command byte, part func(*catalog.Policy) *catalog.Expr) ([]tree.Check, error) {
	t := r.Table
	if a.bypasses(t) {
		return nil, nil
	}
	if slices.Contains(a.guarded, t.OID) {
		return nil, fault.New(fault.InvalidObjectDefinition, `infinite recursion detected in policy for relation "%s"`, t.Name)
	}
	a.guarded = append(a.guarded, t.OID)
	defer func() { a.guarded = a.guarded[:len(a.guarded)-1] }()

	var permissive []tree.Expr
	var restrictive []tree.Check
	for _, p := range a.applicable(t, command) {
		e := part(p)
		if e == nil {
			continue
		}
		x, err := a.stored(r, e)
		if err != nil {
			return nil, err
		}
		if p.Permissive {
			permissive = append(permissive, x)
		} else {
			restrictive = append(restrictive, tree.Check{Expr: x, Policy: p.Name})
		}
	}
	return append([]tree.Check{{Expr: or(permissive...)}}, restrictive...), nil
}

// applicable lists the policies for a command and the role, by name.
func (a *analyzer) applicable(t *catalog.Table, command byte) []*catalog.Policy {
	member := a.Catalog.Memberships(a.Role)
	var out []*catalog.Policy
	for _, p := range t.Policies {
		if p.Command != '*' && p.Command != command {
			continue
		}
		if len(p.Roles) == 0 || slices.ContainsFunc(p.Roles, func(r string) bool { return member[r] }) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(x, y *catalog.Policy) int { return cmp.Compare(x.Name, y.Name) })
	return out
}

func boolConst(b bool) tree.Expr {
	return &tree.Const{Ref: types.Of(types.Bool), Value: boolValue(b)}
}

// and joins conditions; nil when there is none.
func and(list ...tree.Expr) tree.Expr { return combine(tree.And, nil, list) }

// or joins conditions; false when there is none.
func or(list ...tree.Expr) tree.Expr { return combine(tree.Or, boolConst(false), list) }

func combine(op tree.LogicOp, none tree.Expr, list []tree.Expr) tree.Expr {
	list = slices.DeleteFunc(slices.Clone(list), func(e tree.Expr) bool { return e == nil })
	switch len(list) {
	case 0:
		return none
	case 1:
		return list[0]
	}
	return &tree.Logic{Op: op, Args: list}
}
