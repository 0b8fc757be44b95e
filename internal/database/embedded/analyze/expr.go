package analyze

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

func typeOf(v any) string { return fmt.Sprintf("%T", v) }

func unparen(n ast.Node) ast.Node {
	for {
		p, ok := n.(*ast.ParenExpr)
		if !ok {
			return n
		}
		n = p.Expr
	}
}

// expr analyzes an expression.
func (a *analyzer) expr(s *scope, n ast.Node) (tree.Expr, error) {
	switch n := unparen(n).(type) {
	case *ast.ColumnRef:
		return a.columnRef(s, n)
	case *ast.ParamRef:
		return a.param(n.Number)
	case *ast.A_Const:
		return a.constant(n)
	case *ast.String: // the field of EXTRACT
		return &tree.Const{Ref: types.Of(types.Unknown), Value: sqlite.Text(n.SVal)}, nil
	case *ast.TypeCast:
		return a.typeCast(s, n)
	case *ast.A_Expr:
		if e := a.isNew(s, n); e != nil {
			return e, nil
		}
		return a.operatorExpr(s, n)
	case *ast.BoolExpr:
		return a.logic(s, n)
	case *ast.NullTest:
		return a.nullTest(s, n)
	case *ast.BooleanTest:
		return a.booleanTest(s, n)
	case *ast.FuncCall:
		return a.funcCall(s, n)
	case *ast.GroupingFunc:
		return a.groupingCall(s, n)
	case *ast.SubLink:
		return a.subLink(s, n)
	case *ast.CaseExpr:
		return a.caseExpr(s, n)
	case *ast.CoalesceExpr:
		return a.coalesce(s, n)
	case *ast.MinMaxExpr:
		return a.extreme(s, n)
	case *ast.SQLValueFunction:
		return a.sqlValue(n)
	case *ast.ArrayExpr:
		return a.arrayExpr(s, n, types.Ref{})
	case *ast.A_Indirection:
		return a.indirection(s, n)
	case *ast.RowExpr:
		return a.rowValue(s, n)
	case *ast.SetToDefault:
		return nil, fault.New(fault.SyntaxError, "DEFAULT is not allowed in this context")
	}
	return nil, unsupported("the expression %s is", strings.TrimPrefix(strings.TrimPrefix(typeOf(n), "*ast."), "A_"))
}

// rowStar analyzes t.* inside an expression: the row as a value.
func (a *analyzer) rowStar(s *scope, n *ast.ColumnRef) (tree.Expr, error) {
	fields := syntax.Items(n.Fields)
	if len(fields) < 2 {
		return nil, unsupported("* inside an expression is")
	}
	var qualifier []string
	for _, f := range fields[:len(fields)-1] {
		qualifier = append(qualifier, syntax.Str(f))
	}
	if columns := s.joinNamed(qualifier); columns != nil {
		return a.joinRow(columns)
	}
	r, err := a.rel(s, qualifier)
	if err != nil {
		return nil, err
	}
	return a.wholeRow(r), nil
}

func (a *analyzer) columnRef(s *scope, n *ast.ColumnRef) (tree.Expr, error) {
	if isStar(n) {
		return a.rowStar(s, n)
	}
	if column, subscripts := splitSubscripts(n); len(subscripts) > 0 {
		e, err := a.columnRef(s, column)
		if err != nil {
			return nil, err
		}
		return a.subscripts(s, e, subscripts)
	}
	path := syntax.Names(n.Fields)
	if len(path) > 3 {
		return nil, fault.New(fault.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(path, "."))
	}
	if s.clause == "DEFAULT" || s.clause == "VALUES" && len(s.rels) == 0 && s.parent == nil {
		if s.clause == "DEFAULT" {
			return nil, fault.New(fault.FeatureNotSupported, "cannot use column reference in DEFAULT expression")
		}
	}
	return a.column(s, path[:len(path)-1], path[len(path)-1])
}

// constant gives a literal its type: integers the smallest of integer, bigint
// and numeric that holds them, strings the type unknown.
func (a *analyzer) constant(n *ast.A_Const) (tree.Expr, error) {
	if n.Isnull || n.Val == nil {
		return &tree.Const{Ref: types.Of(types.Unknown), Value: sqlite.Null}, nil
	}
	switch v := n.Val.(type) {
	case *ast.Integer:
		return a.Number(strconv.Itoa(v.IVal))
	case *ast.Float:
		return a.Number(v.FVal)
	case *ast.Boolean:
		return resolve.Bool(v.BoolVal), nil
	case *ast.String:
		return &tree.Const{Ref: types.Of(types.Unknown), Value: sqlite.Text(v.SVal)}, nil
	case *ast.Null:
		return &tree.Const{Ref: types.Of(types.Unknown), Value: sqlite.Null}, nil
	}
	return nil, unsupported("a literal of the kind %s is", typeOf(n.Val))
}

