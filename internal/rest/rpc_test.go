package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// TestCalls calls functions in every way.
func TestCalls(t *testing.T) {
	const setup = `create table items (id integer primary key, name text); insert into items values (1, 'a'), (2, 'b'), (3, null);
		create table parts (item integer references items, n integer); insert into parts values (1, 10), (1, 11), (2, 20);
		create function add_them(a integer, b integer default 5) returns integer language sql immutable as 'select a + b';
		create function items_from(low integer) returns setof items language sql stable as 'select * from items where id >= low order by id';
		create function pairs() returns table (x integer, y text) language sql as $$ values (1, 'one'), (2, null) $$;
		create function numbers(variadic list integer[]) returns setof integer language sql as 'select unnest(list)';
		create function nothing() returns void language sql as $$ insert into items values (9, 'new') $$;
		create function whole(json) returns json language sql as 'select $1';
		create function same(a integer) returns text language sql as $$ select 'integer' $$;
		create function same(a text) returns text language sql as $$ select 'text' $$`
	onEngines(t, setup, testCalls)
}

// testCalls makes the calls of TestCalls.
func testCalls(t *testing.T, h http.Handler, _ database.DB) {
	for _, c := range []struct {
		method, target, body string
		status               int
		want                 string
	}{
		{"GET", "/rpc/add_them?a=1&b=2", "", 200, "3"},
		{"GET", "/rpc/add_them?a=1", "", 200, "6"},
		{"POST", "/rpc/add_them", `{"a":1,"b":-1}`, 200, "0"},
		{"POST", "/rpc/add_them", `{"a":null}`, 200, "null"},
		{"GET", "/rpc/items_from?low=2&select=id&id=lt.3", "", 200, `[{"id":2}]`},
		{"POST", "/rpc/items_from?select=name,parts(n)&order=id&limit=1&parts.order=n", `{"low":1}`, 200, `[{"name":"a","parts":[{"n":10}, ` + "\n" + ` {"n":11}]}]`},
		{"GET", "/rpc/pairs?order=x.desc", "", 200, `[{"x":2,"y":null},{"x":1,"y":"one"}]`},
		{"GET", "/rpc/numbers?list=1&list=2", "", 200, `[1,2]`},
		{"POST", "/rpc/numbers", `{"list":[3]}`, 200, `[3]`},
		{"POST", "/rpc/nothing", "", 204, ""},
		{"GET", "/rpc/nothing", "", 405, "25006"},
		{"POST", "/rpc/whole", `{"k":[1]}`, 200, `{"k":[1]}`},
		{"POST", "/rpc/same", `{"a":1}`, 300, "PGRST203"},
		{"POST", "/rpc/add_them", `{"a":1,"c":2}`, 404, "PGRST202"},
		{"POST", "/rpc/add_thm", `{"a":1}`, 404, "public.add_them"},
		{"POST", "/rpc/add_them", `{`, 400, "PGRST102"},
		{"DELETE", "/rpc/add_them", "", 405, "PGRST101"},
		{"GET", "/rpc/add_them?a=x", "", 400, "22P02"},
	} {
		w := ask(h, c.method, c.target, c.body, "Prefer", "tx=rollback")
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.target, c.body, w.Code, w.Body, c.status, c.want)
		}
	}
}

// TestComputedColumn reads a column that a function computes of a row.
func TestComputedColumn(t *testing.T) {
	h, _ := onPostgres(t, `create table items (id integer primary key, name text); insert into items values (1, 'a'), (2, 'b');
		create function initial(items) returns text language sql as 'select upper($1.name)'`)
	w := ask(h, "GET", "/items?select=id,initial&initial=eq.A", "")
	if want := `[{"id":1,"initial":"A"}]`; w.Code != 200 || w.Body.String() != want {
		t.Errorf("%d %s, want %s", w.Code, w.Body, want)
	}
}
