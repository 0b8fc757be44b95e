package databasetest

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

var queryTests = map[string]func(*testing.T, database.DB){
	"columns and rows":           testColumns,
	"no result":                  testNoResult,
	"tags":                       testTags,
	"many rows stream":           testManyRows,
	"null and empty text":        testNullAndEmpty,
	"parameters are inferred":    testInference,
	"declared parameter types":   testDeclaredTypes,
	"one statement only":         testOneStatement,
	"a parameter is missing":     testMissingParameter,
	"read-only refuses writes":   testReadOnly,
	"rollback on demand":         testRollback,
	"rows closed early":          testClosedEarly,
	"failed statement undone":    testFailedUndone,
	"identical text, new schema": testStalePlan,
}

func testColumns(t *testing.T, db database.DB) {
	exec(t, on(db, owner), `create table things (id bigint primary key, "Na me" text, n integer, done boolean, at timestamptz, doc jsonb, u uuid)`,
		`insert into things values (1, 'x', 2, true, '2026-01-02 03:04:05.06+00', '{"a": 1}', '00000000-0000-0000-0000-000000000001')`)
	rows, err := db.Query(t.Context(), owner, database.Statement{SQL: `select *, id as other from things`})
	noError(t, err)
	defer rows.Close()
	wantColumns := []database.Column{{Name: "id", Type: "int8"}, {Name: "Na me", Type: "text"}, {Name: "n", Type: "int4"},
		{Name: "done", Type: "bool"}, {Name: "at", Type: "timestamptz"}, {Name: "doc", Type: "jsonb"},
		{Name: "u", Type: "uuid"}, {Name: "other", Type: "int8"}}
	if !slices.Equal(rows.Columns(), wantColumns) {
		t.Fatalf("columns %v, want %v", rows.Columns(), wantColumns)
	}
	if !rows.Next() {
		t.Fatal("no row:", rows.Err())
	}
	var got []string
	for i := range rows.Columns() {
		got = append(got, string(rows.Value(i)))
	}
	wantValues := []string{"1", "x", "2", "t", "2026-01-02 03:04:05.06+00", `{"a": 1}`, "00000000-0000-0000-0000-000000000001", "1"}
	if !slices.Equal(got, wantValues) {
		t.Fatalf("values %q, want %q", got, wantValues)
	}
	if rows.Next() || rows.Err() != nil || rows.Tag() != "SELECT 1" {
		t.Fatalf("more rows, error %v or tag %q", rows.Err(), rows.Tag())
	}
}

func testNoResult(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer)")
	rows, err := db.Query(t.Context(), owner, database.Statement{SQL: "insert into t values (1)"})
	noError(t, err)
	defer rows.Close()
	if len(rows.Columns()) != 0 || rows.Next() || rows.Err() != nil {
		t.Fatalf("columns %v, error %v", rows.Columns(), rows.Err())
	}
	// A result without rows still has columns.
	rows, err = db.Query(t.Context(), owner, database.Statement{SQL: "select id from t where id > 5"})
	noError(t, err)
	defer rows.Close()
	if len(rows.Columns()) != 1 || rows.Next() || rows.Err() != nil || rows.Tag() != "SELECT 0" {
		t.Fatalf("columns %v, error %v, tag %q", rows.Columns(), rows.Err(), rows.Tag())
	}
}

