package analyze

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/syntax"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/label"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/json"
	"github.com/galleyhq/galley/internal/fault"
)

// from analyzes a FROM clause and adds its relations to the scope.
func (a *analyzer) from(s *scope, list *ast.NodeList) ([]tree.From, error) {
	var out []tree.From
	for _, n := range syntax.Items(list) {
		f, err := a.fromItem(s, n)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
		s.items = out
	}
	return out, nil
}

func (a *analyzer) fromItem(s *scope, n ast.Node) (tree.From, error) {
	switch n := n.(type) {
	case *ast.RangeVar:
		if c := s.cteNamed(n); c != nil {
			return a.cteRel(s, c, n)
		}
		r, err := a.tableRef(n)
		if err != nil {
			return nil, err
		}
		if err := a.secure(r); err != nil {
			return nil, err
		}
		return r, a.addRel(s, r)
	case *ast.RangeSubselect:
		return a.derived(s, n)
	case *ast.RangeFunction:
		return a.setFunction(s, n)
	case *ast.JoinExpr:
		return a.join(s, n)
	case *ast.ParenExpr:
		return a.fromItem(s, n.Expr)
	}
	return nil, unsupported("%T in FROM is", n)
}

func (a *analyzer) addRel(s *scope, r *tree.Rel) error {
	for _, other := range s.rels {
		if other.Alias == r.Alias && r.Alias != "" && !(plainName(other) && plainName(r) && schemaOf(other) != schemaOf(r)) {
			return a.at(fault.New(fault.DuplicateAlias, `table name "%s" specified more than once`, r.Alias), r.Alias)
		}
	}
	s.rels = append(s.rels, r)
	return nil
}

// plainName tells whether a relation goes by its table's own name, so that it
// may stand beside a table of the same name in another schema.
func plainName(r *tree.Rel) bool {
	return r.Table != nil && r.Table.Name == r.Alias || r.View != nil && r.View.Name == r.Alias
}

// schemaOf is the schema of a table or view.
func schemaOf(r *tree.Rel) string {
	if r.View != nil {
		return r.View.Schema
	}
	return r.Table.Schema
}

// tableRef resolves the name of a table and makes a relation of it.
func (a *analyzer) tableRef(n *ast.RangeVar) (*tree.Rel, error) {
	if n.SchemaName == catalog.ByOID && a.sources != nil {
		return a.sourceRef(n)
	}
	r, err := a.named(n)
	if err != nil {
		return nil, err
	}
	if a.freeze != nil {
		a.freeze.note(n, r)
	}
	if err := a.alias(r, n.Alias); err != nil {
		return nil, err
	}
	return a.newRel(r)
}

// inSchema makes a relation of a table or view by name, nil when there is none.
func (a *analyzer) inSchema(schemaName, name string) *tree.Rel {
	if v := a.Catalog.View(schemaName, name); v != nil {
		return viewRel(v)
	}
	t := a.Catalog.Table(schemaName, name)
	if t == nil {
		return nil
	}
	r := &tree.Rel{Alias: t.Name, Table: t}
	for _, c := range t.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: c.Name, Type: c.Type, Column: c})
	}
	return r
}

// named finds a table or view along the search path and checks USAGE of its
// schema.
func (a *analyzer) named(n *ast.RangeVar) (*tree.Rel, error) {
	if n.CatalogName != "" {
		return nil, unsupported(`cross-database reference "%s.%s.%s" is`, n.CatalogName, n.SchemaName, n.RelName)
	}
	if n.SchemaName != "" {
		return a.tableIn(n.SchemaName, n.RelName)
	}
	for _, name := range a.SearchPath {
		s := a.Catalog.Schemas[name]
		if s == nil || !a.Catalog.Has(a.Role, s.Owner, s.ACL, catalog.Usage) {
			continue
		}
		if r := a.inSchema(name, n.RelName); r != nil {
			return r, nil
		}
	}
	return nil, a.at(fault.New(fault.UndefinedTable, `relation "%s" does not exist`, n.RelName), n.RelName)
}

