package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// Options are the settings of a Store. Only Path is required.
type Options struct {
	Path    string         // of the database file; its folder must exist
	Readers int            // connections for reading; default GOMAXPROCS, at least 2
	SQLite  sqlite.Options // ReadOnly, Synchronous and FixedTransactions are the store's to set

	MaxGroup    int // members of one commit; default 128
	QueueLength int // writers that may wait in line; default 1024
	// GroupTime bounds how long a group may gather work before it is committed, so that
	// those who came first are not kept waiting by those who come after; default 10 ms.
	GroupTime time.Duration

	// OnOpen prepares each connection, the writer's first.
	OnOpen func(*sqlite.Conn) error
	Logger *slog.Logger
	// Follower wants to see what is in the log before that is begun anew; nil for
	// none.
	Follower Follower
	// Witness is told of the writer's transactions; nil for none.
	Witness Witness

	// Synchronous is FULL. OFF exists only so that the durability test can prove
	// that it would notice.
	Synchronous string
	// LockWait bounds how long a write waits for another process that writes to the
	// file, besides SQLite.BusyTimeout; 0 means a minute, less than 0 not at all.
	LockWait time.Duration
}

// Follower reads the write-ahead log.
type Follower interface {
	// Follow reads the log to its end. The writer calls it before and after it
	// moves the log into the file, and waits.
	Follow()
}

// Witness sees the writer's transactions, on the writer's goroutine.
type Witness interface {
	// Began is called when a transaction has begun, Ended once it is committed, before
	// anybody is told so, or rolled back.
	Began(c *sqlite.Conn)
	Ended(c *sqlite.Conn)
}

// nobody is the witness that sees nothing.
type nobody struct{}

func (nobody) Began(*sqlite.Conn) {}
func (nobody) Ended(*sqlite.Conn) {}

func (o *Options) complete() {
	if o.Witness == nil {
		o.Witness = nobody{}
	}
	if o.Readers <= 0 {
		o.Readers = max(2, runtime.GOMAXPROCS(0))
	}
	if o.MaxGroup <= 0 {
		o.MaxGroup = 128
	}
	if o.QueueLength <= 0 {
		o.QueueLength = 1024
	}
	if o.GroupTime <= 0 {
		o.GroupTime = 10 * time.Millisecond
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Synchronous == "" {
		o.Synchronous = "FULL"
	}
	if o.LockWait == 0 {
		o.LockWait = time.Minute
	}
}

// Store is an open database file.
type Store struct {
	options Options
	readers *readers
	writer  *writer
	queue   chan job
	quit    chan struct{} // closed by Close
	ended   chan struct{} // closed when the writer is gone
	closing sync.Once
	closed  error
	stats   stats
}

// Open opens a database file, and creates it, readable by its owner only, when
// there is none.
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, canceled(err)
	}
	o.complete()
	if err := createFile(o.Path); err != nil {
		return nil, err
	}
	s := &Store{options: o, stats: newStats(), queue: make(chan job, o.QueueLength),
		quit: make(chan struct{}), ended: make(chan struct{})}
	writer, err := s.openWriter()
	if err != nil {
		return nil, Translate(err)
	}
	s.writer = writer
	s.readers = newReaders(o.Readers, s.openReader)
	go s.writer.loop()
	return s, nil
}

// createFile makes an empty file with narrow permissions, which SQLite's -wal
// and -shm files then take over.
func createFile(path string) error {
	if path == "" || path == ":memory:" {
		return errors.New("store: a file is required")
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return fmt.Errorf("the folder of the database file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("the database file: %w", err)
	}
	return f.Close()
}

func (s *Store) connect(readOnly bool) (*sqlite.Conn, error) {
	o := s.options.SQLite
	o.ReadOnly, o.Synchronous, o.FixedTransactions = readOnly, s.options.Synchronous, !readOnly
	c, err := sqlite.Open(s.options.Path, o)
	if err != nil {
		return nil, err
	}
	if s.options.OnOpen != nil {
		if err := s.options.OnOpen(c); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

func (s *Store) openReader() (*sqlite.Conn, error) { return s.connect(true) }

// Close ends the writer after the group at work, refuses who is in line, waits
// for readers to be given back, and closes the file.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.quit)
		s.readers.close()
		<-s.ended
		s.closed = s.writer.close()
	})
	return s.closed
}

// errClosed answers whoever comes after Close.
func errClosed() error { return fault.New(fault.AdminShutdown, "the database is shutting down") }

// isClosing tells that Close was called.
func (s *Store) isClosing() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

func (s *Store) busyTimeout() time.Duration {
	if d := s.options.SQLite.BusyTimeout; d != 0 {
		return max(0, d)
	}
	return 5 * time.Second
}
