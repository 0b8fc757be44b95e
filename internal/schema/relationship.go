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
// foreign key of either, or by two of a junction.
type Relationship struct {
	Cardinality    Cardinality
	Origin, Target *Relation
	Constraint     string // the foreign key; "" with a junction

	// Columns of the origin equal RefColumns of the target. With a junction
	// both equal columns of it.
	Columns, RefColumns []string
	Junction            *Junction
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
	for _, r := range s.Relations {
		for _, k := range r.sortedKeys() {
			if target := s.byName[k.References]; target != nil {
				out[target] = append(out[target], k.backward(r, target))
			}
		}
	}
	for _, r := range s.Relations {
		for _, k := range r.sortedKeys() {
			if target := s.byName[k.References]; target != nil {
				out[r] = append(out[r], k.forward(r, target))
			}
		}
	}
	for _, r := range s.Relations {
		for _, m := range s.junctions(r) {
			out[m.Origin] = append(out[m.Origin], m)
		}
	}
	return out
}

func (k *ForeignKey) forward(r, target *Relation) *Relationship {
	c := ManyToOne
	if k.OneToOne {
		c = OneToOne
	}
	return &Relationship{Cardinality: c, Origin: r, Target: target, Constraint: k.Name, Columns: k.Columns, RefColumns: k.RefColumns}
}

func (k *ForeignKey) backward(r, target *Relation) *Relationship {
	c := OneToMany
	if k.OneToOne {
		c = OneToOne
	}
	return &Relationship{Cardinality: c, Origin: target, Target: r, Constraint: k.Name, Columns: k.RefColumns, RefColumns: k.Columns}
}

// junctions lists the relationships that a relation makes as a junction: by each
// two of its foreign keys whose columns all belong to its primary key.
func (s *Snapshot) junctions(j *Relation) []*Relationship {
	var out []*Relationship
	for _, a := range j.sortedKeys() {
		for _, b := range j.sortedKeys() {
			origin, target := s.byName[a.References], s.byName[b.References]
			if a == b || origin == nil || target == nil || !containsAll(j.PrimaryKey, a.Columns) || !containsAll(j.PrimaryKey, b.Columns) {
				continue
			}
			out = append(out, &Relationship{Cardinality: ManyToMany, Origin: origin, Target: target,
				Columns: a.RefColumns, RefColumns: b.RefColumns, Junction: &Junction{Relation: j, Origin: a, Target: b}})
		}
	}
	return out
}

func containsAll(all, some []string) bool {
	for _, name := range some {
		if !slices.Contains(all, name) {
			return false
		}
	}
	return true
}