func (a *analyzer) tableIn(schemaName, name string) (*tree.Rel, error) {
	s := a.Catalog.Schemas[schemaName]
	if s != nil && !a.Catalog.Has(a.Role, s.Owner, s.ACL, catalog.Usage) {
		return nil, a.at(fault.New(fault.InsufficientPrivilege, "permission denied for schema %s", schemaName), schemaName)
	}
	if r := a.inSchema(schemaName, name); r != nil {
		return r, nil
	}
	if isSystemSchema(schemaName) {
		return nil, unsupported("the system catalogue %s.%s is", schemaName, name)
	}
	return nil, a.at(fault.New(fault.UndefinedTable, `relation "%s.%s" does not exist`, schemaName, name), schemaName)
}

func isSystemSchema(name string) bool { return name == "pg_catalog" || name == "information_schema" }

// alias renames a relation and its columns.
func (a *analyzer) alias(r *tree.Rel, n *ast.Alias) error {
	if n == nil {
		return nil
	}
	r.Alias = n.AliasName
	names := syntax.Items(n.ColNames)
	if len(names) > len(r.Columns) {
		return a.at(fault.New(fault.InvalidColumnReference, `table "%s" has %d columns available but %d columns specified`,
			r.Alias, len(r.Columns), len(names)), r.Alias)
	}
	for i, name := range names {
		r.Columns[i].Name = syntax.Str(name)
	}
	return nil
}

// derived analyzes a subquery in FROM. Without LATERAL it sees only the outer
// query's relations, not its neighbours.
func (a *analyzer) derived(s *scope, n *ast.RangeSubselect) (tree.From, error) {
	around := &scope{parent: s.parent, beside: s.rels}
	if n.Lateral {
		before := *s
		before.rels, before.lateral = slices.Clone(s.rels), true
		around = &before
	}
	sel, ok := n.Subquery.(*ast.SelectStmt)
	if !ok {
		return nil, unsupported("%T in FROM is", n.Subquery)
	}
	q, err := a.query(around, sel)
	if err != nil {
		return nil, err
	}
	if err := a.settleOutputs(q.Columns); err != nil {
		return nil, err
	}
	r := &tree.Rel{Query: q, Columns: columnsOf(q), Lateral: n.Lateral && q.Reads(s.rels)}
	if n.Alias == nil {
		return nil, fault.New(fault.SyntaxError, "subquery in FROM must have an alias").
			WithHint("For example, FROM (SELECT ...) [AS] foo.")
	}
	if err := a.alias(r, n.Alias); err != nil {
		return nil, err
	}
	if r, err = a.newRel(r); err != nil {
		return nil, err
	}
	return r, a.addRel(s, r)
}

// inFrom is the clause of the arguments of functions in FROM, for messages.
const inFrom = "functions in FROM"

// setFunction analyzes functions in FROM. They see the relations before them,
// whether LATERAL is written or not.
func (a *analyzer) setFunction(s *scope, n *ast.RangeFunction) (tree.From, error) {
	inner := s.in(inFrom, nil)
	calls := rangeCalls(n)
	if n.Ordinality && len(syntax.Items(n.ColDefList)) > 0 {
		return nil, fault.New(fault.SyntaxError, "WITH ORDINALITY cannot be used with a column definition list").
			WithHint("Put the column definition list inside ROWS FROM().")
	}
	if r, ok, err := a.rowsOfRoutine(s, inner, n, calls); ok || err != nil {
		if err == nil {
			err = a.alias(r, n.Alias)
		}
		if err == nil {
			r, err = a.newRel(r)
		}
		if err != nil {
			return nil, err
		}
		return r, a.addRel(s, r)
	}
	r := &tree.Rel{Functions: &tree.Functions{Ordinality: n.Ordinality}}
	for i, c := range calls {
		name, _ := label.Of(c.node, a.scalarNames)
		if i == 0 {
			r.Alias = name
		}
		if n.Alias != nil && len(calls) == 1 {
			name = n.Alias.AliasName
		}
		if err := a.setCall(inner, r, c, name); err != nil {
			return nil, err
		}
	}
	if n.Ordinality {
		r.Columns = append(r.Columns, tree.RelColumn{Name: "ordinality", Type: types.Of(types.Int8)})
	}
	if err := a.alias(r, n.Alias); err != nil {
		return nil, err
	}
	r, err := a.newRel(r)
	if err != nil {
		return nil, err
	}
	return r, a.addRel(s, r)
}

