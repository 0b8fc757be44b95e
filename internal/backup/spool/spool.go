// Package spool keeps, in a folder beside the database, what a continuous backup
// has read from the write-ahead log and not shipped yet: chunks, as they are
// read, and segments, which are made of the chunks of a second.
//
// Its state survives a kill at any moment: a chunk counts once the state names
// it. It need not survive a loss of power, after which a chunk that does not have
// its checksum ends the chain, and a new base is made.
package spool

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/galleyhq/galley/internal/backup/segment"
	"github.com/galleyhq/galley/internal/database/embedded"
)

// ErrFull tells that the spool has reached its bound.
var ErrFull = errors.New("the spool of the continuous backup is full")

// File is what a database file looked like.
type File struct {
	Size     int64 `json:"size"`
	Modified int64 `json:"modified"` // Unix time in ns
}

// Look returns what a file looks like now.
func Look(path string) (File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return File{}, err
	}
	return File{info.Size(), info.ModTime().UnixNano()}, nil
}

// Chain is what follows each other without a gap.
type Chain struct {
	ID        string               `json:"id"`
	Recipient string               `json:"recipient,omitempty"` // age key that its segments are encrypted for
	Key       []byte               `json:"key,omitempty"`       // the age identity to that, encrypted as backups are
	Previous  string               `json:"previous,omitempty"`  // SHA-256 of the last
	At        embedded.LogPosition `json:"at"`                  // how far the log was read
	File      *File                `json:"file,omitempty"`      // the database file, when it held all that was read
	Chunks    []Chunk              `json:"chunks,omitempty"`    // not in a segment yet
}

// Generation is a base and the segments from First on.
type Generation struct {
	Name  string `json:"name"`
	First uint64 `json:"first"`
	End   uint64 `json:"end,omitempty"` // its segments are those before; 0 while it goes on
	Based bool   `json:"based"`         // its base is in the place
	Bytes int64  `json:"bytes"`         // shipped to it
}

// Takes tells whether a segment belongs to a generation.
func (g Generation) Takes(number uint64) bool {
	return number >= g.First && (g.End == 0 || number < g.End)
}

// Chunk is one reading of the log.
type Chunk struct {
	Name     string `json:"name"`
	PageSize int    `json:"page_size"`
	Pages    uint32 `json:"pages"` // of the database after it
	Count    int    `json:"count"` // of its own pages
	Sum      uint32 `json:"sum"`   // CRC-32C
	Seen     int64  `json:"seen"`  // Unix time in ms: its commits were made up to then
}

func (c Chunk) size() int64 { return int64(c.Count) * int64(4+c.PageSize) }

// State is what a spool remembers.
type State struct {
	Place       string       `json:"place"`
	Owner       string       `json:"owner"`            // of the place
	Number      uint64       `json:"number"`           // of the next segment
	Moment      int64        `json:"moment,omitempty"` // of the last segment or base, Unix time in ms
	Chain       *Chain       `json:"chain,omitempty"`
	Generations []Generation `json:"generations,omitempty"` // that have segments to come
}

// Unbased forgets the generations whose base never came to be.
func (s *State) Unbased() {
	s.Generations = slices.DeleteFunc(s.Generations, func(g Generation) bool { return !g.Based })
}

// Next returns a moment that is after all others, though a clock be set back.
func (s *State) Next(now int64) int64 {
	s.Moment = max(now, s.Moment+1)
	return s.Moment
}

// Spool is such a folder. Its methods are for one goroutine at a time, except
// those of segments that are sealed.
type Spool struct {
	Dir   string
	Bound int64 // bytes of chunks and segments
	State State
	chunk int // for the next one's name
	size  atomic.Int64
}

const (
	stateFile  = "state.json"
	chunkStart = "chunk-"
	segmentEnd = ".seg"
	partEnd    = ".part"
)

// Open reads the state of a folder, which is made. What the state does not name
// is removed.
func Open(dir string, bound int64) (*Spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &Spool{Dir: dir, Bound: bound}
	text, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil || json.Unmarshal(text, &s.State) != nil { // cut short by a loss of power
		s.State = State{Number: 1}
		if err := s.Clear(); err != nil {
			return nil, err
		}
	}
	return s, errors.Join(s.tidy(), s.measure())
}

// tidy removes the chunks, segments and parts that no state names, and ends a
// chain whose chunks are not what was written.
func (s *Spool) tidy() error {
	named := map[string]bool{}
	if c := s.State.Chain; c != nil {
		for _, k := range c.Chunks {
			named[k.Name] = true
			if err := s.check(k); err != nil {
				return s.Break()
			}
		}
	}
	entries, err := os.ReadDir(s.Dir)
	for _, e := range entries {
		g, sealed := ParseSegment(e.Name())
		stray := strings.HasPrefix(e.Name(), chunkStart) && !named[e.Name()] || strings.HasSuffix(e.Name(), partEnd)
		if stray || sealed && g.Number >= s.State.Number { // its chunks are still there, and get that number again
			err = errors.Join(err, os.Remove(filepath.Join(s.Dir, e.Name())))
		}
	}
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s *Spool) check(k Chunk) error {
	f, err := os.Open(filepath.Join(s.Dir, k.Name))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	sum := crc32.New(castagnoli)
	n, err := io.Copy(sum, f)
	if err == nil && (n != k.size() || sum.Sum32() != k.Sum) {
		err = fmt.Errorf("the chunk %s is not what was written", k.Name)
	}
	return err
}

