package query

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/access"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// lockNames are the clauses that lock rows.
var lockNames = map[ast.LockClauseStrength]string{
	ast.LCS_FORKEYSHARE: "FOR KEY SHARE", ast.LCS_FORSHARE: "FOR SHARE",
	ast.LCS_FORNOKEYUPDATE: "FOR NO KEY UPDATE", ast.LCS_FORUPDATE: "FOR UPDATE",
}

func lockError(l *ast.LockingClause, message string) error {
	return fault.New(fault.FeatureNotSupported, "%s %s", lockNames[l.Strength], message)
}

// lock applies FOR UPDATE and its kind. The single writer locks all there is, so
// what is left are the rights to change the rows and the policies for it.
func (a *Analyzer) lock(q *tree.Query, s *scope.Scope, n *ast.SelectStmt) error {
	for _, item := range syntax.Items(n.LockingClause) {
		l, ok := item.(*ast.LockingClause)
		if !ok || a.Freeze != nil || a.InView() {
			return resolve.Unsupported("FOR UPDATE here is")
		}
		for _, w := range []struct {
			has  bool
			what string
		}{
			{q.Distinct, "DISTINCT clause"}, {len(q.GroupBy)+len(q.Sets) > 0, "GROUP BY clause"}, {q.Having != nil, "HAVING clause"},
			{q.Aggregated, "aggregate functions"}, {q.Windowed, "window functions"},
			{s.Sets != nil && len(*s.Sets) > 0, "set-returning functions in the target list"},
		} {
			if w.has {
				return lockError(l, "is not allowed with "+w.what)
			}
		}
		list, err := a.lockedRels(s, l)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := a.lockRel(r, l); err != nil {
				return err
			}
		}
		a.locks = "SELECT " + lockNames[l.Strength]
	}
	return nil
}

// lockedRels are the relations that a clause locks.
func (a *Analyzer) lockedRels(s *scope.Scope, l *ast.LockingClause) ([]*tree.Rel, error) {
	var out []*tree.Rel
	if len(syntax.Items(l.LockedRels)) == 0 {
		for _, r := range s.Rels {
			if r.Table != nil || r.View != nil || r.Query != nil && r.CTE == nil {
				out = append(out, r)
			}
		}
		return out, nil
	}
	for _, item := range l.LockedRels.Items {
		v, ok := item.(*ast.RangeVar)
		if !ok {
			return nil, resolve.Unsupported("%T in FOR UPDATE OF is", item)
		}
		if v.SchemaName != "" {
			return nil, fault.New(fault.SyntaxError, "%s must specify unqualified relation names", lockNames[l.Strength])
		}
		i := slices.IndexFunc(s.Rels, func(r *tree.Rel) bool { return r.Alias == v.RelName })
		if i < 0 {
			return nil, a.At(fault.New(fault.UndefinedTable, `relation "%s" in %s clause not found in FROM clause`, v.RelName, lockNames[l.Strength]), v.RelName)
		}
		out = append(out, s.Rels[i])
	}
	return out, nil
}

func (a *Analyzer) lockRel(r *tree.Rel, l *ast.LockingClause) error {
	switch {
	case r.Table == nil:
		return resolve.Unsupported("FOR UPDATE of anything but a table is")
	case r.Nullable:
		return lockError(l, "cannot be applied to the nullable side of an outer join")
	}
	a.Needs.Add(a.Role, access.Of(r), catalog.Update) // of any column, since none is named
	own, err := a.Using(r, 'w')
	r.Policy = resolve.And(r.Policy, own)
	return err
}