// lateral refuses functions and subqueries over columns of the other side of a
// join which keeps the rows of their own side.
func (a *analyzer) lateral(kind tree.JoinKind, left, right []*tree.Rel) error {
	if kind != tree.Right && kind != tree.Full {
		return nil
	}
	for _, l := range left {
		if slices.ContainsFunc(right, func(r *tree.Rel) bool { return r.Reads([]*tree.Rel{l}) }) {
			return a.at(fault.New(fault.InvalidColumnReference, `invalid reference to FROM-clause entry for table "%s"`, l.Alias).
				WithDetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference."), l.Alias)
		}
	}
	return nil
}

// rangeCall is a function of an item of FROM with its column definitions.
type rangeCall struct {
	node    ast.Node
	columns *ast.NodeList
}

// rangeCalls lists the functions of an item of FROM. unnest of several arrays
// stands for several of one (transformRangeFunction in parse_clause.c).
func rangeCalls(n *ast.RangeFunction) []rangeCall {
	var out []rangeCall
	for _, item := range syntax.Items(n.Functions) {
		c := rangeCall{node: item, columns: n.ColDefList}
		if pair, ok := item.(*ast.NodeList); ok && len(pair.Items) > 0 {
			c.node = pair.Items[0]
			if len(pair.Items) > 1 {
				if defs, ok := pair.Items[1].(*ast.NodeList); ok && defs != nil {
					c.columns = defs
				}
			}
		}
		if call, ok := c.node.(*ast.FuncCall); ok && isUnnest(call) && len(syntax.Items(c.columns)) == 0 {
			for _, arg := range call.Args.Items {
				one := *call
				one.Args = &ast.NodeList{Items: []ast.Node{arg}}
				out = append(out, rangeCall{node: &one})
			}
			continue
		}
		out = append(out, c)
	}
	return out
}

func isUnnest(n *ast.FuncCall) bool {
	path := syntax.Names(n.Funcname)
	return len(path) == 1 && path[0] == "unnest" && len(syntax.Items(n.Args)) > 1 &&
		!n.AggStar && !n.AggDistinct && !n.FuncVariadic && n.Over == nil && n.AggFilter == nil && n.AggOrder == nil
}

// setCall adds a function and its columns to a relation. name is what a column
// without a better name is called.
func (a *analyzer) setCall(s *scope, r *tree.Rel, c rangeCall, name string) error {
	var e tree.Expr
	var err error
	call, isCall := c.node.(*ast.FuncCall)
	base := a.populated(call)
	switch {
	case base != nil:
		e, err = a.populate(s, call)
	case isCall:
		e, err = a.call(s, call)
	default:
		e, err = a.expr(s, c.node)
	}
	if err != nil {
		return err
	}
	if e, err = a.Settle(e); err != nil {
		return err
	}
	out := tree.SetCall{Expr: e}
	f := out.Function()
	switch {
	case base != nil && len(syntax.Items(c.columns)) > 0:
		return fault.New(fault.SyntaxError, "a column definition list is redundant for a function returning a named composite type")
	case base != nil:
		for _, k := range base.Columns {
			out.Columns = append(out.Columns, types.ResultColumn{Name: k.Name, Type: k.Type.OID, Mod: k.Type.Mod})
		}
	case f != nil && f.FromRecord():
		if out.Columns, err = a.recordColumns(c.columns); err != nil {
			return err
		}
	case len(syntax.Items(c.columns)) > 0 && f != nil && len(f.Columns) > 1:
		return fault.New(fault.SyntaxError, "a column definition list is redundant for a function with OUT parameters")
	case len(syntax.Items(c.columns)) > 0:
		return fault.New(fault.SyntaxError, `a column definition list is only allowed for functions returning "record"`)
	case f != nil && len(f.Columns) > 0:
		out.Columns = f.Columns
	case e.Type().OID == types.Record || e.Type().OID == types.Void:
		return unsupported("a function in FROM that gives a value of type %s is", a.TypeName(e.Type().OID))
	default:
		out.Columns = []types.ResultColumn{{Name: name, Type: e.Type().OID, Mod: e.Type().Mod}}
	}
	for _, k := range out.Columns {
		r.Columns = append(r.Columns, tree.RelColumn{Name: k.Name, Type: types.Ref{OID: k.Type, Mod: k.Mod}})
	}
	r.Functions.Calls = append(r.Functions.Calls, out)
	return nil
}

// populated is the relation whose row a call of json_populate_record or one of its
// kind fills, from nothing: (null::relation, json). nil for any other call.
func (a *analyzer) populated(n *ast.FuncCall) *tree.Rel {
	if n == nil || len(syntax.Items(n.Args)) != 2 || a.freeze != nil {
		return nil
	}
	path := syntax.Names(n.Funcname)
	name := path[len(path)-1]
	if len(path) > 1 && path[0] != "pg_catalog" || !strings.HasPrefix(name, "json_populate_record") && !strings.HasPrefix(name, "jsonb_populate_record") {
		return nil
	}
	cast, ok := unparen(n.Args.Items[0]).(*ast.TypeCast)
	if !ok {
		return nil
	}
	if null, ok := unparen(cast.Arg).(*ast.A_Const); !ok || !null.Isnull {
		return nil
	}
	return a.rowType(cast.TypeName)
}

// populate analyzes such a call as one of the document alone.
func (a *analyzer) populate(s *scope, n *ast.FuncCall) (tree.Expr, error) {
	e, err := a.expr(s, n.Args.Items[1])
	if err != nil {
		return nil, err
	}
	path := syntax.Names(n.Funcname)
	return a.Function(json.Schema, path[len(path)-1], []tree.Expr{e})
}

// rowType is the relation whose rows a type is of, nil when it is another type.
func (a *analyzer) rowType(n *ast.TypeName) *tree.Rel {
	path := syntax.Names(n.Names)
	if len(path) == 0 || len(path) > 2 || n.Setof || n.PctType || len(syntax.Items(n.ArrayBounds)) > 0 || a.typeNamed(path) != nil {
		return nil
	}
	v := &ast.RangeVar{RelName: path[len(path)-1]}
	if len(path) > 1 {
		v.SchemaName = path[0]
	}
	r, err := a.named(v)
	if err != nil {
		return nil
	}
	return r
}

// recordColumns analyzes a column definition list.
func (a *analyzer) recordColumns(defs *ast.NodeList) ([]types.ResultColumn, error) {
	if len(syntax.Items(defs)) == 0 {
		return nil, fault.New(fault.SyntaxError, "a column definition list is required for functions returning \"record\"")
	}
	var out []types.ResultColumn
	for _, n := range syntax.Items(defs) {
		def, ok := n.(*ast.ColumnDef)
		if !ok {
			return nil, unsupported("%T in a column definition list is", n)
		}
		ref, err := a.typeRef(def.TypeName)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(k types.ResultColumn) bool { return k.Name == def.Colname }) {
			return nil, a.at(fault.New(fault.DuplicateColumn, `column name "%s" specified more than once`, def.Colname), def.Colname)
		}
		out = append(out, types.ResultColumn{Name: def.Colname, Type: ref.OID, Mod: ref.Mod})
	}
	return out, nil
}

