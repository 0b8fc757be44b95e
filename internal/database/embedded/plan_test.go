package embedded_test

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

const planSQL = `create table kinds (id integer primary key, name text not null);
create table places (id integer primary key, name text not null);
create table facts (id integer primary key, kind_id integer not null, n integer not null, note text);
create index facts_kind on facts (kind_id);
insert into kinds select g, 'kind ' || g from generate_series(1, 5) g;
insert into places select g, 'place ' || g from generate_series(1, 50) g;
insert into facts select g, g % 5 + 1, g % 997, 'fact ' || g from generate_series(1, 20000) g`

func planDB(t *testing.T) database.DB {
	t.Helper()
	db := open(t)
	for statement := range strings.SplitSeq(planSQL, ";\n") {
		answer(t, db, statement)
	}
	return db
}

// TestPlans holds statements to plans that do not look at the same rows again and again.
func TestPlans(t *testing.T) {
	db := planDB(t)
	for _, c := range []struct{ name, sql, want string }{
		{"LATERAL is run for rows of what it reads", "select k.name, p.name, l.n from kinds k cross join places p cross join lateral (select max(n) as n from facts where kind_id = k.id) l",
			"Select\n  ->  SCAN kinds k\n  ->  SCAN l VIRTUAL TABLE INDEX 0:\n  ->  CORRELATED SCALAR SUBQUERY 2\n        ->  CO-ROUTINE s\n" +
				"              ->  SEARCH facts USING INDEX facts_kind (kind_id=?)\n        ->  SCAN s\n  ->  SCAN places p"},
		{"the rows that ANY compares with are made once", "select id from facts f where n > any (select count(*) from facts group by kind_id)",
			"Select\n  ->  SCAN facts f\n  ->  CORRELATED SCALAR SUBQUERY 3\n        ->  MATERIALIZE m\n" +
				"              ->  SCAN facts USING COVERING INDEX facts_kind\n        ->  SCAN m"},
	} {
		if got := lines(t, db, database.Session{}, "explain "+c.sql); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}
