package ddl

import (
	"maps"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// maxColumns is PostgreSQL's limit on the columns of a table.
const maxColumns = 1600

// systemColumns cannot be the names of columns.
var systemColumns = []string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}

// tableParts are a table being made and what its definition asks for, by kind,
// because PostgreSQL makes (and names) check constraints first, then indexes,
// then foreign keys.
type tableParts struct {
	t       *catalog.Table
	checks  []*ast.Constraint
	keys    []*ast.Constraint // primary key and unique constraints, with Keys filled in
	foreign []*ast.Constraint // with FkAttrs filled in
	columns []newColumn
	altered bool // by ALTER TABLE
}

// newColumn is a column being added, with what its default was written as.
type newColumn struct {
	number   int
	raw      ast.Node
	sequence *catalog.Sequence
}

func (w *work) createTable(n *ast.CreateStmt) error {
	if err := plainTable(n); err != nil {
		return err
	}
	q := fromRange(n.Relation)
	s, err := w.creationSchema(q)
	if err != nil {
		return err
	}
	exists := w.cat().RelationOID(s.Name, q.name) != 0
	if exists && n.IfNotExists {
		w.notices = append(w.notices, Notice{Severity: "NOTICE", Code: fault.DuplicateTable,
			Message: `relation "` + q.name + `" already exists, skipping`})
		return nil
	}
	p := &tableParts{t: &catalog.Table{Schema: s.Name, Name: q.name, Owner: w.Role, NextColumn: 1, OID: w.draft().NewOID()}}
	p.t.Physical = naming.Physical(q.name, uint64(p.t.OID))
	p.t.ACL = w.defaultACL(s, s.DefaultTables)
	if err := w.elements(p, n.TableElts); err != nil {
		return err
	}
	if err := w.columnKeys(p); err != nil {
		return err
	}
	for i, c := range p.t.Columns {
		if slices.ContainsFunc(p.t.Columns[:i], func(o *catalog.Column) bool { return o.Name == c.Name }) {
			return fault.New(fault.DuplicateColumn, `column "%s" specified more than once`, c.Name)
		}
	}
	if exists {
		return fault.New(fault.DuplicateTable, `relation "%s" already exists`, q.name)
	}
	if len(p.t.Columns) == 0 {
		return unsupported("a table without columns is")
	}
	w.draft().AddTable(p.t)
	if err := w.addDefaults(p); err != nil {
		return err
	}
	if err := w.addChecks(p); err != nil {
		return err
	}
	if err := w.decideKeys(p); err != nil {
		return err
	}
	return w.finishTable(p)
}

// finishTable makes the table in the file, with what hangs on it.
func (w *work) finishTable(p *tableParts) error {
	if err := w.addForeignKeys(p.t, p.foreign); err != nil {
		return err
	}
	sql, err := w.tableSQL(p.t)
	if err != nil {
		return err
	}
	if err := w.Conn.Exec(sql); err != nil {
		return fault.Internal(err)
	}
	for _, i := range p.t.Indexes {
		if err := w.buildIndex(p.t, i); err != nil {
			return err
		}
	}
	return nil
}

// plainTable refuses what only PostgreSQL's tables have.
func plainTable(n *ast.CreateStmt) error {
	switch {
	case n.Relation.RelPersistence == 't':
		return unsupported("a temporary table is")
	case n.Relation.RelPersistence == 'u':
		return unsupported("an unlogged table is")
	case n.PartBound != nil || n.PartSpec != nil:
		return unsupported("a partitioned table is")
	case len(items(n.InhRelations)) > 0:
		return unsupported("inheritance is")
	case n.OfTypename != nil:
		return unsupported("CREATE TABLE OF is")
	case len(items(n.Options)) > 0, n.TableSpaceName != "", n.AccessMethod != "":
		return unsupported("a storage option of a table is")
	}
	return nil
}

// defaultACL is what ALTER DEFAULT PRIVILEGES gives to the schema owner's new
// objects.
func (w *work) defaultACL(s *catalog.Schema, acl catalog.ACL) catalog.ACL {
	if w.Role != s.Owner {
		return nil
	}
	return maps.Clone(acl)
}

func (w *work) elements(p *tableParts, list *ast.NodeList) error {
	for _, e := range items(list) {
		switch e := e.(type) {
		case *ast.ColumnDef:
			if err := w.addColumn(p, e); err != nil {
				return err
			}
		case *ast.Constraint:
			if err := p.add(e, ""); err != nil {
				return err
			}
		case *ast.TableLikeClause:
			return unsupported("LIKE in CREATE TABLE is")
		default:
			return unsupported("%T in CREATE TABLE is", e)
		}
	}
	return nil
}

