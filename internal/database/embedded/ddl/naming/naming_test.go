package naming

import (
	"slices"
	"strings"
	"testing"
)

func TestObject(t *testing.T) {
	x, y := strings.Repeat("x", 60), strings.Repeat("y", 40)
	cases := []struct{ name1, name2, label, want string }{
		{"t", "", "pkey", "t_pkey"},
		{"t", "a_b", "key", "t_a_b_key"},
		{x, "", "pkey", x[:58] + "_pkey"},
		{x, y, "fkey", x[:29] + "_" + y[:28] + "_fkey"},
		{"short", y + y, "key", "short_" + (y + y)[:53] + "_key"},
		{strings.Repeat("ä", 40), "", "pkey", strings.Repeat("ä", 29) + "_pkey"},
	}
	for _, c := range cases {
		got := Object(c.name1, c.name2, c.label)
		if got != c.want || len(got) > maxName {
			t.Errorf("Object(%q, %q, %q) is %q, want %q", c.name1, c.name2, c.label, got, c.want)
		}
	}
}

func TestChoose(t *testing.T) {
	taken := []string{"t_a_idx", "t_a_idx1"}
	if got := Choose("t", "a", "idx", func(name string) bool { return slices.Contains(taken, name) }); got != "t_a_idx2" {
		t.Error(got)
	}
}

func TestDistinct(t *testing.T) {
	if got := Distinct([]string{"lower", "expr", "lower", "lower"}); !slices.Equal(got, []string{"lower", "expr", "lower1", "lower2"}) {
		t.Error(got)
	}
}
