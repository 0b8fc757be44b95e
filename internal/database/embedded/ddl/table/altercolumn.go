package table

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/depend"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/physical"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/sequence"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// addParts adds constraints to a table that may have rows.
func addParts(w *work.Work, p *tableParts) error {
	before := len(p.t.Constraints)
	nullable := map[int]bool{}
	for _, c := range p.t.Columns {
		nullable[c.Number] = !c.NotNull
	}
	for _, n := range p.columns {
		nullable[n.number] = true
	}
	if err := columnKeys(w, p); err != nil {
		return err
	}
	for _, k := range p.keys {
		if err := addKey(w, p.t, k); err != nil {
			return err
		}
		if err := physical.BuildIndex(w, p.t, p.t.Indexes[len(p.t.Indexes)-1]); err != nil {
			return err
		}
	}
	// PostgreSQL builds the indexes before it looks for nulls.
	for _, c := range p.t.Columns {
		if c.NotNull && nullable[c.Number] {
			if err := checkNotNull(w, p.t, c); err != nil {
				return err
			}
		}
	}
	if err := addChecks(w, p); err != nil {
		return err
	}
	if err := addForeignKeys(w, p.t, p.foreign); err != nil {
		return err
	}
	for _, k := range p.t.Constraints[before:] {
		if !k.NotValid {
			if err := validate(w, p.t, k); err != nil {
				return err
			}
		}
	}
	return physical.Rewrite(w, p.t)
}

func setNotNull(w *work.Work, t *catalog.Table, c *catalog.Column) error {
	if c.NotNull {
		return nil
	}
	if err := checkNotNull(w, t, c); err != nil {
		return err
	}
	w.ReplaceColumn(t, c, func(c *catalog.Column) { c.NotNull = true })
	return physical.Rewrite(w, t)
}

func dropNotNull(w *work.Work, t *catalog.Table, c *catalog.Column) error {
	switch k := t.PrimaryKey(); {
	case c.Identity != 0:
		return fault.New(fault.SyntaxError, `column "%s" of relation "%s" is an identity column`, c.Name, t.Name)
	case k != nil && slices.Contains(k.Columns, c.Number):
		return fault.New(fault.InvalidTableDefinition, `column "%s" is in a primary key`, c.Name)
	case !c.NotNull:
		return nil
	}
	w.ReplaceColumn(t, c, func(c *catalog.Column) { c.NotNull = false })
	return physical.Rewrite(w, t)
}

// setType changes the type of a column.
func setType(w *work.Work, t *catalog.Table, c *catalog.Column, def *ast.ColumnDef) error {
	typ, err := w.ColumnType(def.TypeName)
	if err != nil {
		return err
	}
	if typ.Serial {
		return fault.New(fault.UndefinedObject, `type "%s" does not exist`, work.Names(def.TypeName.Names)[0])
	}
	if def.Collclause != nil {
		if err := w.Collate(typ.Type, work.Names(def.Collclause.Collname)); err != nil {
			return err
		}
	}
	if c.Identity != 0 && !work.IsInteger(typ.Type) {
		return fault.New(fault.InvalidParameter, "identity column type must be smallint, integer, or bigint")
	}
	if c.Generated != nil && def.RawDefault != nil {
		return fault.New("42611", "cannot specify USING when altering type of generated column").
			WithDetail(`Column "%s" is a generated column.`, c.Name)
	}
	if err := refuseUsers(t, c); err != nil {
		return err
	}
	value, err := conversion(w, t, c, typ, def.RawDefault)
	if err != nil {
		return err
	}
	if err := policiesUsing(w, t, c); err != nil {
		return err
	}
	if err := rereadable(t, c, w.Types.Type(c.Type.OID), typ.Type); err != nil {
		return err
	}
	converted, err := convertedDefault(w, c, typ)
	if err != nil {
		return err
	}
	formula, err := convertedFormula(w, t, c, typ)
	if err != nil {
		return err
	}
	c = w.ReplaceColumn(t, c, func(c *catalog.Column) { c.Default, c.Generated = converted, formula })
	if c.Identity != 0 {
		if err := sequence.Retype(w, w.Cat().Sequences[c.Sequence], typ.Ref.OID); err != nil {
			return err
		}
	}
	return move(w, t, c, typ.Ref, value)
}

