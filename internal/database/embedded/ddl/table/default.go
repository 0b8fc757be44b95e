package table

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

func setDefault(w *work.Work, t *catalog.Table, c *catalog.Column, def ast.Node) error {
	if c.Identity != 0 {
		e := fault.New(fault.SyntaxError, `column "%s" of relation "%s" is an identity column`, c.Name, t.Name)
		if def == nil {
			e = e.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.")
		}
		return e
	}
	if c.Generated != nil {
		e := fault.New(fault.SyntaxError, `column "%s" of relation "%s" is a generated column`, c.Name, t.Name)
		if def == nil {
			e = e.WithHint("Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead.")
		}
		return e
	}
	var e *catalog.Expr
	var sequence uint32
	if def != nil {
		var err error
		if sequence, err = nextValue(w, def); err != nil {
			return err
		}
		if sequence == 0 {
			if e, err = columnDefault(w, c, def); err != nil {
				return err
			}
		}
	}
	c = w.ReplaceColumn(t, c, func(c *catalog.Column) { c.Default, c.Sequence = e, sequence })
	if physical.SetsDefault(t, c) {
		return physical.Rewrite(w, t)
	}
	return nil
}

// nextValue recognizes nextval('sequence'), which makes a column serial, and
// returns the sequence, 0 for any other expression.
func nextValue(w *work.Work, n ast.Node) (uint32, error) {
	f, ok := n.(*ast.FuncCall)
	if !ok || len(work.Items(f.Args)) != 1 {
		return 0, nil
	}
	name := work.Names(f.Funcname)
	if len(name) == 2 && name[0] == "pg_catalog" {
		name = name[1:]
	}
	if !slices.Equal(name, []string{"nextval"}) {
		return 0, nil
	}
	arg := f.Args.Items[0]
	if cast, ok := arg.(*ast.TypeCast); ok && slices.Contains(work.Names(cast.TypeName.Names), "regclass") {
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
	q, err := work.ParseName(text.SVal)
	if err != nil {
		return 0, err
	}
	oid, err := w.Relation(q)
	if err != nil {
		return 0, err
	}
	if w.Cat().Sequences[oid] == nil {
		return 0, fault.New(fault.WrongObjectType, `"%s" is not a sequence`, q.Name)
	}
	return oid, nil
}

// addDefaults checks the default values and puts them into the columns.
func addDefaults(w *work.Work, p *tableParts) error {
	for _, n := range p.columns {
		if n.raw == nil {
			continue
		}
		c := p.t.ColumnNumber(n.number)
		sequence, err := nextValue(w, n.raw)
		if err != nil {
			return err
		}
		var e *catalog.Expr
		if sequence == 0 {
			if e, err = columnDefault(w, c, n.raw); err != nil {
				return err
			}
		}
		w.ReplaceColumn(p.t, c, func(c *catalog.Column) {
			if c.Default = e; sequence != 0 {
				c.Sequence = sequence
			}
		})
	}
	return nil
}

// columnDefault checks a default value. DEFAULT NULL is none.
func columnDefault(w *work.Work, c *catalog.Column, raw ast.Node) (*catalog.Expr, error) {
	if k, ok := raw.(*ast.A_Const); ok && k.Isnull {
		return nil, nil
	}
	if work.HasSubquery(raw) {
		return nil, fault.New(fault.FeatureNotSupported, "cannot use subquery in DEFAULT expression")
	}
	if work.RefersTo(raw) {
		return nil, fault.New(fault.FeatureNotSupported, "cannot use column reference in DEFAULT expression").
			At(w.FirstReference(raw))
	}
	e, err := w.Stored(raw)
	if err != nil {
		return nil, err
	}
	if _, _, err := w.Compile.Expr(w.Cat(), nil, e, c.Type, work.Default); err != nil {
		return nil, w.Mismatch(err, func(got string) error {
			return fault.New(fault.DatatypeMismatch, `column "%s" is of type %s but default expression is of type %s`,
				c.Name, w.TypeName(c.Type.OID), got).WithHint("You will need to rewrite or cast the expression.")
		}, e)
	}
	return e, nil
}

func addIdentity(w *work.Work, t *catalog.Table, c *catalog.Column, def ast.Node) error {
	k, ok := def.(*ast.Constraint)
	switch {
	case !ok:
		return work.Unsupported("this form of ADD GENERATED is")
	case !work.IsInteger(w.Types.Type(c.Type.OID)):
		return fault.New(fault.InvalidParameter, "identity column type must be smallint, integer, or bigint")
	case !c.NotNull:
		return fault.New(fault.ObjectNotInPrerequisite, `column "%s" of relation "%s" must be declared NOT NULL before identity can be added`, c.Name, t.Name)
	case c.Identity != 0:
		return fault.New(fault.ObjectNotInPrerequisite, `column "%s" of relation "%s" is already an identity column`, c.Name, t.Name)
	case c.Default != nil || c.Sequence != 0:
		return fault.New(fault.ObjectNotInPrerequisite, `column "%s" of relation "%s" already has a default value`, c.Name, t.Name)
	}
	n := *c
	if _, err := sequence.ForColumn(w, t, &n, k.Options); err != nil {
		return err
	}
	w.ReplaceColumn(t, c, func(c *catalog.Column) { c.Identity, c.Sequence = k.GeneratedWhen, n.Sequence })
	return nil
}

func dropIdentity(w *work.Work, t *catalog.Table, c *catalog.Column, missingOk bool) error {
	if c.Identity == 0 {
		if missingOk {
			w.Notice(`column "%s" of relation "%s" is not an identity column, skipping`, c.Name, t.Name)
			return nil
		}
		return fault.New(fault.ObjectNotInPrerequisite, `column "%s" of relation "%s" is not an identity column`, c.Name, t.Name)
	}
	oid := c.Sequence
	w.ReplaceColumn(t, c, func(c *catalog.Column) { c.Identity, c.Sequence = 0, 0 })
	return sequence.Remove(w, oid)
}

func (s *columnState) identity(k *ast.Constraint) error {
	c, t := s.column, s.parts.t
	switch {
	case s.sawIdentity:
		return fault.New(fault.SyntaxError, `multiple identity specifications for column "%s" of table "%s"`, c.Name, t.Name)
	case !slices.Contains([]string{"int2", "int4", "int8"}, s.typ.Type.Name):
		return fault.New(fault.InvalidParameter, "identity column type must be smallint, integer, or bigint")
	case s.sawNull:
		return fault.New(fault.SyntaxError, `conflicting NULL/NOT NULL declarations for column "%s" of table "%s"`, c.Name, t.Name)
	}
	s.sawIdentity, s.sawNotNull, c.NotNull = true, true, true
	c.Identity, s.options = k.GeneratedWhen, k.Options
	return nil
}
