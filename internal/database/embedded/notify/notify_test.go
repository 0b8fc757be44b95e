package notify

import (
	"slices"
	"strconv"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

func payloads(t *testing.T, q *Queue) (list []string) {
	t.Helper()
	var hub database.Hub
	stop := hub.Listen("c", func(n database.Notification) { list = append(list, n.Payload) })
	q.Send(&hub)
	stop()
	return list
}

func add(t *testing.T, q *Queue, from, to int) (said []string) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := q.Add("c", strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
		said = append(said, strconv.Itoa(i))
	}
	return said
}

// What was said is sent once, however much there is.
func TestAdd(t *testing.T) {
	for _, n := range []int{1, short, short + 1, 3 * short} {
		var q Queue
		want := add(t, &q, 0, n)
		add(t, &q, 0, n)
		if got := payloads(t, &q); !slices.Equal(got, want) {
			t.Errorf("%d: %v", n, got)
		}
	}
}

// What a savepoint took back may be said again.
func TestSavepoint(t *testing.T) {
	for _, kept := range []int{0, 3, short, short + 1, 2 * short} {
		var q Queue
		want := add(t, &q, 0, kept)
		saved := q
		add(t, &q, kept, 4*short)
		q = saved
		want = append(want, add(t, &q, 5*short, 6*short)...)
		want = append(want, add(t, &q, max(kept, 2), 4*short)...)
		add(t, &q, 0, kept)
		if got := payloads(t, &q); !slices.Equal(got, dedupe(want)) {
			t.Errorf("%d kept: %v, want %v", kept, got, dedupe(want))
		}
	}
}

func dedupe(list []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
