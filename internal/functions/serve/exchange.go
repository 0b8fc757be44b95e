package serve

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/httpapi"
)

// smallBody is the length up to which a body comes along with the call.
const smallBody = 64 << 10

// exchange is a request and what the function answers. Its methods are called by the
// operations of the function, on several goroutines, one after the other or not.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	target target
	limit  int64 // bytes of the answer

	mu       sync.Mutex
	status   int // 0: the function has said nothing yet
	headers  string
	body     []byte
	begun    bool // a part of the answer is on its way
	written  int64
	over     bool
	readFail error        // of the request's body
	tooLong  bool         // the answer was longer than it may be
	left     bool         // the client took no more of it
	module   *fault.Error // why the module in WebAssembly gave no answer
}

var (
	errOver = errors.New("the request is over")
	errGone = errors.New("the client has gone")
)

// respond takes the answer, or the head of one that is a stream.
func (x *exchange) respond(status int, headers string, body engine.Value, stream bool) error {
	if x == nil {
		return errOver
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over || x.status != 0 {
		return errOver
	}
	x.status, x.headers = status, headers
	switch b := body.(type) {
	case string:
		x.body = []byte(b)
	case []byte:
		x.body = b
	}
	if int64(len(x.body)) > x.limit {
		x.status, x.body, x.tooLong = 0, nil, true
		return errResponseSize
	}
	if !stream {
		return nil
	}
	x.begun = true
	x.head(-1)
	return http.NewResponseController(x.w).Flush()
}

// long refuses an answer that is longer than it may be.
func (x *exchange) long() error {
	if x == nil {
		return errOver
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.tooLong = true
	return errResponseSize
}

// gaveUp tells whether what failed did so because the client does not wait for it.
func (x *exchange) gaveUp(err error) bool {
	if err == nil || !httpapi.ClientLeft(x.r.Context()) {
		return false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	thrown, ok := errors.AsType[*engine.Error](err)
	return x.left || ok && thrown.Name == "AbortError"
}

// head writes status and headers; length is that of the body, -1 when nobody knows.
func (x *exchange) head(length int) {
	h := x.w.Header()
	for rest := x.headers; rest != ""; {
		var name, value string
		name, rest, _ = strings.Cut(rest, "\n")
		value, rest, _ = strings.Cut(rest, "\n")
		switch name {
		case "connection", "transfer-encoding", "keep-alive", "upgrade", "trailer", "content-length":
		default:
			h.Add(name, latin1(value))
		}
	}
	switch {
	case x.status == http.StatusNoContent || x.status == http.StatusNotModified:
	case length >= 0 && x.r.Method != http.MethodHead:
		h["Content-Length"] = []string{strconv.Itoa(length)}
	}
	if length != 0 && first(h, "Content-Type") == "" {
		h["Content-Type"] = nil // nothing is guessed
	}
	x.w.WriteHeader(x.status)
}

// finish writes an answer that is no stream.
func (x *exchange) finish() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.begun {
		return
	}
	x.begun = true
	x.head(len(x.body))
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(x.body) // a client that left is no error
	}
}

// write sends a piece of a stream on its way. What the client does not take holds the
// function up.
func (x *exchange) write(chunk []byte) error {
	if x == nil {
		return errOver
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over || !x.begun {
		return errOver
	}
	if x.written += int64(len(chunk)); x.written > x.limit {
		x.tooLong = true
		return errResponseSize
	}
	if x.r.Method == http.MethodHead {
		return nil
	}
	_, err := x.w.Write(chunk)
	if err == nil {
		err = http.NewResponseController(x.w).Flush()
	}
	if err != nil {
		x.left = true
		return errGone
	}
	return nil
}

// requestReader is the body of a request, for the function to read.
type requestReader struct{ x *exchange }

// Read implements io.Reader.
func (b requestReader) Read(p []byte) (int, error) {
	n, err := b.x.r.Body.Read(p)
	if err != nil && err != io.EOF {
		b.x.mu.Lock()
		b.x.readFail = err
		b.x.mu.Unlock()
	}
	return n, err
}

// Close implements io.Closer. The server drops what nobody has read.
func (requestReader) Close() error { return nil }

// gone waits until the client goes away, which is true, or the call is over.
func (x *exchange) gone(ctx context.Context) bool {
	if x == nil {
		return false
	}
	select {
	case <-x.r.Context().Done():
		return true
	case <-ctx.Done():
		return false
	}
}

// end lets nothing through anymore, and tells whether an answer is there, or one
// was too long.
func (x *exchange) end() (answered, tooLong bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true
	return x.status != 0, x.tooLong
}

// appendHeaders appends the headers of a request: names in lower case and values in turns,
// with the address of who came.
func appendHeaders(b []byte, r *http.Request, peer string) []byte {
	b = append(append(b, "host\n"...), r.Host...)
	for name, values := range r.Header {
		if name == "X-Forwarded-For" {
			continue
		}
		for _, v := range values {
			b = append(b, '\n')
			for i := range len(name) { // a token
				c := name[i]
				if c >= 'A' && c <= 'Z' {
					c += 'a' - 'A'
				}
				b = append(b, c)
			}
			b = append(append(b, '\n'), utf16(v)...)
		}
	}
	b = append(b, "\nx-forwarded-for\n"...)
	for _, v := range r.Header["X-Forwarded-For"] {
		b = append(append(b, utf16(v)...), ", "...)
	}
	return append(b, peer...)
}

// utf16 is a header's value as scripts have it: a character for each byte (Fetch
// standard, "isomorphic decode").
func utf16(value string) string {
	if isASCII(value) {
		return value
	}
	runes := make([]rune, len(value))
	for i := range len(value) {
		runes[i] = rune(value[i])
	}
	return string(runes)
}

func isASCII(value string) bool {
	for i := range len(value) {
		if value[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// latin1 is a header's value of a script as bytes.
func latin1(value string) string {
	if isASCII(value) {
		return value
	}
	out := make([]byte, 0, len(value))
	for _, r := range value {
		if r > 0xff {
			return value
		}
		out = append(out, byte(r))
	}
	return string(out)
}
