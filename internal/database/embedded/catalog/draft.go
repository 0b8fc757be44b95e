package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// The catalogue in the file: one row of JSON an object, and one row with the
// version, which every reader compares inside its own snapshot.
const createSQL = `
CREATE TABLE IF NOT EXISTS galley_meta (
	id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, format INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS galley_catalog (
	oid INTEGER PRIMARY KEY, kind TEXT NOT NULL, def TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS galley_sequence (
	oid INTEGER PRIMARY KEY, mark INTEGER NOT NULL, called INTEGER NOT NULL) STRICT;`

// Format is the version of the file's format. A file of a newer format is
// refused, one of an older format upgraded as it is opened.
const Format = 2

// VersionSQL reads the version of the catalogue in the snapshot of the
// connection that runs it.
const VersionSQL = `SELECT version FROM galley_meta WHERE id = 1`

// Owner is the role that owns the database: Galley itself.
const Owner = "postgres"

// IsNew tells that a file holds no database yet.
func IsNew(c *sqlite.Conn) (bool, error) {
	_, found, err := queryInt(c, `SELECT 1 FROM sqlite_schema WHERE name = 'galley_meta'`)
	return !found, err
}

// Install creates the catalogue's tables in a new file, with the roles and the
// schemas every database has, and upgrades a file of an older format. It does
// nothing to one of the present format.
func Install(c *sqlite.Conn) error {
	if err := c.Exec(createSQL); err != nil {
		return err
	}
	format, found, err := queryInt(c, `SELECT format FROM galley_meta WHERE id = 1`)
	if err != nil {
		return err
	}
	if found {
		return upgrade(c, format)
	}
	if err := c.Exec(createStampSQL); err != nil {
		return err
	}
	if err := c.Exec(fmt.Sprintf(`INSERT INTO galley_meta VALUES (1, 0, %d)`, Format)); err != nil {
		return err
	}
	_, err = initial().Save(c)
	return err
}

// initial is a new database: Supabase's roles, and schema public open to them
// by its default grants.
func initial() *Draft {
	empty := &Catalog{NextOID: FirstOID}
	d := empty.Draft()
	schemaACL := OwnerACL(Owner, AllOnSchema)
	var tables, sequences, functions ACL
	for _, role := range []string{"anon", "authenticated", "service_role"} {
		schemaACL = schemaACL.With(Owner, role, Usage)
		tables = tables.With(Owner, role, AllOnTable)
		sequences = sequences.With(Owner, role, AllOnSequence)
		functions = functions.With(Owner, role, Execute)
	}
	d.AddRole(&Role{Name: Owner, Superuser: true, BypassRLS: true, CreateRole: true, CreateDB: true, Login: true,
		Defaults: []Default{{"public", DefaultTables, tables}, {"public", DefaultSequences, sequences}, {"public", DefaultFunctions, functions}}})
	d.AddRole(&Role{Name: "anon", NoInherit: true})
	d.AddRole(&Role{Name: "authenticated", NoInherit: true})
	d.AddRole(&Role{Name: "service_role", BypassRLS: true, NoInherit: true})
	d.AddRole(&Role{Name: "authenticator", NoInherit: true, MemberOf: []string{"anon", "authenticated", "service_role"}})
	for _, r := range d.next.Roles {
		if r.Defaults == nil {
			r.Defaults = []Default{}
		}
	}
	d.AddSchema(&Schema{Name: "public", Owner: Owner, ACL: schemaACL.With(Owner, Public, Usage)})
	d.AddSchema(&Schema{Name: "auth", Owner: Owner, ACL: schemaACL})
	d.AddSchema(&Schema{Name: "galley", Owner: Owner})
	return d
}

// Draft is a changed copy of a catalogue. Objects must be changed only through
// the copies it hands out.
type Draft struct {
	next    *Catalog
	changed map[uint32]any
	dropped []uint32
}

// Draft begins a change.
func (c *Catalog) Draft() *Draft {
	next := &Catalog{
		NextOID:    c.NextOID,
		Schemas:    cloneMap(c.Schemas),
		Roles:      cloneMap(c.Roles),
		Tables:     cloneMap(c.Tables),
		Sequences:  cloneMap(c.Sequences),
		Views:      cloneMap(c.Views),
		Enums:      cloneMap(c.Enums),
		Extensions: cloneMap(c.Extensions),
		Functions:  cloneMap(c.Functions),
		fresh:      c.fresh,
	}
	next.index()
	return &Draft{next: next, changed: map[uint32]any{}}
}

func cloneMap[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return maps.Clone(m)
}

// NewOID draws an OID.
func (d *Draft) NewOID() uint32 {
	d.next.NextOID++
	return d.next.NextOID - 1
}

