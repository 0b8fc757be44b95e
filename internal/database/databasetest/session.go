package databasetest

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

var sessionTests = map[string]func(*testing.T, database.DB){
	"auth functions":            testAuthFunctions,
	"settings":                  testSettings,
	"nothing leaks":             testNoSessionLeak,
	"search path":               testSearchPath,
	"auth functions in columns": testAuthDefaults,
}

func testAuthFunctions(t *testing.T, db database.DB) {
	const sql = "select auth.uid(), auth.role(), auth.email(), auth.jwt()"
	none := "∅|∅|∅|∅"
	full := `{"sub":"` + alice + `","role":"authenticated","email":"a@example.com","app":{"n":1.50}}`
	for _, c := range []struct{ claims, want string }{
		{"", none},
		{"{}", "∅|∅|∅|{}"},
		{full, alice + `|authenticated|a@example.com|{"app": {"n": 1.50}, "sub": "` + alice + `", "role": "authenticated", "email": "a@example.com"}`},
		{`{"sub":null,"role":"anon"}`, `∅|anon|∅|{"sub": null, "role": "anon"}`},
		{`{"role":7,"email":["x"]}`, `∅|7|["x"]|{"role": 7, "email": ["x"]}`},
	} {
		want(t, on(db, as("authenticated", c.claims)), c.want, sql)
		want(t, on(db, as("", c.claims)), c.want, sql)
	}
	wantCode(t, on(db, as("anon", `{"sub":"not a uuid"}`)), "22P02", "select auth.uid()")
	// The claims do not decide the role, and their text is only ever a value.
	want(t, on(db, as("anon", `{"role":"service_role"}`)), "service_role", "select auth.role()")
	want(t, on(db, as("anon", `{"sub":null,"email":"'; drop table x; --"}`)), "'; drop table x; --", "select auth.email()")
	rows, err := db.Query(t.Context(), owner, database.Statement{SQL: sql})
	noError(t, err)
	defer rows.Close()
	var types []string
	for _, c := range rows.Columns() {
		types = append(types, c.Name+" "+c.Type)
	}
	if got := strings.Join(types, ","); got != "uid uuid,role text,email text,jwt jsonb" {
		t.Errorf("columns %s", got)
	}
}

func testSettings(t *testing.T, db database.DB) {
	s := database.Session{Role: "anon", Claims: `{"a":1}`, Method: "GET", Path: "/rest/v1/t", Headers: `{"x-a":"b"}`}
	want(t, on(db, s), `{"a":1}|GET|/rest/v1/t|{"x-a":"b"}`, "select current_setting('request.jwt.claims', true), "+
		"current_setting('request.method', true), current_setting('request.path', true), current_setting('request.headers', true)")
	// Unset is NULL or '', as PostgreSQL itself has it: both once a session has
	// known the setting. Who reads it must expect both.
	want(t, on(db, owner), "", "select coalesce(current_setting('request.jwt.claims', true), '')")
	want(t, on(db, owner), "", "select coalesce(current_setting('request.method', true), '')")
}

func testNoSessionLeak(t *testing.T, db database.DB) {
	const sql = "select coalesce(auth.role(), '-'), coalesce(current_setting('request.path', true), '')"
	for range 20 { // more than one connection is tried
		want(t, on(db, database.Session{Role: "authenticated", Claims: `{"role":"authenticated"}`, Path: "/p"}), "authenticated|/p", sql)
		want(t, on(db, as("anon", "")), "-|", sql)
		wantCode(t, on(db, as("anon", `{"role":"anon"}`)), "42703", "select nope")
		want(t, on(db, owner), "-|", sql)
		tx := begin(t, db, as("service_role", `{"role":"service_role"}`), database.TxOptions{})
		want(t, tx.Query, "service_role|", sql)
		noError(t, tx.Rollback(t.Context()))
		want(t, on(db, as("authenticated", "")), "-|", sql)
	}
}

func testSearchPath(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create schema a", "create schema b", "create table a.t (v text)", "create table b.t (v text)",
		"insert into a.t values ('a')", "insert into b.t values ('b')")
	for range 3 {
		want(t, on(db, database.Session{SearchPath: []string{"a", "b"}}), "a", "select v from t")
		want(t, on(db, database.Session{SearchPath: []string{"b", "a"}}), "b", "select v from t")
		wantCode(t, on(db, owner), "42P01", "select v from t")
		wantCode(t, on(db, database.Session{SearchPath: []string{"no such, schema"}}), "42P01", "select v from t")
	}
}

func testAuthDefaults(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer primary key, owner uuid not null default auth.uid())",
		"alter table t enable row level security", "create policy own on t using (owner = auth.uid())")
	want(t, on(db, user(alice)), alice, "insert into t (id) values (1) returning owner")
	want(t, on(db, user(bob)), bob, "insert into t (id) values (2) returning owner")
	wantCode(t, on(db, as("anon", "")), "42501", "insert into t (id) values (3)")
	want(t, on(db, user(alice)), "1", "select id from t")
}
