package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// readers lends out connections for reading. They are opened when first needed,
// and the one used last is lent first, so that few stay warm.
type readers struct {
	open  func() (*sqlite.Conn, error)
	slots chan struct{} // one in it for each connection that may be borrowed

	mu     sync.Mutex
	idle   []*sqlite.Conn
	closed bool
	gone   chan struct{} // closed by close
	err    error         // of closing connections
}

func newReaders(n int, open func() (*sqlite.Conn, error)) *readers {
	r := &readers{open: open, slots: make(chan struct{}, n), gone: make(chan struct{})}
	for range n {
		r.slots <- struct{}{}
	}
	return r
}

// Reader lends a connection for reading, to be given back by release. It waits
// while all are lent, until ctx is done.
func (s *Store) Reader(ctx context.Context) (*sqlite.Conn, func(), error) {
	r := s.readers
	select {
	case <-r.slots:
	default:
		s.stats.waited.Add(1)
		s.stats.wait.Add(1)
		err := r.wait(ctx)
		s.stats.wait.Add(-1)
		if err != nil {
			return nil, nil, err
		}
	}
	c, err := r.borrow()
	if err != nil {
		r.slots <- struct{}{}
		return nil, nil, Translate(err)
	}
	released := false
	return c, func() {
		if !released {
			released = true
			r.giveBack(c)
		}
	}, nil
}

// wait waits for a slot until ctx is done or its deadline is over, which it need
// not tell by being done.
func (r *readers) wait(ctx context.Context) error {
	var over <-chan time.Time
	if d, ok := ctx.Deadline(); ok {
		t := time.NewTimer(time.Until(d))
		defer t.Stop()
		over = t.C
	}
	select {
	case <-r.slots:
		return nil
	case <-r.gone:
		return errClosed()
	case <-over:
		return canceled(context.DeadlineExceeded)
	case <-ctx.Done():
		if err := context.Cause(ctx); err != nil {
			return canceled(err)
		}
		return errClosed()
	}
}

func (r *readers) borrow() (*sqlite.Conn, error) {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, errClosed()
	}
	if n := len(r.idle); n > 0 {
		c := r.idle[n-1]
		r.idle = r.idle[:n-1]
		r.mu.Unlock()
		return c, nil
	}
	r.mu.Unlock()
	return r.open()
}

// giveBack ends what the borrower left running: an open snapshot would keep the
// write-ahead log growing.
func (r *readers) giveBack(c *sqlite.Conn) {
	c.ResetAll()
	c.State = nil
	broken := !c.AutoCommit() && c.Exec("ROLLBACK") != nil
	r.mu.Lock()
	if broken {
		r.err = errors.Join(r.err, c.Close())
	} else {
		r.idle = append(r.idle, c)
	}
	r.mu.Unlock()
	r.slots <- struct{}{}
}

// close waits for all connections and closes them.
func (r *readers) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	close(r.gone)
	for range cap(r.slots) {
		<-r.slots
	}
	for _, c := range r.idle {
		r.err = errors.Join(r.err, c.Close())
	}
	r.idle = nil
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
}
