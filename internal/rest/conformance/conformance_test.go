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
	dir := sharedDir(t)
	db := newPostgres(t, dir)
	servers := make(map[string]string)
	results := make(map[string]outcome)
	for _, c := range loadCases(t, dir) {
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
	compare(t, "testdata/postgres.json", results)
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

// compare holds the outcomes against a ledger of the cases that do not pass.
func compare(t *testing.T, path string, results map[string]outcome) {
	t.Helper()
	count := make(map[outcome]int)
	open := make(map[string]outcome)
	for id, o := range results {
		count[o]++
		if o != passed {
			open[id] = o
		}
	}
	t.Logf("postgrest postgres %d/%d (refused %d, differing %d)", count[passed], len(results), count[refused], count[differing])
	if *update {
		writeLedger(t, path, open)
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var ledger map[string]outcome
	if err := json.Unmarshal(text, &ledger); err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(maps.Keys(results)) {
		before, listed := ledger[id]
		switch now := results[id]; {
		case now != passed && !listed:
			t.Errorf("%s passed before and is %s now", id, now)
		case now == differing && before == refused:
			t.Errorf("%s was refused before and differs now", id)
		case now == passed && listed:
			t.Errorf("%s passes now: run with -update to record it", id)
		}
	}
}

func writeLedger(t *testing.T, path string, open map[string]outcome) {
	t.Helper()
	text, err := json.MarshalIndent(open, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
