package backup

import (
	"archive/tar"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/backup/spool"
	"github.com/galleyhq/galley/internal/fault"
)

const (
	packEnd    = ".tar"
	packIndex  = "index.json" // its first entry
	packFormat = 1
	packMost   = 3600      // segments in one
	packBytes  = 32 << 20  // of one
	packSmall  = 128 << 10 // bytes of a segment; larger ones stay by themselves
	packStart  = "pack-"
)

// piece is an object of a generation: a segment, or a pack of several that follow
// each other, whose last one it is called by.
type piece struct {
	spool.Sealed
	First uint64 // Number, of a segment
}

func (p piece) packed() bool { return strings.HasPrefix(p.Name, packStart) }

// index says what a pack holds.
type index struct {
	Format   int      `json:"format"`
	Segments []string `json:"segments"`
}

func packName(first uint64, last spool.Sealed) string {
	return fmt.Sprintf("%s%010d-%010d-%013d%s", packStart, first, last.Number, last.Moment, packEnd)
}

// parsePiece reads the name of a segment or a pack.
func parsePiece(o Object) (piece, bool) {
	if s, ok := spool.ParseSegment(o.Name); ok {
		s.Size = o.Size
		return piece{s, s.Number}, true
	}
	out := piece{Sealed: spool.Sealed{Name: o.Name, Size: o.Size}}
	n, err := fmt.Sscanf(o.Name, packStart+"%d-%d-%d"+packEnd, &out.First, &out.Number, &out.Moment)
	return out, n == 3 && err == nil && out.First <= out.Number && packName(out.First, out.Sealed) == o.Name
}

// ordered puts pieces in order, without those that a pack holds, which are returned
// apart: a process that was killed may not have removed them.
func ordered(all []piece) (pieces, held []piece) {
	slices.SortFunc(all, func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(b.Number, a.Number))
	})
	for _, p := range all {
		if n := len(pieces); n > 0 && p.Number <= pieces[n-1].Number {
			held = append(held, p)
			continue
		}
		pieces = append(pieces, p)
	}
	return pieces, held
}

// until leaves out what is later than a moment. The pack that a moment lies in
// stays; last is the moment of the last segment up to then.
func (g *generation) until(ctx context.Context, in Place, moment int64) (last int64, err error) {
	for i, s := range g.pieces {
		if s.Moment <= moment {
			last = s.Moment
			continue
		}
		g.pieces = slices.Clip(g.pieces[:i])
		if !s.packed() {
			return last, nil
		}
		inside, err := packMoment(ctx, in, path.Join(streamFolder, g.name, s.Name), moment)
		if err == nil && inside > 0 {
			last, g.pieces = inside, append(g.pieces, s)
		}
		return last, err
	}
	return last, nil
}

// packMoment is the last moment in a pack that is not after one; 0 when all are.
func packMoment(ctx context.Context, in Place, name string, moment int64) (last int64, err error) {
	r, err := in.Open(ctx, name)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	_, all, err := openPack(ending{ctx, r})
	if err != nil {
		return 0, damaged(err, "the pack %s cannot be read", path.Base(name))
	}
	for _, s := range all {
		if s.Moment <= moment {
			last = s.Moment
		}
	}
	return last, nil
}

// openPack reads the index of a pack; its segments come next.
func openPack(from io.Reader) (*tar.Reader, []spool.Sealed, error) {
	t := tar.NewReader(from)
	h, err := t.Next()
	if err != nil {
		return nil, nil, err
	}
	var is index
	if h.Name != packIndex || h.Size > packMost<<8 || json.NewDecoder(t).Decode(&is) != nil || is.Format < 1 {
		return nil, nil, errors.New("it does not begin with its index")
	}
	if is.Format > packFormat {
		return nil, nil, fmt.Errorf("it has format %d: a newer Galley made it", is.Format)
	}
	all := make([]spool.Sealed, len(is.Segments))
	for i, name := range is.Segments {
		s, ok := spool.ParseSegment(name)
		if !ok {
			return nil, nil, fmt.Errorf("it holds %q, which is no segment", name)
		}
		all[i] = s
	}
	return t, all, nil
}

