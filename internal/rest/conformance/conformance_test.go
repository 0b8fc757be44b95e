package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

var (
	update  = flag.Bool("update", false, "write the ledger")
	verbose = flag.Bool("differences", false, "print what is wrong with each case that does not pass")
)

// outcome is what became of a case. Refused means that we said 0A000, or that
// its server needs a setting which we do not have.
type outcome string

const (
	passed    outcome = "passed"
	refused   outcome = "refused"
	differing outcome = "differing"
)

// suites are the tiers of cases that are counted together; each has a ledger for
// each engine.
var suites = []struct {
	name, ledger string
	tiers        []string
}{
	{"core and effort", "", []string{"core", "effort"}},
	{"calls", "-calls", []string{"rpc"}},
	{"only PostgreSQL", "-only", []string{"pg"}},
}

func TestPostgREST(t *testing.T) {
	for _, s := range suites {
		t.Run("postgres "+s.name, func(t *testing.T) {
			dir := sharedDir(t)
			compare(t, "postgres"+s.ledger, replayAll(t, newPostgres(t, dir), nil, dir, s.tiers...))
		})
		if s.ledger == "-only" {
			continue
		}
		t.Run("embedded "+s.name, func(t *testing.T) {
			dir := sharedDir(t)
			db, lost := newEmbedded(t, dir)
			compare(t, "embedded"+s.ledger, replayAll(t, db, lost, dir, s.tiers...))
		})
	}
}

// run is what became of the cases of a suite: an outcome each, or the object of
// theirs that the engine did not load.
type run struct {
	results map[string]outcome
	out     map[string]string
}

// replayAll replays the cases of some tiers on a database of their own.
func replayAll(t *testing.T, db database.DB, lost *missing, dir string, tiers ...string) run {
	servers := make(map[string]string)
	results, out := make(map[string]outcome), make(map[string]string)
	for _, c := range loadCases(t, dir, tiers...) {
		if object := lost.of(&c); object != "" {
			out[c.ID] = object
			continue
		}
		key, _ := json.Marshal(c.Config)
		base, known := servers[string(key)]
		if !known {
			base, _ = serve(t, db, c.Config)
			servers[string(key)] = base
		}
		if base == "" {
			results[c.ID] = refused
			continue
		}
		wrong, code := c.replay(base, dir)
		if results[c.ID] = judge(wrong, code); strings.HasPrefix(c.ID, costs) && len(wrong) > 0 {
			results[c.ID] = refused
		}
		if *verbose && len(wrong) > 0 {
			t.Logf("%s %s\n\t%s", c.ID, c.It, fmt.Sprint(wrong))
		}
	}
	return run{results, out}
}

// costs are cases that compare what PostgreSQL reckons PostgREST's own statements
// to cost, and so its text; we have other statements.
const costs = "Query/PlanSpec#"

func judge(wrong []string, code string) outcome {
	switch {
	case len(wrong) == 0:
		return passed
	case code == fault.FeatureNotSupported:
		return refused
	}
	return differing
}

// ledger is what is recorded of a run: how many cases there are, the outcome of
// those that do not pass, and those that are no part of it because an object of
// theirs did not load.
type ledger struct {
	Cases int                `json:"cases"`
	Open  map[string]outcome `json:"open"`
	Out   map[string]string  `json:"out,omitempty"`
}

// compare holds a run against a ledger.
func compare(t *testing.T, name string, now run) {
	t.Helper()
	count := make(map[outcome]int)
	is := ledger{Cases: len(now.results), Open: make(map[string]outcome), Out: now.out}
	for id, o := range now.results {
		count[o]++
		if o != passed {
			is.Open[id] = o
		}
	}
	engine, suite, _ := strings.Cut(name, "-")
	t.Logf("%s %s %d/%d (refused %d, differing %d)%s", strings.TrimSuffix("postgrest-"+suite, "-"), engine,
		count[passed], len(now.results), count[refused], count[differing], left(len(now.out)))
	path := "testdata/" + name + ".json"
	if *update {
		writeJSON(t, path, is)
		return
	}
	var was ledger
	readJSON(t, path, &was)
	was.compare(t, now)
}

func left(out int) string {
	if out == 0 {
		return ""
	}
	return fmt.Sprintf(", %d more speak of objects that did not load", out)
}

// compare tells where a run is worse than what is recorded, and where it is
// better and the record is out of date.
func (l *ledger) compare(t *testing.T, now run) {
	t.Helper()
	for _, id := range slices.Sorted(maps.Keys(now.out)) {
		if _, listed := l.Out[id]; !listed {
			t.Errorf("%s could be tried before and lacks %s now", id, now.out[id])
		}
	}
	for _, id := range slices.Sorted(maps.Keys(now.results)) {
		was, open := l.Open[id]
		_, out := l.Out[id]
		switch is := now.results[id]; {
		case out:
			t.Errorf("%s can be tried now: run with -update to record it", id)
		case is != passed && !open:
			t.Errorf("%s passed before and is %s now", id, is)
		case is == differing && was == refused:
			t.Errorf("%s was refused before and differs now", id)
		case is == passed && open:
			t.Errorf("%s passes now: run with -update to record it", id)
		}
	}
}
