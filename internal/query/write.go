package query

import (
	"slices"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// Action is what a write does.
type Action uint8

// The actions.
const (
	Insert Action = iota
	Update
	Delete
)

// Returning is what a write gives back of each row it wrote.
type Returning uint8

// The kinds of returning. Without rows the command tag tells how many rows were
// written.
const (
	ReturnNothing Returning = iota
	ReturnKey               // the columns of the primary key
	ReturnRows              // what the node selects
)

// Form is how a value of a payload reaches its column.
type Form uint8

// The forms.
const (
	// Bound is a parameter that the column's type decides on.
	Bound Form = iota
	// Default is the column's default; it takes no value.
	Default
	// Converted is a parameter with a JSON object whose key v holds the value,
	// for JSON arrays and objects that become an SQL array or composite value.
	Converted
	// Merged is a parameter with a merge patch (RFC 7396) for what a column of
	// JSON holds.
	Merged
)

// Write asks to insert, update or delete rows of a node. Where, Order, Limit
// and Offset of an insert speak of the rows returned only.
type Write struct {
	Node
	Action Action

	// Columns are those an insert or update sets.
	Columns []string
	// Forms are the forms of their values: for an insert one list a row, for
	// an update one list. Without any, Bulk is set.
	Forms [][]Form
	// Bulk takes the rows of an insert from one value, a JSON array of
	// objects. A key that an object lacks is null.
	Bulk bool

	// Resolution is what becomes of rows of an insert that exist already by the
	// columns of Conflict.
	Resolution Resolution
	Conflict   []string
	// Merging are the columns that an existing row takes; nil means Columns.
	Merging []string
	// Overriding lets an insert give identity columns that are always generated.
	Overriding bool
	// Rowwise are columns that an update sets for each row by itself. Its rows are
	// named by their keys then: the last value of the payload is a JSON array of
	// objects that hold a row's key (KeyName) and those columns' values (ValueName),
	// and there are no conditions.
	Rowwise []string
	// Matching lets a bulk insert take only those rows of its payload that meet
	// the conditions: PUT.
	Matching bool

	Returning Returning
	Format    Format
}

// CompileWrite compiles a write. The values it takes are those of the payload
// row by row, those of the conditions, then limit, then offset.
func CompileWrite(snap *schema.Snapshot, w *Write) (*Plan, error) {
	c := &compiler{snap: snap, allowed: w.Aggregates}
	r, err := c.resolve(&w.Node)
	if err != nil {
		return nil, err
	}
	if err := w.check(r); err != nil {
		return nil, err
	}
	if err := w.checkConflict(r); err != nil {
		return nil, err
	}
	if w.Returning == ReturnRows && (len(w.Order) > 0 || w.Limit || w.Offset || len(w.Children) > 0 || w.aggregated()) {
		return c.arranged(r, w)
	}
	if err := c.change(r, w); err != nil {
		return nil, err
	}
	p, err := c.returning(r, w)
	if err != nil {
		return nil, err
	}
	return c.plan(p), nil
}

// check refuses columns that the relation does not have, in PostgREST's words.
func (w *Write) check(r relation) error {
	for _, name := range slices.Concat(w.Columns, w.Rowwise) {
		if r.Column(name) == nil {
			return fault.New("PGRST204", "Could not find the '%s' column of '%s' in the schema cache", name, r.Name.Name)
		}
	}
	return nil
}

func (c *compiler) change(r relation, w *Write) error {
	switch w.Action {
	case Insert:
		if err := c.insert(r, w); err != nil {
			return err
		}
		return c.onConflict(r, w)
	case Update:
		if err := c.update(r, w); err != nil {
			return err
		}
		if len(w.Rowwise) > 0 {
			return c.rowwise(r, w)
		}
	case Delete:
		c.Put("DELETE FROM ", r.table())
	}
	return c.where(r, w.Where)
}

func (c *compiler) insert(r relation, w *Write) error {
	c.Put("INSERT INTO ", r.table())
	if w.Bulk {
		return c.bulk(r, w)
	}
	if len(w.Columns) == 0 {
		c.Put(" DEFAULT VALUES")
		return nil
	}
	c.columns(w.Columns)
	c.Put(" VALUES ")
	return c.List(len(w.Forms), func(i int) error {
		c.Put("(")
		err := c.List(len(w.Columns), func(j int) error { return c.form(r, w.Columns[j], w.Forms[i][j]) })
		c.Put(")")
		return err
	})
}

func (c *compiler) columns(names []string) {
	c.Put(" (")
	_ = c.List(len(names), func(i int) error { c.Put(Quote(names[i])); return nil })
	c.Put(")")
}

// bulk writes INSERT … SELECT from one JSON array: one shape and one value for
// any number of rows.
func (c *compiler) bulk(r relation, w *Write) error {
	if len(w.Columns) == 0 {
		c.Put(" SELECT FROM json_array_elements(")
		c.Value()
		c.Put(")")
		return nil
	}
	c.columns(w.Columns)
	if w.Overriding {
		c.Put(" OVERRIDING SYSTEM VALUE")
	}
	c.Put(" SELECT ")
	_ = c.List(len(w.Columns), func(i int) error { c.Put("_j.", Quote(w.Columns[i])); return nil })
	c.Put(" FROM json_to_recordset(")
	c.Value()
	c.Put(") AS _j(")
	_ = c.List(len(w.Columns), func(i int) error {
		c.Put(Quote(w.Columns[i]), " ", r.Column(w.Columns[i]).Type)
		return nil
	})
	c.Put(")")
	if w.Matching {
		return c.where(relation{Relation: r.Relation, alias: "_j"}, w.Where)
	}
	return nil
}

func (c *compiler) form(r relation, column string, f Form) error {
	switch f {
	case Default:
		c.Put("DEFAULT")
	case Converted:
		c.Put("(SELECT _j.v FROM json_to_record(")
		c.Value()
		c.Put(") AS _j(v ", r.Column(column).Type, "))")
	case Merged:
		c.merged(r.Column(column))
	default:
		c.Value()
	}
	return nil
}

// merged writes what a merge patch makes of a column: objects are merged in the
// statement, so that nothing comes between reading and writing.
func (c *compiler) merged(col *schema.Column) {
	name, end := Quote(col.Name), ")"
	if col.TypeName == "json" {
		name, end = name+"::jsonb", ")::json"
	}
	c.Put("galley_docs.merge_patch(", name, ", ")
	c.Value()
	c.Put(end)
}

func (c *compiler) update(r relation, w *Write) error {
	if len(w.Columns)+len(w.Rowwise) == 0 || len(w.Forms) != 1 {
		return fault.New(fault.SyntaxError, "an update needs columns to set")
	}
	c.Put("UPDATE ", r.table(), " SET ")
	for i, name := range w.Rowwise {
		c.Put(Quote(name), " = _j.", Quote(ValueName(i)))
		if i < len(w.Rowwise)-1 || len(w.Columns) > 0 {
			c.Put(", ")
		}
	}
	return c.List(len(w.Columns), func(i int) error {
		c.Put(Quote(w.Columns[i]), " = ")
		return c.form(r, w.Columns[i], w.Forms[0][i])
	})
}

// Resolution is what an insert does about rows that exist already.
type Resolution uint8

// The resolutions.
const (
	Fail   Resolution = iota
	Merge             // the existing row takes the new row's values
	Ignore            // the existing row stays as it is
)

// onConflict writes the ON CONFLICT clause of an upsert: over the columns asked
// for, or the primary key. Without either it is a plain insert.
func (c *compiler) onConflict(r relation, w *Write) error {
	if w.Resolution == Fail {
		return nil
	}
	c.Put(" ON CONFLICT")
	c.columns(w.Conflict)
	set := w.Columns
	if w.Merging != nil {
		set = w.Merging
	}
	if w.Resolution == Ignore || len(set) == 0 {
		c.Put(" DO NOTHING")
		return nil
	}
	c.Put(" DO UPDATE SET ")
	err := c.List(len(set), func(i int) error {
		c.Put(Quote(set[i]), " = EXCLUDED.", Quote(set[i]))
		return nil
	})
	if !hasSystemColumns(r) {
		c.Put(" WHERE set_config('", updatedSetting, "', 'yes', true) IS NOT NULL")
	}
	return err
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
