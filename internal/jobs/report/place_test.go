package report_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/jobs/report"
)

// parseTime reads a timestamptz as both engines write it in UTC.
func parseTime(text string) (time.Time, error) {
	return time.Parse("2006-01-02 15:04:05.999999-07", text)
}

// TestRights has reports made under a role and its policies.
func TestRights(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		for _, sql := range []string{
			"create table public.notes (owner uuid, body text)",
			"insert into public.notes values ('00000000-0000-4000-8000-000000000001', 'mine'), ('00000000-0000-4000-8000-000000000002', 'theirs')",
			"alter table public.notes enable row level security",
			"create policy own on public.notes using (owner = auth.uid())",
			"grant select on public.notes to authenticated, service_role",
		} {
			f.rows(sql)
		}
		payload := map[string]any{"sql": "select body from public.notes where body <> $1 order by 1", "args": []any{"other"}, "format": "csv", "to": map[string]any{"file": "{date}/notes-{id}"},
			"role": "authenticated", "claims": map[string]any{"sub": "00000000-0000-4000-8000-000000000001"}}
		o, path := f.made(payload)
		if got, _ := os.ReadFile(path); string(got) != "body\r\nmine\r\n" {
			f.Errorf("a user's report is %q", got)
		}
		created := f.rows("select (created_at at time zone 'UTC')::date from galley.jobs where id = $1", o.id)[0][0]
		if want := created + "/notes-" + strconv.FormatInt(o.id, 10) + ".csv"; o.result.File != want {
			f.Errorf("the file is %s, want %s", o.result.File, want)
		}
		delete(payload, "role")
		if _, path = f.made(payload); !strings.Contains(read(f, path), "theirs") {
			f.Error("the service role sees no row of others")
		}
		// Who may not enqueue cannot have a report made of what others see.
		for _, role := range []string{"anon", "authenticated"} {
			_, err := database.Exec(f.db.Query(f.Context(), database.Session{Role: role}, database.Statement{
				SQL: `select galley.enqueue('reports', '{"sql": "select 1"}', kind => 'report')`}))
			if err == nil {
				f.Errorf("%s may enqueue", role)
			}
		}
	})
}

func read(f *fixture, path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	return string(raw)
}

// TestMail sends a report, once however often its job is done.
func TestMail(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		payload := map[string]any{"sql": "select '=1+1' as a", "format": "csv", "to": map[string]any{"name": "sales-{id}",
			"mail": map[string]any{"to": []any{"ada@example.org"}, "subject": "Sales", "text": "See the file."}}}
		o := f.report(payload)
		if o.state != jobs.Completed || o.result.Message == "" {
			f.Fatalf("%s: %s", o.state, o.errors)
		}
		attachments := func() string {
			rows := f.rows("select content->'attachments'->0->>'name', content->'attachments'->0->>'size' from galley.mail_inbox")
			if len(rows) == 0 {
				return ""
			}
			return strings.Join(rows[0], " ") + " of " + strconv.Itoa(len(rows))
		}
		want := "sales-" + strconv.FormatInt(o.id, 10) + ".csv 10 of 1" // a, a line, '=1+1 and a line
		f.until(func() bool { return attachments() == want }, "the mail")
		// An attempt whose outcome was lost is made again.
		f.rows("update galley.jobs set state = 'discarded', finished_at = now() where id = $1", o.id)
		f.rows("select galley.retry_job($1)", o.id)
		f.until(func() bool {
			return f.rows("select state || attempt from galley.jobs where id = $1", o.id)[0][0] == "completed2"
		}, "the second attempt")
		if n := f.rows("select count(*) from galley.mail_messages")[0][0]; n != "1" {
			f.Errorf("%s messages", n)
		}
		if got := f.rows("select result->>'message' from galley.jobs where id = $1", o.id)[0][0]; got != o.result.Message {
			f.Errorf("another message: %s", got)
		}
		// The largest attachment passes.
		payload["sql"], payload["args"] = "select repeat('x', 1000) from generate_series(1, $1::int)", []any{10000}
		if o := f.report(payload); o.state != jobs.Completed || o.result.Bytes < 10_000_000 {
			f.Errorf("%s, %d bytes: %s", o.state, o.result.Bytes, o.errors)
		}
		f.until(func() bool { return strings.HasSuffix(f.rows("select count(*) from galley.mail_inbox")[0][0], "2") }, "the large mail")
	})
}

