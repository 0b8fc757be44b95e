package ddl

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// addChecks adds the check constraints, named as PostgreSQL names them.
func (w *work) addChecks(p *tableParts) error {
	for _, k := range p.checks {
		if err := w.addCheck(p.t, k); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) addCheck(t *catalog.Table, k *ast.Constraint) error {
	if hasSubquery(k.RawExpr) {
		return fault.New(fault.FeatureNotSupported, "cannot use subquery in check constraint")
	}
	e, err := w.stored(k.RawExpr)
	if err != nil {
		return err
	}
	if _, _, err := w.Compile.Expr(w.cat(), t, e, types.Of(types.Bool), Check); err != nil {
		return w.mismatchOver(t, err, "CHECK", e)
	}
	name := k.Conname
	if name != "" && constraintNamed(t, name) != nil {
		if constraintNamed(t, name).Kind == catalog.Check && k.InitiallyValid {
			return fault.New(fault.DuplicateObject, `check constraint "%s" already exists`, name)
		}
		return fault.New(fault.DuplicateObject, `constraint "%s" for relation "%s" already exists`, name, t.Name)
	}
	if name == "" {
		column := ""
		if used := columnsOf(t, k.RawExpr); len(used) == 1 {
			column = used[0].Name
		}
		name = w.constraintName(t.Schema, t.Name, column, "check")
	}
	c := &catalog.Constraint{OID: w.draft().NewOID(), Name: name, Kind: catalog.Check, Check: e, NotValid: k.SkipValidation}
	c.Physical = naming.Physical("c", uint64(c.OID))
	for _, col := range columnsOf(t, k.RawExpr) {
		c.Columns = append(c.Columns, col.Number)
	}
	t.Constraints = append(t.Constraints, c)
	return nil
}

// mismatchOver words a condition that is not boolean.
func (w *work) mismatchOver(t *catalog.Table, err error, clause string, e *catalog.Expr) error {
	if fault.Code(err) != fault.DatatypeMismatch {
		return w.located(err)
	}
	_, got, plain := w.Compile.Expr(w.cat(), t, e, types.Ref{}, Check)
	if plain != nil {
		return err
	}
	return fault.New(fault.DatatypeMismatch, "argument of %s must be type boolean, not type %s", clause, w.typeName(got.OID))
}

// columnKeys checks the columns of the primary key and of unique constraints,
// makes those of the primary key NOT NULL, and decides whether it is SQLite's
// rowid.
func (w *work) columnKeys(p *tableParts) error {
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
		if err := w.keyColumns(p, k); err != nil {
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
		return unsupported("a deferrable primary key or unique constraint is")
	case k.NullsNotDistinct:
		return unsupported("NULLS NOT DISTINCT is")
	case k.Indexname != "":
		return unsupported("a constraint USING INDEX is")
	case len(items(k.Including)) > 0:
		return unsupported("INCLUDE is")
	case len(items(k.Options)) > 0 || k.Indexspace != "":
		return unsupported("a storage option of an index is")
	}
	return nil
}

// keyColumns checks the columns of one key, in PostgreSQL's order, which differs
// between CREATE and ALTER TABLE.
func (w *work) keyColumns(p *tableParts, k *ast.Constraint) error {
	t, what, list := p.t, "unique", names(k.Keys)
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
		if err := ordered(w.Types.Type(c.Type.OID)); err != nil {
			return err
		}
		if k.Contype == ast.CONSTR_PRIMARY {
			w.replaceColumn(t, c, func(c *catalog.Column) { c.NotNull = true })
		}
	}
	return nil
}

func missingKey(name string) error {
	return fault.New(fault.UndefinedColumn, `column "%s" named in key does not exist`, name)
}

// replaceColumn changes a column by replacing it with a changed copy.
func (w *work) replaceColumn(t *catalog.Table, c *catalog.Column, change func(*catalog.Column)) *catalog.Column {
	n := *c
	change(&n)
	for i := range t.Columns {
		if t.Columns[i] == c {
			t.Columns[i] = &n
		}
	}
	return &n
}

