package depend

import (
	"maps"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
)

// Renumber gives a column of a table, which is being changed, another number in
// the views and policies that know it.
func Renumber(w *work.Work, own *catalog.Table, from, to int) {
	oid := own.OID
	for _, v := range w.Cat().Readers(oid) {
		v = w.Draft().View(v.OID)
		v.Query = renumbered(v.Query, oid, from, to)
		v.Origins = slices.Clone(v.Origins)
		for i, o := range v.Origins {
			if o.Relation == oid && o.Column == from {
				v.Origins[i].Column = to
			}
		}
	}
	for _, t := range w.Cat().SortedTables() {
		for i, p := range t.Policies {
			if p.Using.Source(oid) == nil && p.WithCheck.Source(oid) == nil {
				continue
			}
			changed := *p
			changed.Using, changed.WithCheck = renumbered(p.Using, oid, from, to), renumbered(p.WithCheck, oid, from, to)
			target := own
			if t.OID != oid {
				target = w.Draft().Table(t.OID)
			}
			target.Policies[i] = &changed
		}
	}
}

func renumbered(e *catalog.Expr, oid uint32, from, to int) *catalog.Expr {
	if e.Source(oid) == nil {
		return e
	}
	out := *e
	out.Sources = slices.Clone(e.Sources)
	for i, s := range out.Sources {
		name, known := s.Names[from]
		if s.OID != oid || !known {
			continue
		}
		s.Names = maps.Clone(s.Names)
		delete(s.Names, from)
		s.Names[to] = name
		s.Uses = slices.Clone(s.Uses)
		for k, number := range s.Uses {
			if number == from {
				s.Uses[k] = to
			}
		}
		slices.Sort(s.Uses)
		out.Sources[i] = s
	}
	return &out
}
