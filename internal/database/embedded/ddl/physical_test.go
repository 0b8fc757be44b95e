package ddl

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl/naming"
	"github.com/galleyhq/galley/internal/fault"
)

func TestPhysicalNames(t *testing.T) {
	cases := map[string]string{
		"todos": "todos_7", "Todos": "todos_7", "Ä b": "__b_7", "": "_7", "sqlite_master": "_sqlite_master_7",
		strings.Repeat("x", 60): strings.Repeat("x", 40) + "_7", `a"b`: "a_b_7",
	}
	for name, want := range cases {
		if got := naming.Physical(name, 7); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestDroppingATableLeavesOthersAlone(t *testing.T) {
	e := newEngine(t)
	e.must(t, "create table p (id int primary key)", "create table c (id int primary key, p int references p on delete cascade)",
		"create table s (id int primary key, up int references s on delete restrict)")
	e.exec(t, `INSERT INTO {p} VALUES (1), (2); INSERT INTO {c} VALUES (1, 1), (2, 2); INSERT INTO {s} VALUES (1, NULL), (2, 1)`)
	e.must(t, "drop table p cascade")
	if got := e.value(t, "SELECT count(*) FROM {c}"); got != "2" {
		t.Errorf("%s of 2 rows are left", got)
	}
	e.must(t, "drop table s")
	e.integrity(t)
}

func TestRollback(t *testing.T) {
	e := newEngine(t)
	e.must(t, "create table p (id int primary key, a int)", "create table c (p int references p)")
	e.exec(t, `INSERT INTO {p} VALUES (1, 1), (2, 1); INSERT INTO {c} VALUES (1)`)
	for name, statements := range map[string][]string{
		"drop":   {"drop table c", "drop table p"},
		"create": {"create table x (id serial primary key references p)", "create index on x (id)"},
		"mixed":  {"drop table p cascade", "create table p (a text)", "create schema s", "grant select on p to anon"},
	} {
		t.Run(name, func(t *testing.T) {
			before := strings.Join(e.dump(), "\n")
			old := e.cat
			e.exec(t, "SAVEPOINT outer_savepoint")
			e.must(t, statements...)
			e.exec(t, "ROLLBACK TO outer_savepoint; RELEASE outer_savepoint")
			e.cat = old
			if after := strings.Join(e.dump(), "\n"); after != before {
				t.Errorf("before\n%s\nafter\n%s", before, after)
			}
			e.integrity(t)
			if err := e.conn.Exec(e.phys("INSERT INTO {c} VALUES (77)")); err == nil {
				t.Error("the foreign key is not enforced after the rollback")
			}
		})
	}
}

func TestUniqueIndexOverDuplicates(t *testing.T) {
	e := newEngine(t)
	e.must(t, "create table t (a int, b text)")
	e.exec(t, `INSERT INTO {t} VALUES (1, 'x'), (1, 'y'), (2, 'x'), (NULL, NULL), (NULL, NULL)`)
	_, err := e.run("create unique index u on t (a)")
	f := fault.From(err)
	if f.Code != fault.UniqueViolation || f.Detail != "Key (a)=(1) is duplicated." || f.Constraint != "u" {
		t.Errorf("%v, detail %q", f, f.Detail)
	}
	e.must(t, "create unique index u on t (a, b)", "create unique index on t (a) where b = 'x'")
	e.integrity(t)
}

func TestPrivilegesOfOtherRoles(t *testing.T) {
	e := newEngine(t)
	e.must(t, "create table t (id int primary key)", "create schema s", "create role r", "grant create on schema s to r")
	e.role = "r"
	for sql, want := range map[string]string{
		"create table public.x (a int)":                "permission denied for schema public",
		"create table nope.x (a int)":                  `schema "nope" does not exist`,
		"drop table t":                                 "must be owner of table t",
		"create index on t (id)":                       "must be owner of table t",
		"alter table t enable row level security":      "must be owner of table t",
		"create policy p on t":                         "must be owner of table t",
		"grant select on t to r":                       "permission denied for table t",
		"create schema x":                              "permission denied for database galley",
		"create role x":                                "permission denied to create role",
		"truncate t":                                   "permission denied for table t",
		"comment on table t is 'x'":                    "must be owner of table t",
		"drop schema s":                                "must be owner of schema s",
		"create table s.x (a int references public.t)": "permission denied for table t",
	} {
		_, err := e.run(sql)
		if err == nil || !strings.Contains(fault.From(err).Message, want) {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
	e.must(t, "create table s.mine (a int)")
	if got := e.cat.Table("s", "mine").Owner; got != "r" {
		t.Errorf("the owner is %s", got)
	}
}

func TestDefaultPrivileges(t *testing.T) {
	e := newEngine(t)
	e.must(t, "create table a (id serial)", "create schema s", "create table s.b (id int)",
		"alter default privileges in schema s grant select, insert on tables to anon", "create table s.c (id int)",
		"alter default privileges in schema s revoke insert on tables from anon", "create table s.d (id int)")
	for name, want := range map[string]catalog.Privilege{"b": 0, "c": catalog.Select | catalog.Insert, "d": catalog.Select} {
		if got := e.cat.Table("s", name).ACL.Of("anon"); got != want {
			t.Errorf("anon holds %b on %s, want %b", got, name, want)
		}
	}
	if e.cat.Table("public", "a").ACL.Of("anon") != catalog.AllOnTable || e.cat.Sequence("public", "a_id_seq").ACL.Of("anon") != catalog.AllOnSequence {
		t.Error("the defaults of schema public do not apply")
	}
}

func TestGrants(t *testing.T) {
	e := newEngine(t)
	e.must(t, "create table t (a int, b int)", "revoke all on t from anon, authenticated", "grant select (a), insert on t to anon")
	table := e.cat.Table("public", "t")
	if table.ACL.Of("anon") != catalog.Insert || table.Column("a").ACL.Of("anon") != catalog.Select || table.Column("b").ACL.Of("anon") != 0 {
		t.Errorf("table %v, column %v", table.ACL, table.Column("a").ACL)
	}
	e.must(t, "revoke select on t from anon")
	if got := e.cat.Table("public", "t").Column("a").ACL.Of("anon"); got != 0 {
		t.Errorf("a privilege on a column outlived that on the table: %b", got)
	}
	e.must(t, "grant anon to authenticated")
	if !e.cat.IsMember("authenticated", "anon") {
		t.Error("no membership")
	}
	if _, err := e.run("grant authenticated to anon"); fault.Code(err) != "0LP01" {
		t.Errorf("a circle of memberships: %v", err)
	}
}
