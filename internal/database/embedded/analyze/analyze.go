// Package analyze gives a parsed statement its meaning: it resolves names,
// types, operators and casts by PostgreSQL's rules (PostgreSQL documentation,
// chapter 10), checks privileges, and applies row-level security to every
// reference to a table. Its result is a tree; what it cannot give PostgreSQL's
// meaning it refuses with SQLSTATE 0A000.
package analyze

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/writing"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// Context is what the meaning of a statement depends on besides its text. It is
// the key of the statement cache.
type Context struct {
	Catalog    *catalog.Catalog
	Types      *types.Catalogue
	Role       string
	SearchPath []string
	ParamTypes []types.Ref // declared types; types.Unknown where none
	// Known tells whether PostgreSQL has a function of the name, so that one
	// that is missing here is refused, not called unknown; may be nil.
	Known func(name string) bool
	// Locate finds an identifier in the text, for error positions; may be nil.
	Locate func(identifier string) int
}

// Result is an analyzed statement: exactly one of the four is set.
type Result struct {
	Query  *tree.Query
	Insert *tree.Insert
	Update *tree.Update
	Delete *tree.Delete
	Params []types.Ref
	// With are the queries that WITH names before a statement that writes.
	With []*tree.CTE
	// Parts are the writing statements of its WITH.
	Parts []*Result
	// Order is how the statement and its parts are run.
	Order writing.Order
	// Inside tells of a part that it is a statement of a function: it sees what the
	// ones before it have written.
	Inside bool
	// Locks is the clause that locks the rows of a SELECT, "" for none.
	Locks string
	// Calls, if any, are what runs for each row of Query, one row after the other: calls
	// of functions that write.
	Calls *Calls
}

// Calls are statements that run for each row of a query, in their order.
type Calls struct {
	List []*Result
	// Args hold the last columns of the row while the statements run.
	Args []*tree.Param
	// Places are the columns of the query that the one value of each statement stands
	// for; nil tells that the rows of the only statement are the result.
	Places  []int
	Set     bool          // the only statement gives a row for each of its values
	First   bool          // what comes after the first row of the result is not run
	Columns []tree.Output // of the result
}

// Rels are the relations of the statement without those of Parts.
func (r *Result) Rels() []*tree.Rel {
	var out []*tree.Rel
	for _, c := range r.With {
		out = append(out, c.Query.Rels()...)
	}
	switch {
	case r.Query != nil:
		out = append(out, r.Query.Rels()...)
	case r.Insert != nil:
		out = append(out, r.Insert.Rels()...)
	case r.Update != nil:
		out = append(out, r.Update.Rels()...)
	case r.Delete != nil:
		out = append(out, r.Delete.Rels()...)
	}
	return out
}

// maxRels bounds the relations of one statement, those of policies included;
// SQLite joins at most 64.
const maxRels = 500

type analyzer struct {
	Context
	*resolve.Resolver
	params []*tree.Param
	rels   int
	// scalarNames are the names of the columns of scalar subqueries.
	scalarNames map[*ast.SubLink]string
	// outer is the scope of a WITH before a statement that writes, nil for none.
	outer *scope
	// needed are the privileges the statement needs. They are checked last, as
	// PostgreSQL does when execution starts.
	needed []*need
	// reads are the relations whose columns are watched for their privileges.
	reads map[*tree.Rel]*need
	// shown are the expressions behind the columns of a view that is written
	// through.
	shown map[*tree.Rel][]tree.Expr
	// invoker is the caller's role; Role is the view's owner inside a view.
	invoker   string
	sources   []catalog.Source // what the present stored text calls by OID
	freeze    *freezer         // set while a view is being made
	unread    *tree.Rel        // the relation whose policy is being analyzed
	expanding []uint32         // the views around the present place
	quiet     bool             // what is read is noted, but not needed yet
	defining  bool             // a definition is being made: what is behind its relations does not matter yet
	// topWith is the WITH of the whole statement, whose queries may write; parts
	// are those that do.
	topWith *ast.WithClause
	parts   []*Result
	// fresh is the target of the INSERT whose RETURNING is being analyzed.
	fresh *tree.Rel
	// locks is the clause by which a SELECT locks rows, "" for none.
	locks    string
	routines routines
	// each tells that queries are taken apart whose functions write for each row; args
	// are the arguments of the calls.
	each bool
	args []*tree.Param
	// guarded are the tables whose policies are being analyzed, to find
	// policies that lead back to themselves.
	guarded []uint32
}