// Save writes the state.
func (s *Spool) Save() error {
	text, err := json.Marshal(s.State)
	if err != nil {
		return err
	}
	path := filepath.Join(s.Dir, stateFile)
	if err := os.WriteFile(path+partEnd, text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+partEnd, path)
}

// Add keeps a reading of the log. It counts after the next Save.
func (s *Spool) Add(b *embedded.LogBatch, seen int64) error {
	k := Chunk{Name: fmt.Sprintf("%s%d-%d", chunkStart, seen, s.chunk), PageSize: b.PageSize, Pages: b.Pages, Count: b.Len(), Seen: seen}
	if s.Size()+k.size() > s.Bound {
		return ErrFull
	}
	path, err := filepath.Join(s.Dir, k.Name), error(nil)
	if k.Sum, err = writeChunk(path, b); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	s.chunk++
	s.size.Add(k.size())
	s.State.Chain.Chunks = append(s.State.Chain.Chunks, k)
	return nil
}

func writeChunk(path string, b *embedded.LogBatch) (uint32, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	sum := crc32.New(castagnoli)
	w := bufio.NewWriterSize(io.MultiWriter(f, sum), 64<<10)
	var number [4]byte
	err = b.Each(func(page uint32, content []byte) error {
		binary.BigEndian.PutUint32(number[:], page)
		if _, err := w.Write(number[:]); err != nil {
			return err
		}
		_, err := w.Write(content)
		return err
	})
	if err == nil {
		err = w.Flush()
	}
	return sum.Sum32(), errors.Join(err, f.Close())
}

// Size is how many bytes the chunks and segments have. It may be called from any
// goroutine.
func (s *Spool) Size() int64 { return s.size.Load() }

// measure adds up the sizes of what is there.
func (s *Spool) measure() error {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return err
	}
	n := int64(0)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), chunkStart) || strings.HasSuffix(e.Name(), segmentEnd) {
			info, err := e.Info()
			if err != nil {
				return err
			}
			n += info.Size()
		}
	}
	s.size.Store(n)
	return nil
}

// Sealed is a segment that waits to be shipped.
type Sealed struct {
	Name   string
	Number uint64
	Moment int64 // Unix time in ms
	Size   int64
}

// SegmentName is what a segment is called, here and in the place.
func SegmentName(number uint64, moment int64) string {
	return fmt.Sprintf("%010d-%d%s", number, moment, segmentEnd)
}

// ParseSegment reads the name of a segment.
func ParseSegment(name string) (Sealed, bool) {
	rest, ok := strings.CutSuffix(name, segmentEnd)
	if !ok {
		return Sealed{}, false
	}
	out := Sealed{Name: name}
	n, err := fmt.Sscanf(rest, "%d-%d", &out.Number, &out.Moment)
	return out, n == 2 && err == nil && SegmentName(out.Number, out.Moment) == name
}

// Sealed returns the segments that wait, the first one first. It may be called
// from any goroutine, but one that the state does not count yet is not to be
// shipped: a process killed before the state is written makes it anew.
func (s *Spool) Sealed() ([]Sealed, error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, err
	}
	var out []Sealed
	for _, e := range entries {
		g, ok := ParseSegment(e.Name())
		if info, err := e.Info(); ok && err == nil {
			g.Size = info.Size()
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b Sealed) int { return cmp.Compare(a.Number, b.Number) })
	return out, nil
}

// Path is where a segment lies.
func (s *Spool) Path(g Sealed) string { return filepath.Join(s.Dir, g.Name) }

// Seal makes a segment of the chunks that there are, if there are any. wrap
// compresses and encrypts.
func (s *Spool) Seal(wrap func(io.Writer) (io.WriteCloser, error)) (bool, error) {
	c := s.State.Chain
	if len(c.Chunks) == 0 {
		return false, nil
	}
	moment := s.State.Next(c.Chunks[len(c.Chunks)-1].Seen)
	path := filepath.Join(s.Dir, SegmentName(s.State.Number, moment))
	sum, err := s.write(path+partEnd, moment, wrap)
	info, failed := os.Stat(path + partEnd)
	if err = errors.Join(err, failed); err == nil {
		err = os.Rename(path+partEnd, path)
	}
	if err != nil {
		return false, errors.Join(err, os.Remove(path+partEnd))
	}
	s.size.Add(info.Size())
	old := c.Chunks
	c.Previous, c.Chunks = sum, nil
	s.State.Number++
	if err := s.Save(); err != nil {
		return false, err
	}
	return true, s.drop(old)
}

