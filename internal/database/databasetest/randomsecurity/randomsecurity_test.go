package randomsecurity

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/databasetest/differential"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/fault"
)

const (
	defaultSeed   = 20260105
	defaultTrials = 20_000
	perWorld      = 200 // trials
	workers       = 2
	minUses       = 100 // of each kind, of 20,000 trials
	maxShown      = 8
)

// TestMain has garbage collected less often than usual: it took a fifth of the time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// pair is both engines.
type pair struct{ server, other database.DB }

// open opens a database of each engine, with the roles.
func open(t *testing.T) pair {
	t.Helper()
	server, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.Database(t), MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if err := server.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, err := embedded.Open(t.Context(), embedded.Config{Path: filepath.Join(t.TempDir(), "data.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	for _, db := range []database.DB{server, other} {
		for _, sql := range strings.Split(CreateRoles, ";") {
			// The roles of a server are those of all its databases.
			if o := run(t.Context(), db, Step{SQL: sql}); o.Code != "" && (db == other || o.Code != fault.DuplicateObject) {
				t.Fatal(db.Engine(), sql, o.Message)
			}
		}
	}
	return pair{server, other}
}

func run(ctx context.Context, db database.DB, s Step) differential.Outcome {
	out, err := differential.Run(ctx, db, &differential.Case{SQL: s.SQL, Session: database.Session{Role: s.Role}})
	if err != nil {
		return differential.Outcome{Code: "?", Message: err.Error()}
	}
	return out[0]
}

// contents are the rows of all tables.
const contents = `select 't', id, who, n, tag from rs.t union all select 'u', id, who, n, t::text from rs.u union all select 'k', id, who, n, t::text from rs.k`

// try runs a statement, and gives its outcome and what the tables hold after it;
// what it changed is undone.
func try(ctx context.Context, db database.DB, s Step) (got, after differential.Outcome) {
	if !s.Writes {
		return run(ctx, db, s), after
	}
	tx, err := db.Begin(ctx, database.Session{Role: s.Role}, database.TxOptions{})
	if err != nil {
		return differential.Outcome{Code: "?", Message: err.Error()}, after
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	got = differential.Answer(tx.Query(ctx, database.Statement{SQL: s.SQL}))
	if got.Code != "" {
		return got, after
	}
	if err := tx.SetSession(ctx, database.Session{}); err != nil {
		return got, differential.Outcome{Code: "?", Message: err.Error()}
	}
	return got, differential.Answer(tx.Query(ctx, database.Statement{SQL: contents}))
}

// tally counts what became of the trials.
type tally struct {
	mu                        sync.Mutex
	compared, refused, failed int
	rows, changed             int // statements that returned rows, that changed some
	kinds, refusals, errors   map[string]int
	shown                     int
}

func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestTrials runs random statements under random roles, policies, grants and
// views on both engines: GALLEY_TEST_TRIALS of them of the seed GALLEY_TEST_SEED.
func TestTrials(t *testing.T) {
	seed, trials := setting(t, "GALLEY_TEST_SEED", defaultSeed), int(setting(t, "GALLEY_TEST_TRIALS", defaultTrials))
	pairs := make([]pair, workers)
	for i := range pairs {
		pairs[i] = open(t)
	}
	counts := &tally{kinds: map[string]int{}, refusals: map[string]int{}, errors: map[string]int{}}
	worlds := make(chan int)
	var wg sync.WaitGroup
	start := time.Now()
	for _, p := range pairs {
		wg.Go(func() {
			for n := range worlds {
				p.world(t, seed+uint64(n), counts)
			}
		})
	}
	for n := range (trials + perWorld - 1) / perWorld {
		worlds <- n
	}
	close(worlds)
	wg.Wait()
	t.Logf("seed %d: %d trials in %v", seed, counts.compared+counts.refused, time.Since(start).Round(time.Second))
	counts.report(t)
}

func (c *tally) report(t *testing.T) {
	t.Helper()
	t.Logf("%d statements compared, of which %d returned rows, %d changed rows and %d failed alike; %d refused", c.compared, c.rows, c.changed, c.failed, c.refused)
	for name, counted := range map[string]map[string]int{"kinds": c.kinds, "errors": c.errors, "refused": c.refusals} {
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(counted)) {
			parts = append(parts, fmt.Sprintf("%s %d", k, counted[k]))
		}
		t.Logf("%s: %s", name, strings.Join(parts, ", "))
	}
	if c.refused*20 > c.compared {
		t.Errorf("%d of %d statements were refused", c.refused, c.compared+c.refused)
	}
	if c.compared < defaultTrials/2 {
		return
	}
	for _, f := range forms {
		if c.kinds[f.kind] < minUses {
			t.Errorf("%q was tried %d times only", f.kind, c.kinds[f.kind])
		}
	}
	if c.rows*4 < c.compared || c.changed*12 < c.compared {
		t.Error("too few statements return or change rows to prove much")
	}
}

// world makes a world on both engines and tries statements in it.
func (p pair) world(t *testing.T, seed uint64, counts *tally) {
	g := New(seed)
	var made []Step
	for _, s := range g.World() {
		want, got := p.both(func(db database.DB) differential.Outcome { return run(t.Context(), db, s) })
		if want.Code != got.Code {
			t.Errorf("world %d: %s: %s (%s) against %s (%s)", seed, s.SQL, want.Code, want.Message, got.Code, got.Message)
			return
		}
		if want.Code == "" {
			made = append(made, s)
		}
	}
	for range perWorld {
		s := g.Statement()
		reason := p.trial(t.Context(), s, counts)
		if reason == "" {
			continue
		}
		counts.mu.Lock()
		counts.shown++
		shown := counts.shown <= maxShown
		counts.mu.Unlock()
		t.Errorf("world %d: %s: %s: %s", seed, s.Role, s.SQL, reason)
		if shown {
			t.Log(script(made))
		}
	}
}

// script prints a world for psql.
func script(steps []Step) string {
	var b strings.Builder
	for _, s := range steps {
		if s.Role != "" {
			fmt.Fprintf(&b, "set role %s; %s; reset role;\n", s.Role, s.SQL)
		} else {
			fmt.Fprintf(&b, "%s;\n", s.SQL)
		}
	}
	return b.String()
}

func (p pair) both(do func(database.DB) differential.Outcome) (server, other differential.Outcome) {
	var wg sync.WaitGroup
	wg.Go(func() { server = do(p.server) })
	other = do(p.other)
	wg.Wait()
	return server, other
}

// trial tries a statement on both engines and tells how they differ.
func (p pair) trial(ctx context.Context, s Step, counts *tally) string {
	var wantAfter, gotAfter differential.Outcome
	want, got := p.both(func(db database.DB) differential.Outcome {
		o, after := try(ctx, db, s)
		if db == p.server {
			wantAfter = after
		} else {
			gotAfter = after
		}
		return o
	})
	c := &differential.Case{SQL: s.SQL, Ordered: s.Kind == "select order by"}
	verdict, reason := differential.Compare(c, []differential.Outcome{want}, []differential.Outcome{got})
	if verdict == differential.Differ && (neverRun(want, got) || failsElsewhere(s, want, got)) {
		verdict = differential.Agree
	}
	counts.add(s, want, verdict, reason)
	switch {
	case verdict == differential.Differ:
		return reason
	case verdict == differential.Refuse || want.Code != got.Code:
		return ""
	case reason != "" && !openMessage(s, want, got):
		return reason
	}
	if v, reason := differential.Compare(&differential.Case{}, []differential.Outcome{wantAfter}, []differential.Outcome{gotAfter}); v != differential.Agree {
		return "afterwards: " + reason
	}
	return ""
}

// neverRun tells that PostgreSQL did not look at the privileges of a part of a
// statement, a policy's subquery or a function's, because no row is there that it
// would run for; the embedded engine always does.
func neverRun(server, other differential.Outcome) bool {
	return server.Code == "" && len(server.Rows) == 0 && strings.HasSuffix(server.Tag, " 0") &&
		other.Code == "42501" && strings.HasPrefix(other.Message, "permission denied for")
}

// manyRows are the kinds that write several rows; on which of them, and for what
// reason, they fail first depends on the order in which the rows come and are
// checked.
var manyRows = []string{"insert rows", "insert select", "on conflict from select", "update", "update from", "update subquery", "delete using", "writing with"}

func failsElsewhere(s Step, server, other differential.Outcome) bool {
	onRow := []string{"22012", "22P02", "23502", "23503", "23505", "23514", "42501", "44000"}
	denied := func(o differential.Outcome) bool { return strings.HasPrefix(o.Message, "permission denied for") }
	return slices.Contains(manyRows, s.Kind) && slices.Contains(onRow, server.Code) && slices.Contains(onRow, other.Code) && !denied(server) && !denied(other)
}

// openMessage tells that PostgreSQL's plan decides what an error says: which of
// several relations is denied first, and on which row a condition fails first.
func openMessage(s Step, want, got differential.Outcome) bool {
	denied := strings.HasPrefix(want.Message, "permission denied for") && strings.HasPrefix(got.Message, "permission denied for")
	return denied || want.Code == "22P02" || want.Code == "42501" && s.Relations > 1 || slices.Contains(manyRows, s.Kind)
}

func (c *tally) add(s Step, want differential.Outcome, verdict differential.Verdict, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if verdict == differential.Refuse {
		c.refused++
		c.refusals[reason]++
		return
	}
	c.compared++
	c.kinds[s.Kind]++
	switch {
	case want.Code != "":
		c.failed++
		c.errors[want.Code]++
	case len(want.Rows) > 0:
		c.rows++
	}
	if s.Writes && want.Code == "" && !strings.HasSuffix(want.Tag, " 0") {
		c.changed++
	}
}
