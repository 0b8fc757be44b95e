// Package follow reads what is committed to a database file, as it is committed,
// out of the file's write-ahead log, and misses nothing.
//
//	f, err := follow.Open(path)
//	state, err := f.Advance(func(b *follow.Batch) error { … }) // what is new since the last
//	err = f.Close()
//
// A follower always holds a read transaction. SQLite does not begin the log anew
// while a reader needs something of it, and does not move a log into the file
// while a reader reads the file alone, whoever wants to, this process or another
// (sqlite.org/walformat.html, "WAL locks"). The next transaction begins before
// the last one ends, so nothing is ever out of sight: either the log goes on
// where it was, or it began anew once, right after what was seen. Only committed
// frames are within a reader's snapshot.
//
// While it holds one the log cannot begin anew. Who moves the log into the file
// therefore calls Advance before and after it.
package follow

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// ErrLost tells that the log does not go on where it was left.
var ErrLost = errors.New("the write-ahead log does not go on where it was left")

// errNoLog is of a file that is not in WAL mode yet.
var errNoLog = errors.New("the database file has no write-ahead log")

// Position is a place in a log.
type Position struct {
	Salt  [2]uint32 `json:"salt"`
	Frame uint32    `json:"frame"` // the last one seen, counted from 1
	Sum   [2]uint32 `json:"sum"`   // of that frame
}

// State is how far a follower is.
type State struct {
	At Position
	// Free tells that all that was seen is in the database file itself, and that
	// the file has not changed since and cannot while the follower is open.
	Free bool
}

// Follower is at a place in the log of a file.
type Follower struct {
	mu    sync.Mutex
	path  string
	conns [2]*sqlite.Conn
	held  int // the connection that has the read transaction
	state State
}

// Open begins to follow a file that exists and is in WAL mode, at its end.
func Open(path string) (*Follower, error) {
	f := &Follower{path: path}
	for i := range f.conns {
		c, err := sqlite.Open(path, sqlite.Options{ReadOnly: true, CacheKiB: 64, Statements: 4})
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		f.conns[i] = c
	}
	p, err := f.begin(0)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	f.state = State{At: position(p), Free: p.Free}
	return f, nil
}

func position(p sqlite.LogPosition) Position {
	return Position{Salt: p.Salt, Frame: p.Frame, Sum: p.Sum}
}

func (f *Follower) begin(i int) (sqlite.LogPosition, error) {
	// The second statement takes the snapshot.
	if err := f.conns[i].Exec("BEGIN; PRAGMA page_count"); err != nil {
		return sqlite.LogPosition{}, err
	}
	p, ok := f.conns[i].LogPosition()
	if !ok {
		return p, errNoLog
	}
	return p, nil
}

func (f *Follower) end(i int) error {
	if f.conns[i].AutoCommit() {
		return nil
	}
	return f.conns[i].Exec("ROLLBACK")
}

// Resume goes back to where another follower ended, before the first Advance. It
// fails with ErrLost when the log does not reach back to there. unchanged tells
// that the database file is as it was when the other one was in a state that was
// Free: then all of the log came after it.
func (f *Follower) Resume(from Position, unchanged bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.state.At
	if from.Frame > 0 && now.Salt == from.Salt && now.Frame >= from.Frame { // an empty log proves nothing
		ok, err := f.has(from)
		if err != nil {
			return err
		}
		if ok {
			f.state = State{At: from, Free: f.state.Free && from == now}
			return nil
		}
	}
	if !unchanged {
		return ErrLost
	}
	f.state = State{At: Position{Salt: now.Salt}, Free: f.state.Free && now.Frame == 0} // all of the log is new
	return nil
}

const (
	logHeader   = 32 // bytes
	frameHeader = 24
)

// has tells whether the log has a frame where it is said to be.
func (f *Follower) has(p Position) (bool, error) {
	log, err := os.Open(f.path + "-wal") // SQLite has no locks on it that closing could end
	if err != nil {
		return false, err
	}
	defer func() { _ = log.Close() }() // only read
	at, ok := f.conns[f.held].LogPosition()
	if !ok {
		return false, errNoLog
	}
	h := make([]byte, frameHeader)
	if _, err := log.ReadAt(h, frameOffset(p.Frame, at.PageSize)); err != nil {
		return false, err
	}
	return salts(h) == p.Salt && sums(h) == p.Sum, nil
}

func frameOffset(n uint32, pageSize int) int64 {
	return logHeader + int64(n-1)*int64(frameHeader+pageSize)
}

func salts(h []byte) [2]uint32 {
	// The index has them as they lie in the log.
	return [2]uint32{binary.NativeEndian.Uint32(h[8:]), binary.NativeEndian.Uint32(h[12:])}
}

