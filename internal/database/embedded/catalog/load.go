package catalog

import (
	"encoding/json"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// Load reads the catalogue in the present snapshot of a connection.
func Load(c *sqlite.Conn) (*Catalog, error) {
	format, found, err := queryInt(c, `SELECT format FROM galley_meta WHERE id = 1`)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.DataCorrupted, "the database file has no catalogue")
	}
	if err := knownFormat(format); err != nil {
		return nil, err
	}
	version, _, err := queryInt(c, VersionSQL)
	if err != nil {
		return nil, err
	}
	cat := &Catalog{Version: uint64(version), NextOID: FirstOID,
		Schemas: map[string]*Schema{}, Roles: map[string]*Role{},
		Tables: map[uint32]*Table{}, Sequences: map[uint32]*Sequence{}, Views: map[uint32]*View{},
		Enums: map[uint32]*Enum{}, Extensions: map[uint32]*Extension{}, Functions: map[uint32]*Function{}}
	if err := cat.loadObjects(c); err != nil {
		return nil, err
	}
	cat.adopt()
	cat.index()
	return cat, nil
}

func (cat *Catalog) loadObjects(c *sqlite.Conn) error {
	s, err := c.Prepare(`SELECT oid, kind, def FROM galley_catalog ORDER BY oid`)
	if err != nil {
		return err
	}
	defer s.Reset()
	for {
		more, err := s.Step()
		if err != nil || !more {
			return err
		}
		oid := uint32(s.Column(0).Int())
		if err := cat.load(s.Column(1).Text(), []byte(s.Column(2).Text())); err != nil {
			return fault.New(fault.DataCorrupted, "the catalogue's object %d cannot be read", oid).WithCause(err)
		}
		cat.NextOID = max(cat.NextOID, cat.highest(oid)+1)
	}
}

// highest is the highest OID used by an object and what lives inside it.
func (cat *Catalog) highest(oid uint32) uint32 {
	if e := cat.Enums[oid]; e != nil {
		return max(oid, e.Array)
	}
	t := cat.Tables[oid]
	if t == nil {
		return oid
	}
	for _, c := range t.Constraints {
		oid = max(oid, c.OID)
	}
	for _, i := range t.Indexes {
		oid = max(oid, i.OID)
	}
	for _, p := range t.Policies {
		oid = max(oid, p.OID)
	}
	return oid
}

func (cat *Catalog) load(kind string, def []byte) error {
	switch kind {
	case "table":
		t := new(Table)
		err := json.Unmarshal(def, t)
		cat.Tables[t.OID] = t
		return err
	case "schema":
		s := new(Schema)
		err := json.Unmarshal(def, s)
		cat.Schemas[s.Name] = s
		return err
	case "role":
		r := new(Role)
		err := json.Unmarshal(def, r)
		cat.Roles[r.Name] = r
		return err
	case "sequence":
		s := new(Sequence)
		err := json.Unmarshal(def, s)
		cat.Sequences[s.OID] = s
		return err
	case "enum":
		e := new(Enum)
		err := json.Unmarshal(def, e)
		cat.Enums[e.OID] = e
		return err
	case "extension":
		e := new(Extension)
		err := json.Unmarshal(def, e)
		cat.Extensions[e.OID] = e
		return err
	case "function":
		f := new(Function)
		err := json.Unmarshal(def, f)
		cat.Functions[f.OID] = f
		return err
	case "view":
		v := new(View)
		err := json.Unmarshal(def, v)
		cat.Views[v.OID] = v
		return err
	}
	return fault.New(fault.DataCorrupted, "the catalogue has an object of unknown kind %q", kind)
}

// run executes a statement with parameters and without a result.
func run(c *sqlite.Conn, sql string, args ...sqlite.Value) error {
	s, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	defer s.Reset()
	for i, a := range args {
		if err := s.Bind(i+1, a); err != nil {
			return err
		}
	}
	_, err = s.Step()
	return err
}

// queryInt returns the one integer of a query, and false when it has no row.
func queryInt(c *sqlite.Conn, sql string) (int64, bool, error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return 0, false, err
	}
	defer s.Reset()
	found, err := s.Step()
	if err != nil || !found {
		return 0, false, err
	}
	return s.Column(0).Int(), true, nil
}
