package query

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// KeyName is the name of the i-th column of a primary key in the objects of InKeys
// and Write.Rowwise, ValueName that of the i-th value.
func KeyName(i int) string { return "_k" + strconv.Itoa(i) }

// ValueName is described at KeyName.
func ValueName(i int) string { return "_c" + strconv.Itoa(i) }

// inKeys writes that a row's key is in the value.
func (c *compiler) inKeys(r relation) error {
	if len(r.PrimaryKey) == 0 {
		return fault.Unsupported("the rows of %q have no primary key to be named by", r.Name.Name)
	}
	key := func(of func(i int) string) {
		_ = c.List(len(r.PrimaryKey), func(i int) error { c.Put(of(i)); return nil })
	}
	c.Put("(")
	key(func(i int) string { return r.column(r.PrimaryKey[i]) })
	c.Put(") IN (SELECT ")
	key(func(i int) string { return "_j." + Quote(KeyName(i)) })
	c.Put(" FROM json_to_recordset(")
	c.Value()
	c.Put(") AS _j(")
	key(func(i int) string { return Quote(KeyName(i)) + " " + r.Column(r.PrimaryKey[i]).Type })
	c.Put("))")
	return nil
}

// rowwise writes where an update takes each row's own values from.
func (c *compiler) rowwise(r relation, w *Write) error {
	if len(r.PrimaryKey) == 0 || len(w.Where) > 0 {
		return fault.Unsupported("rows are updated one by one by their primary keys only")
	}
	c.Put(" FROM json_to_recordset(")
	c.Value()
	c.Put(") AS _j(")
	for i, name := range r.PrimaryKey {
		c.Put(Quote(KeyName(i)), " ", r.Column(name).Type, ", ")
	}
	_ = c.List(len(w.Rowwise), func(i int) error {
		c.Put(Quote(ValueName(i)), " ", r.Column(w.Rowwise[i]).Type)
		return nil
	})
	c.Put(") WHERE ")
	for i, name := range r.PrimaryKey {
		if i > 0 {
			c.Put(" AND ")
		}
		c.Put(r.column(name), " = _j.", Quote(KeyName(i)))
	}
	return nil
}

// CompileLock compiles the read of what a write is about to change: of each row
// its key, and for an update the new values as a JSON object, which is NULL for a
// delete. Rows to be updated are locked. It takes the values of the write's payload
// and conditions.
func CompileLock(snap *schema.Snapshot, w *Write) (*Plan, error) {
	c := &compiler{snap: snap}
	r, err := c.resolve(&w.Node)
	if err != nil {
		return nil, err
	}
	c.Put("SELECT ")
	if w.Action == Update {
		if err := c.newValues(r, w); err != nil {
			return nil, err
		}
	} else {
		c.Put("NULL")
	}
	for _, name := range r.PrimaryKey {
		c.Put(", ", r.column(name))
	}
	c.Put(" FROM ", r.table())
	if err := c.where(r, w.Where); err != nil {
		return nil, err
	}
	if w.Action == Update {
		c.Put(" FOR UPDATE")
	}
	return c.plan(Plan{}), nil
}

// newValues writes the object of the values that an update sets.
func (c *compiler) newValues(r relation, w *Write) error {
	c.Put("(SELECT row_to_json(_n) FROM (SELECT ")
	err := c.List(len(w.Columns), func(i int) error {
		col := r.Column(w.Columns[i])
		if col == nil {
			return fault.New("PGRST204", "Could not find the '%s' column of '%s' in the schema cache", w.Columns[i], r.Name.Name)
		}
		c.Put("CAST(")
		if w.Forms[0][i] == Default {
			c.Put(DefaultOf(col))
		} else if err := c.form(r, col.Name, w.Forms[0][i]); err != nil {
			return err
		}
		c.Put(" AS ", Unlimited(col.Type), ") AS ", Quote(col.Name))
		return nil
	})
	c.Put(") _n)")
	return err
}

// DefaultOf is the expression of a column's default.
func DefaultOf(col *schema.Column) string {
	if col.Default == "" || col.Generated {
		return "NULL"
	}
	return "(" + col.Default + ")"
}

// Unlimited is the type of a column without the length of a string, which a cast
// would cut off where an assignment raises an error.
func Unlimited(title string) string {
	element, array := strings.CutSuffix(title, "[]")
	name, _, _ := strings.Cut(element, "(")
	switch name {
	case "character varying":
	case "character":
		name = "bpchar"
	case "bit", "bit varying":
		name = "bit varying"
	default:
		return title
	}
	if array {
		name += "[]"
	}
	return name
}
