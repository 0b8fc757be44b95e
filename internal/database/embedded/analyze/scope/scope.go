// Package scope is what names mean at a place of a query: the relations and columns
// that can be seen from there, through joins and from the queries around it, and
// what may stand there at all (parse_relation.c and ParseExprKind in PostgreSQL). It
// knows no expressions: whoever analyzes them asks it.
package scope

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// Scope is what names mean at a place of a query. Subqueries see their parent's.
type Scope struct {
	Parent *Scope
	Rels   []*tree.Rel
	// Items are those of FROM, as far as it is analyzed; Joins what its joins make of
	// their columns, nil where they leave them alone.
	Items []tree.From
	Joins *Joins
	CTEs  []*tree.CTE // the queries that a WITH at this level names
	// Clause names the place, for messages: "WHERE", "GROUP BY", …
	Clause string
	// Aggregates collects the aggregates of this query; nil where they are not
	// allowed.
	Aggregates *[]*tree.Aggregate
	// Groupings collects the uses of GROUPING.
	Groupings *[]*tree.Grouping
	// InAggregate is set while the arguments of an aggregate are analyzed.
	InAggregate bool
	// Windows are the windows of the query; nil where window functions are not
	// allowed. InWindow tells what of one is being analyzed.
	Windows  *Windows
	InWindow string
	// Sets are the set-returning functions of the query's select list; nil where
	// they are not allowed.
	Sets *[]*tree.Rel
	// Lateral tells that the scope is what a LATERAL subquery sees of its own FROM.
	Lateral bool
	// Denied is the target of an UPDATE or DELETE, which what stands in its FROM
	// cannot see.
	Denied *tree.Rel
	// Beside are the relations of the same FROM that cannot be seen from here.
	Beside []*tree.Rel
	// NoSubqueries tells why subqueries are refused here; empty: they are not.
	NoSubqueries string
}

// In returns the scope for another clause of the same query.
func (s *Scope) In(clause string, aggregates *[]*tree.Aggregate) *Scope {
	c := *s
	c.Clause, c.Aggregates = clause, aggregates
	if clause != "SELECT" && clause != "GROUP BY" && clause != "ORDER BY" {
		c.Sets = nil
	}
	if clause != "SELECT" && clause != "ORDER BY" && clause != "DISTINCT ON" {
		c.Windows = nil
	}
	return &c
}

// HasTable tells whether a table is in sight.
func (s *Scope) HasTable() bool {
	for at := s; at != nil; at = at.Parent {
		if slices.ContainsFunc(at.Rels, func(r *tree.Rel) bool { return r.Table != nil }) {
			return true
		}
	}
	return false
}

// Missing is the error that FROM has nothing by a name, though perhaps a table
// that goes by another.
func (s *Scope) Missing(name string) *fault.Error {
	for at := s; at != nil; at = at.Parent {
		if at.Denied != nil && at.Denied.Alias == name {
			return fault.New(fault.InvalidColumnReference, `invalid reference to FROM-clause entry for table "%s"`, name).
				WithDetail(`There is an entry for table "%s", but it cannot be referenced from this part of the query.`, name)
		}
		if slices.ContainsFunc(at.Beside, func(r *tree.Rel) bool { return r.Alias == name }) {
			return fault.New(fault.UndefinedTable, `invalid reference to FROM-clause entry for table "%s"`, name).
				WithDetail(`There is an entry for table "%s", but it cannot be referenced from this part of the query.`, name)
		}
		for _, r := range at.Rels {
			if r.Table == nil && r.View == nil || r.Name() != name {
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

// CTE finds a query of WITH by its name, nil when there is none.
func (s *Scope) CTE(n *ast.RangeVar) *tree.CTE {
	if n.SchemaName != "" || n.CatalogName != "" {
		return nil
	}
	for at := s; at != nil; at = at.Parent {
		for _, c := range at.CTEs {
			if c.Name == n.RelName {
				return c
			}
		}
	}
	return nil
}

// OuterOnly finds the scope of which an aggregate is when it is over columns of outer
// queries alone: the nearest of those; nil when it is one of the scope it stands in.
func (s *Scope) OuterOnly(e tree.Expr) *Scope {
	var of *Scope
	distance := -1
	tree.Walk(e, func(x tree.Expr) bool {
		var r *tree.Rel
		switch x := x.(type) {
		case *tree.Column:
			r = x.Rel
		case *tree.WholeRow:
			r = x.Rel
		default:
			return true
		}
		for at, n := s, 0; at != nil; at, n = at.Parent, n+1 {
			if at.Owns(r) && (distance < 0 || n < distance) {
				of, distance = at, n
			}
		}
		return true
	})
	if distance == 0 {
		return nil
	}
	return of
}

// Owns tells whether a relation is one of the FROM of the scope's own query.
func (s *Scope) Owns(r *tree.Rel) bool { return slices.Contains(s.Rels, r) }

// GenerationClause is how messages call the expression of a generated column.
const GenerationClause = "column generation expressions"

// noSubqueries are the clauses whose expressions may hold no subquery.
var noSubqueries = map[string]string{
	"DEFAULT":           "cannot use subquery in DEFAULT expression",
	GenerationClause:    "cannot use subquery in column generation expression",
	"CHECK":             "cannot use subquery in check constraint",
	"index expressions": "cannot use subquery in index expression",
	"index predicates":  "cannot use subquery in index predicate",
	"USING":             "cannot use subquery in transform expression",
}

// WhyNoSubqueries says why an expression of a clause may hold no subquery, "" when
// it may.
func WhyNoSubqueries(clause string) string { return noSubqueries[clause] }

// ClauseName is how messages call a clause.
func ClauseName(clause string) string {
	switch clause {
	case "JOIN/ON":
		return "JOIN conditions"
	case "CHECK":
		return "check constraints"
	case "POLICY":
		return "policy expressions"
	case "DEFAULT":
		return "DEFAULT expressions"
	}
	return clause
}
