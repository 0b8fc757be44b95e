package databasetest

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

var errorTests = map[string]func(*testing.T, database.DB){
	"constraints":  testConstraintErrors,
	"foreign keys": testForeignKeyErrors,
	"names":        testNameErrors,
	"syntax":       testSyntaxErrors,
	"privileges":   testPrivilegeErrors,
	"positions":    testErrorPositions,
	"afterwards the database works": func(t *testing.T, db database.DB) {
		for range 30 { // more than any pool has connections
			wantCode(t, on(db, owner), "42P01", "select * from nothing")
		}
		want(t, on(db, owner), "1", "select 1")
	},
}

// wantError compares the fields of an error that are not empty in want.
func wantError(t *testing.T, got *fault.Error, want fault.Error) {
	t.Helper()
	for _, f := range []struct{ name, got, want string }{
		{"message", got.Message, want.Message}, {"detail", got.Detail, want.Detail}, {"hint", got.Hint, want.Hint},
		{"schema", got.Schema, want.Schema}, {"table", got.Table, want.Table}, {"column", got.Column, want.Column},
		{"constraint", got.Constraint, want.Constraint},
	} {
		if f.want != "" && f.got != f.want {
			t.Errorf("%s %q, want %q (%v)", f.name, f.got, f.want, got)
		}
	}
	if want.Position != 0 && got.Position != want.Position {
		t.Errorf("position %d, want %d (%v)", got.Position, want.Position, got)
	}
}

func testConstraintErrors(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, `create table items (id integer primary key, sku text not null unique, n integer constraint positive check (n > 0))`,
		`create unique index items_lower on items (n) where sku = 'one'`, `insert into items values (1, 'a', 1)`)
	wantError(t, wantCode(t, r, "23505", "insert into items values (1, 'b', 1)"), fault.Error{
		Message: `duplicate key value violates unique constraint "items_pkey"`,
		Detail:  "Key (id)=(1) already exists.", Schema: "public", Table: "items", Constraint: "items_pkey"})
	wantError(t, wantCode(t, r, "23505", "insert into items values (2, 'a', 1)"), fault.Error{
		Message: `duplicate key value violates unique constraint "items_sku_key"`,
		Detail:  "Key (sku)=(a) already exists.", Schema: "public", Table: "items", Constraint: "items_sku_key"})
	wantError(t, wantCode(t, r, "23502", "insert into items values (2, null, 1)"), fault.Error{
		Message: `null value in column "sku" of relation "items" violates not-null constraint`,
		Detail:  "Failing row contains (2, null, 1).", Schema: "public", Table: "items", Column: "sku"})
	wantError(t, wantCode(t, r, "23514", "insert into items values (2, 'b', 0)"), fault.Error{
		Message: `new row for relation "items" violates check constraint "positive"`,
		Detail:  "Failing row contains (2, b, 0).", Schema: "public", Table: "items", Constraint: "positive"})
	exec(t, r, "insert into items values (2, 'b', null)")
	exec(t, r, "insert into items values (3, 'one', 5)")
	wantError(t, wantCode(t, r, "23505", "update items set n = 5, sku = 'one' where id = 2"), fault.Error{
		Table: "items"})
}

func testForeignKeyErrors(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, "create table parent (id integer primary key)",
		"create table child (id integer primary key, parent_id integer references parent (id))",
		"insert into parent values (1), (2)", "insert into child values (1, 1), (2, null)")
	wantError(t, wantCode(t, r, "23503", "insert into child values (3, 9)"), fault.Error{
		Message: `insert or update on table "child" violates foreign key constraint "child_parent_id_fkey"`,
		Detail:  `Key (parent_id)=(9) is not present in table "parent".`,
		Schema:  "public", Table: "child", Constraint: "child_parent_id_fkey"})
	wantError(t, wantCode(t, r, "23503", "delete from parent where id = 1"), fault.Error{
		Message: `update or delete on table "parent" violates foreign key constraint "child_parent_id_fkey" on table "child"`,
		Detail:  `Key (id)=(1) is still referenced from table "child".`,
		Schema:  "public", Table: "child", Constraint: "child_parent_id_fkey"})
	wantCode(t, r, "23503", "update parent set id = 5 where id = 1")
	wantCode(t, r, "2BP01", "drop table parent")
	exec(t, r, "delete from parent where id = 2")
	want(t, r, "1", "select id from parent")
}

func testNameErrors(t *testing.T, db database.DB) {
	r := on(db, owner)
	exec(t, r, "create table t (id integer)")
	wantError(t, wantCode(t, r, "42P01", "select id from missing"),
		fault.Error{Message: `relation "missing" does not exist`, Position: 16})
	wantError(t, wantCode(t, r, "42703", "select t.nope from t"),
		fault.Error{Message: `column t.nope does not exist`, Position: 8})
	wantError(t, wantCode(t, r, "42883", "select nope(1)"),
		fault.Error{Message: `function nope(integer) does not exist`, Position: 8})
	wantError(t, wantCode(t, r, "42883", "select id from t where id = 'x'::text"),
		fault.Error{Message: "operator does not exist: integer = text", Position: 27})
	wantError(t, wantCode(t, r, "42P07", "create table t (id integer)"), fault.Error{Message: `relation "t" already exists`})
	wantError(t, wantCode(t, r, "42P01", "drop table missing"), fault.Error{Message: `table "missing" does not exist`})
	wantError(t, wantCode(t, r, "42703", "insert into t (id, other) values (1, 2)"),
		fault.Error{Message: `column "other" of relation "t" does not exist`, Position: 20})
	wantCode(t, r, "42P06", "create schema public")
	wantCode(t, r, "3F000", "create table nowhere.t (id integer)")
	wantCode(t, r, "42704", "create table u (id frobnicate)")
	wantCode(t, r, "42704", "grant select on t to nobody_such")
}

func testSyntaxErrors(t *testing.T, db database.DB) {
	r := on(db, owner)
	wantError(t, wantCode(t, r, "42601", "select 1 frm from t where"), fault.Error{Message: "syntax error at end of input"})
	wantError(t, wantCode(t, r, "42601", "selct 1"), fault.Error{Message: `syntax error at or near "selct"`, Position: 1})
	wantError(t, wantCode(t, r, "42601", "select 1 from where x"), fault.Error{Message: `syntax error at or near "where"`, Position: 15})
	// Positions count characters, not bytes.
	wantError(t, wantCode(t, r, "42601", "select 'äöü€' from from"), fault.Error{Message: `syntax error at or near "from"`, Position: 20})
	wantCode(t, r, "42601", "select 'open")
}

func testPrivilegeErrors(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table closed (id integer)", "revoke all on closed from anon, authenticated",
		"create table rls (id integer)", "alter table rls enable row level security")
	wantError(t, wantCode(t, on(db, as("anon", "")), "42501", "select * from closed"),
		fault.Error{Message: "permission denied for table closed"})
	wantError(t, wantCode(t, on(db, user("u")), "42501", "insert into rls values (1)"),
		fault.Error{Message: `new row violates row-level security policy for table "rls"`})
	wantCode(t, on(db, as("nobody_such", "")), "22023", "select 1")
	wantCode(t, on(db, as("none", "")), "22023", "select 1")
}

func testErrorPositions(t *testing.T, db database.DB) {
	exec(t, on(db, owner), "create table t (id integer)")
	sql := "select id\n  from t\n where bogus = 1"
	got := wantCode(t, on(db, owner), "42703", sql)
	if at := strings.Index(sql, "bogus") + 1; got.Position != at {
		t.Errorf("position %d, want %d", got.Position, at)
	}
}
