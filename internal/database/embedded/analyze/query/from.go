package query

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/scope"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// cteRel makes a relation of a query of WITH.
func (a *Analyzer) cteRel(s *scope.Scope, c *tree.CTE, n *ast.RangeVar) (tree.From, error) {
	if c.Silent {
		return nil, a.At(fault.New(fault.FeatureNotSupported, `WITH query "%s" does not have a RETURNING clause`, c.Name), c.Name)
	}
	r := &tree.Rel{Alias: c.Name, CTE: c, Query: c.Query, Columns: slices.Clone(c.Columns)}
	c.References++
	return a.place(s, r, n.Alias)
}

// From analyzes a FROM clause and adds its relations to the scope.
func (a *Analyzer) From(s *scope.Scope, list *ast.NodeList) ([]tree.From, error) {
	var out []tree.From
	for _, n := range syntax.Items(list) {
		f, err := a.fromItem(s, n)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
		s.Items = out
	}
	return out, nil
}

func (a *Analyzer) fromItem(s *scope.Scope, n ast.Node) (tree.From, error) {
	switch n := n.(type) {
	case *ast.RangeVar:
		if c := s.CTE(n); c != nil {
			return a.cteRel(s, c, n)
		}
		r, err := a.TableRef(n)
		if err != nil {
			return nil, err
		}
		if err := a.secure(r); err != nil {
			return nil, err
		}
		return r, a.AddRel(s, r)
	case *ast.RangeSubselect:
		return a.derived(s, n)
	case *ast.RangeFunction:
		return a.setFunction(s, n)
	case *ast.JoinExpr:
		return a.join(s, n)
	case *ast.ParenExpr:
		return a.fromItem(s, n.Expr)
	}
	return nil, resolve.Unsupported("%T in FROM is", n)
}

// AddRel adds a relation to the scope; two of one name there must not be.
func (a *Analyzer) AddRel(s *scope.Scope, r *tree.Rel) error {
	for _, other := range s.Rels {
		if other.Alias == r.Alias && r.Alias != "" && !(other.HasOwnName() && r.HasOwnName() && other.Schema() != r.Schema()) {
			return a.At(fault.New(fault.DuplicateAlias, `table name "%s" specified more than once`, r.Alias), r.Alias)
		}
	}
	s.Rels = append(s.Rels, r)
	return nil
}

// TableRef resolves the name of a table and makes a relation of it.
func (a *Analyzer) TableRef(n *ast.RangeVar) (*tree.Rel, error) {
	if n.SchemaName == catalog.ByOID && a.sources != nil {
		return a.sourceRef(n)
	}
	r, err := a.Relation(n)
	if err != nil {
		return nil, err
	}
	if a.Freeze != nil {
		a.Freeze.Note(n, r)
	}
	if err := a.alias(r, n.Alias); err != nil {
		return nil, err
	}
	return a.NewRel(r)
}

// alias renames a relation and its columns.
func (a *Analyzer) alias(r *tree.Rel, n *ast.Alias) error {
	if n == nil {
		return nil
	}
	r.Alias = n.AliasName
	names := syntax.Items(n.ColNames)
	if len(names) > len(r.Columns) {
		return a.At(fault.New(fault.InvalidColumnReference, `table "%s" has %d columns available but %d columns specified`,
			r.Alias, len(r.Columns), len(names)), r.Alias)
	}
	for i, name := range names {
		r.Columns[i].Name = syntax.Str(name)
	}
	return nil
}

// derived analyzes a subquery in FROM. Without LATERAL it sees only the outer
// query's relations, not its neighbours.
func (a *Analyzer) derived(s *scope.Scope, n *ast.RangeSubselect) (tree.From, error) {
	around := &scope.Scope{Parent: s.Parent, Beside: s.Rels}
	if n.Lateral {
		before := *s
		before.Rels, before.Lateral = slices.Clone(s.Rels), true
		around = &before
	}
	sel, ok := n.Subquery.(*ast.SelectStmt)
	if !ok {
		return nil, resolve.Unsupported("%T in FROM is", n.Subquery)
	}
	q, err := a.Query(around, sel)
	if err != nil {
		return nil, err
	}
	if err := a.SettleOutputs(q.Columns); err != nil {
		return nil, err
	}
	r := &tree.Rel{Query: q, Columns: q.RelColumns(), Lateral: n.Lateral && q.Reads(s.Rels)}
	if n.Alias == nil {
		return nil, fault.New(fault.SyntaxError, "subquery in FROM must have an alias").
			WithHint("For example, FROM (SELECT ...) [AS] foo.")
	}
	return a.place(s, r, n.Alias)
}

// place puts a relation in FROM under the name that it is given there.
func (a *Analyzer) place(s *scope.Scope, r *tree.Rel, n *ast.Alias) (tree.From, error) {
	if err := a.alias(r, n); err != nil {
		return nil, err
	}
	if _, err := a.NewRel(r); err != nil {
		return nil, err
	}
	return r, a.AddRel(s, r)
}

// lateral refuses functions and subqueries over columns of the other side of a
// join which keeps the rows of their own side.
func (a *Analyzer) lateral(kind tree.JoinKind, left, right []*tree.Rel) error {
	if kind != tree.Right && kind != tree.Full {
		return nil
	}
	for _, l := range left {
		if slices.ContainsFunc(right, func(r *tree.Rel) bool { return r.Reads([]*tree.Rel{l}) }) {
			return a.At(fault.New(fault.InvalidColumnReference, `invalid reference to FROM-clause entry for table "%s"`, l.Alias).
				WithDetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference."), l.Alias)
		}
	}
	return nil
}