// add takes in a constraint of the table, or of a column.
func (p *tableParts) add(k *ast.Constraint, column string) error {
	c := *k
	switch k.Contype {
	case ast.CONSTR_CHECK:
		if k.Deferrable || k.Initdeferred {
			return fault.New(fault.FeatureNotSupported, "CHECK constraints cannot be marked DEFERRABLE")
		}
		p.checks = append(p.checks, &c)
	case ast.CONSTR_PRIMARY, ast.CONSTR_UNIQUE:
		if column != "" {
			c.Keys = ast.NewNodeList(ast.NewString(column))
		}
		p.keys = append(p.keys, &c)
	case ast.CONSTR_FOREIGN:
		if column != "" {
			c.FkAttrs = ast.NewNodeList(ast.NewString(column))
		}
		p.foreign = append(p.foreign, &c)
	case ast.CONSTR_EXCLUSION:
		return unsupported("an exclusion constraint is")
	default:
		return unsupported("this kind of constraint is")
	}
	return nil
}

// addColumn takes in the definition of a column.
func (w *work) addColumn(p *tableParts, def *ast.ColumnDef) error {
	t := p.t
	if slices.Contains(systemColumns, def.Colname) {
		return fault.New(fault.DuplicateColumn, `column name "%s" conflicts with a system column name`, def.Colname)
	}
	if len(t.Columns) >= maxColumns {
		return fault.New(fault.TooManyColumns, "tables can have at most %d columns", maxColumns)
	}
	typ, err := w.columnType(def.TypeName)
	if err != nil {
		return err
	}
	if def.Compression != "" || def.StorageName != "" {
		return unsupported("a storage option of a column is")
	}
	if def.Collclause != nil {
		if err := w.collate(typ.typ, names(def.Collclause.Collname)); err != nil {
			return err
		}
	}
	c := &catalog.Column{Number: t.NextColumn, Name: def.Colname, Type: typ.ref,
		Physical: naming.Physical(def.Colname, uint64(t.NextColumn))}
	t.NextColumn++
	t.Columns = append(t.Columns, c)
	return w.columnConstraints(p, c, typ, def)
}

// columnConstraints takes in what follows the type of a column.
func (w *work) columnConstraints(p *tableParts, c *catalog.Column, typ columnType, def *ast.ColumnDef) error {
	s := &columnState{work: w, parts: p, column: c, typ: typ}
	if typ.serial {
		s.sawNotNull, c.NotNull, s.sawDefault = true, true, true
	}
	list, err := withAttributes(def.Constraints)
	if err != nil {
		return err
	}
	for _, k := range list {
		if err := s.constraint(k); err != nil {
			return err
		}
	}
	if s.sawIdentity && !typ.serial && s.sawDefault {
		return fault.New(fault.SyntaxError, `both default and identity specified for column "%s" of table "%s"`, c.Name, p.t.Name)
	}
	var sequence *catalog.Sequence
	if typ.serial || c.Identity != 0 {
		if sequence, err = w.ownedSequence(p.t, c, s.options); err != nil {
			return err
		}
	}
	p.columns = append(p.columns, newColumn{c.Number, s.raw, sequence})
	return nil
}

// columnState follows the constraints of one column, to find those that
// contradict each other.
type columnState struct {
	*work
	parts  *tableParts
	column *catalog.Column
	typ    columnType

	sawNull, sawNotNull, sawDefault, sawIdentity bool
	options                                      *ast.NodeList
	raw                                          ast.Node // DEFAULT
}

func (s *columnState) constraint(k *ast.Constraint) error {
	c, t := s.column, s.parts.t
	switch k.Contype {
	case ast.CONSTR_NULL:
		if s.sawNotNull {
			return fault.New(fault.SyntaxError, `conflicting NULL/NOT NULL declarations for column "%s" of table "%s"`, c.Name, t.Name)
		}
		s.sawNull = true
	case ast.CONSTR_NOTNULL:
		if s.sawNull {
			return fault.New(fault.SyntaxError, `conflicting NULL/NOT NULL declarations for column "%s" of table "%s"`, c.Name, t.Name)
		}
		s.sawNotNull, c.NotNull = true, true
	case ast.CONSTR_DEFAULT:
		if s.sawDefault {
			return fault.New(fault.SyntaxError, `multiple default values specified for column "%s" of table "%s"`, c.Name, t.Name)
		}
		s.sawDefault, s.raw = true, k.RawExpr
	case ast.CONSTR_IDENTITY:
		return s.identity(k)
	case ast.CONSTR_GENERATED:
		return unsupported("a generated column is")
	default:
		return s.parts.add(k, c.Name)
	}
	return nil
}

