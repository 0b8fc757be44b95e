package randomquery

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
	defaultSeed  = 20260104
	defaultCount = 10_000

	minReturning = 60 // percent of the queries that return rows
	maxFailing   = 2  // percent that fail on both engines alike
	minUses      = 50 // of each construct, of 10,000 queries
	maxSeconds   = 60 // of one query on the embedded engine
	maxServer    = 4  // seconds on PostgreSQL; a query that takes longer proves nothing about plans, and is not asked
	shrinkSteps  = 400
	maxShown     = 12 // differences that are shrunk and shown
	maxShrinking = 30 * time.Second
)

// TestMain has garbage collected less often than usual: it took a quarter of the time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// engines are both, with the same data.
type engines struct {
	server, other database.DB
}

func open(t *testing.T) engines {
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
	for _, name := range []string{"chinook", "northwind"} {
		if _, err := differential.Dataset(name); err != nil {
			t.Skip(err)
		}
		for _, db := range []database.DB{server, other} {
			if _, err := differential.Run(t.Context(), db, &differential.Case{Load: name}); err != nil {
				t.Fatalf("%s: %s: %v", db.Engine(), name, err)
			}
		}
	}
	if _, err := server.Query(t.Context(), database.Session{}, database.Statement{SQL: "analyze"}); err != nil {
		t.Fatal(err)
	}
	return engines{server, other}
}

// answer is what came of a query.
type answer struct {
	number  uint64
	query   *Node
	verdict differential.Verdict
	reason  string
	rows    int
	code    string // of the error on PostgreSQL
	message string
	took    [2]time.Duration
}

// ask asks both engines at the same time.
func (e engines) ask(ctx context.Context, number uint64, query *Node) answer {
	a := answer{number: number, query: query}
	c := &differential.Case{SQL: query.SQL(), Ordered: query.Ordered()}
	var outcomes [2][]differential.Outcome
	var wg sync.WaitGroup
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	for i, db := range []database.DB{e.server, e.other} {
		wg.Go(func() {
			limited, cancel := context.WithTimeout(ctx, []time.Duration{maxServer, maxSeconds}[i]*time.Second)
			defer cancel()
			start := time.Now()
			outcomes[i], _ = differential.Run(limited, db, c)
			a.took[i] = time.Since(start)
			if i == 0 && outcomes[0][0].Code == fault.QueryCanceled {
				giveUp()
			}
		})
	}
	wg.Wait()
	if outcomes[0][0].Code == fault.QueryCanceled {
		outcomes[1] = outcomes[0]
	}
	a.verdict, a.reason = differential.Compare(c, outcomes[0], outcomes[1])
	a.rows, a.code, a.message = len(outcomes[0][0].Rows), outcomes[0][0].Code, outcomes[0][0].Message
	return a
}

// all asks count queries of a seed, on two at a time.
func (e engines) all(t *testing.T, tables []*Table, seed uint64, count int) []answer {
	answers := make([]answer, count)
	numbers := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range numbers {
				number := uint64(i)
				answers[i] = e.ask(t.Context(), number, New(tables, seed, number).Query())
			}
		})
	}
	for i := range count {
		numbers <- i
	}
	close(numbers)
	wg.Wait()
	return answers
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

// TestQueries asks both engines random questions about Chinook and Northwind:
// GALLEY_TEST_QUERIES of them of the seed GALLEY_TEST_SEED.
func TestQueries(t *testing.T) {
	seed, count := setting(t, "GALLEY_TEST_SEED", defaultSeed), int(setting(t, "GALLEY_TEST_QUERIES", defaultCount))
	e := open(t)
	tables, err := Read(t.Context(), e.server)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	answers := e.all(t, tables, seed, count)
	t.Logf("seed %d: %d queries in %v", seed, count, time.Since(start).Round(time.Second))
	e.report(t, answers)
	checkUses(t, answers)
}

