package differential

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

const (
	querySeed  = 20260103
	queryCount = 300
)

const queryTables = `
create table r (a integer, b text, n numeric(6,2), f double precision, d date);
create table s (a bigint, b varchar(4), n numeric(6,2), k integer primary key);
create table u (a smallint, c char(3), d date, k integer references s);
insert into r values (1, 'x', 1.0, 0.5, '2024-01-01'), (1, 'x', 1.00, 0.5, '2024-01-01'), (2, 'y', 2.50, -1, '2024-02-29'), (null, null, null, null, null), (3, '', 0, 0, null), (2, 'Y', -2.5, 1e10, '2023-12-31');
insert into s values (1, 'x', 1, 1), (2, 'y', 2.5, 2), (2, null, null, 3), (null, 'z', 0, 4), (9, 'X', -1, 5);
insert into u values (1, 'a', '2024-01-01', 1), (1, 'a ', null, 1), (2, 'b', '2024-02-29', 3), (null, null, null, null)`

// queries makes random SELECTs over the tables: joins of all kinds, subqueries,
// groups, set operations and WITH.
type queries struct{ r *rand.Rand }

func (q queries) pick(list ...string) string { return list[q.r.IntN(len(list))] }

// table is a table and the expressions over it by type.
var queryColumns = map[string]map[string][]string{
	"r": {"int": {"a"}, "num": {"n", "a"}, "text": {"b"}, "date": {"d"}},
	"s": {"int": {"a", "k"}, "num": {"n", "k"}, "text": {"b"}},
	"u": {"int": {"a", "k"}, "num": {"a"}, "text": {"c"}, "date": {"d"}},
}

func (q queries) expr(from []string, kind string, depth int) string {
	if depth > 0 && q.r.IntN(2) == 0 {
		switch kind {
		case "int":
			return fmt.Sprintf("(%s %s %s)", q.expr(from, "int", depth-1), q.pick("+", "-", "*"), q.expr(from, "int", depth-1))
		case "num":
			return q.pick("coalesce("+q.expr(from, "num", depth-1)+", 0)", "("+q.expr(from, "num", depth-1)+" + "+q.expr(from, "int", depth-1)+")", "abs("+q.expr(from, "num", depth-1)+")")
		case "text":
			return q.pick("lower("+q.expr(from, "text", depth-1)+")", "("+q.expr(from, "text", depth-1)+" || '!')", "coalesce("+q.expr(from, "text", depth-1)+", '-')")
		}
	}
	alias := from[q.r.IntN(len(from))]
	columns := queryColumns[alias[:1]][kind]
	if len(columns) == 0 || q.r.IntN(6) == 0 {
		return map[string]string{"int": q.pick("1", "2", "null::integer"), "num": q.pick("1.0", "2.5", "0"), "text": q.pick("'x'", "''", "'Y'"), "date": "date '2024-02-29'"}[kind]
	}
	return alias + "." + q.pick(columns...)
}

func (q queries) cond(from []string, depth int) string {
	kind := q.pick("int", "num", "text", "date")
	x, y := q.expr(from, kind, 1), q.expr(from, kind, 1)
	if depth > 0 {
		switch q.r.IntN(9) {
		case 0:
			return "(" + q.cond(from, depth-1) + q.pick(" and ", " or ") + q.cond(from, depth-1) + ")"
		case 1:
			return "not " + q.cond(from, depth-1)
		case 2:
			return x + q.pick(" in ", " not in ") + "(" + q.column(from, kind, depth-1) + ")"
		case 3:
			return q.pick("", "not ") + "exists (" + q.column(from, kind, depth-1) + ")"
		case 4:
			return x + q.pick(" = any ", " <= all ", " > any ", " <> all ") + "(" + q.column(from, kind, depth-1) + ")"
		case 5:
			return "(" + x + ") " + q.pick("is null", "is not null", "is distinct from "+y)
		}
	}
	return "(" + x + q.pick(" = ", " <> ", " < ", " >= ") + y + ")"
}

// column is a subquery of one column, which may see the tables around it.
func (q queries) column(outer []string, kind string, depth int) string {
	alias := fmt.Sprintf("%s%d", q.pick("r", "s", "u"), 10+q.r.IntN(80))
	from := append([]string{alias}, outer...)
	return "select " + q.expr([]string{alias}, kind, 1) + " from " + alias[:1] + " " + alias + " where " + q.cond(from, depth)
}

