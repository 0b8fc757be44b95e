// Package schema is an immutable snapshot of what a database holds: tables,
// views, columns, types, keys, relationships and policies. The data APIs plan
// against it; an engine makes a new one, with another version, after DDL.
package schema

import "sync"

// Snapshot is one state of the schema. It is never changed after it was made,
// so it may be read from any goroutine.
type Snapshot struct {
	// Version differs between any two states of one database. It is not
	// ordered.
	Version   uint64
	Schemas   []string
	Relations []*Relation
	Enums     []*Enum

	byName    map[Name]*Relation
	functions map[Name][]*Function
	relate    sync.Once
	related   map[*Relation][]*Relationship
}

// Name is a relation's schema-qualified name, as stored (no quoting, case kept).
type Name struct{ Schema, Name string }

// Kind tells what a relation is.
type Kind string

// The kinds of relations.
const (
	Table Kind = "table"
	View  Kind = "view"
)

// Relation is a table or view.
type Relation struct {
	Name
	// OID stays the same for as long as the relation lives, whatever it is
	// called: one dropped and made again has another.
	OID     uint32
	Kind    Kind
	Comment string
	Columns []*Column

	// Partitioned tells that a table's rows are those of its partitions.
	Partitioned bool
	// NoInsert, NoUpdate and NoDelete tell that a view takes no such change:
	// neither is it simple enough for PostgreSQL to make it one of its table, nor
	// does it have a trigger for it.
	NoInsert, NoUpdate, NoDelete bool

	PrimaryKey  []string // column names in key order; empty when there is none
	ForeignKeys []*ForeignKey
	Uniques     [][]string // column names of each unique constraint or full unique index
	Checks      []Check

	RowSecurity      bool // ENABLE ROW LEVEL SECURITY
	ForceRowSecurity bool
	Policies         []Policy

	byColumn map[string]*Column
}

// Column is a column of a relation.
type Column struct {
	Name      string
	Type      string // as format_type prints it: "bigint", "timestamp with time zone"
	TypeName  string // the name in pg_type: "int8", "timestamptz", "_text" for text[]
	NotNull   bool
	Default   string // the default's SQL text; empty when there is none
	Identity  string // "ALWAYS", "BY DEFAULT" or empty
	Generated bool   // GENERATED ALWAYS AS (…) STORED
	Comment   string
	Position  int // 1-based, in the order of SELECT *
	// Labels are the values of an enum type, in their order; nil for any other.
	Labels []string
	// Source is the column of another relation whose value a view's column shows
	// unchanged, nil when there is none.
	Source *Source
}

// Source is a column of a relation.
type Source struct {
	Relation Name
	Column   string
}

// ForeignKey is a foreign key of the relation that holds it.
type ForeignKey struct {
	Name       string
	Columns    []string
	References Name
	RefColumns []string
	// OneToOne tells that the referencing columns are unique, so that at most
	// one row refers to each referenced row.
	OneToOne bool
}

// Check is a check constraint.
type Check struct{ Name, Expression string }

// Policy is a row-level security policy (CREATE POLICY).
type Policy struct {
	Name       string
	Command    string // ALL, SELECT, INSERT, UPDATE, DELETE
	Permissive bool
	Roles      []string // "public" for everyone
	Using      string
	WithCheck  string
}

// New indexes a snapshot. The relations belong to it afterwards.
func New(version uint64, schemas []string, relations []*Relation) *Snapshot {
	s := &Snapshot{Version: version, Schemas: schemas, Relations: relations,
		byName: make(map[Name]*Relation, len(relations))}
	for _, r := range relations {
		s.byName[r.Name] = r
		r.index()
	}
	s.keyViews()
	return s
}

func (r *Relation) index() {
	r.byColumn = make(map[string]*Column, len(r.Columns))
	for _, c := range r.Columns {
		r.byColumn[c.Name] = c
	}
}

// NewRelation returns a relation that belongs to no snapshot, such as the rows
// that a function returns.
func NewRelation(name Name, columns []*Column) *Relation {
	r := &Relation{Name: name, Kind: View, Columns: columns}
	r.index()
	return r
}

// Relation returns a table or view by its name, nil when there is none.
func (s *Snapshot) Relation(schemaName, name string) *Relation {
	return s.byName[Name{schemaName, name}]
}

// Column returns a column by its name, nil when there is none.
func (r *Relation) Column(name string) *Column { return r.byColumn[name] }
