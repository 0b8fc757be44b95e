// Package trigger creates and drops the one kind of trigger that this engine has:
// galley_docs.touch, which keeps the times of a row. What it does is part of each
// UPDATE from then on; see package analyze.
package trigger

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// Create runs CREATE TRIGGER … BEFORE UPDATE ON … FOR EACH ROW EXECUTE FUNCTION
// galley_docs.touch().
func Create(w *work.Work, n *ast.CreateTriggerStmt) error {
	if !slices.Equal(work.Names(n.Funcname), []string{"galley_docs", "touch"}) || !plain(n) {
		return work.Unsupported("a trigger other than BEFORE UPDATE … FOR EACH ROW EXECUTE FUNCTION galley_docs.touch() is").
			WithHint("Write a hook on the table instead (docs/hooks.md). PostgreSQL has triggers: set DATABASE_URL to use it as the engine.")
	}
	t, err := w.OwnTable(work.NameOf(n.Relation))
	if err != nil {
		return err
	}
	switch {
	case t.Touch == n.Trigname && !n.Replace:
		return fault.New(fault.DuplicateObject, `trigger "%s" for relation "%s" already exists`, n.Trigname, t.Name)
	case t.Touch != "" && t.Touch != n.Trigname:
		return work.Unsupported("a second trigger on a table is")
	}
	for _, k := range t.Constraints {
		if k.ChangesRows() { // SQLite would do it without the trigger
			return work.Unsupported("a trigger on a table whose rows the foreign key %s changes is", k.Name)
		}
	}
	w.Draft().Table(t.OID).Touch = n.Trigname
	return nil
}

func plain(n *ast.CreateTriggerStmt) bool {
	return n.Timing == ast.TRIGGER_TIMING_BEFORE && n.Events == ast.TRIGGER_TYPE_UPDATE && n.Row && !n.IsConstraint &&
		len(work.Items(n.Args)) == 0 && len(work.Items(n.Columns)) == 0 && n.WhenClause == nil && len(work.Items(n.Transitions)) == 0
}

// Drop runs DROP TRIGGER.
func Drop(w *work.Work, n *ast.DropStmt) error {
	t, _, err := w.DropPart(n, "trigger", func(t *catalog.Table, name string) bool { return t.Touch == name })
	if t != nil {
		t.Touch = ""
	}
	return err
}
