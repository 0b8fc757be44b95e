package backup

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/galleyhq/galley/internal/backup/segment"
	"github.com/galleyhq/galley/internal/backup/spool"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/fault"
)

// Span is a time without gaps to whose moments a database can be restored.
type Span struct {
	Generation string
	From, To   time.Time
	Encrypted  bool
	Segments   int
	Size       int64 // bytes of the segments
}

// Spans returns the spans of the continuous backup in a place, the oldest first.
func Spans(ctx context.Context, in Place) ([]Span, error) {
	all, err := generations(ctx, in)
	if err != nil {
		return nil, err
	}
	last, err := readLease(ctx, in)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []Span
	for _, name := range all {
		g, err := openGeneration(ctx, in, name)
		if fault.Code(err) == fault.UndefinedFile { // not whole, or being removed
			continue
		}
		if err != nil {
			return nil, err
		}
		span := Span{Generation: name, From: g.made, To: g.made, Encrypted: strings.HasSuffix(g.base, sealedEnd)}
		for i, s := range g.pieces {
			if i > 0 && s.First != g.pieces[i-1].Number+1 {
				break
			}
			span.To, span.Size = time.UnixMilli(s.Moment).UTC(), span.Size+s.Size
			span.Segments += int(s.Number - s.First + 1)
		}
		if complete := time.UnixMilli(last.Complete).UTC(); last.Generation == name && complete.After(span.To) {
			span.To = complete
		}
		out = append(out, span)
	}
	return out, nil
}

// generations returns the names of generations, whole or not, the oldest first.
func generations(ctx context.Context, in Place) ([]string, error) {
	all, err := in.List(ctx, streamFolder)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, o := range all {
		if _, ok := parseGeneration(o.Name); ok && o.Folder {
			out = append(out, o.Name)
		}
	}
	slices.Sort(out) // by time: see generationName
	return out, nil
}

// generation is one as it lies in a place.
type generation struct {
	name, base string
	made       time.Time
	pieces     []piece // by number
	held       []piece // segments that a pack holds as well
}

func openGeneration(ctx context.Context, in Place, name string) (g generation, err error) {
	all, err := in.List(ctx, path.Join(streamFolder, name))
	if err != nil {
		return g, err
	}
	g.name = name
	g.made, _ = parseGeneration(name)
	for _, o := range all {
		if s, ok := parsePiece(o); ok {
			g.pieces = append(g.pieces, s)
		}
		if strings.HasPrefix(o.Name, baseName+".") {
			g.base = o.Name
		}
	}
	if g.base == "" {
		return g, fault.New(fault.UndefinedFile, "the generation %s has no base", name)
	}
	g.pieces, g.held = ordered(g.pieces)
	return g, nil
}

