package dump_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/dump"
	"github.com/galleyhq/galley/internal/fault"
)

func server(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: url, MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func run(t *testing.T, db database.DB, sql string) {
	t.Helper()
	err := database.InTx(t.Context(), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error { return tx.Script(t.Context(), sql, nil) })
	if err != nil {
		t.Fatal(err)
	}
}

func one(t *testing.T, db database.DB, sql string) string {
	t.Helper()
	rows, err := database.Records(t.Context(), database.Owner{DB: db}, sql)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%s: %v, %v", sql, rows, err)
	}
	return rows[0].Text(0)
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

// rich is a bit of everything that a project may have on PostgreSQL.
const rich = `
create role dump_owner nologin; create role "Dump Reader" nologin bypassrls; grant "Dump Reader" to dump_owner;
create schema "Odd ""Schema"; create schema shop authorization dump_owner;
comment on schema shop is 'it''s \ a shop';
create extension pg_trgm with schema shop; create extension if not exists citext;
create type mood as enum ('sad', 'so "so"', E'back\\slash', 'happy');
create type pair as (a int, "B b" text collate "C", m mood[]);
create domain short as text collate "C" default 'x' not null constraint few check (length(value) < 10);
create type span as range (subtype = float8, subtype_diff = float8mi);
create sequence loose as smallint start 5 increment 3 maxvalue 100 cycle;
create function plus(int) returns int language sql immutable as 'select $1 + 1';
create table people (
	id bigint generated always as identity (start 10 increment 5) primary key,
	"Odd Name" text not null default 'x' || plus(1)::text check (length("Odd Name") < 100000000),
	boss bigint constraint boss_fk references people(id) on delete set null deferrable initially deferred,
	feels mood default 'happy', p pair, s short, r span, e citext, n int default 7,
	twice int generated always as (plus(n) * 2) stored,
	v varchar(3), d numeric(5,2), iv interval day to second, tags text[], dropped int
) with (fillfactor = 70, toast.autovacuum_enabled = false);
alter table people drop column dropped;
alter table people alter "Odd Name" set storage external, alter v set statistics 500, alter n set (n_distinct = -0.5);
create function named(people) returns text language sql stable as $$ select $1."Odd Name" $$;
create function all_people() returns setof people language plpgsql as $$ begin return query select * from public.people; end $$;
create procedure nothing(inout a int default 3) language plpgsql as $$ begin a := a + 1; end $$;
create function atomic(x bigint) returns bigint language sql stable begin atomic select count(*) from people where id > x; end;
create table counted (id serial primary key, c bigint default atomic(3), u uuid default gen_random_uuid(), unique nulls not distinct (c, u) include (id) with (fillfactor = 80));
create unlogged table "Odd ""Schema"."T'able" ("c""1" int, "select" text);
create table empty_one ();
create table by_day (day date not null, n int not null, note text, primary key (day, n), check (n > 0)) partition by range (day);
create table by_day_1 partition of by_day for values from ('2026-01-01') to ('2026-02-01');
create table by_day_2 (n int not null, note text, day date not null, constraint by_day_n_check check (n > 0));
alter table by_day attach partition by_day_2 for values from ('2026-02-01') to ('2026-03-01');
create table by_day_rest partition of by_day default partition by list (n);
create table by_day_rest_1 partition of by_day_rest for values in (1, 2);
create index on by_day (note); create index only_one on by_day_1 (n);
create table refers (id int primary key, day date, n int, foreign key (day, n) references by_day);
create table ex (during tsrange, exclude using gist (during with &&));
alter table ex replica identity full;
create unique index people_lower on people (lower("Odd Name") desc nulls last) where n > 3;
create index on people using gin ("Odd Name" shop.gin_trgm_ops);
alter index people_lower set (fillfactor = 60); cluster counted using counted_pkey;
create statistics people_stats (dependencies) on n, v from people;
create view happy with (security_invoker = true) as select id, "Odd Name", sum(n) from people where feels = 'happy' group by id;
create view happier as select * from happy with local check option;
alter view happier alter "Odd Name" set default 'theirs';
create materialized view sums as select feels, count(*) from people group by feels;
create materialized view sums_of_sums as select sum(count) from sums;
create materialized view unfilled as select 1 as a with no data;
create unique index on sums (feels);
create function of_view(happy) returns bigint language sql as 'select $1.id';
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touched before insert or update of n on people for each row when (new.n is null) execute function touch();
create trigger off after insert on people for each row execute function touch(); alter table people disable trigger off;
create constraint trigger late after insert on counted deferrable initially deferred for each row execute function touch();
create trigger parted before insert on by_day for each row execute function touch();
create rule quiet as on delete to counted where old.id < 0 do instead nothing;
create function telling() returns event_trigger language plpgsql as $$ begin null; end $$;
create event trigger telling on ddl_command_end when tag in ('CREATE TABLE') execute function telling();
alter table people enable row level security; alter table counted enable row level security; alter table counted force row level security;
create policy own on people for select to "Dump Reader", dump_owner using (n > 1);
create policy strict on people as restrictive for insert with check (feels <> 'sad');
create policy everyone on counted using (true);
alter table counted owner to dump_owner; alter function plus(int) owner to dump_owner; alter type mood owner to dump_owner; alter view happier owner to dump_owner;
grant usage on schema shop to "Dump Reader"; grant select (id, n), update (n) on people to "Dump Reader" with grant option;
grant all on people to dump_owner; revoke all on function plus(int) from public; grant execute on function plus(int) to "Dump Reader";
revoke delete on counted from dump_owner; grant usage on sequence loose to public; grant usage on type pair to "Dump Reader"; revoke usage on type pair from public;
alter default privileges in schema shop grant select on tables to "Dump Reader";
alter default privileges revoke execute on functions from public;
alter default privileges for role dump_owner grant usage on sequences to "Dump Reader" with grant option;
comment on column people."Odd Name" is 'odd'; comment on constraint boss_fk on people is 'the boss';
comment on constraint few on domain short is 'few'; comment on function plus(int) is 'plus'; comment on policy own on people is 'own';
comment on trigger touched on people is 't'; comment on rule quiet on counted is 'q'; comment on index people_lower is 'i';
comment on type pair is 'pair'; comment on column pair.a is 'a'; comment on view happy is 'v'; comment on column happy.id is 'vi';
comment on materialized view sums is 'm'; comment on sequence loose is 's'; comment on statistics people_stats is 'st'; comment on domain short is 'd';
comment on table people is E'line\nbreak';
`

const richRows = `
insert into people ("Odd Name", boss, feels, p, s, r, e, n, v, d, iv, tags) values
	(E'tab\t back\\slash \\N \n new', null, 'so "so"', row(1, 'x,"y"', '{sad,NULL}'), 'a', '[1.1,2.2)', 'ÄB', 3, 'äöü', 1.25, '1 day 00:00:00.000001', '{a,NULL,"NULL",""}'),
	('\N', 10, null, null, '', 'empty', '', null, '', 'NaN', null, '{}'), (repeat('long ' || chr(10), 600000), 10, 'sad', null, 'b', null, null, 2, null, null, '-3 days', null);
insert into counted (c) values (null), (1); select nextval('counted_id_seq'), nextval('loose'), nextval('loose');
insert into "Odd ""Schema"."T'able" select i, null from generate_series(1, 30000) i;
insert into empty_one default values; insert into empty_one default values;
insert into by_day values ('2026-01-05', 1, 'a'), ('2026-02-05', 2, 'b'), ('2027-02-05', 1, 'c');
insert into refers values (1, '2026-02-05', 2);
insert into ex values ('[2026-01-01,2026-01-02)');
refresh materialized view sums; refresh materialized view sums_of_sums;
`

// pgDump is what PostgreSQL's own tool says of a database: another maker's view of
// what is the same.
func pgDump(t *testing.T, url string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("pg_dump")
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
		if len(found) == 0 {
			t.Skip("this test compares databases with pg_dump, which is not installed")
		}
		path = found[len(found)-1]
	}
	var stderr bytes.Buffer
	c := exec.CommandContext(t.Context(), path, append(args, "--dbname="+url)...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	// Newer versions guard the text with a random word.
	return regexp.MustCompile(`(?m)^\\(un)?restrict .*\n`).ReplaceAllString(string(out), "")
}

func place(t *testing.T) backup.Folder { return backup.Folder(t.TempDir()) }

func dropRoles(t *testing.T, db database.DB) {
	t.Cleanup(func() {
		_ = database.InTx(context.Background(), db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
			return tx.Script(context.Background(), `drop role if exists dump_owner; drop role if exists "Dump Reader"`, nil)
		})
	})
}

