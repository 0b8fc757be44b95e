// Package segment is the format of what a continuous backup ships: the pages that
// the commits of about a second changed, each with its last content.
//
//	w := segment.NewWriter(to, header)
//	err := w.Page(n, content) // header.Count times
//	sum, err := w.Close()
//	header, sum, err := segment.Read(from, func(h segment.Header, page uint32, content []byte) error { … })
//
// A segment is a line with the name of the format, the length of the header (four
// bytes, the highest first), the header as JSON, its pages, each after its number
// (four bytes), and the SHA-256 of all that. Where it is compressed and encrypted
// is around it, and no matter of this package.
package segment

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Format is the version of the format that this program writes.
const Format = 1

const (
	intro     = "galley-log\n"
	maxHeader = 1 << 16
	maxPage   = 1 << 16 // of SQLite
)

// Header says what a segment is.
type Header struct {
	Format   int    `json:"format"`
	Chain    string `json:"chain"` // the segments that follow each other without a gap
	Number   uint64 `json:"number"`
	Previous string `json:"previous,omitempty"` // SHA-256 of the one before, in hexadecimal
	Moment   int64  `json:"moment"`             // its commits were made up to then; Unix time in ms
	PageSize int    `json:"page_size"`          // bytes
	Pages    uint32 `json:"pages"`              // of the database after it
	Count    int    `json:"count"`              // of its own pages
}

// Writer writes one segment.
type Writer struct {
	to     io.Writer
	sum    hash.Hash
	header Header
	number [4]byte
	pages  int
}

// NewWriter begins a segment. to is written to in small pieces.
func NewWriter(to io.Writer, h Header) (*Writer, error) {
	h.Format = Format
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	w := &Writer{to: io.MultiWriter(to, sum), sum: sum, header: h}
	if _, err := io.WriteString(w.to, intro); err != nil {
		return nil, err
	}
	if err := w.uint(uint32(len(text))); err != nil {
		return nil, err
	}
	_, err = w.to.Write(text)
	return w, err
}

func (w *Writer) uint(n uint32) error {
	binary.BigEndian.PutUint32(w.number[:], n)
	_, err := w.to.Write(w.number[:])
	return err
}

// Page adds a page.
func (w *Writer) Page(n uint32, content []byte) error {
	if len(content) != w.header.PageSize {
		return fmt.Errorf("a page of %d bytes where they have %d", len(content), w.header.PageSize)
	}
	w.pages++
	if err := w.uint(n); err != nil {
		return err
	}
	_, err := w.to.Write(content)
	return err
}

// Close ends the segment, and returns its SHA-256 in hexadecimal.
func (w *Writer) Close() (string, error) {
	if w.pages != w.header.Count {
		return "", fmt.Errorf("a segment of %d pages where %d were to come", w.pages, w.header.Count)
	}
	sum := w.sum.Sum(nil)
	_, err := w.to.Write(sum)
	return hex.EncodeToString(sum), err
}

// Damaged is the error of a segment that is not what was written.
type Damaged struct{ Cause error }

func (d *Damaged) Error() string { return "the segment is damaged: " + d.Cause.Error() }

// Unwrap returns the cause.
func (d *Damaged) Unwrap() error { return d.Cause }

// errNewer is of a segment of a format that came later.
var errNewer = errors.New("a newer Galley made it")

// Read reads a segment to its end and returns its SHA-256. What visit got is worth
// nothing when it fails. content is valid until visit returns.
func Read(from io.Reader, visit func(h Header, page uint32, content []byte) error) (Header, string, error) {
	sum := sha256.New()
	r := io.TeeReader(from, sum)
	h, err := readHeader(r)
	if err != nil {
		return h, "", &Damaged{err}
	}
	content := make([]byte, 4+h.PageSize)
	for range h.Count {
		if _, err := io.ReadFull(r, content); err != nil {
			return h, "", &Damaged{err}
		}
		page := binary.BigEndian.Uint32(content)
		if page == 0 || page > h.Pages {
			return h, "", &Damaged{fmt.Errorf("page %d of %d", page, h.Pages)}
		}
		if err := visit(h, page, content[4:]); err != nil {
			return h, "", err
		}
	}
	got, want := sum.Sum(nil), make([]byte, sha256.Size)
	if _, err := io.ReadFull(from, want); err != nil {
		return h, "", &Damaged{err}
	}
	if !bytes.Equal(got, want) {
		return h, "", &Damaged{errors.New("its SHA-256 is another")}
	}
	// To the very end: what decrypts and unpacks tells there that nothing is missing.
	if n, err := io.Copy(io.Discard, from); err != nil || n > 0 {
		return h, "", &Damaged{fmt.Errorf("%d bytes after its end: %w", n, errors.Join(err, errTrailing(n)))}
	}
	return h, hex.EncodeToString(got), nil
}

func errTrailing(n int64) error {
	if n > 0 {
		return errors.New("there is more after it")
	}
	return nil
}

func readHeader(r io.Reader) (h Header, err error) {
	start := make([]byte, len(intro)+4)
	if _, err := io.ReadFull(r, start); err != nil {
		return h, err
	}
	length := binary.BigEndian.Uint32(start[len(intro):])
	if string(start[:len(intro)]) != intro || length > maxHeader {
		return h, errors.New("it does not begin as one")
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, err
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, err
	}
	switch {
	case h.Format > Format:
		return h, fmt.Errorf("it has format %d: %w", h.Format, errNewer)
	case h.Format < 1 || h.PageSize < 512 || h.PageSize > maxPage || h.PageSize&(h.PageSize-1) != 0 || h.Count < 0 || h.Pages == 0:
		return h, errors.New("its header makes no sense")
	}
	return h, nil
}
