package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// addChecks adds the check constraints, named as PostgreSQL names them.
func addChecks(w *work.Work, p *tableParts) error {
	for _, k := range p.checks {
		if err := addCheck(w, p.t, k); err != nil {
			return err
		}
	}
	return nil
}

func addCheck(w *work.Work, t *catalog.Table, k *ast.Constraint) error {
	if work.HasSubquery(k.RawExpr) {
		return fault.New(fault.FeatureNotSupported, "cannot use subquery in check constraint")
	}
	e, err := w.Stored(k.RawExpr)
	if err != nil {
		return err
	}
	if _, _, err := w.Compile.Expr(w.Cat(), t, e, types.Of(types.Bool), work.Check); err != nil {
		return w.MismatchOver(t, err, "CHECK", e)
	}
	name := k.Conname
	if name != "" && work.ConstraintNamed(t, name) != nil {
		if work.ConstraintNamed(t, name).Kind == catalog.Check && k.InitiallyValid {
			return fault.New(fault.DuplicateObject, `check constraint "%s" already exists`, name)
		}
		return fault.New(fault.DuplicateObject, `constraint "%s" for relation "%s" already exists`, name, t.Name)
	}
	if name == "" {
		column := ""
		if used := work.ColumnsOf(t, k.RawExpr); len(used) == 1 {
			column = used[0].Name
		}
		name = w.ConstraintName(t.Schema, t.Name, column, "check")
	}
	c := &catalog.Constraint{OID: w.Draft().NewOID(), Name: name, Kind: catalog.Check, Check: e, NotValid: k.SkipValidation}
	c.Physical = naming.Physical("c", uint64(c.OID))
	for _, col := range work.ColumnsOf(t, k.RawExpr) {
		c.Columns = append(c.Columns, col.Number)
	}
	t.Constraints = append(t.Constraints, c)
	return nil
}

// columnKeys checks the columns of the primary key and of unique constraints,
// makes those of the primary key NOT NULL, and decides whether it is SQLite's
// rowid.
func columnKeys(w *work.Work, p *tableParts) error {
	primary := 0
	for _, k := range p.keys {
		if err := plainKey(k); err != nil {
			return err
		}
		isPrimary := k.Contype == ast.CONSTR_PRIMARY
		if isPrimary {
			primary++
		}
		several := primary > 1 || isPrimary && p.t.PrimaryKey() != nil
		if several && !p.altered {
			return multiplePrimaryKeys(p.t)
		}
		if err := keyColumns(w, p, k); err != nil {
			return err
		}
		if several {
			return multiplePrimaryKeys(p.t)
		}
	}
	return nil
}

func multiplePrimaryKeys(t *catalog.Table) error {
	return fault.New(fault.InvalidTableDefinition, `multiple primary keys for table "%s" are not allowed`, t.Name)
}

// plainKey refuses what this engine cannot enforce.
func plainKey(k *ast.Constraint) error {
	switch {
	case k.Deferrable || k.Initdeferred:
		return work.Unsupported("a deferrable primary key or unique constraint is")
	case k.Indexname != "":
		return work.Unsupported("a constraint USING INDEX is")
	case k.Indexspace != "":
		return work.Unsupported("a storage option of an index is")
	}
	return indexParameters(k.Options)
}

// keyColumns checks the columns of one key, in PostgreSQL's order, which differs
// between CREATE and ALTER TABLE.
func keyColumns(w *work.Work, p *tableParts, k *ast.Constraint) error {
	t, what, list := p.t, "unique", work.Names(k.Keys)
	if k.Contype == ast.CONSTR_PRIMARY {
		what = "primary key"
	}
	for i, name := range list {
		if t.Column(name) == nil && !p.altered {
			return missingKey(name)
		}
		if slices.Contains(list[:i], name) {
			return fault.New(fault.DuplicateColumn, `column "%s" appears twice in %s constraint`, name, what)
		}
	}
	for _, name := range list {
		c := t.Column(name)
		switch {
		case c == nil && k.Contype == ast.CONSTR_PRIMARY:
			return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, t.Name)
		case c == nil:
			return missingKey(name)
		}
		if err := work.Ordered(w.Types.Type(c.Type.OID)); err != nil {
			return err
		}
		if k.Contype == ast.CONSTR_PRIMARY {
			w.ReplaceColumn(t, c, func(c *catalog.Column) { c.NotNull = true })
		}
	}
	return nil
}

