package query

import "github.com/galleyhq/galley/internal/fault"

// Resolution is what an insert does about rows that exist already.
type Resolution uint8

// The resolutions.
const (
	Fail   Resolution = iota
	Merge             // the existing row takes the new row's values
	Ignore            // the existing row stays as it is
)

// isNew is the column that tells of each row of an upsert whether it is new. In
// PostgreSQL a row that was inserted has no xmax.
const isNew = "xmax = 0"

// onConflict writes the ON CONFLICT clause of an upsert: over the columns asked
// for, or the primary key. Without either it is a plain insert.
func (c *compiler) onConflict(r relation, w *Write) error {
	if w.Resolution == Fail {
		return nil
	}
	c.write(" ON CONFLICT")
	c.columns(w.Conflict)
	if w.Resolution == Ignore || len(w.Columns) == 0 {
		c.write(" DO NOTHING")
		return nil
	}
	c.write(" DO UPDATE SET ")
	return c.list(len(w.Columns), func(i int) error {
		c.write(Quote(w.Columns[i]), " = EXCLUDED.", Quote(w.Columns[i]))
		return nil
	})
}

// checkConflict refuses columns that the relation does not have.
func (w *Write) checkConflict(r relation) error {
	for _, name := range w.Conflict {
		if r.Column(name) == nil {
			return fault.New(fault.UndefinedColumn, "column %q does not exist", name)
		}
	}
	return nil
}

// merges tells whether the rows of a write may be new or not.
func (w *Write) merges() bool { return w.Action == Insert && w.Resolution == Merge }
