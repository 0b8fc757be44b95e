package analyze

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/docs"
	"github.com/galleyhq/galley/internal/database/embedded/types/session"
	"github.com/galleyhq/galley/internal/fault"
)

// maxArgs is PostgreSQL's FUNC_MAX_ARGS.
const maxArgs = 100

// call analyzes a function or aggregate call, that of a set-returning function
// too.
func (a *analyzer) call(s *scope, n *ast.FuncCall) (tree.Expr, error) {
	path := syntax.Names(n.Funcname)
	name := path[len(path)-1]
	schemaName := ""
	if len(path) > 1 {
		schemaName = path[len(path)-2]
	}
	if n.FuncVariadic {
		return a.variadicCall(s, n, schemaName, name)
	}
	if schemaName == "" || schemaName == "pg_catalog" {
		if n.Over != nil || resolve.IsWindow(name) && !n.AggWithinGroup {
			return a.windowCall(s, n, name)
		}
		if list := a.Types.Aggregates(name); len(list) > 0 {
			return a.aggregate(s, n, name, list)
		}
		schemaName = ""
	}
	if n.Over != nil {
		return nil, unsupported("OVER in the call of %s.%s is", schemaName, name)
	}
	if n.AggStar || n.AggDistinct || n.AggFilter != nil || n.AggOrder != nil || n.AggWithinGroup {
		return a.notAggregate(s, n, name)
	}
	if e, ok, err := a.sequenceCall(s, n, schemaName, name); ok {
		return e, err
	}
	args, err := a.arguments(s, n, name)
	if err != nil {
		return nil, err
	}
	if err := a.mayUse(schemaName); err != nil {
		return nil, err
	}
	if named, err := argumentNames(n); named != nil || err != nil {
		if err != nil {
			return nil, err
		}
		e, err := a.Named(schemaName, name, args, named)
		return a.routine(s, n, e, err)
	}
	if len(path) > 1 && schemaName == "" {
		return a.systemFunction(name, args)
	}
	e, err := a.Function(schemaName, name, args)
	return a.routine(s, n, e, err)
}

// systemFunction resolves a function that is written with pg_catalog, as the
// grammar writes those of SQL's own syntax: no other schema counts, and messages
// show it.
func (a *analyzer) systemFunction(name string, args []tree.Expr) (tree.Expr, error) {
	path := a.Path
	a.Path = nil
	defer func() { a.Path = path }()
	e, err := a.Function("", name, args)
	if f, ok := errors.AsType[*fault.Error](err); ok && (f.Code == fault.UndefinedFunction || f.Code == fault.AmbiguousFunction) {
		c := *f
		c.Message = strings.Replace(f.Message, "function "+name+"(", "function pg_catalog."+name+"(", 1)
		return nil, &c
	}
	return e, err
}

func (a *analyzer) notAggregate(s *scope, n *ast.FuncCall, name string) (tree.Expr, error) {
	if !resolve.IsKnownAggregate(name) {
		what := "DISTINCT"
		switch {
		case n.AggStar:
			return nil, a.at(fault.New(fault.UndefinedFunction, "function %s() does not exist", name), name)
		case n.AggWithinGroup:
			return nil, unsupported("WITHIN GROUP in the call of %s is", name)
		case n.AggDistinct:
		case n.AggOrder != nil:
			what = "ORDER BY"
		case n.AggFilter != nil:
			what = "FILTER"
		}
		return nil, a.at(fault.New(fault.WrongObjectType, "%s specified, but %s is not an aggregate function", what, name), name)
	}
	return nil, unsupported("the aggregate %s is", name)
}

func (a *analyzer) arguments(s *scope, n *ast.FuncCall, name string) ([]tree.Expr, error) {
	list := syntax.Items(n.Args)
	if len(list) > maxArgs {
		return nil, fault.New(fault.TooManyArguments, "cannot pass more than %d arguments to a function", maxArgs)
	}
	args := make([]tree.Expr, len(list))
	for i, arg := range list {
		if named, ok := arg.(*ast.NamedArgExpr); ok {
			arg = named.Arg
		}
		e, err := a.expr(s, arg)
		if err != nil {
			return nil, err
		}
		args[i] = e
	}
	return args, nil
}

