package databasetest

import (
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

const (
	alice = "11111111-1111-1111-1111-111111111111"
	bob   = "22222222-2222-2222-2222-222222222222"
)

var securityTests = map[string]func(*testing.T, database.DB){
	"roles alternate on identical text": testAlternate,
	"policies of all commands":          testPolicies,
	"returning needs select":            testReturningPolicy,
	"policies with subqueries":          testSubqueryPolicy,
	"policies do not leak by errors":    testNoLeak,
	"permissive and restrictive":        testRestrictive,
	"grants":                            testGrants,
	"schemas":                           testSchemaUsage,
	"internal state is closed":          testInternalClosed,
	"no policy means no rows":           testNoPolicy,
}

func notes(t *testing.T, db database.DB) {
	t.Helper()
	exec(t, on(db, owner), "create table notes (id integer primary key, owner uuid, body text, shared boolean not null default false)",
		"alter table notes enable row level security",
		"insert into notes values (1, '"+alice+"', 'a', false), (2, '"+bob+"', 'b', false), (3, '"+bob+"', 'c', true)")
}

func testAlternate(t *testing.T, db database.DB) {
	notes(t, db)
	exec(t, on(db, owner), "create policy own on notes for select to authenticated using (owner = auth.uid() or shared)",
		"create policy open on notes for select to anon using (shared)")
	const sql = "select id from notes where id < $1 order by id"
	for round := range 5 {
		for _, c := range []struct {
			s    database.Session
			rows string
		}{
			{as("anon", ""), "3"}, {user(alice), "1\n3"}, {user(bob), "2\n3"}, {as("service_role", ""), "1\n2\n3"},
			{as("authenticated", ""), "3"}, {owner, "1\n2\n3"}, {user(bob), "2\n3"}, {as("anon", `{"sub":"`+alice+`"}`), "3"},
		} {
			got, err := query(t, on(db, c.s), sql, 100)
			if err != nil || got != c.rows {
				t.Fatalf("round %d, %+v: rows %q, error %v, want %q", round, c.s, got, err, c.rows)
			}
		}
	}
}

func testPolicies(t *testing.T, db database.DB) {
	notes(t, db)
	exec(t, on(db, owner), "create policy s on notes for select using (owner = auth.uid() or shared)",
		"create policy i on notes for insert to authenticated with check (owner = auth.uid())",
		"create policy u on notes for update to authenticated using (owner = auth.uid()) with check (owner = auth.uid() and body <> 'bad')",
		"create policy d on notes for delete to authenticated using (owner = auth.uid() and not shared)")
	a, b, anon := on(db, user(alice)), on(db, user(bob)), on(db, as("anon", ""))
	want(t, a, "4", "insert into notes values (4, auth.uid(), 'd') returning id")
	wantCode(t, a, "42501", "insert into notes values (5, '"+bob+"', 'd')")
	wantCode(t, anon, "42501", "insert into notes values (5, null, 'd')")
	want(t, a, "1\n4", "update notes set body = 'z' where id < 100 returning id")
	wantCode(t, a, "42501", "update notes set body = 'bad' where id = 1")
	wantCode(t, a, "42501", "update notes set owner = '"+bob+"' where id = 1")
	want(t, anon, "", "update notes set body = 'z' returning id")
	want(t, b, "2", "delete from notes returning id")
	want(t, anon, "", "delete from notes returning id")
	want(t, on(db, as("service_role", "")), "1|z\n3|c\n4|z", "select id, body from notes order by id")
}

func testReturningPolicy(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table inbox (id integer, body text)", "alter table inbox enable row level security",
		"create policy send on inbox for insert with check (true)")
	a := on(db, user(alice))
	exec(t, a, "insert into inbox values (1, 'x')")
	wantCode(t, a, "42501", "insert into inbox values (2, 'y') returning id")
	exec(t, on(db, owner), "create policy read on inbox for select using (body <> 'secret')")
	want(t, a, "3", "insert into inbox values (3, 'z') returning id")
	wantCode(t, a, "42501", "insert into inbox values (4, 'secret') returning id")
	want(t, on(db, owner), "1\n3", "select id from inbox order by id")
}

func testSubqueryPolicy(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table members (team integer, who uuid)", "create table docs (id integer, team integer)",
		"insert into members values (1, '"+alice+"'), (2, '"+bob+"')", "insert into docs values (10, 1), (20, 2), (30, null)",
		"alter table docs enable row level security",
		"create policy team on docs using (team in (select m.team from members m where m.who = auth.uid()))")
	want(t, on(db, user(alice)), "10", "select id from docs")
	want(t, on(db, user(bob)), "20", "select id from docs")
	want(t, on(db, as("anon", "")), "", "select id from docs")
	// The policies of the table read within a policy hold as well.
	exec(t, on(db, owner), "alter table members enable row level security")
	want(t, on(db, user(alice)), "", "select id from docs")
	exec(t, on(db, owner), "create policy self on members for select using (who = auth.uid())")
	want(t, on(db, user(alice)), "10", "select id from docs where exists (select 1 from members where members.team = docs.team)")
	wantCode(t, on(db, user(alice)), "42501", "insert into docs values (40, 2)")
	exec(t, on(db, user(alice)), "insert into docs values (40, 1)")
}

