package store

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// A transaction that is expected to be quick rides in a group as members do: one after
// the other, each in a savepoint, with one commit for all.

// shared tells whether the transaction takes part in groups.
func (t *WriteTx) shared() bool { return t.pace.Quick() }

func (t *WriteTx) context() context.Context { return t.ctx }

func (t *WriteTx) failure() error { return t.err }

func (t *WriteTx) note(began time.Time) { t.pace.Note(time.Since(began)) }

// ride implements rider: it serves the transaction until that ends.
func (t *WriteTx) ride(w *writer) (lost bool) {
	if err := w.savepoint.Run(); err != nil {
		t.refuse(Translate(err))
		t.close(err)
		return true
	}
	t.began <- nil
	defer t.note(time.Now())
	why := t.serve(w, func(c txCall) (ended bool) {
		if c.kind != txUse {
			lost = t.leave(w, c)
			return true
		}
		err := w.use(c)
		if w.conn.AutoCommit() {
			t.err, t.last, lost = orLost(err), c.done, true
			return true
		}
		c.done <- err
		return false
	})
	if why != nil {
		return t.giveUp(w, why)
	}
	return lost
}

// leave ends the transaction as its last call wants it. That is answered with the group.
func (t *WriteTx) leave(w *writer, c txCall) (lost bool) {
	t.last, t.undone = c.done, c.kind == txRollback
	if !t.undone {
		t.err = w.mayCommit(c)
	}
	failed := w.leave(!t.undone && t.err == nil)
	w.conn.Deferring(false) // what it has set is not for those who come after
	if failed != nil {
		t.err = Translate(failed)
	}
	return failed != nil
}

// giveUp ends the transaction without its caller.
func (t *WriteTx) giveUp(w *writer, why error) (lost bool) {
	failed := w.leave(false)
	w.conn.Deferring(false)
	t.err = why
	t.close(why)
	return failed != nil
}

// committed implements rider.
func (t *WriteTx) committed() { t.answer(t.err) }

// lost implements rider. Its caller alone could do again what it did.
func (t *WriteTx) lost(_ *writer, err error) {
	if t.err != nil {
		err = t.err
	}
	if err = orLost(err); t.undone {
		err = nil
	}
	t.answer(err)
}

// answer implements rider.
func (t *WriteTx) answer(err error) {
	if t.last != nil && !t.over {
		t.last <- err
	}
	t.close(errNone())
}

// close ends the transaction for all calls to come.
func (t *WriteTx) close(why error) {
	if !t.over {
		t.over, t.end = true, why
		close(t.ended)
	}
}

func errNone() error {
	return fault.New(fault.NoActiveTransaction, "the transaction has ended")
}

func errIdle() error {
	return fault.New(fault.IdleTransactionTimeout, "terminating connection due to idle-in-transaction timeout")
}