func (a *analyzer) mayUse(schemaName string) error {
	if schemaName == "" || isSystemSchema(schemaName) || schemaName == docs.Schema {
		return nil
	}
	s := a.Catalog.Schemas[schemaName]
	if s == nil {
		return a.at(fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, schemaName), schemaName)
	}
	if !a.Catalog.Has(a.Role, s.Owner, s.ACL, catalog.Usage) {
		return a.at(fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", schemaName), schemaName)
	}
	return nil
}

// aggregate analyzes the call of an aggregate function.
func (a *analyzer) aggregate(s *scope, n *ast.FuncCall, name string, list []*types.Aggregate) (tree.Expr, error) {
	inner := *s
	inner.inAggregate = true
	if named, err := argumentNames(n); named != nil || err != nil {
		return nil, cmp.Or(err, error(unsupported("a named argument of the aggregate %s is", name)))
	}
	args, err := a.arguments(&inner, n, name)
	if err != nil {
		return nil, err
	}
	orderBy, err := a.aggregateOrder(&inner, n)
	if err != nil {
		return nil, err
	}
	if n.AggWithinGroup {
		for _, o := range orderBy {
			args = append(args, o.Expr)
		}
	}
	written := slices.Clone(args) // before they are coerced
	agg, result, err := a.FindAggregate(name, n.AggStar, args, list)
	if err != nil {
		return nil, err
	}
	out := &tree.Aggregate{Aggregate: agg, Args: args, Distinct: n.AggDistinct, Ref: result, OrderBy: orderBy}
	if err := a.orderedSet(out, n, name); err != nil {
		return nil, err
	}
	if n.AggFilter != nil {
		if out.Filter, err = a.boolean(&inner, n.AggFilter, "FILTER"); err != nil {
			return nil, err
		}
	}
	if out.Distinct {
		if err := a.distinctOrder(out, written); err != nil {
			return nil, err
		}
		for _, e := range countedFields(agg, args) {
			if err := a.Ordered(e, "equality", "="); err != nil {
				if fault.Code(err) == fault.UndefinedFunction && !slices.Contains(args, e) { // found while it runs
					err = fault.New(fault.UndefinedFunction, "could not identify a comparison function for type %s", a.TypeName(e.Type().OID))
				}
				return nil, err
			}
		}
	}
	at := cmp.Or(outerOnly(s, out), s)
	if at.lateral {
		return nil, a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in FROM clause of their own query level"), name)
	}
	if err := a.mayAggregate(at, name); err != nil {
		return nil, err
	}
	if at != s && at.inWindow != "" {
		return nil, unsupported("the aggregate %s of an outer query in a window function is", name)
	}
	*at.aggregates = append(*at.aggregates, out)
	return out, nil
}

// countedFields are the arguments, or the fields of the row that is counted.
func countedFields(agg *types.Aggregate, args []tree.Expr) []tree.Expr {
	if len(args) != 1 || agg.Name != "count" {
		return args
	}
	row, ok := args[0].(*tree.WholeRow)
	if !ok || len(row.Fields) == 0 {
		return args
	}
	var fields []tree.Expr
	for _, f := range row.Fields {
		fields = append(fields, f.Expr)
	}
	return fields
}

// aggregateOrder analyzes ORDER BY within the call of an aggregate, where a number
// is no position.
func (a *analyzer) aggregateOrder(s *scope, n *ast.FuncCall) ([]tree.Order, error) {
	var out []tree.Order
	for _, item := range syntax.Items(n.AggOrder) {
		sort, ok := item.(*ast.SortBy)
		if !ok || sort.SortbyDir == ast.SORTBY_USING {
			return nil, unsupported("ORDER BY USING is")
		}
		e, err := a.expr(s, sort.Node)
		if err != nil {
			return nil, err
		}
		if e, err = a.Settle(e); err != nil {
			return nil, err
		}
		if err := a.Ordered(e, "an ordering", "<"); err != nil {
			return nil, err
		}
		out = append(out, order(sort, e))
	}
	return out, nil
}

