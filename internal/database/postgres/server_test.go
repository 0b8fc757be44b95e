package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/fault"
)

var owner = database.Session{}

// openWith opens a database that is there already.
func openWith(t *testing.T, config postgres.Config) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db database.DB, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		must(t, db, owner, sql)
	}
}

func isCode(t *testing.T, err error, code string) {
	t.Helper()
	if fault.Code(err) != code {
		t.Fatalf("error %v, want %s", err, code)
	}
}

// TestStaleStatements changes tables behind the engine's back, by another
// connection and without a word to anyone.
func TestStaleStatements(t *testing.T) {
	url := pgtest.Database(t)
	quiet := openWith(t, postgres.Config{URL: url, MaxConns: 1}) // no event trigger: no Bootstrap
	other := openWith(t, postgres.Config{URL: url, MaxConns: 1})
	exec(t, other, "create table t (v integer)", "insert into t values (1)")
	const star, where, insert = "select * from t", "select v from t where v = $1", "insert into t values ($1)"
	prepare := func(arg any) {
		t.Helper()
		must(t, quiet, owner, star)
		must(t, quiet, owner, where, arg)
		must(t, quiet, owner, insert, arg)
	}
	prepare(1)
	exec(t, other, "drop table t", "create table t (v text, w integer)", "insert into t values ('a', 1)")
	prepare("a")
	exec(t, other, "alter table t alter column v type boolean using true")
	prepare("yes")
	if n := must(t, other, owner, "select count(*) from t"); n != "3" {
		t.Errorf("%s rows, want 3: a statement ran twice or not at all", n)
	}
}

// TestColumnsOfStaleStatements: the columns of a statement that was prepared before
// its table changed are those of now.
func TestColumnsOfStaleStatements(t *testing.T) {
	url := pgtest.Database(t)
	quiet := openWith(t, postgres.Config{URL: url, MaxConns: 1})
	other := openWith(t, postgres.Config{URL: url, MaxConns: 1})
	exec(t, other, "create table t (v integer, w integer)")
	for _, c := range []struct {
		change string
		want   []database.Column
	}{
		{"select 1", []database.Column{{Name: "v", Type: "int4"}, {Name: "w", Type: "int4"}}},
		{"alter table t rename column v to x", []database.Column{{Name: "x", Type: "int4"}, {Name: "w", Type: "int4"}}},
		{"insert into t values (1, 2)", []database.Column{{Name: "x", Type: "int4"}, {Name: "w", Type: "int4"}}},
		{"alter table t alter column w type text", []database.Column{{Name: "x", Type: "int4"}, {Name: "w", Type: "text"}}},
		{"alter table t drop column x", []database.Column{{Name: "w", Type: "text"}}},
		{"alter table t drop column w", nil},
		{"alter table t add column y date", []database.Column{{Name: "y", Type: "date"}}},
	} {
		exec(t, other, c.change)
		for range 3 {
			rows, err := quiet.Query(t.Context(), owner, database.Statement{SQL: "select * from t", ReadOnly: true})
			if err != nil {
				t.Fatalf("%s: %v", c.change, err)
			}
			if got := rows.Columns(); !slices.Equal(got, c.want) {
				t.Errorf("%s: columns %v, want %v", c.change, got, c.want)
			}
			rows.Close()
		}
	}
}

// TestErrorsOfFunctionsAreFinal: an error that a function raises is not taken for
// that of a stale statement, which is run again; a sequence would count both.
func TestErrorsOfFunctionsAreFinal(t *testing.T) {
	db := one(t)
	exec(t, db, "create sequence calls", `create function f(code text) returns integer language plpgsql as $$
		begin perform nextval('calls'); raise exception 'no' using errcode = code; end $$`)
	calls := 0
	for _, code := range []string{fault.InvalidText, fault.FeatureNotSupported, fault.UndefinedTable, fault.DatatypeMismatch} {
		for range 3 {
			_, err := get(t, db, owner, "select f($1)", code)
			isCode(t, err, code)
			calls++
		}
	}
	if n := must(t, db, owner, "select last_value from calls"); n != strconv.Itoa(calls) {
		t.Errorf("%d statements called the function %s times", calls, n)
	}
}

