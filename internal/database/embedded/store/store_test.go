package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const schema = `CREATE TABLE IF NOT EXISTS p (id INTEGER PRIMARY KEY) STRICT;
	CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v TEXT NOT NULL,
		p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED) STRICT`

func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "test.db")
	}
	s, err := Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	must(t, s.Write(t.Context(), func(c *sqlite.Conn) (bool, error) { return true, c.Exec(schema) }))
	return s
}

// patient is of a store whose groups take whoever is in line, however slow the machine is.
var patient = Options{GroupTime: time.Minute}

func run(c *sqlite.Conn, sql string, args ...sqlite.Value) error {
	s, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	for i, a := range args {
		if err := s.Bind(i+1, a); err != nil {
			s.Reset()
			return err
		}
	}
	return s.Run()
}

func insert(id int) func(*sqlite.Conn) (bool, error) {
	return func(c *sqlite.Conn) (bool, error) {
		return true, run(c, `INSERT INTO t (id, v) VALUES (?, ?)`, sqlite.Int(int64(id)), sqlite.Text(fmt.Sprint("row ", id)))
	}
}

// ids returns the rows of the file, as a reader sees them.
func ids(t testing.TB, s *Store) map[int]bool {
	t.Helper()
	c, release, err := s.Reader(t.Context())
	must(t, err)
	defer release()
	q, err := c.Prepare(`SELECT id FROM t`)
	must(t, err)
	out := map[int]bool{}
	for {
		more, err := q.Step()
		must(t, err)
		if !more {
			return out
		}
		out[int(q.ColumnInt(0))] = true
	}
}

// hold keeps the writer busy until the returned function is called, so that a
// line forms behind it.
func hold(t testing.TB, s *Store) (letGo func()) {
	t.Helper()
	tx, err := s.Begin(t.Context(), time.Minute, nil)
	must(t, err)
	return func() { must(t, tx.Rollback()) }
}

// inLine waits until n jobs are in line.
func inLine(s *Store, n int) {
	for len(s.queue) < n {
		time.Sleep(time.Millisecond)
	}
}

func TestFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "private.db")
	s := open(t, Options{Path: path})
	must(t, s.Write(t.Context(), insert(1)))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%q has permissions %v", suffix, info.Mode().Perm())
		}
	}
	if _, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "none", "a.db")}); err == nil {
		t.Error("a folder that is not there was no error")
	}
}

func TestWrite(t *testing.T) {
	s := open(t, Options{})
	ctx := t.Context()
	must(t, s.Write(ctx, insert(1)))
	if err := s.Write(ctx, insert(1)); !isConstraint(err, sqlite.CodePrimaryKey) {
		t.Errorf("a duplicate: %v", err)
	}
	if err := s.Write(ctx, func(c *sqlite.Conn) (bool, error) { _, err := insert(2)(c); return false, err }); err != nil {
		t.Errorf("rollback on demand: %v", err)
	}
	mine := fault.New("P0001", "no")
	if err := s.Write(ctx, func(c *sqlite.Conn) (bool, error) { insert(3)(c); return true, mine }); err != mine {
		t.Errorf("an error of the caller: %v", err)
	}
	if err := s.Write(ctx, func(c *sqlite.Conn) (bool, error) { insert(4)(c); panic("oh") }); fault.Code(err) != fault.InternalError {
		t.Errorf("a panic: %v", err)
	}
	if err := s.Write(ctx, orphan(5)); !errors.Is(err, ErrDeferredForeignKey) || fault.Code(err) != fault.ForeignKeyViolation {
		t.Errorf("a violated deferred foreign key: %v", err)
	}
	if err := s.Write(ctx, func(c *sqlite.Conn) (bool, error) { return true, c.Exec(`COMMIT`) }); err == nil {
		t.Error("a caller committed by itself")
	}
	must(t, s.Write(ctx, insert(6)))
	if got := ids(t, s); len(got) != 2 || !got[1] || !got[6] {
		t.Errorf("in the file: %v", got)
	}
}

func orphan(id int) func(*sqlite.Conn) (bool, error) {
	return func(c *sqlite.Conn) (bool, error) {
		return true, run(c, `INSERT INTO t (id, v, p) VALUES (?, 'orphan', 12345)`, sqlite.Int(int64(id)))
	}
}

func isConstraint(err error, code int) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code == code
}

func TestManyMembersOneCommit(t *testing.T) {
	s := open(t, Options{MaxGroup: 50, GroupTime: patient.GroupTime})
	letGo := hold(t, s)
	before := s.Stats()
	answers := make(chan error)
	for i := range 100 {
		go func() { answers <- s.Write(t.Context(), insert(i)) }()
	}
	inLine(s, 100)
	letGo()
	for range 100 {
		must(t, <-answers)
	}
	after := s.Stats()
	if n := after.Members - before.Members; n != 100 {
		t.Errorf("%d members", n)
	}
	if n := after.Groups - before.Groups; n != 2 || after.Largest != 50 {
		t.Errorf("%d groups, the largest of %d", n, after.Largest)
	}
	if got := ids(t, s); len(got) != 100 {
		t.Errorf("%d rows", len(got))
	}
}

