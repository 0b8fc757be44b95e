// Package randomsecurity makes random policies, grants, views and functions over a
// few tables, and random statements of every kind, for comparing what engines let
// roles see and change.
//
//	g := randomsecurity.New(seed)
//	for _, step := range g.World() { … }      // definitions
//	statement := g.Statement()                // of a random role
//
// What is made leaves PostgreSQL nothing open but the order of rows: a condition
// that fails on some rows stands alone, where no plan decides which rows it meets.
package randomsecurity

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Roles are who the statements run as: the owner of the tables, roles with and
// without memberships, and one that policies do not bind.
var Roles = []string{"rs_owner", "rs_a", "rs_b", "rs_ab", "rs_loner", "rs_bypass"}

// CreateRoles makes the roles, where they are not there yet.
const CreateRoles = `create role rs_owner; create role rs_a; create role rs_b; create role rs_ab in role rs_a, rs_b;
create role rs_loner noinherit in role rs_a; create role rs_bypass bypassrls`

// Tables are the tables of a world.
var Tables = []string{"rs.t", "rs.u", "rs.k"}

// Step is a definition or a statement: who runs it and what.
type Step struct {
	Role string // empty for the owner of the database
	SQL  string
	Kind string
	// Writes tells that it may change rows.
	Writes bool
	// Relations counts what it names; with more than one it is PostgreSQL's plan
	// that decides which is denied first.
	Relations int
}

// Generator makes worlds and statements.
type Generator struct {
	r        *rand.Rand
	views    []string
	policies int
}

// New returns a generator; the same seed makes the same.
func New(seed uint64) *Generator { return &Generator{r: rand.New(rand.NewPCG(seed, 17))} }

func (g *Generator) pick(list ...string) string { return list[g.r.IntN(len(list))] }