// TestTheSameDatabase restores a bit of everything and lets pg_dump compare.
func TestTheSameDatabase(t *testing.T) {
	admin := server(t, pgtest.URL(t))
	dropRoles(t, admin)
	sourceURL, targetURL := pgtest.Database(t), pgtest.Database(t)
	source := server(t, sourceURL)
	run(t, source, rich)
	run(t, source, richRows)
	if err := source.Bootstrap(t.Context()); err != nil { // what Galley makes is in it, too
		t.Fatal(err)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	in := place(t)
	m, err := dump.Create(t.Context(), dump.Source{DB: source, Program: "v1"}, in, "b", backup.Lock{Recipients: []age.Recipient{id.Recipient()}})
	if err != nil {
		t.Fatal(err, fault.From(err).Detail)
	}
	key := backup.Key{Identities: []age.Identity{id}}
	if _, err := dump.Verify(t.Context(), in, "b", backup.Key{}); code(err) != fault.InvalidPassword {
		t.Errorf("without the key: %v", err)
	}
	target := server(t, targetURL)
	got, err := dump.Restore(t.Context(), in, "b", key, target)
	if err != nil {
		t.Fatal(err, fault.From(err).Detail)
	}
	if got.Rows() != m.Rows() || m.Rows() < 30000 {
		t.Errorf("%d rows of %d", got.Rows(), m.Rows())
	}
	if err := target.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	same(t, pgDump(t, sourceURL, "--schema-only"), pgDump(t, targetURL, "--schema-only"))
	same(t, pgDump(t, sourceURL, "--data-only"), pgDump(t, targetURL, "--data-only"))
	if got := one(t, target, "select string_agg(count::text, ' ' order by feels) || (select sum from sums_of_sums) from sums"); got != "1 1 13" {
		t.Errorf("materialized views: %q", got)
	}
	if _, err := dump.Restore(t.Context(), in, "b", key, target); code(err) != fault.ObjectNotInPrerequisite {
		t.Errorf("into a database that is not empty: %v", err)
	}
}

// same compares the statements of two dumps, whose order may differ where nothing
// says it.
func same(t *testing.T, a, b string) {
	t.Helper()
	split := func(s string) []string {
		list := strings.Split(s, "\n--\n")
		for i, s := range list { // the order of grants says nothing
			if strings.HasPrefix(strings.TrimSpace(s), "GRANT ") {
				grants := strings.Split(strings.TrimSpace(s), "\n")
				slices.Sort(grants)
				list[i] = strings.Join(grants, "\n")
			}
		}
		slices.Sort(list)
		return list
	}
	left, right := split(a), split(b)
	for _, s := range left {
		if !slices.Contains(right, s) {
			t.Errorf("only in the source: %.1500s", s)
		}
	}
	for _, s := range right {
		if !slices.Contains(left, s) {
			t.Errorf("only in the target: %.1500s", s)
		}
	}
}

// TestOneMoment: what is committed while a backup is made is not in it.
func TestOneMoment(t *testing.T) {
	source := server(t, pgtest.Database(t))
	run(t, source, "create table a (id int primary key); create table b (a int references a, t text); insert into a values (1); insert into b select 1, repeat('x', 1000) from generate_series(1, 5000)")
	in := meanwhile{place(t), func() { run(t, source, "insert into a values (2); insert into b values (2, 'since')") }}
	m, err := dump.Create(t.Context(), dump.Source{DB: source}, in, "b", backup.Lock{})
	if err != nil || m.Rows() != 5001 {
		t.Fatalf("%d rows, %v", m.Rows(), err)
	}
	if got := one(t, source, "select count(*) from b"); got != "5001" {
		t.Fatalf("%s rows since", got)
	}
	target := server(t, pgtest.Database(t))
	if _, err := dump.Restore(t.Context(), in.Folder, "b", backup.Key{}, target); err != nil {
		t.Fatal(err)
	}
	if got := one(t, target, "select count(*) || ' ' || (select count(*) from a) from b"); got != "5000 1" {
		t.Errorf("restored %s rows", got)
	}
}

// meanwhile is a place that does something when the first bytes come.
type meanwhile struct {
	backup.Folder
	do func()
}

func (m meanwhile) Create(ctx context.Context, name string) (backup.Upload, error) {
	u, err := m.Folder.Create(ctx, name)
	return &slowUpload{Upload: u, do: m.do}, err
}

type slowUpload struct {
	backup.Upload
	do func()
}

func (s *slowUpload) Write(p []byte) (int, error) {
	if s.do != nil {
		s.do()
		s.do = nil
	}
	return s.Upload.Write(p)
}

// TestDamage: any byte that changed or is missing is found, and nothing is restored.
func TestDamage(t *testing.T) {
	source, target := server(t, pgtest.Database(t)), server(t, pgtest.Database(t))
	run(t, source, "create table a (id int primary key, t text); insert into a select i, md5(i::text) from generate_series(1, 2000) i")
	in := place(t)
	if _, err := dump.Create(t.Context(), dump.Source{DB: source}, in, "b", backup.Lock{}); err != nil {
		t.Fatal(err)
	}
	if m, err := dump.Verify(t.Context(), in, "b", backup.Key{}); err != nil || m.Rows() != 2000 {
		t.Fatalf("%+v, %v", m, err)
	}
	whole, err := os.ReadFile(filepath.Join(string(in), "b"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(b []byte) {
		if err := os.WriteFile(filepath.Join(string(in), "b"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; i < len(whole); i += 1 + len(whole)/40 {
		changed := slices.Clone(whole)
		changed[i] ^= 0x11
		for what, b := range map[string][]byte{"changed": changed, "cut": whole[:i]} {
			write(b)
			if _, err := dump.Verify(t.Context(), in, "b", backup.Key{}); err == nil {
				t.Errorf("%s at byte %d of %d: not found", what, i, len(whole))
			}
		}
	}
	write(whole[:len(whole)-5])
	if _, err := dump.Restore(t.Context(), in, "b", backup.Key{}, target); code(err) != fault.DataCorrupted {
		t.Errorf("restore of a part: %v", err)
	}
	if got := one(t, target, "select count(*) from pg_class where relname = 'a'"); got != "0" {
		t.Error("a part of it was restored")
	}
	write(whole)
	if _, err := dump.Restore(t.Context(), in, "b", backup.Key{}, target); err != nil {
		t.Error(err)
	}
}

// TestRefused: what could not be made again is named.
func TestRefused(t *testing.T) {
	for name, sql := range map[string]string{
		"aggregate public.total": "create aggregate total(int) (sfunc = int4pl, stype = int)",
		"public.child":           "create table parent (a int); create table child () inherits (parent)",
		"large object":           "select lo_create(0)",
		"collation":              "create collation mine (locale = 'C')",
		"foreign-data wrapper":   "create foreign data wrapper mine",
		"operator":               "create operator === (leftarg = int, rightarg = int, function = int4eq)",
		"type public.bare":       "create type bare as ()",
	} {
		source := server(t, pgtest.Database(t))
		run(t, source, sql)
		_, err := dump.Create(t.Context(), dump.Source{DB: source}, place(t), "b", backup.Lock{})
		if f := fault.From(err); err == nil || f.Code != fault.FeatureNotSupported || !strings.Contains(f.Detail, name) || !strings.Contains(f.Hint, "pg_dump") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFullDisk leaves nothing behind.
func TestFullDisk(t *testing.T) {
	source := server(t, pgtest.Database(t))
	run(t, source, "create table a (t text); insert into a select md5(i::text) from generate_series(1, 100000) i")
	in := full{place(t)}
	if _, err := dump.Create(t.Context(), dump.Source{DB: source}, in, "b", backup.Lock{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a full disk: %v", err)
	}
	if left, _ := os.ReadDir(string(in.Folder)); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
	if got := one(t, source, "select count(*) from a"); got != "100000" {
		t.Errorf("%s rows after it", got)
	}
}

type full struct{ backup.Folder }

func (f full) Create(ctx context.Context, name string) (backup.Upload, error) {
	u, err := f.Folder.Create(ctx, name)
	return fullUpload{u}, err
}

type fullUpload struct{ backup.Upload }

func (fullUpload) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestOrdinaryOwner makes and restores a backup as a role that is no superuser but
// owns what there is; one that policies narrow is refused.
func TestOrdinaryOwner(t *testing.T) {
	admin := server(t, pgtest.URL(t))
	name := "galley_dump_" + one(t, admin, "select substr(md5(random()::text), 1, 12)")
	run(t, admin, "create role "+name+" login password 'secret'")
	t.Cleanup(func() {
		_ = database.InTx(context.Background(), admin, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
			return tx.Script(context.Background(), "drop role "+name, nil)
		})
	})
	urls := []string{pgtest.Database(t), pgtest.Database(t)}
	var dbs []*postgres.DB
	for _, url := range urls {
		s := server(t, url)
		run(t, s, "do $$ begin execute format('alter database %I owner to "+name+"', current_database()); end $$; alter schema public owner to "+name)
		_, rest, found := strings.Cut(url, "@")
		if !found {
			t.Skip("the test server's URL names no user to replace")
		}
		dbs = append(dbs, server(t, "postgres://"+name+":secret@"+rest))
	}
	source, target := dbs[0], dbs[1]
	run(t, source, "create table a (id serial primary key, t text); insert into a (t) values ('x'), ('y'); alter table a enable row level security; create policy p on a using (t = 'x')")
	in := place(t)
	if _, err := dump.Create(t.Context(), dump.Source{DB: source}, in, "b", backup.Lock{}); err != nil {
		t.Fatal(err, fault.From(err).Detail)
	}
	if _, err := dump.Restore(t.Context(), in, "b", backup.Key{}, target); err != nil {
		t.Fatal(err, fault.From(err).Hint)
	}
	if got := one(t, target, "select string_agg(t, ' ' order by id) || nextval('a_id_seq') from a"); got != "x y3" {
		t.Errorf("restored %q", got)
	}
	run(t, source, "alter table a force row level security")
	if _, err := dump.Create(t.Context(), dump.Source{DB: source}, in, "c", backup.Lock{}); code(err) != fault.InsufficientPrivilege {
		t.Errorf("rows that a policy hides: %v", err)
	}
}
