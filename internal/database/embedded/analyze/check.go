package analyze

import (
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/target"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// newRowChecks are the conditions on rows as the statement leaves them: those of the
// policies for an action ('a' INSERT, 'w' UPDATE), those of SELECT policies where the
// statement reads the table, and the check options of views.
func (a *analyzer) newRowChecks(w *target.Target, action byte, reads bool) ([]tree.Check, error) {
	defer a.as(w.Role)()
	checks, err := a.WithCheck(w.Base, action)
	if err != nil {
		return nil, err
	}
	if reads {
		more, err := a.Policies(w.Base, 'r', func(p *catalog.Policy) *catalog.Expr { return p.Using })
		if err != nil {
			return nil, err
		}
		checks = append(checks, more...)
	}
	return append(checks, w.Checks()...), nil
}

// writeConditions are the conditions on the rows a statement changes: what
// policies and barriers hide, and the statement's own with those of views.
func (a *analyzer) writeConditions(w *target.Target, command byte, where tree.Expr) (policy, all tree.Expr, err error) {
	defer a.as(w.Role)()
	policy, err = a.writePolicy(w.Base, command, a.readsBase(w))
	hiding, plain := w.Conditions()
	return resolve.And(policy, hiding), resolve.And(where, plain), err
}

// as makes another role the present one, and returns the way back.
func (a *analyzer) as(role string) func() {
	old := a.Role
	a.Role = role
	return func() { a.Role = old }
}

// writePolicy tells which rows the role may change: the command's own policies,
// and where the statement reads the table those of SELECT as well (PostgreSQL
// documentation, CREATE POLICY, table 281).
func (a *analyzer) writePolicy(target *tree.Rel, command byte, reads bool) (tree.Expr, error) {
	own, err := a.Using(target, command)
	if err != nil || !reads {
		return own, err
	}
	visible, err := a.Using(target, 'r')
	return resolve.And(visible, own), err
}
