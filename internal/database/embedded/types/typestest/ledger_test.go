package typestest

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types"
)

const ledgerPath = "../testdata/ledger.json"

// ledger lists what is implemented of each catalogue, and of how many rows.
type ledger struct {
	Types     ledgerPart `json:"pg_type"`
	Functions ledgerPart `json:"pg_proc"`
	Operators ledgerPart `json:"pg_operator"`
	Casts     ledgerPart `json:"pg_cast"`
}

type ledgerPart struct {
	Implemented int      `json:"implemented"`
	Rows        int      `json:"rows"`
	Entries     []string `json:"entries"`
}

func newPart(entries map[string]bool, rows int) ledgerPart {
	return ledgerPart{Implemented: len(entries), Rows: rows, Entries: slices.Sorted(maps.Keys(entries))}
}

// TestLedger prints how much of PostgreSQL's catalogue is implemented. An entry
// in the committed ledger must not go.
func TestLedger(t *testing.T) {
	now := implemented(t)
	parts := []struct {
		name string
		of   func(ledger) ledgerPart
	}{
		{"pg_type", func(l ledger) ledgerPart { return l.Types }},
		{"pg_proc", func(l ledger) ledgerPart { return l.Functions }},
		{"pg_operator", func(l ledger) ledgerPart { return l.Operators }},
		{"pg_cast", func(l ledger) ledgerPart { return l.Casts }},
	}
	if *update {
		writeLedger(t, now)
	}
	var known ledger
	data, err := os.ReadFile(ledgerPath)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &known); err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		got, was := p.of(now), p.of(known)
		t.Logf("%s: %d of %d rows implemented (%d in the ledger)", p.name, got.Implemented, got.Rows, was.Implemented)
		for _, entry := range was.Entries {
			if _, found := slices.BinarySearch(got.Entries, entry); !found {
				t.Errorf("%s: %s is in the ledger and no longer implemented", p.name, entry)
			}
		}
	}
}

func writeLedger(t *testing.T, l ledger) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "\t")
	if err := e.Encode(l); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(ledgerPath, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// implemented lists the entries of the catalogue under readable names.
func implemented(t *testing.T) ledger {
	t.Helper()
	n := newNames(t)
	typs, fns, ops, casts := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, family := range catalogue(t).Families() {
		for _, typ := range family.Types {
			typs[typ.SQLName] = true
		}
		for _, f := range family.Functions {
			if f.OID != 0 {
				fns[n.function(f.Name, f.Args)] = true
			}
		}
		for _, a := range family.Aggregates {
			fns[n.function(a.Name, a.Args)] = true
		}
		for _, op := range family.Operators {
			ops[n.operator(op)] = true
		}
		for _, cast := range family.Casts {
			casts[n.cast(cast)] = true
		}
	}
	return ledger{
		Types:     newPart(typs, len(load(t, "pg_type"))),
		Functions: newPart(fns, len(load(t, "pg_proc"))),
		Operators: newPart(ops, len(load(t, "pg_operator"))),
		Casts:     newPart(casts, len(load(t, "pg_cast"))),
	}
}

// names gives entries the names that PostgreSQL's regprocedure and regoperator
// print.
type names map[types.OID]string

func newNames(t *testing.T) names {
	t.Helper()
	n := names{}
	for _, r := range load(t, "pg_type") {
		n[types.OID(r.oid(t, "oid"))] = r["format_type"]
	}
	return n
}

func (n names) function(name string, args []types.OID) string {
	var b bytes.Buffer
	b.WriteString(name + "(")
	for i, a := range args {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(n[a])
	}
	return b.String() + ")"
}

func (n names) operator(op *types.Operator) string {
	left := "NONE"
	if op.Left != 0 {
		left = n[op.Left]
	}
	return op.Name + "(" + left + "," + n[op.Right] + ")"
}

func (n names) cast(c *types.Cast) string {
	return n[c.Source] + " AS " + n[c.Target]
}
