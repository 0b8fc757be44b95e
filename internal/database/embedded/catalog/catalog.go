// Package catalog is what the embedded engine knows of its database: schemas,
// tables, columns, constraints, indexes, policies, roles, privileges and
// sequences, under their Postgres names, and the physical names each has in the
// SQLite file. A Catalog is immutable; DDL makes a Draft of it, changes that and
// saves it in the same SQLite transaction as the tables themselves.
//
// Logical and physical are apart from the first day: a rename, a new column
// order or a dropped column never needs to touch the file's tables.
package catalog

import (
	"maps"
	"slices"
	"sync/atomic"

	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/schema"
)

// FirstOID is the first OID given to an object of the user's, as in PostgreSQL.
const FirstOID = 16384

// Catalog is one state of the database's objects.
type Catalog struct {
	// Version is drawn at random at each change, so that two states never
	// share one, rolled back or not.
	Version uint64
	NextOID uint32

	Schemas    map[string]*Schema
	Roles      map[string]*Role
	Tables     map[uint32]*Table
	Sequences  map[uint32]*Sequence
	Views      map[uint32]*View
	Enums      map[uint32]*Enum
	Extensions map[uint32]*Extension
	Functions  map[uint32]*Function

	known atomic.Pointer[types.Catalogue] // see Types
	fresh *fresh

	relations  map[schema.Name]uint32 // tables, indexes, sequences and views share one name space
	references map[uint32][]*Reference
}

// Schema is a namespace.
type Schema struct {
	OID   uint32
	Name  string
	Owner string
	ACL   ACL
	// Default privileges in files of the first format; see Role.Defaults.
	DefaultTables    ACL `json:",omitempty"`
	DefaultSequences ACL `json:",omitempty"`
	Comment          string
}

// Role is a database role.
type Role struct {
	OID       uint32
	Name      string
	Superuser bool
	BypassRLS bool
	// NoInherit tells that it has the privileges of the roles it is a member of
	// only after it became one of them (SET ROLE).
	NoInherit  bool `json:",omitempty"`
	CreateRole bool `json:",omitempty"`
	CreateDB   bool `json:",omitempty"`
	Login      bool `json:",omitempty"`
	MemberOf   []string
	// AdminOf are those of MemberOf that it may grant to others.
	AdminOf  []string  `json:",omitempty"`
	Defaults []Default // default privileges of its new objects
	Comment  string    `json:",omitempty"`
}

// Table is a table.
type Table struct {
	OID      uint32
	Schema   string
	Name     string
	Physical string // its name in the SQLite file
	Owner    string

	Columns     []*Column // in the order of SELECT *
	NextColumn  int       // the number of the next column; numbers are never reused
	Dropped     []*Column // gone from the table, but not from the file
	Constraints []*Constraint
	Indexes     []*Index

	// ReplicaIdentity tells which columns of an old row are published
	// (pg_class.relreplident): d the primary key, n none, f all; 0 is d.
	ReplicaIdentity byte `json:",omitempty"`

	// Touch is the name of the trigger galley_docs.touch, "" for none: an update
	// sets updated_at and leaves created_at as it is.
	Touch string `json:",omitempty"`

	RowSecurity      bool
	ForceRowSecurity bool
	Policies         []*Policy
	ACL              ACL
	Comment          string
}

// Column is a column of a table.
type Column struct {
	Number   int // pg_attribute.attnum
	Name     string
	Physical string
	Type     types.Ref
	NotNull  bool
	Default  *Expr
	// Generated is what a stored generated column is computed from.
	Generated *Expr  `json:",omitempty"`
	Identity  byte   // 'a' ALWAYS, 'd' BY DEFAULT, 0 none
	Sequence  uint32 // the sequence behind an identity or serial column
	// Rowid tells that the column is SQLite's rowid (INTEGER PRIMARY KEY): the
	// fastest key there is, and one that SQLite fills when NULL is stored, so
	// NULL must be refused before it gets there.
	Rowid   bool
	ACL     ACL
	Comment string
}

// Expr is an expression kept in the catalogue, as Postgres SQL with the search
// path under which its names were meant.
type Expr struct {
	SQL        string
	SearchPath []string
	// Sources are the relations it reads, where their names are resolved: see
	// Source.
	Sources []Source `json:",omitempty"`
	// Resolved is the text with the names of its sources resolved, where SQL is
	// as it was written; empty where SQL is resolved itself or has no sources.
	Resolved string `json:",omitempty"`
}

// ConstraintKind is pg_constraint.contype.
type ConstraintKind byte

// The kinds of constraints.
const (
	PrimaryKey ConstraintKind = 'p'
	Unique     ConstraintKind = 'u'
	Check      ConstraintKind = 'c'
	ForeignKey ConstraintKind = 'f'
)

// Constraint is a constraint of a table. NOT NULL is a property of the column.
type Constraint struct {
	OID      uint32
	Name     string
	Kind     ConstraintKind
	Physical string // the name SQLite's error messages give it (check constraints)
	Columns  []int  // column numbers, in key order
	Check    *Expr

	RefTable   uint32
	RefColumns []int
	OnDelete   byte // pg_constraint.confdeltype: a no action, r restrict, c cascade, n set null, d set default
	OnUpdate   byte
	Deferrable bool
	Deferred   bool
	NotValid   bool   // rows from before it was added may violate it
	Comment    string `json:",omitempty"`

	Index uint32 // the index behind a primary key or unique constraint, or that a foreign key points to
}