func missingKey(name string) error {
	return fault.New(fault.UndefinedColumn, `column "%s" named in key does not exist`, name)
}

// decideKeys makes the indexes behind the constraints of a new table: the
// primary key first, then the others in order, equal ones only once.
func decideKeys(w *work.Work, p *tableParts) error {
	keys := slices.Clone(p.keys)
	slices.SortStableFunc(keys, func(a, b *ast.Constraint) int {
		return boolInt(b.Contype == ast.CONSTR_PRIMARY) - boolInt(a.Contype == ast.CONSTR_PRIMARY)
	})
	var kept []*ast.Constraint
	for _, k := range keys {
		same := slices.IndexFunc(kept, func(o *ast.Constraint) bool { return slices.Equal(work.Names(o.Keys), work.Names(k.Keys)) })
		if same < 0 {
			kept = append(kept, k)
		} else if kept[same].Conname == "" {
			kept[same].Conname = k.Conname
		}
	}
	for _, k := range kept {
		if err := addKey(w, p.t, k); err != nil {
			return err
		}
		if k.Contype == ast.CONSTR_PRIMARY {
			rowid(w, p.t)
		}
	}
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// addKey adds a primary key or unique constraint with its index.
func addKey(w *work.Work, t *catalog.Table, k *ast.Constraint) error {
	kind, name := catalog.Unique, k.Conname
	if k.Contype == ast.CONSTR_PRIMARY {
		kind = catalog.PrimaryKey
	}
	switch {
	case name != "" && w.Cat().RelationOID(t.Schema, name) != 0:
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, name)
	case name != "" && work.ConstraintNamed(t, name) != nil:
		return fault.New(fault.DuplicateObject, `constraint "%s" for relation "%s" already exists`, name, t.Name)
	case name == "" && kind == catalog.PrimaryKey:
		name = w.RelationName(t.Schema, t.Name, "", "pkey", true)
	case name == "":
		name = w.RelationName(t.Schema, t.Name, naming.Columns(append(work.Names(k.Keys), includedNames(work.Items(k.Including))...)), "key", true)
	}
	i := &catalog.Index{OID: w.Draft().NewOID(), Name: name, Unique: true, NullsNotDistinct: k.NullsNotDistinct && kind == catalog.Unique}
	i.Physical = naming.Physical(name, uint64(i.OID))
	var err error
	if i.Include, err = included(t, work.Items(k.Including)); err != nil {
		return err
	}
	c := &catalog.Constraint{OID: w.Draft().NewOID(), Name: name, Kind: kind, Index: i.OID}
	for _, key := range work.Names(k.Keys) {
		number := t.Column(key).Number
		i.Columns = append(i.Columns, catalog.IndexColumn{Column: number})
		c.Columns = append(c.Columns, number)
	}
	t.Indexes = append(t.Indexes, i)
	t.Constraints = append(t.Constraints, c)
	return nil
}

// rowid makes a primary key of one integer column SQLite's rowid.
func rowid(w *work.Work, t *catalog.Table) {
	k := t.PrimaryKey()
	if len(k.Columns) != 1 || slices.ContainsFunc(t.Indexes, func(i *catalog.Index) bool { return i.OID == k.Index && len(i.Include) > 0 }) {
		return // it may go with another column
	}
	c := t.ColumnNumber(k.Columns[0])
	if !work.IsInteger(w.Types.Type(c.Type.OID)) || c.Generated != nil {
		return
	}
	w.ReplaceColumn(t, c, func(c *catalog.Column) { c.Rowid = true })
	for _, i := range t.Indexes {
		if i.OID == k.Index {
			i.Physical = ""
		}
	}
}

// maxKeys is PostgreSQL's limit on the columns of a key (INDEX_MAX_KEYS).
const maxKeys = 32

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
