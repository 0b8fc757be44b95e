package typestest

import (
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// open returns a connection to an empty database with the catalogue registered.
func open(t testing.TB) *engine {
	t.Helper()
	c := catalogue(t)
	conn, err := sqlite.Open(":memory:", sqlite.Options{
		Functions: c.SQLiteFunctions(), Aggregates: c.SQLiteAggregates(), Collations: c.Collations(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &engine{conn: conn}
}

// query runs one statement and returns the first column of its first row.
func (e *engine) query(sql string, args []sqlite.Value) (sqlite.Value, error) {
	s, err := e.conn.Prepare(sql)
	if err != nil {
		return sqlite.Null, err
	}
	defer s.Reset()
	for i, v := range args {
		if i >= s.Params() {
			break
		}
		if err := s.Bind(i+1, v); err != nil {
			return sqlite.Null, err
		}
	}
	more, err := s.Step()
	if err != nil || !more {
		return sqlite.Null, err
	}
	return s.Column(0), nil
}
