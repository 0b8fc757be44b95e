package ddl

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
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
