package serve

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestStack bounds what a deep recursion leaves.
func TestStack(t *testing.T) {
	v := &Version{}
	for name, test := range map[string]struct{ trace, want string }{
		"none":     {"", ""},
		"short":    {"    at f (a.js:1:2)\n    at g (a.js:3:4)\n", "    at f (a.js:1:2)\n    at g (a.js:3:4)"},
		"deep":     {strings.Repeat("    at f\n", 100_000), strings.TrimSuffix(strings.Repeat("    at f\n", mostFrames), "\n")},
		"one line": {strings.Repeat("x", 1<<20), strings.Repeat("x", mostTrace)},
	} {
		if got := v.stack(test.trace); got != test.want {
			t.Errorf("%s: %d bytes, %.100q", name, len(got), got)
		}
	}
	if got := v.stack(strings.Repeat("日本", mostTrace)); !utf8.ValidString(got) || len(got) > mostTrace {
		t.Errorf("%d bytes", len(got))
	}
}
