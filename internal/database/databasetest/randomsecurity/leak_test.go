package randomsecurity

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/databasetest/differential"
	"github.com/galleyhq/galley/internal/fault"
)

// leakFixture makes a table of which rs_a may see rows that make no probe fail; in
// every row that is hidden each probe would fail, or say what is in it.
const leakFixture = `
drop table if exists rs.t, rs.u, rs.k, rs.secret, rs.open, rs.allowed cascade;
drop schema if exists rs cascade;
create schema rs; grant usage on schema rs to public;
create table rs.allowed (id integer primary key); insert into rs.allowed values (1), (2), (7);
create table rs.secret (id integer primary key, who text, n integer check (n < 1000), tag text unique, doc text);
insert into rs.secret values (1, 'rs_a', 5, '12', '{"a":1}'), (2, 'rs_a', 7, '13', '{"a":2}'),
	(3, 'rs_b', 0, 'swordfish(', 'not json'), (4, 'rs_b', 0, 'shibboleth(', 'nor this'), (5, null, 0, 'plugh(', '{'), (6, '', 0, 'xyzzy(', '[');
create table rs.open (id integer primary key, k integer); insert into rs.open values (1, 1), (2, 2), (3, 3), (4, 4), (5, 5);
grant select, insert, update, delete on rs.secret, rs.open to public; grant select on rs.allowed to public;
alter table rs.secret enable row level security;
create function rs.mine(w text) returns boolean language sql stable as 'select w = current_user';
create function rs.known(i integer) returns boolean language sql stable security definer as 'select exists (select 1 from rs.allowed a where a.id = i)';
create function rs.trip(x integer) returns boolean language sql immutable as 'select 10 / x > 0';
create function rs.shout(x text) returns integer language sql immutable as 'select x::integer';
create view rs.plain as select * from rs.secret;
create view rs.invoker with (security_invoker) as select * from rs.secret;
create view rs.wall with (security_barrier) as select * from rs.secret where who = 'rs_a';
grant select, update, delete on rs.invoker, rs.wall to public`

// hiding are policies that let the same rows be seen.
var hiding = [][]string{
	{"create policy p on rs.secret using (who = current_user)"},
	{"create policy p on rs.secret using (rs.mine(who))"},
	{"create policy p on rs.secret using (id in (select id from rs.allowed))"},
	{"create policy p on rs.secret using (exists (select 1 from rs.allowed a where a.id = secret.id))"},
	{"create policy p on rs.secret using (rs.known(id))"},
	{"create policy p on rs.secret using (true)", "create policy q on rs.secret as restrictive using (n > 0)"},
	{"create policy p on rs.secret using (id = 1)", "create policy q on rs.secret using (id = 2 and (select count(*) from rs.allowed) > 0)"},
	{"create policy p on rs.secret for select using (who = current_user)", "create policy q on rs.secret for update using (true)", "create policy r on rs.secret for delete using (id < 9)",
		"create policy s on rs.secret for insert with check (true)"},
	{"create policy p on rs.secret using (10 / nullif(n, 0) > 0)"},
	{"create policy p on rs.secret to rs_a using (who is not distinct from current_user::text)", "create policy q on rs.secret to rs_b using (true)"},
}

// failing are expressions over a row that fail on every hidden one.
var failing = []string{"10 / n > 0", "tag::integer > 0", "rs.trip(n)", "rs.shout(tag) > 0", "('x' ~ tag) is not null", "doc::jsonb is not null", "(doc::json ->> 'a') is not null",
	"10 % n >= 0", "ln(n) > 0", "power(0::numeric, n - 1) is not null", "('2026-01-' || tag)::date is not null", "substring(tag from 1 for n - 1) is not null", "chr(n) is not null",
	"(array[1])[1] / n is not null", "case when 1 / n >= 0 then true end", "coalesce(1 / n, 1) is not null", "n / n = 1", "1.0 / n > 0", "1::float8 / n > 0", "div(1, n) is not null", "mod(3, n) >= 0", "gcd(3, n) / n >= 0",
	"make_date(2026, n, 1) is not null", "to_timestamp(tag::float8) is not null", "width_bucket(1, 0, 10, n) > 0", "tag::bigint in (12, 13)"}