func testTags(t *testing.T, db database.DB) {
	for _, c := range []struct{ sql, tag string }{
		{"create table t (id integer primary key, v text)", "CREATE TABLE"},
		{"create index t_v on t (v)", "CREATE INDEX"},
		{"insert into t values (1, 'a'), (2, 'b')", "INSERT 0 2"},
		{"insert into t values (3, 'c') returning id", "INSERT 0 1"},
		{"update t set v = 'z' where id > 1", "UPDATE 2"},
		{"update t set v = 'z' where id > 9", "UPDATE 0"},
		{"delete from t where id = 1", "DELETE 1"},
		{"select id from t", "SELECT 2"},
		{"grant select on t to anon", "GRANT"},
		{"revoke select on t from anon", "REVOKE"},
		{"alter table t enable row level security", "ALTER TABLE"},
		{"create policy p on t for select using (true)", "CREATE POLICY"},
		{"drop policy p on t", "DROP POLICY"},
		{"drop table t", "DROP TABLE"},
		{"create schema s", "CREATE SCHEMA"},
	} {
		tag, err := database.Exec(db.Query(t.Context(), owner, database.Statement{SQL: c.sql}))
		if err != nil || tag != c.tag {
			t.Errorf("%s: tag %q, error %v, want %q", c.sql, tag, err, c.tag)
		}
	}
}

func testManyRows(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table many (n integer primary key, v text)")
	fill(t, db, "many", 3000)
	rows, err := db.Query(t.Context(), owner, database.Statement{SQL: "select n, v from many order by n"})
	noError(t, err)
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
		if string(rows.Value(0)) != strconv.Itoa(n) || string(rows.Value(1)) != "value "+strconv.Itoa(n) {
			t.Fatalf("row %d is %q, %q", n, rows.Value(0), rows.Value(1))
		}
	}
	if rows.Err() != nil || n != 3000 {
		t.Fatalf("%d rows, error %v", n, rows.Err())
	}
}

// fill inserts rows 1 to n with a text each.
func fill(t *testing.T, db database.DB, table string, n int) {
	t.Helper()
	const each = 500
	for from := 1; from <= n; from += each {
		var values []string
		for i := from; i < from+each && i <= n; i++ {
			values = append(values, "("+strconv.Itoa(i)+", 'value "+strconv.Itoa(i)+"')")
		}
		exec(t, on(db, owner), "insert into "+table+" values "+strings.Join(values, ", "))
	}
}

func testNullAndEmpty(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, "create table t (id integer primary key, v text)")
	exec2 := func(id int, v any) {
		t.Helper()
		_, err := query(t, r, "insert into t values ($1, $2)", id, v)
		noError(t, err)
	}
	exec2(1, nil)
	exec2(2, "")
	exec2(3, "x")
	want(t, r, "1|∅\n2|\n3|x", "select id, v from t order by id")
	want(t, r, "1", "select id from t where v is null")
	want(t, r, "2", "select id from t where v = $1", "")
	want(t, r, "", "select id from t where v = $1", nil)
}

func testInference(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, "create table t (id bigint primary key, n integer, done boolean, u uuid, at timestamptz, doc jsonb, v text)")
	_, err := query(t, r, "insert into t values ($1, $2, $3, $4, $5, $6, $7)", 7, 3, true,
		"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "2026-01-02T03:04:05Z", `{"b":1,"a":2}`, "it's")
	noError(t, err)
	want(t, r, `7|3|t|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|2026-01-02 03:04:05+00|{"a": 2, "b": 1}|it's`,
		"select * from t where id = $1 and n < $2 and done = $3", "7", 4, "yes")
	want(t, r, "7", "select id from t where u = $1", "a0eebc999c0b4ef8bb6d6bb9bd380a11")
	wantCode(t, r, "22P02", "select id from t where id = $1", "x")
	wantCode(t, r, "22003", "select id from t where n = $1", "2147483648")
	wantCode(t, r, "22P02", "select id from t where u = $1", "nope")
	wantCode(t, r, "22P02", "select id from t where done = $1", "perhaps")
	wantCode(t, r, "22007", "select id from t where at = $1", "yesterdayish")
	wantCode(t, r, "22P02", "insert into t (id, doc) values (9, $1)", "{")
}

func testDeclaredTypes(t *testing.T, db database.DB) {
	rows, err := db.Query(t.Context(), owner, database.Statement{SQL: "select $1, $2, $3",
		Args: database.Args(1, "x", true), Types: []string{"int8", "text", "bool"}})
	noError(t, err)
	types := rows.Columns()
	got, err := collect(rows, nil)
	noError(t, err)
	if got != "1|x|t" || types[0].Type != "int8" || types[1].Type != "text" || types[2].Type != "bool" {
		t.Fatalf("%s of %v", got, types)
	}
}

