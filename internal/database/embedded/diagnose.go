package embedded

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/access"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// diagnose explains a violated constraint as PostgreSQL does. SQLite tells
// little: not the row, not the foreign key's name. So the statement runs again,
// row by row and in a savepoint that is rolled back, until the row at fault is
// found. Only failures pay for it.
func (x *execution) diagnose(c *sqlite.Conn, p *emit.Program, err error) error {
	if !violates(err) || p.Target == nil {
		return err
	}
	phases, emitErr := emit.CompilePhases(x.types, p.Result)
	if emitErr != nil {
		return plainFault(err)
	}
	return x.again(c, phases, err, func(d *diagnosis) error { return x.phases(c, phases, d.row) })
}

// violates tells whether an error is that of a violated constraint.
func violates(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Primary() == sqlite.CodeConstraint || errors.Is(err, errNullKey)
}

// again runs a statement that failed for the diagnosis of its error.
func (x *execution) again(c *sqlite.Conn, p *emit.Program, err error, do func(*diagnosis) error) error {
	if c.AutoCommit() {
		return plainFault(err)
	}
	if err := c.Exec("SAVEPOINT galley_diagnosis"); err != nil {
		return err
	}
	d := &diagnosis{execution: x, c: c, p: p, t: p.Target}
	x.replays, x.replay, x.touched, x.witness = true, x.given, nil, d
	found := do(d)
	if found == nil || fault.Code(found) == "" {
		if fk := d.foreignKeys(); fk != nil {
			found = fk
		}
	}
	x.replays, x.witness = false, nil
	if err := c.Exec("ROLLBACK TO galley_diagnosis; RELEASE galley_diagnosis"); err != nil {
		return err
	}
	if fault.Code(found) != "" {
		return found
	}
	return plainFault(err)
}

func plainFault(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return constraintFault(e)
	}
	return fault.New(fault.NotNullViolation, "null value in a key violates its not-null constraint")
}

// constraintFault is what can be said of a violated constraint without its row.
func constraintFault(e *sqlite.Error) error {
	code := map[int]string{
		sqlite.CodeCheck: fault.CheckViolation, sqlite.CodeForeignKey: fault.ForeignKeyViolation,
		sqlite.CodeTrigger: fault.ForeignKeyViolation, sqlite.CodeNotNull: fault.NotNullViolation,
		sqlite.CodePrimaryKey: fault.UniqueViolation, sqlite.CodeUnique: fault.UniqueViolation, sqlite.CodeRowID: fault.UniqueViolation,
	}[e.Code]
	if code == "" {
		return fault.Internal(e)
	}
	return fault.New(code, "a constraint is violated").WithCause(e)
}

// diagnosis finds the row at fault.
type diagnosis struct {
	*execution
	c *sqlite.Conn
	p *emit.Program
	t *catalog.Table

	stored  [][]sqlite.Value // new rows that were stored
	removed [][]sqlite.Value // old rows that were changed or deleted
	subject []sqlite.Value   // the row that ON CONFLICT is about to store
}

// storing, replacing and hasStored see what ON CONFLICT does; d is nil where
// nobody asks.
func (d *diagnosis) storing(values []sqlite.Value) error {
	if d == nil {
		return nil
	}
	d.subject = values
	return d.notNull(values)
}

func (d *diagnosis) replacing(key sqlite.Value, values []sqlite.Value) error {
	if d == nil {
		return nil
	}
	old, err := d.old(key)
	if err != nil {
		return err
	}
	d.removed = append(d.removed, old)
	return d.storing(values)
}

func (d *diagnosis) hasStored(values []sqlite.Value) {
	if d != nil {
		d.stored = append(d.stored, values)
	}
}

// upserted runs ON CONFLICT for one row and explains why it cannot be stored.
func (d *diagnosis) upserted(row []sqlite.Value) error {
	err := d.upsert(d.c, d.p, row, newTable(d.p))
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return d.explain(e, d.subject)
	}
	return err
}

// row stores one row and explains why it cannot be, if so.
func (d *diagnosis) row(row []sqlite.Value) error {
	if d.p.Upsert != nil {
		return d.upserted(row)
	}
	values := row
	if d.p.Command != emit.Insert {
		old, err := d.old(row[0])
		if err != nil {
			return err
		}
		d.removed = append(d.removed, old)
		values = row[1:]
	}
	if d.p.Command != emit.Delete {
		values = values[:len(d.t.Columns)] // without what is returned
		if err := d.notNull(values); err != nil {
			return err
		}
		d.stored = append(d.stored, values)
	}
	err := d.each(d.c, d.p, row, newTable(d.p))
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return d.explain(e, values)
	}
	return err
}

// old reads the row as it was.
func (d *diagnosis) old(key sqlite.Value) ([]sqlite.Value, error) {
	names := make([]string, len(d.t.Columns))
	for i, c := range d.t.Columns {
		names[i] = quote(c.Physical)
	}
	return d.first("SELECT "+strings.Join(names, ", ")+" FROM "+quote(d.t.Physical)+" WHERE _rowid_ = ?1", key)
}

// first returns the first row of a query, nil when there is none.
func (d *diagnosis) first(sql string, args ...sqlite.Value) ([]sqlite.Value, error) {
	st, err := d.c.Prepare(sql)
	if err != nil {
		return nil, err
	}
	defer st.Reset()
	for i, a := range args {
		if err := st.Bind(i+1, a); err != nil {
			return nil, err
		}
	}
	more, err := st.Step()
	if err != nil || !more {
		return nil, err
	}
	row := make([]sqlite.Value, st.ColumnCount())
	for i := range row {
		row[i] = st.Column(i)
	}
	return row, nil
}

