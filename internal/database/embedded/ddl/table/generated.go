package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// generated takes in GENERATED ALWAYS AS (…) STORED.
func (s *columnState) generated(k *ast.Constraint) error {
	if k.GeneratedWhen != 0 && k.GeneratedWhen != 'a' {
		return fault.New(fault.SyntaxError, "for a generated column, GENERATED ALWAYS must be specified")
	}
	if s.sawGenerated {
		return fault.New(fault.SyntaxError, `multiple generation clauses specified for column "%s" of table "%s"`, s.column.Name, s.parts.t.Name)
	}
	s.sawGenerated, s.formula = true, k.RawExpr
	return nil
}

// contradiction refuses clauses of one column that each give it its value.
func (s *columnState) contradiction() error {
	c, t := s.column, s.parts.t
	switch {
	case s.sawDefault && s.sawIdentity && !s.typ.Serial:
		return fault.New(fault.SyntaxError, `both default and identity specified for column "%s" of table "%s"`, c.Name, t.Name)
	case s.sawDefault && s.sawGenerated:
		return fault.New(fault.SyntaxError, `both default and generation expression specified for column "%s" of table "%s"`, c.Name, t.Name)
	case s.sawIdentity && s.sawGenerated:
		return fault.New(fault.SyntaxError, `both identity and generation expression specified for column "%s" of table "%s"`, c.Name, t.Name)
	}
	return nil
}

// addFormulas checks what generated columns are computed from and puts it into
// the columns.
func addFormulas(w *work.Work, p *tableParts) error {
	for _, n := range p.columns {
		if n.formula == nil {
			continue
		}
		e, err := w.Stored(n.formula)
		if err != nil {
			return err
		}
		w.ReplaceColumn(p.t, p.t.ColumnNumber(n.number), func(c *catalog.Column) { c.Generated = e })
	}
	added := false
	for _, n := range p.columns {
		if n.formula == nil {
			continue
		}
		if err := checkFormula(w, p.t, p.t.ColumnNumber(n.number), n.formula); err != nil {
			return err
		}
		added = true
	}
	if !added || !p.altered {
		return nil
	}
	return physical.Probe(w, p.t)
}

func checkFormula(w *work.Work, t *catalog.Table, c *catalog.Column, formula ast.Node) error {
	if work.HasSubquery(formula) {
		return fault.New(fault.FeatureNotSupported, "cannot use subquery in column generation expression")
	}
	for _, name := range work.Referenced(formula) {
		used := t.Column(name)
		if used == nil {
			break // the error of a missing column comes first
		}
		if used.Generated == nil {
			continue
		}
		return w.At(fault.New(fault.InvalidObjectDefinition, `cannot use generated column "%s" in column generation expression`, used.Name).
			WithDetail("A generated column cannot reference another generated column."), used.Name)
	}
	if len(t.Columns) == generatedColumns(t) {
		return work.Unsupported("a table of generated columns only is")
	}
	_, _, err := w.Compile.Expr(w.Cat(), t, c.Generated, c.Type, work.Generated)
	if fault.Code(err) != fault.DatatypeMismatch {
		return w.Located(err)
	}
	_, got, plain := w.Compile.Expr(w.Cat(), t, c.Generated, types.Ref{}, work.Generated)
	if plain != nil {
		return err
	}
	return fault.New(fault.DatatypeMismatch, `column "%s" is of type %s but default expression is of type %s`,
		c.Name, w.TypeName(c.Type.OID), w.TypeName(got.OID)).WithHint("You will need to rewrite or cast the expression.")
}

func generatedColumns(t *catalog.Table) int {
	n := 0
	for _, c := range t.Columns {
		if c.Generated != nil {
			n++
		}
	}
	return n
}

// recompute stores the rows there are again, for SQLite then computes their
// generated columns.
func recompute(w *work.Work, t *catalog.Table) error {
	i := slices.IndexFunc(t.Columns, func(c *catalog.Column) bool { return c.Generated == nil })
	if i < 0 {
		return work.Unsupported("a table of generated columns only is")
	}
	c := work.Quote(t.Columns[i].Physical)
	if err := w.Conn.Exec(fmt.Sprintf("UPDATE %s SET %s = %s", work.Quote(t.Physical), c, c)); err != nil {
		return fault.From(err)
	}
	return nil
}

