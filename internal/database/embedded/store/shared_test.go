package store

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// quick is the pace of transactions that ride in groups.
func quick() *database.Pace {
	p := &database.Pace{}
	for !p.Quick() {
		p.Note(0)
	}
	return p
}

// line is a number of jobs that wait for the writer, one behind the other.
type line struct {
	t       *testing.T
	s       *Store
	answers []chan error
}

func (l *line) add(do func() error) {
	answer := make(chan error, 1)
	l.answers = append(l.answers, answer)
	go func() { answer <- do() }()
	inLine(l.s, len(l.answers))
}

func (l *line) write(fn func(*sqlite.Conn) (bool, error)) {
	l.add(func() error { return l.s.Write(l.t.Context(), fn) })
}

// shared adds a transaction of several calls.
func (l *line) shared(end func(ctx context.Context, tx *WriteTx) error, calls ...func(*sqlite.Conn) error) {
	l.add(func() error {
		ctx := l.t.Context()
		tx, err := l.s.Begin(ctx, time.Minute, quick())
		if err != nil {
			return err
		}
		for _, fn := range calls {
			if err := tx.Use(ctx, fn); err != nil {
				return errors.Join(err, tx.Rollback())
			}
		}
		return end(ctx, tx)
	})
}

func commit(ctx context.Context, tx *WriteTx) error { return tx.Commit(ctx, nil) }
func undo(_ context.Context, tx *WriteTx) error     { return tx.Rollback() }

// commits counts the transactions that have ended.
type commits struct{ n atomic.Int64 }

func (*commits) Began(*sqlite.Conn)   {}
func (c *commits) Ended(*sqlite.Conn) { c.n.Add(1) }

// TestSharedTransactions puts transactions and writes in line: all of them are one commit,
// each keeps or loses its own alone, and nobody is answered before the commit.
func TestSharedTransactions(t *testing.T) {
	var ended commits
	s := open(t, Options{Witness: &ended, GroupTime: patient.GroupTime})
	must(t, s.Write(t.Context(), func(c *sqlite.Conn) (bool, error) {
		return true, c.Exec(`CREATE TABLE u (p INTEGER REFERENCES p) STRICT`)
	}))
	letGo := hold(t, s)
	l := &line{t: t, s: s}
	sees := func(id int) func(*sqlite.Conn) error {
		return func(c *sqlite.Conn) error {
			q, err := c.Prepare(`SELECT 1 FROM t WHERE id = ?`)
			if err == nil {
				err = q.Bind(1, sqlite.Int(int64(id)))
			}
			if err != nil {
				return err
			}
			defer q.Reset()
			if more, err := q.Step(); err != nil || !more {
				return errors.Join(errors.New("the row before is not seen"), err)
			}
			return nil
		}
	}
	before := int64(0)
	early := func(end func(context.Context, *WriteTx) error) func(context.Context, *WriteTx) error {
		return func(ctx context.Context, tx *WriteTx) error {
			err := end(ctx, tx)
			if ended.n.Load() == before {
				t.Error("answered before the commit")
			}
			return err
		}
	}
	l.write(insert(1))
	l.shared(early(commit), sees(1), use(2), use(3))
	l.shared(early(undo), sees(3), use(4))
	l.shared(early(commit), use(5), use(1)) // a duplicate
	l.shared(early(commit), use(6), func(c *sqlite.Conn) error { _, err := orphan(7)(c); return err })
	l.write(orphan(8))
	l.shared(early(func(ctx context.Context, tx *WriteTx) error {
		return tx.Commit(ctx, func(*sqlite.Conn) error { return errors.New("no") })
	}), use(9))
	l.shared(early(commit), func(c *sqlite.Conn) error {
		c.Deferring(true) // which ends with the transaction
		return run(c, `INSERT INTO t (id, v) VALUES (10, 'x')`)
	})
	l.write(func(c *sqlite.Conn) (bool, error) { return true, run(c, `INSERT INTO u VALUES (12345)`) })
	stats := s.Stats()
	before = ended.n.Load() + 1 // the one that holds the line up
	letGo()
	for i, right := range []func(error) bool{
		none, none, none, func(err error) bool { return isConstraint(err, sqlite.CodePrimaryKey) },
		func(err error) bool { return errors.Is(err, ErrDeferredForeignKey) }, func(err error) bool { return errors.Is(err, ErrDeferredForeignKey) },
		func(err error) bool { return err != nil && err.Error() == "no" }, none,
		func(err error) bool { return isConstraint(err, sqlite.CodeForeignKey) },
	} {
		if err := <-l.answers[i]; !right(err) {
			t.Errorf("number %d: %v", i, err)
		}
	}
	got := ids(t, s)
	for id := range 12 {
		if got[id] != (id == 1 || id == 2 || id == 3 || id == 10) {
			t.Errorf("row %d: %t", id, got[id])
		}
	}
	if n := s.Stats().Groups - stats.Groups; n != 1 {
		t.Errorf("%d commits", n)
	}
}

func none(err error) bool { return err == nil }

// TestSharedTransactionsOfALostGroup has SQLite end the transaction of a group: what can
// be done again is, and whoever cannot is told.
func TestSharedTransactionsOfALostGroup(t *testing.T) {
	s := open(t, patient)
	must(t, s.Write(t.Context(), func(c *sqlite.Conn) (bool, error) {
		return true, c.Exec(`CREATE TRIGGER bomb BEFORE INSERT ON t WHEN NEW.v = 'bomb' BEGIN SELECT RAISE(ROLLBACK, 'boom'); END`)
	}))
	bomb := func(c *sqlite.Conn) error { return run(c, `INSERT INTO t (id, v) VALUES (1000, 'bomb')`) }
	letGo := hold(t, s)
	l := &line{t: t, s: s}
	l.write(insert(1))
	l.shared(commit, use(2))
	l.shared(undo, use(3))
	l.shared(commit, use(4), bomb, use(5))
	l.write(insert(6))
	letGo()
	lost := func(err error) bool { return fault.Code(err) == fault.SerializationFailure }
	for i, right := range []func(error) bool{none, lost, none, func(err error) bool { return isConstraint(err, sqlite.CodeTrigger) }, none} {
		if err := <-l.answers[i]; !right(err) {
			t.Errorf("number %d: %v", i, err)
		}
	}
	if got := ids(t, s); len(got) != 2 || !got[1] || !got[6] {
		t.Errorf("in the file: %v", got)
	}
}

// TestSharedTransactionThatIsLeft ends without its caller, and the others' work stays.
func TestSharedTransactionThatIsLeft(t *testing.T) {
	s := open(t, Options{Path: filepath.Join(t.TempDir(), "left.db")})
	ctx := t.Context()
	tx, err := s.Begin(ctx, time.Minute, quick())
	must(t, err)
	must(t, tx.Use(ctx, thenIdle(tx, use(1))))
	must(t, s.Write(ctx, insert(2)))
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

// TestPace: who was slow has the writer alone, until it was quick again for a while.
func TestPace(t *testing.T) {
	var p *database.Pace
	if p.Note(0); p.Quick() {
		t.Error("nobody is quick")
	}
	p = quick()
	if p.Note(time.Second); p.Quick() {
		t.Error("quick, after a second")
	}
	if p.Note(time.Millisecond); p.Quick() {
		t.Error("quick, after once")
	}
}
