package ddl

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

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
	switch {
	case c.Name == "":
		c.Name = w.constraintName(t.Schema, t.Name, nameAddition(names(k.FkAttrs)), "fkey")
	case constraintNamed(t, c.Name) != nil:
		return fault.New(fault.DuplicateObject, `constraint "%s" for relation "%s" already exists`, c.Name, t.Name)
	}
	if err := w.comparable(t, parent, c); err != nil {
		return err
	}
	c.OID = w.draft().NewOID()
	c.Physical = physicalName("f", uint64(c.OID))
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
