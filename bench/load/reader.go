package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// maxLine is how long a line of an answer's head may be, in bytes.
const maxLine = 64 << 10

// place is where in an answer a reader is.
type place int

const (
	statusLine place = iota
	headerLine
	body // of a known length, or a chunk of one
	chunkSize
	chunkEnd
	trailer
	whole
)

// reader finds the end of an answer in the pieces in which it arrives. It follows
// RFC 9112, sections 6 and 7.
type reader struct {
	keep *Answer // takes headers and body; nil when only the status is wanted

	place   place
	line    []byte // the begin of a line whose end has not arrived
	status  int
	head    bool  // the request was a HEAD: there is no body
	length  int64 // of the body; -1 is unknown
	left    int64 // bytes to come of the body or the chunk
	chunked bool
}

// expect makes the reader ready for the answer to a request.
func (r *reader) expect(q Request) {
	*r = reader{keep: r.keep, line: r.line[:0], head: q.head, length: -1}
}

// read takes what has arrived and says whether the answer is whole now.
func (r *reader) read(b []byte) (bool, error) {
	for len(b) > 0 {
		switch r.place {
		case whole:
			return false, errors.New("more than one answer")
		case body:
			b = r.readBody(b)
		default:
			line, rest, found := bytes.Cut(b, []byte("\n"))
			if len(r.line)+len(line) > maxLine {
				return false, errors.New("a line too long")
			}
			if b = rest; !found {
				r.line = append(r.line, line...)
				continue
			}
			if err := r.readLine(line); err != nil {
				return false, err
			}
		}
	}
	return r.place == whole, nil
}

func (r *reader) readBody(b []byte) (rest []byte) {
	n := min(r.left, int64(len(b)))
	if r.keep != nil {
		r.keep.Body = append(r.keep.Body, b[:n]...)
	}
	if r.left -= n; r.left == 0 {
		r.place = whole
		if r.chunked {
			r.place = chunkEnd
		}
	}
	return b[n:]
}

// readLine takes a line, of which a begin may have been kept, without its line feed.
func (r *reader) readLine(line []byte) error {
	if len(r.line) > 0 {
		line = append(r.line, line...)
		r.line = line[:0]
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case r.place == statusLine:
		r.place = headerLine
		return r.readStatus(line)
	case r.place == headerLine && len(line) > 0:
		return r.readHeader(line)
	case r.place == headerLine:
		return r.endHeaders()
	case r.place == chunkSize:
		return r.readChunkSize(line)
	case r.place == chunkEnd && len(line) == 0:
		r.place = chunkSize
	case r.place == chunkEnd:
		return fmt.Errorf("%.40q after a chunk", line)
	case len(line) == 0: // after the trailers
		r.place = whole
	}
	return nil
}

func (r *reader) readStatus(line []byte) (err error) {
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return fmt.Errorf("bad status line %.40q", line)
	}
	r.status, err = strconv.Atoi(string(line[9:12]))
	return err
}

func (r *reader) readHeader(line []byte) (err error) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimSpace(value)
	if r.keep != nil {
		r.keep.Header[string(bytes.ToLower(name))] = string(value)
	}
	switch {
	case len(name) == len("Content-Length") && bytes.EqualFold(name, []byte("Content-Length")):
		r.length, err = readLength(value, 10)
	case len(name) == len("Transfer-Encoding") && bytes.EqualFold(name, []byte("Transfer-Encoding")):
		r.chunked = bytes.EqualFold(value, []byte("chunked"))
	}
	return err
}

func (r *reader) endHeaders() error {
	r.left = r.length
	switch {
	case r.head || r.status == 204 || r.status == 304:
		r.place = whole
	case r.chunked:
		r.place = chunkSize
	case r.length > 0:
		r.place = body
	case r.length == 0:
		r.place = whole
	default:
		return errors.New("an answer without a length")
	}
	return nil
}

func (r *reader) readChunkSize(line []byte) (err error) {
	size, _, _ := bytes.Cut(line, []byte(";"))
	r.left, err = readLength(bytes.TrimSpace(size), 16)
	r.place = body
	if r.left == 0 {
		r.place = trailer
	}
	return err
}

func readLength(text []byte, base int) (int64, error) {
	n, err := strconv.ParseUint(string(text), base, 63)
	return int64(n), err
}