func (g *Generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func (g *Generator) role() string { return g.pick(Roles...) }

func (g *Generator) table() string { return g.pick(Tables...) }

// World returns the definitions of a new world, which takes the place of the one
// before.
func (g *Generator) World() []Step {
	g.views, g.policies = nil, 0
	steps := []Step{
		{SQL: "drop table if exists rs.t, rs.u, rs.k cascade"},
		{SQL: "drop schema if exists rs cascade"},
		{SQL: "create schema rs authorization rs_owner"},
		{SQL: "grant usage on schema rs to public"},
		{Role: "rs_owner", SQL: "create table rs.t (id integer primary key, who text, n integer check (n < 90), tag text)"},
		{Role: "rs_owner", SQL: "create table rs.u (id integer primary key, t integer, who text, n integer, unique (who, n))"},
		{Role: "rs_owner", SQL: "create table rs.k (id integer primary key, t integer references rs.t (id) on delete " +
			g.pick("cascade", "set null", "no action") + " on update " + g.pick("cascade", "no action") + ", who text, n integer not null default 0)"},
	}
	for _, table := range Tables {
		steps = append(steps, Step{Role: "rs_owner", SQL: g.rows(table)})
	}
	for _, sql := range functions {
		steps = append(steps, Step{Role: "rs_owner", SQL: sql})
	}
	for _, table := range Tables {
		if g.chance(85) {
			steps = append(steps, Step{Role: "rs_owner", SQL: "alter table " + table + " enable row level security"})
		}
		if g.chance(25) {
			steps = append(steps, Step{Role: "rs_owner", SQL: "alter table " + table + " force row level security"})
		}
		if g.chance(90) { // else only what the random ones allow
			steps = append(steps, Step{Role: "rs_owner", SQL: "grant select, insert, update, delete on " + table + " to " + g.pick("public", "public", "public", "rs_a, rs_b, rs_bypass")})
		}
	}
	for range 3 + g.r.IntN(9) {
		steps = append(steps, g.policy())
	}
	for range 2 + g.r.IntN(5) {
		steps = append(steps, g.grant())
	}
	for range 1 + g.r.IntN(5) {
		steps = append(steps, g.view())
		if g.chance(90) {
			steps = append(steps, Step{Role: "rs_owner", SQL: "grant " + g.pick("select", "all", "all", "select (id, n)", "insert, update, delete, select") +
				" on " + g.views[len(g.views)-1] + " to " + g.pick("public", "public", "rs_a, rs_b")})
		}
	}
	return steps
}

// rows fills a table.
func (g *Generator) rows(table string) string {
	var rows []string
	for id := 1; id <= 4+g.r.IntN(4); id++ {
		who := g.pick("'rs_a'", "'rs_b'", "'rs_ab'", "'rs_owner'", "'rs_loner'", "null", "'x'")
		n := g.pick("0", "1", "2", "3", "-1", "null", "5")
		switch table {
		case "rs.t":
			rows = append(rows, fmt.Sprintf("(%d, %s, %s, %s)", id, who, n, g.pick("'x'", "'y'", "null", "'12'")))
		case "rs.u":
			rows = append(rows, fmt.Sprintf("(%d, %d, %s, %d)", id, 1+g.r.IntN(9), who, id-2))
		default:
			rows = append(rows, fmt.Sprintf("(%d, %s, %s, %d)", id, g.pick("1", "2", "3", "null"), who, g.r.IntN(4)))
		}
	}
	return "insert into " + table + " values " + strings.Join(rows, ", ")
}

// condition is a condition on a table's columns. raising ones fail on some rows,
// which a policy may hide.
func (g *Generator) condition(table string, deep, raising bool) string {
	forms := []string{"who = current_user", "who = current_user", "n > 0", "n is not null", "id % 2 = 0", "who is null or n < 2", "id in (1, 2, 5)", "true", "n <> 1",
		"who like 'rs_%'", "coalesce(n, 0) >= 0", "not (n > 1)", "false", "(id, n) > (2, 1)", "who = any (array['rs_a', current_user::text])", "n between 0 and 2"}
	if table == "rs.t" {
		forms = append(forms, "tag = 'x'", "tag is distinct from 'y'")
	}
	if raising {
		return g.pick("10 / n > 0", "10 / (id - 3) <> 0", "who::integer > 0", "10 / (n - 1) < 100", "('{\"a\":' || who || '}')::jsonb is not null", "rs.trip(n)")
	}
	if deep {
		other := map[string]string{"rs.t": "rs.u", "rs.u": "rs.k", "rs.k": "rs.u"}[table]
		inner := g.condition(other, false, false)
		return g.pick("id in (select o.id from "+other+" o where "+inner+")",
			"exists (select 1 from "+other+" o where o.id = "+table[3:]+".id and o.n >= 0)",
			"exists (select from "+other+" o where o.t = "+table[3:]+".id)",
			"(select count(*) from "+other+") > 2", "not exists (select 1 from "+other+" o where o.who = current_user)",
			"n >= (select min(o.n) from "+other+" o)", "rs.mine(who)", "rs.seen(id)")
	}
	return g.pick(forms...)
}

// policy is CREATE POLICY. Those of t lead to u, those of k to u, and those of u
// nowhere, so that they do not lead back.
func (g *Generator) policy() Step {
	table := g.table()
	g.policies++
	command := g.pick("all", "select", "insert", "update", "delete", "all", "select")
	sql := fmt.Sprintf("create policy p%d on %s as %s for %s", g.policies, table, g.pick("permissive", "permissive", "permissive", "restrictive"), command)
	if g.chance(40) {
		sql += " to " + g.pick("rs_a", "rs_b", "rs_a, rs_owner", "public", "rs_ab, rs_loner", "rs_owner", "current_user")
	}
	condition := func() string {
		return g.condition(table, table != "rs.u" && g.chance(30), false)
	}
	if command != "insert" {
		sql += " using (" + condition() + ")"
	}
	if command == "insert" || command != "select" && command != "delete" && g.chance(40) {
		sql += " with check (" + condition() + ")"
	}
	return Step{Role: "rs_owner", SQL: sql}
}

func (g *Generator) grant() Step {
	table := g.table()
	what := g.pick("select", "insert", "update", "delete", "all", "select, update", "select (id, n)", "update (n, who)", "insert (id, n)", "select (who)", "select, insert, update, delete")
	sql := fmt.Sprintf("grant %s on %s to %s", what, table, g.pick("rs_a", "rs_b", "public", "rs_ab", "rs_bypass", "rs_loner"))
	if g.chance(25) {
		sql = fmt.Sprintf("revoke %s on %s from %s", what, table, g.pick("rs_a", "rs_b", "public", "rs_ab"))
	}
	return Step{Role: "rs_owner", SQL: sql}
}

func (g *Generator) view() Step {
	table := g.table()
	if len(g.views) > 0 && g.chance(25) {
		table = g.pick(g.views...)
	}
	name := fmt.Sprintf("rs.v%d", len(g.views))
	options := g.pick("", "", " with (security_invoker)", " with (security_invoker)", " with (security_barrier)", " with (security_barrier, security_invoker)")
	where := ""
	if g.chance(60) {
		where = " where " + g.condition("rs.v", false, false)
	}
	query := "select id, who, n from " + table + where
	switch check := g.r.IntN(10); {
	case check < 2 && where != "":
		query += g.pick(" with check option", " with local check option")
	case check == 2:
		query = "select a.id, b.who, a.n from " + table + " a " + g.pick("join", "left join") + " " + g.table() + " b on b.id = a.id"
	case check == 3:
		query = "select max(id) as id, who, count(*)::integer as n from " + table + where + " group by who"
	}
	g.views = append(g.views, name)
	return Step{Role: "rs_owner", SQL: "create view " + name + options + " as " + query}
}

// functions that policies and statements call.
var functions = []string{
	"create function rs.mine(w text) returns boolean language sql stable as 'select w = current_user'",
	"create function rs.seen(wanted integer) returns boolean language sql stable as 'select exists (select 1 from rs.u where u.id = wanted)'",
	"create function rs.trip(x integer) returns boolean language sql immutable as 'select 10 / x > 0'",
	"create function rs.counted(x integer) returns bigint language sql stable as 'select count(*) from rs.t where n >= x'",
	"create function rs.counted_for_all(x integer) returns bigint language sql stable security definer as 'select count(*) from rs.t where n >= x'",
	"create function rs.those() returns setof rs.u language sql stable as 'select * from rs.u'",
}
