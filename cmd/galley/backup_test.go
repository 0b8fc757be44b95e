package main_test

import (
	"os"
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

func TestBackupOfPostgres(t *testing.T) {
	p := newProject(t, "DATABASE_URL="+pgtest.Database(t))
	for _, args := range [][]string{{"backup"}, {"restore"}} {
		if r := p.run(args...); r.code != 1 || !strings.Contains(r.errors, "pg_dump") {
			t.Errorf("%v: exit %d, %s", args, r.code, r.errors)
		}
	}
}
