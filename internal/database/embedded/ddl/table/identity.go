package table

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/fault"
)

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
