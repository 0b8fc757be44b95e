package backup

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"

	"github.com/galleyhq/galley/internal/backup/spool"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/fault"
)

// What lies where in a place.
const (
	streamFolder = "continuous"
	leaseFile    = "lease.json"
	keyFile      = "key.age"
	baseName     = "base"
)

const (
	// shortWait and longWait are the times between attempts to ship.
	shortWait = time.Second
	longWait  = time.Minute
	// manageWait is how often it is looked whether a base is due.
	manageWait = time.Second
	pruneWait  = time.Hour
	// garbageAge is how old a generation without a base is before it is removed.
	garbageAge = 24 * time.Hour
	smallCall  = time.Minute // deadline for a small object
)

// Start begins to ship. A stream is started once, when the database is open.
func (s *Stream) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.loops.Go(func() { s.every(ctx, "seal", s.config.Interval, s.tick) })
	s.loops.Go(func() { s.shipping(ctx) })
	s.loops.Go(func() { s.managing(ctx) })
	s.loops.Go(func() { s.every(ctx, "keep the place", s.config.Lease/6, func() { s.keep(ctx) }) })
}

// keep renews the claim of the place while the other loops are at long uploads. They
// tell what is wrong with it.
func (s *Stream) keep(ctx context.Context) {
	if s.leased() {
		_ = s.claim(ctx)
	}
}

// every calls do until ctx is done.
func (s *Stream) every(ctx context.Context, what string, pause time.Duration, do func()) {
	t := time.NewTicker(pause)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			func() {
				defer s.survive(what)
				do()
			}()
		}
	}
}

// tick makes a segment of what was committed since the last one.
func (s *Stream) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.capture()
	s.seal()
}

// shipping sends segments as they are sealed, and tries again after failures.
func (s *Stream) shipping(ctx context.Context) {
	wait := shortWait
	for ctx.Err() == nil {
		err := s.guard("ship", func() error { return s.shipAll(ctx) })
		s.report(ctx, shipLoop, err)
		if err == nil {
			wait = shortWait
			select {
			case <-s.ship:
			case <-ctx.Done():
			case <-time.After(longWait):
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(longWait, 2*wait)
	}
}

// guard makes an error of a panic.
func (s *Stream) guard(what string, do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = s.panicked(what, r)
		}
	}()
	return do()
}

// The loops that may fail, each on its own.
const (
	shipLoop = iota
	manageLoop
	loopCount
)

// report notes how a loop fares, and logs when that changes.
func (s *Stream) report(ctx context.Context, loop int, err error) {
	if ctx.Err() != nil {
		return
	}
	said := ""
	if err != nil {
		said = err.Error()
		s.tell(func(t *StreamStatus) { t.Failures++ })
	}
	s.told.Lock()
	before := s.told.failures[loop]
	s.told.failures[loop] = said
	s.told.Unlock()
	switch {
	case said != "" && before == "":
		s.config.Logger.ErrorContext(ctx, "the continuous backup does not reach its place", "place", s.config.Place.String(), "error", err)
	case said == "" && before != "":
		s.config.Logger.InfoContext(ctx, "the continuous backup reaches its place again", "place", s.config.Place.String())
	}
}

