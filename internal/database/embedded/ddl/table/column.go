package table

import (
	"fmt"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

// alterAddColumn adds a column, gives it to the existing rows, and then adds its
// constraints.
func alterAddColumn(w *work.Work, t *catalog.Table, cmd *ast.AlterTableCmd) error {
	def, ok := cmd.Def.(*ast.ColumnDef)
	if !ok {
		return work.Unsupported("this form of ADD COLUMN is")
	}
	if err := depend.RefuseWholeRow(w, t.OID); err != nil {
		return err
	}
	if t.Column(def.Colname) != nil {
		if cmd.MissingOk {
			w.Notices = append(w.Notices, work.Notice{Severity: "NOTICE", Code: fault.DuplicateColumn,
				Message: fmt.Sprintf(`column "%s" of relation "%s" already exists, skipping`, def.Colname, t.Name)})
			return nil
		}
		return fault.New(fault.DuplicateColumn, `column "%s" of relation "%s" already exists`, def.Colname, t.Name)
	}
	p := &tableParts{t: t, altered: true}
	if err := addColumn(w, p, def); err != nil {
		return err
	}
	if err := addDefaults(w, p); err != nil {
		return err
	}
	if err := addFormulas(w, p); err != nil {
		return err
	}
	if err := fill(w, t, p.columns[0]); err != nil {
		return err
	}
	return addParts(w, p)
}

// addColumn takes in the definition of a column.
func addColumn(w *work.Work, p *tableParts, def *ast.ColumnDef) error {
	t := p.t
	if slices.Contains(systemColumns, def.Colname) {
		return fault.New(fault.DuplicateColumn, `column name "%s" conflicts with a system column name`, def.Colname)
	}
	if len(t.Columns) >= maxColumns {
		return fault.New(fault.TooManyColumns, "tables can have at most %d columns", maxColumns)
	}
	typ, err := w.ColumnType(def.TypeName)
	if err != nil {
		return err
	}
	if def.Compression != "" || def.StorageName != "" {
		return work.Unsupported("a storage option of a column is")
	}
	if def.Collclause != nil {
		if err := w.Collate(typ.Type, work.Names(def.Collclause.Collname)); err != nil {
			return err
		}
	}
	c := &catalog.Column{Number: t.NextColumn, Name: def.Colname, Type: typ.Ref,
		Physical: naming.Physical(def.Colname, uint64(t.NextColumn))}
	t.NextColumn++
	t.Columns = append(t.Columns, c)
	return columnConstraints(w, p, c, typ, def)
}

// columnConstraints takes in what follows the type of a column.
func columnConstraints(w *work.Work, p *tableParts, c *catalog.Column, typ work.ColumnType, def *ast.ColumnDef) error {
	s := &columnState{parts: p, column: c, typ: typ}
	if typ.Serial {
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
		if err := s.contradiction(); err != nil {
			return err
		}
	}
	var drawn *catalog.Sequence
	if typ.Serial || c.Identity != 0 {
		if drawn, err = sequence.ForColumn(w, p.t, c, s.options); err != nil {
			return err
		}
	}
	p.columns = append(p.columns, newColumn{c.Number, s.raw, s.formula, drawn})
	return nil
}

// columnState follows the constraints of one column, to find those that
// contradict each other.
type columnState struct {
	parts  *tableParts
	column *catalog.Column
	typ    work.ColumnType

	sawNull, sawNotNull, sawDefault, sawIdentity, sawGenerated bool
	options                                                    *ast.NodeList
	raw                                                        ast.Node // DEFAULT
	formula                                                    ast.Node // GENERATED ALWAYS AS
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
		return s.generated(k)
	default:
		return s.parts.add(k, c.Name)
	}
	return nil
}

// withAttributes folds DEFERRABLE and its kind into the constraint before them.
func withAttributes(list *ast.NodeList) ([]*ast.Constraint, error) {
	var out []*ast.Constraint
	var last *ast.Constraint // that may be deferrable
	for _, n := range work.Items(list) {
		k, ok := n.(*ast.Constraint)
		if !ok {
			return nil, work.Unsupported("%T in a column is", n)
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