// findBase returns the name of the base of a generation.
func findBase(ctx context.Context, in Place, name string) (string, error) {
	for _, end := range []string{plainEnd, sealedEnd} {
		r, err := in.Open(ctx, path.Join(streamFolder, name, baseName+end))
		if err == nil {
			return baseName + end, r.Close()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", fault.New(fault.UndefinedFile, "the generation %s has no base", name)
}

// Point is a moment that a continuous backup can restore to.
type Point struct {
	Moment    time.Time // no later than was asked for: up to then, all commits are in it
	Encrypted bool

	in         Place
	generation generation
	limit      int64 // of the moments of its segments
}

// String is how a person calls a point.
func (p Point) String() string { return p.Moment.Format("2006-01-02T15:04:05.000Z07:00") }

// FindPoint returns the last point at or before a moment; the zero time means the
// last of all. It fails with 58P01 when there is none.
func FindPoint(ctx context.Context, in Place, at time.Time) (Point, error) {
	all, err := generations(ctx, in)
	if err != nil {
		return Point{}, err
	}
	for _, name := range slices.Backward(all) {
		if made, _ := parseGeneration(name); !at.IsZero() && made.After(at) {
			continue
		}
		g, err := openGeneration(ctx, in, name)
		if fault.Code(err) == fault.UndefinedFile {
			continue
		}
		if err != nil {
			return Point{}, err
		}
		return g.point(ctx, in, at)
	}
	return Point{}, fault.New(fault.UndefinedFile, "the continuous backup in %s does not reach back to then", in)
}

func (g generation) point(ctx context.Context, in Place, at time.Time) (Point, error) {
	p := Point{Moment: g.made, Encrypted: strings.HasSuffix(g.base, sealedEnd), in: in, limit: math.MaxInt64}
	if !at.IsZero() {
		p.limit = at.UnixMilli()
	}
	last, err := g.until(ctx, in, p.limit)
	if last > 0 {
		p.Moment, p.limit = time.UnixMilli(last).UTC(), last
	}
	p.generation = g
	return p, err
}

// Verify restores a point for trial, checks the database with all its rows, and
// removes it again.
func (p Point) Verify(ctx context.Context, key Key, dir string) (Manifest, embedded.Report, error) {
	return try(ctx, dir, p.unpacker(ctx, key))
}

// Restore puts the database as it was at the point in place of none, or of one
// that is put aside, as the function Restore does.
func (p Point) Restore(ctx context.Context, key Key, to Target) (Restored, error) {
	return to.restore(ctx, p.unpacker(ctx, key))
}

func (p Point) unpacker(ctx context.Context, key Key) unpacker {
	return func(file string) (Manifest, error) {
		m, err := unpackOnly(ctx, p.in, path.Join(streamFolder, p.generation.name, p.generation.base), key, file)
		if err != nil {
			return m, err
		}
		err = p.apply(ctx, m, key, file)
		if info, failed := os.Stat(file); failed == nil {
			m.Size = info.Size()
		}
		m.Created = p.Moment
		return m, err
	}
}

// apply writes the pages of the segments into the database of the base.
func (p Point) apply(ctx context.Context, m Manifest, key Key, file string) (err error) {
	if m.Log.Chain == "" {
		return damaged(nil, "its base is none of a continuous backup")
	}
	if key, err = p.chainKey(ctx, key); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	a := &applying{file: f, manifest: m, key: key, number: m.Log.First}
	defer a.close()
	if err := p.each(ctx, a.segment); err != nil {
		return err
	}
	return f.Sync()
}

// chainKey opens the key that the segments are encrypted for.
func (p Point) chainKey(ctx context.Context, key Key) (Key, error) {
	if !p.Encrypted {
		return Key{}, nil
	}
	r, err := p.in.Open(ctx, path.Join(streamFolder, p.generation.name, keyFile))
	if err != nil {
		return Key{}, damaged(err, "the key of its segments cannot be read")
	}
	defer func() { _ = r.Close() }() // only read
	opened, err := key.reader(bufio.NewReader(r))
	if err != nil {
		return Key{}, err
	}
	text, err := io.ReadAll(io.LimitReader(opened, maxManifest))
	if err != nil {
		return Key{}, damaged(err, "the key of its segments cannot be read")
	}
	id, err := age.ParseX25519Identity(string(text))
	if err != nil {
		return Key{}, damaged(err, "the key of its segments cannot be read")
	}
	return Key{Identities: []age.Identity{id}}, nil
}

const (
	// fetchAhead is how many segments are on their way at once.
	fetchAhead = 8
	// fetchMost is how large in bytes one may be to be kept in memory until it is
	// its turn.
	fetchMost = 4 << 20
)

// fetched is a segment, or what opens it.
type fetched struct {
	content []byte
	err     error
}

// looks is how often a restore lists the segments anew, because some were packed
// while it was at work.
const looks = 20

// each gives out the segments in their order.
func (p Point) each(ctx context.Context, visit func(s spool.Sealed, from io.Reader) error) error {
	next := uint64(0)
	for look := 0; ; look++ {
		err := p.walk(ctx, next, func(s spool.Sealed, from io.Reader) error {
			err := visit(s, from)
			if err == nil {
				next = s.Number + 1
			}
			return err
		})
		if !errors.Is(err, fs.ErrNotExist) || look == looks {
			return err
		}
		g, failed := openGeneration(ctx, p.in, p.generation.name)
		if failed == nil {
			_, failed = g.until(ctx, p.in, p.limit)
		}
		if failed != nil {
			return errors.Join(err, failed)
		}
		p.generation = g
	}
}

// walk gives out the segments from a number on in their order, and fetches those that
// follow meanwhile.
func (p Point) walk(ctx context.Context, next uint64, visit func(s spool.Sealed, from io.Reader) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all := slices.DeleteFunc(slices.Clone(p.generation.pieces), func(s piece) bool { return s.Number < next })
	coming := make([]chan fetched, len(all))
	fetch := func(i int) {
		if i >= len(all) || all[i].Size > fetchMost || all[i].packed() {
			return
		}
		coming[i] = make(chan fetched, 1)
		go func(to chan<- fetched) {
			defer func() {
				if r := recover(); r != nil {
					to <- fetched{err: fmt.Errorf("panic: %v", r)}
				}
			}()
			content, err := p.read(ctx, all[i].Sealed)
			to <- fetched{content, err}
		}(coming[i])
	}
	for i := range min(fetchAhead, len(all)) {
		fetch(i)
	}
	for i, s := range all {
		var err error
		if coming[i] == nil {
			err = p.direct(ctx, s, next, visit)
		} else if got := <-coming[i]; got.err != nil {
			err = got.err
		} else {
			err = visit(s.Sealed, bytes.NewReader(got.content))
		}
		if err != nil {
			return err
		}
		coming[i] = nil
		fetch(i + fetchAhead)
	}
	return nil
}

func (p Point) open(ctx context.Context, s spool.Sealed) (io.ReadCloser, error) {
	r, err := p.in.Open(ctx, path.Join(streamFolder, p.generation.name, s.Name))
	if err != nil {
		return nil, fmt.Errorf("open the segment %s: %w", s.Name, err)
	}
	return r, nil
}

func (p Point) read(ctx context.Context, s spool.Sealed) ([]byte, error) {
	r, err := p.open(ctx, s)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, fetchMost))
	return content, errors.Join(err, r.Close())
}

