// Package target is what a statement writes: a table, or a table through views, of
// which it tells which can be written through (rewriteTargetView in rewriteHandler.c
// of PostgreSQL).
package target

import (
	"github.com/galleyhq/galley/internal/database/embedded/analyze/access"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// Target is what a statement writes: a table, or a table through views.
type Target struct {
	Base  *tree.Rel    // the table, with all its columns
	Shown *tree.Rel    // what the statement's names mean: Base, or a view
	Need  *access.Need // the privilege, on columns of Shown
	View  *catalog.View
	Under *Target // what the view stands on

	// Columns are the columns of Under, or of the base table, behind those of
	// Shown; -1 where there is none, nil where they are the same.
	Columns []int
	Where   tree.Expr // the view's own condition, over Base
	Role    string    // whose policies apply to Base
}

// verbs are what a privilege of writing allows, for messages.
var verbs = map[catalog.Privilege][3]string{
	catalog.Insert: {"insert into", "inserting into", "INSERT"},
	catalog.Update: {"update", "updating", "UPDATE"},
	catalog.Delete: {"delete from", "deleting from", "DELETE"},
}

// Bottom is the table at the end of the views.
func (w *Target) Bottom() *Target {
	for w.Under != nil {
		w = w.Under
	}
	return w
}

// Find returns the column of what is written that an expression over the base
// stands for, -1 when it is none. shown are the expressions behind the columns of
// views.
func (w *Target) Find(shown map[*tree.Rel][]tree.Expr, e tree.Expr) int {
	c, ok := e.(*tree.Column)
	if !ok || c.Rel != w.Base {
		return -1
	}
	if w.Columns == nil {
		return c.Index
	}
	for i, x := range shown[w.Shown] {
		if y, ok := x.(*tree.Column); ok && y.Rel == c.Rel && y.Index == c.Index && w.Columns[i] >= 0 {
			return i
		}
	}
	return -1
}

// HasUpdatable tells whether a column of a view can be written.
func (w *Target) HasUpdatable() bool {
	for _, i := range w.Columns {
		if i >= 0 {
			return true
		}
	}
	return false
}

// Through returns the base table's column behind a column of what is written,
// and notes that all on the way is written.
func (w *Target) Through(column int, p catalog.Privilege) (int, error) {
	w.Need.Use(w.Shown.Columns[column].Column.Number)
	if w.View == nil {
		return w.BaseColumn(column), nil
	}
	if w.Columns[column] < 0 {
		return 0, fault.New(fault.FeatureNotSupported, `cannot %s column "%s" of view "%s"`,
			verbs[p][0], w.Shown.Columns[column].Column.Name, w.View.Name).
			WithDetail("View columns that are not columns of their base relation are not updatable.")
	}
	return w.Under.Through(w.Columns[column], p)
}

// BaseColumn is the index in the table of a column at the end of the views.
func (w *Target) BaseColumn(column int) int {
	if w.Columns == nil {
		return column
	}
	return w.Columns[column]
}

// Behind is the table's column behind a column of what is written, or the
// column itself where there is none.
func (w *Target) Behind(column int) *catalog.Column {
	at := w
	for ; at.View != nil && at.Columns[column] >= 0; at = at.Under {
		column = at.Columns[column]
	}
	return at.Shown.Columns[column].Column
}

// Conditions are those of the views on the way: hiding ones, of views with
// security_barrier, and others.
func (w *Target) Conditions() (hiding, plain tree.Expr) {
	for at := w; at.View != nil; at = at.Under {
		if at.View.SecurityBarrier || hiding != nil {
			hiding = resolve.And(at.Where, hiding)
		} else {
			plain = resolve.And(plain, at.Where)
		}
	}
	return hiding, plain
}

// Checks are what the check options of the views demand of new rows, those
// of inner views first.
func (w *Target) Checks() []tree.Check {
	var out []tree.Check
	cascaded := false
	for at := w; at.View != nil; at = at.Under {
		cascaded = cascaded || at.View.CheckOption == 'c'
		if (cascaded || at.View.CheckOption != 0) && at.Where != nil {
			out = append([]tree.Check{{Expr: at.Where, View: at.View.Name}}, out...)
		}
	}
	return out
}

// Index is the index of a column among all of a table's.
func Index(r *tree.Rel, c *catalog.Column) int {
	for i := range r.Columns {
		if r.Columns[i].Column.Number == c.Number {
			return i
		}
	}
	return -1
}
