package ddl

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// onDisk is an engine whose database is a file, with a second connection to it.
func onDisk(t *testing.T) (*engine, *engine) {
	t.Helper()
	e := newEngine(t)
	path := filepath.Join(t.TempDir(), "data.db")
	open := func() *sqlite.Conn {
		c, err := sqlite.Open(path, sqlite.Options{Functions: e.types.SQLiteFunctions(), Collations: e.types.Collations(), Synchronous: "OFF"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	first, second := *e, *e
	first.conn = open()
	if err := catalog.Install(first.conn); err != nil {
		t.Fatal(err)
	}
	second.conn = open()
	return &first, &second
}

// filled is a parent and a child table with rows, the parent referenced by
// another table already.
func filled(t *testing.T, e *engine) {
	t.Helper()
	e.must(t, "create table p (id int primary key, v int)", "create table other (p int references p on delete cascade)",
		"create table c (a int, b int)", "create table own (id int primary key, up int)")
	e.exec(t, `INSERT INTO {p} VALUES (1, 1), (2, 2); INSERT INTO {other} VALUES (1), (2), (2);
		INSERT INTO {c} VALUES (1, 1), (2, 2); INSERT INTO {own} VALUES (1, NULL), (2, 1)`)
}

func (e *engine) rejects(t *testing.T, sql string) {
	t.Helper()
	if err := e.conn.Exec(e.phys(sql)); err == nil {
		t.Errorf("accepted: %s", sql)
	}
}

var addedKeys = []string{
	"alter table c add constraint c_p foreign key (a) references p",
	"alter table p add column up int references p default 1",
	"alter table own add foreign key (up) references own",
	"alter table other add check (p > 0)",
}

func TestForeignKeyOnFilledTables(t *testing.T) {
	e, second := onDisk(t)
	filled(t, e)
	e.exec(t, "BEGIN IMMEDIATE")
	e.must(t, addedKeys...)
	e.exec(t, "COMMIT")
	for name, conn := range map[string]*engine{"same connection": e, "another": second} {
		t.Run(name, func(t *testing.T) {
			conn.cat = e.cat
			conn.rejects(t, "INSERT INTO {c} VALUES (9, 9)")
			conn.rejects(t, "INSERT INTO {own} VALUES (5, 77)")
			conn.rejects(t, "INSERT INTO {other} VALUES (0)")
			conn.rejects(t, "DELETE FROM {p} WHERE {p.id} = 1")
			if got := conn.value(t, "SELECT count(*) FROM {other}"); got != "3" {
				t.Errorf("%s rows of 3", got)
			}
			conn.integrity(t)
		})
	}
}

func TestForeignKeyRolledBack(t *testing.T) {
	for name, end := range map[string][2]string{
		"transaction": {"BEGIN IMMEDIATE", "ROLLBACK"},
		"savepoint":   {"SAVEPOINT a", "ROLLBACK TO a; RELEASE a"},
		"inner":       {"BEGIN IMMEDIATE; SAVEPOINT a", "ROLLBACK TO a; RELEASE a; COMMIT"},
	} {
		t.Run(name, func(t *testing.T) {
			e, second := onDisk(t)
			filled(t, e)
			old := e.cat
			e.exec(t, end[0])
			e.must(t, addedKeys...)
			e.rejects(t, "INSERT INTO {c} VALUES (9, 9)")
			e.exec(t, end[1])
			e.cat = old
			second.cat = old
			e.integrity(t)
			e.exec(t, "INSERT INTO {c} VALUES (9, 9); INSERT INTO {own} VALUES (5, 77)")
			second.exec(t, "INSERT INTO {c} VALUES (10, 9)")
			if got := second.value(t, "SELECT count(*) FROM {other}"); got != "3" {
				t.Errorf("%s rows of 3", got)
			}
			e.rejects(t, "INSERT INTO {other} VALUES (77)")
		})
	}
}

// TestPreparedStatements checks that statements kept from before a change obey
// the new definition, and the old one after a rollback.
func TestPreparedStatements(t *testing.T) {
	e, second := onDisk(t)
	filled(t, e)
	insert := e.phys("INSERT INTO {c} ({c.a}, {c.b}) VALUES (5, -1)")
	run := func(conn *sqlite.Conn) error {
		s, err := conn.Prepare(insert)
		if err != nil {
			return err
		}
		return s.Run()
	}
	for _, conn := range []*sqlite.Conn{e.conn, second.conn} {
		if err := run(conn); err != nil {
			t.Fatal(err)
		}
	}
	e.exec(t, "DELETE FROM {c} WHERE {c.b} = -1; SAVEPOINT a")
	e.must(t, "alter table c add check (b > 0)")
	if err := run(e.conn); err == nil || !strings.Contains(err.Error(), "CHECK") {
		t.Errorf("in the transaction: %v", err)
	}
	e.exec(t, "ROLLBACK TO a; RELEASE a")
	for _, conn := range []*sqlite.Conn{e.conn, second.conn} {
		if err := run(conn); err != nil {
			t.Errorf("after the rollback: %v", err)
		}
	}
	e.exec(t, "DELETE FROM {c} WHERE {c.b} = -1")
	e.cat, _ = catalog.Load(e.conn)
	e.must(t, "alter table c add check (b > 0)")
	for _, conn := range []*sqlite.Conn{e.conn, second.conn} {
		if err := run(conn); err == nil {
			t.Error("after the change the old statement still works")
		}
	}
}

func TestLoadedCatalogueIsTheSame(t *testing.T) {
	e := newEngine(t)
	filled(t, e)
	e.must(t, addedKeys...)
	e.must(t, "alter table c drop column b", "alter table p alter v type text", "create index on c (a) where a > 0",
		"create policy x on c using (a > 1)", "comment on column c.a is 'x'", "alter table p alter id type bigint")
	before := strings.Join(e.dump(), "\n")
	loaded, err := catalog.Load(e.conn)
	if err != nil {
		t.Fatal(err)
	}
	e.cat = loaded
	if after := strings.Join(e.dump(), "\n"); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	e.integrity(t)
	e.must(t, "alter table c add column b text default 'again'")
	if got := e.value(t, "SELECT {c.b} FROM {c}"); got != "again" {
		t.Errorf("a column added after loading holds %q", got)
	}
}

func TestPendingDeferredKeys(t *testing.T) {
	e := newEngine(t)
	e.must(t, "create table p (id int primary key)", "create table c (a int references p deferrable initially deferred)", "create table x (a int)")
	e.exec(t, "BEGIN; INSERT INTO {c} VALUES (1)")
	for sql, want := range map[string]string{
		"drop table c": "55006", "alter table c add b int": "55006", "truncate c": "55006", "alter table p add b int": "55006", "alter table x add b int": "",
	} {
		if _, err := e.run(sql); fault.Code(err) != want {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
	e.exec(t, "INSERT INTO {p} VALUES (1)")
	e.must(t, "alter table c add b int")
	e.exec(t, "COMMIT")
	e.integrity(t)
}

func TestSetDefault(t *testing.T) {
	e := newEngine(t)
	e.must(t, "create table p (id int primary key)", "create table c (a int default 1 references p on delete set default)", "create table d (a int references p on delete set default)")
	e.exec(t, "INSERT INTO {p} VALUES (1), (2), (3), (4); INSERT INTO {c} VALUES (2), (3); INSERT INTO {d} VALUES (2)")
	e.exec(t, "DELETE FROM {p} WHERE {p.id} = 2")
	if got := e.value(t, "SELECT group_concat({c.a}) FROM (SELECT {c.a} FROM {c} ORDER BY 1)"); got != "1,3" {
		t.Errorf("the rows are %s", got)
	}
	if got := e.value(t, "SELECT {d.a} IS NULL FROM {d}"); got != "1" {
		t.Error("without a default the key is not null")
	}
	e.must(t, "alter table c alter a set default 4")
	e.exec(t, "DELETE FROM {p} WHERE {p.id} = 3")
	if got := e.value(t, "SELECT group_concat({c.a}) FROM (SELECT {c.a} FROM {c} ORDER BY 1)"); got != "1,4" {
		t.Errorf("the rows are %s", got)
	}
	e.must(t, "alter table c alter a drop default")
	e.exec(t, "DELETE FROM {p} WHERE {p.id} = 4")
	if got := e.value(t, "SELECT count(*) FROM {c} WHERE {c.a} IS NULL"); got != "1" {
		t.Errorf("%s rows are null", got)
	}
	for _, sql := range []string{
		"create table x (a serial references p on delete set default)",
		"create table x (a uuid default gen_random_uuid() unique, b uuid default gen_random_uuid() references x (a) on delete set default)",
	} {
		if _, err := e.run(sql); fault.Code(err) != fault.FeatureNotSupported {
			t.Errorf("%s: %v", sql, err)
		}
	}
	e.integrity(t)
}

// TestDroppedRowid drops a primary key that is SQLite's rowid, in its two ways.
func TestDroppedRowid(t *testing.T) {
	e := newEngine(t)
	e.must(t, "create table a (id int primary key, v int)", "create table b (id serial primary key, v int)")
	e.exec(t, "INSERT INTO {a} VALUES (1, 10), (2, 20); INSERT INTO {b} VALUES (1, 10), (2, 20)")
	e.must(t, "alter table a drop constraint a_pkey", "alter table b drop column id")
	if e.cat.Table("public", "a").Column("id").Rowid {
		t.Error("the column is still the rowid")
	}
	e.exec(t, "INSERT INTO {a} ({a.id}, {a.v}) VALUES (1, 11); INSERT INTO {b} ({b.v}) VALUES (30)")
	e.rejects(t, "INSERT INTO {a} ({a.v}) VALUES (5)")
	if got := e.value(t, "SELECT group_concat({a.id} || ':' || {a.v}) FROM (SELECT {a.id}, {a.v} FROM {a} ORDER BY 1, 2)"); got != "1:10,1:11,2:20" {
		t.Errorf("the rows are %s", got)
	}
	if _, err := e.run("alter table a add primary key (id)"); fault.Code(err) != fault.UniqueViolation {
		t.Errorf("%v", err)
	}
	e.must(t, "alter table a add primary key (id, v)")
	e.rejects(t, "INSERT INTO {a} ({a.id}, {a.v}) VALUES (1, 11)")
	e.integrity(t)
}
