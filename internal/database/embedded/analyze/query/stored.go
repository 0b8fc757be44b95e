package query

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/expression"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/freeze"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// stored analyzes an expression of the catalogue over the columns of a
// relation, as a condition. Its names mean what they meant when it was made,
// whatever the caller's search path is.
func (a *Analyzer) stored(r *tree.Rel, e *catalog.Expr) (tree.Expr, error) {
	return a.StoredExpr(r, e, types.Of(types.Bool), "POLICY")
}

// StoredExpr analyzes an expression of the catalogue over the columns of a relation, nil
// for none, and assigns it to a type, or leaves it as it is where that is the zero Ref.
// clause names where it stands, for messages.
func (a *Analyzer) StoredExpr(r *tree.Rel, e *catalog.Expr, want types.Ref, clause string) (tree.Expr, error) {
	node, err := syntax.ParseExpr(e.Meant())
	if err != nil {
		return nil, err
	}
	s := &scope.Scope{Clause: clause, NoSubqueries: scope.WhyNoSubqueries(clause)}
	if r != nil {
		s.Rels = []*tree.Rel{r}
		if source := e.Source(r.Table.OID); source != nil && !a.knows(r, source) {
			return a.storedUnder(s, r, e, want, source)
		}
		if e.Sources == nil && r.Alias != r.Table.Name {
			return a.storedAliased(s, r, e, want)
		}
	}
	defer a.enter(a.Role, e, r)()
	x, err := a.Expr(s, node)
	if err != nil {
		return nil, err
	}
	if want.OID == 0 {
		return a.Settle(x)
	}
	return a.Assign(x, want, func() error {
		return fault.New(fault.DatatypeMismatch, "argument of %s must be type %s, not type %s", clause, a.TypeName(want.OID), a.TypeName(x.Type().OID))
	})
}

// storedAliased analyzes the expression as if the relation went by its table's
// own name, which is what the expression calls it.
func (a *Analyzer) storedAliased(s *scope.Scope, r *tree.Rel, e *catalog.Expr, want types.Ref) (tree.Expr, error) {
	alias, columns := r.Alias, r.Columns
	r.Alias = r.Table.Name
	r.Columns = make([]tree.RelColumn, len(columns))
	for i, c := range columns {
		r.Columns[i] = tree.RelColumn{Name: c.Column.Name, Type: c.Type, Column: c.Column}
	}
	defer func() { r.Alias, r.Columns = alias, columns }()
	s.Rels = []*tree.Rel{r}
	return a.StoredExpr(r, e, want, s.Clause)
}

// maxViews bounds how deep views may be built upon views.
const maxViews = 32

// place is what the meaning of stored text depends on: under whose rights it
// runs, and what its names mean.
type place struct {
	role    string
	path    []string
	locate  func(string) int
	sources []catalog.Source
	freeze  *freeze.Names
	unread  *tree.Rel
	stored  bool
	inside  *expression.Body
}

// enter goes to where a stored expression is at home, and returns the way back.
func (a *Analyzer) enter(role string, e *catalog.Expr, unread *tree.Rel) func() {
	old := place{a.Role, a.SearchPath, a.Locate, a.sources, a.Freeze, a.Needs.Unread, a.Stored, a.Inside}
	a.Inside = nil
	a.Role, a.SearchPath, a.Locate = role, e.SearchPath, nil
	a.sources, a.Freeze, a.Needs.Unread, a.Stored = e.Sources, nil, unread, true
	return func() {
		a.Role, a.SearchPath, a.Locate = old.role, old.path, old.locate
		a.sources, a.Freeze, a.Needs.Unread, a.Stored = old.sources, old.freeze, old.unread, old.stored
		a.Inside = old.inside
	}
}

// rights is the role whose rights count inside a view. A view with
// security_invoker is used with the caller's own, even within another view.
func (a *Analyzer) rights(v *catalog.View) string {
	if v.SecurityInvoker {
		return a.invoker
	}
	return v.Owner
}

// Expand gives a view in FROM its query, under the view's rights.
func (a *Analyzer) Expand(r *tree.Rel) error {
	v := r.View
	leave, err := a.EnterView(v)
	if err != nil {
		return err
	}
	defer leave()
	sel, err := ViewQuery(v)
	if err != nil {
		return err
	}
	if r.Query, err = a.Query(nil, sel); err != nil {
		return err
	}
	if err := a.SettleOutputs(r.Query.Columns); err != nil {
		return err
	}
	if len(r.Query.Columns) != len(r.Columns) {
		return fault.Internal(fmt.Errorf("view %s has %d columns, its query %d", v.Name, len(v.Columns), len(r.Query.Columns)))
	}
	r.Query.Barrier = v.SecurityBarrier
	return nil
}

