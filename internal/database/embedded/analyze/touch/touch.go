// Package touch is the trigger galley_docs.touch as part of an UPDATE, of INSERT …
// ON CONFLICT DO UPDATE too.
package touch

import (
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// Assign returns what an update of a table with the trigger galley_docs.touch sets:
// updated_at is the time of the transaction and created_at what it was, whatever
// the statement says of them. A value that is not used must not fail either, as
// PostgreSQL computes it.
func Assign(r *tree.Rel, list []tree.Assignment, now func() (tree.Expr, error)) ([]tree.Assignment, error) {
	if r.Table == nil || r.Table.Touch == "" {
		return list, nil
	}
	created, err := timeColumn(r, "created_at")
	if err != nil {
		return nil, err
	}
	updated, err := timeColumn(r, "updated_at")
	if err != nil {
		return nil, err
	}
	var out []tree.Assignment
	for _, s := range list {
		switch {
		case s.Index != created && s.Index != updated:
			out = append(out, s)
		case s.Value != nil && tree.MayRaise(s.Value):
			return nil, entry.Unsupported("setting a column that the trigger %s sets to what can fail", r.Table.Touch)
		}
	}
	value, err := now()
	return append(out, tree.Assignment{Index: updated, Value: value}), err
}

// timeColumn finds a column that the trigger sets.
func timeColumn(r *tree.Rel, name string) (int, error) {
	for i, c := range r.Columns {
		if c.Column.Name != name {
			continue
		}
		if c.Type.OID != types.Timestamptz {
			return 0, entry.Unsupported("the trigger %s on a column %s that is no timestamptz", r.Table.Touch, name)
		}
		return i, nil
	}
	return 0, fault.New(fault.UndefinedColumn, `record "new" has no field "%s"`, name)
}
