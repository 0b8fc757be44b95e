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
		{"POST", "/rpc/numbers", `{"list":[3,null,-4]}`, 200, `[3,null,-4]`},
		{"POST", "/rpc/numbers", `{"list":[]}`, 200, `[]`},
		{"POST", "/rpc/numbers", `{"list":["x"]}`, 400, "22P02"},
		{"POST", "/rpc/numbers", `{"list":{"a":1}}`, 400, "expected JSON array"},
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

// TestComputed reads what functions make of a row: columns, and related rows.
func TestComputed(t *testing.T) {
	const setup = `create table people (id integer primary key, name text, boss integer references people);
		insert into people values (1, 'ada', null), (2, 'bob', 1), (3, null, 1);
		create table pets (id integer primary key, owner integer references people, name text);
		insert into pets values (1, 1, 'Rex'), (2, 1, 'Tom'), (3, 2, 'Kit');
		create view named as select id, name from people where name is not null;
		create function initial(people) returns text language sql immutable as 'select upper(left($1.name, 1))';
		create function initial(named) returns text language sql immutable as 'select $1.name';
		create function data(p people) returns jsonb language sql stable as $$ select jsonb_build_object('n', p.name, 'pets', (select count(*) from pets where owner = p.id)) $$;
		create function chief(p people) returns setof people rows 1 language sql stable as 'select * from people where id = p.boss';
		create function animals(p people) returns setof pets language sql stable as 'select * from pets where owner = p.id';
		create function keeper(pets) returns people language sql stable as 'select * from people where id = $1.owner';
		create function pets(named) returns setof pets language sql stable as 'select * from pets where owner = $1.id and name <> ''Tom''';
		create function everyone() returns setof people language sql stable as 'select * from people'`
	onEngines(t, setup, testComputed)
}

func testComputed(t *testing.T, h http.Handler, _ database.DB) {
	for _, c := range []struct{ method, target, body, want string }{
		{"GET", "/people?select=id,initial&initial=eq.A", "", `[{"id":1,"initial":"A"}]`},
		{"GET", "/people?select=id,x:initial&order=initial.desc.nullslast,id", "", `[{"id":2,"x":"B"},{"id":1,"x":"A"},{"id":3,"x":null}]`},
		{"GET", "/people?select=id,k:data->n,data->>pets&data->pets=gt.0&order=id", "", `[{"id":1,"k":"ada","pets":"2"},{"id":2,"k":"bob","pets":"1"}]`},
		{"GET", "/named?select=id,initial&order=id", "", `[{"id":1,"initial":"ada"},{"id":2,"initial":"bob"}]`},
		{"GET", "/people?select=id,chief(name,initial)&order=id", "",
			`[{"id":1,"chief":null},{"id":2,"chief":{"name":"ada","initial":"A"}},{"id":3,"chief":{"name":"ada","initial":"A"}}]`},
		{"GET", "/people?select=id,b:chief!inner(id)&b.name=eq.ada&order=id.desc", "", `[{"id":3,"b":{"id":1}},{"id":2,"b":{"id":1}}]`},
		{"GET", "/people?select=id,animals(name)&animals.order=name.desc&animals.limit=1&order=id", "",
			`[{"id":1,"animals":[{"name":"Tom"}]},{"id":2,"animals":[{"name":"Kit"}]},{"id":3,"animals":[]}]`},
		{"GET", "/people?select=id,chief(animals(name))&id=eq.2", "", `[{"id":2,"chief":{"animals":[{"name":"Rex"},{"name":"Tom"}]}}]`},
		{"GET", "/people?select=id,animals(),...chief(c:name)&animals=is.null", "", `[{"id":3,"c":"ada"}]`},
		{"GET", "/people?select=id,animals!inner()&order=id", "", `[{"id":1},{"id":2}]`},
		{"GET", "/pets?select=id,keeper(name,chief(name))&id=gte.2&order=id", "",
			`[{"id":2,"keeper":{"name":"ada","chief":null}},{"id":3,"keeper":{"name":"bob","chief":{"name":"ada"}}}]`},
		{"GET", "/pets?select=id,people(initial),keeper()&order=keeper(name).desc,id", "",
			`[{"id":3,"people":{"initial":"B"}},{"id":1,"people":{"initial":"A"}},{"id":2,"people":{"initial":"A"}}]`},
		{"GET", "/named?select=id,pets(name)&order=id", "", `[{"id":1,"pets":[{"name":"Rex"}]},{"id":2,"pets":[{"name":"Kit"}]}]`},
		{"GET", "/rpc/everyone?select=id,initial,animals(id)&initial=eq.A", "", `[{"id":1,"initial":"A","animals":[{"id":1},{"id":2}]}]`},
		{"POST", "/people?select=name,initial,chief(name),animals(id)", `{"id":4,"name":"cy","boss":2}`,
			`[{"name":"cy","initial":"C","chief":{"name":"bob"},"animals":[]}]`},
		{"POST", "/people?select=id,initial", `{"id":4,"name":"cy"}`, `[{"id":4,"initial":"C"}]`},
		{"PATCH", "/people?select=initial,animals(name)&id=eq.2", `{"name":"zoe"}`, `[{"initial":"Z","animals":[{"name":"Kit"}]}]`},
		{"PATCH", "/people?select=initial,id&initial=eq.A", `{"boss":3}`, `[{"initial":"A","id":1}]`},
		{"DELETE", "/pets?select=name,keeper(initial)&id=eq.3", "", `[{"name":"Kit","keeper":{"initial":"B"}}]`},
	} {
		for _, count := range []string{"", "count=exact, "} {
			w := ask(h, c.method, c.target, c.body, "Prefer", count+"return=representation, tx=rollback")
			if got := strings.ReplaceAll(w.Body.String(), ", \n ", ","); w.Code/100 != 2 || got != c.want {
				t.Errorf("%s %s %s: %d %s, want %s", c.method, c.target, count, w.Code, w.Body, c.want)
			}
		}
	}
}

