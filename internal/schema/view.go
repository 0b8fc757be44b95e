package schema

import "slices"

// maxViewDepth bounds views over views.
const maxViewDepth = 64

// base follows a view's column to the column of a table, through other views;
// nil when it is computed.
func (s *Snapshot) base(r *Relation, c *Column) (*Relation, *Column) {
	for range maxViewDepth {
		if r.Kind != View {
			return r, c
		}
		if c.Source == nil {
			return nil, nil
		}
		if r = s.byName[c.Source.Relation]; r == nil {
			return nil, nil
		}
		if c = r.byColumn[c.Source.Column]; c == nil {
			return nil, nil
		}
	}
	return nil, nil
}

// keyViews gives views the primary keys of the tables whose keys they show whole,
// so that a row of a view can be named.
func (s *Snapshot) keyViews() {
	for _, v := range s.Relations {
		if v.Kind != View || len(v.PrimaryKey) > 0 {
			continue
		}
		for _, t := range s.tablesOf(v) {
			if shown := s.shown(v, t, t.PrimaryKey); len(shown) > 0 && len(t.PrimaryKey) > 0 {
				v.PrimaryKey = append(v.PrimaryKey, shown[0]...)
			}
		}
		slices.SortFunc(v.PrimaryKey, func(a, b string) int { return v.byColumn[a].Position - v.byColumn[b].Position })
		v.PrimaryKey = slices.Compact(v.PrimaryKey)
	}
}

// tablesOf lists the tables that a view shows columns of.
func (s *Snapshot) tablesOf(v *Relation) []*Relation {
	var out []*Relation
	for _, c := range v.Columns {
		if t, _ := s.base(v, c); t != nil && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// maxShown bounds the ways in which a view shows a set of columns.
const maxShown = 16

// shown lists the ways in which a view shows columns of a table: each a name of
// the view's for every column. None when it lacks one of them.
func (s *Snapshot) shown(v, t *Relation, columns []string) [][]string {
	ways := [][]string{nil}
	for _, name := range columns {
		showing := s.columnsShowing(v, t, name)
		var next [][]string
		for _, way := range ways {
			for _, column := range showing {
				next = append(next, append(slices.Clone(way), column))
			}
		}
		if ways = next[:min(len(next), maxShown)]; len(ways) == 0 {
			return nil
		}
	}
	return ways
}

// columnsShowing lists the columns of a view that show a column of a table.
func (s *Snapshot) columnsShowing(v, t *Relation, name string) []string {
	var out []string
	for _, c := range v.Columns {
		if from, col := s.base(v, c); from == t && col.Name == name {
			out = append(out, c.Name)
		}
	}
	return out
}
