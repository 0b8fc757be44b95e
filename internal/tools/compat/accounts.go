package main

import (
	"maps"
	"path/filepath"
	"slices"
)

// The ledgers that scripts/auth-suites.sh and scripts/functions-suite.sh write with --update.
const (
	accountsLedger  = "docs/ledger/auth-js.json"
	functionsLedger = "docs/ledger/functions-js.json"
)

// clientSuite is how a suite of the official client's went on an engine.
type clientSuite struct {
	Suite        string   `json:"-"`
	Engine       string   `json:"-"`
	Cases        int      `json:"cases"`
	Passed       int      `json:"passed"`
	Asking       int      `json:"asking"` // of Cases: those that ask the server anything
	AskingPassed int      `json:"asking_passed"`
	Open         []string `json:"open"` // that fail, by name
}

// accounts is all of them, by suite and engine.
type accounts struct{ Suites []clientSuite }

// Open are the cases that fail, with the engines that they fail on.
func (a accounts) Open() []openCase {
	engines := map[string][]string{}
	for _, s := range a.Suites {
		for _, name := range s.Open {
			engines[name] = append(engines[name], s.Engine)
		}
	}
	var out []openCase
	for _, name := range slices.Sorted(maps.Keys(engines)) {
		out = append(out, openCase{name, engines[name]})
	}
	return out
}

// openCase is a case that fails.
type openCase struct {
	Name    string
	Engines []string
}

func readAccounts(root string) (accounts, error) {
	var raw map[string]map[string]clientSuite
	if err := readJSON(filepath.Join(root, accountsLedger), &raw); err != nil {
		return accounts{}, err
	}
	var out accounts
	for _, suite := range slices.Sorted(maps.Keys(raw)) {
		for _, engine := range slices.Sorted(maps.Keys(raw[suite])) {
			s := raw[suite][engine]
			s.Suite, s.Engine = suite, engine
			out.Suites = append(out.Suites, s)
		}
	}
	return out, nil
}
