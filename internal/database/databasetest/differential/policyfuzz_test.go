package differential

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// securityRoles are who the random statements run as: the owner of the tables,
// roles with and without memberships, and one that policies do not bind.
var securityRoles = []string{"fz_owner", "fz_a", "fz_b", "fz_ab", "fz_loner", "fz_bypass"}

// securityFixture makes two tables that policies may lead between, owned by a role
// of its own.
const securityFixture = `
drop role if exists fz_ab, fz_loner, fz_bypass, fz_a, fz_b, fz_owner;
create role fz_owner; create role fz_a; create role fz_b; create role fz_ab in role fz_a, fz_b;
create role fz_loner noinherit in role fz_a; create role fz_bypass bypassrls;
create schema fz authorization fz_owner;
grant usage on schema fz to public;
create table fz.t (id integer primary key, who text, n integer, tag text);
create table fz.u (id integer primary key, t integer, who text, n integer);
insert into fz.t values (1, 'fz_a', 0, 'x'), (2, 'fz_b', 1, 'y'), (3, 'fz_a', 2, null), (4, null, 3, 'x'), (5, 'fz_owner', -1, 'z'), (6, 'fz_ab', null, 'y');
insert into fz.u values (1, 1, 'fz_a', 0), (2, 1, 'fz_b', 1), (3, 2, null, 2), (4, 9, 'fz_ab', 3), (5, 5, 'fz_owner', null);
alter table fz.t owner to fz_owner;
alter table fz.u owner to fz_owner`

// security makes random policies, grants, views and statements.
type security struct {
	r     *rand.Rand
	views []string
	next  int
}

func (s *security) pick(list ...string) string { return list[s.r.IntN(len(list))] }

func (s *security) chance(percent int) bool { return s.r.IntN(100) < percent }

func (s *security) role() string { return s.pick(securityRoles...) }

func (s *security) table() string { return s.pick("fz.t", "fz.u") }

// condition is a condition on a table's columns. raising ones fail on some rows,
// which a policy may hide.
func (s *security) condition(table string, deep, raising bool) string {
	forms := []string{"who = current_user", "n > 0", "n is not null", "id % 2 = 0", "who is null or n < 2", "id in (1, 2, 5)", "true", "n <> 1",
		"who like 'fz_%'", "coalesce(n, 0) >= 0", "not (n > 1)", "false"}
	if table == "fz.t" {
		forms = append(forms, "tag = 'x'", "tag is distinct from 'y'")
	}
	if raising {
		forms = append(forms, "10 / n > 0", "10 / (id - 3) <> 0", "who::integer > 0", "10 / (n - 1) < 100")
	}
	if deep {
		other := map[string]string{"fz.t": "fz.u", "fz.u": "fz.t"}[table]
		inner := s.condition(other, false, false)
		forms = append(forms, "id in (select o.id from "+other+" o where "+inner+")",
			"exists (select 1 from "+other+" o where o.id = "+table[3:]+".id and o.n >= 0)",
			"(select count(*) from "+other+") > 2", "not exists (select 1 from "+other+" o where o.who = current_user)")
	}
	return s.pick(forms...)
}

// policy is CREATE POLICY.
func (s *security) policy() string {
	table := s.table()
	s.next++
	command := s.pick("all", "select", "insert", "update", "delete", "all", "select")
	sql := fmt.Sprintf("create policy p%d on %s as %s for %s", s.next, table, s.pick("permissive", "permissive", "restrictive"), command)
	if s.chance(40) {
		sql += " to " + s.pick("fz_a", "fz_b", "fz_a, fz_owner", "public", "fz_ab, fz_loner", "fz_owner")
	}
	// Only policies of one of the tables lead to the other, so that they do not
	// lead back.
	deep := table == "fz.t" && s.chance(25)
	if command != "insert" {
		sql += " using (" + s.condition(table, deep, false) + ")"
	}
	if command == "insert" || command != "select" && command != "delete" && s.chance(40) {
		sql += " with check (" + s.condition(table, deep, false) + ")"
	}
	return sql
}

func (s *security) grant() string {
	table := s.table()
	what := s.pick("select", "insert", "update", "delete", "all", "select, update", "select (id, n)", "update (n, who)", "insert (id, n)", "select (who)", "select, insert, update, delete")
	if s.chance(25) {
		return fmt.Sprintf("revoke %s on %s from %s", what, table, s.pick("fz_a", "fz_b", "public", "fz_ab"))
	}
	return fmt.Sprintf("grant %s on %s to %s", what, table, s.pick("fz_a", "fz_b", "public", "fz_ab", "fz_bypass", "fz_loner"))
}

func (s *security) view() string {
	table := s.table()
	if len(s.views) > 0 && s.chance(25) {
		table = s.pick(s.views...)
	}
	name := fmt.Sprintf("fz.v%d", len(s.views))
	s.views = append(s.views, name)
	options := s.pick("", "", " with (security_invoker)", " with (security_barrier)", " with (security_barrier, security_invoker)")
	where := ""
	if s.chance(60) {
		where = " where " + s.condition("fz.u", false, false)
	}
	check := ""
	if where != "" && s.chance(30) {
		check = s.pick(" with check option", " with local check option")
	}
	return "create view " + name + options + " as select id, who, n from " + table + where + check
}

