package randomsecurity

import (
	"fmt"
	"strings"
)

// form is a kind of statement.
type form struct {
	kind      string
	writes    bool
	relations int
	make      func(g *Generator) string
}

// forms are all kinds.
var forms = []form{
	{"select", false, 1, func(g *Generator) string {
		return fmt.Sprintf("select %s from %s%s", g.pick("*", "id", "id, n", "who", "1", "count(*)", "id, who, n"), g.relation(), g.where())
	}},
	{"select aggregate", false, 1, func(g *Generator) string {
		return fmt.Sprintf("select who, count(*), max(n), string_agg(id::text, ',' order by id) filter (where %s) from %s%s group by %s", g.condition("rs.v", false, false), g.relation(), g.where(), g.pick("who", "who", "rollup (who)"))
	}},
	{"select aggregate that fails", false, 1, func(g *Generator) string {
		return fmt.Sprintf("select %s from %s", g.pick("sum(10 / n)", "count(10 / (id - 3))", "max(who::integer)", "bool_or(rs.trip(n))", "count(*) filter (where 10 / n > 0)"), g.relation())
	}},
	{"select window", false, 1, func(g *Generator) string {
		return fmt.Sprintf("select id, %s over (%s) from %s%s", g.pick("count(*)", "sum(n)", "lag(who)", "rank()"), g.pick("order by id", "partition by who order by id", "order by id rows 1 preceding"), g.table(), g.where())
	}},
	{"select order by", false, 1, func(g *Generator) string {
		return fmt.Sprintf("select %sid from %s%s order by %s, id%s", g.pick("", "", "distinct on (who) who, "), g.table(), g.where(), "who", g.pick("", " limit 2", " offset 1"))
	}},
	{"select order by that fails", false, 1, func(g *Generator) string {
		return fmt.Sprintf("select id from %s order by %s", g.table(), g.pick("10 / n", "10 / (id - 3)", "rs.trip(n)"))
	}},
	{"join", false, 2, func(g *Generator) string {
		return fmt.Sprintf("select a.id, b.id, b.n from %s a %s %s b on %s", g.relation(), g.pick("join", "left join", "right join", "full join"), g.relation(), g.pick("a.id = b.id", "a.who = b.who", "a.n = b.id"))
	}},
	{"join lateral", false, 2, func(g *Generator) string {
		return fmt.Sprintf("select a.id, b.* from %s a %s lateral (select o.id, o.n from %s o where o.id %s a.id%s) b on true", g.relation(), g.pick("join", "left join"), g.relation(), g.pick("=", ">"), g.pick("", " order by o.id, o.n limit 1"))
	}},
	{"subquery", false, 2, func(g *Generator) string {
		return fmt.Sprintf("select id, %s from %s a", g.pick("(select count(*) from "+g.relation()+")", "(select max(b.n) from "+g.relation()+" b where b.id = a.id)", "a.id in (select id from "+g.relation()+")",
			"exists (select 1 from "+g.relation()+" b where b.who = a.who)"), g.relation())
	}},
	{"subquery in where", false, 2, func(g *Generator) string {
		return fmt.Sprintf("select id from %s a where %s", g.relation(), g.pick("id in (select id from "+g.relation()+")", "exists (select 1 from "+g.relation()+" b where b.id = a.n)",
			"n >= all (select n from "+g.relation()+")", "not exists (select from "+g.relation()+" b where b.who = a.who)", "(select count(*) from "+g.relation()+") > 2"))
	}},
	{"with", false, 2, func(g *Generator) string {
		return fmt.Sprintf("with q as %s(select id, n from %s%s) select q.id, b.n from q join %s b using (id)", g.pick("", "materialized "), g.relation(), g.plainWhere(), g.relation())
	}},
	{"with recursive", false, 1, func(g *Generator) string {
		return fmt.Sprintf("with recursive q(id) as (select min(id) from %[1]s union all select o.id from %[1]s o join q on o.id = q.id + 1) select id from q", g.pick(Tables...))
	}},
	{"set operation", false, 2, func(g *Generator) string {
		return fmt.Sprintf("select id, who from %s%s %s select id, who from %s", g.relation(), g.plainWhere(), g.pick("union", "union all", "except", "intersect"), g.relation())
	}},
	{"row to json", false, 1, func(g *Generator) string {
		return fmt.Sprintf("select %s from %s a", g.pick("row_to_json(a)", "to_jsonb(a)", "json_agg(a order by id)"), g.table())
	}},
	{"function", false, 1, func(g *Generator) string {
		return g.pick("select rs.counted(1)", "select rs.counted_for_all(0)", "select * from rs.those()", "select id, n from rs.those() where n > 0", "select rs.seen(2), rs.mine('rs_a')",
			"select id, rs.seen(id), rs.counted(n) from "+g.relation(), "select a.id from "+g.relation()+" a join rs.those() f on f.id = a.id", "select id from "+g.relation()+" where rs.mine(who)")
	}},
	{"select for update", true, 1, func(g *Generator) string {
		return fmt.Sprintf("select id from %s%s%s", g.table(), g.where(), g.pick(" for update", " for share", " for no key update"))
	}},
	{"insert", true, 1, func(g *Generator) string {
		return fmt.Sprintf("insert into %s (id, who, n) values (%s)%s", g.relation(), g.row(), g.returning())
	}},
	{"insert", true, 1, func(g *Generator) string {
		return fmt.Sprintf("insert into rs.k (id, t, who, n) values (%d, %d, %s, 1)%s", 10+g.r.IntN(5), 1+g.r.IntN(9), g.who(), g.returning())
	}},
	{"insert rows", true, 1, func(g *Generator) string {
		return fmt.Sprintf("insert into %s (id, n) values (%d, %s), (%d, %s)%s", g.relation(), 10, g.number(), 11, g.number(), g.returning())
	}},
	{"insert select", true, 2, func(g *Generator) string {
		return fmt.Sprintf("insert into %s (id, who, n) select id + %d, %s, n from %s%s%s", g.relation(), 10+g.r.IntN(50), g.pick("who", "current_user"), g.relation(), g.plainWhere(), g.returning())
	}},
	{"on conflict do nothing", true, 1, func(g *Generator) string {
		return fmt.Sprintf("insert into %s (id, who, n) values (%s) on conflict %sdo nothing%s", g.table(), g.row(), g.pick("", "(id) ", "(id) "), g.returning())
	}},
	{"on conflict do update", true, 1, func(g *Generator) string {
		where := ""
		if g.chance(30) {
			where = " where x." + g.pick("n > 0", "who = current_user", "id <> 2")
		}
		return fmt.Sprintf("insert into %s as x (id, who, n) values (%s) on conflict (id) do update set %s%s%s", g.table(), g.row(),
			g.pick("n = excluded.n", "who = excluded.who", "n = x.n + 1", "who = current_user, n = 1", "id = excluded.id + 20"), where, g.returning())
	}},
	{"on conflict do update", true, 1, func(g *Generator) string {
		return fmt.Sprintf("insert into rs.u (id, who, n) values (%s) on conflict (who, n) do update set %s%s", g.row(), g.pick("t = 7", "n = 50", "who = 'rs_b'"), g.returning())
	}},
	{"on conflict from select", true, 2, func(g *Generator) string {
		return fmt.Sprintf("insert into %s (id, who, n) select id, who, 4 from %s on conflict (id) do update set n = excluded.n%s", g.table(), g.table(), g.returning())
	}},
	{"update", true, 1, func(g *Generator) string {
		return fmt.Sprintf("update %s set %s%s%s", g.relation(), g.assignment(), g.where(), g.returning())
	}},
	{"update subquery", true, 2, func(g *Generator) string {
		return fmt.Sprintf("update %s a set n = (select %s from %s b where b.id = a.id)%s", g.relation(), g.pick("max(b.n)", "count(*)::integer", "max(b.id)"), g.relation(), g.returning())
	}},
	{"update from", true, 2, func(g *Generator) string {
		return fmt.Sprintf("update %s a set n = b.n%s from %s b where b.id = a.id%s", g.relation(), g.pick("", " + 1", ", who = b.who"), g.table(), g.pick("", " returning a.id, b.n", " returning a.*"))
	}},
	{"delete", true, 1, func(g *Generator) string {
		return fmt.Sprintf("delete from %s%s%s", g.relation(), g.where(), g.returning())
	}},
	{"delete using", true, 2, func(g *Generator) string {
		return fmt.Sprintf("delete from %s a using %s b where b.id = a.id%s%s", g.relation(), g.relation(), g.pick("", " and b.n > 0"), g.pick("", " returning a.id", " returning a.id, b.n"))
	}},
	{"delete subquery", true, 2, func(g *Generator) string {
		return fmt.Sprintf("delete from %s where id in (select id from %s)%s", g.relation(), g.relation(), g.returning())
	}},
	{"writing with", true, 2, func(g *Generator) string {
		first := g.pick(fmt.Sprintf("insert into rs.u (id, who, n) values (%s) returning id, n", g.row()),
			fmt.Sprintf("update rs.u set %s%s returning id, n", g.assignment(), g.plainWhere()), fmt.Sprintf("delete from rs.u%s returning id, n", g.plainWhere()))
		return "with q as (" + first + ") " + g.pick("select * from q", "select count(*) from q", "insert into rs.t (id, n) select id + 30, n from q returning id",
			"update rs.t set n = q.n from q where q.id = t.id returning t.id", "delete from rs.k using q where q.id = k.id")
	}},
	{"truncate", true, 1, func(g *Generator) string { return "truncate " + g.pick("rs.u", "rs.k") }},
}

