package typestest

import (
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// open returns a connection to an empty database with the catalogue registered.
func open(t testing.TB) *engine {
	t.Helper()
	c := catalogue(t)
	conn, err := sqlite.Open(":memory:", sqlite.Options{
		Functions: c.SQLiteFunctions(), Aggregates: c.SQLiteAggregates(), Collations: c.Collations(), Tables: c.SQLiteTables(),
	})
	if err != nil {
		t.Fatal(err)
	}
	conn.State = today{}
	t.Cleanup(func() { _ = conn.Close() })
	return &engine{conn: conn}
}

// today is a transaction that begins now: PostgreSQL's under test begins on the
// same day.
type today struct{ types.Env }

// TransactionTime implements types.Env.
func (today) TransactionTime() time.Time { return time.Now() }

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
