package engine

import "testing"

func TestPast(t *testing.T) {
	p := &Past{}
	note := func(n int, long bool) {
		for range n {
			p.Note(long)
		}
	}
	for _, step := range []struct {
		n    int
		long bool
		want bool
	}{
		{1, false, false},
		{often - 1, true, false}, // by accident
		{1, true, true},
		{64 - often, false, true},
		{1, false, false}, // the first of them is forgotten
		{often, true, true},
		{1000, true, true},
		{64, false, false},
	} {
		note(step.n, step.long)
		if got := p.Long(); got != step.want {
			t.Errorf("after %d more, long: %t: %t, want %t", step.n, step.long, got, step.want)
		}
	}
}