// Statement analyzes a SELECT, VALUES, INSERT, UPDATE or DELETE.
func Statement(c Context, node ast.Node) (*Result, error) {
	r, apart, err := analyzed(c, node, false)
	if err == nil || !apart {
		return r, err
	}
	each, _, failed := analyzed(c, node, true)
	if fault.Code(failed) == fault.FeatureNotSupported {
		return nil, err
	}
	return each, failed
}

// analyzed is Statement. apart tells that it was refused for a call of a function that
// writes, which it may have with each.
func analyzed(c Context, node ast.Node, each bool) (out *Result, apart bool, err error) {
	a := newAnalyzer(c)
	a.each = each
	for i, t := range c.ParamTypes {
		a.params = append(a.params, &tree.Param{Ref: t, Number: i + 1})
	}
	r, err := a.statement(node)
	if err == nil {
		err = a.finish(r)
	}
	if err != nil {
		return nil, a.routines.apart, err
	}
	return r, false, nil
}

// finish does what can be done only when all of a statement is known.
func (a *analyzer) finish(r *Result) (err error) {
	if err = a.checkNeeds(); err != nil {
		return err
	}
	if err = a.volatileReads(r); err != nil {
		return err
	}
	if r.Params, err = a.paramTypes(); err != nil {
		return err
	}
	for i, p := range a.args {
		p.Number = len(r.Params) + i + 1
	}
	return nil
}

func newAnalyzer(c Context) *analyzer {
	a := &analyzer{Context: c, invoker: c.Role}
	a.Resolver = resolve.New(c.Types, c.Known, a.at)
	a.Path = func() []string { return a.SearchPath }
	a.Declared, a.DefaultOf = a.declared, a.parameterDefault
	a.RowName, a.AsRow = c.Catalog.RowName, a.asRow
	a.routines.path = c.SearchPath
	return a
}

func (a *analyzer) statement(node ast.Node) (*Result, error) {
	var r Result
	var err error
	switch n := node.(type) {
	case *ast.SelectStmt:
		a.topWith = n.WithClause
		if split := a.split(n); split != nil {
			err = a.eachRow(&r, split)
			break
		}
		a.routines.only(n)
		r.Query, err = a.query(nil, n)
		if err == nil {
			err = a.settleOutputs(r.Query.Columns)
		}
	case *ast.InsertStmt:
		if err = a.outerWith(n.WithClause); err == nil {
			r.Insert, err = a.insert(n)
		}
	case *ast.UpdateStmt:
		if err = a.outerWith(n.WithClause); err == nil {
			r.Update, err = a.update(n)
		}
	case *ast.DeleteStmt:
		if err = a.outerWith(n.WithClause); err == nil {
			r.Delete, err = a.delete(n)
		}
	default:
		err = unsupported("the statement %T is", node)
	}
	if a.outer != nil {
		r.With = a.outer.ctes
	}
	r.Parts, r.Locks = a.parts, a.locks
	if err == nil && len(r.Parts) > 0 {
		r.Order, err = writing.Arrange(a.Catalog, r.statements())
		if err == nil && r.Calls != nil && r.Order.Staged {
			err = unsupported("a function that writes, for each row of a query that uses a table which its WITH writes, is")
		}
	}
	return &r, err
}

// volatileReads refuses a statement that writes a table which a volatile function
// in it reads.
func (a *analyzer) volatileReads(r *Result) error {
	if a.routines.reads == nil {
		return nil
	}
	changed := map[uint32]bool{}
	a.addChanged(changed, r)
	for oid := range a.routines.reads.OIDs {
		if changed[oid] {
			return unsupported("a volatile function that reads the table which the statement writes is")
		}
	}
	return nil
}

func (a *analyzer) paramTypes() ([]types.Ref, error) {
	out := make([]types.Ref, len(a.params))
	for i, p := range a.params {
		if p.Ref.OID == types.Unknown {
			return nil, fault.New(fault.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1)
		}
		out[i] = p.Ref
	}
	return out, nil
}

// param returns the node of a parameter, the same for all its uses.
func (a *analyzer) param(number int) (tree.Expr, error) {
	if number < 0 && -number <= len(a.args) {
		return a.args[-number-1], nil
	}
	if f := a.routines.frame; f != nil {
		return f.numbered(number)
	}
	if number < 1 || number > 65535 {
		return nil, fault.New(fault.UndefinedParameter, "there is no parameter $%d", number)
	}
	for len(a.params) < number {
		a.params = append(a.params, &tree.Param{Ref: types.Of(types.Unknown), Number: len(a.params) + 1})
	}
	return a.params[number-1], nil
}

// unsupported is the embedded engine's refusal.
func unsupported(format string, args ...any) *fault.Error {
	return resolve.Unsupported(format, args...)
}