// ChangesRows tells whether a foreign key changes rows of its own table when those
// it points to change or go.
func (k *Constraint) ChangesRows() bool {
	changes := func(action byte) bool { return action == 'n' || action == 'd' }
	return k.Kind == ForeignKey && (changes(k.OnDelete) || changes(k.OnUpdate) || k.OnUpdate == 'c')
}

// Index is an index.
type Index struct {
	OID              uint32
	Name             string
	Physical         string // "" when SQLite's rowid or the table itself serves
	Unique           bool
	Columns          []IndexColumn
	Where            *Expr
	NullsNotDistinct bool
	// Method is the kind of an index that is no b-tree on PostgreSQL: hash, or gin,
	// which the file has none of.
	Method string `json:",omitempty"`
	// Include are the columns of INCLUDE, which the file's index does without.
	Include []int  `json:",omitempty"`
	Comment string `json:",omitempty"`
}

// IndexColumn is one key of an index: a column or an expression.
type IndexColumn struct {
	Column     int // 0 for an expression
	Expr       *Expr
	Desc       bool
	NullsFirst bool
}

// Policy is a row-level security policy.
type Policy struct {
	OID        uint32
	Name       string
	Command    byte // pg_policy.polcmd: * all, r select, a insert, w update, d delete
	Permissive bool
	Roles      []string // empty: everyone
	Using      *Expr
	WithCheck  *Expr
	Comment    string `json:",omitempty"`
}

// Sequence is a sequence. Its present value lives beside the catalogue.
type Sequence struct {
	OID       uint32
	Schema    string
	Name      string
	Owner     string
	Type      types.OID
	Start     int64
	Increment int64
	Min, Max  int64
	Cycle     bool
	ACL       ACL
	// OwnerTable and OwnerColumn name the column that it belongs to, if any.
	OwnerTable  uint32
	OwnerColumn int
	Comment     string `json:",omitempty"`
}

// Reference is a foreign key seen from the table it points to.
type Reference struct {
	Table      *Table
	Constraint *Constraint
}

// Table returns a table by name, nil when there is none.
func (c *Catalog) Table(schemaName, name string) *Table {
	return c.Tables[c.relations[schema.Name{Schema: schemaName, Name: name}]]
}

// Sequence returns a sequence by name, nil when there is none.
func (c *Catalog) Sequence(schemaName, name string) *Sequence {
	return c.Sequences[c.relations[schema.Name{Schema: schemaName, Name: name}]]
}

// RelationOID returns the OID of a table, index, sequence or view, 0 when the name is
// free.
func (c *Catalog) RelationOID(schemaName, name string) uint32 {
	return c.relations[schema.Name{Schema: schemaName, Name: name}]
}

// IndexByOID returns an index and its table.
func (c *Catalog) IndexByOID(oid uint32) (*Table, *Index) {
	for _, t := range c.Tables {
		for _, i := range t.Indexes {
			if i.OID == oid {
				return t, i
			}
		}
	}
	return nil, nil
}

// References lists the foreign keys that point to a table.
func (c *Catalog) References(table uint32) []*Reference { return c.references[table] }

// TableNames lists all tables in the order of their OIDs.
func (c *Catalog) SortedTables() []*Table {
	oids := slices.Sorted(maps.Keys(c.Tables))
	out := make([]*Table, len(oids))
	for i, oid := range oids {
		out[i] = c.Tables[oid]
	}
	return out
}

// Column returns a column by its name, nil when there is none.
func (t *Table) Column(name string) *Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// ColumnNumber returns a column by its number, nil when there is none.
func (t *Table) ColumnNumber(n int) *Column {
	for _, c := range t.Columns {
		if c.Number == n {
			return c
		}
	}
	return nil
}

// PrimaryKey returns the primary key constraint, nil when there is none.
func (t *Table) PrimaryKey() *Constraint {
	for _, c := range t.Constraints {
		if c.Kind == PrimaryKey {
			return c
		}
	}
	return nil
}

// index rebuilds what is derived from the objects.
func (c *Catalog) index() {
	c.relations = map[schema.Name]uint32{}
	c.references = map[uint32][]*Reference{}
	for _, t := range c.SortedTables() {
		c.relations[schema.Name{Schema: t.Schema, Name: t.Name}] = t.OID
		for _, i := range t.Indexes {
			c.relations[schema.Name{Schema: t.Schema, Name: i.Name}] = i.OID
		}
		for _, k := range t.Constraints {
			if k.Kind == ForeignKey {
				c.references[k.RefTable] = append(c.references[k.RefTable], &Reference{Table: t, Constraint: k})
			}
		}
	}
	for _, v := range c.Views {
		c.relations[schema.Name{Schema: v.Schema, Name: v.Name}] = v.OID
	}
	for _, s := range c.Sequences {
		c.relations[schema.Name{Schema: s.Schema, Name: s.Name}] = s.OID
	}
}
