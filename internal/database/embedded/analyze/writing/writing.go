// Package writing decides how a statement with parts that write is run, so that
// all parts see what was there before the statement, as in PostgreSQL
// (documentation, section 7.8.4).
package writing

import (
	"maps"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/analyze/resolve"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/tree"
)

// Statement is a part of a statement, or what stands behind its WITH: exactly one
// of the four is set.
type Statement struct {
	Query  *tree.Query
	Insert *tree.Insert
	Update *tree.Update
	Delete *tree.Delete
	// Inside tells that it is a statement of a function, which sees what the ones
	// before it have written.
	Inside bool
}

// Order is the order of a statement's parts, which are numbered from 0.
type Order struct {
	// Before run before the statement behind WITH, After behind it: those whose rows
	// it does not read. PostgreSQL runs the latter from last to first.
	Before, After []int
	// Staged tells that a part uses a table that another one writes. Then all parts
	// are computed before any writes.
	Staged bool
}

// Arrange orders the parts of a statement, of which the last one stands behind
// WITH, and refuses what depends on PostgreSQL's plan.
func Arrange(cat *catalog.Catalog, list []Statement) (Order, error) {
	var o Order
	if slices.ContainsFunc(list, func(s Statement) bool { return s.Inside }) {
		for i := range list[:len(list)-1] {
			o.Before = append(o.Before, i)
		}
		if overlap(cat, list) {
			return o, resolve.Unsupported("a WITH in which a statement uses a table that one before it writes, with a function that writes, is")
		}
		return o, nil
	}
	o.Before, o.After = sequence(list)
	o.Staged = overlap(cat, inOrder(list, o))
	if o.Staged {
		return o, decidable(cat, list)
	}
	return o, nil
}

func inOrder(list []Statement, o Order) []Statement {
	var out []Statement
	for _, i := range slices.Concat(o.Before, []int{len(list) - 1}, o.After) {
		out = append(out, list[i])
	}
	return out
}

// sequence finds the parts that the last statement reads, and the others.
func sequence(list []Statement) (before, after []int) {
	placed := map[int]bool{}
	var place func(i int, out *[]int)
	place = func(i int, out *[]int) {
		if placed[i] {
			return
		}
		placed[i] = true
		parts := list[i].Reads().Parts
		for k := range list[:len(list)-1] {
			if parts[k+1] {
				place(k, out)
			}
		}
		*out = append(*out, i)
	}
	place(len(list)-1, &before)
	before = before[:len(before)-1]
	for i := len(list) - 2; i >= 0; i-- {
		place(i, &after)
	}
	return before, after
}

// overlap tells whether a statement reads or writes a table that one before it has
// changed.
func overlap(cat *catalog.Catalog, list []Statement) bool {
	changed := map[uint32]bool{}
	for _, s := range list {
		reads := s.Reads()
		if s.Inside {
			reads = tree.NewTables()
		}
		own := map[uint32]bool{}
		if AddChanged(cat, own, s); !s.Inside {
			maps.Copy(reads.OIDs, own)
		}
		for oid := range reads.OIDs {
			if changed[oid] {
				return true
			}
		}
		maps.Copy(changed, own)
	}
	return false
}

// decidable refuses statements whose parts change the same rows in ways that are
// known before they run: by ON CONFLICT, or by the action of a foreign key.
func decidable(cat *catalog.Catalog, list []Statement) error {
	for i, s := range list {
		t := s.Target()
		if t == nil {
			continue
		}
		for k, other := range list {
			if i == k || other.Target() == nil {
				continue
			}
			changed := map[uint32]bool{}
			AddChanged(cat, changed, other)
			direct := other.Target().Table.OID == t.Table.OID && !s.upserts() && !other.upserts() && !reaches(cat, other)
			if changed[t.Table.OID] && !direct {
				return resolve.Unsupported("a WITH in which ON CONFLICT or a foreign key changes a table that another statement writes is")
			}
		}
	}
	return nil
}