// Catalog is the draft as a catalogue, for looking things up while it is being
// changed. It is indexed anew by Save.
func (d *Draft) Catalog() *Catalog {
	d.next.index()
	return d.next
}

// AddTable adds a table and gives it an OID unless it has one.
func (d *Draft) AddTable(t *Table) {
	if t.OID == 0 {
		t.OID = d.NewOID()
	}
	d.next.Tables[t.OID], d.changed[t.OID] = t, t
}

// Table returns a copy of a table that may be changed, nil when there is none.
// Its slices are copies too; what they point to must be replaced, not changed.
func (d *Draft) Table(oid uint32) *Table {
	old := d.next.Tables[oid]
	if old == nil {
		return nil
	}
	t := *old
	t.Columns = slices.Clone(old.Columns)
	t.Constraints = slices.Clone(old.Constraints)
	t.Indexes = slices.Clone(old.Indexes)
	t.Policies = slices.Clone(old.Policies)
	d.AddTable(&t)
	return &t
}

// DropTable removes a table.
func (d *Draft) DropTable(oid uint32) {
	delete(d.next.Tables, oid)
	d.drop(oid)
}

// AddSequence adds or replaces a sequence.
func (d *Draft) AddSequence(s *Sequence) {
	if s.OID == 0 {
		s.OID = d.NewOID()
	}
	d.next.Sequences[s.OID], d.changed[s.OID] = s, s
}

// DropSequence removes a sequence.
func (d *Draft) DropSequence(oid uint32) {
	delete(d.next.Sequences, oid)
	d.drop(oid)
}

// AddSchema adds or replaces a schema.
func (d *Draft) AddSchema(s *Schema) {
	if s.OID == 0 {
		s.OID = d.NewOID()
	}
	d.next.Schemas[s.Name], d.changed[s.OID] = s, s
}

// DropSchema removes a schema.
func (d *Draft) DropSchema(name string) {
	if s := d.next.Schemas[name]; s != nil {
		delete(d.next.Schemas, name)
		d.drop(s.OID)
	}
}

// AddRole adds or replaces a role.
func (d *Draft) AddRole(r *Role) {
	if r.OID == 0 {
		r.OID = d.NewOID()
	}
	d.next.Roles[r.Name], d.changed[r.OID] = r, r
}

// DropRole removes a role.
func (d *Draft) DropRole(name string) {
	if r := d.next.Roles[name]; r != nil {
		delete(d.next.Roles, name)
		d.drop(r.OID)
	}
}

func (d *Draft) drop(oid uint32) {
	delete(d.changed, oid)
	d.dropped = append(d.dropped, oid)
}

// Save writes the changed objects and a new version, inside the transaction of
// the connection, and returns the catalogue.
func (d *Draft) Save(c *sqlite.Conn) (*Catalog, error) {
	for _, oid := range d.dropped {
		if err := run(c, `DELETE FROM galley_catalog WHERE oid = ?1`, sqlite.Int(int64(oid))); err != nil {
			return nil, err
		}
	}
	for _, oid := range slices.Sorted(maps.Keys(d.changed)) {
		if err := save(c, oid, d.changed[oid]); err != nil {
			return nil, err
		}
	}
	d.next.Version = rand.Uint64() >> 1
	d.next.index()
	if err := run(c, `UPDATE galley_meta SET version = ?1 WHERE id = 1`, sqlite.Int(int64(d.next.Version))); err != nil {
		return nil, err
	}
	return d.next, nextSchemaVersion(c)
}

func save(c *sqlite.Conn, oid uint32, object any) error {
	kind, err := kindOf(object)
	if err != nil {
		return err
	}
	def, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return run(c, `INSERT OR REPLACE INTO galley_catalog VALUES (?1, ?2, ?3)`,
		sqlite.Int(int64(oid)), sqlite.Text(kind), sqlite.Text(string(def)))
}

func kindOf(object any) (string, error) {
	switch object.(type) {
	case *Table:
		return "table", nil
	case *Schema:
		return "schema", nil
	case *Role:
		return "role", nil
	case *Sequence:
		return "sequence", nil
	case *View:
		return "view", nil
	case *Enum:
		return "enum", nil
	case *Extension:
		return "extension", nil
	case *Function:
		return "function", nil
	}
	return "", fmt.Errorf("catalog: no kind for %T", object)
}

// nextSchemaVersion counts up SQLite's own version of the schema, so that a
// catalogue that is committed never shares it with the one before: readers know
// by it that nothing has changed.
func nextSchemaVersion(c *sqlite.Conn) error {
	version, _, err := queryInt(c, `PRAGMA schema_version`)
	if err != nil {
		return err
	}
	return c.Exec(fmt.Sprintf(`PRAGMA schema_version = %d`, uint32(version)+1))
}