func (a *analyzer) typeCast(s *scope, n *ast.TypeCast) (tree.Expr, error) {
	if r := a.rowType(n.TypeName); r != nil {
		return a.rowCast(s, n.Arg, r)
	}
	ref, err := a.typeRef(n.TypeName)
	if err != nil {
		return nil, err
	}
	var e tree.Expr
	if list, ok := unparen(n.Arg).(*ast.ArrayExpr); ok {
		e, err = a.arrayExpr(s, list, ref)
	} else {
		e, err = a.expr(s, n.Arg)
	}
	if err != nil {
		return nil, err
	}
	return a.Coerce(e, ref, types.Explicit)
}

// rowCast analyzes the cast of a row to the row type of a relation.
func (a *analyzer) rowCast(s *scope, n ast.Node, r *tree.Rel) (tree.Expr, error) {
	if a.freeze != nil {
		return nil, unsupported("the row type of %s in a view is", r.Alias)
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
		return a.asRow(w, types.OID(rowTypeOf(r)))
	}
	e, err := a.expr(s, n)
	if err != nil {
		return nil, err
	}
	w, ok := e.(*tree.WholeRow)
	if !ok {
		return nil, unsupported("the cast of this value to the row type of %s is", r.Alias)
	}
	return a.asRow(w, types.OID(rowTypeOf(r)))
}