// relation is a table or a view.
func (s *security) relation() string {
	if len(s.views) > 0 && s.chance(40) {
		return s.pick(s.views...)
	}
	return s.table()
}

func (s *security) statement() string {
	rel := s.relation()
	id := 10 + s.r.IntN(30)
	who := s.pick("'fz_a'", "'fz_b'", "current_user", "null", "'fz_owner'")
	n := s.pick("0", "1", "2", "-1", "null", "7")
	returning := s.pick("", "", " returning id", " returning *", " returning n + 1")
	where := s.pick("", "", " where "+s.condition("fz.u", false, true), " where id = "+fmt.Sprint(1+s.r.IntN(8)), " where n = 1")
	switch s.r.IntN(12) {
	case 0, 1:
		return fmt.Sprintf("insert into %s (id, who, n) values (%d, %s, %s)%s", rel, id, who, n, returning)
	case 2:
		return fmt.Sprintf("insert into %s (id, n) select id + %d, n from fz.u%s%s", rel, 10+s.r.IntN(50), where, returning)
	case 3, 4:
		return fmt.Sprintf("update %s set %s%s%s", rel, s.pick("n = "+n, "who = "+who, "n = n + 1", "n = 5, who = "+who), where, returning)
	case 5:
		return fmt.Sprintf("delete from %s%s%s", rel, where, returning)
	case 6:
		return fmt.Sprintf("select a.id, b.id from %s a join %s b on a.id = b.id", rel, s.relation())
	case 7:
		return fmt.Sprintf("select a.id, b.n from %s a left join %s b on a.who = b.who", rel, s.relation())
	case 8:
		return fmt.Sprintf("select count(*), max(n) from %s%s", rel, where)
	case 9:
		return fmt.Sprintf("select id, (select count(*) from %s) from %s", s.relation(), rel)
	}
	return fmt.Sprintf("select %s from %s%s", s.pick("*", "id", "id, n", "who", "1"), rel, where)
}

func (s *security) settings() string {
	return "alter table " + s.table() + " " + s.pick("enable row level security", "enable row level security", "force row level security",
		"no force row level security", "disable row level security", "enable row level security")
}

const (
	securityRuns  = 10
	securitySteps = 150
)

// TestRandomSecurity runs random statements under random roles, policies, grants
// and views on both engines. What the embedded engine refuses is not asked of
// PostgreSQL.
func TestRandomSecurity(t *testing.T) {
	compared, refused := 0, 0
	for seed := range uint64(securityRuns) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			server, other := openPostgres(t), openEmbedded(t)
			for _, db := range []database.DB{server, other} {
				if err := setup(t.Context(), db, &Case{SQL: securityFixture}); err != nil {
					t.Fatal(err)
				}
			}
			s := &security{r: rand.New(rand.NewPCG(seed, 11))}
			c, r := s.run(t, server, other)
			compared, refused = compared+c, refused+r
		})
	}
	t.Logf("%d statements compared, %d refused", compared, refused)
	if !t.Skipped() && !t.Failed() && refused*10 > compared {
		t.Errorf("%d of %d statements were refused", refused, compared+refused)
	}
}

func (s *security) run(t *testing.T, server, other database.DB) (compared, refused int) {
	t.Helper()
	var log []string
	for range securitySteps {
		c := s.step()
		log = append(log, fmt.Sprintf("%-9s %s", c.Session.Role, c.SQL))
		got, err := Run(t.Context(), other, c)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Code == "0A000" && strings.Contains(got[0].Message, "embedded engine") {
			refused++
			continue
		}
		want, err := Run(t.Context(), server, c)
		if err != nil {
			t.Fatal(err)
		}
		compared++
		// Which of several relations is denied first depends on PostgreSQL's plan.
		// So does on which row a condition fails first.
		denied := want[0].Code == "42501" && strings.Contains(c.SQL, "select") || want[0].Code == "22P02"
		if v, reason := Compare(c, want, got); v != Agree || reason != "" && !denied {
			t.Fatalf("%s\n%s", reason, strings.Join(log, ";\n"))
		}
		if c.Session.Role == "" {
			continue
		}
		for _, table := range []string{"fz.t", "fz.u"} {
			all := &Case{SQL: "select * from " + table}
			want, _ := Run(t.Context(), server, all)
			got, _ := Run(t.Context(), other, all)
			if v, reason := Compare(all, want, got); v != Agree {
				t.Fatalf("%s holds %s\n%s", table, reason, strings.Join(slices.Clone(log), ";\n"))
			}
		}
	}
	return compared, refused
}

// step is a definition by the owner, or a statement of somebody.
func (s *security) step() *Case {
	c := &Case{}
	switch n := s.r.IntN(100); {
	case n < 12:
		c.SQL = s.policy()
	case n < 15 && s.next > 0:
		c.SQL = fmt.Sprintf("drop policy p%d on %s", 1+s.r.IntN(s.next), s.table())
	case n < 24:
		c.SQL = s.grant()
	case n < 30:
		c.SQL = s.settings()
	case n < 34:
		c.SQL, c.Session.Role = s.view(), "fz_owner"
	case n < 36 && len(s.views) > 0:
		c.SQL = "grant " + s.pick("select", "all", "select (id)", "insert, update, delete, select") + " on " + s.pick(s.views...) + " to " + s.pick("public", "fz_a", "fz_b")
	default:
		c.SQL, c.Session.Role = s.statement(), s.role()
	}
	return c
}
