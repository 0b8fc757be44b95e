package store

import (
	"strings"
	"testing"
)

// TestColumns: every column of the tables is found, with its definition.
func TestColumns(t *testing.T) {
	found := map[string]int{}
	for section := range strings.SplitSeq(tables, "-- table ") {
		name, body, ok := strings.Cut(section, "\n")
		if !ok {
			continue
		}
		for _, c := range columns(body) {
			if c.name == "" || c.definition == "" || strings.HasSuffix(c.definition, ",") || strings.Count(c.definition, "(") != strings.Count(c.definition, ")") {
				t.Errorf("%s: %+v", name, c)
			}
			found[name]++
		}
	}
	for name, n := range map[string]int{"users": 35, "identities": 9, "flow_state": 17, "one_time_tokens": 7, "mfa_amr_claims": 5} {
		if found[name] != n {
			t.Errorf("%s has %d columns, want %d", name, found[name], n)
		}
	}
}