func TestCanceledInLine(t *testing.T) {
	s := open(t, Options{})
	letGo := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() { answer <- s.Write(ctx, insert(1)) }()
	inLine(s, 1)
	cancel()
	if err := <-answer; fault.Code(err) != fault.QueryCanceled { // before the writer is free
		t.Errorf("canceled in line: %v", err)
	}
	letGo()
	if err := s.Write(ctx, insert(2)); fault.Code(err) != fault.QueryCanceled {
		t.Errorf("canceled before: %v", err)
	}
	must(t, s.Write(t.Context(), insert(3)))
	if got := ids(t, s); len(got) != 1 || !got[3] {
		t.Errorf("in the file: %v", got)
	}
}

// byClock is a context that is never done, and tells only when its time is over.
type byClock struct {
	context.Context
	until time.Time
}

func (c byClock) Deadline() (time.Time, bool) { return c.until, true }

func (c byClock) Err() error {
	if time.Now().Before(c.until) {
		return nil
	}
	return context.DeadlineExceeded
}

func TestDeadlineInLine(t *testing.T) {
	s := open(t, Options{QueueLength: 1})
	letGo := hold(t, s)
	soon := func() context.Context {
		return byClock{context.Background(), time.Now().Add(50 * time.Millisecond)}
	}
	for _, where := range []string{"in line", "before the line"} { // which has one place
		err := s.Write(soon(), insert(1))
		if fault.Code(err) != fault.QueryCanceled || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", where, err)
		}
	}
	letGo()
	long := byClock{context.Background(), time.Now().Add(time.Hour)}
	must(t, s.Write(long, insert(2)))
	if got := ids(t, s); len(got) != 1 || !got[2] {
		t.Errorf("in the file: %v", got)
	}
}

