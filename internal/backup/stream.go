package backup

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/galleyhq/galley/internal/backup/spool"
	"github.com/galleyhq/galley/internal/database/embedded"
)

// StreamConfig are the settings of a Stream. Source, Place and Dir are required.
type StreamConfig struct {
	Source Source
	Place  Place
	Lock   Lock
	Dir    string // of the spool, on the machine's own disk

	Interval  time.Duration // between segments; default 1 s
	Bound     int64         // bytes that the spool may have; default 1 GiB
	KeepFor   time.Duration // how far back a restore reaches; 0 keeps all
	BaseEvery time.Duration // between bases; default 24 h
	BaseBytes int64         // of segments, or the database's size if that is more, after which there is a new base; default 256 MiB
	Lease     time.Duration // for which the place is claimed; default 90 s
	PackEvery time.Duration // after which segments are packed, and how often that is done; default 1 h
	PackLeast int           // segments in a pack; default 60
	Logger    *slog.Logger
	Now       func() time.Time // of tests; nil is time.Now
}

func (c *StreamConfig) complete() {
	if c.Interval <= 0 {
		c.Interval = time.Second
	}
	if c.Bound <= 0 {
		c.Bound = 1 << 30
	}
	if c.BaseEvery <= 0 {
		c.BaseEvery = 24 * time.Hour
	}
	if c.BaseBytes <= 0 {
		c.BaseBytes = 256 << 20
	}
	if c.Lease <= 0 {
		c.Lease = 90 * time.Second
	}
	if c.PackEvery <= 0 {
		c.PackEvery = time.Hour
	}
	if c.PackLeast <= 0 {
		c.PackLeast = 60
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Stream is a continuous backup: it reads what is committed from the write-ahead
// log and ships it every second, so that the database can be restored as it was
// at any moment.
//
// In the place, the folder continuous holds generations: a base, which is a
// backup as Create makes it, and the segments that follow it, each named by its
// number and moment. What was read is kept in a spool beside the database until
// it is shipped. The database never waits for the place: when the spool is full,
// or cannot be written, the stream is broken off, and begins anew with a new base
// as soon as that can be shipped.
//
// It is opened before the database is, so that nothing in the log is lost which a
// killed process had not shipped, and finished after the database is closed.
type Stream struct {
	config  StreamConfig
	process string       // in the lease
	release func() error // of the spool
	packer  *zstd.Encoder
	ship    chan struct{} // something is sealed
	cancel  context.CancelFunc
	loops   sync.WaitGroup

	// mu is held while the log is read, which the database's writer waits for.
	mu       sync.Mutex
	spool    *spool.Spool
	follower *embedded.Follower // nil while the stream is broken off
	broken   time.Time          // since when it is; zero while it is not
	why      string
	wanted   bool // a new base, whatever is due

	told struct { // what the loops report
		sync.Mutex
		status   StreamStatus
		failures [loopCount]string // of the loops; "" when the last attempt did not fail
		leased   time.Time         // until then; zero while the place is not claimed
	}
}

// StreamStatus tells how a stream is doing.
type StreamStatus struct {
	Lag      time.Duration // age of the oldest commit that is not in the place
	Spooled  int64         // bytes that wait
	Shipped  int64         // bytes since the start, bases included
	Segments int64         // shipped since the start
	Bases    int64         // made since the start
	Breaks   int64         // since the start: gaps that cannot be restored to
	Failures int64         // attempts to ship that failed, since the start
	Failure  string        // why the last one did, or why the stream is broken off; "" when all is well
	Complete time.Time     // all commits up to then were in the place, as last seen
}

// OpenStream begins to follow a database that may be there, where the process
// before this one ended.
func OpenStream(c StreamConfig) (*Stream, error) {
	c.complete()
	release, err := embedded.Claim(filepath.Join(c.Dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("the spool of the continuous backup: %w", err)
	}
	s := &Stream{config: c, process: rand.Text(), release: release, ship: make(chan struct{}, 1), broken: c.Now(), why: "it has not begun yet"}
	s.packer, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<20), zstd.WithEncoderConcurrency(1))
	if err == nil {
		s.spool, err = spool.Open(c.Dir, c.Bound)
	}
	if err == nil {
		err = s.resume()
	}
	if err != nil {
		return nil, errors.Join(err, release())
	}
	return s, nil
}

// resume goes on where the last process ended, if the log reaches back to there.
func (s *Stream) resume() error {
	state := &s.spool.State
	if state.Place != s.config.Place.String() {
		*state = spool.State{Number: 1, Place: s.config.Place.String(), Owner: rand.Text()}
		return errors.Join(s.spool.Clear(), s.spool.Save())
	}
	// A base that was not shipped to its end is none.
	state.Unbased()
	c := state.Chain
	if c == nil {
		return s.spool.Save()
	}
	if s.config.Lock.closed() != (c.Recipient != "") {
		return s.spool.Break()
	}
	f, err := embedded.Follow(s.config.Source.Path)
	if err == nil {
		now, looked := spool.Look(s.config.Source.Path)
		err = errors.Join(looked, f.Resume(c.At, c.File != nil && now == *c.File))
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}
	if err != nil {
		s.config.Logger.Info("the continuous backup begins anew with a base", "because", err)
		return s.spool.Break()
	}
	s.follower, s.broken = f, time.Time{}
	s.capture()
	return nil
}

// Follow implements the store's Follower.
func (s *Stream) Follow() {
	defer s.survive("read")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.capture()
}

// survive keeps a mistake of ours from the database. It is to be deferred.
func (s *Stream) survive(what string) {
	if r := recover(); r != nil {
		_ = s.panicked(what, r) // logged
	}
}

func (s *Stream) panicked(what string, r any) error {
	err := fmt.Errorf("panic: %v", r)
	s.config.Logger.Error("the continuous backup panicked", "at", what, "error", err, "stack", string(debug.Stack()))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.breakOff(err)
	return err
}

// momentOf is the first millisecond that is not before t, so that a restore to a moment
// has nothing that was committed after it.
func momentOf(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

// capture reads the log to its end. The caller holds mu, as of all that follows.
func (s *Stream) capture() {
	if s.follower == nil {
		return
	}
	c := s.spool.State.Chain
	state, err := s.follower.Advance(func(b *embedded.LogBatch) error {
		return s.spool.Add(b, momentOf(s.config.Now().Add(-time.Since(b.Seen))))
	})
	if err == nil {
		err = s.note(c, state)
	}
	if err != nil {
		s.breakOff(err)
	}
}

// note remembers how far the log was read.
func (s *Stream) note(c *spool.Chain, state embedded.LogState) error {
	was := c.File
	c.File = nil
	if state.Free {
		now, err := spool.Look(s.config.Source.Path)
		if err != nil {
			return err
		}
		c.File = &now
	}
	if c.At == state.At && (was == nil) == (c.File == nil) {
		return nil
	}
	c.At = state.At
	return s.spool.Save()
}

// breakOff lets the log go. What is sealed is shipped yet, unless the disk needs
// the room.
func (s *Stream) breakOff(cause error) {
	if s.follower != nil {
		cause = errors.Join(cause, s.follower.Close())
		s.follower = nil
		s.tell(func(t *StreamStatus) { t.Breaks++ })
	}
	if s.broken.IsZero() {
		s.broken = s.config.Now()
	}
	s.why = cause.Error()
	err := s.spool.Break()
	if errors.Is(cause, syscall.ENOSPC) || errors.Is(err, syscall.ENOSPC) {
		err = errors.Join(err, s.spool.Clear())
	}
	s.config.Logger.Error("the continuous backup was broken off: it begins anew with a base", "because", cause, "place", s.config.Place.String())
	if err != nil {
		s.config.Logger.Error("the spool of the continuous backup", "error", err)
	}
}

// seal makes a segment of what was read.
func (s *Stream) seal() {
	if s.follower == nil {
		return
	}
	sealed, err := s.spool.Seal(s.pack)
	if err != nil {
		s.breakOff(err)
	}
	if sealed {
		select {
		case s.ship <- struct{}{}:
		default:
		}
	}
}

// pack compresses and encrypts a segment.
func (s *Stream) pack(to io.Writer) (io.WriteCloser, error) {
	var lock Lock
	if text := s.spool.State.Chain.Recipient; text != "" {
		r, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, err
		}
		lock.Recipients = []age.Recipient{r}
	}
	closed, err := lock.writer(to)
	if err != nil {
		return nil, err
	}
	s.packer.Reset(closed)
	return packed{s.packer, closed}, nil
}

type packed struct {
	*zstd.Encoder
	to io.Closer
}

func (p packed) Close() error { return errors.Join(p.Encoder.Close(), p.to.Close()) }

// begin starts a chain where the log ends now.
func (s *Stream) begin() error {
	c := &spool.Chain{ID: rand.Text()}
	if s.config.Lock.closed() {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			return err
		}
		// Each segment is encrypted for a key of the chain's own, as a passphrase
		// takes a second each time; that key is encrypted as backups are.
		if c.Key, err = s.config.Lock.encrypt([]byte(id.String())); err != nil {
			return err
		}
		c.Recipient = id.Recipient().String()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := embedded.Follow(s.config.Source.Path)
	if err != nil {
		return err
	}
	s.spool.State.Chain = c
	s.follower = f
	if s.capture(); s.follower == nil {
		return errors.New(s.why)
	}
	if err := s.spool.Save(); err != nil {
		s.breakOff(err)
		return err
	}
	s.broken, s.why = time.Time{}, ""
	return nil
}

func (l Lock) encrypt(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := l.writer(&out)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

func (s *Stream) tell(f func(*StreamStatus)) {
	s.told.Lock()
	defer s.told.Unlock()
	f(&s.told.status)
}

// Status returns how the stream is doing.
func (s *Stream) Status() StreamStatus {
	s.told.Lock()
	out := s.told.status
	out.Failure = cmp.Or(s.told.failures[:]...)
	s.told.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	out.Spooled = s.spool.Size()
	if sealed, err := s.spool.Sealed(); err == nil && len(sealed) > 0 {
		out.Lag = now.Sub(time.UnixMilli(sealed[0].Moment))
	} else if c := s.spool.State.Chain; c != nil && len(c.Chunks) > 0 {
		out.Lag = now.Sub(time.UnixMilli(c.Chunks[0].Seen))
	}
	if !s.broken.IsZero() {
		out.Lag = max(out.Lag, now.Sub(s.broken))
		if out.Failure == "" {
			out.Failure = s.why
		}
	}
	out.Lag = max(0, out.Lag)
	return out
}

// Finish ships what is left, for as long as ctx allows, and ends the stream. The
// database must be closed: nothing that is committed later is seen.
func (s *Stream) Finish(ctx context.Context) error {
	if s.cancel != nil {
		s.cancel()
		s.loops.Wait()
	}
	s.mu.Lock()
	s.capture()
	s.seal()
	if s.follower != nil { // so that the file alone is the database
		if err := embedded.MoveLog(s.config.Source.Path); err != nil {
			s.config.Logger.Warn("moving the write-ahead log into the database file", "error", err)
		}
		s.capture()
	}
	s.mu.Unlock()
	if ctx.Err() == nil {
		if err := s.shipAll(ctx); err != nil {
			s.config.Logger.WarnContext(ctx, "what is not shipped yet of the continuous backup is shipped after the next start", "error", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.follower != nil {
		err = s.follower.Close()
		s.follower = nil
	}
	return errors.Join(err, s.release())
}

// exists tells whether there is a database to follow.
func (s *Stream) exists() bool {
	info, err := os.Stat(s.config.Source.Path)
	return err == nil && info.Size() > 0
}