// decideKeys makes the indexes behind the constraints of a new table: the
// primary key first, then the others in order, equal ones only once.
func (w *work) decideKeys(p *tableParts) error {
	keys := slices.Clone(p.keys)
	slices.SortStableFunc(keys, func(a, b *ast.Constraint) int {
		return boolInt(b.Contype == ast.CONSTR_PRIMARY) - boolInt(a.Contype == ast.CONSTR_PRIMARY)
	})
	var kept []*ast.Constraint
	for _, k := range keys {
		same := slices.IndexFunc(kept, func(o *ast.Constraint) bool { return slices.Equal(names(o.Keys), names(k.Keys)) })
		if same < 0 {
			kept = append(kept, k)
		} else if kept[same].Conname == "" {
			kept[same].Conname = k.Conname
		}
	}
	for _, k := range kept {
		if err := w.addKey(p.t, k); err != nil {
			return err
		}
		if k.Contype == ast.CONSTR_PRIMARY {
			w.rowid(p.t)
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
func (w *work) addKey(t *catalog.Table, k *ast.Constraint) error {
	kind, name := catalog.Unique, k.Conname
	if k.Contype == ast.CONSTR_PRIMARY {
		kind = catalog.PrimaryKey
	}
	switch {
	case name != "" && w.cat().RelationOID(t.Schema, name) != 0:
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, name)
	case name != "" && constraintNamed(t, name) != nil:
		return fault.New(fault.DuplicateObject, `constraint "%s" for relation "%s" already exists`, name, t.Name)
	case name == "" && kind == catalog.PrimaryKey:
		name = w.relationName(t.Schema, t.Name, "", "pkey", true)
	case name == "":
		name = w.relationName(t.Schema, t.Name, naming.Columns(names(k.Keys)), "key", true)
	}
	i := &catalog.Index{OID: w.draft().NewOID(), Name: name, Unique: true}
	i.Physical = naming.Physical(name, uint64(i.OID))
	c := &catalog.Constraint{OID: w.draft().NewOID(), Name: name, Kind: kind, Index: i.OID}
	for _, key := range names(k.Keys) {
		number := t.Column(key).Number
		i.Columns = append(i.Columns, catalog.IndexColumn{Column: number})
		c.Columns = append(c.Columns, number)
	}
	t.Indexes = append(t.Indexes, i)
	t.Constraints = append(t.Constraints, c)
	return nil
}

// rowid makes a primary key of one integer column SQLite's rowid.
func (w *work) rowid(t *catalog.Table) {
	k := t.PrimaryKey()
	if len(k.Columns) != 1 {
		return
	}
	c := t.ColumnNumber(k.Columns[0])
	if !isInteger(w.Types.Type(c.Type.OID)) {
		return
	}
	w.replaceColumn(t, c, func(c *catalog.Column) { c.Rowid = true })
	for _, i := range t.Indexes {
		if i.OID == k.Index {
			i.Physical = ""
		}
	}
}

func isInteger(t *types.Type) bool {
	return t.Name == "int2" || t.Name == "int4" || t.Name == "int8"
}

// maxKeys is PostgreSQL's limit on the columns of a key (INDEX_MAX_KEYS).
const maxKeys = 32

func (w *work) addForeignKeys(t *catalog.Table, list []*ast.Constraint) error {
	for _, k := range list {
		if err := w.addForeignKey(t, k); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) addForeignKey(t *catalog.Table, k *ast.Constraint) error {
	if k.Conname != "" && constraintNamed(t, k.Conname) != nil {
		return fault.New(fault.DuplicateObject, `constraint "%s" for relation "%s" already exists`, k.Conname, t.Name)
	}
	parent, err := w.referencedTable(k)
	if err != nil {
		return err
	}
	if parent.OID == t.OID {
		parent = t
	}
	c := &catalog.Constraint{Kind: catalog.ForeignKey, RefTable: parent.OID, Name: k.Conname, NotValid: k.SkipValidation,
		OnDelete: k.FkDelAction, OnUpdate: k.FkUpdAction, Deferrable: k.Deferrable || k.Initdeferred, Deferred: k.Initdeferred}
	if c.Columns, err = w.foreignColumns(t, names(k.FkAttrs)); err != nil {
		return err
	}
	if err := w.referencedColumns(c, parent, names(k.PkAttrs)); err != nil {
		return err
	}
	if err := plainForeignKey(t, k, c); err != nil {
		return err
	}
	if c.Name == "" {
		c.Name = w.constraintName(t.Schema, t.Name, naming.Columns(names(k.FkAttrs)), "fkey")
	}
	if err := w.comparable(t, parent, c); err != nil {
		return err
	}
	c.OID = w.draft().NewOID()
	c.Physical = naming.Physical("f", uint64(c.OID))
	t.Constraints = append(t.Constraints, c)
	return nil
}

func (w *work) referencedTable(k *ast.Constraint) (*catalog.Table, error) {
	q := fromRange(k.Pktable)
	oid, err := w.relation(q)
	if err != nil {
		return nil, err
	}
	parent := w.cat().Tables[oid]
	if parent == nil {
		if t, _ := w.cat().IndexByOID(oid); t != nil {
			return nil, fault.New(fault.WrongObjectType, `"%s" is an index`, q.name)
		}
		return nil, fault.New(fault.WrongObjectType, `referenced relation "%s" is not a table`, q.name)
	}
	if !w.Catalog.Has(w.Role, parent.Owner, parent.ACL, catalog.References) {
		return nil, fault.New(fault.InsufficientPrivilege, "permission denied for table %s", parent.Name)
	}
	return parent, nil
}

// plainForeignKey refuses what SQLite's foreign keys cannot do.
func plainForeignKey(t *catalog.Table, k *ast.Constraint, c *catalog.Constraint) error {
	if c.OnDelete == 'd' || c.OnUpdate == 'd' {
		for _, n := range c.Columns {
			if t.ColumnNumber(n).Sequence != 0 {
				return unsupported("SET DEFAULT of a column that draws from a sequence is")
			}
		}
	}
	switch {
	case k.FkMatchtype == ast.FKCONSTR_MATCH_PARTIAL:
		return fault.New(fault.FeatureNotSupported, "MATCH PARTIAL not yet implemented")
	case k.FkMatchtype == ast.FKCONSTR_MATCH_FULL && len(c.Columns) > 1:
		return unsupported("MATCH FULL over several columns is")
	case len(items(k.FkDelSetCols)) > 0:
		return unsupported("ON DELETE SET NULL or SET DEFAULT of some columns only is")
	}
	return nil
}

func (w *work) foreignColumns(t *catalog.Table, list []string) ([]int, error) {
	var out []int
	for _, name := range list {
		c := t.Column(name)
		if c == nil {
			return nil, fault.New(fault.UndefinedColumn, `column "%s" referenced in foreign key constraint does not exist`, name)
		}
		out = append(out, c.Number)
	}
	if len(out) > maxKeys {
		return nil, fault.New(fault.TooManyColumns, "cannot have more than %d keys in a foreign key", maxKeys)
	}
	return out, nil
}

// referencedColumns finds the key that a foreign key points to: the primary key,
// or the unique index over exactly the named columns.
func (w *work) referencedColumns(c *catalog.Constraint, parent *catalog.Table, list []string) error {
	if len(list) == 0 {
		key := parent.PrimaryKey()
		if key == nil {
			return fault.New(fault.UndefinedObject, `there is no primary key for referenced table "%s"`, parent.Name)
		}
		c.RefColumns, c.Index = slices.Clone(key.Columns), key.Index
	} else {
		var err error
		if c.RefColumns, err = w.foreignColumns(parent, list); err != nil {
			return err
		}
		for i, n := range c.RefColumns {
			if slices.Contains(c.RefColumns[:i], n) {
				return fault.New(fault.InvalidForeignKey, "foreign key referenced-columns list must not contain duplicates")
			}
		}
		key := keyOver(parent, c.RefColumns)
		if key == nil {
			return fault.New(fault.InvalidForeignKey, `there is no unique constraint matching given keys for referenced table "%s"`, parent.Name)
		}
		c.Index = key.OID
	}
	if len(c.Columns) != len(c.RefColumns) {
		return fault.New(fault.InvalidForeignKey, "number of referencing and referenced columns for foreign key disagree")
	}
	return nil
}

// keyOver finds a full unique index over exactly the columns, in any order.
func keyOver(t *catalog.Table, columns []int) *catalog.Index {
	for _, i := range t.Indexes {
		if !i.Unique || i.Where != nil || len(i.Columns) != len(columns) {
			continue
		}
		if !slices.ContainsFunc(i.Columns, func(k catalog.IndexColumn) bool {
			return k.Column == 0 || !slices.Contains(columns, k.Column)
		}) {
			return i
		}
	}
	return nil
}

// comparable checks that the columns of both sides can be compared, in
// PostgreSQL and in the file.
func (w *work) comparable(t, parent *catalog.Table, c *catalog.Constraint) error {
	for i := range c.Columns {
		child, key := t.ColumnNumber(c.Columns[i]), parent.ColumnNumber(c.RefColumns[i])
		a, b := w.Types.Type(child.Type.OID), w.Types.Type(key.Type.OID)
		switch {
		case a == b, isInteger(a) && isInteger(b), isText(a) && isText(b):
		case w.hasEquality(a.OID, b.OID):
			return unsupported("a foreign key between %s and %s is", a.SQLName, b.SQLName)
		default:
			return fault.New(fault.DatatypeMismatch, `foreign key constraint "%s" cannot be implemented`, c.Name).
				WithDetail(`Key columns "%s" and "%s" are of incompatible types: %s and %s.`, child.Name, key.Name, a.SQLName, b.SQLName)
		}
	}
	return nil
}

func isText(t *types.Type) bool { return t.Name == "text" || t.Name == "varchar" }

// hasEquality tells whether PostgreSQL could compare two types of a foreign key:
// by an operator between them, or after an implicit cast to the key's type.
func (w *work) hasEquality(child, key types.OID) bool {
	for _, op := range w.Types.Operators("=") {
		if op.Left == key && op.Right == child {
			return true
		}
	}
	cast := w.Types.Cast(child, key)
	return cast != nil && cast.Context == types.Implicit
}