// usersOf lists the generated columns that are computed from a column.
func usersOf(t *catalog.Table, c *catalog.Column) ([]*catalog.Column, error) {
	var out []*catalog.Column
	for _, o := range t.Columns {
		used, err := work.Uses(o.Generated, c.Name)
		if err != nil {
			return nil, err
		}
		if used {
			out = append(out, o)
		}
	}
	return out, nil
}

// refuseUsers refuses to change the type of a column that others are computed
// from.
func refuseUsers(t *catalog.Table, c *catalog.Column) error {
	users, err := usersOf(t, c)
	if err != nil || len(users) == 0 {
		return err
	}
	return fault.New(fault.FeatureNotSupported, "cannot alter type of a column used by a generated column").
		WithDetail(`Column "%s" is used by generated column "%s".`, c.Name, users[0].Name)
}

// dropUsers drops the columns that are computed from one that is to go, or
// refuses to.
func dropUsers(w *work.Work, t *catalog.Table, c *catalog.Column, cascade bool) error {
	users, err := usersOf(t, c)
	if err != nil || len(users) == 0 {
		return err
	}
	table := w.Display(t.Schema, t.Name)
	var lines, objects []string
	for _, u := range users {
		lines = append(lines, fmt.Sprintf("column %s of table %s depends on column %s of table %s", u.Name, table, c.Name, table))
		objects = append(objects, fmt.Sprintf("drop cascades to column %s of table %s", u.Name, table))
	}
	if !cascade {
		return fault.New(fault.DependentObjects, "cannot drop column %s of table %s because other objects depend on it", c.Name, table).
			WithDetail("%s", strings.Join(lines, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	if len(objects) == 1 {
		w.Notice("%s", objects[0])
	} else {
		w.Notice("drop cascades to %d other objects", len(objects))
		w.Notices[len(w.Notices)-1].Detail = strings.Join(objects, "\n")
	}
	before := len(w.Notices)
	for _, u := range users {
		if err := dropColumn(w, w.Draft().Table(t.OID), u, true); err != nil {
			return err
		}
	}
	if len(w.Notices) > before {
		return work.Unsupported("DROP COLUMN … CASCADE over a generated column that other objects depend on is")
	}
	return nil
}

// dropExpression makes a plain column of a generated one, with its values.
func dropExpression(w *work.Work, t *catalog.Table, c *catalog.Column, missingOk bool) error {
	if c.Generated == nil {
		if missingOk {
			w.Notice(`column "%s" of relation "%s" is not a stored generated column, skipping`, c.Name, t.Name)
			return nil
		}
		return fault.New(fault.ObjectNotInPrerequisite, `column "%s" of relation "%s" is not a stored generated column`, c.Name, t.Name)
	}
	w.ReplaceColumn(t, c, func(c *catalog.Column) { c.Generated = nil })
	return physical.Rewrite(w, t)
}

// plainActions refuses foreign keys whose actions would set a generated column.
func plainActions(t *catalog.Table, c *catalog.Constraint) error {
	for _, n := range c.Columns {
		if t.ColumnNumber(n).Generated == nil {
			continue
		}
		if strings.IndexByte("ndc", c.OnUpdate) >= 0 {
			return fault.New(fault.SyntaxError, "invalid ON UPDATE action for foreign key constraint containing generated column")
		}
		if strings.IndexByte("nd", c.OnDelete) >= 0 {
			return fault.New(fault.SyntaxError, "invalid ON DELETE action for foreign key constraint containing generated column")
		}
	}
	return nil
}

// convertedFormula is the expression of a generated column whose type changes:
// the same, assigned to the new type.
func convertedFormula(w *work.Work, t *catalog.Table, c *catalog.Column, typ work.ColumnType) (*catalog.Expr, error) {
	if c.Generated == nil || c.Type.OID == typ.Ref.OID {
		return c.Generated, nil
	}
	node, err := syntax.ParseExpr(c.Generated.SQL)
	if err != nil {
		return nil, err
	}
	sql, err := syntax.Deparse(node)
	if err != nil {
		return nil, err
	}
	e := &catalog.Expr{SQL: "CAST(" + sql + " AS " + w.FormatType(c.Type) + ")", SearchPath: c.Generated.SearchPath}
	_, _, err = w.Compile.Expr(w.Cat(), t, e, typ.Ref, work.Generated)
	if fault.Code(err) == fault.DatatypeMismatch {
		err = fault.New(fault.DatatypeMismatch, `generation expression for column "%s" cannot be cast automatically to type %s`, c.Name, typ.Type.SQLName)
	}
	return e, err
}