func TestFullLineWaits(t *testing.T) {
	s := open(t, Options{QueueLength: 1})
	letGo := hold(t, s)
	answer := make(chan error)
	go func() { answer <- s.Write(t.Context(), insert(1)) }()
	inLine(s, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Write(ctx, insert(2)); fault.Code(err) != fault.QueryCanceled {
		t.Errorf("no room in line: %v", err)
	}
	letGo()
	must(t, <-answer)
}

// Whoever makes SQLite roll back the whole transaction harms nobody else.
func TestRolledBackTransactionRunsAgain(t *testing.T) {
	s := open(t, patient)
	must(t, s.Write(t.Context(), func(c *sqlite.Conn) (bool, error) {
		return true, c.Exec(`CREATE TRIGGER bomb BEFORE INSERT ON t WHEN NEW.v = 'bomb' BEGIN SELECT RAISE(ROLLBACK, 'boom'); END`)
	}))
	bomb := func(c *sqlite.Conn) (bool, error) {
		return true, run(c, `INSERT INTO t (id, v) VALUES (1000, 'bomb')`)
	}
	letGo := hold(t, s)
	answers := make([]chan error, 30)
	for i := range answers {
		answers[i] = make(chan error, 1)
		fn := insert(i)
		if i%10 == 5 {
			fn = bomb
		}
		go func() { answers[i] <- s.Write(t.Context(), fn) }()
		inLine(s, i+1)
	}
	letGo()
	for i, answer := range answers {
		if err := <-answer; isConstraint(err, sqlite.CodeTrigger) != (i%10 == 5) || (err != nil) != (i%10 == 5) {
			t.Errorf("member %d: %v", i, err)
		}
	}
	if got := ids(t, s); len(got) != 27 || got[1000] {
		t.Errorf("%d rows", len(got))
	}
	if st := s.Stats(); st.Lost == 0 || st.Rerun == 0 {
		t.Errorf("no transaction was lost: %+v", st)
	}
}

// A full disk rolls back the transaction; small members then fit, alone.
func TestFullDisk(t *testing.T) {
	s := open(t, patient)
	limit := func(pages int) error {
		return s.Write(t.Context(), func(c *sqlite.Conn) (bool, error) {
			return true, c.Exec(fmt.Sprintf(`PRAGMA max_page_count=%d`, pages))
		})
	}
	must(t, limit(30))
	large := func(c *sqlite.Conn) (bool, error) {
		return true, run(c, `INSERT INTO t (id, v) VALUES (1000, hex(zeroblob(1000000)))`)
	}
	letGo := hold(t, s)
	answers := make([]chan error, 10)
	for i := range answers {
		answers[i] = make(chan error, 1)
		fn := insert(i)
		if i == 7 {
			fn = large
		}
		go func() { answers[i] <- s.Write(t.Context(), fn) }()
		inLine(s, i+1)
	}
	letGo()
	for i, answer := range answers {
		switch err := <-answer; {
		case i == 7 && fault.Code(err) != fault.DiskFull:
			t.Errorf("too large: %v", err)
		case i != 7 && err != nil:
			t.Errorf("member %d: %v", i, err)
		}
	}
	if got := ids(t, s); len(got) != 9 {
		t.Errorf("%d rows", len(got))
	}
}

// A COMMIT that fails is no answer: each member runs again alone. The test puts
// a statement that fails in COMMIT's place, until the member that did so runs
// for the second time.
func TestFailedCommit(t *testing.T) {
	s := open(t, patient)
	commit := s.writer.commit
	broken, err := s.writer.conn.Control(`INSERT INTO t (id, v) VALUES (-1, NULL)`)
	must(t, err)
	runs := 0
	saboteur := func(c *sqlite.Conn) (bool, error) {
		runs++
		s.writer.commit = broken
		if runs == 2 {
			s.writer.commit = commit
			broken.Finalize()
		}
		return insert(0)(c)
	}
	letGo := hold(t, s)
	answers := make([]chan error, 6)
	for i := range answers {
		answers[i] = make(chan error, 1)
		fn := insert(i)
		if i == 0 {
			fn = saboteur
		}
		go func() { answers[i] <- s.Write(t.Context(), fn) }()
		inLine(s, i+1)
	}
	letGo()
	for i, answer := range answers {
		if err := <-answer; err != nil {
			t.Errorf("member %d: %v", i, err)
		}
	}
	if st := s.Stats(); runs != 2 || st.Lost != 1 || st.Rerun != 6 || len(ids(t, s)) != 6 {
		t.Errorf("%d runs, %+v", runs, st)
	}
}

func TestAnotherProcessHoldsTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared.db")
	s := open(t, Options{Path: path, SQLite: sqlite.Options{BusyTimeout: 10 * time.Millisecond}, LockWait: 20 * time.Millisecond})
	other, err := sqlite.Open(path, sqlite.Options{})
	must(t, err)
	defer other.Close()
	must(t, other.Exec(`BEGIN IMMEDIATE`))
	if err := s.Write(t.Context(), insert(1)); fault.Code(err) != lockNotAvailable {
		t.Errorf("locked: %v", err)
	}
	if _, err := s.Begin(t.Context(), time.Second, nil); fault.Code(err) != lockNotAvailable {
		t.Errorf("locked: %v", err)
	}
	must(t, other.Exec(`COMMIT`))
	must(t, s.Write(t.Context(), insert(1)))
}

// TestAnotherProcessIsWaitedFor: a write waits until another process has ended its
// own, as long as its caller has time.
func TestAnotherProcessIsWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared.db")
	var log strings.Builder
	s := open(t, Options{Path: path, SQLite: sqlite.Options{BusyTimeout: 10 * time.Millisecond}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	other, err := sqlite.Open(path, sqlite.Options{})
	must(t, err)
	defer other.Close()
	must(t, other.Exec(`BEGIN IMMEDIATE`))
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Begin(short, time.Second, nil); fault.Code(err) != lockNotAvailable {
		t.Errorf("a caller without time: %v", err)
	}
	written := make(chan error)
	go func() { written <- s.Write(t.Context(), insert(1)) }()
	select {
	case err := <-written:
		t.Errorf("did not wait: %v", err)
	case <-time.After(700 * time.Millisecond):
	}
	must(t, other.Exec(`COMMIT`))
	must(t, <-written)
	if n := strings.Count(log.String(), "another process writes"); n != 1 {
		t.Errorf("warned %d times: %s", n, &log)
	}
}

func TestClose(t *testing.T) {
	s := open(t, Options{})
	tx, err := s.Begin(t.Context(), time.Minute, nil)
	must(t, err)
	must(t, tx.Use(t.Context(), func(c *sqlite.Conn) error { _, err := insert(1)(c); return err }))
	answer := make(chan error)
	go func() { answer <- s.Write(t.Context(), insert(2)) }()
	inLine(s, 1)
	must(t, s.Close())
	for name, err := range map[string]error{
		"in line": <-answer, "after": s.Write(t.Context(), insert(3)), "use": tx.Use(t.Context(), nil), "commit": tx.Commit(t.Context(), nil),
	} {
		if fault.Code(err) != fault.AdminShutdown {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := s.Reader(t.Context()); fault.Code(err) != fault.AdminShutdown {
		t.Errorf("reader: %v", err)
	}
}
