//go:build unix

package durability

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
)

// The effect of a job is a row. Where its key is unique, a job that is done again
// does nothing: exactly once. The other table counts how often jobs were begun.
const jobsSchema = `
create table effects (key text primary key);
create table marks (schedule text not null, at timestamptz not null default now());
grant all on effects, marks to service_role;
`

const (
	defaultJobKills = 5 // GALLEY_TEST_KILLS says otherwise
	enqueuers       = 8
	allDone         = 120 * time.Second
)

// TestKillJobs kills nodes that do jobs while clients enqueue more, 1 node on the
// embedded engine, one of two on PostgreSQL: every job whose enqueueing was
// acknowledged is done, and its effect is there once.
func TestKillJobs(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		killJobs(t, 1, galleytest.Options{Data: filepath.Join(t.TempDir(), "data")})
	})
	t.Run("postgres", func(t *testing.T) {
		killJobs(t, 2, galleytest.Options{DatabaseURL: pgtest.Database(t)})
	})
}

func jobKills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("GALLEY_TEST_KILLS")
	if text == "" {
		return defaultJobKills
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func killJobs(t *testing.T, nodes int, o galleytest.Options) {
	o.Project = galleytest.Project(t, jobsSchema)
	o.Env = []string{"GALLEY_API_MAX_ROWS=0"}
	running := galleytest.StartAll(t, slicesOf(o, nodes)...)
	acknowledged := map[string]bool{}
	kills := jobKills(t)
	for round := range kills {
		for _, key := range enqueueUntilKilled(t, running, round) {
			acknowledged[key] = true
		}
		victim := round % nodes
		running[victim] = galleytest.Start(t, o)
	}
	s := running[0]
	finished := waitForJobs(t, s)
	found := effects(t, s)
	for key := range acknowledged {
		if !found[key] {
			t.Errorf("the job %s was acknowledged, and has no effect", key)
		}
	}
	if finished < len(acknowledged) {
		t.Errorf("%d jobs are completed, %d were acknowledged", finished, len(acknowledged))
	}
	_, again := countJobs(t, s, "")
	fmt.Printf("durability: %d kills of %d nodes, %d acknowledged jobs all done: %v; %d effects, each once; %d jobs begun again\n",
		kills, nodes, len(acknowledged), !t.Failed(), len(found), again)
	if len(acknowledged) < kills*enqueuers {
		t.Errorf("only %d jobs in %d rounds prove little", len(acknowledged), kills)
	}
}

func slicesOf(o galleytest.Options, n int) []galleytest.Options {
	list := make([]galleytest.Options, n)
	for i := range list {
		list[i] = o
	}
	return list
}

// enqueueUntilKilled enqueues through all nodes until one of them is killed, between
// 100 and 700 ms after as many jobs were acknowledged as there are clients, and returns
// the keys of those that were.
func enqueueUntilKilled(t *testing.T, nodes []*galleytest.Server, round int) []string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	lists := make([][]string, enqueuers)
	enough := make(chan struct{})
	var answers atomic.Int64
	var wg sync.WaitGroup
	for c := range enqueuers {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := fmt.Sprintf("%d/%d/%d", round, c, n)
				// A request under way when its node dies has no answer, so its
				// job may exist or not.
				if enqueueEffect(t.Context(), nodes[c%len(nodes)], key) != nil {
					return
				}
				lists[c] = append(lists[c], key)
				if answers.Add(1) == enqueuers {
					close(enough)
				}
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(60 * time.Second):
		t.Errorf("only %d jobs were acknowledged", answers.Load())
	}
	time.Sleep(100*time.Millisecond + rand.N(600*time.Millisecond)) // the random moment
	nodes[round%len(nodes)].Kill()
	stop()
	wg.Wait()
	var all []string
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// enqueueEffect enqueues a job whose statement and key are one: done twice, it has
// its effect once.
func enqueueEffect(ctx context.Context, s *galleytest.Server, key string) error {
	body, err := json.Marshal(map[string]any{"queue": "effects", "kind": "sql", "payload": map[string]any{
		"sql": "insert into public.effects (key) values ($1) on conflict (key) do nothing", "args": []string{key},
	}})
	if err != nil {
		return err
	}
	req, err := request(ctx, s, http.MethodPost, "/admin/v1/jobs", bytes.NewReader(body))
	if err != nil {
		return err
	}
	_, _, err = do(req, http.StatusCreated)
	return err
}

// waitForJobs waits until every job is completed, and returns how many that are. No
// other state is looked at, since a job may change from one to another between two
// looks.
func waitForJobs(t *testing.T, s *galleytest.Server) int {
	t.Helper()
	all, _ := countJobs(t, s, "")
	completed := 0
	for end := time.Now().Add(allDone); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if completed, _ = countJobs(t, s, "&state=completed"); completed == all {
			return completed
		}
	}
	t.Fatalf("of %d jobs %d were done", all, completed)
	return 0
}

