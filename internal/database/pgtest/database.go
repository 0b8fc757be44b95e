package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	urlVariable     = "GALLEY_TEST_DATABASE_URL"
	requireVariable = "GALLEY_TEST_REQUIRE_POSTGRES"
)

// server is the one of this process, started by the first test that needs it.
var server = sync.OnceValues(func() (string, error) {
	if given := os.Getenv(urlVariable); given != "" {
		return given, nil
	}
	s, err := Start(context.Background())
	if err != nil {
		return "", err
	}
	return s.URL, nil // it ends with the process
})

// URL returns the connection string of the server's own database, as a
// superuser. It skips the test when there is no PostgreSQL.
func URL(t testing.TB) string {
	t.Helper()
	url, err := server()
	switch {
	case err == nil:
		return url
	case errors.Is(err, ErrNotInstalled) && os.Getenv(requireVariable) != "1":
		t.Skipf("this test needs PostgreSQL: %v; install it, or set %s", err, urlVariable)
	default:
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	return ""
}

// Database returns the connection string of a fresh, empty database (UTF-8,
// C.UTF-8), which is dropped when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	admin := URL(t)
	name := "galley_" + strings.ToLower(rand.Text()[:16])
	runSQL(t, admin, "create database "+name+" template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'")
	t.Cleanup(func() { runSQL(t, admin, "drop database "+name+" with (force)") })
	out, err := withDatabase(admin, name)
	if err != nil {
		t.Fatalf("%s: %v", urlVariable, err)
	}
	return out
}

// withDatabase replaces the database that a connection string names.
func withDatabase(admin, name string) (string, error) {
	if !strings.Contains(admin, "://") {
		return admin + " dbname=" + name, nil
	}
	u, err := url.Parse(admin)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

func runSQL(t testing.TB, url, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql).ReadAll()
	for used(err) && ctx.Err() == nil {
		_, err = conn.Exec(ctx, sql).ReadAll()
	}
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// used says whether a database is in use. The server ends the sessions of one that is
// dropped by force, and waits for five seconds until they are gone: on a busy machine a
// vacuum of a large table takes longer to hear of it.
func used(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "55006" // object_in_use
}