func (f *fixture) until(done func() bool, what string) {
	f.Helper()
	for start := time.Now(); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > patience {
			f.Fatalf("%s did not come", what)
		}
	}
}

// TestAgain makes the same file at every attempt, and nothing of an attempt that
// lost its lease.
func TestAgain(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		for _, format := range []string{"csv", "xlsx", "pdf"} {
			o, path := f.made(map[string]any{"sql": "select i, 'row ' || i as r from generate_series(1, 500) i", "format": format, "to": map[string]any{"file": "again-{date}-{id}"}})
			first := read(f, path)
			f.rows("update galley.jobs set state = 'discarded', finished_at = now() where id = $1", o.id)
			f.rows("select galley.retry_job($1)", o.id)
			f.until(func() bool {
				return f.rows("select state || attempt from galley.jobs where id = $1", o.id)[0][0] == "completed2"
			}, "the second attempt")
			if second := read(f, path); second != first && format != "xlsx" { // its library writes the hour
				f.Errorf("%s: another file", format)
			}
		}
		entries, err := os.ReadDir(f.dir)
		if err != nil || len(entries) != 3 {
			f.Errorf("%v %v", entries, err)
		}
	})
}

// TestLinks keeps files within their folder.
func TestLinks(t *testing.T) {
	onEngines(t, nil, func(f *fixture) {
		outside := f.TempDir()
		if err := errors.Join(os.MkdirAll(f.dir, 0o700), os.Symlink(outside, filepath.Join(f.dir, "out"))); err != nil {
			f.Fatal(err)
		}
		o := f.report(map[string]any{"sql": "select 1", "format": "csv", "to": map[string]any{"file": "out/x.csv"}})
		if o.state == jobs.Completed || !strings.Contains(o.errors, "escapes") {
			f.Errorf("%s: %s", o.state, o.errors)
		}
		if entries, _ := os.ReadDir(outside); len(entries) > 0 {
			f.Error("a file has got out")
		}
	})
}

// TestTime ends a report that takes too long.
func TestTime(t *testing.T) {
	onEngines(t, func(c *report.Config) { c.Timeout = 300 * time.Millisecond }, func(f *fixture) {
		o := f.report(map[string]any{"sql": "select count(*) from generate_series(1, 100000000) a", "format": "csv", "to": map[string]any{"file": "x"}})
		if o.state != jobs.Retryable || !strings.Contains(o.errors, "the report took longer than 300ms (reports.timeout)") {
			f.Errorf("%s: %s", o.state, o.errors)
		}
	})
}

// TestRetention deletes old reports and what crashes left, and nothing else.
func TestRetention(t *testing.T) {
	onEngines(t, func(c *report.Config) { c.KeepFor = 48 * time.Hour }, func(f *fixture) {
		old := map[string]bool{"old.csv": true, "deep/old.PDF": true, ".report-7-1": true, "excelize-123": true,
			"other.txt": false, "new.xlsx": false, ".report-8-1": false}
		for name, isOld := range old {
			path := filepath.Join(f.dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600)); err != nil {
				f.Fatal(err)
			}
			if at := time.Now().Add(-72 * time.Hour); isOld || name == "other.txt" {
				if err := os.Chtimes(path, at, at); err != nil {
					f.Fatal(err)
				}
			}
		}
		f.made(map[string]any{"sql": "select 1", "format": "csv", "to": map[string]any{"file": "made"}})
		for name, isOld := range old {
			if _, err := os.Stat(filepath.Join(f.dir, name)); (err == nil) == isOld {
				f.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestSettings has a statement take as long as the report, and its transaction wait
// as long: PostgreSQL has sent all rows before the last of them is written.
func TestSettings(t *testing.T) {
	onEngines(t, func(c *report.Config) { c.Timeout = 7 * time.Minute }, func(f *fixture) {
		_, path := f.made(map[string]any{"sql": `select current_setting('statement_timeout') as a, current_setting('idle_in_transaction_session_timeout') as b,
			current_setting('TimeZone') as c`, "format": "csv", "to": map[string]any{"file": "settings"}})
		if got := read(f, path); got != "a,b,c\r\n7min,7min,UTC\r\n" {
			f.Errorf("%q", got)
		}
	})
}
