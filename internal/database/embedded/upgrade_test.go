package embedded_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types/builtin"
	"github.com/galleyhq/galley/internal/fault"
)

var updateFixture = flag.Bool("fixture", false, "write testdata/format2.db anew")

// fixtureSQL made testdata/format2.db, a file of the present format. A later
// program must open it and answer the same.
var fixtureSQL = []string{
	"create table people (id serial primary key, name text not null check (length(name) < 20), born date, score numeric(6,2) default 1.50)",
	"create table g (a int primary key, b int generated always as (a * 2) stored, c text generated always as (upper('x' || a::text)) stored unique)",
	"create unique index people_lower on people (lower(name))",
	"create index people_part on people (born) where score > 1",
	"create table notes (id bigint generated always as identity primary key, person int references people on delete cascade deferrable, body jsonb)",
	"insert into people (name, born, score) values ('Ada', '1815-12-10', 9.25), ('Émile', null, null), ('Grace', '1906-12-09', 0.5)",
	"insert into g values (1), (2), (3)",
	"insert into notes (person, body) values (1, '{\"a\": [1, 2.50]}'), (2, null)",
	"alter table notes enable row level security",
	"create policy own on notes for select to anon using (person = 1)",
	"create view named as select p.name, n.body from people p join notes n on n.person = p.id",
}

// fixtureAnswers are queries over the fixture with their answers.
var fixtureAnswers = [][2]string{
	{"select id, name, born, score from people order by id", "1|Ada|1815-12-10|9.25;2|Émile|∅|∅;3|Grace|1906-12-09|0.50"},
	{"select a, b, c from g order by a", "1|2|X1;2|4|X2;3|6|X3"},
	{"select a from g where c = 'X2'", "2"},
	{"select id from people where lower(name) = 'ada'", "1"},
	{"select id from people where born > '1800-01-01' and score > 1", "1"},
	{"select name, body from named order by name", "Ada|{\"a\": [1, 2.50]};Émile|∅"},
	{"insert into people (name) values ('Ida') returning id, score", "4|1.50"},
	{"select nextval('notes_id_seq')", "3"},
}