// drop removes chunks.
func (s *Spool) drop(all []Chunk) error {
	var err error
	for _, k := range all {
		switch failed := os.Remove(filepath.Join(s.Dir, k.Name)); {
		case failed == nil:
			s.size.Add(-k.size())
		case !errors.Is(failed, fs.ErrNotExist):
			err = errors.Join(err, failed)
		}
	}
	return err
}

func (s *Spool) write(path string, moment int64, wrap func(io.Writer) (io.WriteCloser, error)) (sum string, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w, err := wrap(f)
	if err != nil {
		return "", err
	}
	buffered := bufio.NewWriterSize(w, 64<<10)
	if sum, err = s.merge(buffered, moment); err != nil {
		return "", errors.Join(err, w.Close())
	}
	return sum, errors.Join(buffered.Flush(), w.Close())
}

// place is where the last content of a page lies.
type place struct {
	chunk int
	at    int64
}

// merge writes each page of the chunks once, as it was last.
func (s *Spool) merge(to io.Writer, moment int64) (string, error) {
	c := s.State.Chain
	last := c.Chunks[len(c.Chunks)-1]
	files := make([]*os.File, len(c.Chunks))
	defer func() {
		for _, f := range files {
			if f != nil {
				_ = f.Close() // only read
			}
		}
	}()
	pages := map[uint32]place{}
	for i, k := range c.Chunks {
		if k.PageSize != last.PageSize {
			return "", fmt.Errorf("pages of %d and of %d bytes", k.PageSize, last.PageSize)
		}
		var err error
		if files[i], err = os.Open(filepath.Join(s.Dir, k.Name)); err == nil {
			err = index(files[i], k, func(page uint32, at int64) { pages[page] = place{i, at} })
		}
		if err != nil {
			return "", err
		}
	}
	order := make([]uint32, 0, len(pages))
	for page := range pages {
		if page <= last.Pages { // others were freed since
			order = append(order, page)
		}
	}
	slices.Sort(order)
	w, err := segment.NewWriter(to, segment.Header{Chain: c.ID, Number: s.State.Number, Previous: c.Previous, Moment: moment,
		PageSize: last.PageSize, Pages: last.Pages, Count: len(order)})
	if err != nil {
		return "", err
	}
	content := make([]byte, last.PageSize)
	for _, page := range order {
		p := pages[page]
		if _, err := files[p.chunk].ReadAt(content, p.at); err != nil {
			return "", err
		}
		if err := w.Page(page, content); err != nil {
			return "", err
		}
	}
	return w.Close()
}

// index tells where the pages of a chunk lie.
func index(f io.ReaderAt, k Chunk, note func(page uint32, at int64)) error {
	r := bufio.NewReaderSize(io.NewSectionReader(f, 0, k.size()), 64<<10)
	var number [4]byte
	for i := range k.Count {
		if _, err := io.ReadFull(r, number[:]); err != nil {
			return err
		}
		note(binary.BigEndian.Uint32(number[:]), int64(i)*int64(4+k.PageSize)+4)
		if _, err := r.Discard(k.PageSize); err != nil {
			return err
		}
	}
	return nil
}

// Break ends the chain: what was read and is in no segment is let go.
func (s *Spool) Break() error {
	var err error
	if c := s.State.Chain; c != nil {
		err = s.drop(c.Chunks)
	}
	s.State.Chain = nil
	for i := range s.State.Generations {
		if g := &s.State.Generations[i]; g.End == 0 {
			g.End = s.State.Number
		}
	}
	return errors.Join(err, s.Save())
}

// Clear removes all segments that wait.
func (s *Spool) Clear() error {
	all, err := s.Sealed()
	for _, g := range all {
		err = errors.Join(err, s.Remove(g))
	}
	return err
}

// Remove removes a segment that was shipped. It may be called from any goroutine.
func (s *Spool) Remove(g Sealed) error {
	err := os.Remove(s.Path(g))
	if err == nil {
		s.size.Add(-g.Size)
	}
	return err
}

// Settle notes that the base of a generation is there, which ends those before
// it, or that it never will be.
func (s *State) Settle(name string, made bool) {
	i := slices.IndexFunc(s.Generations, func(g Generation) bool { return g.Name == name })
	if i < 0 {
		return
	}
	if !made {
		s.Generations = slices.Delete(s.Generations, i, i+1)
		return
	}
	s.Generations[i].Based = true
	for j := range s.Generations[:i] {
		if g := &s.Generations[j]; g.End == 0 {
			g.End = s.Number
		}
	}
}

// Forget drops the generations that ended before a segment, the first that is
// still to be shipped.
func (s *State) Forget(number uint64) {
	s.Generations = slices.DeleteFunc(s.Generations, func(g Generation) bool { return g.End != 0 && g.End <= number })
}
