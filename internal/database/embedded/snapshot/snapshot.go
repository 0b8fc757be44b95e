// Package snapshot reads a database file as it is at one moment, while others
// write to it, and checks a copy.
//
//	s, err := snapshot.Begin(ctx, path)
//	defer s.Close()
//	n, err := s.WriteTo(w) // s.Size() bytes: a database file of its own
//
// The pages come out of one read transaction, through SQLite's sqlite_dbpage
// (sqlite.org/dbpage.html), so that they are those of one commit, and go straight
// to the writer: neither a second file nor the memory for one is needed. SQLite's
// locks hold between processes, so the file may be in use by a server.
package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/fault"
)

// Snapshot is a database file at one moment. While it is open, the write-ahead
// log of the file cannot be emptied and grows with every write.
type Snapshot struct {
	PageSize int64 // bytes
	Pages    int64
	Seen     time.Time // nothing in it was committed later

	conn *sqlite.Conn
	stop func()
}

// Begin takes a snapshot of a file that exists. It ends with ctx.
func Begin(ctx context.Context, path string) (*Snapshot, error) {
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil, fault.New(fault.ObjectNotInPrerequisite, "there is no database file %s", path)
	}
	c, err := sqlite.Open(path, sqlite.Options{ReadOnly: true, CacheKiB: 64}) // each page is read once
	if err != nil {
		return nil, store.Translate(err)
	}
	s := &Snapshot{conn: c, stop: c.Interruptible(ctx)}
	if err := s.begin(); err != nil {
		return nil, errors.Join(store.Translate(err), s.Close())
	}
	return s, nil
}

const (
	exact = 10 * time.Millisecond // between what is committed before a look and after it
	looks = 20                    // at most, for one that is as exact
)

// begin looks until it knows the moment: all that was committed a little before Seen is
// in the snapshot, also where a busy machine stopped us meanwhile.
func (s *Snapshot) begin() error {
	for n := 1; ; n++ {
		began := time.Now()
		if err := s.look(); err != nil {
			return err
		}
		if n == looks || s.Seen.Sub(began) < exact {
			return nil
		}
		if err := s.conn.Exec("ROLLBACK"); err != nil {
			return err
		}
	}
}

func (s *Snapshot) look() (err error) {
	if err = s.conn.Exec("BEGIN"); err != nil {
		return err
	}
	if s.Pages, err = number(s.conn, "PRAGMA page_count"); err != nil { // from here on the transaction sees one commit
		return err
	}
	s.Seen = time.Now()
	s.PageSize, err = number(s.conn, "PRAGMA page_size")
	return err
}

// Size is the length in bytes of what WriteTo writes.
func (s *Snapshot) Size() int64 { return s.PageSize * s.Pages }

// WriteTo writes the whole file. It fails rather than writing anything but Size
// bytes; what it has written by then is no database.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	rows, err := s.conn.Prepare("SELECT data FROM sqlite_dbpage")
	if err != nil {
		return 0, store.Translate(err)
	}
	defer rows.Reset()
	written := int64(0)
	for {
		more, err := rows.Step()
		if err != nil {
			return written, store.Translate(err)
		}
		if !more {
			return written, s.whole(written)
		}
		n, err := w.Write(rows.ColumnBytes(0))
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
}

func (s *Snapshot) whole(written int64) error {
	if written != s.Size() {
		return fault.New(fault.DataCorrupted, "the database file has %d bytes, %d were read", s.Size(), written)
	}
	return nil
}

// Close ends the snapshot.
func (s *Snapshot) Close() error {
	s.stop()
	return s.conn.Close()
}

// number returns the one integer of a query.
func number(c *sqlite.Conn, sql string) (int64, error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return 0, err
	}
	defer s.Reset()
	more, err := s.Step()
	if err == nil && !more {
		err = fmt.Errorf("%s: no row", sql)
	}
	if err != nil {
		return 0, err
	}
	return s.ColumnInt(0), nil
}

// Copy writes a snapshot of a file to another path, where nothing may be. It is
// on the disk, and whole, or not there at all.
func Copy(ctx context.Context, from, to string) (err error) {
	s, err := Begin(ctx, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	part := to + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = s.WriteTo(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(part, to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return syncDir(filepath.Dir(to))
}

// syncDir makes names in a folder durable, where the system can.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	_ = d.Sync() // not every file system has it
	return d.Close()
}

// Fold moves the write-ahead log of a file that no one has open into the file, so
// that it may be renamed. It fails with 55006 when someone has it open. A damaged
// file is left as it is.
func Fold(path string) error {
	c, err := sqlite.Open(path, sqlite.Options{BusyTimeout: -1})
	if err == nil {
		// Only the one connection that a file has can leave the WAL mode.
		err = c.Exec("PRAGMA journal_mode=DELETE")
		err = errors.Join(err, c.Close())
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	switch {
	case !ok:
		return err
	case e.Primary() == sqlite.CodeCorrupt || e.Primary() == sqlite.CodeNotADB:
		return nil
	case e.Primary() == sqlite.CodeBusy || e.Primary() == sqlite.CodeLocked:
		return fault.New(fault.ObjectInUse, "the database %s is in use", path).WithHint("Stop the server first.").WithCause(err)
	}
	return store.Translate(err)
}