// reaches tells whether the actions of foreign keys lead from a statement back to
// the table that it writes.
func reaches(cat *catalog.Catalog, s Statement) bool {
	own := s.Target().Table.OID
	for _, ref := range cat.References(own) {
		k := ref.Constraint
		if !s.acts(k) {
			continue
		}
		if ref.Table.OID == own {
			return true
		}
		further := map[uint32]bool{}
		addDeleted(cat, further, ref.Table.OID, map[uint32]bool{})
		if further[own] {
			return true
		}
	}
	return false
}

// acts tells whether a foreign key to its target does something about what a
// statement does.
func (s Statement) acts(k *catalog.Constraint) bool {
	if s.Delete != nil {
		return strings.IndexByte("cnd", k.OnDelete) >= 0
	}
	if s.Update == nil || strings.IndexByte("cnd", k.OnUpdate) < 0 {
		return false
	}
	set := assignedNumbers(s.Update.Target, s.Update.Set)
	return slices.ContainsFunc(k.RefColumns, func(c int) bool { return slices.Contains(set, c) })
}

func (s Statement) upserts() bool { return s.Insert != nil && s.Insert.Conflict != nil }

// Target is the table that a statement writes, nil for none.
func (s Statement) Target() *tree.Rel {
	switch {
	case s.Insert != nil:
		return s.Insert.Target
	case s.Update != nil:
		return s.Update.Target
	case s.Delete != nil:
		return s.Delete.Target
	}
	return nil
}

// Reads are the tables and parts that a statement reads.
func (s Statement) Reads() *tree.Tables {
	out := tree.NewTables()
	switch {
	case s.Query != nil:
		out.Query(s.Query)
	case s.Insert != nil:
		out.Insert(s.Insert)
	case s.Update != nil:
		out.Update(s.Update)
	case s.Delete != nil:
		out.Delete(s.Delete)
	}
	return out
}

// AddChanged adds the table that a statement writes, and those that foreign keys
// change with it.
func AddChanged(cat *catalog.Catalog, changed map[uint32]bool, s Statement) {
	switch {
	case s.Insert != nil:
		changed[s.Insert.Target.Table.OID] = true
		if c := s.Insert.Conflict; c != nil {
			addUpdated(cat, changed, s.Insert.Target.Table.OID, assignedNumbers(s.Insert.Target, c.Set))
		}
	case s.Update != nil:
		addUpdated(cat, changed, s.Update.Target.Table.OID, assignedNumbers(s.Update.Target, s.Update.Set))
	case s.Delete != nil:
		addDeleted(cat, changed, s.Delete.Target.Table.OID, map[uint32]bool{})
	}
}

func assignedNumbers(r *tree.Rel, set []tree.Assignment) []int {
	var out []int
	for _, s := range set {
		out = append(out, r.Columns[s.Index].Column.Number)
	}
	return out
}

// addUpdated adds a table of which columns are set.
func addUpdated(cat *catalog.Catalog, changed map[uint32]bool, oid uint32, columns []int) {
	changed[oid] = true
	for _, ref := range cat.References(oid) {
		k := ref.Constraint
		touches := slices.ContainsFunc(k.RefColumns, func(c int) bool { return slices.Contains(columns, c) })
		if touches && !changed[ref.Table.OID] && strings.IndexByte("cnd", k.OnUpdate) >= 0 {
			addUpdated(cat, changed, ref.Table.OID, k.Columns)
		}
	}
}

// addDeleted adds a table of which rows are deleted.
func addDeleted(cat *catalog.Catalog, changed map[uint32]bool, oid uint32, deleted map[uint32]bool) {
	if deleted[oid] {
		return
	}
	changed[oid], deleted[oid] = true, true
	for _, ref := range cat.References(oid) {
		switch k := ref.Constraint; k.OnDelete {
		case 'c':
			addDeleted(cat, changed, ref.Table.OID, deleted)
		case 'n', 'd':
			addUpdated(cat, changed, ref.Table.OID, k.Columns)
		}
	}
}
