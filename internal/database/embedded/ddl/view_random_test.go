package ddl

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/pgtest"
)

// viewShapes are statements over few names: T is a table, V a view, R either, C a
// column, P a policy and S a schema.
var viewShapes = []string{
	"create table T (a int primary key, b text, c int)", "create table T (a int, c int, d text)", "create table if not exists T (a int primary key, b text, c int, d text)",
	"create view V as select * from R", "create view V as select a, C from R", "create view V (C, C) as select a, a from R", "create view V as select x.a, y.C from R x join R y on x.a = y.a",
	"create view V as select x.a, (select max(y.a) from R y) as b from R x", "create view V as select s.a as C from (select a from R) s", "create view V as select a, count(*) as b from T group by a",
	"create view V as select a, b from T group by a", "create view V as select a from R union select a from R", "create view S.V as select a, C from T",
	"create or replace view V as select * from R", "create or replace view V as select a, C from R", "create or replace view V as select a, C, C as d2 from T", "create or replace view V as select a::text from T",
	"create view V with (security_barrier) as select a from R with check option", "create view V as select distinct a from R with local check option",
	"drop view V", "drop view if exists V, V", "drop view V cascade", "drop view V, V", "drop view V, V cascade", "drop view T", "drop table V",
	"drop table T", "drop table T cascade", "drop table T, T", "drop table T, T cascade",
	"alter table T drop C", "alter table T drop C cascade", "alter table T alter C type bigint", "alter table T rename C to C", "alter table T rename to T", "alter table T add column C int",
	"alter table T drop constraint T_pkey", "alter table T drop constraint T_pkey cascade", "alter table T set schema S", "alter table S.T set schema public",
	"alter view V rename to V", "alter view V rename C to C", "alter view V set schema S", "alter view S.V set schema public", "alter view V alter C set default 1", "alter view V alter C drop default",
	"alter view V set (security_invoker)", "alter view V reset (security_barrier)", "alter view V set (check_option = local)", "alter table V rename to V", "alter table V add C int", "alter view if exists V rename to V",
	"create policy P on T using (a in (select a from R))", "create policy P on T using (exists (select 1 from R x where x.a = T.a))", "drop policy P on T", "create policy P on T using (C is not null)",
	"create schema S", "drop schema S", "drop schema S cascade", "drop schema if exists S cascade", "alter schema S rename to S",
	"grant select on V to anon", "grant select (C) on V to anon", "revoke all on V from anon", "comment on view V is 'x'", "comment on column V.C is 'x'", "comment on view T is 'x'", "truncate V", "create index on V (C)",
	"alter table T add foreign key (c) references T (a)",
}

func viewShape(r *rand.Rand) string {
	names := map[rune][]string{'T': {"t", "u"}, 'V': {"v", "w", "x"}, 'R': {"t", "u", "t", "v", "w"}, 'C': {"a", "b", "c", "d"}, 'P': {"p", "q"}, 'S': {"s", "r"}}
	return strings.Map(func(c rune) rune {
		if list := names[c]; list != nil {
			return rune(list[r.IntN(len(list))][0])
		}
		return c
	}, viewShapes[r.IntN(len(viewShapes))])
}

// withoutGuess leaves out hints that guess what name was meant.
func withoutGuess(outcome string) string {
	for _, guess := range []string{"There is a column named", "Perhaps you meant to reference"} {
		outcome, _, _ = strings.Cut(outcome, guess)
	}
	return strings.TrimSuffix(outcome, "\n")
}

const viewRuns = 6

// TestRandomViews runs random statements about views on both engines, and
// compares errors with their details, notices, and what views there are.
func TestRandomViews(t *testing.T) {
	refused, compared := 0, 0
	for seed := range uint64(viewRuns) {
		r := rand.New(rand.NewPCG(seed, 17))
		s, e := newServer(t, pgtest.Database(t)), newEngine(t)
		var log []string
		for range 250 {
			sql := viewShape(r)
			log = append(log, sql)
			got := e.outcome(sql)
			if strings.HasPrefix(got, "0A000") && strings.Contains(got, "embedded engine") {
				refused++
				continue
			}
			compared++
			if want := s.outcome(sql); !samePosition(withoutGuess(got), withoutGuess(want)) {
				t.Fatalf("seed %d: %s\n got %s\nwant %s\n%s", seed, sql, got, want, strings.Join(log, ";\n"))
			}
		}
		compareDumps(t, e.viewDump(), s.viewDump(t))
		e.integrity(t)
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, strings.Join(log, ";\n"))
		}
	}
	t.Logf("%d statements compared, %d refused", compared, refused)
	if refused*5 > compared {
		t.Errorf("%d of %d statements were refused", refused, refused+compared)
	}
}

func (s *server) viewDump(t *testing.T) []string {
	return s.rows(t, `select n.nspname, c.relname, a.attname, a.attnum::text, format_type(a.atttypid, a.atttypmod)
	from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
	where c.relkind = 'v' and n.nspname in ('public', 's', 'r')`)
}

func (e *engine) viewDump() []string {
	var out []string
	for _, v := range e.cat.SortedViews() {
		for _, c := range v.Columns {
			out = append(out, fmt.Sprint(v.Schema, " ", v.Name, " ", c.Name, " ", c.Number, " ", e.formatType(c.Type)))
		}
	}
	slices.Sort(out)
	return out
}
