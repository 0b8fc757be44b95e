package store

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

func use(id int) func(*sqlite.Conn) error {
	return func(c *sqlite.Conn) error { _, err := insert(id)(c); return err }
}

// thenIdle does something in a transaction that may be idle for hardly any time after
// that, but for long before: a slow machine is no reason for it to end too early.
func thenIdle(tx *WriteTx, fn func(*sqlite.Conn) error) func(*sqlite.Conn) error {
	return func(c *sqlite.Conn) error {
		tx.idle = 20 * time.Millisecond // on the writer's goroutine, which looks at it
		return fn(c)
	}
}

func TestTransaction(t *testing.T) {
	s := open(t, Options{})
	ctx := t.Context()
	tx, err := s.Begin(ctx, time.Minute, nil)
	must(t, err)
	must(t, tx.Use(ctx, use(1)))
	if err := tx.Use(ctx, use(1)); !isConstraint(err, sqlite.CodePrimaryKey) {
		t.Errorf("a duplicate: %v", err)
	}
	if err := tx.Use(ctx, func(*sqlite.Conn) error { panic("oh") }); fault.Code(err) != fault.InternalError {
		t.Errorf("a panic: %v", err)
	}
	if err := tx.Use(ctx, func(c *sqlite.Conn) error { return c.Exec(`COMMIT`) }); err == nil {
		t.Error("a caller committed by itself")
	}
	if got := ids(t, s); len(got) != 0 {
		t.Error("others see what is not committed")
	}
	must(t, tx.Commit(ctx, nil))
	if got := ids(t, s); len(got) != 1 {
		t.Error("not committed")
	}
	if err := tx.Use(ctx, use(2)); fault.Code(err) != fault.NoActiveTransaction {
		t.Errorf("after the end: %v", err)
	}
	if err := tx.Commit(ctx, nil); fault.Code(err) != fault.NoActiveTransaction {
		t.Errorf("after the end: %v", err)
	}
	must(t, tx.Rollback())
}

func TestTransactionsThatDoNotCommit(t *testing.T) {
	s := open(t, Options{})
	ctx := t.Context()
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	for name, test := range map[string]struct {
		do  func(*WriteTx) error
		err func(error) bool
	}{
		"rolled back": {func(tx *WriteTx) error { return tx.Rollback() }, func(err error) bool { return err == nil }},
		"canceled": {func(tx *WriteTx) error { return tx.Commit(canceled, nil) },
			func(err error) bool { return fault.Code(err) == fault.QueryCanceled }},
		"deferred foreign key": {func(tx *WriteTx) error {
			must(t, tx.Use(ctx, func(c *sqlite.Conn) error { _, err := orphan(2)(c); return err }))
			return tx.Commit(ctx, nil)
		}, func(err error) bool { return errors.Is(err, ErrDeferredForeignKey) }},
		"full": {func(tx *WriteTx) error {
			return tx.Use(ctx, func(c *sqlite.Conn) error {
				return errors.Join(c.Exec(`PRAGMA max_page_count=1`), run(c, `INSERT INTO t (id, v) VALUES (9, hex(zeroblob(1000000)))`))
			})
		}, func(err error) bool { return fault.Code(err) == fault.DiskFull }},
	} {
		t.Run(name, func(t *testing.T) {
			tx, err := s.Begin(ctx, time.Minute, nil)
			must(t, err)
			must(t, tx.Use(ctx, use(1)))
			if err := test.do(tx); !test.err(err) {
				t.Errorf("answer: %v", err)
			}
			if err := tx.Use(ctx, use(3)); fault.Code(err) != fault.NoActiveTransaction {
				t.Errorf("still open: %v", err)
			}
			if got := ids(t, s); len(got) != 0 {
				t.Errorf("in the file: %v", got)
			}
			must(t, s.Write(ctx, func(c *sqlite.Conn) (bool, error) { return true, c.Exec(`PRAGMA max_page_count=1000000`) }))
		})
	}
}

func TestIdleTransactionEnds(t *testing.T) {
	s := open(t, Options{})
	ctx := t.Context()
	tx, err := s.Begin(ctx, time.Minute, nil)
	must(t, err)
	must(t, tx.Use(ctx, thenIdle(tx, use(1))))
	must(t, s.Write(ctx, insert(2))) // waits for the idle one to be ended
	for _, err := range []error{tx.Use(ctx, use(3)), tx.Commit(ctx, nil)} {
		if fault.Code(err) != fault.IdleTransactionTimeout {
			t.Errorf("after the timeout: %v", err)
		}
	}
	must(t, tx.Rollback())
	if got := ids(t, s); len(got) != 1 || !got[2] {
		t.Errorf("in the file: %v", got)
	}
}

func TestBeginIsCanceledInLine(t *testing.T) {
	s := open(t, Options{})
	letGo := hold(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.Begin(ctx, time.Second, nil); fault.Code(err) != fault.QueryCanceled {
		t.Errorf("canceled in line: %v", err)
	}
	letGo()
	must(t, s.Write(t.Context(), insert(1)))
}

// TestTransactionsBehindAGroup puts two transactions in line behind a write whose
// group waits for more: the second must not take the place of the first.
func TestTransactionsBehindAGroup(t *testing.T) {
	s := open(t, Options{})
	for round := 0; round < 20 && !t.Failed(); round++ { // a group may have run out of time
		behindAGroup(t, s, round*100)
	}
}

func behindAGroup(t *testing.T, s *Store, from int) {
	var all sync.WaitGroup
	// hold has the writer busy with one write until what comes after it is in line.
	hold := func(id int, behind func(), inLine int) {
		busy, free := make(chan bool), make(chan bool)
		all.Go(func() {
			err := s.Write(t.Context(), func(c *sqlite.Conn) (bool, error) {
				close(busy)
				<-free
				return insert(id)(c)
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-busy
		behind()
		for len(s.queue) < inLine {
			runtime.Gosched()
		}
		close(free)
	}
	hold(from+1, func() { // a group of three, so that the next one waits for as many
		for id := range 2 {
			all.Go(func() {
				if err := s.Write(t.Context(), insert(from+10+id)); err != nil {
					t.Error(err)
				}
			})
		}
	}, 2)
	all.Wait()
	hold(from+2, func() {
		for range 2 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				tx, err := s.Begin(ctx, time.Minute, nil)
				if err != nil {
					t.Error("a transaction was forgotten:", err)
					return
				}
				if err := tx.Rollback(); err != nil {
					t.Error(err)
				}
			})
		}
	}, 2)
	all.Wait()
}
