package ddl

import (
	"fmt"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// alterAddColumn adds a column, gives it to the existing rows, and then adds its
// constraints.
func (w *work) alterAddColumn(t *catalog.Table, cmd *ast.AlterTableCmd) error {
	def, ok := cmd.Def.(*ast.ColumnDef)
	if !ok {
		return unsupported("this form of ADD COLUMN is")
	}
	if t.Column(def.Colname) != nil {
		if cmd.MissingOk {
			w.notices = append(w.notices, Notice{Severity: "NOTICE", Code: fault.DuplicateColumn,
				Message: fmt.Sprintf(`column "%s" of relation "%s" already exists, skipping`, def.Colname, t.Name)})
			return nil
		}
		return fault.New(fault.DuplicateColumn, `column "%s" of relation "%s" already exists`, def.Colname, t.Name)
	}
	p := &tableParts{t: t, altered: true}
	if err := w.addColumn(p, def); err != nil {
		return err
	}
	if err := w.addDefaults(p); err != nil {
		return err
	}
	if err := w.fill(t, p.columns[0]); err != nil {
		return err
	}
	return w.addParts(p)
}

// addParts adds constraints to a table that may have rows.
func (w *work) addParts(p *tableParts) error {
	before := len(p.t.Constraints)
	nullable := map[int]bool{}
	for _, c := range p.t.Columns {
		nullable[c.Number] = !c.NotNull
	}
	for _, n := range p.columns {
		nullable[n.number] = true
	}
	if err := w.columnKeys(p); err != nil {
		return err
	}
	for _, c := range p.t.Columns {
		if c.NotNull && nullable[c.Number] {
			if err := w.checkNotNull(p.t, c); err != nil {
				return err
			}
		}
	}
	for _, k := range p.keys {
		if err := w.addKey(p.t, k); err != nil {
			return err
		}
		if err := w.buildIndex(p.t, p.t.Indexes[len(p.t.Indexes)-1]); err != nil {
			return err
		}
	}
	if err := w.addChecks(p); err != nil {
		return err
	}
	if err := w.addForeignKeys(p.t, p.foreign); err != nil {
		return err
	}
	for _, k := range p.t.Constraints[before:] {
		if !k.NotValid {
			if err := w.validate(p.t, k); err != nil {
				return err
			}
		}
	}
	return w.rewrite(p.t)
}

// fill gives a new column to the rows there are. Meanwhile the file's table has
// no constraints that could object.
func (w *work) fill(t *catalog.Table, n newColumn) error {
	bare := *t
	bare.Constraints = nil
	bare.Columns = slices.Clone(t.Columns)
	c := t.ColumnNumber(n.number)
	w.replaceColumn(&bare, c, func(c *catalog.Column) { c.NotNull = false })
	if err := w.rewrite(&bare); err != nil {
		return err
	}
	switch {
	case n.sequence != nil:
		return w.fillSequence(t, c, n.sequence)
	case c.Default == nil:
		return nil
	}
	if row, err := w.first("SELECT 1 FROM " + quote(t.Physical) + " LIMIT 1"); err != nil || row == nil {
		return err
	}
	value, _, err := w.Compile.Expr(w.cat(), nil, c.Default, c.Type, Using)
	if err != nil {
		return err
	}
	return w.update(t, c, value)
}

func (w *work) update(t *catalog.Table, c *catalog.Column, value string) error {
	err := w.Conn.Exec(fmt.Sprintf("UPDATE %s SET %s = (%s)", quote(t.Physical), quote(c.Physical), value))
	if err != nil {
		return fault.From(err)
	}
	return nil
}

// fillSequence numbers the rows there are, in their order in the table.
func (w *work) fillSequence(t *catalog.Table, c *catalog.Column, s *catalog.Sequence) error {
	row, err := w.first("SELECT count(*) FROM " + quote(t.Physical))
	if err != nil || row[0].Int() == 0 {
		return err
	}
	count := row[0].Int()
	room := uint64(s.Max-s.Start) / uint64(max(s.Increment, 1))
	if s.Increment < 0 {
		room = uint64(s.Start-s.Min) / uint64(-s.Increment)
	}
	if uint64(count-1) > room {
		return unsupported("filling a column from a sequence that has fewer values than the table has rows is")
	}
	err = w.run(fmt.Sprintf(`UPDATE %[1]s SET %[2]s = v.n FROM
		(SELECT rowid AS r, ?1 + (row_number() OVER (ORDER BY rowid) - 1) * ?2 AS n FROM %[1]s) AS v WHERE v.r = %[1]s.rowid`,
		quote(t.Physical), quote(c.Physical)), sqlite.Int(s.Start), sqlite.Int(s.Increment))
	if err != nil {
		return fault.From(err)
	}
	return w.setSequence(s, s.Start+(count-1)*s.Increment, true)
}

func (w *work) setDefault(t *catalog.Table, c *catalog.Column, def ast.Node) error {
	if c.Identity != 0 {
		e := fault.New(fault.SyntaxError, `column "%s" of relation "%s" is an identity column`, c.Name, t.Name)
		if def == nil {
			e = e.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.")
		}
		return e
	}
	var e *catalog.Expr
	var sequence uint32
	if def != nil {
		var err error
		if sequence, err = w.nextValue(def); err != nil {
			return err
		}
		if sequence == 0 {
			if e, err = w.columnDefault(c, def); err != nil {
				return err
			}
		}
	}
	c = w.replaceColumn(t, c, func(c *catalog.Column) { c.Default, c.Sequence = e, sequence })
	if setsDefault(t, c) {
		return w.rewrite(t)
	}
	return nil
}

// nextValue recognizes nextval('sequence'), which makes a column serial, and
// returns the sequence, 0 for any other expression.
func (w *work) nextValue(n ast.Node) (uint32, error) {
	f, ok := n.(*ast.FuncCall)
	if !ok || len(items(f.Args)) != 1 {
		return 0, nil
	}
	name := names(f.Funcname)
	if len(name) == 2 && name[0] == "pg_catalog" {
		name = name[1:]
	}
	if !slices.Equal(name, []string{"nextval"}) {
		return 0, nil
	}
	arg := f.Args.Items[0]
	if cast, ok := arg.(*ast.TypeCast); ok && slices.Contains(names(cast.TypeName.Names), "regclass") {
		arg = cast.Arg
	}
	k, ok := arg.(*ast.A_Const)
	if !ok {
		return 0, nil
	}
	text, ok := k.Val.(*ast.String)
	if !ok {
		return 0, nil
	}
	q, err := parseName(text.SVal)
	if err != nil {
		return 0, err
	}
	oid, err := w.relation(q)
	if err != nil {
		return 0, err
	}
	if w.cat().Sequences[oid] == nil {
		return 0, fault.New(fault.WrongObjectType, `"%s" is not a sequence`, q.name)
	}
	return oid, nil
}

func (w *work) checkNotNull(t *catalog.Table, c *catalog.Column) error {
	if c.Rowid {
		return nil
	}
	row, err := w.first(fmt.Sprintf("SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1", quote(t.Physical), quote(c.Physical)))
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

func (w *work) setNotNull(t *catalog.Table, c *catalog.Column) error {
	if c.NotNull {
		return nil
	}
	if err := w.checkNotNull(t, c); err != nil {
		return err
	}
	w.replaceColumn(t, c, func(c *catalog.Column) { c.NotNull = true })
	return w.rewrite(t)
}

func (w *work) dropNotNull(t *catalog.Table, c *catalog.Column) error {
	switch k := t.PrimaryKey(); {
	case c.Identity != 0:
		return fault.New(fault.SyntaxError, `column "%s" of relation "%s" is an identity column`, c.Name, t.Name)
	case k != nil && slices.Contains(k.Columns, c.Number):
		return fault.New(fault.InvalidTableDefinition, `column "%s" is in a primary key`, c.Name)
	case !c.NotNull:
		return nil
	}
	w.replaceColumn(t, c, func(c *catalog.Column) { c.NotNull = false })
	return w.rewrite(t)
}

func (w *work) addIdentity(t *catalog.Table, c *catalog.Column, def ast.Node) error {
	k, ok := def.(*ast.Constraint)
	switch {
	case !ok:
		return unsupported("this form of ADD GENERATED is")
	case !isInteger(w.Types.Type(c.Type.OID)):
		return fault.New(fault.InvalidParameter, "identity column type must be smallint, integer, or bigint")
	case !c.NotNull:
		return fault.New(fault.ObjectNotInPrerequisite, `column "%s" of relation "%s" must be declared NOT NULL before identity can be added`, c.Name, t.Name)
	case c.Identity != 0:
		return fault.New(fault.ObjectNotInPrerequisite, `column "%s" of relation "%s" is already an identity column`, c.Name, t.Name)
	case c.Default != nil || c.Sequence != 0:
		return fault.New(fault.ObjectNotInPrerequisite, `column "%s" of relation "%s" already has a default value`, c.Name, t.Name)
	}
	n := *c
	if _, err := w.ownedSequence(t, &n, k.Options); err != nil {
		return err
	}
	w.replaceColumn(t, c, func(c *catalog.Column) { c.Identity, c.Sequence = k.GeneratedWhen, n.Sequence })
	return nil
}

func (w *work) dropIdentity(t *catalog.Table, c *catalog.Column, missingOk bool) error {
	if c.Identity == 0 {
		if missingOk {
			w.notice(`column "%s" of relation "%s" is not an identity column, skipping`, c.Name, t.Name)
			return nil
		}
		return fault.New(fault.ObjectNotInPrerequisite, `column "%s" of relation "%s" is not an identity column`, c.Name, t.Name)
	}
	sequence := c.Sequence
	w.replaceColumn(t, c, func(c *catalog.Column) { c.Identity, c.Sequence = 0, 0 })
	return w.removeSequence(sequence)
}

// setType changes the type of a column.
func (w *work) setType(t *catalog.Table, c *catalog.Column, def *ast.ColumnDef) error {
	typ, err := w.columnType(def.TypeName)
	if err != nil {
		return err
	}
	if typ.serial {
		return fault.New(fault.UndefinedObject, `type "%s" does not exist`, names(def.TypeName.Names)[0])
	}
	if def.Collclause != nil {
		if err := w.collate(typ.typ, names(def.Collclause.Collname)); err != nil {
			return err
		}
	}
	if err := w.policiesUsing(t, c); err != nil {
		return err
	}
	if c.Identity != 0 && !isInteger(typ.typ) {
		return fault.New(fault.InvalidParameter, "identity column type must be smallint, integer, or bigint")
	}
	value, err := w.conversion(t, c, typ, def.RawDefault)
	if err != nil {
		return err
	}
	converted, err := w.convertedDefault(c, typ)
	if err != nil {
		return err
	}
	c = w.replaceColumn(t, c, func(c *catalog.Column) { c.Default = converted })
	if c.Identity != 0 {
		if err := w.retype(w.cat().Sequences[c.Sequence], typ.ref.OID); err != nil {
			return err
		}
	}
	return w.move(t, c, typ.ref, value)
}

// retype gives the sequence of an identity column the column's new type. Bounds
// that were those of the old type become those of the new one.
func (w *work) retype(s *catalog.Sequence, to types.OID) error {
	changed := *s
	changed.Type = to
	oldMin, oldMax := w.limits(s.Type)
	least, greatest := w.limits(to)
	if s.Max == oldMax {
		changed.Max = greatest
	}
	if s.Min == oldMin {
		changed.Min = least
	}
	if err := w.sequenceOptions(&changed, nil, false); err != nil {
		return err
	}
	w.draft().AddSequence(&changed)
	return nil
}

// convertedDefault is the default of a column whose type changes: its value in
// the old type, assigned to the new one.
func (w *work) convertedDefault(c *catalog.Column, typ columnType) (*catalog.Expr, error) {
	if c.Default == nil || c.Type.OID == typ.ref.OID {
		return c.Default, nil
	}
	e := &catalog.Expr{SQL: "CAST(" + c.Default.SQL + " AS " + w.typeName(c.Type.OID) + ")", SearchPath: c.Default.SearchPath}
	_, _, err := w.Compile.Expr(w.cat(), nil, e, typ.ref, Default)
	if fault.Code(err) == fault.DatatypeMismatch {
		err = fault.New(fault.DatatypeMismatch, `default for column "%s" cannot be cast automatically to type %s`, c.Name, typ.typ.SQLName)
	}
	return e, err
}

// policiesUsing refuses to change a column that a policy uses.
func (w *work) policiesUsing(t *catalog.Table, c *catalog.Column) error {
	used, err := w.columnPolicies(t, c)
	if err != nil || len(used) == 0 {
		return err
	}
	d := used[0]
	return fault.New(fault.FeatureNotSupported, "cannot alter type of a column used in a policy definition").
		WithDetail(`policy %s on table %s depends on column "%s"`, d.policy.Name, w.display(d.table.Schema, d.table.Name), c.Name)
}

// conversion is the SQLite expression of a column's value in its new type.
func (w *work) conversion(t *catalog.Table, c *catalog.Column, typ columnType, using ast.Node) (string, error) {
	e := columnExpr(c)
	if using != nil {
		if hasSubquery(using) {
			return "", fault.New(fault.FeatureNotSupported, "cannot use subquery in transform expression")
		}
		var err error
		if e, err = w.stored(using); err != nil {
			return "", err
		}
	}
	value, _, err := w.Compile.Expr(w.cat(), t, e, typ.ref, Using)
	if fault.Code(err) != fault.DatatypeMismatch {
		return value, err
	}
	if using != nil {
		return "", fault.New(fault.DatatypeMismatch, `result of USING clause for column "%s" cannot be cast automatically to type %s`, c.Name, typ.typ.SQLName).
			WithHint("You might need to add an explicit cast.")
	}
	return "", fault.New(fault.DatatypeMismatch, `column "%s" cannot be cast automatically to type %s`, c.Name, typ.typ.SQLName).
		WithHint("You might need to specify \"USING %s::%s\".", quoteIdent(c.Name), w.formatType(typ.ref))
}
