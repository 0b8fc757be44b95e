package move_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/move"
)

// rich is a schema with a bit of everything that both engines have.
const rich = `
create schema shop;
create type mood as enum ('sad', 'so "so"', 'happy');
create sequence loose start 5 increment 3;
create table people (
	id bigint generated always as identity primary key,
	"Odd Name" text not null default 'x' check (length("Odd Name") < 100000000),
	boss bigint constraint boss_fk references people(id) on delete set null deferrable initially deferred,
	feels mood, feelings mood[],
	twice integer generated always as (n * 2) stored, n integer default 7
);
comment on constraint boss_fk on people is 'who''s boss';
create table shop.extremes (
	k1 text, k2 integer, n numeric, r real, d double precision, tz timestamptz, ts timestamp, day date, t time,
	i interval, b bytea, j json, jb jsonb, u uuid, a integer[], ta text[], c char(5), v varchar(3), yes boolean, big text,
	primary key (k2, k1)
);
create table loose_rows (a text, b integer);
create table one (id serial primary key, two integer);
create table two (id serial primary key, one integer references one(id) on update cascade on delete cascade);
alter table one add foreign key (two) references two(id);
create unique index on people (lower("Odd Name") desc) where n > 3;
create index lesser on shop.extremes (k2 desc nulls last, day);
create view happy with (security_invoker = true) as select id, "Odd Name" from people where feels = 'happy';
create function grown(p integer) returns integer language sql immutable as $$ select p + 1 $$;
alter table people enable row level security;
alter table loose_rows enable row level security;
alter table loose_rows force row level security;
create policy own on people for select to anon using (n > 1);
revoke all on people from anon;
grant select (id, n), update (n) on people to anon;
grant usage on schema shop to anon;
grant select on shop.extremes to anon with grant option;
create table touched (id integer primary key, created_at timestamptz, updated_at timestamptz);
create trigger keep before update on touched for each row execute function galley_docs.touch();
insert into one (two) values (null);
insert into touched values (99, now(), now());
`

// richRows are rows at the ends of their types. The table of the migration's rows is
// emptied, and its serial moved.
const richRows = `
insert into people ("Odd Name", boss, feels, feelings, n) values
	(E'tab\t back\\slash \\N \n new', 2, 'so "so"', '{sad,"so \"so\"",NULL}', null), ('', 1, 'happy', '{}', 2147483647 / 2), ('\N', null, null, null, -5);
insert into shop.extremes values
	('', -2147483648, 'NaN', 'NaN', '-Infinity', 'infinity', '-infinity', 'infinity', '24:00', '-178000000 years 3 mons 00:00:00.000001', '\x00ff5c0a', '{"a" :  1, "a":2}', '{"b": [1.50, null, "\\ü"]}', '00000000-0000-0000-0000-000000000000', '{}', '{NULL,"NULL","a,b","\"","\\"}', 'a', 'äöü', true, repeat('x' || chr(10) || chr(9) || '\', 2000000)),
	('é', -2147483648, 123456789012345678901234567890.000000000000000000012300, 1.17549435e-38, 5e-324, '0001-01-01 00:00:00+00 BC', '294276-12-31 23:59:59.999999', '4713-01-01 BC', '00:00:00.000001', '1 mon -1 days', '', 'null', 'null', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '{1,NULL,-3}', '{a,""}', '', '', false, ''),
	('z', 2147483647, 'Infinity', '-0', '-0', null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
insert into loose_rows values ('same', 1), ('same', 1), (null, null);
delete from one;
insert into one (id, two) values (7, null);
insert into two (one) values (7);
update one set two = 1;
delete from touched;
insert into touched values (1, '2020-01-01', '2020-01-02');
select nextval('loose'), nextval('loose');
select galley.enqueue('mail', '{"to": "ä"}');
`