func (d *diagnosis) notNull(values []sqlite.Value) error {
	for i, c := range d.t.Columns {
		if c.NotNull && values[i].IsNull() {
			f := fault.New(fault.NotNullViolation, `null value in column "%s" of relation "%s" violates not-null constraint`, c.Name, d.t.Name)
			f.Schema, f.Table, f.Column = d.t.Schema, d.t.Name, c.Name
			return d.failingRow(f, values)
		}
	}
	return nil
}

func (d *diagnosis) explain(e *sqlite.Error, values []sqlite.Value) error {
	switch e.Code {
	case sqlite.CodeCheck:
		return d.check(e, values)
	case sqlite.CodeUnique, sqlite.CodePrimaryKey, sqlite.CodeRowID:
		return d.unique(e, values)
	case sqlite.CodeForeignKey, sqlite.CodeTrigger:
		if fk := d.foreignKeys(); fk != nil {
			return fk
		}
	}
	return constraintFault(e)
}

func (d *diagnosis) check(e *sqlite.Error, values []sqlite.Value) error {
	_, name, _ := strings.Cut(e.Message, "CHECK constraint failed: ")
	for _, k := range d.t.Constraints {
		if k.Kind == catalog.Check && k.Physical == name {
			f := fault.New(fault.CheckViolation, `new row for relation "%s" violates check constraint "%s"`, d.t.Name, k.Name)
			f.Schema, f.Table, f.Constraint = d.t.Schema, d.t.Name, k.Name
			return d.failingRow(f, values)
		}
	}
	return constraintFault(e)
}

// unique finds the index that a new row collides in: the first one, in the
// order of their making, that holds another row with the same key.
func (d *diagnosis) unique(e *sqlite.Error, values []sqlite.Value) error {
	for _, i := range d.uniqueIndexes() {
		if !d.named(e.Message, i) {
			continue
		}
		f := fault.New(fault.UniqueViolation, `duplicate key value violates unique constraint "%s"`, i.Name)
		f.Schema, f.Table, f.Constraint = d.t.Schema, d.t.Name, i.Name
		if d.hidesValues(d.t) {
			return f
		}
		columns := make([]int, len(i.Columns))
		for k, c := range i.Columns {
			if c.Column == 0 {
				return f
			}
			columns[k] = c.Column
		}
		return f.WithDetail("Key %s already exists.", d.key(d.t, columns, values))
	}
	return constraintFault(e)
}

func (d *diagnosis) uniqueIndexes() []*catalog.Index {
	return slices.DeleteFunc(slices.Clone(d.t.Indexes), func(i *catalog.Index) bool { return !i.Unique })
}

// named tells whether SQLite's message speaks of an index: it lists the columns
// of a plain one and names one over expressions.
func (d *diagnosis) named(message string, i *catalog.Index) bool {
	_, rest, _ := strings.Cut(message, "UNIQUE constraint failed: ")
	if i.Physical != "" && rest == "index '"+i.Physical+"'" {
		return true
	}
	list := make([]string, len(i.Columns))
	for k, c := range i.Columns {
		column := d.t.ColumnNumber(c.Column)
		if column == nil {
			return false
		}
		list[k] = d.t.Physical + "." + column.Physical
	}
	return rest == strings.Join(list, ", ")
}

// failingRow adds the row to a fault, unless row-level security applies to the
// role, which then may not see all of it.
func (d *diagnosis) failingRow(f *fault.Error, values []sqlite.Value) error {
	if d.hidesValues(d.t) {
		return f
	}
	list := make([]string, len(values))
	for i, c := range d.t.Columns {
		list[i] = shorten(d.text(c, values[i]))
	}
	return f.WithDetail("Failing row contains (%s).", strings.Join(list, ", "))
}

// shorten cuts a value as PostgreSQL does in messages.
func shorten(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return s[:cut] + "..."
}

// hidesValues tells whether messages must not show the values of a table.
func (d *diagnosis) hidesValues(t *catalog.Table) bool {
	r := role(d.session)
	return !access.Bypasses(d.cat, r, t) || !d.cat.Has(r, t.Owner, t.ACL, catalog.Select)
}

func (d *diagnosis) text(c *catalog.Column, v sqlite.Value) string {
	if v.IsNull() {
		return "null"
	}
	return string(d.types.Type(c.Type.OID).Out(nil, v))
}

// key writes "(a, b)=(1, 2)".
func (d *diagnosis) key(t *catalog.Table, columns []int, values []sqlite.Value) string {
	names, texts := make([]string, len(columns)), make([]string, len(columns))
	for i, number := range columns {
		c := t.ColumnNumber(number)
		names[i] = c.Name
		texts[i] = d.text(c, values[position(t, number)])
	}
	return "(" + strings.Join(names, ", ") + ")=(" + strings.Join(texts, ", ") + ")"
}

func position(t *catalog.Table, number int) int {
	return slices.IndexFunc(t.Columns, func(c *catalog.Column) bool { return c.Number == number })
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// foreignKeys finds the foreign key that the rows stored or removed so far
// violate, by looking for each key where it must or must not be; nil when none.
func (d *diagnosis) foreignKeys() error {
	for _, row := range d.stored {
		for _, k := range d.t.Constraints {
			if k.Kind != catalog.ForeignKey || d.waits(k) {
				continue
			}
			if err := d.missing(k, row); err != nil {
				return err
			}
		}
	}
	for _, row := range d.removed {
		for _, ref := range d.cat.References(d.t.OID) {
			if d.waits(ref.Constraint) {
				continue
			}
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
