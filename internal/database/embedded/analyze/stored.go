package analyze

import (
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// stored analyzes an expression of the catalogue over the columns of a
// relation, as a condition. Its names mean what they meant when it was made,
// whatever the caller's search path is.
func (a *analyzer) stored(r *tree.Rel, e *catalog.Expr) (tree.Expr, error) {
	return a.storedExpr(r, e, types.Of(types.Bool), "POLICY")
}

// noSubqueries says why an expression of a clause may hold no subquery.
var noSubqueries = map[string]string{
	"DEFAULT":           "cannot use subquery in DEFAULT expression",
	"CHECK":             "cannot use subquery in check constraint",
	"index expressions": "cannot use subquery in index expression",
	"index predicates":  "cannot use subquery in index predicate",
	"USING":             "cannot use subquery in transform expression",
}

func (a *analyzer) storedExpr(r *tree.Rel, e *catalog.Expr, want types.Ref, clause string) (tree.Expr, error) {
	node, err := syntax.ParseExpr(e.SQL)
	if err != nil {
		return nil, err
	}
	s := &scope{clause: clause, noSubqueries: noSubqueries[clause]}
	if r != nil {
		s.rels = []*tree.Rel{r}
		if r.Alias != r.Table.Name {
			return a.storedAliased(s, r, e, want)
		}
	}
	path, locate := a.SearchPath, a.Locate
	a.SearchPath, a.Locate = e.SearchPath, nil
	defer func() { a.SearchPath, a.Locate = path, locate }()
	x, err := a.expr(s, node)
	if err != nil {
		return nil, err
	}
	if want.OID == 0 {
		return a.settle(x)
	}
	return a.assign(x, want, func() error {
		return fault.New(fault.DatatypeMismatch, "argument of %s must be type %s, not type %s", clause, a.typeName(want.OID), a.typeName(x.Type().OID))
	})
}

// storedAliased analyzes the expression as if the relation went by its table's
// own name, which is what the expression calls it.
func (a *analyzer) storedAliased(s *scope, r *tree.Rel, e *catalog.Expr, want types.Ref) (tree.Expr, error) {
	alias, columns := r.Alias, r.Columns
	r.Alias = r.Table.Name
	r.Columns = make([]tree.RelColumn, len(columns))
	for i, c := range columns {
		r.Columns[i] = tree.RelColumn{Name: c.Column.Name, Type: c.Type, Column: c.Column}
	}
	defer func() { r.Alias, r.Columns = alias, columns }()
	s.rels = []*tree.Rel{r}
	return a.storedExpr(r, e, want, s.clause)
}

// Expr analyzes a stored expression over the columns of a table, nil for none.
// want is the type it is assigned to, or the zero Ref. It returns the relation
// whose columns the expression uses.
func Expr(c Context, t *catalog.Table, e *catalog.Expr, want types.Ref, clause string) (tree.Expr, *tree.Rel, error) {
	a := &analyzer{Context: c}
	var r *tree.Rel
	if t != nil {
		r = &tree.Rel{Alias: t.Name, Table: t}
		for _, col := range t.Columns {
			r.Columns = append(r.Columns, tree.RelColumn{Name: col.Name, Type: col.Type, Column: col})
		}
		if _, err := a.newRel(r); err != nil {
			return nil, nil, err
		}
	}
	x, err := a.storedExpr(r, e, want, clause)
	if err != nil {
		return nil, nil, err
	}
	if len(a.params) > 0 {
		return nil, nil, fault.New(fault.UndefinedParameter, "there is no parameter $1")
	}
	return x, r, nil
}

// Bypasses tells whether no policy of a table applies to a role.
func Bypasses(c *catalog.Catalog, role string, t *catalog.Table) bool {
	a := &analyzer{Context: Context{Catalog: c, Role: role}}
	return a.bypasses(t)
}