func (p Point) direct(ctx context.Context, s piece, next uint64, visit func(s spool.Sealed, from io.Reader) error) error {
	r, err := p.open(ctx, s.Sealed)
	if err != nil {
		return err
	}
	if s.packed() {
		return errors.Join(unpackEach(ending{ctx, r}, s.Name, next, p.limit, visit), r.Close())
	}
	return errors.Join(visit(s.Sealed, ending{ctx, r}), r.Close())
}

// applying is a database that segments are written into.
type applying struct {
	file     *os.File
	manifest Manifest
	key      Key
	number   uint64 // of the next segment
	previous string
	unpacker *zstd.Decoder
}

func (a *applying) close() {
	if a.unpacker != nil {
		a.unpacker.Close()
	}
}

// segment applies one.
func (a *applying) segment(s spool.Sealed, from io.Reader) error {
	if s.Number != a.number {
		return damaged(nil, "the segment %d is missing", a.number).
			WithHint("Restore to a moment before %s.", time.UnixMilli(s.Moment).UTC().Format(time.RFC3339))
	}
	to := &keepError{w: io.Discard}
	h, sum, err := a.read(from, func(h segment.Header, page uint32, content []byte) error {
		if int64(h.PageSize) != a.manifest.PageSize {
			return damaged(nil, "the segment %s has pages of %d bytes, the base of %d", s.Name, h.PageSize, a.manifest.PageSize)
		}
		_, to.err = a.file.WriteAt(content, int64(page-1)*int64(h.PageSize))
		return to.err
	})
	switch {
	case to.err != nil:
		return fmt.Errorf("write the database: %w", to.err)
	case fault.Code(err) != "":
		return err
	case err != nil:
		return damaged(err, "the segment %s cannot be read", s.Name)
	case h.Chain != a.manifest.Log.Chain || h.Number != s.Number || h.Moment != s.Moment || a.previous != "" && h.Previous != a.previous:
		return damaged(nil, "the segment %s does not follow the one before", s.Name)
	}
	a.number, a.previous = a.number+1, sum
	return a.file.Truncate(int64(h.Pages) * int64(h.PageSize))
}

// read decrypts and unpacks.
func (a *applying) read(from io.Reader, visit func(segment.Header, uint32, []byte) error) (h segment.Header, sum string, err error) {
	opened, err := a.key.reader(bufio.NewReader(from))
	if err != nil {
		return h, "", err
	}
	if a.unpacker == nil {
		a.unpacker, err = zstd.NewReader(opened, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderLowmem(true))
	} else {
		err = a.unpacker.Reset(opened)
	}
	if err != nil {
		return h, "", err
	}
	return segment.Read(a.unpacker, visit)
}

// prune removes the generations that no restore within the time to keep needs.
func (s *Stream) prune(ctx context.Context) error {
	all, err := generations(ctx, s.config.Place)
	if err != nil {
		return err
	}
	now, newer := s.config.Now(), time.Time{} // newer is when the next whole generation begins
	for _, name := range slices.Backward(all) {
		made, _ := parseGeneration(name)
		_, err := findBase(ctx, s.config.Place, name)
		if err != nil && fault.Code(err) != fault.UndefinedFile {
			return err
		}
		whole := err == nil
		over := whole && s.config.KeepFor > 0 && !newer.IsZero() && now.Sub(newer) > s.config.KeepFor
		if over || !whole && now.Sub(made) > garbageAge && !s.uses(name) {
			if err := s.remove(ctx, name); err != nil {
				return err
			}
			continue
		}
		if whole {
			newer = made
		}
	}
	return nil
}

func (s *Stream) uses(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.spool.State.Generations, func(g spool.Generation) bool { return g.Name == name })
}

// remove removes a generation, its base first: what is left has none and is no
// generation any more.
func (s *Stream) remove(ctx context.Context, name string) error {
	folder := path.Join(streamFolder, name)
	all, err := s.config.Place.List(ctx, folder)
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b Object) int {
		return cmp.Compare(strings.TrimPrefix(a.Name, baseName), strings.TrimPrefix(b.Name, baseName))
	})
	for _, o := range all {
		if err := s.config.Place.Remove(ctx, path.Join(folder, o.Name)); err != nil {
			return err
		}
	}
	s.config.Logger.InfoContext(ctx, "removed a generation of the continuous backup", "generation", name, "objects", len(all))
	return s.config.Place.Remove(ctx, folder)
}
