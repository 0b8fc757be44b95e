package follow_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/follow"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// replica is a copy of a database file that a follower keeps up to date.
type replica struct {
	t    *testing.T
	path string
	from *follow.Follower
	seen int
}

func connect(t *testing.T, path string) *sqlite.Conn {
	t.Helper()
	c, err := sqlite.Open(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func run(t *testing.T, c *sqlite.Conn, sql string) {
	t.Helper()
	if err := c.Exec(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func checkpoint(t *testing.T, c *sqlite.Conn, truncate bool) (frames, done int) {
	t.Helper()
	busy, frames, done, err := c.Checkpoint(truncate)
	if err != nil || busy && !truncate {
		t.Fatal(busy, err)
	}
	return frames, done
}

func start(t *testing.T) (*sqlite.Conn, *replica) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	c := connect(t, path)
	run(t, c, `CREATE TABLE t (n INTEGER PRIMARY KEY, v TEXT) STRICT`)
	checkpoint(t, c, true)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &replica{t: t, path: filepath.Join(dir, "copy.db")}
	if err := os.WriteFile(r.path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if r.from, err = follow.Open(path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.from.Close() })
	return c, r
}

func (r *replica) apply(b *follow.Batch) error {
	f, err := os.OpenFile(r.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	n := 0
	err = b.Each(func(page uint32, content []byte) error {
		n++
		_, err := f.WriteAt(content, int64(page-1)*int64(b.PageSize))
		return err
	})
	if n != b.Len() {
		r.t.Errorf("%d pages of %d", n, b.Len())
	}
	r.seen++
	return errors.Join(err, f.Truncate(int64(b.Pages)*int64(b.PageSize)), f.Close())
}

func (r *replica) advance() follow.State {
	r.t.Helper()
	s, err := r.from.Advance(r.apply)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// same compares the replica with the database, page by page.
func (r *replica) same() {
	r.t.Helper()
	want, err := sqlite.Open(strings.TrimSuffix(r.path, "copy.db")+"a.db", sqlite.Options{ReadOnly: true})
	if err != nil {
		r.t.Fatal(err)
	}
	defer want.Close()
	s, err := want.Prepare("SELECT data FROM sqlite_dbpage")
	if err != nil {
		r.t.Fatal(err)
	}
	defer s.Reset()
	var all []byte
	for {
		more, err := s.Step()
		if err != nil {
			r.t.Fatal(err)
		}
		if !more {
			break
		}
		all = append(all, s.ColumnBytes(0)...)
	}
	got, err := os.ReadFile(r.path)
	if err != nil || string(got) != string(all) {
		r.t.Errorf("the copy has %d bytes, the database %d; they differ: %v", len(got), len(all), err)
	}
}

const some = `WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM g WHERE i < 500) INSERT INTO t (v) SELECT hex(randomblob(200)) FROM g`

// TestFollow lets the log grow, be moved, begin anew and be emptied, with large
// transactions, ones that are rolled back, and a file that shrinks.
func TestFollow(t *testing.T) {
	c, r := start(t)
	for i := range 40 {
		run(t, c, some)
		switch i % 8 {
		case 1:
			run(t, c, "PRAGMA cache_size=10; BEGIN; "+some+"; ROLLBACK") // spilled into the log, never committed
		case 2:
			run(t, c, "BEGIN; "+some+";"+some+"; DELETE FROM t WHERE n % 3 = 0; COMMIT")
		case 3:
			run(t, c, "DELETE FROM t; VACUUM")
		case 4, 6:
			r.advance()
			checkpoint(t, c, false)
			if s := r.advance(); !s.Free {
				t.Errorf("round %d: %+v after the log was moved", i, s)
			}
		case 5:
			r.advance()
			checkpoint(t, c, false)
			r.advance()
			if frames, _ := checkpoint(t, c, true); frames != 0 {
				t.Errorf("round %d: the log has %d frames after it was emptied", i, frames)
			}
		}
		if i%3 == 0 {
			r.advance()
			r.same()
		}
	}
	r.advance()
	r.same()
	before := r.seen
	if r.advance(); r.seen != before {
		t.Error("something where nothing was")
	}
	if info, err := os.Stat(strings.TrimSuffix(r.path, "copy.db") + "a.db-wal"); err != nil || info.Size() > 8<<20 {
		t.Errorf("the log was never begun anew: %v %v", info.Size(), err)
	}
}

// Another connection, as another process has one, moves the log all the time and
// does not ask.
func TestOthersMoveTheLog(t *testing.T) {
	c, r := start(t)
	other := connect(t, strings.TrimSuffix(r.path, "copy.db")+"a.db")
	other.SetBusyTimeout(0)
	for i := range 60 {
		run(t, c, some)
		_, _, _, err := other.Checkpoint(i%2 == 0)
		if err != nil {
			t.Fatal(err)
		}
		run(t, other, some)
		if i%4 == 3 {
			r.advance()
			r.same()
		}
	}
	r.advance()
	r.same()
}

// What take refuses is there the next time.
func TestRefusedBatch(t *testing.T) {
	c, r := start(t)
	run(t, c, some)
	full := errors.New("full")
	if _, err := r.from.Advance(func(*follow.Batch) error { return full }); !errors.Is(err, full) {
		t.Fatal(err)
	}
	run(t, c, some)
	r.advance()
	r.same()
}

func TestResume(t *testing.T) {
	for name, change := range map[string]struct {
		between   func(*testing.T, *sqlite.Conn)
		unchanged bool
		lost      bool
	}{
		"nothing":     {func(*testing.T, *sqlite.Conn) {}, false, false},
		"commits":     {func(t *testing.T, c *sqlite.Conn) { run(t, c, some) }, false, false},
		"moved":       {func(t *testing.T, c *sqlite.Conn) { run(t, c, some); checkpoint(t, c, false) }, false, false},
		"begun anew":  {func(t *testing.T, c *sqlite.Conn) { checkpoint(t, c, false); run(t, c, some) }, false, true},
		"as was told": {func(t *testing.T, c *sqlite.Conn) { run(t, c, some) }, true, false},
		"emptied":     {func(t *testing.T, c *sqlite.Conn) { run(t, c, some); checkpoint(t, c, true) }, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, r := start(t)
			run(t, c, some)
			s := r.advance()
			if change.unchanged {
				checkpoint(t, c, false)
				if s = r.advance(); !s.Free {
					t.Fatal("not free")
				}
			}
			if err := r.from.Close(); err != nil {
				t.Fatal(err)
			}
			change.between(t, c)
			var err error
			if r.from, err = follow.Open(strings.TrimSuffix(r.path, "copy.db") + "a.db"); err != nil {
				t.Fatal(err)
			}
			err = r.from.Resume(s.At, change.unchanged)
			if errors.Is(err, follow.ErrLost) != change.lost || err != nil && !change.lost {
				t.Fatalf("resumed: %v", err)
			}
			if !change.lost {
				r.advance()
				r.same()
			}
		})
	}
}

// An empty log is like any other: the file may have been replaced.
func TestResumeOnEmptyLog(t *testing.T) {
	_, r := start(t)
	s := r.advance()
	if s.At.Frame != 0 {
		t.Fatalf("%+v", s)
	}
	if err := r.from.Resume(s.At, false); !errors.Is(err, follow.ErrLost) {
		t.Errorf("of a file that may be another: %v", err)
	}
	if err := r.from.Resume(s.At, true); err != nil {
		t.Error(err)
	}
}
