package differential

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

func TestParse(t *testing.T) {
	cases, err := Parse("-- setup\ncreate table t (id integer);\ninsert into t values (1);\n\n-- # a comment\n\n" +
		"-- role: anon\n-- claims: {\"sub\": \"x:y\"}\n-- args: [\"a\", null, 3, {\"k\":1}]\n-- types: [\"text\"]\n-- ordered\n" +
		"-- search_path: a, b\nselect $1\nfrom t\n\n\n-- tx: commit\nselect 1; select 2\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) != 3 {
		t.Fatalf("%d cases", len(cases))
	}
	c := cases[1]
	if !cases[0].Setup || c.Session.Role != "anon" || c.Session.Claims != `{"sub": "x:y"}` || !c.Ordered || c.Line != 7 ||
		c.SQL != "select $1\nfrom t" || len(c.Args) != 4 || c.Args[1] != database.Null || c.Args[3] != database.Text(`{"k":1}`) ||
		len(c.Types) != 1 || strings.Join(c.Session.SearchPath, "|") != "a|b" || cases[2].Tx != "commit" {
		t.Errorf("%+v", c)
	}
	for _, bad := range []string{"-- rolle: anon\nselect 1", "-- tx: maybe\nselect 1", "-- args: nope\nselect 1"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestCompare holds the comparison against pairs that must not pass for equal.
func TestCompare(t *testing.T) {
	text := func(s string) *string { return &s }
	rows := func(values ...*string) Outcome {
		o := Outcome{Columns: []database.Column{{Name: "v", Type: "text"}}, Tag: "SELECT"}
		for _, v := range values {
			o.Rows = append(o.Rows, []*string{v})
		}
		return o
	}
	renamed, retyped, retagged := rows(text("a")), rows(text("a")), rows(text("a"))
	renamed.Columns = []database.Column{{Name: "w", Type: "text"}}
	retyped.Columns = []database.Column{{Name: "v", Type: "varchar"}}
	retagged.Tag = "SELECT 2"
	for _, c := range []struct {
		name          string
		c             Case
		server, other Outcome
		want          Verdict
	}{
		{"equal", Case{}, rows(text("a"), nil), rows(text("a"), nil), Agree},
		{"another order", Case{}, rows(text("a"), text("b")), rows(text("b"), text("a")), Agree},
		{"another order where it matters", Case{Ordered: true}, rows(text("a"), text("b")), rows(text("b"), text("a")), Differ},
		{"null for empty", Case{}, rows(text("")), rows(nil), Differ},
		{"null for its name", Case{}, rows(text("NULL")), rows(nil), Differ},
		{"duplicates", Case{}, rows(text("a"), text("a"), text("b")), rows(text("a"), text("b"), text("b")), Differ},
		{"a row less", Case{}, rows(text("a"), text("a")), rows(text("a")), Differ},
		{"column name", Case{}, rows(text("a")), renamed, Differ},
		{"column type", Case{}, rows(text("a")), retyped, Differ},
		{"tag", Case{}, rows(text("a")), retagged, Differ},
		{"shape", Case{Shape: true}, rows(text("a")), rows(text("b")), Agree},
		{"shape with another count", Case{Shape: true}, rows(text("a")), rows(), Differ},
		{"a clock", Case{SQL: "select NOW()"}, rows(text("a")), rows(text("b")), Agree},
		{"a clock compared", Case{SQL: "select NOW() = now()", Compared: true}, rows(text("a")), rows(text("b")), Differ},
		{"error for rows", Case{}, rows(), Outcome{Code: "42601"}, Differ},
		{"rows for an error", Case{}, Outcome{Code: "42601"}, rows(), Differ},
		{"another error", Case{}, Outcome{Code: "42601"}, Outcome{Code: "42703"}, Differ},
		{"another message", Case{}, Outcome{Code: "42601", Message: "a"}, Outcome{Code: "42601", Message: "b"}, Agree},
		{"refused", Case{}, rows(), Outcome{Code: "0A000"}, Refuse},
		{"refused instead of an error", Case{}, Outcome{Code: "42601"}, Outcome{Code: "0A000"}, Refuse},
		{"both refuse", Case{}, Outcome{Code: "0A000"}, Outcome{Code: "0A000"}, Agree},
	} {
		got, reason := Compare(&c.c, []Outcome{c.server}, []Outcome{c.other})
		if got != c.want {
			t.Errorf("%s: verdict %d (%s), want %d", c.name, got, reason, c.want)
		}
	}
}

func TestMark(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.sql")
	const before = "select 1\n\n-- refused\n-- role: anon\nselect 2\n\n\n-- role: anon\nselect 3\n"
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	f := files[0]
	if err := f.Mark(map[*Case]bool{f.Cases[0]: true, f.Cases[2]: true}); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = "-- refused\nselect 1\n\n-- role: anon\nselect 2\n\n\n-- refused\n-- role: anon\nselect 3\n"
	if string(after) != want {
		t.Errorf("marked as\n%s", after)
	}
}

func TestLedgerOnlyImproves(t *testing.T) {
	before := Ledger{"a": {Agree: 5, Refused: 2}, "b": {Agree: 1}}
	for _, c := range []struct {
		now   Ledger
		worse int
	}{
		{Ledger{"a": {Agree: 5, Refused: 2}, "b": {Agree: 1}}, 0},
		{Ledger{"a": {Agree: 7}, "b": {Agree: 2, Refused: 3}}, 0},
		{Ledger{"a": {Agree: 4, Refused: 2}, "b": {Agree: 1}}, 1},
		{Ledger{"a": {Agree: 5, Refused: 3}, "b": {Agree: 1}}, 1},
		{Ledger{"a": {Agree: 5, Refused: 2}}, 1},
	} {
		if got := before.Worse(c.now); len(got) != c.worse {
			t.Errorf("%v: %v", c.now, got)
		}
	}
}