// fixture copies the file of the present format.
func fixture(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.db")
	const saved = "testdata/format2.db"
	if *updateFixture {
		db := openAt(t, path)
		for _, sql := range fixtureSQL {
			answer(t, db, sql)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		tamper(t, path, "PRAGMA journal_mode = DELETE", "VACUUM")
		copyFile(t, path, saved)
		return path
	}
	copyFile(t, saved, path)
	return path
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func openAt(t *testing.T, path string) *embedded.DB {
	t.Helper()
	db, err := embedded.Open(t.Context(), embedded.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// answer runs a statement and writes its rows in a line.
func answer(t *testing.T, db database.DB, sql string) string {
	t.Helper()
	rows, err := database.Collect(db.Query(t.Context(), database.Session{}, database.Statement{SQL: sql}))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var lines []string
	for _, row := range rows {
		var cells []string
		for _, c := range row {
			if c == nil {
				cells = append(cells, "∅")
			} else {
				cells = append(cells, *c)
			}
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
	return strings.Join(lines, ";")
}

// tamper changes a file behind the engine's back.
func tamper(t *testing.T, path string, statements ...string) {
	t.Helper()
	known, err := builtin.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.Open(path, sqlite.Options{Functions: known.SQLiteFunctions(), Collations: known.Collations()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, sql := range statements {
		if err := c.Exec(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// read returns the first value of a query on the file itself.
func read(t *testing.T, path, sql string) string {
	t.Helper()
	known, err := builtin.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.Open(path, sqlite.Options{Functions: known.SQLiteFunctions(), Collations: known.Collations()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := c.Prepare(sql)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Reset()
	if more, err := s.Step(); err != nil || !more {
		t.Fatalf("%s: %v", sql, err)
	}
	return strings.Clone(s.Column(0).Text())
}

func sameAnswers(t *testing.T, db database.DB) {
	t.Helper()
	for _, c := range fixtureAnswers {
		if got := answer(t, db, c[0]); got != c[1] {
			t.Errorf("%s\ngot  %s\nwant %s", c[0], got, c[1])
		}
	}
}

func TestAFileOfThePresentFormat(t *testing.T) { sameAnswers(t, openAt(t, fixture(t))) }

func TestAnOlderFileIsUpgraded(t *testing.T) {
	path := fixture(t)
	tamper(t, path, "DROP TABLE galley_stamp", "UPDATE galley_meta SET format = 1")
	db := openAt(t, path)
	sameAnswers(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(path + ".before-upgrade-*")
	if err != nil || len(kept) != 1 {
		t.Fatalf("copies from before the upgrade: %v, %v", kept, err)
	}
	if got := read(t, kept[0], "SELECT CAST(format AS TEXT) FROM galley_meta"); got != "1" {
		t.Errorf("the copy from before the upgrade has format %s", got)
	}
	sameAnswers(t, openAt(t, kept[0]))
	if got := read(t, path, "SELECT CAST(format AS TEXT) FROM galley_meta"); got != "2" {
		t.Errorf("the file has format %s", got)
	}
	if got := read(t, path, "SELECT value FROM galley_stamp WHERE key = 'encoding'"); got != "UTF8" {
		t.Errorf("the file has the encoding %s", got)
	}
}

// Where no copy can be kept, nothing is upgraded.
func TestNoUpgradeWithoutACopy(t *testing.T) {
	// A name as long as a file system takes leaves no room for that of a copy, for
	// root either.
	path := filepath.Join(t.TempDir(), strings.Repeat("d", 240)+".db")
	if err := os.Rename(fixture(t), path); err != nil {
		t.Fatal(err)
	}
	tamper(t, path, "DROP TABLE galley_stamp", "UPDATE galley_meta SET format = 1", "PRAGMA journal_mode = WAL")
	_, err := embedded.Open(t.Context(), embedded.Config{Path: path})
	if err == nil || !strings.Contains(err.Error(), "keep a copy") {
		t.Errorf("the file was upgraded without a copy: %v", err)
	}
	if got := read(t, path, "SELECT CAST(format AS TEXT) FROM galley_meta"); got != "1" {
		t.Errorf("the file has format %s", got)
	}
}

func TestANewerFileIsRefused(t *testing.T) {
	for name, change := range map[string]string{
		"format":           "UPDATE galley_meta SET format = 99",
		"functions":        "UPDATE galley_stamp SET value = '99' WHERE key = 'version:functions of text'",
		"Unicode":          "UPDATE galley_stamp SET value = '99' WHERE key = 'version:Unicode'",
		"unknown function": "INSERT INTO galley_stamp VALUES ('version:functions of the future', '1')",
		"encoding":         "UPDATE galley_stamp SET value = 'LATIN1' WHERE key = 'encoding'",
	} {
		t.Run(name, func(t *testing.T) {
			path := fixture(t)
			openAt(t, path).Close()
			tamper(t, path, change)
			_, err := embedded.Open(t.Context(), embedded.Config{Path: path})
			f := fault.From(err)
			if err == nil || f.Code != fault.ObjectNotInPrerequisite || f.Hint == "" {
				t.Errorf("the file is opened with %v (hint %q)", err, f.Hint)
			}
			if got := read(t, path, "SELECT count(*) || '' FROM galley_catalog"); got == "0" {
				t.Error("the refused file was changed")
			}
		})
	}
}

// What a function computed is stored in generated columns and indexes. When its
// family has a newer version than the file, all of it is computed again.
func TestChangedFunctionsAreComputedAgain(t *testing.T) {
	path := fixture(t)
	openAt(t, path).Close()
	table := read(t, path, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'g_[0-9]*'")
	sql := read(t, path, "SELECT sql FROM sqlite_schema WHERE name = '"+table+"'")
	plain := regexp.MustCompile(`GENERATED ALWAYS AS .*? STORED`).ReplaceAllString(sql, "")
	column := regexp.MustCompile(`"(c_\d+)"`).FindStringSubmatch(sql)[1]
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	tamper(t, path, "PRAGMA writable_schema = 1",
		"UPDATE sqlite_schema SET sql = "+quoted(plain)+" WHERE name = "+quoted(table), "PRAGMA writable_schema = RESET",
		"UPDATE "+table+" SET "+column+" = 'old' || "+column,
		"PRAGMA writable_schema = 1", "UPDATE sqlite_schema SET sql = "+quoted(sql)+" WHERE name = "+quoted(table),
		"PRAGMA writable_schema = RESET")
	old := openAt(t, path)
	if got := answer(t, old, "select c from g where a = 2"); got != "oldX2" {
		t.Fatalf("the file was not made old: %s", got)
	}
	old.Close()
	tamper(t, path, "UPDATE galley_stamp SET value = '0' WHERE key = 'version:functions of text'")
	sameAnswers(t, openAt(t, path))
	if got := read(t, path, "SELECT value FROM galley_stamp WHERE key = 'version:functions of text'"); got == "0" {
		t.Error("the stamp is still the old one")
	}
}