// outsideFrom refuses the rows of a function where an expression is, and says where
// they can be had.
func outsideFrom(name string) *fault.Error {
	return unsupported("the rows of the function %s outside of FROM are", name).
		WithHint("Call it in FROM: SELECT * FROM %s(…). PostgreSQL takes it here, too: set DATABASE_URL to use it as the engine.", name)
}

// funcCall analyzes a call inside an expression. A set-returning function there
// becomes a column of a relation that the query gets besides its own: one for
// all functions, which run along with each other as PostgreSQL runs them
// (ProjectSet), and one more for those over the results of others.
func (a *analyzer) funcCall(s *scope, n *ast.FuncCall) (tree.Expr, error) {
	e, err := a.call(s, n)
	if err != nil {
		return nil, err
	}
	if _, f := a.called(e); f != nil {
		a.routines.apart = true
		return nil, outsideFrom(f.Name)
	}
	call, ok := e.(*tree.Call)
	if !ok || !call.Function.ReturnsSet {
		return e, nil
	}
	if err := mayReturnSet(s, call); err != nil {
		return nil, err
	}
	level := a.setLevel(*s.sets, call)
	if level == len(*s.sets) {
		r, err := a.newRel(&tree.Rel{Functions: &tree.Functions{}})
		if err != nil {
			return nil, err
		}
		*s.sets = append(*s.sets, r)
	}
	r := (*s.sets)[level]
	for i, c := range r.Functions.Calls {
		if tree.Equal(c.Expr, call) { // runs the same in lockstep
			return &tree.Column{Ref: call.Ref, Rel: r, Index: i}, nil
		}
	}
	r.Functions.Calls = append(r.Functions.Calls, tree.SetCall{Expr: call, Columns: []types.ResultColumn{{Type: call.Ref.OID, Mod: call.Ref.Mod}}})
	r.Columns = append(r.Columns, tree.RelColumn{Type: call.Ref})
	return &tree.Column{Ref: call.Ref, Rel: r, Index: len(r.Columns) - 1}, nil
}

