package conformance

import (
	"encoding/json"
	"os"
	"testing"
)

// fixtureNames are the files of the fixtures in the order of load.sql.
var fixtureNames = []string{"database", "roles", "schema", "jwt", "jsonschema", "privileges", "data"}

// fixtureLedger is what is recorded of the loading of the fixtures.
type fixtureLedger struct {
	Statements int       `json:"statements"`
	Refused    []refusal `json:"refused"`
}

// compareFixtures holds what was refused against a ledger, which may only get
// shorter. The wording of a reason may change.
func compareFixtures(t testing.TB, path string, statements int, refusals []refusal) {
	t.Helper()
	t.Logf("postgrest-fixtures embedded %d/%d (refused %d)", statements-len(refusals), statements, len(refusals))
	if *update {
		writeJSON(t, path, fixtureLedger{statements, refusals})
		return
	}
	var before fixtureLedger
	readJSON(t, path, &before)
	known := make(map[string]bool)
	for _, r := range before.Refused {
		known[r.At] = true
	}
	for _, r := range refusals {
		if !known[r.At] {
			t.Errorf("%s loaded before and is refused now: %s: %s", r.At, r.Statement, r.Reason)
		}
		delete(known, r.At)
	}
	for at := range known {
		t.Errorf("%s loads now: run with -update to record it", at)
	}
}

func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func writeJSON(t testing.TB, path string, v any) {
	t.Helper()
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