// from makes a FROM and lists the aliases in it.
func (q queries) from() (string, []string) {
	var aliases []string
	add := func() string {
		table := q.pick("r", "s", "u")
		alias := fmt.Sprintf("%s%d", table, len(aliases))
		aliases = append(aliases, alias)
		return table + " " + alias
	}
	sql := add()
	for range q.r.IntN(3) {
		join := q.pick(" join ", " left join ", " right join ", " cross join ", " full join ")
		left := append([]string(nil), aliases...)
		sql += join + add()
		right := aliases[len(aliases)-1:]
		switch join {
		case " cross join ":
		case " full join ":
			kind := q.pick("int", "text")
			sql += " on " + left[0] + "." + queryColumns[left[0][:1]][kind][0] + " = " + right[0] + "." + queryColumns[right[0][:1]][kind][0]
		default:
			sql += " on " + q.cond(aliases, 1)
		}
	}
	return sql, aliases
}

var queryKinds = []string{"int", "num", "text"}

func (q queries) simple() string {
	from, aliases := q.from()
	where := ""
	if q.r.IntN(2) == 0 {
		where = " where " + q.cond(aliases, 2)
	}
	cols := make([]string, len(queryKinds))
	for i, kind := range queryKinds {
		cols[i] = q.expr(aliases, kind, 2)
	}
	// Which of equal values stays, 1 or 1.00, is not settled: all are written alike.
	cols[1] = "round(" + cols[1] + ", 2)"
	switch q.r.IntN(4) {
	case 0:
		having := q.pick("", " having count(*) > 1", " having sum("+cols[0]+") > 1")
		return fmt.Sprintf("select sum(%s) as x, max(%s) as y, %s as z from %s%s group by %[3]s%[6]s", cols[0], cols[1], cols[2], from, where, having)
	case 1:
		return "select distinct " + cols[0] + " as x, " + cols[1] + " as y, " + cols[2] + " as z from " + from + where
	}
	return "select " + cols[0] + " as x, " + cols[1] + " as y, " + cols[2] + " as z from " + from + where
}

func (q queries) query() string {
	sql := q.simple()
	switch q.r.IntN(6) {
	case 0:
		sql = "(" + sql + ") " + q.pick("union", "union all", "intersect", "except", "intersect all", "except all") + " (" + q.simple() + ")"
	case 1:
		sql = "with w as (" + sql + ") select w.x, v.y, count(*) as z from w join w v on w.z = v.z group by w.x, v.y"
	case 2:
		sql = "select t.x, (select count(*) from r where r.a = t.x) as y, t.z from (" + sql + ") t where t.y is not null"
	case 3:
		return sql + " order by 1 nulls first, 2 desc, 3 limit 1000"
	}
	return sql
}

// TestRandomQueries asks both engines random questions.
func TestRandomQueries(t *testing.T) {
	server, other := openPostgres(t), openEmbedded(t)
	for _, db := range []database.DB{server, other} {
		if err := setup(t.Context(), db, &Case{SQL: queryTables}); err != nil {
			t.Fatal(err)
		}
	}
	q := queries{rand.New(rand.NewPCG(querySeed, 1))}
	failed, refused := 0, 0
	for range queryCount {
		c := &Case{SQL: q.query()}
		var outcomes [2][]Outcome
		for i, db := range []database.DB{server, other} {
			o, err := Run(t.Context(), db, c)
			if err != nil {
				t.Fatal(err)
			}
			outcomes[i] = o
		}
		if outcomes[0][0].Code != "" {
			failed++
		}
		switch v, reason := Compare(c, outcomes[0], outcomes[1]); v {
		case Differ:
			t.Errorf("%s\n%s", reason, c.SQL)
		case Refuse:
			refused++
			t.Logf("refused: %s: %s", reason, strings.TrimSpace(c.SQL))
		}
	}
	if t.Logf("%d queries, %d fail, %d refused", queryCount, failed, refused); failed > queryCount/4 || refused > queryCount/20 {
		t.Error("too many queries fail or are refused to prove much")
	}
	if t.Failed() {
		t.Logf("seed %d", querySeed)
	}
}
