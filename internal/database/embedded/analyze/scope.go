package analyze

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
	"github.com/galleyhq/galley/internal/fault"
)

// scope is what names mean at a place of a query. Subqueries see their parent's.
type scope struct {
	parent *scope
	rels   []*tree.Rel
	// clause names the place, for messages: "WHERE", "GROUP BY", …
	clause string
	// aggregates collects the aggregates of this query; nil where they are not
	// allowed.
	aggregates *[]*tree.Aggregate
	// inAggregate is set while the arguments of an aggregate are analyzed.
	inAggregate bool
	// subqueries tells why subqueries are refused here; empty: they are not.
	noSubqueries string
}

// in returns the scope for another clause of the same query.
func (s *scope) in(clause string, aggregates *[]*tree.Aggregate) *scope {
	c := *s
	c.clause, c.aggregates = clause, aggregates
	return &c
}

// column resolves a column name, qualified or not, from the inside out.
func (a *analyzer) column(s *scope, qualifier []string, name string) (tree.Expr, error) {
	if len(qualifier) > 0 {
		return a.qualified(s, qualifier, name)
	}
	for at := s; at != nil; at = at.parent {
		found, err := a.unqualified(at, name)
		if found != nil || err != nil {
			return found, err
		}
	}
	for at := s; at != nil; at = at.parent {
		for _, r := range at.rels {
			if r.Alias == name {
				return &tree.WholeRow{Rel: r}, nil
			}
		}
	}
	return nil, a.at(fault.New(fault.UndefinedColumn, `column "%s" does not exist`, name), name)
}

func (a *analyzer) unqualified(s *scope, name string) (tree.Expr, error) {
	var found tree.Expr
	for _, r := range s.rels {
		for i, c := range r.Columns {
			if c.Name != name {
				continue
			}
			if found != nil {
				return nil, a.at(fault.New(fault.AmbiguousColumn, `column reference "%s" is ambiguous`, name), name)
			}
			found = &tree.Column{Ref: c.Type, Rel: r, Index: i}
		}
	}
	return found, nil
}

func (a *analyzer) qualified(s *scope, qualifier []string, name string) (tree.Expr, error) {
	r, err := a.rel(s, qualifier)
	if err != nil {
		return nil, err
	}
	for i, c := range r.Columns {
		if c.Name == name {
			return &tree.Column{Ref: c.Type, Rel: r, Index: i}, nil
		}
	}
	return nil, a.at(fault.New(fault.UndefinedColumn, `column %s.%s does not exist`, strings.Join(qualifier, "."), name), qualifier[0])
}

// rel resolves the name of a relation in FROM.
func (a *analyzer) rel(s *scope, qualifier []string) (*tree.Rel, error) {
	name := qualifier[len(qualifier)-1]
	for at := s; at != nil; at = at.parent {
		var found *tree.Rel
		for _, r := range at.rels {
			if r.Alias != name || len(qualifier) > 1 && (!plainName(r) || r.Table.Schema != qualifier[0]) {
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
	return nil, a.at(fault.New(fault.UndefinedTable, `missing FROM-clause entry for table "%s"`, name), name)
}
