package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

func checkNotNull(w *work.Work, t *catalog.Table, c *catalog.Column) error {
	if c.Rowid {
		return nil
	}
	row, err := w.First(fmt.Sprintf("SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1", work.Quote(t.Physical), work.Quote(c.Physical)))
	if err != nil {
		return fault.From(err)
	}
	if row == nil {
		return nil
	}
	e := fault.New(fault.NotNullViolation, `column "%s" of relation "%s" contains null values`, c.Name, t.Name)
	e.Schema, e.Table, e.Column = t.Schema, t.Name, c.Name
	return e
}

// validate tests the rows there are against a constraint.
func validate(w *work.Work, t *catalog.Table, k *catalog.Constraint) error {
	switch k.Kind {
	case catalog.Check:
		return validateCheck(w, t, k)
	case catalog.ForeignKey:
		return validateForeignKey(w, t, k)
	}
	return nil // its index was built
}

func validateCheck(w *work.Work, t *catalog.Table, k *catalog.Constraint) error {
	sql, _, err := w.Compile.Expr(w.Cat(), t, k.Check, types.Of(types.Bool), work.Check)
	if err != nil {
		return err
	}
	row, err := w.First(fmt.Sprintf("SELECT 1 FROM %s WHERE NOT (%s) LIMIT 1", work.Quote(t.Physical), sql))
	if err != nil {
		return fault.From(err)
	}
	if row == nil {
		return nil
	}
	e := fault.New(fault.CheckViolation, `check constraint "%s" of relation "%s" is violated by some row`, k.Name, t.Name)
	e.Schema, e.Table, e.Constraint = t.Schema, t.Name, k.Name
	return e
}

func validateForeignKey(w *work.Work, t *catalog.Table, k *catalog.Constraint) error {
	parent := t
	if k.RefTable != t.OID {
		parent = w.Cat().Tables[k.RefTable]
	}
	child, key := physical.PhysicalColumns(t, k.Columns), physical.PhysicalColumns(parent, k.RefColumns)
	var columns, present, match []string
	for i := range child {
		c := "c." + work.Quote(child[i])
		columns, present = append(columns, c), append(present, c+" IS NOT NULL")
		match = append(match, "p."+work.Quote(key[i])+" = "+c)
	}
	row, err := w.First(fmt.Sprintf("SELECT %s FROM %s AS c WHERE %s AND NOT EXISTS (SELECT 1 FROM %s AS p WHERE %s) LIMIT 1",
		strings.Join(columns, ", "), work.Quote(t.Physical), strings.Join(present, " AND "), work.Quote(parent.Physical), strings.Join(match, " AND ")))
	if err != nil {
		return fault.From(err)
	}
	if row == nil {
		return nil
	}
	var labels, values []string
	for i, n := range k.Columns {
		c := t.ColumnNumber(n)
		labels, values = append(labels, c.Name), append(values, w.Text(c.Type, row[i]))
	}
	e := fault.New(fault.ForeignKeyViolation, `insert or update on table "%s" violates foreign key constraint "%s"`, t.Name, k.Name).
		WithDetail(`Key (%s)=(%s) is not present in table "%s".`, strings.Join(labels, ", "), strings.Join(values, ", "), parent.Name)
	e.Schema, e.Table, e.Constraint = t.Schema, t.Name, k.Name
	return e
}

func validateConstraint(w *work.Work, t *catalog.Table, name string) error {
	k := work.ConstraintNamed(t, name)
	switch {
	case k == nil:
		return fault.New(fault.UndefinedObject, `constraint "%s" of relation "%s" does not exist`, name, t.Name)
	case k.Kind != catalog.Check && k.Kind != catalog.ForeignKey:
		return fault.New(fault.WrongObjectType, `constraint "%s" of relation "%s" is not a foreign key or check constraint`, name, t.Name)
	case !k.NotValid:
		return nil
	}
	if err := validate(w, t, k); err != nil {
		return err
	}
	changed := *k
	changed.NotValid = false
	t.Constraints[slices.Index(t.Constraints, k)] = &changed
	return nil
}
