package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const testCatalogue = `{
	"pg_type": {"implemented": 1, "rows": 249, "entries": ["text"]},
	"pg_operator": {"implemented": 0, "rows": 799, "entries": []},
	"pg_proc": {"implemented": 3, "rows": 3233, "entries": ["abs(bigint)", "abs(integer)", "lower(text)"]},
	"pg_cast": {"implemented": 0, "rows": 229, "entries": []}}`

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRender(t *testing.T) {
	root := t.TempDir()
	write(t, root, catalogueLedger, testCatalogue)
	write(t, root, postgrestLedgers+"/postgres.json", `{"Query/A#1": "refused", "Query/A#2": "differing", "Query/B#1": "refused"}`)
	write(t, root, postgrestLedgers+"/embedded.json", `{"cases": 10, "open": {"Query/C#1": "refused"}, "out": {"Query/C#2": "test.t", "Query/C#3": "test.t"}}`)
	write(t, root, differentialLedger, `{"joins": {"agree": 90, "refused": 2, "messages_differ": 1}, "text": {"agree": 5, "refused": 1, "messages_differ": 0}}`)
	write(t, root, accountsLedger, `{"auth-js": {"embedded": {"cases": 20, "passed": 18, "asking": 9, "asking_passed": 7, "open": ["A b", "C"]},
		"postgres": {"cases": 20, "passed": 19, "asking": 9, "asking_passed": 8, "open": ["C"]}}}`)
	write(t, root, functionsLedger, `{"cases": 43, "passed": 42, "skipped": 1}`)
	page, err := render(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| `pg_proc` | 3 | 3233 |", "`abs` (2), `lower`",
		"2 are refused and 1 differ.", "| Query/A | 1 | 1 |", "On `embedded`: 9 of 10 cases", "2 more are not counted", "| Query/B | 1 | 0 |",
		"| all | 95 | 3 | 1 |", "| text | 5 | 1 | 0 |",
		"42 of 43 cases pass, and 1 is skipped",
		"| auth-js | embedded | 18 of 20 | 7 of 9 |", "- A b (embedded)", "- C (embedded, postgres)",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}

func TestRenderRefusesUnknownOutcome(t *testing.T) {
	root := t.TempDir()
	write(t, root, catalogueLedger, testCatalogue)
	write(t, root, differentialLedger, `{}`)
	write(t, root, postgrestLedgers+"/embedded.json", `{"Query/A#1": "mostly"}`)
	if _, err := render(root); err == nil || !strings.Contains(err.Error(), "mostly") {
		t.Errorf("error %v", err)
	}
}
