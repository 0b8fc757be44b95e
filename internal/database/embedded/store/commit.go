package store

import (
	"context"
	"errors"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// finish commits a group and answers its riders. When the transaction is lost, each
// that can runs again alone and gets the answer it would have got alone.
func (w *writer) finish(riders []rider, lost bool) {
	var err error
	if !lost {
		err = w.commitNow()
	}
	if !lost && err == nil {
		w.count(riders)
		for _, r := range riders {
			r.committed()
		}
		return
	}
	w.abandon()
	if len(riders) > 1 {
		for _, r := range riders {
			r.lost(w, err)
		}
		return
	}
	r := riders[0]
	if own := r.failure(); own != nil {
		err = own
	}
	r.answer(orLost(err))
}

// commitNow commits, and measures how long that takes.
func (w *writer) commitNow() error {
	start := time.Now()
	err := w.commit.Run()
	w.store.stats.commit.Observe(int64(time.Since(start)))
	if err == nil {
		w.ended()
	}
	return err
}

// beginNow begins a transaction.
func (w *writer) beginNow() error {
	err := w.begin.Run()
	if err == nil {
		w.store.options.Witness.Began(w.conn)
	}
	return err
}

// lockSlice is how long the writer waits for another process before it looks whether
// it is still wanted.
const lockSlice = 250 * time.Millisecond

// beginFor begins a transaction for a caller. Another process that writes to the file
// (galley sql, say) is waited for as long as the caller has time, LockWait at most.
func (w *writer) beginFor(ctx context.Context) error {
	err := w.beginNow()
	if o := w.store.options; !isBusy(err) || o.LockWait <= 0 {
		return Translate(err)
	}
	w.warnLocked()
	w.conn.SetBusyTimeout(lockSlice)
	defer w.conn.SetBusyTimeout(w.store.busyTimeout())
	for until := time.Now().Add(w.store.options.LockWait); isBusy(err) && ctx.Err() == nil && !w.store.isClosing() && time.Now().Before(until); {
		err = w.beginNow()
	}
	return Translate(err)
}

func isBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Primary() == sqlite.CodeBusy
}

// warnEvery is how often the log says that another process writes.
const warnEvery = time.Minute

func (w *writer) warnLocked() {
	if now := time.Now(); now.Sub(w.warned) >= warnEvery {
		w.warned = now
		w.store.options.Logger.Warn("another process writes to the database file: all writes wait for it")
	}
}

// ended tells that the transaction is over.
func (w *writer) ended() { w.store.options.Witness.Ended(w.conn) }

// committed implements rider.
func (m *member) committed() {
	m.mark(func(t *times) *time.Time { return &t.committed })
	m.answer(m.err)
}

// lost implements rider: a member runs in a transaction of its own.
func (m *member) lost(w *writer, _ error) {
	w.store.stats.rerun.Add(1)
	if m.ctx.Err() != nil {
		m.answer(canceled(m.ctx.Err()))
		return
	}
	m.err = nil
	if err := w.beginFor(m.ctx); err != nil {
		m.answer(err)
		return
	}
	w.finish([]rider{m}, m.ride(w))
}

// abandon ends a transaction that cannot be committed.
func (w *writer) abandon() {
	w.store.stats.lost.Add(1)
	defer w.ended()
	if !w.conn.AutoCommit() {
		if err := w.rollback.Run(); err != nil {
			w.store.options.Logger.Error("rolling back a lost transaction", "error", err)
		}
	}
}

// orLost is the answer to a write whose transaction was lost: its own error, if
// it had one.
func orLost(err error) error {
	if err != nil {
		return Translate(err)
	}
	return fault.New(fault.SerializationFailure, "the transaction was rolled back").
		WithHint("The transaction might succeed if retried.")
}

func (w *writer) count(members []rider) {
	t := &w.store.stats
	ok := 0
	for _, r := range members {
		if r.failure() == nil {
			ok++
		}
	}
	t.groups.Add(1)
	t.members.Add(int64(ok))
	t.failed.Add(int64(len(members) - ok))
	t.largest.Store(max(t.largest.Load(), int64(len(members))))
}