func testNoLeak(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table vault (id integer, divisor integer, mine boolean)",
		"alter table vault enable row level security", "create policy mine on vault using (mine)",
		"insert into vault values (1, 0, false), (2, 5, true)",
		"create table keys (vault integer)", "insert into keys values (2)",
		"create table safe (id integer, divisor integer)", "insert into safe values (1, 0), (2, 5)",
		"alter table safe enable row level security",
		"create policy keyed on safe using (exists (select 1 from keys where keys.vault = safe.id))")
	for _, table := range []string{"vault", "safe"} {
		want(t, on(db, user(alice)), "2", "select id from "+table+" where 10 / divisor = 2")
		want(t, on(db, user(alice)), "2", "select 10 / divisor from "+table)
		wantCode(t, on(db, owner), "22012", "select id from "+table+" where 10 / divisor = 2")
		want(t, on(db, user(alice)), "2", "update "+table+" set divisor = 5 where 10 / divisor = 2 returning id")
	}
}

func testRestrictive(t *testing.T, db database.DB) {
	notes(t, db)
	exec(t, on(db, owner), "create policy own on notes for select using (owner = auth.uid())",
		"create policy shared on notes for select using (shared)",
		"create policy small on notes as restrictive for select using (id < 3)")
	want(t, on(db, user(bob)), "2", "select id from notes")
	want(t, on(db, user(alice)), "1", "select id from notes")
	exec(t, on(db, owner), "drop policy small on notes")
	want(t, on(db, user(bob)), "2\n3", "select id from notes order by id")
}

func testGrants(t *testing.T, db database.DB) {
	r, anon := on(db, owner), on(db, as("anon", ""))
	exec(t, r, "create table g (id integer, v text)", "insert into g values (1, 'x')")
	want(t, anon, "1", "select id from g") // the default grants
	exec(t, r, "revoke all on g from anon")
	for _, sql := range []string{"select id from g", "insert into g values (2)", "update g set v = 'y'", "delete from g",
		"select 1 where exists (select 1 from g)"} {
		wantCode(t, anon, "42501", sql)
	}
	exec(t, r, "grant select on g to anon")
	want(t, anon, "1", "select id from g")
	wantCode(t, anon, "42501", "update g set v = 'y'")
	exec(t, r, "grant update on g to anon")
	exec(t, anon, "update g set v = 'y' where id = 1")
	exec(t, r, "revoke select on g from anon")
	wantCode(t, anon, "42501", "update g set v = 'y' where id = 1") // it reads id
	exec(t, anon, "update g set v = 'z'")
	exec(t, r, "grant insert, delete on g to anon")
	exec(t, anon, "insert into g values (2, 'n')", "delete from g")
	wantCode(t, anon, "42501", "insert into g values (2, 'n') returning id")
	want(t, r, "", "select id from g")
	exec(t, on(db, as("service_role", "")), "insert into g values (3)")
}

func testSchemaUsage(t *testing.T, db database.DB) {
	r, anon := on(db, owner), on(db, as("anon", ""))
	exec(t, r, "create schema private", "create table private.t (id integer)", "insert into private.t values (1)")
	const sql = "select id from private.t"
	want(t, r, "1", sql)
	wantCode(t, anon, "42501", sql)
	exec(t, r, "grant select on private.t to anon")
	wantCode(t, anon, "42501", sql)
	exec(t, r, "grant usage on schema private to anon")
	want(t, anon, "1", sql)
	exec(t, r, "revoke usage on schema private from anon")
	wantCode(t, anon, "42501", sql)
	wantCode(t, r, "42P01", "select id from t")
	found := database.Session{SearchPath: []string{"private", "public"}}
	want(t, on(db, found), "1", "select id from t")
}

func testInternalClosed(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "insert into galley.settings (key, value) values ('k', 'v')")
	want(t, on(db, owner), "v", "select value from galley.settings where key = 'k'")
	for _, role := range []string{"anon", "authenticated", "service_role"} {
		wantCode(t, on(db, as(role, "")), "42501", "select value from galley.settings")
		wantCode(t, on(db, as(role, "")), "42501", "insert into galley.settings values ('x', 'y')")
	}
}

func testNoPolicy(t *testing.T, db database.DB) {
	notes(t, db)
	want(t, on(db, user(alice)), "", "select id from notes")
	want(t, on(db, user(alice)), "0", "select count(*) from notes")
	want(t, on(db, as("service_role", "")), "3", "select count(*) from notes")
	exec(t, on(db, owner), "alter table notes disable row level security")
	want(t, on(db, user(alice)), "3", "select count(*) from notes")
}