// at adds the position of an identifier to an error.
func (a *analyzer) at(e *fault.Error, identifier string) *fault.Error {
	if a.Locate == nil {
		return e
	}
	return e.At(a.Locate(identifier))
}

// newRel numbers a relation.
func (a *analyzer) newRel(r *tree.Rel) (*tree.Rel, error) {
	a.rels++
	if a.rels > maxRels {
		return nil, fault.New(fault.StatementTooComplex, "the statement uses more than %d relations, those of policies included", maxRels)
	}
	r.ID = a.rels
	return r, nil
}

// scope is what names mean at a place of a query. Subqueries see their parent's.
type scope struct {
	parent *scope
	rels   []*tree.Rel
	// items are those of FROM, as far as it is analyzed; joined what its joins make of
	// their columns, nil where they leave them alone.
	items  []tree.From
	joined *joined
	ctes   []*tree.CTE // the queries that a WITH at this level names
	// clause names the place, for messages: "WHERE", "GROUP BY", …
	clause string
	// aggregates collects the aggregates of this query; nil where they are not
	// allowed.
	aggregates *[]*tree.Aggregate
	// groupings collects the uses of GROUPING.
	groupings *[]*tree.Grouping
	// inAggregate is set while the arguments of an aggregate are analyzed.
	inAggregate bool
	// windows are the windows of the query; nil where window functions are not
	// allowed. inWindow tells what of one is being analyzed.
	windows  *windows
	inWindow string
	// sets are the set-returning functions of the query's select list; nil where
	// they are not allowed.
	sets *[]*tree.Rel
	// lateral tells that the scope is what a LATERAL subquery sees of its own FROM.
	lateral bool
	// denied is the target of an UPDATE or DELETE, which what stands in its FROM
	// cannot see.
	denied *tree.Rel
	// beside are the relations of the same FROM that cannot be seen from here.
	beside []*tree.Rel
	// subqueries tells why subqueries are refused here; empty: they are not.
	noSubqueries string
}

// in returns the scope for another clause of the same query.
func (s *scope) in(clause string, aggregates *[]*tree.Aggregate) *scope {
	c := *s
	c.clause, c.aggregates = clause, aggregates
	if clause != "SELECT" && clause != "GROUP BY" && clause != "ORDER BY" {
		c.sets = nil
	}
	if clause != "SELECT" && clause != "ORDER BY" && clause != "DISTINCT ON" {
		c.windows = nil
	}
	return &c
}

// column resolves a column name, qualified or not, from the inside out.
func (a *analyzer) column(s *scope, qualifier []string, name string) (tree.Expr, error) {
	if len(qualifier) > 0 {
		e, err := a.qualified(s, qualifier, name)
		if fault.Code(err) != fault.UndefinedTable {
			return e, err
		}
		if arg := a.argument(qualifier, name); arg != nil {
			return arg, nil
		}
		if row := a.argument(qualifier[:len(qualifier)-1], qualifier[len(qualifier)-1]); row != nil && isRowValue(row) {
			if x, failed := a.field(row, name); failed == nil {
				return x, nil
			}
		}
		return e, err
	}
	for at := s; at != nil; at = at.parent {
		found, err := a.unqualified(at, name)
		if found != nil || err != nil {
			return found, err
		}
	}
	if columns := s.joinNamed([]string{name}); columns != nil {
		return a.joinRow(columns)
	}
	for at := s; at != nil; at = at.parent {
		for _, r := range at.rels {
			if r.Alias == name {
				return a.wholeRow(r), nil
			}
		}
	}
	if arg := a.argument(nil, name); arg != nil {
		return arg, nil
	}
	if s.hasTable() && isSystemColumn(name) {
		return nil, unsupported("the system column %s is", name)
	}
	return nil, a.at(fault.New(fault.UndefinedColumn, `column "%s" does not exist`, name), name)
}

// hasTable tells whether a table is in sight.
func (s *scope) hasTable() bool {
	for at := s; at != nil; at = at.parent {
		if slices.ContainsFunc(at.rels, func(r *tree.Rel) bool { return r.Table != nil }) {
			return true
		}
	}
	return false
}

func (a *analyzer) unqualified(s *scope, name string) (tree.Expr, error) {
	return a.oneNamed(s.all(), name)
}

// oneNamed is the column of a name, nil for none; there must not be two.
func (a *analyzer) oneNamed(columns []shown, name string) (tree.Expr, error) {
	var found *shown
	for _, c := range columns {
		if c.name != name {
			continue
		}
		if found != nil {
			return nil, a.at(fault.New(fault.AmbiguousColumn, `column reference "%s" is ambiguous`, name), name)
		}
		found = &c
	}
	if found == nil {
		return nil, nil
	}
	return a.showColumn(*found), nil
}