// TestWhole moves a bit of everything there and back.
func TestWhole(t *testing.T) {
	p := newProject(t, rich)
	first, second, third := p.filled(file(t), richRows), server(t), file(t)
	there := p.mustMove(first, second)
	compare(t, first, second)
	back := p.mustMove(second, third)
	compare(t, first, third)
	if len(there.Tables) != len(back.Tables) {
		t.Fatalf("%d tables went and %d came back", len(there.Tables), len(back.Tables))
	}
	for i, table := range there.Tables {
		if back.Tables[i] != table {
			t.Errorf("%v came back as %v", table, back.Tables[i])
		}
	}
	if err := p.Install(t.Context(), second); err != nil { // as at the next start
		t.Fatal(err)
	}
	for _, c := range []struct{ sql, want string }{
		{"select has_table_privilege('anon', 'people', 'delete'), has_column_privilege('anon', 'people', 'n', 'update')", "f|t"},
		{"select nextval('loose')", "11"},
		{`insert into people ("Odd Name") values ('next') returning id, twice`, "4|14"},
		{"insert into one default values returning id", "2"},
		{"update touched set id = 2 returning created_at", "2020-01-01 00:00:00+00"},
		{"update one set id = 8 where id = 7 returning two", "1"},
		{"select one from two", "8"}, // the foreign key's action
	} {
		want := c.want
		if got := answer(t, first, c.sql); got != want {
			t.Fatalf("the source itself: %s: %s, want %s", c.sql, got, want)
		}
		if got := answer(t, second, c.sql); got != want {
			t.Errorf("postgres: %s: %s, want %s", c.sql, got, want)
		}
		if got := answer(t, third, c.sql); got != want {
			t.Errorf("embedded: %s: %s, want %s", c.sql, got, want)
		}
	}
}

// TestInterrupted stops moves at random moments, both ways, until one comes
// through; the source is written to in between.
func TestInterrupted(t *testing.T) {
	p := newProject(t, rich)
	many := richRows + `insert into shop.extremes (k1, k2, big) select 'k' || g, g % 7, repeat('y', 300) from generate_series(1, 25000) g;`
	first := p.filled(file(t), many)
	second := server(t)
	stops := interrupt(t, p, move.Options{Source: first, Target: second, Project: p}, func(i int) {
		if i == 2 {
			run(t, first, "update shop.extremes set big = 'changed' where k1 = 'k1'; insert into loose_rows values ('late', 2)")
		}
	})
	compare(t, first, second)
	third := fileAt(t, filepath.Join(t.TempDir(), "back.db"))
	stops += interrupt(t, p, move.Options{Source: second, Target: third, Project: p}, func(int) {})
	compare(t, first, third)
	if stops < 4 {
		t.Errorf("only %d moves were interrupted", stops)
	}
}

// interrupt cancels moves after ever more events, and tells how often.
func interrupt(t *testing.T, p project, o move.Options, between func(int)) int {
	t.Helper()
	for i, limit := 0, 1; ; i++ {
		ctx, cancel := context.WithCancel(t.Context())
		left := limit
		o.Progress = func(move.Event) {
			if left--; left == 0 {
				cancel()
			}
		}
		report, err := move.Run(ctx, o)
		cancel()
		if err == nil {
			if i > 0 && !report.Resumed {
				t.Error("the last move did not go on with the one before")
			}
			return i
		}
		if fault.Code(err) != fault.QueryCanceled {
			t.Fatalf("after %d events: %v %s", limit, err, fault.From(err).Detail)
		}
		limit += 4 + rand.IntN(20)
		between(i)
	}
}

// TestRefused are the moves that do not begin.
func TestRefused(t *testing.T) {
	small := "create table t (id integer primary key, a text); create policy p on t using (true);"
	for name, c := range map[string]struct{ source, target, want string }{
		"a table":    {"create table more (id integer)", "", "table public.more: only on the source"},
		"a column":   {"alter table t add b integer default 3", "", "column public.t.b: only on the source"},
		"an index":   {"create index i on t (a)", "", `index "public"."i": only on the source`},
		"rights":     {"grant select on t to public", "", `rights on "public"."t"`},
		"a policy":   {"drop policy p on t", "", "policy p on public.t: only by the migrations"},
		"a view":     {"create view v as select 1 as one", "", "view public.v: only on the source"},
		"a function": {"create function f() returns integer language sql as 'select 1'", "", "function public.f(): only on the source"},
		"a sequence": {"create sequence s", "", `sequence "public"."s": only on the source`},
		"an enum":    {"create type e as enum ('a')", "", "type public.e: only on the source"},
		"half moved": {"create table galley.move (id text, step text); insert into galley.move values ('x', 'rows')", "", ""},
		"another's":  {"", "create schema galley; create table galley.move (id text, step text); insert into galley.move values ('x', 'rows')", ""},
		"not empty":  {"", "create table theirs (id integer)", "table public.theirs"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t, small)
			source, target := p.filled(file(t), c.source), server(t)
			run(t, target, c.target)
			before := answer(t, target, "select count(*) from pg_class")
			_, err := p.move(source, target)
			if f := fault.From(err); err == nil || f.Code != fault.ObjectNotInPrerequisite || !strings.Contains(f.Detail, c.want) || f.Hint == "" {
				t.Errorf("%v\n%s", err, f.Detail)
			}
			if after := answer(t, target, "select count(*) from pg_class"); after != before {
				t.Error("the target was touched")
			}
		})
	}
}