// unpackEach gives out the segments of a pack from a number on, up to a moment; 0 is
// no bound.
func unpackEach(from io.Reader, name string, next uint64, moment int64, visit func(s spool.Sealed, from io.Reader) error) error {
	t, all, err := openPack(from)
	if err != nil {
		return damaged(err, "the pack %s cannot be read", name)
	}
	for _, s := range all {
		h, err := t.Next()
		if err != nil {
			return damaged(err, "the pack %s cannot be read", name)
		}
		if h.Name != s.Name {
			return damaged(nil, "the pack %s holds %s where %s is to be", name, h.Name, s.Name)
		}
		if moment != 0 && s.Moment > moment {
			return nil
		}
		if s.Number < next {
			continue
		}
		s.Size = h.Size
		if err := visit(s, t); err != nil {
			return err
		}
	}
	return nil
}

// packAll puts the small segments of each generation together that are old enough, so
// that a day is some dozens of objects rather than tens of thousands. Every
// moment stays. They are joined as they are: what encrypted ones hold only the key
// opens, which the server need not have.
func (s *Stream) packAll(ctx context.Context) error {
	all, err := generations(ctx, s.config.Place)
	if err != nil {
		return err
	}
	for _, name := range all {
		g, err := openGeneration(ctx, s.config.Place, name)
		if fault.Code(err) == fault.UndefinedFile {
			continue
		}
		if err == nil {
			err = s.packGeneration(ctx, g)
		}
		if err != nil {
			return fmt.Errorf("pack the segments of the continuous backup: %w", err)
		}
	}
	return nil
}

func (s *Stream) packGeneration(ctx context.Context, g generation) error {
	if err := s.drop(ctx, g, g.held); err != nil {
		return err
	}
	for _, run := range s.runs(g.pieces) {
		if !s.leased() { // another process may have the place by now
			return nil
		}
		if err := s.join(ctx, g, run); err != nil {
			return err
		}
		if err := s.drop(ctx, g, run); err != nil {
			return err
		}
	}
	return nil
}

// runs are the segments to be packed, each time those that follow each other.
func (s *Stream) runs(pieces []piece) (out [][]piece) {
	var run []piece
	size := int64(0)
	end := func() {
		if len(run) >= s.config.PackLeast {
			out = append(out, run)
		}
		run, size = nil, 0
	}
	old := s.config.Now().Add(-s.config.PackEvery).UnixMilli()
	for _, p := range pieces {
		if n := len(run); n > 0 && (p.First != run[n-1].Number+1 || n == packMost || size+p.Size > packBytes) {
			end()
		}
		if p.packed() || p.Size > packSmall || p.Moment > old {
			end()
			continue
		}
		run, size = append(run, p), size+p.Size
	}
	end()
	return out
}

// join writes the pack of a run, beside its segments.
func (s *Stream) join(ctx context.Context, g generation, run []piece) error {
	name := path.Join(streamFolder, g.name, packName(run[0].First, run[len(run)-1].Sealed))
	up, err := s.config.Place.Create(ctx, name)
	if err != nil {
		return err
	}
	g.pieces = run
	if err := (Point{in: s.config.Place, generation: g}).writePack(ctx, up); err != nil {
		return errors.Join(err, up.Abort())
	}
	return up.Commit(ctx)
}

func (p Point) writePack(ctx context.Context, to io.Writer) error {
	is := index{Format: packFormat}
	for _, s := range p.generation.pieces {
		is.Segments = append(is.Segments, s.Name)
	}
	text, err := json.Marshal(is)
	if err != nil {
		return err
	}
	t := tar.NewWriter(to)
	entry := func(name string, size int64, from io.Reader) error {
		if err := t.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600, Size: size}); err != nil {
			return err
		}
		n, err := io.Copy(t, from)
		if err == nil && n != size {
			err = fmt.Errorf("%s has %d bytes where %d were listed", name, n, size)
		}
		return err
	}
	if err := entry(packIndex, int64(len(text)), strings.NewReader(string(text))); err != nil {
		return err
	}
	err = p.walk(ctx, 0, func(s spool.Sealed, from io.Reader) error { return entry(s.Name, s.Size, from) })
	return errors.Join(err, t.Close())
}

func (s *Stream) drop(ctx context.Context, g generation, all []piece) error {
	for _, p := range all {
		if err := s.config.Place.Remove(ctx, path.Join(streamFolder, g.name, p.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// packDue tells whether it is time to look for what can be packed.
func (s *Stream) packDue(last time.Time) bool {
	since := time.Since(last)
	return since < 0 || since > s.config.PackEvery
}
