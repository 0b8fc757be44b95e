package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/galleyhq/galley/internal/database/pgtest"
)

// TestBackup backs up a database that a server is using, loses it, and restores
// it, as an operator does.
func TestBackup(t *testing.T) {
	p := newProject(t)
	p.write("migrations/20260101000000_todos.sql", todos)
	p.write("seed.sql", "insert into todos (title) values ('kept');")
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	p.write("key.txt", id.String()+"\n")
	before := p.keys()
	s := p.serve()
	if out := p.must("backup", "--recipient", id.Recipient().String()); !strings.Contains(out, ".tar.zst.age in ") {
		t.Errorf("backup: %s", out)
	}
	p.must("backup", "--to", "one.tar.zst")
	if out := p.must("backup", "list"); strings.Count(out, "galley-2") != 1 || !strings.Contains(out, "true") {
		t.Errorf("list: %s", out)
	}
	if out := p.must("backup", "verify", "--identity", "key.txt"); !strings.Contains(out, "is in order") {
		t.Errorf("verify: %s", out)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"backup", "verify"}, 1, "28P01"},
		{[]string{"restore", "one.tar.zst"}, 1, "already"},
		{[]string{"restore", "one.tar.zst", "--force"}, 1, "55006"},
		{[]string{"restore", "none.tar.zst", "--data", "other"}, 1, "58P01"},
		{[]string{"restore", "--at", "yesterday"}, 2, "no time"},
		{[]string{"restore", "--at", "2020-01-01T00:00:00Z", "--data", "other", filepath.Join(".galley", "backups")}, 1, "from before 2020"},
		{[]string{"backup", "--recipient", "age1x"}, 1, "recipient"},
		{[]string{"backup", "--to", "/dev/full/x"}, 1, "not a directory"},
	} {
		if r := p.run(c.args...); r.code != c.code || !strings.Contains(r.errors, c.says) {
			t.Errorf("%v: exit %d, %s", c.args, r.code, r.errors)
		}
	}
	if code := s.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
	for _, name := range []string{"data.db", "data.db-wal", "data.db-shm"} {
		_ = os.Remove(filepath.Join(p.dir, ".galley", name))
	}
	if out := p.must("restore", "--identity", "key.txt"); !strings.Contains(out, "rows") {
		t.Errorf("restore: %s", out)
	}
	if again := p.keys(); again != before {
		t.Error("the keys changed")
	}
	s = p.serve()
	if status, body := s.request("GET", "/rest/v1/todos?select=title", "", ""); status != 200 || body != `[{"title":"kept"}]` {
		t.Errorf("restored: %d %s", status, body)
	}
	s.stop()
	if out := p.must("restore", "one.tar.zst", "--force"); !strings.Contains(out, "before-restore-") {
		t.Errorf("restore: %s", out)
	}
}

// TestBackupByTheClock has a server make a backup and try it.
func TestBackupByTheClock(t *testing.T) {
	p := newProject(t)
	p.write("galley.toml", "[backup]\nto = 'kept'\n")
	s := p.serve()
	s.logged("restored the newest backup for trial")
	if out := p.must("backup", "list"); strings.Count(out, "galley-2") != 1 {
		t.Errorf("list: %s", out)
	}
	s.stop()
}

// TestBackupOfPostgres backs up a database that a server is using, and restores it
// into an empty one, on which a server then answers the same.
func TestBackupOfPostgres(t *testing.T) {
	url, other := pgtest.Database(t), pgtest.Database(t)
	p, q := newProject(t, "DATABASE_URL="+url), newProject(t, "DATABASE_URL="+other)
	for _, p := range []*project{p, q} {
		p.write("migrations/20260101000000_todos.sql", todos)
	}
	p.write("seed.sql", "insert into todos (title) values ('kept');")
	before := p.keys()
	s := p.serve()
	file := filepath.Join(p.dir, "one.tar.zst")
	if out := p.must("backup", "--to", file); !strings.Contains(out, "tables, ") {
		t.Errorf("backup: %s", out)
	}
	p.must("backup")
	if out := p.must("backup", "list"); strings.Count(out, "galley-2") != 1 {
		t.Errorf("list: %s", out)
	}
	if out := p.must("backup", "verify", file); !strings.Contains(out, "is in order") {
		t.Errorf("verify: %s", out)
	}
	s.stop()
	embedded := newProject(t)
	for _, c := range []struct {
		in   *project
		args []string
		code int
		says string
	}{
		{p, []string{"restore", file}, 1, "not empty"},
		{q, []string{"restore", file, "--force"}, 2, "embedded"},
		{embedded, []string{"restore", file}, 1, "PostgreSQL"},
	} {
		if r := c.in.run(c.args...); r.code != c.code || !strings.Contains(r.errors, c.says) {
			t.Errorf("%v: exit %d, %s", c.args, r.code, r.errors)
		}
	}
	of := filepath.Join(embedded.dir, "embedded.tar.zst")
	embedded.must("sql", "select 1")
	embedded.must("backup", "--to", of)
	if r := q.run("restore", of); r.code != 1 || !strings.Contains(r.errors, "galley db move") {
		t.Errorf("a backup of the other engine: exit %d, %s", r.code, r.errors)
	}
	if out := q.must("restore", file); !strings.Contains(out, "rows") {
		t.Errorf("restore: %s", out)
	}
	if again := q.keys(); again != before {
		t.Error("the keys changed")
	}
	s = q.serve()
	if status, body := s.request("GET", "/rest/v1/todos?select=title", "", ""); status != 200 || body != `[{"title":"kept"}]` {
		t.Errorf("restored: %d %s", status, body)
	}
	s.stop()
}

// TestStandardTools runs the commands of docs/backup.md for PostgreSQL's own tools.
func TestStandardTools(t *testing.T) {
	text, err := os.ReadFile("../../docs/backup.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "<!-- tested -->\n```\n")
	commands, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("docs/backup.md has no commands to test")
	}
	url, other := pgtest.Database(t), pgtest.Database(t)
	tools, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if path, err := exec.LookPath("pg_dump"); err == nil {
		tools = append(tools, path)
	}
	if len(tools) == 0 {
		t.Skip("this test needs pg_dump, which is not installed")
	}
	p := newProject(t, "DATABASE_URL="+url)
	p.write("migrations/20260101000000_todos.sql", todos)
	p.write("seed.sql", "insert into todos (title) values ('kept');")
	before := p.keys()
	p.serve().stop()
	c := exec.CommandContext(t.Context(), "sh", "-e", "-x", "-c", commands)
	c.Dir = t.TempDir()
	c.Env = append(os.Environ(), "PATH="+filepath.Dir(tools[len(tools)-1])+":"+os.Getenv("PATH"), "DATABASE_URL="+url, "EMPTY_DATABASE_URL="+other)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	q := newProject(t, "DATABASE_URL="+other)
	q.write("migrations/20260101000000_todos.sql", todos)
	if again := q.keys(); again != before {
		t.Error("the keys changed")
	}
	s := q.serve()
	if status, body := s.request("GET", "/rest/v1/todos?select=title", "", ""); status != 200 || body != `[{"title":"kept"}]` {
		t.Errorf("restored: %d %s", status, body)
	}
	s.stop()
}