// convertedDefault is the default of a column whose type changes: its value in
// the old type, assigned to the new one.
func convertedDefault(w *work.Work, c *catalog.Column, typ work.ColumnType) (*catalog.Expr, error) {
	if c.Default == nil || c.Type.OID == typ.Ref.OID {
		return c.Default, nil
	}
	e := &catalog.Expr{SQL: "CAST(" + c.Default.SQL + " AS " + w.TypeName(c.Type.OID) + ")", SearchPath: c.Default.SearchPath}
	_, _, err := w.Compile.Expr(w.Cat(), nil, e, typ.Ref, work.Default)
	if fault.Code(err) == fault.DatatypeMismatch {
		err = fault.New(fault.DatatypeMismatch, `default for column "%s" cannot be cast automatically to type %s`, c.Name, typ.Type.SQLName)
	}
	return e, err
}

// policiesUsing refuses to change a column that a policy or a view uses.
func policiesUsing(w *work.Work, t *catalog.Table, c *catalog.Column) error {
	used, err := depend.ColumnPolicies(w, t, c)
	if err != nil {
		return err
	}
	return depend.RefuseType(w, t, c, used)
}

// conversion is the SQLite expression of a column's value in its new type.
func conversion(w *work.Work, t *catalog.Table, c *catalog.Column, typ work.ColumnType, using ast.Node) (string, error) {
	e := work.ColumnExpr(c)
	if using != nil {
		if work.HasSubquery(using) {
			return "", fault.New(fault.FeatureNotSupported, "cannot use subquery in transform expression")
		}
		var err error
		if e, err = w.Stored(using); err != nil {
			return "", err
		}
	}
	value, _, err := w.Compile.Expr(w.Cat(), t, e, typ.Ref, work.Using)
	if fault.Code(err) != fault.DatatypeMismatch {
		return value, err
	}
	if using != nil {
		return "", fault.New(fault.DatatypeMismatch, `result of USING clause for column "%s" cannot be cast automatically to type %s`, c.Name, typ.Type.SQLName).
			WithHint("You might need to add an explicit cast.")
	}
	return "", fault.New(fault.DatatypeMismatch, `column "%s" cannot be cast automatically to type %s`, c.Name, typ.Type.SQLName).
		WithHint("You might need to specify \"USING %s::%s\".", work.QuoteIdent(c.Name), w.FormatType(typ.Ref))
}

// rereadable refuses to change the type of a column where an expression of the
// table would be read again otherwise than PostgreSQL does, which keeps it with
// the types it had: a literal of no type of its own, or a column of a type that
// is cast to text without being asked.
func rereadable(t *catalog.Table, c *catalog.Column, from, to *types.Type) error {
	if from.OID == to.OID || isTextual(from) && isTextual(to) {
		return nil
	}
	for _, e := range expressionsOf(t) {
		used, err := work.Uses(e, c.Name)
		if err != nil {
			return err
		}
		if !used {
			continue
		}
		node, err := syntax.ParseExpr(e.SQL)
		if err != nil {
			return err
		}
		if hasUntyped(node) || isTextual(from) && from.Name != "text" {
			return work.Unsupported("changing the type of a column that an expression with untyped literals or casts to text uses is")
		}
	}
	return nil
}

func isTextual(t *types.Type) bool {
	return work.IsText(t) || t.Name == "bpchar" || t.Name == "name"
}

// expressionsOf lists the expressions of checks and indexes.
func expressionsOf(t *catalog.Table) []*catalog.Expr {
	var out []*catalog.Expr
	for _, k := range t.Constraints {
		out = append(out, k.Check)
	}
	for _, i := range t.Indexes {
		out = append(out, i.Where)
		for _, k := range i.Columns {
			out = append(out, k.Expr)
		}
	}
	return slices.DeleteFunc(out, func(e *catalog.Expr) bool { return e == nil })
}

// hasUntyped tells whether an expression holds a string literal that no cast
// gives a type.
func hasUntyped(n ast.Node) bool {
	literals, cast := 0, 0
	work.Walk(n, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.A_Const:
			if n != nil && isString(n) {
				literals++
			}
		case *ast.TypeCast:
			if n == nil {
				return
			}
			if k, ok := n.Arg.(*ast.A_Const); ok && isString(k) {
				cast++
			}
		}
	})
	return literals > cast
}

func isString(n *ast.A_Const) bool {
	_, ok := n.Val.(*ast.String)
	return ok
}
