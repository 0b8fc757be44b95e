package postgres_test

import (
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
)

// one opens a database whose statements all run on the same connection.
func one(t *testing.T) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.Database(t), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// get runs a statement and returns the first column of its first row.
func get(t *testing.T, db database.DB, s database.Session, sql string, args ...any) (string, error) {
	t.Helper()
	rows, err := database.Collect(db.Query(t.Context(), s, database.Statement{SQL: sql, Args: database.Args(args...)}))
	if err != nil || len(rows) == 0 || rows[0][0] == nil {
		return "", err
	}
	return *rows[0][0], nil
}

func must(t *testing.T, db database.DB, s database.Session, sql string, args ...any) string {
	t.Helper()
	v, err := get(t, db, s, sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// state is everything a statement could inherit from the one before.
const state = `select concat_ws('|', session_user = current_user, current_user, current_setting('search_path'),
	coalesce(current_setting('request.jwt.claims', true), ''), coalesce(current_setting('request.path', true), ''),
	current_setting('transaction_read_only'), current_setting('TimeZone'), current_setting('DateStyle'),
	current_setting('statement_timeout'), pg_my_temp_schema() = 0 or not exists (select from pg_class where relnamespace = pg_my_temp_schema()),
	(select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()))`

func TestNothingIsLeftOnTheConnection(t *testing.T) {
	db := one(t)
	must(t, db, database.Session{}, "create table t (id integer)")
	must(t, db, database.Session{}, "grant all on t to anon")
	pid := must(t, db, database.Session{}, "select pg_backend_pid()")
	before := must(t, db, database.Session{}, state)
	anon := database.Session{Role: "anon", Claims: `{"sub":"x"}`, Path: "/p", SearchPath: []string{"auth"}}
	for _, c := range []struct {
		s  database.Session
		st database.Statement
	}{
		{anon, database.Statement{SQL: "select 1"}},
		{anon, database.Statement{SQL: "select nope"}},
		{anon, database.Statement{SQL: "select 1", ReadOnly: true}},
		{anon, database.Statement{SQL: "insert into public.t values (1)", Rollback: true}},
		{anon, database.Statement{SQL: "insert into public.t values ('x')", Rollback: true}},
		{anon, database.Statement{SQL: "insert into nothing values ('x')", Rollback: true}},
		{anon, database.Statement{SQL: "select set_config('role', 'service_role', false)"}},
		{anon, database.Statement{SQL: "select set_config('request.jwt.claims', '{}', false), SET_CONFIG('request.path', '/leak', false)"}},
		{anon, database.Statement{SQL: "set role service_role"}},
		{anon, database.Statement{SQL: "set session characteristics as transaction read only"}},
		{anon, database.Statement{SQL: "set search_path = auth"}},
		{anon, database.Statement{SQL: "set timezone = 'Asia/Tokyo'"}},
		{anon, database.Statement{SQL: "/* first */ set datestyle = 'German'"}},
		{anon, database.Statement{SQL: "set statement_timeout = 1"}},
		{anon, database.Statement{SQL: "do $$ begin perform set_config('role', 'anon', false); end $$"}},
		{database.Session{}, database.Statement{SQL: "create temporary table t (id text)"}},
		{database.Session{}, database.Statement{SQL: "select 1 as a into temp leak"}},
		{database.Session{}, database.Statement{SQL: "select pg_advisory_lock(5)"}},
		{database.Session{}, database.Statement{SQL: "set session authorization anon"}},
	} {
		_, _ = database.Exec(db.Query(t.Context(), c.s, c.st))
		if after := must(t, db, database.Session{}, state); after != before {
			t.Errorf("%s left\n%s\nwhere it was\n%s", c.st.SQL, after, before)
		}
	}
	if now := must(t, db, database.Session{}, "select pg_backend_pid()"); now != pid {
		t.Errorf("the statements ran on several connections: %s, %s", pid, now)
	}
	if n := must(t, db, database.Session{}, "select count(*) from t"); n != "0" {
		t.Errorf("%s rows were left", n)
	}
}

func TestTransactionsLeaveNothing(t *testing.T) {
	db := one(t)
	before := must(t, db, database.Session{}, state)
	anon := database.Session{Role: "anon", Claims: `{"sub":"x"}`, Path: "/p", SearchPath: []string{"auth"}}
	for _, script := range []string{
		"select 1", "select nope", "set role service_role", "set search_path = auth; set timezone = 'Asia/Tokyo'",
		"create temp table x (id integer)", "select set_config('request.path', '/leak', false)", "selct",
	} {
		for _, commit := range []bool{true, false} {
			tx, err := db.Begin(t.Context(), anon, database.TxOptions{ReadOnly: !commit})
			if err != nil {
				t.Fatal(err)
			}
			_ = tx.Script(t.Context(), script, nil)
			if commit {
				_ = tx.Commit(t.Context())
			}
			if err := tx.Rollback(t.Context()); err != nil {
				t.Error(err)
			}
			if after := must(t, db, database.Session{}, state); after != before {
				t.Errorf("%s (commit %v) left\n%s\nwhere it was\n%s", script, commit, after, before)
			}
		}
	}
}

func TestPreparedStatementsKeepRolesApart(t *testing.T) {
	db := one(t)
	must(t, db, database.Session{}, "create schema hidden")
	must(t, db, database.Session{}, "create table hidden.t as select 1 as id")
	must(t, db, database.Session{}, "grant select on hidden.t to anon")
	const sql = "select id from hidden.t"
	for range 8 { // enough for the server to settle on a generic plan
		if got := must(t, db, database.Session{}, sql); got != "1" {
			t.Fatalf("got %q", got)
		}
		// USAGE on a schema is checked only when a statement is parsed.
		if _, err := get(t, db, database.Session{Role: "anon"}, sql); err == nil {
			t.Fatal("a statement prepared by the owner read a schema closed to anon")
		}
	}
}

// TestNothingTakesTheirPlace: functions by the names of those that set a session,
// which would run as the one who logged in, are not called in their place.
func TestNothingTakesTheirPlace(t *testing.T) {
	url := pgtest.Database(t)
	maker := openWith(t, postgres.Config{URL: url, MaxConns: 1})
	for _, arguments := range []string{
		"text, text, text, text, text, text, text", "text, text, text, text, text, text, text, text",
		"text, text, text, text, text, text, text, text, text", "variadic text[]",
	} {
		exec(t, maker, "create function public.num_nulls("+arguments+") returns integer language plpgsql as "+
			"$$ begin raise exception 'ran as %', current_user; end $$")
	}
	exec(t, maker,
		"create function public.set_config(unknown_name varchar, value varchar, is_local boolean) returns text language plpgsql as $$ begin raise exception 'ran'; end $$",
		"create function public.current_setting(varchar, boolean) returns text language plpgsql as $$ begin raise exception 'ran'; end $$",
		"do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$")
	db := openWith(t, postgres.Config{URL: url, MaxConns: 1})
	if path := must(t, db, owner, "select reset_val from pg_settings where name = 'search_path'"); path != "public, pg_catalog" {
		t.Fatalf("the search path of a connection is %s", path)
	}
	var said database.Response
	for _, st := range []database.Statement{
		{SQL: "select current_user"}, {SQL: "select current_user", ReadOnly: true}, {SQL: "select current_user", Response: &said},
		{SQL: "select current_user", ReadOnly: true, Response: &said},
	} {
		for range 2 {
			rows, err := database.Collect(db.Query(t.Context(), database.Session{Role: "pg_monitor", Timezone: "UTC"}, st))
			if err != nil {
				t.Fatal(err)
			}
			if *rows[0][0] != "pg_monitor" {
				t.Errorf("ran as %s", *rows[0][0])
			}
		}
	}
}
