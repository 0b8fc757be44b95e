package scope

import (
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// Column is a column that an item of FROM shows by its plain name: one of a
// relation, or one that USING made of two.
type Column struct {
	Name   string
	Rel    *tree.Rel
	Index  int
	Merged tree.Expr
}

// Joins is what a query knows of its joins with USING, NATURAL or an alias. All
// scopes of one query share it.
type Joins struct {
	columns map[*tree.Join][]Column
	names   map[string][]Column // the joins that have an alias
}

// Shown lists the columns of an item of FROM in the order of *.
func (s *Scope) Shown(f tree.From) []Column {
	switch f := f.(type) {
	case *tree.Join:
		if s.Joins != nil {
			if list, ok := s.Joins.columns[f]; ok {
				return list
			}
		}
		return append(s.Shown(f.Left), s.Shown(f.Right)...)
	case *tree.Rel:
		out := make([]Column, len(f.Columns))
		for i, c := range f.Columns {
			out[i] = Column{Name: c.Name, Rel: f, Index: i}
		}
		return out
	}
	return nil
}

// All lists the columns that the whole FROM shows.
func (s *Scope) All() []Column {
	var out []Column
	if s.Items == nil {
		for _, r := range s.Rels {
			out = append(out, s.Shown(r)...)
		}
	}
	for _, f := range s.Items {
		out = append(out, s.Shown(f)...)
	}
	return out
}

// Note keeps the columns that a join shows.
func (s *Scope) Note(j *tree.Join, columns []Column) {
	if s.Joins == nil {
		s.Joins = &Joins{columns: map[*tree.Join][]Column{}, names: map[string][]Column{}}
	}
	s.Joins.columns[j] = columns
}

// NameJoin gives a join whose columns are noted a name, unless another item of the
// same FROM has it.
func (s *Scope) NameJoin(name string, columns []Column) bool {
	if s.Joins.names[name] != nil || slices.ContainsFunc(s.Rels, func(r *tree.Rel) bool { return r.Alias == name }) {
		return false
	}
	s.Joins.names[name] = columns
	return true
}

// Join returns the columns of a join by its alias, nil when a name means no
// join.
func (s *Scope) Join(qualifier []string) []Column {
	if len(qualifier) != 1 {
		return nil
	}
	for at := s; at != nil; at = at.Parent {
		if at.Joins != nil && at.Joins.names[qualifier[0]] != nil {
			return at.Joins.names[qualifier[0]]
		}
		if slices.ContainsFunc(at.Rels, func(r *tree.Rel) bool { return r.Alias == qualifier[0] }) {
			return nil
		}
	}
	return nil
}
