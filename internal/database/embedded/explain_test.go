package embedded_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

const explainSQL = `create table todos (id serial primary key, owner text not null, title text);
create index todos_owner on todos (owner);
create table people (name text primary key);
insert into people values ('ada'), ('bob');
insert into todos (owner, title) values ('ada', 'x'), ('ada', 'y'), ('bob', 'z');
create policy own on todos using (owner = current_user);
alter table todos enable row level security;
create role ada;
grant select, insert on todos to ada;
grant usage on sequence todos_id_seq to ada`

func explainDB(t *testing.T) database.DB {
	t.Helper()
	db := open(t)
	for statement := range strings.SplitSeq(explainSQL, ";\n") {
		answer(t, db, statement)
	}
	return db
}

func lines(t *testing.T, db database.DB, s database.Session, sql string) string {
	t.Helper()
	rows, err := db.Query(t.Context(), s, database.Statement{SQL: sql})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		out = append(out, string(rows.Value(0)))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if got := rows.Tag(); got != "EXPLAIN" {
		t.Errorf("%s: the tag is %q", sql, got)
	}
	if c := rows.Columns(); len(c) != 1 || c[0].Name != "QUERY PLAN" {
		t.Errorf("%s: columns %v", sql, c)
	}
	return regexp.MustCompile(`[0-9]+\.[0-9]{3}`).ReplaceAllString(strings.Join(out, "\n"), "T")
}

func TestExplain(t *testing.T) {
	db := explainDB(t)
	ada := database.Session{Role: "ada"}
	for _, c := range []struct {
		session database.Session
		sql     string
		want    string
	}{
		{database.Session{}, "explain select * from todos where owner = 'ada'",
			"Select\n  ->  SEARCH todos USING INDEX todos_owner (owner=?)"},
		{database.Session{}, "explain (costs off, verbose) select title, p.name from todos t join people p on p.name = t.owner where t.id = 1",
			"Select\n  Output: title, name\n  ->  SEARCH todos t USING INTEGER PRIMARY KEY (rowid=?)\n  ->  SEARCH people p USING COVERING INDEX people_pkey (name=?)"},
		{database.Session{}, "explain analyze select * from todos",
			"Select  (actual time=T rows=3 loops=1)\n  ->  SCAN todos\nPlanning Time: T ms\nExecution Time: T ms"},
		{ada, "explain (analyze, timing off, summary off) select * from todos",
			"Select  (actual rows=2 loops=1)\n  ->  SEARCH todos USING INDEX todos_owner (owner=?)"},
		{database.Session{}, "explain update todos set title = title || '!' where id = 3",
			"Update on todos\n  ->  SEARCH todos USING INTEGER PRIMARY KEY (rowid=?)"},
		{database.Session{}, "explain with w as (delete from people where name = 'bob' returning name) select * from w",
			"Select\n  ->  Statement 1 of WITH\n        ->  Delete on people\n              ->  SEARCH people USING INDEX people_pkey (name=?)\n  ->  SCAN statement 1 of WITH VIRTUAL TABLE INDEX 0:"},
		{ada, "explain (analyze, format json, summary off, timing off) select id from todos",
			"[\n  {\n    \"Plan\": {\n      \"Node Type\": \"Select\",\n      \"Actual Rows\": 2,\n      \"Actual Loops\": 1,\n" +
				"      \"Plans\": [\n        {\n          \"Node Type\": \"SEARCH\",\n          \"Relation Name\": \"todos\",\n          \"Detail\": \"USING COVERING INDEX todos_owner (owner=?)\"\n        }\n      ]\n    }\n  }\n]"},
	} {
		if got := lines(t, db, c.session, c.sql); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.sql, got, c.want)
		}
	}
}

// EXPLAIN alone changes nothing; with ANALYZE it does what the statement does.
func TestExplainWrites(t *testing.T) {
	db := explainDB(t)
	lines(t, db, database.Session{}, "explain insert into people values ('cleo')")
	lines(t, db, database.Session{}, "explain delete from people")
	if got := answer(t, db, "select count(*) from people"); got != "2" {
		t.Errorf("EXPLAIN has changed the table: %s rows", got)
	}
	got := lines(t, db, database.Session{}, "explain (analyze, timing off, summary off) insert into people select 'p' || g from generate_series(1, 3) g")
	if !strings.HasPrefix(got, "Insert on people  (actual rows=3 loops=1)\n") {
		t.Errorf("the plan is %s", got)
	}
	if got := answer(t, db, "select count(*) from people"); got != "5" {
		t.Errorf("EXPLAIN ANALYZE has left %s rows", got)
	}
	lines(t, db, database.Session{Role: "ada"}, "explain analyze insert into todos (owner, title) values ('ada', 'n')")
	if got := answer(t, db, "select count(*) from todos"); got != "4" {
		t.Errorf("EXPLAIN ANALYZE has left %s rows", got)
	}
}

func TestExplainErrors(t *testing.T) {
	db := explainDB(t)
	for _, c := range []struct {
		session database.Session
		sql     string
		code    string
		read    bool
	}{
		{database.Session{Role: "ada"}, "explain select * from people", fault.InsufficientPrivilege, false},
		{database.Session{Role: "ada"}, "explain analyze insert into todos (owner) values ('bob')", fault.InsufficientPrivilege, false},
		{database.Session{}, "explain select nope from people", fault.UndefinedColumn, false},
		{database.Session{}, "explain select 1 / 0", "22012", false},
		{database.Session{}, "explain analyze select 1 / (length(name) - 3) from people", "22012", false},
		{database.Session{}, "explain analyze insert into people values ('ada')", fault.UniqueViolation, false},
		{database.Session{}, "explain analyze insert into people values ('x')", fault.ReadOnlyTransaction, true},
		{database.Session{}, "explain create table x (a int)", fault.SyntaxError, false},
		{database.Session{}, "explain create table x as select 1", fault.FeatureNotSupported, false},
		{database.Session{}, "explain (nope) select 1", fault.SyntaxError, false},
		{database.Session{}, "explain (verbose maybe) select 1", fault.SyntaxError, false},
		{database.Session{}, "explain (format pretty) select 1", fault.InvalidParameter, false},
		{database.Session{}, "explain (format xml) select 1", fault.FeatureNotSupported, false},
		{database.Session{}, "explain (timing) select 1", fault.InvalidParameter, false},
	} {
		_, err := runSQL(t, db, c.session, database.Statement{SQL: c.sql, ReadOnly: c.read})
		if fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", c.sql, err, c.code)
		}
	}
	if got := answer(t, db, "select count(*) from people"); got != "2" {
		t.Errorf("a failed EXPLAIN ANALYZE has left %s rows", got)
	}
}

func runSQL(t *testing.T, db database.DB, s database.Session, st database.Statement) (int, error) {
	t.Helper()
	rows, err := db.Query(t.Context(), s, st)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}