// places are statements in which such an expression stands; EXPR is it, FROM what
// it is over.
var places = []string{
	"select id from FROM where EXPR",
	"select id from FROM where id > 0 and (EXPR)",
	"select id from FROM where (EXPR) and id in (3, 1)",
	"select id, (EXPR) from FROM",
	"select id from FROM order by (EXPR), id",
	"select count(*) from FROM where (EXPR)",
	"select count(*) filter (where EXPR) from FROM",
	"select bool_and(EXPR) from FROM",
	"select (EXPR), count(*) from FROM group by 1",
	"select who from FROM group by who having bool_or(EXPR)",
	"select distinct (EXPR) from FROM",
	"select distinct on (EXPR) id from FROM order by (EXPR), id",
	"select id, count(*) over (partition by (EXPR)) from FROM",
	"select id, max(id) over (order by (EXPR)) from FROM",
	"select id from FROM where id = 3 and (EXPR)",
	"select o.id from rs.open o join FROM on s.id = o.k and (EXPR)",
	"select o.id, s.id from rs.open o left join FROM on s.id = o.k and (EXPR)",
	"select o.id, s.id from FROM right join rs.open o on s.id = o.k where (EXPR)",
	"select o.id, s.id from rs.open o full join FROM on s.id = o.k where (EXPR) is not false",
	"select o.id, l.v from rs.open o, lateral (select (EXPR) as v from FROM where s.id = o.k) l",
	"select id from rs.open o where exists (select 1 from FROM where s.id = o.k and (EXPR))",
	"select id from rs.open o where k in (select s.id from FROM where (EXPR))",
	"select id, (select bool_or(EXPR) from FROM where s.id = o.k) from rs.open o",
	"select id from (select *, (EXPR) as v from FROM) q where v",
	"select id from (select * from FROM offset 0) s where (EXPR)",
	"with s as (select * from FROM) select id from s where (EXPR)",
	"with s as materialized (select * from FROM) select id from s where (EXPR)",
	"select id from FROM where (EXPR) union select id from FROM where not (EXPR)",
	"select id from FROM where (EXPR) limit 1 offset 1",
	"select json_agg((EXPR) order by id) from FROM",
}

// changing are those that write; they are over the table, or a view that can be
// written through.
var changing = []string{
	"update FROM set n = 5 where EXPR",
	"update FROM set n = 5 where id > 0 and (EXPR) returning id",
	"update FROM set n = case when (EXPR) then 6 else 7 end returning id, n",
	"update FROM set n = 9 from rs.open o where o.k = s.id and (EXPR) returning s.id",
	"delete from FROM where EXPR",
	"delete from FROM where (EXPR) returning id, n",
	"delete from FROM using rs.open o where o.k = s.id and (EXPR) returning s.id",
	"insert into rs.open select s.id + 100, s.n from FROM where (EXPR) returning id",
	"with q as (update FROM set n = 5 where (EXPR) returning id) select id from q",
	"select id from FROM where (EXPR) for update",
}

// TestNoHiddenRowIsRead holds both engines to evaluate nothing on a row that a
// policy hides: whatever stands in a statement, it answers as if the row were not
// there, and no error tells of it.
func TestNoHiddenRowIsRead(t *testing.T) {
	p := open(t)
	probes := 0
	for _, policies := range hiding {
		for _, sql := range append(strings.Split(leakFixture, ";"), policies...) {
			want, got := p.both(func(db database.DB) differential.Outcome { return run(t.Context(), db, Step{SQL: sql}) })
			if want.Code != "" || got.Code != "" {
				t.Fatalf("%s: %s %s, %s %s", sql, want.Code, want.Message, got.Code, got.Message)
			}
		}
		for i, expr := range failing {
			for j, place := range places {
				for k, from := range []string{"rs.secret s", "rs.invoker s", "rs.wall s"} {
					// Each place meets each expression; over which relation changes.
					if (i+j)%3 == k {
						probes++
						p.probe(t, policies, strings.NewReplacer("FROM", from, "EXPR", expr).Replace(place), false)
					}
				}
			}
			for j, place := range changing {
				probes++
				from := []string{"rs.secret s", "rs.secret s", "rs.invoker s"}[(i+j)%3]
				p.probe(t, policies, strings.NewReplacer("FROM", from, "EXPR", expr).Replace(place), true)
			}
		}
	}
	t.Logf("%d probes under %d sets of policies", probes, len(hiding))
}

