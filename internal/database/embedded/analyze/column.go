package analyze

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// insertColumns resolves the list of columns, all of them when there is none.
func (a *analyzer) insertColumns(target *tree.Rel, list *ast.NodeList) (columns []int, isExplicit bool, err error) {
	if list == nil || len(list.Items) == 0 {
		for i := range target.Columns {
			columns = append(columns, i)
		}
		return columns, false, nil
	}
	seen := map[int]bool{}
	for _, n := range list.Items {
		t, ok := n.(*ast.ResTarget)
		if !ok || len(syntax.Items(t.Indirection)) > 0 {
			return nil, true, resolve.Unsupported("a column with a subscript or field in INSERT is")
		}
		i, err := a.targetColumn(target, t.Name)
		if err != nil {
			return nil, true, err
		}
		if seen[i] {
			return nil, true, a.At(fault.New(fault.DuplicateColumn, `column "%s" specified more than once`, t.Name), t.Name)
		}
		seen[i] = true
		columns = append(columns, i)
	}
	return columns, true, nil
}

func (a *analyzer) targetColumn(target *tree.Rel, name string) (int, error) {
	for i, c := range target.Columns {
		if c.Column.Name == name {
			return i, nil
		}
	}
	return 0, a.At(fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, target.Name()), name)
}

// given is what an INSERT gives for a column: an expression, or DEFAULT.
type given struct {
	expr      tree.Expr
	isDefault bool
}

// assignColumn converts a value to a column's type by the rules of assignment.
func (a *analyzer) assignColumn(target *tree.Rel, column int, e tree.Expr) (tree.Expr, error) {
	c := target.Columns[column].Column
	return a.Assign(e, c.Type, func() error {
		return a.At(fault.New(fault.DatatypeMismatch, `column "%s" is of type %s but expression is of type %s`,
			c.Name, a.TypeName(c.Type.OID), a.TypeName(e.Type().OID)).
			WithHint("You will need to rewrite or cast the expression."), c.Name)
	})
}

// newRow makes the full new row: what is given, and defaults for the rest.
func (a *analyzer) newRow(target *tree.Rel, values map[int]given, override ast.OverridingKind) ([]tree.Expr, error) {
	out := make([]tree.Expr, len(target.Columns))
	for i, c := range target.Columns {
		g, ok := values[i]
		if ok && !g.isDefault && c.Column.Identity != 0 && override == ast.OVERRIDING_USER_VALUE {
			ok = false
		}
		if ok && !g.isDefault {
			if err := mayInsert(c.Column, override); err != nil {
				return nil, err
			}
			out[i] = g.expr
			continue
		}
		e, err := a.defaultOf(target, i)
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

// defaultOf is the value of a column that is not given.
func (a *analyzer) defaultOf(target *tree.Rel, column int) (tree.Expr, error) {
	c := target.Columns[column].Column
	switch {
	case c.Identity != 0:
		return &tree.NextValue{Sequence: c.Sequence, Ref: c.Type}, nil
	case c.Default != nil:
		return a.StoredExpr(nil, c.Default, c.Type, "DEFAULT")
	case c.Sequence != 0:
		return &tree.NextValue{Sequence: c.Sequence, Ref: c.Type}, nil
	}
	return &tree.Const{Ref: c.Type, Value: sqlite.Null}, nil
}

// generatedAlways is the error of a value given to a column that computes its
// own.
const generatedAlways = "428C9"

// generated analyzes what the generated columns of a table to be written are
// computed from, for the conditions on its new rows.
func (a *analyzer) generated(r *tree.Rel) error {
	for i, c := range r.Columns {
		if c.Column.Generated == nil {
			continue
		}
		x, err := a.StoredExpr(r, c.Column.Generated, c.Type, scope.GenerationClause)
		if err != nil {
			return err
		}
		if r.Generated == nil {
			r.Generated = map[int]tree.Expr{}
		}
		r.Generated[i] = x
	}
	return nil
}

// mayInsert refuses a value for a column that has its own.
func mayInsert(c *catalog.Column, override ast.OverridingKind) error {
	f := fault.New(generatedAlways, `cannot insert a non-DEFAULT value into column "%s"`, c.Name)
	switch {
	case c.Generated != nil:
		return f.WithDetail(`Column "%s" is a generated column.`, c.Name)
	case c.Identity == 'a' && override != ast.OVERRIDING_SYSTEM_VALUE:
		return f.WithDetail(`Column "%s" is an identity column defined as GENERATED ALWAYS.`, c.Name).
			WithHint("Use OVERRIDING SYSTEM VALUE to override.")
	}
	return nil
}

// allDefault tells whether every row of VALUES has DEFAULT in a column.
func allDefault(rows []map[int]given, column int) bool {
	for _, row := range rows {
		if g, ok := row[column]; !ok || !g.isDefault {
			return false
		}
	}
	return true
}

// mayUpdate refuses a value for a column that has its own.
func mayUpdate(c *catalog.Column) error {
	f := fault.New(generatedAlways, `column "%s" can only be updated to DEFAULT`, c.Name)
	switch {
	case c.Generated != nil:
		return f.WithDetail(`Column "%s" is a generated column.`, c.Name)
	case c.Identity == 'a':
		return f.WithDetail(`Column "%s" is an identity column defined as GENERATED ALWAYS.`, c.Name)
	}
	return nil
}