// TestArgumentsWithoutLength gives whole values to parameters of types that mean a
// length of 1 where a statement says none.
func TestArgumentsWithoutLength(t *testing.T) {
	h, _ := onPostgres(t, `create function chars(a character, b character varying default 'd') returns text language sql immutable as $$ select '<' || $1::text || $2 $$;
		create function bits(a bit, b bit varying default '1') returns text language sql immutable as $$ select $1::text || '-' || $2::text $$;
		create function lists(a character[], b bit[] default '{}') returns text language sql immutable as $$ select $1::text || $2::text $$;
		create function many(variadic a character[]) returns text language sql immutable as $$ select $1::text $$`)
	for _, c := range []struct{ method, target, body, want string }{
		{"POST", "/rpc/chars", `{"a":"abcdef"}`, `"<abcdefd"`},
		{"POST", "/rpc/chars", `{"a":"é  ","b":"xyz"}`, `"<éxyz"`},
		{"POST", "/rpc/chars", `{"a":""}`, `"<d"`},
		{"POST", "/rpc/chars", `{"a":null}`, `null`},
		{"GET", "/rpc/chars?a=abcdef", "", `"<abcdefd"`},
		{"POST", "/rpc/bits", `{"a":"10110","b":"001"}`, `"10110-001"`},
		{"POST", "/rpc/bits", `{"a":""}`, `"-1"`},
		{"GET", "/rpc/bits?a=x1F", "", `"00011111-1"`},
		{"POST", "/rpc/bits", `{"a":"12"}`, `22P02`},
		{"POST", "/rpc/lists", `{"a":["abc",null,"d"],"b":["101","0"]}`, `"{abc,NULL,d}{101,0}"`},
		{"POST", "/rpc/lists", `{"a":"{abc,de}","b":"{11}"}`, `"{abc,de}{11}"`},
		{"GET", "/rpc/many?a=abc&a=de", "", `"{abc,de}"`},
	} {
		if w := ask(h, c.method, c.target, c.body); !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s %s: %d %s, want %s", c.method, c.target, c.body, w.Code, w.Body, c.want)
		}
	}
}
