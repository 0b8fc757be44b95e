package expression

import (
	"strconv"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// rowStar analyzes t.* inside an expression: the row as a value.
func (a *Analyzer) rowStar(s *scope.Scope, n *ast.ColumnRef) (tree.Expr, error) {
	fields := syntax.Items(n.Fields)
	if len(fields) < 2 {
		return nil, resolve.Unsupported("* inside an expression is")
	}
	var qualifier []string
	for _, f := range fields[:len(fields)-1] {
		qualifier = append(qualifier, syntax.Str(f))
	}
	if columns := s.Join(qualifier); columns != nil {
		return a.joinRow(columns)
	}
	r, err := a.rel(s, qualifier)
	if err != nil {
		return nil, err
	}
	return a.wholeRow(r), nil
}

// rowCast analyzes the cast of a row to the row type of a relation.
func (a *Analyzer) rowCast(s *scope.Scope, n ast.Node, r *tree.Rel) (tree.Expr, error) {
	if a.Freeze != nil {
		return nil, resolve.Unsupported("the row type of %s in a view is", r.Alias)
	}
	if isRow(n) { // its literals have no type yet
		list, err := a.rowOf(s, n)
		if err != nil {
			return nil, err
		}
		w := &tree.WholeRow{Rel: new(tree.Rel)}
		for _, e := range list {
			w.Fields = append(w.Fields, tree.Output{Expr: e})
		}
		return a.asRow(w, types.OID(r.RowOID()))
	}
	e, err := a.Expr(s, n)
	if err != nil {
		return nil, err
	}
	w, ok := e.(*tree.WholeRow)
	if !ok {
		return nil, resolve.Unsupported("the cast of this value to the row type of %s is", r.Alias)
	}
	return a.asRow(w, types.OID(r.RowOID()))
}

// asRow converts a row to the row type of a relation.
func (a *Analyzer) asRow(w *tree.WholeRow, oid types.OID) (tree.Expr, error) {
	of := uint32(oid)
	r := a.ByOID(of)
	fields := a.Fields(w)
	switch {
	case w.Of == of:
		return w, nil
	case w.Of != 0:
		return nil, fault.New(fault.CannotCoerce, "cannot cast type %s to %s", a.TypeName(types.OID(w.Of)), a.TypeName(oid))
	case w.Rel.Nullable:
		return nil, resolve.Unsupported("a row that a join made NULL as one of %s is", r.Alias)
	case len(fields) != len(r.Columns):
		what := map[bool]string{true: "few", false: "many"}[len(fields) < len(r.Columns)]
		return nil, fault.New(fault.CannotCoerce, "cannot cast type record to %s", r.Alias).WithDetail("Input has too %s columns.", what)
	}
	out := &tree.WholeRow{Rel: new(tree.Rel), Of: of}
	for i, f := range fields {
		x, err := a.Coerce(f.Expr, r.Columns[i].Type, types.Explicit)
		if err != nil && fault.Code(err) != fault.CannotCoerce {
			return nil, err
		}
		if err != nil {
			return nil, fault.New(fault.CannotCoerce, "cannot cast type record to %s", r.Alias).
				WithDetail("Cannot cast type %s to %s in column %d.", a.TypeName(f.Expr.Type().OID), a.TypeName(r.Columns[i].Type.OID), i+1)
		}
		out.Fields = append(out.Fields, tree.Output{Name: r.Columns[i].Name, Expr: x})
	}
	return out, nil
}

// IsRow tells that an expression is a row whose fields are known.
func IsRow(e tree.Expr) bool {
	_, ok := e.(*tree.WholeRow)
	return ok
}

// Fields are those of a row.
func (a *Analyzer) Fields(w *tree.WholeRow) []tree.Output {
	if len(w.Fields) > 0 {
		return w.Fields
	}
	out := make([]tree.Output, len(w.Rel.Columns))
	for i, c := range w.Rel.Columns {
		out[i] = tree.Output{Name: c.Name, Expr: &tree.Column{Ref: c.Type, Rel: w.Rel, Index: i}}
	}
	return out
}

// field is one of a row, by its name.
func (a *Analyzer) field(e tree.Expr, name string) (tree.Expr, error) {
	w := e.(*tree.WholeRow)
	for _, f := range a.Fields(w) {
		if f.Name == name {
			return f.Expr, nil
		}
	}
	switch {
	case w.Rel.ID != 0 && a.Inside == nil:
		return nil, fault.New(fault.UndefinedColumn, "column %s.%s does not exist", w.Rel.Alias, name)
	case w.Of == 0:
		return nil, fault.New(fault.UndefinedColumn, `could not identify column "%s" in record data type`, name)
	}
	return nil, fault.New(fault.UndefinedColumn, `column "%s" not found in data type %s`, name, a.TypeName(types.OID(w.Of)))
}

// nullFields tells that all fields of a row are NULL, or that none is.
func nullFields(fields []tree.Output, not bool) tree.Expr {
	tests := make([]tree.Expr, len(fields))
	for i, f := range fields {
		tests[i] = &tree.IsNull{Arg: f.Expr, Not: not}
	}
	if len(tests) == 0 {
		return resolve.Bool(true)
	}
	return resolve.And(tests...)
}

// joinRow is a join with an alias as a value, which an outer join around it does not
// make NULL as a whole.
func (a *Analyzer) joinRow(columns []scope.Column) (tree.Expr, error) {
	if a.Freeze != nil {
		return nil, resolve.Unsupported("a join as a value in a view is")
	}
	row := &tree.WholeRow{Rel: new(tree.Rel)}
	for _, c := range columns {
		row.Fields = append(row.Fields, tree.Output{Name: c.Name, Expr: a.Column(c)})
	}
	return row, nil
}

// records are the fields of two values of a row type. Unlike those of rows that
// are written out, their NULLs are equal to each other and come after all else.
func (a *Analyzer) records(left, right *tree.WholeRow) (lefts, rights []tree.Expr, err error) {
	for _, f := range a.Fields(left) {
		lefts = append(lefts, f.Expr)
	}
	for _, f := range a.Fields(right) {
		rights = append(rights, f.Expr)
	}
	if left.Rel.Nullable || right.Rel.Nullable {
		return nil, nil, resolve.Unsupported("comparing a row that a join can make NULL is")
	}
	if len(lefts) != len(rights) || len(lefts) == 0 {
		return nil, nil, resolve.Unsupported("comparing rows of different types is")
	}
	for i := range lefts {
		if lefts[i].Type().OID != rights[i].Type().OID {
			return nil, nil, resolve.Unsupported("comparing rows of different types is")
		}
	}
	return lefts, rights, nil
}

// recordIn is a value of a row type IN a list of others.
func (a *Analyzer) recordIn(row *tree.WholeRow, list []tree.Expr, not bool) (tree.Expr, error) {
	var out []tree.Expr
	for _, item := range list {
		e, err := a.binary(map[bool]string{true: "<>", false: "="}[not], row, item)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if not {
		return resolve.And(out...), nil
	}
	return resolve.Or(out...), nil
}

// rowValue analyzes ROW(…) as a value, which functions of rows take.
func (a *Analyzer) rowValue(s *scope.Scope, n *ast.RowExpr) (tree.Expr, error) {
	row := &tree.WholeRow{Rel: new(tree.Rel)}
	list, err := a.rowOf(s, n)
	if err != nil {
		return nil, err
	}
	for i, e := range list {
		if e, err = a.Settle(e); err != nil {
			return nil, err
		}
		if e.Type().OID == types.Record {
			return nil, resolve.Unsupported("a row within a row is")
		}
		row.Fields = append(row.Fields, tree.Output{Name: "f" + strconv.Itoa(i+1), Expr: e})
	}
	return row, nil
}

func isRow(n ast.Node) bool {
	_, ok := syntax.Unparen(n).(*ast.RowExpr)
	return ok
}

// rowOf analyzes the fields of a row, or of one value as of a row. Within a row
// t.* are all columns of t.
func (a *Analyzer) rowOf(s *scope.Scope, n ast.Node) ([]tree.Expr, error) {
	row, ok := syntax.Unparen(n).(*ast.RowExpr)
	if !ok {
		e, err := a.Expr(s, n)
		return []tree.Expr{e}, err
	}
	var out []tree.Expr
	for _, item := range syntax.Items(row.Args) {
		if ref, ok := item.(*ast.ColumnRef); ok && IsStar(ref) {
			columns, err := a.star(s, ref)
			if err != nil {
				return nil, err
			}
			for _, c := range columns {
				out = append(out, c.Expr)
			}
			continue
		}
		e, err := a.Expr(s, item)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (a *Analyzer) rowOperator(s *scope.Scope, op string, n *ast.A_Expr) (tree.Expr, error) {
	left, err := a.rowOf(s, n.Lexpr)
	if err != nil {
		return nil, err
	}
	right, err := a.rowOf(s, n.Rexpr)
	if err != nil {
		return nil, err
	}
	return a.CompareRows(op, left, right)
}

// rowIn is a row IN a list of rows: a chain of comparisons.
func (a *Analyzer) rowIn(s *scope.Scope, left ast.Node, list []ast.Node, not bool) (tree.Expr, error) {
	op, chain := "=", &tree.Logic{Op: tree.Or}
	if not {
		op, chain.Op = "<>", tree.And
	}
	for _, item := range list {
		if !isRow(item) {
			return nil, resolve.Unsupported("a row IN a list of other values is")
		}
		e, err := a.rowOperator(s, op, &ast.A_Expr{Lexpr: left, Rexpr: item})
		if err != nil {
			return nil, err
		}
		chain.Args = append(chain.Args, e)
	}
	if len(chain.Args) == 1 {
		return chain.Args[0], nil
	}
	return chain, nil
}

// rowNull is IS [NOT] NULL of a row: of every field.
func (a *Analyzer) rowNull(s *scope.Scope, n *ast.NullTest) (tree.Expr, error) {
	fields, err := a.rowOf(s, n.Arg)
	if err != nil {
		return nil, err
	}
	tests := make([]tree.Output, len(fields))
	for i, e := range fields {
		if tests[i].Expr, err = a.Settle(e); err != nil {
			return nil, err
		}
	}
	return nullFields(tests, n.Nulltesttype == ast.IS_NOT_NULL), nil
}

// SetScalar notes that the name of a relation stands for its one value.
func (a *Analyzer) SetScalar(r *tree.Rel) {
	if a.scalars == nil {
		a.scalars = map[*tree.Rel]bool{}
	}
	a.scalars[r] = true
}

// wholeRow is a relation as a value.
func (a *Analyzer) wholeRow(r *tree.Rel) tree.Expr {
	if r.Functions != nil && r.Functions.Scalar() || a.scalars[r] {
		return a.Ref(r, 0) // rows of values are no records
	}
	w := &tree.WholeRow{Rel: r, Of: r.RowOID()}
	for i := range r.Columns {
		a.Needs.Read(r, i)
		if list := a.Shown[r]; list != nil {
			w.Fields = append(w.Fields, tree.Output{Name: r.Columns[i].Name, Expr: list[i]})
		}
	}
	if a.Freeze != nil {
		a.Freeze.UseWhole(r)
	}
	return w
}