func mayReturnSet(s *scope, call *tree.Call) error {
	refuse := func(message string, args ...any) error { return fault.New(fault.FeatureNotSupported, message, args...) }
	switch {
	case s.inAggregate:
		return refuse("aggregate function calls cannot contain set-returning function calls")
	case s.clause == inFrom:
		return refuse("set-returning functions must appear at top level of FROM")
	case s.sets == nil:
		return refuse("set-returning functions are not allowed in %s", s.clause)
	case call.Function.FromRecord():
		return refuse("could not determine row type for result of %s", call.Function.Name)
	case call.Function.Result == types.Record:
		return unsupported("the rows of %s in a select list are", call.Function.Name)
	}
	for _, arg := range call.Args {
		if aggregates(arg) {
			return unsupported("the set-returning function %s over an aggregate is", call.Function.Name)
		}
	}
	return nil
}

// aggregates tells whether an expression holds an aggregate of its own query.
func aggregates(e tree.Expr) bool {
	if _, ok := e.(*tree.Aggregate); ok {
		return true
	}
	return slices.ContainsFunc(tree.Children(e), aggregates)
}

// setLevel is how many levels of set-returning functions are below a call.
func (a *analyzer) setLevel(sets []*tree.Rel, call *tree.Call) int {
	level := 0
	for _, arg := range call.Args {
		tree.Walk(arg, func(x tree.Expr) bool {
			if c, ok := x.(*tree.Column); ok {
				level = max(level, slices.Index(sets, c.Rel)+1)
			}
			return true
		})
	}
	return level
}

// addSets appends the set-returning functions of the select list to FROM. Beside
// aggregates they must be keys of GROUP BY, as they run before those then.
func (a *analyzer) addSets(q *tree.Query, sets []*tree.Rel) error {
	for _, r := range sets {
		q.From = append(q.From, r)
	}
	if len(sets) == 0 {
		return nil
	}
	var list []tree.Expr
	for _, c := range q.Columns {
		list = append(list, c.Expr)
	}
	for _, o := range q.OrderBy {
		list = append(list, o.Expr)
	}
	for _, r := range sets {
		list = append(list, r.Functions.Inputs()...)
	}
	for _, e := range list {
		if err := setsInPlace(q, sets, e, ""); err != nil {
			return err
		}
	}
	return nil
}

// setsInPlace refuses a set-returning function where it would be evaluated for
// some rows only, or after grouping.
func setsInPlace(q *tree.Query, sets []*tree.Rel, e tree.Expr, inside string) error {
	if isGroupKey(q, e) {
		return nil
	}
	switch e := e.(type) {
	case *tree.Column:
		switch {
		case !slices.Contains(sets, e.Rel):
		case inside != "":
			return fault.New(fault.FeatureNotSupported, "set-returning functions are not allowed in %s", inside)
		case q.Aggregated:
			return unsupported("a set-returning function beside aggregates is")
		}
	case *tree.Case:
		inside = "CASE"
	case *tree.Coalesce:
		inside = "COALESCE"
	}
	for _, child := range tree.Children(e) {
		if err := setsInPlace(q, sets, child, inside); err != nil {
			return err
		}
	}
	return nil
}
