package main_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/pgtest"
)

// TestMove moves the sample app to PostgreSQL and back, killed (SIGKILL) at random
// moments, and serves it there: keys, rows and policies are the same.
func TestMove(t *testing.T) {
	p := sampleApp(t)
	p.must("sql", "insert into lists (name) select 'list ' || g from generate_series(1, 30000) g")
	keys := p.keys()
	url := pgtest.Database(t)
	if r := p.run("db", "move"); r.code != 2 {
		t.Errorf("without --to: %+v", r)
	}
	if out := p.must("db", "move", "--to", url, "--check"); !strings.Contains(out, "would move to postgres") {
		t.Error(out)
	}
	p.moveKilled(url)
	there := &project{t: t, dir: p.dir, env: []string{"DATABASE_URL=" + url}}
	if there.keys() != keys {
		t.Error("the keys are not the same")
	}
	back := filepath.Join(t.TempDir(), "back")
	there.moveKilled(back)
	const rows = "select * from lists order by id"
	want := p.must("sql", "--json", rows)
	for name, got := range map[string]string{
		"postgres": there.must("sql", "--json", rows), "embedded": p.must("--data", back, "sql", "--json", rows),
	} {
		if got != want {
			t.Errorf("%s has other rows", name)
		}
	}
	s := there.serve()
	if status, body := s.request("POST", "/rest/v1/todos", keys.Anon, `{"list_id":3,"title":"x"}`); status != 401 {
		t.Errorf("the policy is gone: %d %s", status, body)
	}
	if r := p.run("db", "move", "--to", url); r.code != 1 || !strings.Contains(r.errors, "(55000)") {
		t.Errorf("into a full database: %+v", r)
	}
}

// sampleApp is a copy of the sample app with its first rows.
func sampleApp(t *testing.T) *project {
	t.Helper()
	p := newProject(t)
	sample := filepath.Join("..", "..", "examples", "todo")
	if err := os.CopyFS(filepath.Join(p.dir, "migrations"), os.DirFS(filepath.Join(sample, "migrations"))); err != nil {
		t.Fatal(err)
	}
	seed, err := os.ReadFile(filepath.Join(sample, "seed.sql"))
	if err != nil {
		t.Fatal(err)
	}
	p.write("seed.sql", string(seed))
	p.serve().stop()
	return p
}

// kills is how often a move is killed before it is let through.
const kills = 6

// moveKilled moves a project and kills the move ever later.
func (p *project) moveKilled(to string) {
	p.t.Helper()
	killed := 0
	for i := 1; ; i++ {
		cmd := p.command(p.t.Context(), "db", "move", "--to", to, "--json")
		cmd.Env = append(cmd.Environ(), "TMPDIR="+p.t.TempDir()) // who is killed removes nothing
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Start(); err != nil {
			p.t.Fatal(err)
		}
		if i <= kills {
			moment := time.Duration(i)*150*time.Millisecond + rand.N(300*time.Millisecond)
			timer := time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
			_ = cmd.Wait()
			timer.Stop()
		} else {
			_ = cmd.Wait()
		}
		if cmd.ProcessState.ExitCode() < 0 {
			killed++
			continue
		}
		if killed > 0 && cmd.ProcessState.ExitCode() == 1 && strings.Contains(errs.String(), "(55000)") {
			p.t.Logf("killed %d times, the last time when all was moved: %s", killed, errs.String())
			return // what is there is compared
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		var report struct {
			Rows    int64
			Resumed bool
		}
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &report); err != nil || cmd.ProcessState.ExitCode() != 0 || report.Rows < 30000 {
			p.t.Fatalf("%v: exit %d\n%s%s", err, cmd.ProcessState.ExitCode(), lines[len(lines)-1], errs.String())
		}
		p.t.Logf("killed %d times; resumed %v", killed, report.Resumed)
		return
	}
}
