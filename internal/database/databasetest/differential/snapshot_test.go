package differential

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/schema"
)

// viewFixture makes views of every kind over tables with comments and defaults.
const viewFixture = `
create schema sn;
create table sn.authors (id integer primary key, name text not null, land char(2), born numeric(6,1), at timestamptz);
create table sn.books (id bigint generated always as identity primary key, author integer not null references sn.authors, title varchar(40) unique, secret text);
create view sn.plain as select * from sn.authors;
create view sn.renamed (key, called) as select id, name || '!' from sn.authors;
create view sn.joined as select b.id, b.title, a.name as author, a.id as author_id, count(*) over_all from sn.books b join sn.authors a on a.id = b.author group by b.id, a.id;
create view sn.over_view as select author, id as book, upper(title) as loud from sn.joined;
create view sn.derived as select s.key, s.extra from (select id as key, 1.5::numeric(4,2) as extra from sn.authors) s;
create view sn.united as select id, name from sn.authors union all select id::integer, title from sn.books;
create view sn.used as select id, title from sn.books join sn.authors using (id);
create view sn.literal as select 'x' as word, 1 as number, null as nothing, now() as at, true as yes;
comment on view sn.plain is 'all authors';
comment on column sn.plain.name is 'their names';
comment on table sn.authors is 'people';
alter view sn.plain alter column land set default 'DE';
alter table sn.authors rename column land to country;
alter table sn.books rename to volumes;
alter view sn.renamed rename column called to caller;
alter table sn.authors add column later integer`

// TestViewsInSchema compares what the data APIs see of views on both engines.
func TestViewsInSchema(t *testing.T) {
	server, other := openPostgres(t), openEmbedded(t)
	for _, db := range []database.DB{server, other} {
		if err := setup(t.Context(), db, &Case{SQL: viewFixture}); err != nil {
			t.Fatal(err)
		}
	}
	want, err := server.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := other.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, r := range want.Relations {
		if r.Schema != "sn" {
			continue
		}
		seen++
		if o := got.Relation(r.Schema, r.Name.Name); o == nil {
			t.Errorf("%s: only PostgreSQL shows it", r.Name)
		} else if w, g := relationText(r), relationText(o); w != g {
			t.Errorf("%s:\n got %s\nwant %s", r.Name, g, w)
		}
	}
	if seen != 10 {
		t.Errorf("%d relations compared", seen)
	}
}

func relationText(r *schema.Relation) string {
	out := fmt.Sprintln(r.Name, r.Kind, r.Comment, r.PrimaryKey)
	for _, c := range r.Columns {
		source := ""
		if c.Source != nil {
			source = fmt.Sprint(c.Source.Relation, ".", c.Source.Column)
		}
		out += fmt.Sprintln("   ", c.Position, c.Name, c.Type, c.TypeName, c.NotNull, c.Default != "", c.Identity, c.Generated, c.Comment, source)
	}
	return out
}

// functionFixture makes functions of every kind that both engines have.
const functionFixture = `
create schema fn;
create table fn.items (id integer primary key, name text);
create view fn.named as select id, name from fn.items;
create type fn.mood as enum ('sad', 'glad');
create function fn.plain(a integer, b text default 'x') returns text language sql immutable as 'select b';
create function fn.unnamed(integer, numeric(5,2)) returns bigint language sql stable as 'select 1::bigint';
create function fn.items_from(low integer) returns setof fn.items language sql stable as 'select * from fn.items where id >= low';
create function fn.one_item() returns fn.items language sql stable as 'select * from fn.items';
create function fn.of_view() returns setof fn.named language sql as 'select * from fn.named';
create function fn.pairs(n integer) returns table (x integer, y text) language sql as 'select n, null::text';
create function fn.single() returns table (x integer) language sql as 'select 1';
create function fn.out_two(in a integer, out b text, inout c integer) language sql as 'select null::text, c';
create function fn.out_one(in a integer, out b text) language sql as 'select null::text';
create function fn.list(variadic list integer[]) returns setof integer language sql as 'select unnest(list)';
create function fn.nothing() returns void language sql as 'insert into fn.items values (1)';
create function fn.feels(m fn.mood) returns fn.mood language sql as 'select m';
create function fn.arrays(m text[]) returns timestamptz[] language sql as 'select null::timestamptz[]';
create function fn.same(a integer) returns text language sql as 'select null::text';
create function fn.same(a text) returns text language sql as 'select a';
comment on function fn.same(text) is 'the second'`

// TestFunctionsInSchema compares what the data APIs see of functions on both
// engines.
func TestFunctionsInSchema(t *testing.T) {
	var lists [2]string
	for i, db := range []database.DB{openPostgres(t), openEmbedded(t)} {
		if err := setup(t.Context(), db, &Case{SQL: functionFixture}); err != nil {
			t.Fatal(err)
		}
		snap, err := db.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		names := snap.FunctionNames("fn")
		slices.Sort(names)
		for _, name := range names {
			text, err := json.MarshalIndent(snap.Functions("fn", name), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			lists[i] += string(text) + "\n"
		}
	}
	if lists[0] != lists[1] {
		want, got := strings.Split(lists[0], "\n"), strings.Split(lists[1], "\n")
		for i := range min(len(want), len(got)) {
			if want[i] != got[i] {
				t.Fatalf("line %d:\n got %s\nwant %s\nafter %s", i, got[i], want[i], strings.Join(want[max(0, i-12):i], "\n"))
			}
		}
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	if strings.Count(lists[0], `"Volatility"`) != 15 {
		t.Errorf("%d functions compared", strings.Count(lists[0], `"Volatility"`))
	}
}