// countJobs counts the jobs of the test through the admin API, a thousand to a page,
// and those of them that were begun more than once.
func countJobs(t *testing.T, s *galleytest.Server, condition string) (n, again int) {
	t.Helper()
	after := ""
	for {
		req, err := request(t.Context(), s, http.MethodGet, "/admin/v1/jobs?queue=effects&limit=1000"+condition+after, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _, err := do(req, http.StatusOK)
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Jobs []struct{ Attempt int }
			Next *int64
		}
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		n += len(page.Jobs)
		for _, j := range page.Jobs {
			if j.Attempt > 1 {
				again++
			}
		}
		if page.Next == nil {
			return n, again
		}
		after = fmt.Sprintf("&after=%d", *page.Next)
	}
}

// effects reads the keys of the effects that are there.
func effects(t *testing.T, s *galleytest.Server) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	var rows []struct{ Key string }
	read(t, s, "/rest/v1/effects?select=key", &rows)
	for _, r := range rows {
		found[r.Key] = true
	}
	return found
}

func read(t *testing.T, s *galleytest.Server, path string, v any) {
	t.Helper()
	req, err := request(t.Context(), s, http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := do(req, http.StatusOK)
	if err == nil {
		err = json.Unmarshal(body, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestPausedNode pauses one of two nodes for longer than its lease: the other keeps
// the schedules, and none of a due time's jobs runs twice when the first comes back.
func TestPausedNode(t *testing.T) {
	pause := 8 * time.Second // GALLEY_TEST_PAUSE says otherwise; a lease is 6 s
	if text := os.Getenv("GALLEY_TEST_PAUSE"); text != "" {
		var err error
		if pause, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	o := galleytest.Options{DatabaseURL: pgtest.Database(t), Project: galleytest.Project(t, jobsSchema), Env: []string{"GALLEY_API_MAX_ROWS=0"}}
	nodes := galleytest.StartAll(t, o, o)
	for i := range 10 {
		body := fmt.Sprintf(`{"name":"s%d","schedule":"1 second","missed":"all","queue":"marks","kind":"sql",
			"payload":{"sql":"insert into public.marks (schedule) values ('s%d')"},"max_attempts":1}`, i, i)
		req, err := request(t.Context(), nodes[0], http.MethodPost, "/admin/v1/schedules", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := do(req, http.StatusCreated); err != nil {
			t.Fatal(err)
		}
	}
	waitForMarks(t, nodes[1], 20)
	signal(t, nodes[0], syscall.SIGSTOP)
	time.Sleep(pause)
	while := marks(t, nodes[1])
	signal(t, nodes[0], syscall.SIGCONT)
	waitForMarks(t, nodes[1], while+50)
	checkRuns(t, o, nodes, while)
}

func signal(t *testing.T, s *galleytest.Server, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(s.PID(), sig); err != nil {
		t.Fatal(err)
	}
}

// checkRuns stops the nodes and compares: each due time one job, each job one run,
// and no due time left out.
func checkRuns(t *testing.T, o galleytest.Options, nodes []*galleytest.Server, while int) {
	t.Helper()
	for _, s := range nodes {
		s.Stop()
	}
	out := galleytest.Command(t, o, "sql", "--json", `select count(*) as runs, count(distinct job) as jobs,
		(select count(*) from galley.jobs where queue = 'marks') as enqueued,
		(select count(*) from galley.jobs where queue = 'marks' and attempt > 1) as again,
		(select count(*) from galley.jobs where queue = 'marks' and state = 'completed') as completed,
		(select count(*) from marks) as marks,
		(select count(*) from (select due_at - lag(due_at) over (partition by schedule order by due_at) as step from galley.schedule_runs) g
			where step <> interval '1 second') as gaps from galley.schedule_runs`)
	var rows []struct{ Runs, Jobs, Enqueued, Again, Completed, Marks, Gaps int }
	if err := json.Unmarshal(out, &rows); err != nil || len(rows) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	r := rows[0]
	fmt.Printf("durability: a node was paused, %d runs while it was; %+v\n", while, r)
	if r.Runs != r.Jobs || r.Runs != r.Enqueued || r.Again != 0 || r.Gaps != 0 || r.Marks < r.Completed {
		t.Errorf("due times, their jobs and what they did differ: %+v", r)
	}
	if r.Marks > r.Enqueued {
		t.Errorf("%d runs of %d jobs", r.Marks, r.Enqueued)
	}
}

func marks(t *testing.T, s *galleytest.Server) int {
	t.Helper()
	var rows []json.RawMessage
	read(t, s, "/rest/v1/marks?select=schedule", &rows)
	return len(rows)
}

func waitForMarks(t *testing.T, s *galleytest.Server, n int) {
	t.Helper()
	for end := time.Now().Add(allDone); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if marks(t, s) >= n {
			return
		}
	}
	t.Fatalf("%d runs did not come", n)
}
