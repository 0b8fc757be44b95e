package table

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// Rebuild makes anew what the file keeps of a table's expressions, after the
// functions in them, or the SQL that they become, have changed. As on PostgreSQL
// rows that a check no longer admits stay.
func Rebuild(w *work.Work, t *catalog.Table) error {
	generated := slices.ContainsFunc(t.Columns, func(c *catalog.Column) bool { return c.Generated != nil })
	if !generated && len(expressionsOf(t)) == 0 {
		return nil
	}
	var computed []*catalog.Index
	for _, i := range t.Indexes {
		if i.Physical == "" || i.Where == nil && !slices.ContainsFunc(i.Columns, func(k catalog.IndexColumn) bool { return onComputed(t, k) }) {
			continue
		}
		computed = append(computed, i)
		if err := w.Conn.Exec("DROP INDEX " + work.Quote(i.Physical)); err != nil {
			return fault.From(err)
		}
	}
	if generated {
		bare := *t
		bare.Constraints = nil
		if err := physical.Rewrite(w, &bare); err != nil {
			return err
		}
		if err := recompute(w, t); err != nil {
			return err
		}
	}
	if err := physical.Rewrite(w, t); err != nil {
		return err
	}
	for _, i := range computed {
		if err := physical.BuildIndex(w, t, i); err != nil {
			return err
		}
	}
	return nil
}

// onComputed tells whether a key is computed: an expression, or a generated
// column.
func onComputed(t *catalog.Table, k catalog.IndexColumn) bool {
	if k.Column == 0 {
		return true
	}
	c := t.ColumnNumber(k.Column)
	return c != nil && c.Generated != nil
}