// report judges the answers.
func (e engines) report(t *testing.T, answers []answer) {
	t.Helper()
	returning, failing, shown := 0, map[string]int{}, 0
	refused := map[string]int{}
	for _, a := range answers {
		if a.rows > 0 {
			returning++
		}
		if a.code != "" {
			if failing[a.code]++; failing[a.code] <= 2 {
				t.Logf("query %d fails with %s (%s): %s", a.number, a.code, a.message, a.query.SQL())
			}
		}
		switch a.verdict {
		case differential.Refuse:
			refused[a.reason]++
		case differential.Differ:
			if shown++; shown > maxShown {
				t.Errorf("query %d: %s", a.number, a.reason)
				continue
			}
			t.Errorf("query %d: %s\n%s", a.number, a.reason, a.query.SQL())
			t.Log("shrunk: ", e.shrink(t, a))
		}
	}
	slow(t, answers)
	failed, declined := total(failing), total(refused)
	t.Logf("%d %% return rows, %d fail alike %v, %d are refused", returning*100/len(answers), failed, failing, declined)
	for _, reason := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("refused %d times: %s", refused[reason], reason)
	}
	if returning*100 < minReturning*len(answers) || failed*100 > maxFailing*len(answers) {
		t.Error("too few queries return rows to prove much")
	}
}

func total(counts map[string]int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

// slow names the queries that took longest on the embedded engine.
func slow(t *testing.T, answers []answer) {
	t.Helper()
	sorted := slices.SortedFunc(slices.Values(answers), func(a, b answer) int { return int(b.took[1] - a.took[1]) })
	for _, a := range sorted[:min(3, len(sorted))] {
		t.Logf("query %d took %v, PostgreSQL %v: %s", a.number, a.took[1].Round(time.Millisecond), a.took[0].Round(time.Millisecond), a.query.SQL())
	}
}

// shrink makes a query on which the engines differ smaller.
func (e engines) shrink(t *testing.T, a answer) string {
	t.Helper()
	start := time.Now()
	shrunk := Shrink(a.query, shrinkSteps, func(n *Node) bool {
		if time.Since(start) > maxShrinking {
			return false
		}
		b := e.ask(t.Context(), 0, n)
		return b.verdict == differential.Differ && (b.code == a.code) == (a.code == b.code)
	})
	return shrunk + "\n" + e.ask(t.Context(), 0, a.query).reason
}

// required are constructs that a generator which has lost one would not be held to.
func required() []string {
	return []string{"inner join", "left join", "right join", "full join", "cross join", "natural join", "using", "self join", "lateral", "derived table",
		"exists", "in subquery", "any subquery", "all subquery", "scalar subquery", "correlated subquery", "with", "with recursive", "reference to with",
		"union", "union all", "intersect", "intersect all", "except", "except all", "ordered set operation", "distinct", "distinct on",
		"group by", "having", "rollup", "cube", "grouping sets", "aggregate", "aggregate distinct", "aggregate order by", "filter",
		"window ranking", "window distribution", "window offset", "window value", "window aggregate", "partition by",
		"frame rows", "frame range", "frame groups", "frame exclude", "values", "row comparison", "row in list", "row in subquery", "any array", "in list",
		"unnest", "generate_series", "series of times", "generate_subscripts", "with ordinality", "json function in from", "jsonb_each_text",
		"jsonb_object_keys", "regexp_split_to_table", "string_to_table", "whole row", "aggregate of whole rows", "json", "order by", "nulls order", "limit", "offset"}
}

// checkUses holds the generator to use each construct often.
func checkUses(t *testing.T, answers []answer) {
	t.Helper()
	uses := map[string]int{}
	for _, construct := range required() {
		uses[construct] = 0
	}
	for _, a := range answers {
		for construct := range a.query.Uses() {
			uses[construct]++
		}
	}
	var lines []string
	for _, construct := range slices.Sorted(maps.Keys(uses)) {
		lines = append(lines, fmt.Sprintf("%s %d", construct, uses[construct]))
		if len(answers) >= 10_000 && uses[construct] < minUses {
			t.Errorf("%s is used %d times only", construct, uses[construct])
		}
	}
	t.Log("queries that use ", strings.Join(lines, ", "))
}