// EnterView goes inside a view, unless that leads around.
func (a *Analyzer) EnterView(v *catalog.View) (leave func(), err error) {
	if slices.Contains(a.expanding, v.OID) {
		return nil, fault.New(fault.InvalidObjectDefinition, `infinite recursion detected in rules for relation "%s"`, v.Name)
	}
	if len(a.expanding) >= maxViews {
		return nil, fault.New(fault.StatementTooComplex, "views are nested more than %d deep", maxViews)
	}
	a.expanding = append(a.expanding, v.OID)
	back := a.enter(a.rights(v), v.Query, nil)
	return func() {
		back()
		a.expanding = a.expanding[:len(a.expanding)-1]
	}, nil
}

// InView tells that the present place is within a view.
func (a *Analyzer) InView() bool { return len(a.expanding) > 0 }

// ViewQuery parses the query of a view.
func ViewQuery(v *catalog.View) (*ast.SelectStmt, error) {
	node, err := syntax.ParseExpr(v.Query.SQL)
	if err != nil {
		return nil, err
	}
	if link, ok := node.(*ast.SubLink); ok {
		if sel, ok := link.Subselect.(*ast.SelectStmt); ok {
			return sel, nil
		}
	}
	return nil, fault.Internal(fmt.Errorf("the text of view %s is no query", v.Name))
}

// sourceRef makes a relation of what stored text calls by its OID. Its columns
// go by the names that the text knows; later ones do not show.
func (a *Analyzer) sourceRef(n *ast.RangeVar) (*tree.Rel, error) {
	oid, err := strconv.ParseUint(n.RelName, 10, 32)
	if err != nil {
		return nil, fault.Internal(err)
	}
	i := slices.IndexFunc(a.sources, func(s catalog.Source) bool { return s.OID == uint32(oid) })
	if i < 0 {
		return nil, fault.Internal(fmt.Errorf("relation %d is no source of the expression", oid))
	}
	source := a.sources[i]
	r := &tree.Rel{Alias: source.Name}
	columns, ok := a.columnsOf(r, source.OID)
	if !ok {
		return nil, fault.Internal(fmt.Errorf("relation %d of a stored query does not exist", oid))
	}
	for _, c := range columns {
		if name, known := source.Names[c.Number]; known {
			r.Columns = append(r.Columns, tree.RelColumn{Name: name, Type: c.Type, Column: c})
		}
	}
	if err := a.alias(r, n.Alias); err != nil {
		return nil, err
	}
	return a.NewRel(r)
}

func (a *Analyzer) columnsOf(r *tree.Rel, oid uint32) ([]*catalog.Column, bool) {
	if v := a.Catalog.Views[oid]; v != nil {
		r.View = v
		return v.Columns, true
	}
	if t := a.Catalog.Tables[oid]; t != nil {
		r.Table = t
		return t.Columns, true
	}
	return nil, false
}

// hidden is the name of a column that stored text does not know. No name is
// empty.
const hidden = ""

// knows tells whether a relation goes by the names that stored text calls it and
// its columns by.
func (a *Analyzer) knows(r *tree.Rel, s *catalog.Source) bool {
	if r.Alias != s.Name {
		return false
	}
	for _, c := range r.Columns {
		if name, ok := s.Names[c.Column.Number]; !ok && c.Name != hidden || ok && name != c.Name {
			return false
		}
	}
	return true
}

// storedUnder analyzes an expression with sources over a relation, under the
// names that it knows.
func (a *Analyzer) storedUnder(s *scope.Scope, r *tree.Rel, e *catalog.Expr, want types.Ref, source *catalog.Source) (tree.Expr, error) {
	alias, columns := r.Alias, r.Columns
	r.Alias = source.Name
	r.Columns = make([]tree.RelColumn, len(columns))
	for i, c := range columns {
		r.Columns[i] = tree.RelColumn{Name: source.Names[c.Column.Number], Type: c.Type, Column: c.Column}
	}
	defer func() { r.Alias, r.Columns = alias, columns }()
	return a.StoredExpr(r, e, want, s.Clause)
}