func (s *columnState) identity(k *ast.Constraint) error {
	c, t := s.column, s.parts.t
	switch {
	case s.sawIdentity:
		return fault.New(fault.SyntaxError, `multiple identity specifications for column "%s" of table "%s"`, c.Name, t.Name)
	case !slices.Contains([]string{"int2", "int4", "int8"}, s.typ.typ.Name):
		return fault.New(fault.InvalidParameter, "identity column type must be smallint, integer, or bigint")
	case s.sawNull:
		return fault.New(fault.SyntaxError, `conflicting NULL/NOT NULL declarations for column "%s" of table "%s"`, c.Name, t.Name)
	}
	s.sawIdentity, s.sawNotNull, c.NotNull = true, true, true
	c.Identity, s.options = k.GeneratedWhen, k.Options
	return nil
}

// addDefaults checks the default values and puts them into the columns.
func (w *work) addDefaults(p *tableParts) error {
	for _, n := range p.columns {
		if n.raw == nil {
			continue
		}
		c := p.t.ColumnNumber(n.number)
		sequence, err := w.nextValue(n.raw)
		if err != nil {
			return err
		}
		var e *catalog.Expr
		if sequence == 0 {
			if e, err = w.columnDefault(c, n.raw); err != nil {
				return err
			}
		}
		w.replaceColumn(p.t, c, func(c *catalog.Column) {
			if c.Default = e; sequence != 0 {
				c.Sequence = sequence
			}
		})
	}
	return nil
}

// columnDefault checks a default value. DEFAULT NULL is none.
func (w *work) columnDefault(c *catalog.Column, raw ast.Node) (*catalog.Expr, error) {
	if k, ok := raw.(*ast.A_Const); ok && k.Isnull {
		return nil, nil
	}
	if hasSubquery(raw) {
		return nil, fault.New(fault.FeatureNotSupported, "cannot use subquery in DEFAULT expression")
	}
	if refersTo(raw) {
		return nil, fault.New(fault.FeatureNotSupported, "cannot use column reference in DEFAULT expression").
			At(w.firstReference(raw))
	}
	e, err := w.stored(raw)
	if err != nil {
		return nil, err
	}
	if _, _, err := w.Compile.Expr(w.cat(), nil, e, c.Type, Default); err != nil {
		return nil, w.mismatch(err, func(got string) error {
			return fault.New(fault.DatatypeMismatch, `column "%s" is of type %s but default expression is of type %s`,
				c.Name, w.typeName(c.Type.OID), got).WithHint("You will need to rewrite or cast the expression.")
		}, e)
	}
	return e, nil
}

// mismatch gives a failed coercion the message of its purpose.
func (w *work) mismatch(err error, message func(got string) error, e *catalog.Expr) error {
	if fault.Code(err) != fault.DatatypeMismatch {
		return err
	}
	_, got, plain := w.Compile.Expr(w.cat(), nil, e, types.Ref{}, Default)
	if plain != nil {
		return err
	}
	return message(w.typeName(got.OID))
}

func (w *work) typeName(oid types.OID) string {
	if t := w.Types.Type(oid); t != nil {
		return t.SQLName
	}
	return "unknown"
}

func (w *work) firstReference(n ast.Node) int {
	for _, name := range referenced(n) {
		return syntax.Locate(w.Source, name, 0)
	}
	return 0
}

// withAttributes folds DEFERRABLE and its kind into the constraint before them.
func withAttributes(list *ast.NodeList) ([]*ast.Constraint, error) {
	var out []*ast.Constraint
	var last *ast.Constraint // that may be deferrable
	for _, n := range items(list) {
		k, ok := n.(*ast.Constraint)
		if !ok {
			return nil, unsupported("%T in a column is", n)
		}
		if k.Contype < ast.CONSTR_ATTR_DEFERRABLE {
			c := *k
			out, last = append(out, &c), &c
			continue
		}
		if last == nil || last.Contype != ast.CONSTR_PRIMARY && last.Contype != ast.CONSTR_UNIQUE && last.Contype != ast.CONSTR_FOREIGN {
			return nil, fault.New(fault.SyntaxError, "misplaced %s clause", attributeNames[k.Contype])
		}
		switch k.Contype {
		case ast.CONSTR_ATTR_DEFERRABLE:
			last.Deferrable = true
		case ast.CONSTR_ATTR_DEFERRED:
			last.Deferrable, last.Initdeferred = true, true
		}
	}
	return out, nil
}

var attributeNames = map[ast.ConstrType]string{
	ast.CONSTR_ATTR_DEFERRABLE:     "DEFERRABLE",
	ast.CONSTR_ATTR_NOT_DEFERRABLE: "NOT DEFERRABLE",
	ast.CONSTR_ATTR_DEFERRED:       "INITIALLY DEFERRED",
	ast.CONSTR_ATTR_IMMEDIATE:      "INITIALLY IMMEDIATE",
}
