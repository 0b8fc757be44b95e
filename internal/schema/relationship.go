package schema

import (
	"slices"
	"strings"
)

// Cardinality says how many rows a relationship leads from and to.
type Cardinality string

// The cardinalities.
const (
	ManyToOne  Cardinality = "many-to-one"
	OneToMany  Cardinality = "one-to-many"
	OneToOne   Cardinality = "one-to-one"
	ManyToMany Cardinality = "many-to-many"
)

// Relationship leads from the rows of one relation to those of another, by a
// foreign key of either, by two of a junction, or by a function.
type Relationship struct {
	Cardinality    Cardinality
	Origin, Target *Relation
	Constraint     string // the foreign key; "" with a junction or function
	Forward        bool   // the origin holds the foreign key

	// Columns of the origin equal RefColumns of the target. With a junction
	// both equal columns of it.
	Columns, RefColumns []string
	Junction            *Junction
	// Function takes a row of the origin and returns those of the target.
	Function *Function
}

// Junction is the relation between two others of a many-to-many relationship.
type Junction struct {
	*Relation
	Origin, Target *ForeignKey // its foreign keys
}

// ToOne tells that at most one row of the target belongs to a row of the origin.
func (r *Relationship) ToOne() bool {
	return r.Cardinality == ManyToOne || r.Cardinality == OneToOne
}

// Relationships lists those of a relation: by foreign keys first, then by
// junctions. They are found once for a snapshot.
func (s *Snapshot) Relationships(r *Relation) []*Relationship {
	s.relate.Do(func() { s.related = s.findRelationships() })
	return s.related[r]
}

// sortedKeys lists the foreign keys by name, whatever order an engine has them in.
func (r *Relation) sortedKeys() []*ForeignKey {
	return slices.SortedFunc(slices.Values(r.ForeignKeys), func(a, b *ForeignKey) int { return strings.Compare(a.Name, b.Name) })
}

func (s *Snapshot) findRelationships() map[*Relation][]*Relationship {
	out := map[*Relation][]*Relationship{}
	keys := s.links()
	for _, k := range keys {
		out[k.target] = append(out[k.target], k.backward())
	}
	for _, k := range keys {
		out[k.origin] = append(out[k.origin], k.forward())
	}
	for _, m := range junctions(keys) {
		out[m.Origin] = append(out[m.Origin], m)
	}
	return out
}

// link is a foreign key between two relations: the tables it belongs to, or
// views that show its columns.
type link struct {
	*ForeignKey
	origin, target      *Relation
	columns, refColumns []string
}

// links lists all foreign keys, each also as the views show it.
func (s *Snapshot) links() []link {
	var out []link
	views := s.viewsOf()
	for _, r := range s.Relations {
		for _, k := range r.sortedKeys() {
			target := s.byName[k.References]
			if target == nil {
				continue
			}
			for _, a := range s.showing(views[r], r, k.Columns) {
				for _, b := range s.showing(views[target], target, k.RefColumns) {
					out = append(out, link{k, a.relation, b.relation, a.columns, b.columns})
				}
			}
		}
	}
	return out
}

// side is a relation that shows the columns of a key under its own names.
type side struct {
	relation *Relation
	columns  []string
}

func (s *Snapshot) showing(views []*Relation, t *Relation, columns []string) []side {
	out := []side{{t, columns}}
	for _, v := range views {
		for _, names := range s.shown(v, t, columns) {
			out = append(out, side{v, names})
		}
	}
	return out
}

// viewsOf lists the views that show columns of each table.
func (s *Snapshot) viewsOf() map[*Relation][]*Relation {
	out := map[*Relation][]*Relation{}
	for _, v := range s.Relations {
		if v.Kind == View {
			for _, t := range s.tablesOf(v) {
				out[t] = append(out[t], v)
			}
		}
	}
	return out
}

func (k link) forward() *Relationship {
	c := ManyToOne
	if k.OneToOne {
		c = OneToOne
	}
	return &Relationship{Cardinality: c, Forward: true, Origin: k.origin, Target: k.target, Constraint: k.Name, Columns: k.columns, RefColumns: k.refColumns}
}

func (k link) backward() *Relationship {
	c := OneToMany
	if k.OneToOne {
		c = OneToOne
	}
	return &Relationship{Cardinality: c, Origin: k.target, Target: k.origin, Constraint: k.Name, Columns: k.refColumns, RefColumns: k.columns}
}

// junctions lists the many-to-many relationships: by each two foreign keys of a
// relation whose columns all belong to its primary key.
func junctions(keys []link) []*Relationship {
	of := map[*Relation][]link{}
	var order []*Relation
	for _, k := range keys {
		if containsAll(k.origin.PrimaryKey, k.columns) {
			if of[k.origin] == nil {
				order = append(order, k.origin)
			}
			of[k.origin] = append(of[k.origin], k)
		}
	}
	var out []*Relationship
	for _, j := range order {
		for _, a := range of[j] {
			for _, b := range of[j] {
				if a.ForeignKey != b.ForeignKey {
					out = append(out, a.junction(b))
				}
			}
		}
	}
	return out
}

func (k link) junction(to link) *Relationship {
	return &Relationship{Cardinality: ManyToMany, Origin: k.target, Target: to.target, Columns: k.refColumns, RefColumns: to.refColumns,
		Junction: &Junction{Relation: k.origin, Origin: k.foreignKey(), Target: to.foreignKey()}}
}

// foreignKey is the key as the link's origin shows it.
func (k link) foreignKey() *ForeignKey {
	own := *k.ForeignKey
	own.Columns = k.columns
	return &own
}

func containsAll(all, some []string) bool {
	for _, name := range some {
		if !slices.Contains(all, name) {
			return false
		}
	}
	return true
}