func testOneStatement(t *testing.T, db database.DB) {
	r := on(db, owner)
	wantCode(t, r, "42601", "select 1; select 2")
	want(t, r, "1", "select 1;")
	want(t, r, "1", "-- a comment; with a semicolon\nselect 1 /* ; */ ;")
}

func testMissingParameter(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, "create table t (id integer, v text)")
	if _, err := query(t, r, "select id from t where id = $1 and v = $2", 1); err == nil {
		t.Fatal("a statement with a missing argument succeeded")
	}
	if _, err := query(t, r, "select id from t where id = $1", 1, 2); err == nil {
		t.Fatal("a statement with an argument too many succeeded")
	}
	want(t, r, "", "select id from t where id = $1", 1)
}

func testReadOnly(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer)")
	readOnly := func(sql string) error {
		_, err := database.Exec(db.Query(t.Context(), owner, database.Statement{SQL: sql, ReadOnly: true}))
		return err
	}
	for _, sql := range []string{"insert into t values (1)", "update t set id = 2", "delete from t",
		"create table u (id integer)", "drop table t", "grant select on t to anon"} {
		isCode(t, readOnly(sql), "25006", sql)
	}
	noError(t, readOnly("select id from t"))
	exec(t, on(db, owner), "insert into t values (1)") // and it does not stay so
	want(t, on(db, owner), "1", "select id from t")
}

func testRollback(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, "create table t (id integer primary key)")
	st := database.Statement{SQL: "insert into t values (1), (2) returning id", Rollback: true}
	got, err := collect(db.Query(t.Context(), owner, st))
	noError(t, err)
	if got != "1\n2" {
		t.Fatalf("rows %q", got)
	}
	want(t, r, "", "select id from t")
	isCode(t, func() error {
		_, err := collect(db.Query(t.Context(), owner, database.Statement{SQL: "insert into t values (null)", Rollback: true}))
		return err
	}(), "23502", "insert null")
	exec(t, r, "insert into t values (3)")
	want(t, r, "3", "select id from t")
}

func testClosedEarly(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table many (n integer primary key, v text)")
	fill(t, db, "many", 3000)
	for range 5 {
		rows, err := db.Query(t.Context(), owner, database.Statement{SQL: "select * from many", ReadOnly: true})
		noError(t, err)
		if !rows.Next() {
			t.Fatal(rows.Err())
		}
		rows.Close()
		rows.Close()
		if rows.Next() {
			t.Fatal("a row after Close")
		}
	}
	want(t, on(db, owner), "3000", "select count(*) from many")
}

func testFailedUndone(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, "create table t (id integer primary key, v integer check (v < 10))", "insert into t values (1, 1), (2, 2), (3, 9)")
	wantCode(t, r, "23505", "insert into t values (4, 4), (1, 5), (6, 6)")
	wantCode(t, r, "23514", "update t set v = v + 1")
	wantCode(t, r, "22012", "delete from t where 10 / (id - 3) < 100")
	want(t, r, "1|1\n2|2\n3|9", "select id, v from t order by id")
}

func testStalePlan(t *testing.T, db database.DB) {
	r := on(db, owner)
	const sql = "select * from t where v = $1"
	exec(t, r, "create table t (id integer, v integer)", "insert into t values (1, 2)")
	for range 3 {
		want(t, r, "1|2", sql, "2")
	}
	exec(t, r, "drop table t", "create table t (id integer, v text, w boolean)", "insert into t values (1, 'a', true)")
	for range 3 {
		want(t, r, "1|a|t", sql, "a")
	}
	exec(t, r, "drop table t")
	wantCode(t, r, "42P01", sql, "a")
}
