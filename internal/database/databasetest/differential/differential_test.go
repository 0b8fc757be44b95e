package differential

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
)

var (
	update = flag.Bool("update", false, "write what PostgreSQL answers to testdata/expected, and the ledger")
	mark   = flag.Bool("mark", false, "mark in testdata what the embedded engine refuses")
)

const (
	ledgerPath = "../../../../docs/ledger/differential.json"
	// minStatements is how many statements there are at least: the files only grow.
	minStatements = 800
)

func files(t *testing.T) []*File {
	t.Helper()
	files, err := Load("testdata/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func openPostgres(t *testing.T) database.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: pgtest.Database(t), MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Bootstrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestPostgres runs every statement on PostgreSQL, where each setup must
// succeed, and compares the answers with those on file, with which the embedded
// engine is compared where no PostgreSQL is at hand. Messages may change between
// its versions.
func TestPostgres(t *testing.T) {
	statements := 0
	for _, f := range files(t) {
		t.Run(f.Name, func(t *testing.T) {
			got := runFile(t, openPostgres(t), f)
			for _, c := range f.Cases {
				statements += len(got[c])
			}
			if *update {
				writeExpected(t, f, got)
			}
			for c, expected := range readExpected(t, f) {
				if v, reason := Compare(c, expected, got[c]); v != Agree {
					t.Errorf("line %d: %s\n%s", c.Line, reason, c.SQL)
				}
			}
		})
	}
	if t.Logf("%d statements", statements); statements < minStatements && !t.Failed() && !t.Skipped() {
		t.Errorf("%d statements, at least %d are to be compared", statements, minStatements)
	}
}

// runFile runs the cases of a file. A setup must succeed.
func runFile(t *testing.T, db database.DB, f *File) map[*Case][]Outcome {
	t.Helper()
	out := map[*Case][]Outcome{}
	for _, c := range f.Cases {
		o, err := Run(t.Context(), db, c)
		if errors.Is(err, ErrNoDataset) {
			t.Skip(err)
		}
		if err != nil {
			t.Errorf("line %d: %v", c.Line, err)
		}
		out[c] = o
	}
	return out
}

// TestEmbedded compares the embedded engine with PostgreSQL's answers on file,
// statement by statement, and keeps the ledger.
func TestEmbedded(t *testing.T) {
	ledger := Ledger{}
	for _, f := range files(t) {
		t.Run(f.Name, func(t *testing.T) { ledger[f.Name] = compareFile(t, f) })
	}
	if *update {
		if err := ledger.Write(ledgerPath); err != nil {
			t.Fatal(err)
		}
	}
	before, err := ReadLedger(ledgerPath)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range before.Worse(ledger) {
		t.Error("the ledger may only improve:", line)
	}
}

func compareFile(t *testing.T, f *File) Counts {
	var counts Counts
	expected, got := readExpected(t, f), runFile(t, openEmbedded(t), f)
	refused := map[*Case]bool{}
	for _, c := range f.Cases {
		if c.Setup {
			continue
		}
		v, reason := Compare(c, expected[c], got[c])
		if problem := judge(c, v, reason); problem != "" {
			t.Errorf("%s:%d: %s\n%s", f.Path, c.Line, problem, c.SQL)
		}
		switch refused[c] = v == Refuse; {
		case v == Refuse:
			counts.Refused++
		case v == Agree:
			counts.Agree++
		}
		if v == Agree && reason != "" {
			counts.Messages++
		}
	}
	if *mark {
		if err := f.Mark(refused); err != nil {
			t.Error(err)
		}
	}
	return counts
}

// judge tells what is wrong with a verdict, "" when it is as the file says.
func judge(c *Case, v Verdict, reason string) string {
	switch {
	case v == Differ, v == Agree && reason != "" && !c.MessagesDiffer:
		return "PostgreSQL against embedded: " + reason
	case v == Refuse && !c.Refused && !*mark:
		return "refused, which the file does not say: " + reason
	case v == Agree && c.Refused && !*mark:
		return "no longer refused: remove the directive (or run with -mark)"
	}
	return ""
}

// recorded is an answer on file. The statement stands beside it, so that a
// change of one without the other shows.
type recorded struct {
	SQL      string    `json:"sql"`
	Outcomes []Outcome `json:"outcomes"`
}

func expectedPath(f *File) string { return filepath.Join("testdata", "expected", f.Name+".json") }

func writeExpected(t *testing.T, f *File, got map[*Case][]Outcome) {
	t.Helper()
	var out strings.Builder
	for _, c := range f.Cases {
		if c.Setup {
			continue
		}
		text, err := json.Marshal(recorded{c.SQL, got[c]})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(text, '\n'))
	}
	if err := os.WriteFile(expectedPath(f), []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readExpected(t *testing.T, f *File) map[*Case][]Outcome {
	t.Helper()
	text, err := os.ReadFile(expectedPath(f))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	out := map[*Case][]Outcome{}
	for _, c := range f.Cases {
		if c.Setup {
			continue
		}
		var r recorded
		if err := d.Decode(&r); err != nil {
			t.Fatalf("line %d: no answer on file (%v): run with -update", c.Line, err)
		}
		if r.SQL != c.SQL {
			t.Fatalf("line %d: the answer on file is that of another statement: run with -update\n%s", c.Line, r.SQL)
		}
		out[c] = r.Outcomes
	}
	if d.More() {
		t.Fatal("answers on file belong to no statement: run with -update")
	}
	return out
}

var createsRole = regexp.MustCompile(`(?i)create role\s+("[^"]+"|\w+)`)

// TestRolesAreOfOneFile: roles belong to the whole server, on which the files run
// side by side.
func TestRolesAreOfOneFile(t *testing.T) {
	names, err := filepath.Glob("testdata/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range createsRole.FindAllStringSubmatch(string(text), -1) {
			if other := made[m[1]]; other != "" && other != name {
				t.Errorf("role %s is made by %s and %s", m[1], other, name)
			}
			made[m[1]] = name
		}
	}
}
