package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Where the tests keep their ledgers.
const (
	catalogueLedger    = "internal/database/embedded/types/testdata/ledger.json"
	postgrestLedgers   = "internal/rest/conformance/testdata" // one <engine>.json each
	differentialLedger = "docs/ledger/differential.json"
)

// ledgers is what the page is made of.
type ledgers struct {
	Catalogue    []catalogue
	PostgREST    []suite
	Differential []statements
	Accounts     accounts
	Functions    functionsSuite
}

// functionsSuite is how the official client's own suite of functions went, as
// scripts/functions-suite.sh --update writes it.
type functionsSuite struct {
	Cases   int `json:"cases"`
	Passed  int `json:"passed"`
	Skipped int `json:"skipped"` // by the suite itself
}

// statements counts the statements of a file that were run on both engines.
type statements struct {
	File     string `json:"-"`
	Agree    int    `json:"agree"`
	Refused  int    `json:"refused"`
	Messages int    `json:"messages_differ"` // of those that agree
}

// catalogue is how much of a PostgreSQL catalogue the embedded engine implements.
type catalogue struct {
	Name        string
	What        string
	Implemented int
	Rows        int
	Entries     []string
}

// suite is the outcome of a set of cases on one engine. Its ledger names the cases
// that do not pass, with what became of each: {"Query/AndOrParamsSpec#3": "refused"};
// or, with the number of all cases, {"cases": 590, "open": {…}}, beside which "out"
// may name those that are not counted because an object of theirs did not load.
type suite struct {
	Engine  string
	Cases   int // 0 when the ledger does not say
	Refused int
	Differ  int
	Out     int // cases about objects that the engine did not load
	Groups  []group
}

// group counts the cases of one name before '#' that do not pass.
type group struct {
	Name    string
	Refused int
	Differ  int
}

// Passed is the number of cases that pass; only for a ledger that has their number.
func (s suite) Passed() int { return s.Cases - s.Refused - s.Differ }

func readLedgers(root string) (*ledgers, error) {
	var l ledgers
	var err error
	if l.Catalogue, err = readCatalogue(filepath.Join(root, catalogueLedger)); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(root, postgrestLedgers, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		s, err := readSuite(f)
		if err != nil {
			return nil, err
		}
		l.PostgREST = append(l.PostgREST, *s)
	}
	if l.Differential, err = readDifferential(filepath.Join(root, differentialLedger)); err != nil {
		return nil, err
	}
	if l.Accounts, err = readAccounts(root); err != nil {
		return nil, err
	}
	return &l, readJSON(filepath.Join(root, functionsLedger), &l.Functions)
}

// readDifferential reads the counts by file and puts their sum first.
func readDifferential(file string) ([]statements, error) {
	var raw map[string]statements
	if err := readJSON(file, &raw); err != nil {
		return nil, err
	}
	out := []statements{{File: "all"}}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		c := raw[name]
		c.File = name
		out = append(out, c)
		out[0].Agree += c.Agree
		out[0].Refused += c.Refused
		out[0].Messages += c.Messages
	}
	return out, nil
}

var catalogueNames = []struct{ name, what string }{
	{"pg_type", "types"}, {"pg_operator", "operators"}, {"pg_proc", "functions"}, {"pg_cast", "casts"},
}

func readCatalogue(file string) ([]catalogue, error) {
	var raw map[string]catalogue
	if err := readJSON(file, &raw); err != nil {
		return nil, err
	}
	var out []catalogue
	for _, n := range catalogueNames {
		c, ok := raw[n.name]
		if !ok {
			return nil, fmt.Errorf("%s: no %s", file, n.name)
		}
		c.Name, c.What = n.name, n.what
		out = append(out, c)
	}
	return out, nil
}

func readSuite(file string) (*suite, error) {
	var raw map[string]json.RawMessage
	if err := readJSON(file, &raw); err != nil {
		return nil, err
	}
	s := &suite{Engine: strings.TrimSuffix(filepath.Base(file), ".json")}
	open := raw
	if number, ok := raw["cases"]; ok {
		open = nil
		out := map[string]string{}
		err := errors.Join(json.Unmarshal(number, &s.Cases), json.Unmarshal(raw["open"], &open))
		if list, ok := raw["out"]; ok {
			err = errors.Join(err, json.Unmarshal(list, &out))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		s.Out = len(out)
	}
	groups := map[string]*group{}
	for id, text := range open {
		name, _, _ := strings.Cut(id, "#")
		if groups[name] == nil {
			groups[name] = &group{Name: name}
		}
		switch outcome := strings.Trim(string(text), `"`); outcome {
		case "refused":
			groups[name].Refused++
			s.Refused++
		case "differing":
			groups[name].Differ++
			s.Differ++
		default:
			return nil, fmt.Errorf("%s: %s has the unknown outcome %q", file, id, outcome)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		s.Groups = append(s.Groups, *groups[name])
	}
	return s, nil
}

func readJSON(file string, v any) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// Families groups a catalogue's entries by name without arguments, to be listed
// shortly: "abs (3)".
func (c catalogue) Families() []string {
	count := map[string]int{}
	for _, e := range c.Entries {
		name, _, _ := strings.Cut(e, "(")
		count[name]++
	}
	var out []string
	for _, name := range slices.SortedFunc(maps.Keys(count), cmp.Compare[string]) {
		if count[name] == 1 {
			out = append(out, "`"+name+"`")
			continue
		}
		out = append(out, fmt.Sprintf("`%s` (%d)", name, count[name]))
	}
	return out
}
