package pgtest

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

func connect(t *testing.T, url string) (*pgconn.PgConn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return pgconn.Connect(ctx, url)
}

func ask(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := connect(t, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	result := conn.ExecParams(t.Context(), sql, nil, nil, nil, nil).Read()
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	if len(result.Rows) == 0 {
		return ""
	}
	return string(result.Rows[0][0])
}

func TestDatabase(t *testing.T) {
	var first string
	t.Run("in use", func(t *testing.T) {
		first = Database(t)
		if second := Database(t); second == first {
			t.Error("two databases are one")
		}
		if got := ask(t, first, "select current_setting('server_encoding') || datcollate || (select count(*) from pg_tables where schemaname = 'public') "+
			"from pg_database where datname = current_database()"); got != "UTF8C.UTF-80" {
			t.Errorf("the database is %s", got)
		}
	})
	if first == "" {
		t.SkipNow()
	}
	_, err := connect(t, first)
	if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "3D000" {
		t.Errorf("after the test the database is still there: %v", err)
	}
}

func TestServerEndsWithItsGuard(t *testing.T) {
	s, err := Start(t.Context())
	if errors.Is(err, ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s.URL, "select current_setting('TimeZone')"); got != "UTC" {
		t.Errorf("time zone %s", got)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := connect(t, s.URL); err == nil {
		t.Error("the server still answers")
	}
	if _, err := os.Stat(s.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder is still there: %v", err)
	}
}
