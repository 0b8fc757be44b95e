package main_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestJobs walks through galley jobs, first without a server, then beside one.
func TestJobs(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		p.must("init")
		for _, c := range []struct {
			args []string
			want string
		}{
			{[]string{"list"}, "ID  QUEUE  KIND  STATE  ATTEMPT  RUN AT  LAST ERROR\n"},
			{[]string{"list", "--json"}, "{\n  \"jobs\": [],\n  \"next\": null\n}\n"},
			{[]string{"pause", "db"}, ""},
			{[]string{"enqueue", "db", `{"sql": "select 1"}`, "--kind", "sql", "--unique-key", "k", "--max-attempts", "3"}, "1\n"},
			{[]string{"enqueue", "db", `{"sql": "select 1"}`, "--kind", "sql", "--unique-key", "k"}, "1\n"},
			{[]string{"replay", "--queue", "db"}, "0 to run again\n"},
		} {
			if out := p.must(append([]string{"jobs"}, c.args...)...); out != c.want {
				t.Errorf("%q: %q, want %q", c.args, out, c.want)
			}
		}
		later := strings.TrimSpace(p.must("jobs", "enqueue", "later", "--delay", "1 hour"))
		if out := p.must("jobs", "cancel", later); out != "job "+later+" is cancelled\n" {
			t.Errorf("cancel: %q", out)
		}
		list := p.must("jobs", "list", "--queue", "db", "--state", "available")
		if !strings.Contains(list, "1   db     sql   available  0/3") || strings.Count(list, "\n") != 2 {
			t.Errorf("list: %s", list)
		}
		if queues := p.must("jobs", "queues"); !strings.Contains(queues, "db     paused  -            -     1 ") {
			t.Errorf("queues: %s", queues)
		}
		s := p.serve()
		p.must("jobs", "resume", "db")
		waitForState(t, p, "1", "completed")
		s.stop()
	})
}

// waitForState waits until a job is in a state.
func waitForState(t *testing.T, p *project, id, state string) {
	t.Helper()
	for until := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		var job struct{ State string }
		text := p.must("jobs", "show", id)
		if err := json.Unmarshal([]byte(text), &job); err != nil {
			t.Fatal(err)
		}
		if job.State == state {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("the job is not %s: %s", state, text)
		}
	}
}

// TestJobsRefused: what is wrong is an error with its code, and 2 when the command
// line is.
func TestJobsRefused(t *testing.T) {
	onEngines(t, func(t *testing.T, p *project) {
		p.must("init")
		for _, c := range []struct {
			line string
			code int
			want string
		}{
			{"show 9", 1, "There is no such job (PGRST116)"}, {"show x", 1, "22P02"}, {"show ../queues", 1, "22P02"},
			{"retry 9", 1, "job 9: There is no such job"}, {"cancel", 2, "requires at least 1 arg"},
			{"list --state new", 1, "22023"}, {"list --limit 1001", 1, "22023"}, {"list --since 2000", 1, "22007"},
			{"enqueue q {", 2, "the payload is not JSON"}, {"enqueue q --priority 10", 1, "23514"}, {"enqueue q --delay soon", 1, "22007"},
			{"pause", 2, "accepts 1 arg"},
		} {
			if r := p.run(append([]string{"jobs"}, strings.Fields(c.line)...)...); r.code != c.code || !strings.Contains(r.errors, c.want) {
				t.Errorf("%s: exit %d, %s", c.line, r.code, r.errors)
			}
		}
	})
}
