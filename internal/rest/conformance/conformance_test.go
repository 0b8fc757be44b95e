package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

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

func TestPostgREST(t *testing.T) {
	t.Run("core and effort", func(t *testing.T) { replayAll(t, "testdata/postgres.json", "core", "effort") })
	t.Run("calls", func(t *testing.T) { replayAll(t, "testdata/postgres-calls.json", "rpc") })
}

// replayAll replays the cases of some tiers on a database of their own.
func replayAll(t *testing.T, path string, tiers ...string) {
	dir := sharedDir(t)
	db := newPostgres(t, dir)
	servers := make(map[string]string)
	results := make(map[string]outcome)
	for _, c := range loadCases(t, dir, tiers...) {
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
		results[c.ID] = judge(wrong, code)
		if *verbose && len(wrong) > 0 && code != fault.FeatureNotSupported {
			t.Logf("%s %s\n\t%s", c.ID, c.It, fmt.Sprint(wrong))
		}
	}
	compare(t, path, results)
}

func judge(wrong []string, code string) outcome {
	switch {
	case len(wrong) == 0:
		return passed
	case code == fault.FeatureNotSupported:
		return refused
	}
	return differing
}

// ledger is what is recorded of a run: how many cases there are, and the
// outcome of those that do not pass.
type ledger struct {
	Cases int                `json:"cases"`
	Open  map[string]outcome `json:"open"`
}

// compare holds the outcomes against a ledger.
func compare(t *testing.T, path string, results map[string]outcome) {
	t.Helper()
	count := make(map[outcome]int)
	now := ledger{Cases: len(results), Open: make(map[string]outcome)}
	for id, o := range results {
		count[o]++
		if o != passed {
			now.Open[id] = o
		}
	}
	t.Logf("postgrest postgres %d/%d (refused %d, differing %d)", count[passed], len(results), count[refused], count[differing])
	if *update {
		now.write(t, path)
		return
	}
	var before ledger
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &before)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(maps.Keys(results)) {
		was, listed := before.Open[id]
		switch is := results[id]; {
		case is != passed && !listed:
			t.Errorf("%s passed before and is %s now", id, is)
		case is == differing && was == refused:
			t.Errorf("%s was refused before and differs now", id)
		case is == passed && listed:
			t.Errorf("%s passes now: run with -update to record it", id)
		}
	}
}

func (l ledger) write(t *testing.T, path string) {
	t.Helper()
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