// shipAll sends what is sealed, the first first.
func (s *Stream) shipAll(ctx context.Context) error {
	all, err := s.sealed()
	if err != nil || len(all) == 0 {
		return err
	}
	if !s.leased() {
		if err := s.claim(ctx); err != nil {
			return err
		}
	}
	for _, g := range all {
		if err := s.shipOne(ctx, g); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spool.State.Forget(all[len(all)-1].Number + 1)
	return nil
}

// sealed are the segments that the saved state counts.
func (s *Stream) sealed() ([]spool.Sealed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.spool.Sealed()
	return slices.DeleteFunc(all, func(g spool.Sealed) bool { return g.Number >= s.spool.State.Number }), err
}

func (s *Stream) shipOne(ctx context.Context, g spool.Sealed) error {
	s.mu.Lock()
	var to []string
	for _, generation := range s.spool.State.Generations {
		if generation.Takes(g.Number) {
			to = append(to, generation.Name)
		}
	}
	s.mu.Unlock()
	for _, name := range to {
		if err := s.sendFile(ctx, s.spool.Path(g), path.Join(streamFolder, name, g.Name)); err != nil {
			return err
		}
	}
	s.mu.Lock()
	for i := range s.spool.State.Generations {
		if generation := &s.spool.State.Generations[i]; generation.Takes(g.Number) {
			generation.Bytes += g.Size
		}
	}
	s.mu.Unlock()
	s.tell(func(t *StreamStatus) { t.Segments++; t.Shipped += g.Size * int64(len(to)) })
	return s.spool.Remove(g)
}

func (s *Stream) sendFile(ctx context.Context, from, name string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	return s.send(ctx, name, f)
}

func (s *Stream) send(ctx context.Context, name string, from io.Reader) error {
	up, err := s.config.Place.Create(ctx, name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(up, from); err != nil {
		return errors.Join(err, up.Abort())
	}
	return up.Commit(ctx)
}

// managing claims the place, begins chains, makes bases, packs segments and removes
// what is old.
func (s *Stream) managing(ctx context.Context) {
	pruned, packed := time.Time{}, time.Time{}
	wait := manageWait
	for ctx.Err() == nil {
		err := s.guard("manage", func() error { return s.manage(ctx) })
		if err == nil && time.Since(pruned) > pruneWait {
			err = s.guard("prune", func() error { return s.prune(ctx) })
			pruned = time.Now()
		}
		if err == nil && s.packDue(packed) {
			err = s.guard("pack", func() error { return s.packAll(ctx) })
			packed = time.Now()
		}
		s.report(ctx, manageLoop, err)
		if wait = min(longWait, 2*wait); err == nil {
			wait = manageWait
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func (s *Stream) manage(ctx context.Context) error {
	if err := s.claim(ctx); err != nil || !s.exists() {
		return err
	}
	s.mu.Lock()
	off := s.follower == nil
	s.mu.Unlock()
	if off {
		if err := s.begin(); err != nil {
			return err
		}
	}
	if !s.due() {
		return nil
	}
	return s.base(ctx)
}

// due tells whether there is to be a new base.
func (s *Stream) due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.follower == nil {
		return false
	}
	size := int64(0)
	if f, err := spool.Look(s.config.Source.Path); err == nil {
		size = f.Size
	}
	for _, g := range s.spool.State.Generations {
		made, ok := parseGeneration(g.Name)
		if g.Based && g.End == 0 && ok && !s.wanted {
			return s.config.Now().Sub(made) >= s.config.BaseEvery || g.Bytes >= max(s.config.BaseBytes, size)
		}
	}
	return true
}

// base makes a base, and with it a new generation. Until it is there, the
// segments go to the generation before it, too.
func (s *Stream) base(ctx context.Context) error {
	began := time.Now()
	g, snapshot, m, key, err := s.beginBase(ctx)
	if err != nil {
		return err
	}
	err = s.sendBase(ctx, g, snapshot, &m, key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spool.State.Settle(g.Name, err == nil)
	if err == nil {
		s.wanted = false
	}
	if err = errors.Join(err, s.spool.Save()); err != nil {
		return fmt.Errorf("the base of the continuous backup: %w", err)
	}
	s.tell(func(t *StreamStatus) { t.Bases++ })
	s.config.Logger.InfoContext(ctx, "made a base of the continuous backup", "generation", g.Name, "place", s.config.Place.String(), "bytes", m.Size, "duration_ms", time.Since(began).Milliseconds())
	return nil
}

// beginBase takes the snapshot between two readings of the log: all that is read
// after it goes at least as far as the snapshot.
func (s *Stream) beginBase(ctx context.Context) (g spool.Generation, snapshot *embedded.Snapshot, m Manifest, key []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.capture()
	s.seal()
	if s.follower == nil {
		return g, nil, m, nil, errors.New(s.why)
	}
	if snapshot, err = embedded.TakeSnapshot(ctx, s.config.Source.Path); err != nil {
		return g, nil, m, nil, err
	}
	state := &s.spool.State
	moment := state.Next(momentOf(s.config.Now().Add(-time.Since(snapshot.Seen))))
	g = spool.Generation{Name: generationName(moment), First: state.Number}
	m = s.config.Source.manifest(snapshot)
	m.Log = LogStart{Chain: state.Chain.ID, First: g.First, Moment: moment}
	state.Generations = append(state.Generations, g)
	if err = s.spool.Save(); err != nil {
		return g, nil, m, nil, errors.Join(err, snapshot.Close())
	}
	return g, snapshot, m, state.Chain.Key, nil
}

func (s *Stream) sendBase(ctx context.Context, g spool.Generation, snapshot *embedded.Snapshot, m *Manifest, key []byte) error {
	folder := path.Join(streamFolder, g.Name)
	up, err := s.config.Place.Create(ctx, path.Join(folder, baseName+s.config.Lock.end()))
	if err == nil && len(key) > 0 {
		if err = s.send(ctx, path.Join(folder, keyFile), bytes.NewReader(key)); err != nil {
			err = errors.Join(err, up.Abort())
		}
	}
	if err != nil {
		return errors.Join(err, snapshot.Close())
	}
	if err := fill(ctx, m, snapshot, up, s.config.Lock); err != nil {
		return err
	}
	s.tell(func(t *StreamStatus) { t.Shipped += m.Size })
	return nil
}

// generationName is the moment of a base and something of its own.
func generationName(moment int64) string { return fmt.Sprintf("%013d-%s", moment, rand.Text()[:8]) }

func parseGeneration(name string) (time.Time, bool) {
	var moment int64
	var rest string
	n, err := fmt.Sscanf(name, "%013d-%s", &moment, &rest)
	return time.UnixMilli(moment).UTC(), n == 2 && err == nil && len(rest) == 8
}

// lease is who ships to a place. It is looked at and written again well before
// it ends; of two who claim a place at once, the one that wrote last keeps it.
type lease struct {
	Owner      string `json:"owner"`
	Process    string `json:"process"` // the present one of the owner
	Until      int64  `json:"until"`   // Unix time in ms, as of all here
	Generation string `json:"generation,omitempty"`
	// Complete tells that all that was committed until then is in the place.
	Complete int64 `json:"complete,omitempty"`
}

func (s *Stream) leased() bool {
	s.told.Lock()
	defer s.told.Unlock()
	return s.config.Now().Before(s.told.leased)
}

func readLease(ctx context.Context, in Place) (l lease, err error) {
	ctx, cancel := context.WithTimeout(ctx, smallCall)
	defer cancel()
	r, err := in.Open(ctx, path.Join(streamFolder, leaseFile))
	if err != nil {
		return l, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxManifest))
	if err = errors.Join(err, r.Close()); err != nil {
		return l, err
	}
	if json.Unmarshal(text, &l) != nil {
		return lease{}, nil // worth nothing to anybody
	}
	return l, nil
}

// claim takes the place, or keeps it, unless another process has it.
func (s *Stream) claim(ctx context.Context) error {
	now := s.config.Now()
	s.told.Lock()
	enough, held := s.told.leased.Sub(now) > s.config.Lease*2/3, !s.told.leased.IsZero()
	s.told.Unlock()
	if enough {
		return nil
	}
	l, err := readLease(ctx, s.config.Place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.lookForBases(ctx)
	case err != nil:
		return err
	case l.others(s.owner(), s.process, held) && time.UnixMilli(l.Until).After(now):
		s.told.Lock()
		s.told.leased = time.Time{}
		s.told.Unlock()
		return fault.New(fault.ObjectInUse, "another Galley ships its continuous backup to %s", s.config.Place).
			WithHint("Give each its own place. One that is gone keeps the place until %s.", time.UnixMilli(l.Until).UTC().Format(time.RFC3339))
	case err == nil:
		s.lookForBases(ctx)
	}
	return s.writeLease(ctx, now)
}

// others tells whether another process has the place. One of the same owner that
// claimed it after us works on a copy of our folder.
func (l lease) others(owner, process string, held bool) bool {
	return l.Owner != "" && (l.Owner != owner || held && l.Process != process)
}

func (s *Stream) owner() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spool.State.Owner
}

func (s *Stream) writeLease(ctx context.Context, now time.Time) error {
	text, err := json.Marshal(s.lease(now))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, smallCall)
	defer cancel()
	if err := s.send(ctx, path.Join(streamFolder, leaseFile), bytes.NewReader(text)); err != nil {
		return err
	}
	s.told.Lock()
	defer s.told.Unlock()
	s.told.leased = now.Add(s.config.Lease)
	return nil
}

// lease is what this process claims, and how far it got.
func (s *Stream) lease(now time.Time) lease {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := &s.spool.State
	out := lease{Owner: state.Owner, Process: s.process, Until: now.Add(s.config.Lease).UnixMilli()}
	s.capture()
	sealed, err := s.spool.Sealed()
	if s.follower == nil || err != nil || len(sealed) > 0 || len(state.Chain.Chunks) > 0 {
		return out
	}
	for _, g := range state.Generations {
		if g.Based && g.End == 0 {
			out.Generation, out.Complete = g.Name, now.UnixMilli()
			s.tell(func(t *StreamStatus) { t.Complete = now })
		}
	}
	return out
}

// lookForBases asks for a new base when the one that the segments go with is
// gone: the place may have been emptied, or be another disk.
func (s *Stream) lookForBases(ctx context.Context) {
	s.mu.Lock()
	var names []string
	for _, g := range s.spool.State.Generations {
		if g.Based && g.End == 0 {
			names = append(names, g.Name)
		}
	}
	s.mu.Unlock()
	for _, name := range names {
		if _, err := findBase(ctx, s.config.Place, name); fault.Code(err) == fault.UndefinedFile {
			s.config.Logger.WarnContext(ctx, "the base of the continuous backup is gone: a new one is made", "generation", name)
			s.mu.Lock()
			s.wanted = true
			s.mu.Unlock()
		}
	}
}
