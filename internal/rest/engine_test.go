package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/rest"
)

// engine opens a fresh database.
type engine struct {
	name string
	open func(t testing.TB) database.DB
}

// engines are what everything but PostgreSQL's own types is tried on.
var engines = []engine{{"postgres", enginetest.Postgres}, {"embedded", enginetest.Embedded}}

// onPostgres prepares a fresh database of a real PostgreSQL and serves it.
func onPostgres(t *testing.T, setup string) (http.Handler, database.DB) {
	t.Helper()
	db := enginetest.Postgres(t)
	return serve(t, db, setup), db
}

func serve(t *testing.T, db database.DB, setup string) http.Handler {
	t.Helper()
	run(t, db, setup)
	return rest.New(rest.Config{DB: db, AnonRole: "service_role", AllowTxRollback: true, Aggregates: true})
}

// onEngines runs a test on a fresh database of each engine.
func onEngines(t *testing.T, setup string, test func(t *testing.T, h http.Handler, db database.DB)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			test(t, serve(t, db, setup), db)
		})
	}
}

func run(t *testing.T, db database.DB, script string) {
	t.Helper()
	ctx := context.Background()
	err := database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		return tx.Script(ctx, script, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ask(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/rest/v1"+target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestOneObjectEqualsAnArrayOfOne holds the two ways to insert against each
// other: parameters of VALUES, and PostgreSQL's own json_to_recordset.
func TestOneObjectEqualsAnArrayOfOne(t *testing.T) {
	types := []string{"smallint", "integer", "bigint", "numeric(5,2)", "real", "double precision", "boolean", "text", "varchar(3)", "char(3)",
		"uuid", "json", "jsonb", "date", "timestamptz", "timestamp(3)", "time", "interval", "bytea", "inet", "int4range",
		"integer[]", "text[]", "jsonb[]", "integer[][]", "mood", "mood[]", "pair", "tag", "positive", "blob"}
	values := []string{"null", "1", "-5", "1.50", "1e3", "99999999999999999999", "true", "false", `""`, `"1"`, `"abc"`, `"abcdef"`, `"happy"`,
		`"2020-01-02T03:04:05.678+02:00"`, `"b0ed8cb9-3a5b-4c6e-9d8f-0a1b2c3d4e5f"`, `"{1,2}"`, `"(1,x)"`, `"[1,5)"`, `"\\x4142"`, `"null"`, `"{\"a\":1}"`, `"é😀\n\"\\"`,
		"[]", "[1,2]", "[[1,2],[3,4]]", `["a","b"]`, "{}", `{"a": [1, 2.50]}`, `{"x":1,"y":"z"}`, `[{"x":1}]`, `["happy"]`}
	setup := `create type mood as enum ('happy', 'sad'); create type pair as (x integer, y text); create domain tag as text check (value <> 'abc');
		create domain positive as integer check (value > 0); create domain blob as jsonb; `
	for i, name := range types {
		setup += fmt.Sprintf("create table t%d (v %s); ", i, name)
	}
	h, _ := onPostgres(t, setup)
	refused := 0
	for i, name := range types {
		for _, v := range values {
			answer := func(body string) string {
				w := ask(h, "POST", fmt.Sprintf("/t%d", i), body, "Prefer", "return=representation, tx=rollback")
				if w.Code == 201 {
					return w.Body.String()
				}
				refused++
				var e struct{ Code string }
				_ = json.Unmarshal(w.Body.Bytes(), &e)
				return fmt.Sprintf("%d %s", w.Code, e.Code)
			}
			one, array := answer(`{"v":`+v+`}`), answer(`[{"v":`+v+`}]`)
			if one != array {
				t.Errorf("%s as %s: one object gives %s, an array %s", v, name, one, array)
			}
		}
	}
	if total := 2 * len(types) * len(values); refused > total*3/4 {
		t.Errorf("%d of %d inserts were refused: the test says little", refused, total)
	}
}

// TestReturnedPartsEqualReads holds the JSON that is put together of returned
// values against the JSON that PostgreSQL makes of whole rows.
func TestReturnedPartsEqualReads(t *testing.T) {
	h, _ := onPostgres(t, `create type pair as (x integer, y text); create type mood as enum ('happy');
		create table v (id integer, "a""b\" text, j json, jb jsonb, n numeric, f double precision, ok boolean, at timestamptz, d date, iv interval,
			tags text[], p pair, m mood, raw bytea, u uuid);
		insert into v values (1, E'q"\\n\\\\ é', '{"x" :  [1, null]}', '{"x" :  [1, null], "y": null}', 1.50, 0.1, true, '2020-01-02 03:04:05.678+00', '2020-01-02', '1 day',
			array['a', null, 'b"'], row(1, 'z'), 'happy', '\\x4142', 'b0ed8cb9-3a5b-4c6e-9d8f-0a1b2c3d4e5f');
		insert into v (id, jb, j) values (2, 'null', 'null'), (3, '[]', '""')`)
	list := url.QueryEscape(`id,"a\"b\\",j,jb,n,f,ok,at,d,iv,tags,p,m,raw,u,x:jb->x,jb->>y,n::text,id`)
	for _, accept := range []string{"application/json", "application/vnd.pgrst.array+json;nulls=stripped", "text/csv"} {
		for id := 1; id <= 3; id++ {
			target := fmt.Sprintf("/v?id=eq.%d&select=%s", id, list)
			read := ask(h, "GET", target, "", "Accept", accept)
			written := ask(h, "PATCH", target, fmt.Sprintf(`{"id":%d}`, id), "Accept", accept, "Prefer", "return=representation")
			if read.Code != 200 || written.Body.String() != read.Body.String() {
				t.Errorf("row %d as %s:\n read    %s\n written %s", id, accept, read.Body, written.Body)
			}
		}
	}
}

// TestOrderHolds reads pages in an order that no index has, with and without
// count and offset.
func TestOrderHolds(t *testing.T) {
	var setup strings.Builder
	setup.WriteString("create table big (id integer, k integer); ")
	const n = 20_000
	for i := 1; i <= n; i++ {
		switch i % 1000 {
		case 1:
			setup.WriteString("insert into big values ")
		default:
			setup.WriteByte(',')
		}
		fmt.Fprintf(&setup, "(%d, %d)", i, i*7919%20011)
		if i%1000 == 0 {
			setup.WriteString("; ")
		}
	}
	onEngines(t, setup.String(), testOrder)
}

func testOrder(t *testing.T, h http.Handler, _ database.DB) {
	for _, c := range []struct {
		target, prefer, rangeIs string
		status, rows            int
	}{
		{"/big?order=k", "", "", 200, 20000},
		{"/big?order=k", "count=exact", "0-19999/20000", 200, 20000},
		{"/big?order=k&offset=5", "count=exact", "5-19999/20000", 206, 19995},
		{"/big?order=k&offset=5&limit=100", "count=exact", "5-104/20000", 206, 100},
		{"/big?order=k&id=gt.100&limit=100", "count=exact", "0-99/19900", 206, 100},
		{"/big?order=k&offset=20000", "count=exact", "*/20000", 206, 0},
		{"/big?order=k&limit=0", "count=exact", "*/20000", 206, 0},
		{"/big?id=lt.0", "count=exact", "*/0", 200, 0},
	} {
		w := ask(h, "GET", c.target, "", "Prefer", c.prefer)
		var rows []struct{ K int }
		if err := json.Unmarshal(w.Body.Bytes(), &rows); err != nil {
			t.Fatal(c.target, err)
		}
		for i := range rows {
			if i > 0 && rows[i].K < rows[i-1].K {
				t.Fatalf("%s: row %d is out of order", c.target, i)
			}
		}
		if got := w.Header().Get("Content-Range"); w.Code != c.status || len(rows) != c.rows || c.rangeIs != "" && got != c.rangeIs {
			t.Errorf("%s %s: %d, %d rows, %q", c.target, c.prefer, w.Code, len(rows), got)
		}
	}
	if w := ask(h, "GET", "/big?offset=20001", "", "Prefer", "count=exact"); w.Code != 416 || w.Header().Get("Content-Range") != "*/20000" {
		t.Errorf("beyond the end: %d %v", w.Code, w.Header())
	}
}

// TestWrites follows a row through its life.
func TestWrites(t *testing.T) {
	onEngines(t, `create table todos (id bigint generated by default as identity primary key, title text not null, done boolean default false, t integer)`, testWrites)
}

func testWrites(t *testing.T, h http.Handler, db database.DB) {
	rows := []string{"Prefer", "return=representation"}
	for _, c := range []struct {
		method, target, body string
		headers              []string
		status               int
		want                 string
	}{
		{"POST", "/todos", `{"title":"a"}`, rows, 201, `[{"id":1,"title":"a","done":false,"t":null}]`},
		{"POST", "/todos?select=id,t", `[{"title":"b","t":2},{"title":"c","t":null}]`, rows, 201, `[{"id":2,"t":2},{"id":3,"t":null}]`},
		{"POST", "/todos?columns=title,done", `[{"title":"d"},{"title":"e","done":true}]`, []string{"Prefer", "return=representation, missing=default"}, 201,
			`[{"id":4,"title":"d","done":false,"t":null},{"id":5,"title":"e","done":true,"t":null}]`},
		{"POST", "/todos", "title,t\nf,7\n\"g,\"\"h\",NULL\n", []string{"Prefer", "return=representation", "Content-Type", "text/csv", "Accept", "text/csv"}, 201,
			"id,title,done,t\n6,f,f,7\n7,\"g,\"\"h\",f,"},
		{"POST", "/todos", `{}`, nil, 400, `{"code":"23502","details":"Failing row contains (8, null, f, null).","hint":null,"message":"null value in column \"title\" of relation \"todos\" violates not-null constraint"}`},
		{"POST", "/todos", `{"id":1,"title":"x"}`, nil, 409, `{"code":"23505","details":"Key (id)=(1) already exists.","hint":null,"message":"duplicate key value violates unique constraint \"todos_pkey\""}`},
		{"POST", "/todos", `{"t":"x","title":""}`, nil, 400, `{"code":"22P02","details":null,"hint":null,"message":"invalid input syntax for type integer: \"x\""}`},
		{"PATCH", "/todos?id=gte.6&select=id,title", `{"title":"z"}`, rows, 200, `[{"id":6,"title":"z"},{"id":7,"title":"z"}]`},
		{"PATCH", "/todos?id=eq.1", `{"t":5,"done":null}`, []string{"Prefer", "return=representation", "Accept", "application/vnd.pgrst.object+json"}, 200, `{"id":1,"title":"a","done":null,"t":5}`},
		{"DELETE", "/todos?id=in.(2,3)", ``, []string{"Accept", "application/vnd.pgrst.object+json"}, 406,
			`{"code":"PGRST116","details":"The result contains 2 rows","hint":null,"message":"Cannot coerce the result to a single JSON object"}`},
		{"DELETE", "/todos?id=in.(2,3,4,5)&select=id", ``, rows, 200, `[{"id":2},{"id":3},{"id":4},{"id":5}]`},
		{"GET", "/todos?select=id,x:t::text&or=(id.eq.1,title.like.z*)&order=id", ``, nil, 200, `[{"id":1,"x":"5"},{"id":6,"x":"7"},{"id":7,"x":null}]`},
		{"GET", "/todos?id=eq.x", ``, nil, 400, `{"code":"22P02","details":null,"hint":null,"message":"invalid input syntax for type bigint: \"x\""}`},
	} {
		w := ask(h, c.method, c.target, c.body, c.headers...)
		if w.Code != c.status || w.Body.String() != c.want {
			t.Errorf("%s %s:\n got %d %s\nwant %d %s", c.method, c.target, w.Code, w.Body, c.status, c.want)
		}
	}
	if w := ask(h, "DELETE", "/todos", "", "Prefer", "tx=rollback, count=exact"); w.Code != 204 || w.Header().Get("Content-Range") != "*/3" {
		t.Errorf("DELETE: %d %v", w.Code, w.Header())
	}
	left, err := database.Collect(db.Query(context.Background(), database.Session{}, database.Statement{SQL: "select count(*) from todos"}))
	if err != nil || *left[0][0] != "3" {
		t.Errorf("what was told to be undone was done: %v %v", left, err)
	}
}

// TestWrittenRowsInOrder needs WITH, which PostgreSQL has.
func TestWrittenRowsInOrder(t *testing.T) {
	h, _ := onPostgres(t, `create table todos (id integer); insert into todos values (1), (2), (3)`)
	for target, want := range map[string]string{
		"/todos?order=id.desc":                  `[{"id":3},{"id":2},{"id":1}]`,
		"/todos?order=id.desc&limit=1&offset=1": `[{"id":2}]`,
	} {
		if w := ask(h, "DELETE", target, "", "Prefer", "return=representation, tx=rollback"); w.Body.String() != want {
			t.Errorf("%s: %s", target, w.Body)
		}
	}
}

// TestRowSecurity lets two users see their own rows only, on the same plans.
func TestRowSecurity(t *testing.T) {
	onEngines(t, `create table notes (id integer, owner text default auth.jwt()->>'sub'); alter table notes enable row level security;
		create policy own on notes using (owner = auth.jwt()->>'sub'); insert into notes values (1, 'a'), (2, 'b')`, testRowSecurity)
}

func testRowSecurity(t *testing.T, h http.Handler, _ database.DB) {
	as := func(sub, method, target, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/rest/v1"+target, bytes.NewBufferString(body))
		id := httpapi.Identity{Role: "authenticated", Claims: `{"sub":"` + sub + `"}`, Authenticated: true}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(httpapi.WithIdentity(r.Context(), id)))
		return w
	}
	for range 3 {
		for sub, want := range map[string]string{"a": `[{"id":1}]`, "b": `[{"id":2}]`, "c": `[]`} {
			if w := as(sub, "GET", "/notes?select=id", ""); w.Body.String() != want {
				t.Errorf("%s sees %s", sub, w.Body)
			}
		}
	}
	if w := as("a", "POST", "/notes", `{"id":3,"owner":"b"}`); w.Code != 403 || !strings.Contains(w.Body.String(), "42501") {
		t.Errorf("a row for someone else: %d %s", w.Code, w.Body)
	}
}
