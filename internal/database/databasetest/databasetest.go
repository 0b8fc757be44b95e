// Package databasetest is the contract of package database as tests, run by
// every engine:
//
//	func TestConformance(t *testing.T) {
//		databasetest.Run(t, func(t *testing.T) database.DB { return openFresh(t) })
//	}
//
// What differs by intention between the engines is said in a comment where it
// is tested.
package databasetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// patience is how long a test waits for what should happen at once. Only a
// failing test waits that long.
const patience = 30 * time.Second

// Run runs the suite. open returns a database of its own for each call, fresh
// and prepared (the roles anon, authenticated and service_role, schema auth, the
// default grants), closed by the test's cleanup.
func Run(t *testing.T, open func(t *testing.T) database.DB) {
	for _, group := range []struct {
		name  string
		tests map[string]func(*testing.T, database.DB)
	}{
		{"Query", queryTests},
		{"Types", typeTests},
		{"Errors", errorTests},
		{"Tx", txTests},
		{"Script", scriptTests},
		{"Security", securityTests},
		{"Session", sessionTests},
		{"Concurrency", concurrencyTests},
		{"Locking", lockingTests},
		{"Schema", schemaTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for name, test := range group.tests {
				t.Run(name, func(t *testing.T) { test(t, open(t)) })
			}
		})
	}
	t.Run("Close", func(t *testing.T) { testClose(t, open) })
}

// owner is the session of Galley itself.
var owner = database.Session{}

func as(role, claims string) database.Session {
	return database.Session{Role: role, Claims: claims}
}

// user is the session of a signed-in user.
func user(id string) database.Session {
	return as("authenticated", `{"sub":"`+id+`","role":"authenticated"}`)
}

// run is one way of running a statement: on the database as somebody, or in a
// transaction.
type run func(ctx context.Context, st database.Statement) (database.Rows, error)

func on(db database.DB, s database.Session) run {
	return func(ctx context.Context, st database.Statement) (database.Rows, error) { return db.Query(ctx, s, st) }
}

// query returns the result as text: columns joined by |, NULL as ∅, a line for
// each row.
func query(t *testing.T, r run, sql string, args ...any) (string, error) {
	t.Helper()
	rows, err := r(t.Context(), database.Statement{SQL: sql, Args: database.Args(args...)})
	return collect(rows, err)
}

func collect(rows database.Rows, err error) (string, error) {
	values, err := database.Collect(rows, err)
	if err != nil {
		return "", err
	}
	lines := make([]string, len(values))
	for i, row := range values {
		cells := make([]string, len(row))
		for j, v := range row {
			cells[j] = "∅"
			if v != nil {
				cells[j] = *v
			}
		}
		lines[i] = strings.Join(cells, "|")
	}
	return strings.Join(lines, "\n"), nil
}

// want fails the test unless the statement gives the rows.
func want(t *testing.T, r run, rows, sql string, args ...any) {
	t.Helper()
	got, err := query(t, r, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if got != rows {
		t.Fatalf("%s\ngot:\n%s\nwant:\n%s", sql, got, rows)
	}
}

// exec runs statements, each of which must succeed.
func exec(t *testing.T, r run, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := query(t, r, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// wantCode fails the test unless the statement fails with the code, and returns
// the error.
func wantCode(t *testing.T, r run, code, sql string, args ...any) *fault.Error {
	t.Helper()
	got, err := query(t, r, sql, args...)
	if err == nil {
		t.Fatalf("%s: succeeded with %q, want error %s", sql, got, code)
	}
	return isCode(t, err, code, sql)
}

func isCode(t *testing.T, err error, code, what string) *fault.Error {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatalf("%s: error %v is no *fault.Error, want %s", what, err, code)
	}
	if f.Code != code {
		t.Fatalf("%s: error %v, want %s", what, err, code)
	}
	return f
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func begin(t *testing.T, db database.DB, s database.Session, o database.TxOptions) database.Tx {
	t.Helper()
	tx, err := db.Begin(t.Context(), s, o)
	noError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}