func sums(h []byte) [2]uint32 {
	return [2]uint32{binary.BigEndian.Uint32(h[16:]), binary.BigEndian.Uint32(h[20:])}
}

// Advance goes on to the end of the log. take gets what was committed since, if
// anything was; when it fails, the follower stays where it was. After ErrLost it
// is of no more use.
func (f *Follower) Advance(take func(*Batch) error) (State, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := 1 - f.held
	p, seen, err := f.look(next)
	if err == nil {
		err = f.read(p, seen, take)
	}
	if err != nil {
		return f.state, errors.Join(err, f.end(next))
	}
	err = f.end(f.held)
	f.held = next
	f.state = State{At: position(p), Free: p.Free}
	return f.state, err
}

const (
	exact = 10 * time.Millisecond // between what is committed before a look and after it
	looks = 20                    // at most, for one that is as exact
)

// look takes a snapshot, and tells a moment: nothing in it was committed later. All that
// was committed a little before is in it, also where a busy machine stopped us meanwhile.
func (f *Follower) look(i int) (p sqlite.LogPosition, seen time.Time, err error) {
	for range looks {
		began := time.Now()
		p, err = f.begin(i)
		if seen = time.Now(); err != nil || seen.Sub(began) < exact {
			return p, seen, err
		}
		if err = f.end(i); err != nil {
			return p, seen, err
		}
	}
	p, err = f.begin(i)
	return p, time.Now(), err
}

// read gives out what is between the state and a later position.
func (f *Follower) read(p sqlite.LogPosition, seen time.Time, take func(*Batch) error) error {
	from := uint32(0)
	switch was := f.state.At; {
	case p.Salt == was.Salt && p.Frame >= was.Frame:
		from = was.Frame
	case p.Salt == was.Salt || !f.state.Free:
		return ErrLost
	}
	if from == p.Frame {
		return nil
	}
	log, err := os.Open(f.path + "-wal")
	if err != nil {
		return err
	}
	b := &Batch{log: log, Seen: seen, PageSize: p.PageSize, Pages: p.Pages}
	err = b.index(from, p)
	if err == nil {
		err = take(b)
	}
	return errors.Join(err, log.Close())
}

// Close ends the following.
func (f *Follower) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	for _, c := range f.conns {
		if c != nil {
			err = errors.Join(err, c.Close())
		}
	}
	f.conns = [2]*sqlite.Conn{}
	return err
}

// Batch is what some commits changed: the last content of each page.
type Batch struct {
	Seen     time.Time // all that was committed some milliseconds before is in it, or was before; nothing later is
	PageSize int
	Pages    uint32 // of the database after it
	log      io.ReaderAt
	last     map[uint32]uint32 // frame by page
	order    []uint32          // pages, as they first came
}

// Len is the number of pages that changed.
func (b *Batch) Len() int { return len(b.order) }

// block is how much of the log is read at once, in bytes.
const block = 1 << 20

// index notes which frame holds the last content of each page.
func (b *Batch) index(from uint32, to sqlite.LogPosition) error {
	size := frameHeader + b.PageSize
	buffer := make([]byte, min(int64(size)*int64(to.Frame-from), max(block/int64(size), 1)*int64(size)))
	b.last = make(map[uint32]uint32, min(to.Frame-from, 1<<16))
	var h []byte
	for n := from + 1; n <= to.Frame; {
		some := min(len(buffer)/size, int(to.Frame-n)+1)
		if _, err := b.log.ReadAt(buffer[:some*size], frameOffset(n, b.PageSize)); err != nil {
			return fmt.Errorf("read the write-ahead log: %w", err)
		}
		for i := range some {
			h = buffer[i*size:][:frameHeader]
			if salts(h) != to.Salt {
				return fmt.Errorf("frame %d of the write-ahead log: %w", n, ErrLost)
			}
			b.note(binary.BigEndian.Uint32(h), n)
			n++
		}
	}
	if sums(h) != to.Sum {
		return fmt.Errorf("frame %d of the write-ahead log has another checksum: %w", to.Frame, ErrLost)
	}
	b.order = slices.DeleteFunc(b.order, func(page uint32) bool { return page > b.Pages }) // freed since
	return nil
}

func (b *Batch) note(page, frame uint32) {
	if _, seen := b.last[page]; !seen {
		b.order = append(b.order, page)
	}
	b.last[page] = frame
}

// Each gives out the pages that changed. content is valid until visit returns.
func (b *Batch) Each(visit func(page uint32, content []byte) error) error {
	content := make([]byte, b.PageSize)
	for _, page := range b.order {
		if _, err := b.log.ReadAt(content, frameOffset(b.last[page], b.PageSize)+frameHeader); err != nil {
			return fmt.Errorf("read the write-ahead log: %w", err)
		}
		if err := visit(page, content); err != nil {
			return err
		}
	}
	return nil
}
