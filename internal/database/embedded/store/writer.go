package store

import (
	"errors"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// writer is the one connection that changes the file, and the goroutine that
// owns it.
type writer struct {
	store *Store
	conn  *sqlite.Conn
	next  job // taken from the line, but not for the group it was taken in

	flight   []rider // of the present group
	expected int     // riders of the last group

	begin, savepoint, release, back, commit, rollback *sqlite.Stmt

	checkpoint checkpoint
	warned     time.Time // when the log was last told of another process
}

func (s *Store) openWriter() (*writer, error) {
	c, err := s.connect(false)
	if err != nil {
		return nil, err
	}
	w := &writer{store: s, conn: c}
	for _, p := range []struct {
		stmt **sqlite.Stmt
		sql  string
	}{
		{&w.begin, "BEGIN IMMEDIATE"}, {&w.savepoint, "SAVEPOINT " + Savepoint},
		{&w.release, "RELEASE " + Savepoint}, {&w.back, "ROLLBACK TO " + Savepoint},
		{&w.commit, "COMMIT"}, {&w.rollback, "ROLLBACK"},
	} {
		if *p.stmt, err = c.Control(p.sql); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return w, nil
}

func (w *writer) close() error {
	for _, s := range []*sqlite.Stmt{w.begin, w.savepoint, w.release, w.back, w.commit, w.rollback} {
		s.Finalize()
	}
	return w.conn.Close()
}

// loop serves the line until the store is closed.
func (w *writer) loop() {
	defer close(w.store.ended)
	defer w.refuseAll()
	for {
		j := w.take()
		if j == nil {
			return
		}
		w.serve(j)
	}
}

// take returns the next job, and nil when the store is closing.
func (w *writer) take() job {
	if j := w.next; j != nil {
		w.next = nil
		return j
	}
	select {
	case <-w.store.quit:
		return nil
	default:
	}
	select {
	case j := <-w.store.queue:
		return j
	case <-w.store.quit:
		return nil
	}
}

// serve does one job, and whatever joins it. A panic here, which is a mistake of
// ours and not a caller's, is answered and leaves the writer in order.
func (w *writer) serve(j job) {
	w.store.stats.began.Store(time.Now().UnixNano())
	defer w.store.stats.began.Store(0)
	defer func() {
		if r := recover(); r != nil {
			err := panicked(r, debug.Stack())
			w.store.options.Logger.Error("the writer panicked", "error", err)
			w.conn.ResetAll()
			w.abandon()
			for _, m := range w.flight {
				m.answer(err)
			}
		}
		w.flight = nil
	}()
	switch j := j.(type) {
	case *WriteTx:
		if !j.shared() {
			w.transaction(j)
			break
		}
		w.group(j)
	case rider:
		w.group(j)
	}
	w.checkpointIfDue()
}

// refuseAll answers who is still in line when the store closes.
func (w *writer) refuseAll() {
	if w.next != nil && w.next.claim() {
		w.next.refuse(errClosed())
	}
	for {
		select {
		case j := <-w.store.queue:
			if j.claim() {
				j.refuse(errClosed())
			}
		default:
			return
		}
	}
}

// group commits first and whoever is in line behind it in one transaction.
func (w *writer) group(first rider) {
	if !accept(first) {
		return
	}
	w.flight = []rider{first}
	if err := w.beginFor(first.context()); err != nil {
		first.refuse(err)
		return
	}
	start := time.Now()
	lost := first.ride(w)
	for !lost && len(w.flight) < w.store.options.MaxGroup && time.Since(start) < w.store.options.GroupTime {
		r := w.following()
		if r == nil && w.expected > len(w.flight) {
			// The callers just answered are likely to come again: let them run
			// before the disk is waited for.
			w.expected = 0
			runtime.Gosched()
			continue
		}
		if r == nil {
			break
		}
		w.flight = append(w.flight, r)
		lost = r.ride(w)
	}
	w.expected = len(w.flight)
	w.finish(w.flight, lost)
	w.store.stats.groupSize.Observe(int64(len(w.flight)))
	w.store.stats.groupDuration.Observe(int64(time.Since(start)))
}

// accept takes a rider over, unless its caller is gone.
func accept(r rider) bool {
	if !r.claim() {
		return false
	}
	if err := r.context().Err(); err != nil {
		r.refuse(canceled(err))
		return false
	}
	return true
}

// following returns the next rider in line, and nil when there is none now or it is the
// turn of a transaction that has the writer to itself.
func (w *writer) following() rider {
	for w.next == nil { // another one taken from the line would take its place
		select {
		case j := <-w.store.queue:
			r, ok := j.(rider)
			if t, alone := j.(*WriteTx); !ok || alone && !t.shared() {
				w.next = j
				return nil
			}
			if accept(r) {
				return r
			}
		default:
			return nil
		}
	}
	return nil
}

// ride runs a member in its savepoint. Unless the transaction was lost, m.err is what
// the member alone failed with.
func (m *member) ride(w *writer) (lost bool) {
	m.mark(func(t *times) *time.Time { return &t.began })
	defer m.mark(func(t *times) *time.Time { return &t.ran })
	m.err = w.savepoint.Run()
	if m.err != nil {
		return true
	}
	commit, err := w.call(m.fn)
	if w.conn.AutoCommit() {
		m.err = err
		return true
	}
	if err == nil && commit {
		err = w.checkDeferred()
	}
	m.err = err
	if failed := w.leave(err == nil && commit); failed != nil {
		m.err = failed
		return true
	}
	return false
}

// leave ends the savepoint of a rider: what it did stays, or not. After an error the
// whole transaction is lost.
func (w *writer) leave(keep bool) error {
	if !keep {
		if err := w.back.Run(); err != nil {
			return err
		}
	}
	return w.release.Run()
}

// call runs a caller's function, and makes sure that it leaves nothing running.
func (w *writer) call(fn func(*sqlite.Conn) (bool, error)) (commit bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			commit, err = false, panicked(r, debug.Stack())
		}
		w.conn.ResetAll()
		w.conn.State = nil
	}()
	commit, err = fn(w.conn)
	return commit, Translate(err)
}

func (w *writer) checkDeferred() error {
	n, err := w.conn.DeferredFKs()
	if err == nil && n != 0 {
		err = deferredForeignKey()
	}
	return Translate(err)
}
