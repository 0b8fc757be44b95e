// Package analyze gives a parsed statement its meaning: it resolves names,
// types, operators and casts by PostgreSQL's rules (PostgreSQL documentation,
// chapter 10), checks privileges, and applies row-level security to every
// reference to a table. Its result is a tree; what it cannot give PostgreSQL's
// meaning it refuses with SQLSTATE 0A000.
package analyze

import (
	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/lookup"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/query"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/writing"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

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

// analyzer gives one statement its meaning.
type analyzer struct {
	*query.Analyzer
	// outer is the scope of a WITH before a statement that writes, nil for none.
	outer *scope.Scope
	// topWith is the WITH of the whole statement, whose queries may write; parts
	// are those that do.
	topWith *ast.WithClause
	parts   []*Result
	// each tells that queries are taken apart whose functions write for each row.
	each bool
}

// Statement analyzes a SELECT, VALUES, INSERT, UPDATE or DELETE.
func Statement(c lookup.Context, node ast.Node) (*Result, error) {
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
func analyzed(c lookup.Context, node ast.Node, each bool) (out *Result, apart bool, err error) {
	a := newAnalyzer(c)
	a.each = each
	r, err := a.statement(node)
	if err == nil {
		err = a.finish(r)
	}
	if err != nil {
		return nil, a.Apart, err
	}
	return r, false, nil
}

// finish does what can be done only when all of a statement is known.
func (a *analyzer) finish(r *Result) (err error) {
	if err = a.Needs.Check(a.Catalog); err != nil {
		return err
	}
	if err = a.volatileReads(r); err != nil {
		return err
	}
	if r.Params, err = a.SettleParams(); err != nil {
		return err
	}
	for i, p := range a.RowArgs {
		p.Number = len(r.Params) + i + 1
	}
	return nil
}

func newAnalyzer(c lookup.Context) *analyzer {
	a := &analyzer{}
	a.Analyzer = query.New(c, a)
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
		a.Once.Seek(n)
		r.Query, err = a.Query(nil, n)
		if err == nil {
			err = a.SettleOutputs(r.Query.Columns)
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
		err = resolve.Unsupported("the statement %T is", node)
	}
	if a.outer != nil {
		r.With = a.outer.CTEs
	}
	r.Parts, r.Locks = a.parts, a.LockClause()
	if err == nil && len(r.Parts) > 0 {
		r.Order, err = writing.Arrange(a.Catalog, r.statements())
		if err == nil && r.Calls != nil && r.Order.Staged {
			err = resolve.Unsupported("a function that writes, for each row of a query that uses a table which its WITH writes, is")
		}
	}
	return &r, err
}

// volatileReads refuses a statement that writes a table which a volatile function
// in it reads.
func (a *analyzer) volatileReads(r *Result) error {
	if a.Reads == nil {
		return nil
	}
	changed := map[uint32]bool{}
	a.addChanged(changed, r)
	for oid := range a.Reads.OIDs {
		if changed[oid] {
			return resolve.Unsupported("a volatile function that reads the table which the statement writes is")
		}
	}
	return nil
}