// probe runs a statement of rs_a, which must neither fail nor differ.
func (p pair) probe(t *testing.T, policies []string, sql string, writes bool) {
	t.Helper()
	s := Step{Role: "rs_a", SQL: sql, Writes: writes}
	want, got := p.both(func(db database.DB) differential.Outcome {
		if !writes {
			return run(t.Context(), db, s)
		}
		o, _ := undone(t.Context(), db, s)
		return o
	})
	if got.Code == fault.FeatureNotSupported && want.Code == "" {
		return
	}
	if v, reason := differential.Compare(&differential.Case{}, []differential.Outcome{want}, []differential.Outcome{got}); v != differential.Agree {
		t.Errorf("%s: %s: %s", strings.Join(policies, "; "), sql, reason)
	} else if want.Code != "" && !strings.Contains(sql, "for update") {
		t.Errorf("%s: %s: fails on both: %s", strings.Join(policies, "; "), sql, want.Message)
	}
}

// undone runs a statement and undoes it.
func undone(ctx context.Context, db database.DB, s Step) (o differential.Outcome, details string) {
	tx, err := db.Begin(ctx, database.Session{Role: s.Role}, database.TxOptions{})
	if err != nil {
		return differential.Outcome{Code: "?", Message: err.Error()}, ""
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	rows, err := tx.Query(ctx, database.Statement{SQL: s.SQL})
	if err == nil {
		_, err = database.Collect(rows, nil)
		o.Tag = rows.Tag()
		rows.Close()
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return differential.Outcome{Code: f.Code, Message: f.Message}, f.Detail + " " + f.Hint
	}
	return o, ""
}

// TestErrorsTellNothing holds what errors say about rows that are hidden.
func TestErrorsTellNothing(t *testing.T) {
	p := open(t)
	for _, sql := range append(strings.Split(leakFixture, ";"), hiding[7]...) {
		for _, db := range []database.DB{p.server, p.other} {
			if o := run(t.Context(), db, Step{SQL: sql}); o.Code != "" {
				t.Fatalf("%s: %s", sql, o.Message)
			}
		}
	}
	for _, sql := range []string{
		"insert into rs.secret values (3, 'rs_a', 1, 'new', '{}')",
		"insert into rs.secret values (9, 'rs_a', 1, 'swordfish(', '{}')",
		"update rs.secret set id = 3 where id = 1", "update rs.secret set tag = 'plugh(' where id = 2",
		"insert into rs.secret values (3, 'rs_a', 1, 'new', '{}') on conflict (tag) do nothing",
		"insert into rs.secret values (9, 'rs_a', 5000, 'new', '{}')",
		"update rs.secret set n = 5000", "update rs.secret set n = n * 1000", "update rs.secret set n = 2147483647 + n",
		"update rs.secret set id = null", "insert into rs.secret values (3, 'rs_a', 1, 'new', '{}') on conflict (id) do update set n = 1 / secret.n",
		"insert into rs.secret select id, who, n, 'shibboleth(', doc from rs.secret",
		"delete from rs.secret where tag = 'swordfish(' returning tag", "select tag from rs.secret where id = 3", "select * from rs.plain where id = 999",
	} {
		var told [2]string
		for i, db := range []database.DB{p.server, p.other} {
			o, details := undone(t.Context(), db, Step{Role: "rs_a", SQL: sql})
			told[i] = o.Code + " " + o.Message + " " + o.Tag + " " + details
			for _, secret := range []string{"shibboleth", "xyzzy", "not json"} {
				if strings.Contains(told[i], secret) && !strings.Contains(sql, secret) {
					t.Errorf("%s: %s: %s", db.Engine(), sql, told[i])
				}
			}
		}
		if told[0] != told[1] {
			t.Errorf("%s:\n%s\n%s", sql, told[0], told[1])
		}
	}
}
