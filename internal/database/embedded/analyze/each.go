package analyze

import (
	"maps"
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/eachrow"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/writing"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// split takes a query apart whose functions write for each row, nil where it need not.
func (a *analyzer) split(n *ast.SelectStmt) *eachrow.Split {
	if !a.each {
		return nil
	}
	return a.asker(0, a.Inside != nil).Take(n)
}

// asker tells of functions what the catalogue knows, for queries inside of so many
// others, or of a statement itself.
func (a *analyzer) asker(depth int, inside bool) eachrow.Asker {
	writes := func(call *ast.FuncCall) bool { return a.namesPhases(call, depth) }
	return eachrow.Asker{Writes: writes, Inside: inside, From: len(a.RowArgs)}
}

// eachRow analyzes a query that was taken apart.
func (a *analyzer) eachRow(r *Result, split *eachrow.Split) (err error) {
	known := a.Once
	a.Once.Seek(split.Rows)
	a.topWith = split.Rows.WithClause
	if r.Query, err = a.Query(nil, split.Rows); err == nil {
		err = a.SettleOutputs(r.Query.Columns)
	}
	a.Once = known
	if err != nil {
		return err
	}
	calls := &Calls{Places: split.Places}
	given := r.Query.Columns[len(r.Query.Columns)-split.Args:]
	for _, o := range given {
		if _, row := o.Expr.(*tree.WholeRow); row || o.Expr.Type().OID == types.Record {
			return resolve.Unsupported("a row as an argument of a function that writes, for each row, is")
		}
		calls.Args = append(calls.Args, &tree.Param{Ref: o.Expr.Type()})
	}
	a.RowArgs = append(a.RowArgs, calls.Args...)
	calls.Columns = slices.Clone(r.Query.Columns[:len(r.Query.Columns)-split.Args])
	for i, n := range split.Calls {
		if err := a.callForRow(calls, i, n); err != nil {
			return err
		}
	}
	if calls.Set && r.Query.Limit != nil { // which counts what the function returns
		return resolve.Unsupported("LIMIT of the rows of a function that writes, in the list of a SELECT, is")
	}
	r.Calls = calls
	return a.apartFrom(r)
}

// callForRow analyzes a statement that runs for each row, and says which column it is.
func (a *analyzer) callForRow(calls *Calls, i int, n *ast.SelectStmt) error {
	parts, outer, known := a.parts, a.outer, a.Once
	a.parts, a.outer = nil, nil
	a.Once.Seek(n)
	part := &Result{}
	var err error
	if part.Query, err = a.Query(nil, n); err == nil {
		err = a.SettleOutputs(part.Query.Columns)
	}
	found := a.Once.Call()
	part.Parts, a.parts, a.outer = a.parts, parts, outer
	a.Once = known
	if err == nil && len(part.Parts) > 0 {
		part.Order, err = writing.Arrange(a.Catalog, part.statements())
	}
	if err != nil {
		return err
	}
	calls.List = append(calls.List, part)
	if calls.Places == nil {
		calls.Columns = part.Query.Columns
		return nil
	}
	if len(part.Query.Columns) != 1 || found == nil || found.Function.Result == types.Record || found.Function.ReturnsSet && len(calls.Places) > 1 {
		return resolve.Unsupported("rows of a function that writes, in the list of a SELECT, are")
	}
	if calls.Places[i] < 0 {
		calls.Places[i] += len(calls.Columns) + len(calls.Args)
	}
	calls.Set = found.Function.ReturnsSet
	calls.Columns[calls.Places[i]].Expr = part.Query.Columns[0].Expr
	return nil
}

// apartFrom refuses calls that use what the statement's WITH writes: in PostgreSQL its
// plan decides whether they see it.
func (a *analyzer) apartFrom(r *Result) error {
	written, used := map[uint32]bool{}, map[uint32]bool{}
	for _, p := range a.parts {
		if !p.Inside {
			a.addChanged(written, p)
		}
	}
	for _, call := range r.Calls.List {
		a.addChanged(used, call)
		for _, s := range call.statements() {
			maps.Copy(used, s.Reads().OIDs)
		}
	}
	for oid := range used {
		if written[oid] {
			return resolve.Unsupported("a function that uses the table which WITH writes, for each row, is")
		}
	}
	return nil
}

// addChanged adds the tables that a statement changes.
func (a *analyzer) addChanged(changed map[uint32]bool, r *Result) {
	for _, s := range r.statements() {
		writing.AddChanged(a.Catalog, changed, s)
	}
	for _, part := range append(slices.Clone(r.Parts), r) {
		if part.Calls != nil {
			for _, call := range part.Calls.List {
				a.addChanged(changed, call)
			}
		}
	}
}

// onlyFirst has the last statement of a function that returns one value run until there
// is a row, as in PostgreSQL (init_execution_state in functions.c), where it calls
// functions that write for each row.
func (a *analyzer) onlyFirst(f *catalog.Function, last ast.Node) {
	n, ok := last.(*ast.SelectStmt)
	if !ok || f.Set || len(a.parts) == 0 || a.parts[len(a.parts)-1].Calls == nil {
		return
	}
	a.parts[len(a.parts)-1].Calls.First = !eachrow.WithWrites(n)
}