// asRow converts a row to the row type of a relation.
func (a *analyzer) asRow(w *tree.WholeRow, oid types.OID) (tree.Expr, error) {
	of := uint32(oid)
	r := a.relation(of)
	fields := a.fields(w)
	switch {
	case w.Of == of:
		return w, nil
	case w.Of != 0:
		return nil, fault.New(fault.CannotCoerce, "cannot cast type %s to %s", a.TypeName(types.OID(w.Of)), a.TypeName(oid))
	case w.Rel.Nullable:
		return nil, unsupported("a row that a join made NULL as one of %s is", r.Alias)
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

// isRowValue tells that an expression is a row whose fields are known.
func isRowValue(e tree.Expr) bool {
	_, ok := e.(*tree.WholeRow)
	return ok
}

// fields are those of a row.
func (a *analyzer) fields(w *tree.WholeRow) []tree.Output {
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
func (a *analyzer) field(e tree.Expr, name string) (tree.Expr, error) {
	w := e.(*tree.WholeRow)
	for _, f := range a.fields(w) {
		if f.Name == name {
			return f.Expr, nil
		}
	}
	switch {
	case w.Rel.ID != 0 && a.routines.frame == nil:
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
	return and(tests...)
}

// namesRelation tells whether a table or view has the name, and so a type has it.
func (a *analyzer) namesRelation(path []string) bool {
	schemas := a.SearchPath
	if len(path) > 1 {
		schemas = path[:1]
	}
	for _, s := range schemas {
		if a.Catalog.RelationOID(s, path[len(path)-1]) != 0 {
			return true
		}
	}
	return false
}

// typeRef resolves the name of a type.
func (a *analyzer) typeRef(n *ast.TypeName) (types.Ref, error) {
	path := syntax.Names(n.Names)
	if n.Setof || n.PctType || len(path) == 0 {
		return types.Ref{}, unsupported("the type %s (SETOF, %%TYPE) is", strings.Join(path, "."))
	}
	name := path[len(path)-1]
	t := a.typeNamed(path)
	if t == nil {
		if isKnownElsewhere(name) {
			return types.Ref{}, unsupported("the type %s is", name)
		}
		if a.namesRelation(path) {
			return types.Ref{}, unsupported("the row type of %s is", name)
		}
		return types.Ref{}, a.at(fault.New(fault.UndefinedObject, `type "%s" does not exist`, strings.Join(path, ".")), name)
	}
	if len(syntax.Items(n.Typmods)) == 0 {
		return a.arrayType(types.Of(t.OID), n)
	}
	ref, err := a.typeModifier(t, n)
	if err != nil {
		return ref, err
	}
	return a.arrayType(ref, n)
}

// typeNamed finds a type, built in or of the database; nil when there is none.
func (a *analyzer) typeNamed(path []string) *types.Type {
	name := path[len(path)-1]
	if len(path) == 1 || path[0] == "pg_catalog" {
		if t := a.Types.TypeNamed(name); t != nil || len(path) > 1 {
			return t
		}
	}
	e := a.Catalog.FindType(a.Role, a.SearchPath, name)
	if len(path) > 1 {
		e = a.Catalog.FindType(a.Role, path[:1], name)
	}
	if e == nil {
		return nil
	}
	return a.Types.Type(types.OID(e.OID))
}

// signed takes the sign off a number: numeric(5, -2).
func signed(n ast.Node) (ast.Node, int) {
	if e, ok := n.(*ast.A_Expr); ok && e.Lexpr == nil && len(syntax.Items(e.Name)) == 1 {
		if sign, ok := e.Name.Items[0].(*ast.String); ok && sign.SVal == "-" {
			return e.Rexpr, -1
		}
	}
	return n, 1
}

// typeModifier reads the modifier of a type's name; the family's own function
// typmodin is the type's cast to itself, so only plain integers are taken here.
func (a *analyzer) typeModifier(t *types.Type, n *ast.TypeName) (types.Ref, error) {
	var mods []int
	for _, m := range syntax.Items(n.Typmods) {
		if i, ok := m.(*ast.Integer); ok { // of TIME(3) and INTERVAL YEAR
			mods = append(mods, i.IVal)
			continue
		}
		m, sign := signed(m)
		c, ok := unparen(m).(*ast.A_Const)
		if !ok {
			return types.Ref{}, unsupported("a type modifier that is no constant is")
		}
		i, ok := c.Val.(*ast.Integer)
		if !ok {
			return types.Ref{}, fault.New(fault.InvalidParameter, "type modifiers must be simple constants or identifiers")
		}
		mods = append(mods, sign*i.IVal)
	}
	if t.ModIn == nil {
		return types.Ref{}, unsupported("the modifier (%s) of type %s is", strconv.Itoa(mods[0]), t.SQLName)
	}
	mod, err := t.ModIn(mods)
	return types.Ref{OID: t.OID, Mod: mod}, err
}

// isKnownElsewhere tells whether PostgreSQL has a type that this engine does
// not have yet, so that the error says so.
func isKnownElsewhere(name string) bool {
	switch name {
	case "int2", "float4", "float8", "numeric", "varchar", "bpchar", "char", "name", "date", "time", "timetz",
		"timestamp", "timestamptz", "interval", "bytea", "json", "jsonb", "uuid", "inet", "cidr", "macaddr", "money",
		"bit", "varbit", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle", "tsvector", "tsquery",
		"regclass", "regproc", "regtype", "oid", "record", "int4range", "int8range", "numrange", "tsrange", "tstzrange",
		"daterange", "citext", "hstore", "ltree", "vector", "void", "trigger", "pg_lsn", "jsonpath":
		return true
	}
	return false
}

func (a *analyzer) logic(s *scope, n *ast.BoolExpr) (tree.Expr, error) {
	op := map[ast.BoolExprType]tree.LogicOp{ast.AND_EXPR: tree.And, ast.OR_EXPR: tree.Or, ast.NOT_EXPR: tree.Not}[n.Boolop]
	e := &tree.Logic{Op: op}
	for _, arg := range syntax.Items(n.Args) {
		x, err := a.boolean(s, arg, string(op))
		if err != nil {
			return nil, err
		}
		if inner, ok := x.(*tree.Logic); ok && inner.Op == op && op != tree.Not {
			e.Args = append(e.Args, inner.Args...) // chains are flat, so that they do not nest deeply
			continue
		}
		e.Args = append(e.Args, x)
	}
	return e, nil
}

// boolean analyzes a condition.
func (a *analyzer) boolean(s *scope, n ast.Node, clause string) (tree.Expr, error) {
	e, err := a.expr(s, n)
	if err != nil {
		return nil, err
	}
	return a.Assign(e, types.Of(types.Bool), func() error {
		return fault.New(fault.DatatypeMismatch, "argument of %s must be type boolean, not type %s", clause, a.TypeName(e.Type().OID))
	})
}

func (a *analyzer) nullTest(s *scope, n *ast.NullTest) (tree.Expr, error) {
	if isRow(n.Arg) {
		return a.rowNull(s, n)
	}
	e, err := a.expr(s, n.Arg)
	if err != nil {
		return nil, err
	}
	if row, ok := e.(*tree.WholeRow); ok {
		return nullFields(a.fields(row), n.Nulltesttype == ast.IS_NOT_NULL), nil
	}
	if e, err = a.Settle(e); err != nil {
		return nil, err
	}
	return &tree.IsNull{Arg: e, Not: n.Nulltesttype == ast.IS_NOT_NULL}, nil
}

func (a *analyzer) booleanTest(s *scope, n *ast.BooleanTest) (tree.Expr, error) {
	tests := map[ast.BoolTestType]tree.IsBool{
		ast.IS_TRUE: {Value: tree.True}, ast.IS_NOT_TRUE: {Value: tree.True, Not: true},
		ast.IS_FALSE: {Value: tree.False}, ast.IS_NOT_FALSE: {Value: tree.False, Not: true},
		ast.IS_UNKNOWN: {Value: tree.UnknownTruth}, ast.IS_NOT_UNKNOWN: {Value: tree.UnknownTruth, Not: true},
	}
	test := tests[n.Booltesttype]
	clause := "IS " + map[bool]string{true: "NOT "}[test.Not] + [...]string{"TRUE", "FALSE", "UNKNOWN"}[test.Value]
	arg, err := a.boolean(s, n.Arg, clause)
	if err != nil {
		return nil, err
	}
	test.Arg = arg
	return &test, nil
}

func (a *analyzer) caseExpr(s *scope, n *ast.CaseExpr) (tree.Expr, error) {
	out := &tree.Case{}
	results := []tree.Expr{}
	for _, w := range syntax.Items(n.Args) {
		when, err := a.when(s, n, w.(*ast.CaseWhen))
		if err != nil {
			return nil, err
		}
		out.Whens = append(out.Whens, when)
		results = append(results, when.Result)
	}
	if n.Defresult != nil {
		e, err := a.expr(s, n.Defresult)
		if err != nil {
			return nil, err
		}
		out.Else = e
		// PostgreSQL resolves the type from ELSE on.
		results = append([]tree.Expr{e}, results...)
	}
	return a.unifyCase(out, results)
}

func (a *analyzer) when(s *scope, n *ast.CaseExpr, w *ast.CaseWhen) (tree.When, error) {
	var cond tree.Expr
	var err error
	if n.Arg != nil {
		// Each branch analyzes the operand anew, so that a volatile one is
		// refused rather than evaluated more than once.
		cond, err = a.compare(s, "=", n.Arg, w.Expr)
		if err == nil && tree.Any(cond, isVolatile) {
			err = unsupported("CASE over a volatile operand is")
		}
	} else {
		cond, err = a.boolean(s, w.Expr, "CASE/WHEN")
	}
	if err != nil {
		return tree.When{}, err
	}
	result, err := a.expr(s, w.Result)
	return tree.When{Cond: cond, Result: result}, err
}

func isVolatile(e tree.Expr) bool {
	switch e := e.(type) {
	case *tree.Call:
		return e.Function.Volatility == types.Volatile
	case *tree.NextValue:
		return true
	}
	return false
}

func (a *analyzer) unifyCase(out *tree.Case, results []tree.Expr) (tree.Expr, error) {
	ref, err := a.Common(results, "CASE")
	if err != nil {
		return nil, err
	}
	out.Ref = ref
	for i := range out.Whens {
		if out.Whens[i].Result, err = a.Coerce(out.Whens[i].Result, ref, types.Implicit); err != nil {
			return nil, err
		}
	}
	if out.Else != nil {
		out.Else, err = a.Coerce(out.Else, ref, types.Implicit)
	}
	return out, err
}

func (a *analyzer) coalesce(s *scope, n *ast.CoalesceExpr) (tree.Expr, error) {
	args, ref, err := a.unified(s, syntax.Items(n.Args), "COALESCE")
	return &tree.Coalesce{Ref: ref, Args: args}, err
}

func (a *analyzer) extreme(s *scope, n *ast.MinMaxExpr) (tree.Expr, error) {
	greatest := n.Op == ast.IS_GREATEST
	name := map[bool]string{true: "GREATEST", false: "LEAST"}[greatest]
	args, ref, err := a.unified(s, syntax.Items(n.Args), name)
	if err != nil {
		return nil, err
	}
	return &tree.Extreme{Ref: ref, Greatest: greatest, Args: args}, a.Ordered(args[0], "a comparison function", "<")
}

// unified analyzes expressions and brings them to a common type.
func (a *analyzer) unified(s *scope, list []ast.Node, clause string) ([]tree.Expr, types.Ref, error) {
	args := make([]tree.Expr, len(list))
	for i, n := range list {
		e, err := a.expr(s, n)
		if err != nil {
			return nil, types.Ref{}, err
		}
		args[i] = e
	}
	ref, err := a.Common(args, clause)
	if err != nil {
		return nil, ref, err
	}
	for i := range args {
		if args[i], err = a.Coerce(args[i], ref, types.Implicit); err != nil {
			return nil, ref, err
		}
	}
	return args, ref, nil
}
