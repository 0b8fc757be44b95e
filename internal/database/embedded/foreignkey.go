package embedded

import (
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// foreignKeys finds the foreign key that the rows stored or removed so far
// violate, by looking for each key where it must or must not be; nil when none.
func (d *diagnosis) foreignKeys() error {
	for _, row := range d.stored {
		for _, k := range d.t.Constraints {
			if k.Kind != catalog.ForeignKey {
				continue
			}
			if err := d.missing(k, row); err != nil {
				return err
			}
		}
	}
	for _, row := range d.removed {
		for _, ref := range d.cat.References(d.t.OID) {
			if err := d.referenced(ref, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// missing tells whether a stored row refers to a row that is not there.
func (d *diagnosis) missing(k *catalog.Constraint, row []sqlite.Value) error {
	parent := d.cat.Tables[k.RefTable]
	values, ok := d.values(d.t, k.Columns, row)
	if !ok || parent == nil {
		return nil
	}
	found, err := d.exists(parent, k.RefColumns, values)
	if err != nil || found {
		return err
	}
	f := fault.New(fault.ForeignKeyViolation, `insert or update on table "%s" violates foreign key constraint "%s"`, d.t.Name, k.Name)
	f.Schema, f.Table, f.Constraint = d.t.Schema, d.t.Name, k.Name
	if d.hidesValues(d.t) || d.hidesValues(parent) {
		return f.WithDetail(`Key is not present in table "%s".`, parent.Name)
	}
	return f.WithDetail(`Key %s is not present in table "%s".`, d.key(d.t, k.Columns, row), parent.Name)
}

// referenced tells whether rows still refer to a row that is gone or has
// another key now.
func (d *diagnosis) referenced(ref *catalog.Reference, row []sqlite.Value) error {
	k := ref.Constraint
	values, ok := d.values(d.t, k.RefColumns, row)
	if !ok {
		return nil
	}
	if still, err := d.exists(d.t, k.RefColumns, values); err != nil || still {
		return err
	}
	found, err := d.exists(ref.Table, k.Columns, values)
	if err != nil || !found {
		return err
	}
	f := fault.New(fault.ForeignKeyViolation, `update or delete on table "%s" violates foreign key constraint "%s" on table "%s"`,
		d.t.Name, k.Name, ref.Table.Name)
	f.Schema, f.Table, f.Constraint = ref.Table.Schema, ref.Table.Name, k.Name
	if d.hidesValues(d.t) || d.hidesValues(ref.Table) {
		return f.WithDetail(`Key is still referenced from table "%s".`, ref.Table.Name)
	}
	return f.WithDetail(`Key %s is still referenced from table "%s".`, d.key(d.t, k.RefColumns, row), ref.Table.Name)
}

// values picks the columns of a key; ok is false when one is NULL.
func (d *diagnosis) values(t *catalog.Table, columns []int, row []sqlite.Value) (values []sqlite.Value, ok bool) {
	for _, number := range columns {
		v := row[position(t, number)]
		if v.IsNull() {
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
}

func (d *diagnosis) exists(t *catalog.Table, columns []int, values []sqlite.Value) (bool, error) {
	conditions := make([]string, len(columns))
	for i, number := range columns {
		conditions[i] = quote(t.ColumnNumber(number).Physical) + " = ?" + strconv.Itoa(i+1)
	}
	row, err := d.first("SELECT 1 FROM "+quote(t.Physical)+" WHERE "+strings.Join(conditions, " AND ")+" LIMIT 1", values...)
	return row != nil, err
}