func TestSchemaNews(t *testing.T) {
	url := pgtest.Database(t)
	watching := open(t, url)
	writing := openWith(t, postgres.Config{URL: url})
	sees := func(name string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
			s, err := watching.Schema(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if s.Relation("public", name) != nil {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is not seen", name)
			}
		}
	}
	must(t, watching, owner, "select 1")
	exec(t, writing, "create table by_trigger (id integer)")
	sees("by_trigger")
	// A function's DDL, which no text shows.
	exec(t, writing, "create function ddl() returns void language plpgsql as $$ begin create table by_function (id integer); end $$",
		"select ddl()")
	sees("by_function")
	exec(t, writing, "drop event trigger galley_schema_changed", "create table by_notify (id integer)", "notify pgrst, 'reload schema'")
	sees("by_notify")
}

func TestSchemaPoll(t *testing.T) {
	url := pgtest.Database(t)
	polling := openWith(t, postgres.Config{URL: url, PollInterval: 20 * time.Millisecond})
	writing := openWith(t, postgres.Config{URL: url})
	before, err := polling.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec(t, writing, "create table quiet (id integer)")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		now, err := polling.Schema(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if now.Version != before.Version && now.Relation("public", "quiet") != nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the poll found nothing")
		}
	}
	exec(t, writing, "drop table quiet")
	if err := polling.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now, err := polling.Schema(t.Context()); err != nil || now.Relation("public", "quiet") != nil {
		t.Fatalf("after Reload the table is still there (error %v)", err)
	}
}

