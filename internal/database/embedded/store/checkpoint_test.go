package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// fill writes about 100 pages.
func fill(t *testing.T, s *Store) {
	t.Helper()
	must(t, s.Write(t.Context(), func(c *sqlite.Conn) (bool, error) {
		return true, run(c, `INSERT INTO t (v) VALUES (?)`, sqlite.Text(strings.Repeat("x", 400_000)))
	}))
}

func logSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	must(t, err)
	return info.Size()
}

// TestLogStaysBounded writes many times the log's limit while readers come, each
// before the last one has gone, so that at every moment someone reads from the
// log.
func TestLogStaysBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	s := open(t, Options{Path: path, Readers: 3})
	stop, ended := make(chan struct{}), make(chan struct{})
	turned := make(chan struct{}, 1) // on a busy machine too, readers come and go between the writes
	go func() {
		defer close(ended)
		for release := beginRead(t, s); ; {
			next := beginRead(t, s)
			time.Sleep(time.Millisecond) // both are reading
			release()
			release = next
			select {
			case turned <- struct{}{}:
			default:
			}
			select {
			case <-stop:
				release()
				return
			default:
			}
		}
	}()
	largest := int64(0)
	for range 600 {
		fill(t, s)
		largest = max(largest, logSize(t, path))
		for range 3 { // as many as may be reading
			<-turned
		}
	}
	close(stop)
	<-ended
	st := s.Stats()
	t.Logf("largest log %d MiB; %+v", largest>>20, st)
	if limit := int64(3*truncateFrames) * 4200; largest > limit {
		t.Errorf("the log grew to %d bytes, over %d", largest, limit)
	}
	if st.Checkpoints == 0 {
		t.Error("no checkpoint")
	}
}

// beginRead holds a snapshot until the returned function is called.
func beginRead(t *testing.T, s *Store) (end func()) {
	t.Helper()
	c, release, err := s.Reader(t.Context())
	if err != nil {
		t.Error(err)
		return func() {}
	}
	if err := c.Exec(`BEGIN; SELECT count(*) FROM p`); err != nil {
		t.Error(err)
	}
	return release
}

// A reader that stays must not cost each writer a wait; once it is gone the log
// is emptied.
func TestReaderThatStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	s := open(t, Options{Path: path})
	release := beginRead(t, s)
	for range truncateFrames/100 + 30 {
		fill(t, s)
	}
	if st := s.Stats(); st.WALFrames < truncateFrames || st.Truncated != 0 {
		t.Errorf("the reader did not hold the log: %+v", st)
	}
	release()
	must(t, s.Write(t.Context(), func(*sqlite.Conn) (bool, error) {
		s.writer.checkpoint.notUntil = time.Time{}
		return true, nil
	}))
	must(t, s.Write(t.Context(), insert(-1))) // the checkpoint comes after the answer
	if st := s.Stats(); st.Truncated != 1 || logSize(t, path) > 1<<20 {
		t.Errorf("the log has %d bytes: %+v", logSize(t, path), st)
	}
}
