package idle

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestRelease(t *testing.T) {
	const mb = 1 << 20
	// What was allocated at each look, and after which it is given back.
	looks := []uint64{50 * mb, 50 * mb, 50 * mb, 90 * mb, 130 * mb, 130*mb + 1000, 130*mb + 2000, 132 * mb, 132 * mb, 136 * mb, 136 * mb}
	want := []int{1, 5, 10}
	ctx, cancel := context.WithCancel(t.Context())
	tick := make(chan time.Time)
	at, done := 0, make(chan struct{})
	var got []int
	p := &part{held: func() uint64 { return looks[at-1] }, give: func() { got = append(got, at-1) }, worth: worth}
	go func() {
		defer close(done)
		release(ctx, tick, func() uint64 { at++; return looks[at-1] }, p)
	}()
	for range len(looks) - 1 {
		tick <- time.Time{}
	}
	cancel()
	<-done
	if !slices.Equal(got, want) {
		t.Errorf("given back at looks %v, want %v", got, want)
	}
}

func TestAllocated(t *testing.T) {
	before := allocated()
	kept := make([]byte, 10<<20)
	if after := allocated(); after < before+uint64(len(kept)) {
		t.Errorf("%d bytes before 10 MiB were allocated, %d after", before, after)
	}
}
