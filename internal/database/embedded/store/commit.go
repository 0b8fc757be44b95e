package store

import (
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// finish commits a group and answers its members. When the transaction is lost,
// each runs again alone and gets the answer it would have got alone.
func (w *writer) finish(members []*member, lost bool) {
	var err error
	if !lost {
		err = w.commitNow()
	}
	if !lost && err == nil {
		w.count(members)
		for _, m := range members {
			m.mark(func(t *times) *time.Time { return &t.committed })
			m.answer(m.err)
		}
		return
	}
	w.abandon()
	if len(members) > 1 {
		for _, m := range members {
			w.store.stats.rerun.Add(1)
			w.alone(m)
		}
		return
	}
	m := members[0]
	if m.err == nil {
		m.err = err
	}
	m.answer(orLost(m.err))
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

// ended tells that the transaction is over.
func (w *writer) ended() { w.store.options.Witness.Ended(w.conn) }

// alone runs a member in a transaction of its own.
func (w *writer) alone(m *member) {
	if m.ctx.Err() != nil {
		m.answer(canceled(m.ctx.Err()))
		return
	}
	m.err = nil
	if err := w.beginNow(); err != nil {
		m.answer(Translate(err))
		return
	}
	w.finish([]*member{m}, w.run(m))
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

func (w *writer) count(members []*member) {
	t := &w.store.stats
	ok := 0
	for _, m := range members {
		if m.err == nil {
			ok++
		}
	}
	t.groups.Add(1)
	t.members.Add(int64(ok))
	t.failed.Add(int64(len(members) - ok))
	t.largest.Store(max(t.largest.Load(), int64(len(members))))
}