func (a *analyzer) qualified(s *scope, qualifier []string, name string) (tree.Expr, error) {
	if columns := s.joinNamed(qualifier); columns != nil {
		if found, err := a.oneNamed(columns, name); found != nil || err != nil {
			return found, err
		}
		return nil, a.at(fault.New(fault.UndefinedColumn, `column %s.%s does not exist`, qualifier[0], name), qualifier[0])
	}
	r, err := a.rel(s, qualifier)
	if err != nil {
		return nil, err
	}
	for i, c := range r.Columns {
		if c.Name == name {
			return a.ref(r, i), nil
		}
	}
	if r.Table != nil && isSystemColumn(name) {
		return nil, unsupported("the system column %s is", name)
	}
	if e, ok, err := a.computed(s, r, name); ok {
		return e, err
	}
	return nil, a.at(fault.New(fault.UndefinedColumn, `column %s.%s does not exist`, strings.Join(qualifier, "."), name), qualifier[0])
}

// isSystemColumn tells whether PostgreSQL gives every table a column of the name.
func isSystemColumn(name string) bool {
	return slices.Contains([]string{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}, name)
}

// rel resolves the name of a relation in FROM.
func (a *analyzer) rel(s *scope, qualifier []string) (*tree.Rel, error) {
	name := qualifier[len(qualifier)-1]
	for at := s; at != nil; at = at.parent {
		var found *tree.Rel
		for _, r := range at.rels {
			if r.Alias != name || len(qualifier) > 1 && (!plainName(r) || schemaOf(r) != qualifier[0]) {
				continue
			}
			if found != nil {
				return nil, a.at(fault.New("42P09", `table reference "%s" is ambiguous`, name), name)
			}
			found = r
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, a.at(missingRel(s, name), name)
}

// missingRel is the error that FROM has nothing by a name, though perhaps a table
// that goes by another.
func missingRel(s *scope, name string) *fault.Error {
	for at := s; at != nil; at = at.parent {
		if at.denied != nil && at.denied.Alias == name {
			return fault.New(fault.InvalidColumnReference, `invalid reference to FROM-clause entry for table "%s"`, name).
				WithDetail(`There is an entry for table "%s", but it cannot be referenced from this part of the query.`, name)
		}
		if slices.ContainsFunc(at.beside, func(r *tree.Rel) bool { return r.Alias == name }) {
			return fault.New(fault.UndefinedTable, `invalid reference to FROM-clause entry for table "%s"`, name).
				WithDetail(`There is an entry for table "%s", but it cannot be referenced from this part of the query.`, name)
		}
		for _, r := range at.rels {
			if r.Table == nil && r.View == nil || relObject(r).name != name {
				continue
			}
			err := fault.New(fault.UndefinedTable, `invalid reference to FROM-clause entry for table "%s"`, name)
			if r.Alias == "" {
				return err.WithDetail(`There is an entry for table "%s", but it cannot be referenced from this part of the query.`, name)
			}
			return err.WithHint(`Perhaps you meant to reference the table alias "%s".`, r.Alias)
		}
	}
	return fault.New(fault.UndefinedTable, `missing FROM-clause entry for table "%s"`, name)
}

// computed is t.f where f is no column but a function of rows: f(t) (PostgreSQL
// documentation, section 38.5.3).
func (a *analyzer) computed(s *scope, r *tree.Rel, name string) (e tree.Expr, ok bool, err error) {
	of := rowTypeOf(r)
	if of == 0 {
		return nil, false, nil
	}
	for _, path := range a.SearchPath {
		for _, f := range a.Catalog.FunctionsNamed(path, name) {
			if len(f.Args) != 1 || f.Args[0].Relation != of {
				continue
			}
			if a.freeze != nil || a.Stored && a.routines.frame == nil { // what depends on it would not be found
				return nil, true, unsupported("a function written as a column, in an expression of the catalogue, is")
			}
			e, err := a.Function("", name, []tree.Expr{a.wholeRow(r)})
			e, err = a.routine(s, &ast.FuncCall{}, e, err)
			if call, f := a.called(e); err == nil && f != nil && call != nil {
				err = outsideFrom(name)
			}
			return e, true, err
		}
	}
	return nil, false, nil
}

// rowTypeOf is the table or view whose rows a relation has, 0 for none.
func rowTypeOf(r *tree.Rel) uint32 {
	switch {
	case r.Table != nil:
		return r.Table.OID
	case r.View != nil:
		return r.View.OID
	}
	return r.RowType
}
