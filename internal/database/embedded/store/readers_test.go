package store

import (
	"context"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

func TestReadersWait(t *testing.T) {
	s := open(t, Options{Readers: 2})
	c1, release1, err := s.Reader(t.Context())
	must(t, err)
	_, release2, err := s.Reader(t.Context())
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, _, err := s.Reader(ctx); fault.Code(err) != fault.QueryCanceled {
		t.Errorf("a third of two: %v", err)
	}
	got := make(chan *sqlite.Conn)
	go func() {
		c, release, err := s.Reader(context.Background())
		if err == nil {
			release()
		}
		got <- c
	}()
	release1()
	release1() // does nothing
	if c := <-got; c != c1 {
		t.Error("another connection was lent than the one given back")
	}
	release2()
}

func TestReadersCannotWrite(t *testing.T) {
	s := open(t, Options{})
	c, release, err := s.Reader(t.Context())
	must(t, err)
	defer release()
	if err := Translate(c.Exec(`DELETE FROM t`)); fault.Code(err) != fault.ReadOnlyTransaction {
		t.Errorf("a write: %v", err)
	}
}

// What a borrower leaves running must not hold on to an old snapshot.
func TestReleaseEndsTheSnapshot(t *testing.T) {
	s := open(t, Options{Readers: 1})
	must(t, s.Write(t.Context(), insert(1)))
	c, release, err := s.Reader(t.Context())
	must(t, err)
	must(t, c.Exec(`BEGIN`))
	q, err := c.Prepare(`SELECT id FROM t`)
	must(t, err)
	if more, err := q.Step(); !more {
		t.Fatal(err)
	}
	c.State = "mine"
	release()
	must(t, s.Write(t.Context(), insert(2)))
	if got := ids(t, s); len(got) != 2 {
		t.Errorf("the reader sees %v", got)
	}
	c, release, err = s.Reader(t.Context())
	must(t, err)
	defer release()
	if c.State != nil || !c.AutoCommit() {
		t.Error("the next borrower got what the last one left")
	}
}