// orderedSet checks that WITHIN GROUP is there for the aggregates that need it,
// and only for them, and orders by what the arguments were coerced to.
func (a *analyzer) orderedSet(x *tree.Aggregate, n *ast.FuncCall, name string) error {
	switch agg := x.Aggregate; {
	case !agg.Within && n.AggWithinGroup:
		return a.at(fault.New(fault.WrongObjectType,
			"%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name), name)
	case !agg.Within:
		return nil
	case !n.AggWithinGroup:
		return a.at(fault.New(fault.WrongObjectType, "WITHIN GROUP is required for ordered-set aggregate %s", name), name)
	}
	for i := range x.OrderBy {
		x.OrderBy[i].Expr = x.Args[x.Aggregate.Direct+i]
	}
	for _, direct := range x.Args[:x.Aggregate.Direct] {
		ofRow := func(e tree.Expr) bool {
			switch e.(type) {
			case *tree.Column, *tree.WholeRow, *tree.Subquery, *tree.Aggregate:
				return true
			}
			return false
		}
		if tree.Any(direct, ofRow) {
			return unsupported("a direct argument of %s that is not constant is", name)
		}
	}
	return nil
}

// distinctOrder orders an aggregate of DISTINCT arguments: only by some of them.
func (a *analyzer) distinctOrder(x *tree.Aggregate, written []tree.Expr) error {
	for i, o := range x.OrderBy {
		at := slices.IndexFunc(written, func(e tree.Expr) bool { return tree.Equal(e, o.Expr) })
		if at < 0 {
			return fault.New(fault.InvalidColumnReference,
				"in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
		}
		x.OrderBy[i].Expr = x.Args[at]
	}
	return nil
}

func (a *analyzer) mayAggregate(s *scope, name string) error {
	if s.inAggregate {
		return a.at(fault.New(fault.GroupingError, "aggregate function calls cannot be nested"), name)
	}
	if s.aggregates != nil {
		return nil
	}
	switch s.clause {
	case "JOIN/ON":
		return a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in JOIN conditions"), name)
	case "CHECK":
		return a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in check constraints"), name)
	case "POLICY":
		return a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in policy expressions"), name)
	case "DEFAULT":
		return a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in DEFAULT expressions"), name)
	}
	return a.at(fault.New(fault.GroupingError, "aggregate functions are not allowed in %s", s.clause), name)
}

// sqlValues names the functions that CURRENT_TIMESTAMP and its kind call, and
// the type their result is converted to, "" for its own.
var sqlValues = map[ast.SQLValueFunctionOp]struct{ function, as string }{
	ast.SVFOP_CURRENT_DATE:        {"now", "date"},
	ast.SVFOP_CURRENT_TIME:        {"now", "timetz"},
	ast.SVFOP_CURRENT_TIME_N:      {"now", "timetz"},
	ast.SVFOP_CURRENT_TIMESTAMP:   {"now", ""},
	ast.SVFOP_CURRENT_TIMESTAMP_N: {"now", "timestamptz"},
	ast.SVFOP_LOCALTIME:           {"now", "time"},
	ast.SVFOP_LOCALTIME_N:         {"now", "time"},
	ast.SVFOP_LOCALTIMESTAMP:      {"now", "timestamp"},
	ast.SVFOP_LOCALTIMESTAMP_N:    {"now", "timestamp"},
	ast.SVFOP_CURRENT_ROLE:        {"current_user", ""},
	ast.SVFOP_CURRENT_USER:        {"current_user", ""},
	ast.SVFOP_USER:                {"current_user", ""},
	ast.SVFOP_SESSION_USER:        {"session_user", ""},
	ast.SVFOP_CURRENT_SCHEMA:      {"current_schema", ""},
}

// sqlValue resolves CURRENT_TIMESTAMP and its kind.
func (a *analyzer) sqlValue(n *ast.SQLValueFunction) (tree.Expr, error) {
	value := sqlValues[n.Op]
	if definer := a.routines.definer; definer != "" && value.function == "current_user" {
		return &tree.Const{Ref: types.Of(types.Name), Value: sqlite.Text(definer)}, nil
	}
	if a.routines.frame != nil && value.function == "current_schema" {
		return nil, unsupported("CURRENT_SCHEMA in the body of a function is")
	}
	for _, fn := range a.Types.Functions("", value.function) {
		if len(fn.Args) > 0 || fn.Session == nil {
			continue
		}
		e := &tree.SessionValue{Function: fn}
		t := a.Types.TypeNamed(value.as)
		if t == nil {
			return e, nil
		}
		return a.sqlValueAs(e, t, n.TypeMod)
	}
	return nil, unsupported("%s is", strings.ToUpper(n.SqlString()))
}

// sqlValueAs converts a value to a type with a precision, -1 for none.
func (a *analyzer) sqlValueAs(e tree.Expr, t *types.Type, precision int) (tree.Expr, error) {
	ref := types.Of(t.OID)
	if precision >= 0 && t.ModIn != nil {
		mod, err := t.ModIn([]int{precision})
		if err != nil {
			return nil, err
		}
		ref.Mod = mod
	}
	return a.Coerce(e, ref, types.Explicit)
}

// argumentNames returns the names of a call's arguments, "" for those given by
// their place; nil when none is named.
func argumentNames(n *ast.FuncCall) ([]string, error) {
	list := syntax.Items(n.Args)
	var out []string
	seen := map[string]bool{}
	for i, arg := range list {
		named, ok := arg.(*ast.NamedArgExpr)
		switch {
		case ok && seen[named.Name]:
			return nil, fault.New(fault.SyntaxError, `argument name "%s" used more than once`, named.Name)
		case ok && out == nil:
			out = make([]string, len(list))
		case !ok && out != nil:
			return nil, fault.New(fault.SyntaxError, "positional argument cannot follow named argument")
		}
		if ok {
			out[i], seen[named.Name] = named.Name, true
		}
	}
	return out, nil
}

// sequencePrivileges are what the functions of sequences ask for: any of them.
var sequencePrivileges = map[string]catalog.Privilege{
	"nextval": catalog.Usage | catalog.Update, "setval": catalog.Update, "currval": catalog.Usage | catalog.Select,
}

// sequenceCall analyzes nextval, setval, currval, lastval and
// pg_get_serial_sequence; ok tells that the call is one of them. The sequence
// must be named by a constant, since it is looked up here.
func (a *analyzer) sequenceCall(s *scope, n *ast.FuncCall, schemaName, name string) (e tree.Expr, ok bool, err error) {
	list := syntax.Items(n.Args)
	_, known := sequencePrivileges[name]
	switch {
	case schemaName != "" && schemaName != "pg_catalog":
		return nil, false, nil
	case name == "pg_get_serial_sequence" && len(list) == 2:
		e, err = a.serialSequence(list)
		return e, true, err
	case name == "lastval" && len(list) == 0:
		e, err = a.Function(session.SequenceSchema, name, nil)
		return e, true, err
	case !known || len(list) == 0:
		return nil, false, nil
	}
	q, err := a.sequenceNamed(list[0])
	if err != nil {
		return nil, true, err
	}
	if q == nil {
		return &tree.Const{Ref: types.Of(types.Int8), Value: null}, true, nil
	}
	if !a.hasAny(q, sequencePrivileges[name]) {
		return nil, true, fault.New(fault.InsufficientPrivilege, "permission denied for sequence %s", q.Name)
	}
	args := []tree.Expr{&tree.Const{Ref: types.Of(types.Int8), Value: sqlite.Int(int64(q.OID))}}
	for _, arg := range list[1:] {
		x, err := a.expr(s, arg)
		if err != nil {
			return nil, true, err
		}
		args = append(args, x)
	}
	e, err = a.Function(session.SequenceSchema, name, args)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return nil, true, named(f, name)
	}
	return e, true, err
}

// named takes out of an error how the functions of sequences are called here.
func named(f *fault.Error, name string) error {
	c := *f
	c.Message = strings.Replace(c.Message, session.SequenceSchema+"."+name+"(bigint", name+"(unknown", 1)
	return &c
}

// hasAny tells whether the role holds one of the privileges on a sequence.
func (a *analyzer) hasAny(q *catalog.Sequence, any catalog.Privilege) bool {
	for bit := catalog.Privilege(1); bit != 0; bit <<= 1 {
		if any&bit != 0 && a.Catalog.Has(a.Role, q.Owner, q.ACL, bit) {
			return true
		}
	}
	return false
}

// sequenceNamed finds the sequence that a constant names, nil for NULL.
func (a *analyzer) sequenceNamed(n ast.Node) (*catalog.Sequence, error) {
	text, isNull, err := a.constantName(n)
	if err != nil || isNull {
		return nil, err
	}
	schemaName, name, err := splitName(text)
	if err != nil {
		return nil, err
	}
	oid, err := a.relationNamed(schemaName, name)
	if err != nil {
		return nil, err
	}
	if q := a.Catalog.Sequences[oid]; q != nil {
		return q, nil
	}
	return nil, fault.New(fault.WrongObjectType, `"%s" is not a sequence`, name)
}

// constantName reads a name given as a constant: text, with a cast to regclass
// or not, or the name that pg_get_serial_sequence gives.
func (a *analyzer) constantName(n ast.Node) (text string, isNull bool, err error) {
	n = unparen(n)
	for {
		cast, ok := n.(*ast.TypeCast)
		if !ok || !slices.Contains([]string{"regclass", "text"}, lastName(cast.TypeName)) {
			break
		}
		n = unparen(cast.Arg)
	}
	if call, ok := n.(*ast.FuncCall); ok && slices.Equal(lastOf(syntax.Names(call.Funcname)), []string{"pg_get_serial_sequence"}) && len(syntax.Items(call.Args)) == 2 {
		e, err := a.serialSequence(syntax.Items(call.Args))
		if err != nil {
			return "", false, err
		}
		v := e.(*tree.Const).Value
		return v.Text(), v.IsNull(), nil
	}
	k, ok := n.(*ast.A_Const)
	if ok && k.Isnull {
		return "", true, nil
	}
	if ok {
		if v, ok := k.Val.(*ast.String); ok {
			return v.SVal, false, nil
		}
	}
	return "", false, unsupported("the name of a sequence that is no constant is")
}

func lastOf(list []string) []string { return list[max(len(list)-1, 0):] }

func lastName(t *ast.TypeName) string {
	if t == nil {
		return ""
	}
	return strings.Join(lastOf(syntax.Names(t.Names)), "")
}

// splitName reads a name as regclass does.
func splitName(text string) (schemaName, name string, err error) {
	node, err := syntax.ParseExpr(text)
	ref, ok := node.(*ast.ColumnRef)
	if err != nil || !ok {
		return "", "", fault.New(fault.InvalidName, "invalid name syntax")
	}
	parts := syntax.Names(ref.Fields)
	switch len(parts) {
	case 1:
		return "", parts[0], nil
	case 2:
		return parts[0], parts[1], nil
	}
	return "", "", unsupported("a name of this form is")
}

// relationNamed finds a relation by its name.
func (a *analyzer) relationNamed(schemaName, name string) (uint32, error) {
	path, shown := a.SearchPath, name
	if schemaName != "" {
		if err := a.mayUse(schemaName); err != nil {
			return 0, err
		}
		path, shown = []string{schemaName}, schemaName+"."+name
	}
	for _, s := range path {
		if oid := a.Catalog.RelationOID(s, name); oid != 0 && a.mayUse(s) == nil {
			return oid, nil
		}
	}
	return 0, fault.New(fault.UndefinedTable, `relation "%s" does not exist`, shown)
}

// serialSequence is pg_get_serial_sequence(table, column) over constants.
func (a *analyzer) serialSequence(list []ast.Node) (tree.Expr, error) {
	none := &tree.Const{Ref: types.Of(types.Text), Value: null}
	table, isNull, err := a.constantName(list[0])
	if err != nil || isNull {
		return none, err
	}
	column, isNull, err := a.constantName(list[1])
	if err != nil || isNull {
		return none, err
	}
	schemaName, name, err := splitName(table)
	if err != nil {
		return nil, err
	}
	oid, err := a.relationNamed(schemaName, name)
	if err != nil {
		return nil, err
	}
	t := a.Catalog.Tables[oid]
	if t == nil {
		return none, nil
	}
	c := t.Column(column)
	if c == nil {
		return nil, fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, column, t.Name)
	}
	for _, q := range a.Catalog.Sequences {
		if q.OwnerTable == t.OID && q.OwnerColumn == c.Number {
			text := syntax.QuoteIdent(q.Schema) + "." + syntax.QuoteIdent(q.Name)
			return &tree.Const{Ref: types.Of(types.Text), Value: sqlite.Text(text)}, nil
		}
	}
	return none, nil
}