// Statement makes a statement of a random role.
func (g *Generator) Statement() Step {
	f := forms[g.r.IntN(len(forms))]
	sql := f.make(g)
	kind, relations := f.kind, f.relations
	if strings.Contains(sql, "rs.v") {
		relations++
	}
	return Step{Role: g.role(), SQL: sql, Kind: kind, Writes: f.writes, Relations: relations}
}

// relation is a table or a view.
func (g *Generator) relation() string {
	if len(g.views) > 0 && g.chance(35) {
		return g.pick(g.views...)
	}
	return g.table()
}

func (g *Generator) where() string {
	return g.pick("", "", " where "+g.condition("rs.v", false, false), " where "+g.condition("rs.v", false, true), " where id = "+fmt.Sprint(1+g.r.IntN(8)), " where n = 1")
}

// plainWhere cannot fail.
func (g *Generator) plainWhere() string {
	return g.pick("", " where "+g.condition("rs.v", false, false), " where id = "+fmt.Sprint(1+g.r.IntN(8)), " where n = 1")
}

func (g *Generator) returning() string {
	return g.pick("", "", "", " returning id", " returning *", " returning n + 1", " returning 10 / n", " returning who")
}

func (g *Generator) who() string {
	return g.pick("'rs_a'", "'rs_b'", "current_user", "current_user", "null", "'rs_owner'")
}

func (g *Generator) number() string { return g.pick("0", "1", "2", "-1", "null", "7", "95") }

// row is a new row's id, who and n.
func (g *Generator) row() string {
	id := g.pick("1", "2", "3", "4", "10", "11", "12", "20", "null")
	return id + ", " + g.who() + ", " + g.number()
}

func (g *Generator) assignment() string {
	return g.pick("n = "+g.number(), "who = "+g.who(), "n = n + 1", "n = 5, who = "+g.who(), "id = id + 100", "n = 10 / n", "who = current_user")
}