func TestBootstrapAtOnce(t *testing.T) {
	urls := []string{pgtest.Database(t), pgtest.Database(t), pgtest.Database(t)}
	var wg sync.WaitGroup
	for range 3 { // nodes of each database
		for _, url := range urls {
			db := openWith(t, postgres.Config{URL: url, MaxConns: 2})
			wg.Go(func() {
				if err := db.Bootstrap(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	db := openWith(t, postgres.Config{URL: urls[0]})
	if got := must(t, db, owner, "select string_agg(rolname || rolbypassrls || rolcanlogin, ',' order by rolname) from pg_roles "+
		"where rolname in ('anon', 'authenticated', 'service_role')"); got != "anonfalsefalse,authenticatedfalsefalse,service_roletruefalse" {
		t.Errorf("roles %s", got)
	}
}

func TestBootstrapKeepsWhatIsThere(t *testing.T) {
	url := pgtest.Database(t)
	db := openWith(t, postgres.Config{URL: url})
	exec(t, db, "create table before (id integer)", "create schema auth",
		"create function auth.role() returns text language sql as $$ select 'own' $$")
	for range 2 {
		if err := db.Bootstrap(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, db, "create table after (id bigint generated always as identity)")
	anon := database.Session{Role: "anon"}
	must(t, db, anon, "select count(*) from before")
	must(t, db, anon, "insert into after default values")
	if got := must(t, db, anon, "select auth.role()"); got != "own" {
		t.Errorf("auth.role() is %q: an existing function was replaced", got)
	}
	exec(t, db, "revoke all on before from anon")
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := get(t, db, anon, "select count(*) from before")
	isCode(t, err, fault.InsufficientPrivilege)
}

// TestBootstrapAsOrdinaryOwner prepares a database whose owner is no superuser.
// The roles are there by then; only a superuser can make one that bypasses
// row-level security.
func TestBootstrapAsOrdinaryOwner(t *testing.T) {
	url := pgtest.Database(t)
	admin := open(t, url)
	name := "galley_owner_" + must(t, admin, owner, "select substr(md5(random()::text), 1, 12)")
	exec(t, admin, "create role "+name+" login password 'secret' createrole", "drop schema galley cascade", "drop schema auth cascade",
		"grant anon, authenticated, service_role to "+name, "alter schema public owner to "+name,
		"do $$ begin execute format('grant create on database %I to "+name+"', current_database()); end $$")
	t.Cleanup(func() {
		for _, sql := range []string{"reassign owned by " + name + " to current_user", "drop owned by " + name, "drop role " + name} {
			if _, err := database.Exec(admin.Query(context.Background(), owner, database.Statement{SQL: sql})); err != nil {
				t.Error(err)
			}
		}
	})
	db := openWith(t, postgres.Config{URL: asUser(t, url, name, "secret")})
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec(t, db, "create table t (id integer)", "insert into t values (1)")
	if got := must(t, db, database.Session{Role: "anon", Claims: `{"role":"x"}`}, "select auth.role() from t"); got != "x" {
		t.Errorf("anon read %q", got)
	}
}

// TestBootstrapWithoutRights: a role that may not prepare the database is told what
// a superuser has to run, and that is enough.
func TestBootstrapWithoutRights(t *testing.T) {
	url := pgtest.Database(t)
	admin := openWith(t, postgres.Config{URL: url})
	t.Cleanup(func() { _ = admin.Close() })
	name := "Galley plain " + must(t, admin, owner, "select substr(md5(random()::text), 1, 12)")
	exec(t, admin, `create role "`+name+`" login password 'secret'`, "create table before (a int)")
	t.Cleanup(func() {
		for _, sql := range []string{`reassign owned by "` + name + `" to current_user`, `drop owned by "` + name + `"`, `drop role "` + name + `"`} {
			if _, err := database.Exec(admin.Query(context.Background(), owner, database.Statement{SQL: sql})); err != nil {
				t.Error(err)
			}
		}
	})
	db := openWith(t, postgres.Config{URL: asUser(t, url, strings.ReplaceAll(name, " ", "%20"), "secret")})
	t.Cleanup(func() { _ = db.Close() })
	err := db.Bootstrap(t.Context())
	f := fault.From(err)
	_, script, found := strings.Cut(f.Hint, "once: ")
	if err == nil || f.Code != fault.InsufficientPrivilege || !strings.Contains(f.Message, name) || !found {
		t.Fatalf("%v, hint %q", err, f.Hint)
	}
	err = database.InTx(t.Context(), admin, owner, database.TxOptions{}, func(tx database.Tx) error { return tx.Script(t.Context(), script, nil) })
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Errorf("after %s: %v, hint %q", script, err, fault.From(err).Hint)
	}
}

func asUser(t *testing.T, url, user, password string) string {
	t.Helper()
	_, rest, found := strings.Cut(url, "@")
	if !found {
		t.Skip("the test server's URL names no user to replace")
	}
	return "postgres://" + user + ":" + password + "@" + rest
}

func TestLimits(t *testing.T) {
	db := openWith(t, postgres.Config{URL: pgtest.Database(t), MaxConns: 2, AcquireTimeout: 2 * time.Second,
		Limits: database.Limits{IdleInTransaction: 500 * time.Millisecond, Statement: 3 * time.Second}})
	_, err := get(t, db, owner, "select pg_sleep(20)")
	isCode(t, err, fault.QueryCanceled)
	first, err := db.Begin(t.Context(), owner, database.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(t.Context(), owner, database.Statement{SQL: "select 1 from generate_series(1, 100000)"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = get(t, db, owner, "select 1")
	isCode(t, err, fault.TooManyConnections)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = db.Query(ctx, owner, database.Statement{SQL: "select 1"})
	if isCode(t, err, fault.QueryCanceled); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v is no exceeded deadline", err)
	}
	rows.Close()
	time.Sleep(500 * time.Millisecond) // the limit under test
	_, err = database.Exec(first.Query(t.Context(), database.Statement{SQL: "select 1"}))
	isCode(t, err, fault.IdleTransactionTimeout)
	_ = first.Rollback(t.Context())
	must(t, db, owner, "select 1")
}

func TestLostConnections(t *testing.T) {
	url := pgtest.Database(t)
	db := openWith(t, postgres.Config{URL: url, MaxConns: 3})
	admin := openWith(t, postgres.Config{URL: url, MaxConns: 1})
	exec(t, db, "create table t (id integer)")
	kill := func() {
		t.Helper()
		must(t, admin, owner, "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity "+
			"where datname = current_database() and pid <> pg_backend_pid()")
	}
	// A statement that only reads does not notice that idle connections are gone.
	for range 3 {
		kill()
		if _, err := database.Exec(db.Query(t.Context(), owner, database.Statement{SQL: "select 1", ReadOnly: true})); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := db.Begin(t.Context(), owner, database.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	kill()
	_, err = database.Exec(tx.Query(t.Context(), database.Statement{SQL: "insert into t values (1)"}))
	if code := fault.Code(err); code != "08006" && code != fault.AdminShutdown {
		t.Errorf("error %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
	if got := must(t, db, owner, "select count(*) from t"); got != "0" {
		t.Errorf("%s rows", got)
	}
}

func TestTypeNames(t *testing.T) {
	db := openWith(t, postgres.Config{URL: pgtest.Database(t), MaxConns: 1})
	exec(t, db, "create type mood as enum ('sad', 'happy')", "create domain positive as integer check (value > 0)")
	rows, err := db.Query(t.Context(), owner, database.Statement{
		SQL: `select 'sad'::mood, array['sad'::mood], 1::positive, '{1}'::int8[], 'pg_class'::regclass, 1.5, now()::date,
			'x'::"char", 'a'::varchar(3), row(1, 2), $1`, Args: database.Args("happy"), Types: []string{"mood"}})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for _, c := range rows.Columns() {
		names = append(names, c.Type)
	}
	if got := strings.Join(names, " "); got != "mood _mood int4 _int8 regclass numeric date char varchar record mood" {
		t.Errorf("types %s", got)
	}
	_, err = db.Query(t.Context(), owner, database.Statement{SQL: "select $1", Args: database.Args("1"), Types: []string{"nope"}})
	isCode(t, err, fault.UndefinedObject)
}

// TestCommitFails has a constraint that is checked by the commit, after the rows:
// the last of them must not have been delivered by then.
func TestCommitFails(t *testing.T) {
	db := openWith(t, postgres.Config{URL: pgtest.Database(t), MaxConns: 1})
	exec(t, db, "create table p (id integer primary key)",
		"create table c (id integer references p deferrable initially deferred)")
	for _, rollback := range []bool{false, true} {
		rows, err := db.Query(t.Context(), owner, database.Statement{
			SQL: "insert into c values (1), (2) returning id", Rollback: rollback})
		delivered := 0
		if err == nil {
			for rows.Next() {
				delivered++
			}
			err = rows.Err()
			rows.Close()
		}
		isCode(t, err, fault.ForeignKeyViolation)
		if !rollback && delivered > 1 {
			t.Errorf("%d rows were delivered of a statement that was not committed", delivered)
		}
	}
	if got := must(t, db, owner, "select count(*) from c"); got != "0" {
		t.Errorf("%s rows", got)
	}
}

func TestCommandsOutsideTransactions(t *testing.T) {
	db := openWith(t, postgres.Config{URL: pgtest.Database(t), MaxConns: 1})
	exec(t, db, "create table t (id integer)")
	for _, c := range []struct{ sql, code string }{
		{"vacuum t", fault.ActiveTransaction}, {"create index concurrently on t (id)", fault.ActiveTransaction},
		{"create database galley_never", fault.ActiveTransaction}, {"copy t from stdin", fault.FeatureNotSupported},
		{"copy t to stdout", fault.FeatureNotSupported}, {"prepare x as select 1", fault.FeatureNotSupported},
		{"select 1; vacuum", fault.SyntaxError}, {"select 1\x00", fault.CharacterNotInRepertoire},
	} {
		_, err := get(t, db, owner, c.sql)
		if fault.Code(err) != c.code {
			t.Errorf("%s: error %v, want %s", c.sql, err, c.code)
		}
		must(t, db, owner, "select 1")
	}
}

func TestUnreachable(t *testing.T) {
	for url, code := range map[string]string{
		"postgres://nobody@127.0.0.1:1/x?sslmode=disable": "08006",
		"postgres://%zz": fault.InvalidParameter,
	} {
		_, err := postgres.Open(t.Context(), postgres.Config{URL: url})
		isCode(t, err, code)
	}
	_, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.URL(t) + "&dbname=galley_no_such_database"})
	if code := fault.Code(err); code != "3D000" {
		t.Errorf("error %v, want 3D000", err)
	}
}

func TestEmptyStatements(t *testing.T) {
	db := openWith(t, postgres.Config{URL: pgtest.Database(t), MaxConns: 1})
	for _, sql := range []string{"", ";", "-- nothing", " ;; "} {
		rows, err := db.Query(t.Context(), owner, database.Statement{SQL: sql})
		if err != nil {
			t.Fatalf("%q: %v", sql, err)
		}
		if rows.Next() || rows.Err() != nil || len(rows.Columns()) != 0 || rows.Tag() != "" {
			t.Errorf("%q: error %v, tag %q", sql, rows.Err(), rows.Tag())
		}
		rows.Close()
	}
	must(t, db, owner, "do $$ begin raise notice 'noted'; end $$")
	must(t, db, owner, "select 1")
}
