package syntax

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/fault"
)

// valid are statements to be broken at random.
var valid = []string{
	"select a, b as c, t.* from s.t left join u on t.id = u.id where a > 1 and not b is null order by c desc nulls last limit 10 offset 5",
	"select distinct count(*), sum(a) filter (where b) from t group by c having count(*) > 1 union all select 1, 2",
	"select case when a = 1 then 'x' else null end, cast(a as numeric(10, 2)), b::text[], array[1, 2], (select max(x) from y)",
	"with q as (select 1 as a), r (b) as (values (1), (2)) select * from q, r where a in (1, 2) or b between 1 and 2 and exists (select 1)",
	"insert into t (a, b) values (1, default), ($1, 'x') on conflict (a) do update set b = excluded.b where t.a > 1 returning id, a as x",
	"insert into s.t select * from u", "insert into t default values returning *",
	"update t set a = a + 1, (b, c) = (1, 2) from u where t.id = u.id returning t.*", "update only t as x set a = default",
	"delete from t using u where t.id = u.id returning a", "delete from t",
	"create table if not exists s.t (id bigint generated always as identity primary key, a text not null default 'x' check (a <> ''), b int references u (id) on delete cascade deferrable initially deferred, unique (a, b), constraint k foreign key (a) references v)",
	"create unique index if not exists i on t (a desc nulls first, lower(b)) where a > 1", "drop table if exists a, s.b cascade",
	"create policy p on t as restrictive for update to a, public using (x = auth.uid()) with check (true)", "grant select, insert (a, b) on t to anon, authenticated",
	"alter table only t add column a int default 3 not null, drop column if exists c cascade, alter b set default 3, add constraint k check (a > 0) not valid",
	"alter table t rename column a to b", "create schema if not exists s authorization x", "revoke all on all tables in schema s from public",
	"create sequence q as int increment by 2 minvalue 1 start with 5 cycle owned by t.a", "comment on column t.a is 'x'", "truncate t, u restart identity cascade",
	"select a ->> 'x', b #> '{a}', c @> d, e || f, -g, a at time zone 'utc', extract(year from h), substring(i from 1 for 2), j collate \"C\"",
	"select row_number() over (partition by a order by b rows between unbounded preceding and current row) from t window w as (order by c)",
	"select * from t cross join lateral (select 1) as x (y), generate_series(1, 10) with ordinality as g (n, o) where (a, b) = (1, 2) for update",
	"begin isolation level serializable read only", "savepoint a", "rollback to savepoint a", "set local search_path to a, b", "explain select 1",
	"select a like 'x%' escape '!', b ilike 'y', c similar to 'z', d is distinct from e, f is not true, g isnull, h not in (select 1), i = any ($1)",
}

// mutate deletes, doubles, swaps or replaces a few tokens of a statement.
func mutate(r *rand.Rand, sql string) string {
	tokens, _ := scan(sql)
	var words []string
	for _, t := range tokens {
		words = append(words, sql[t.start:t.end])
	}
	for range 1 + r.IntN(2) {
		i, j := r.IntN(len(words)), r.IntN(len(words))
		switch r.IntN(4) {
		case 0:
			words = append(words[:i:i], words[i+1:]...)
		case 1:
			words = append(words[:i:i], append([]string{words[j]}, words[i:]...)...)
		case 2:
			words[i], words[j] = words[j], words[i]
		case 3:
			words[i] = words[j]
		}
		if len(words) == 0 {
			return ""
		}
	}
	return strings.Join(words, " ")
}

// TestMutationsAgree breaks statements at random and compares what is refused,
// and how. Refusals of this engine's own (0A000) are no disagreement.
func TestMutationsAgree(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgconn.Connect(ctx, pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	r := rand.New(rand.NewPCG(15, 7))
	for range mutations {
		sql := mutate(r, valid[r.IntN(len(valid))])
		_, err := conn.Prepare(ctx, "", sql, nil)
		want, _ := errors.AsType[*pgconn.PgError](err)
		_, err = Parse(sql)
		if f := compare(err, want); f != "" {
			t.Errorf("%s\n%s", sql, f)
		}
	}
}

const mutations = 3000

// compare tells how an error differs from PostgreSQL's, as far as syntax goes.
func compare(err error, want *pgconn.PgError) string {
	refused := want != nil && want.Code == "42601" && strings.Contains(want.Message, "syntax error")
	switch {
	case fault.Code(err) == fault.FeatureNotSupported:
		return ""
	case err == nil && refused:
		return "accepted; PostgreSQL: " + want.Message
	case err == nil:
		return ""
	case want == nil:
		return "refused: " + err.Error()
	}
	got := fault.From(err)
	if got.Code == want.Code && !refused {
		return "" // worded otherwise
	}
	if got.Code != want.Code || got.Message != want.Message || got.Position != int(want.Position) && refused {
		return "got " + got.Error() + "\nwant " + want.Message + " (" + want.Code + ")"
	}
	return ""
}
