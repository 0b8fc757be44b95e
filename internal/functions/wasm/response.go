package wasm

import (
	"bytes"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/net/http/httpguts"

	"github.com/galleyhq/galley/internal/fault"
)

const (
	maxHead = 64 << 10
	// heldBack is how much of a body waits for the module's end, so that a failure
	// until then still gets its status.
	heldBack = 64 << 10
)

// response is what a module writes: the head of a response of CGI (RFC 3875, section
// 6), then its body.
type response struct {
	w        http.ResponseWriter
	limit    int64
	bodiless bool // to HEAD, or by its status
	exceeded func()
	meter    *meter

	head    []byte
	parsed  bool
	status  int
	headers http.Header
	held    []byte
	written int64
	begun   bool // something is on its way
	writing atomic.Bool
	err     error
}

// Write implements io.Writer.
func (o *response) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	o.err = o.write(p)
	if o.err != nil {
		return 0, o.err
	}
	return len(p), nil
}

func (o *response) write(p []byte) error {
	if !o.parsed {
		before := len(o.head)
		o.head = append(o.head, p[:min(len(p), maxHead-before+4)]...)
		end, length := headEnd(o.head)
		if end < 0 && len(o.head) > maxHead {
			return fault.New(codeFailed, "The head of the function's response has more than %d bytes", maxHead).WithStatus(http.StatusBadGateway)
		}
		if end < 0 {
			return nil
		}
		p = p[end+length-before:]
		if err := o.parse(string(o.head[:end])); err != nil {
			return err
		}
		o.parsed, o.head = true, nil
	}
	o.written += int64(len(p))
	if o.written > o.limit {
		o.exceeded()
		return errResponse
	}
	if !o.begun && len(o.held)+len(p) <= heldBack {
		o.held = append(o.held, p...)
		return nil
	}
	return o.send(p)
}

// send sends what was held back, and more.
func (o *response) send(p []byte) (err error) {
	o.writing.Store(true)
	if !o.begun {
		o.begun = true
		maps.Copy(o.w.Header(), o.headers)
		o.w.WriteHeader(o.status)
	}
	if o.bodiless {
		o.held = nil
		return nil
	}
	o.meter.wait(func() {
		if len(o.held) > 0 {
			_, err = o.w.Write(o.held)
			o.held = nil
		}
		if err == nil && len(p) > 0 {
			_, err = o.w.Write(p)
		}
	})
	return err
}

// sending tells, on any goroutine, whether something is on its way.
func (o *response) sending() bool { return o.writing.Load() }

// finish ends a response that is complete.
func (o *response) finish() error {
	if o.err != nil {
		return o.err
	}
	if !o.parsed { // a head that ends with the output has no body
		if err := o.parse(strings.TrimRight(string(o.head), "\r\n")); err != nil {
			return err
		}
	}
	if !o.begun && o.status != http.StatusNoContent && o.status != http.StatusNotModified {
		o.headers.Set("Content-Length", strconv.Itoa(len(o.held)))
	}
	return o.send(nil)
}

// headEnd finds the empty line after the head: where the head ends, and how long what
// divides it from the body is.
func headEnd(b []byte) (end, length int) {
	if bytes.HasPrefix(b, []byte("\n")) {
		return 0, 1
	}
	end = -1
	for _, mark := range []string{"\r\n\r\n", "\n\n", "\n\r\n"} {
		if i := bytes.Index(b, []byte(mark)); i >= 0 && (end < 0 || i < end) {
			end, length = i, len(mark)
		}
	}
	return end, length
}

// own are headers that the server alone decides.
var own = []string{"Connection", "Keep-Alive", "Transfer-Encoding", "Upgrade", "Trailer", "Te", "Content-Length", "X-Request-Id"}

// parse takes the head: Content-Type, Location or Status, and any other headers.
func (o *response) parse(head string) error {
	status, headers := 0, http.Header{}
	for line := range strings.SplitSeq(head, "\n") {
		line = strings.TrimSuffix(line, "\r")
		name, value, ok := strings.Cut(line, ":")
		name, value = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case !ok || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value):
			return errHead.WithDetail("The line %q is no header.", line[:min(len(line), 100)])
		case name == "Status":
			code, err := strconv.Atoi(value[:min(3, len(value))])
			if err != nil || code < 200 || code > 599 {
				return errHead.WithDetail("The status %q is none from 200 to 599.", value)
			}
			status = code
		case !slices.Contains(own, name):
			headers.Add(name, value)
		}
	}
	if status == 0 && headers.Get("Content-Type") == "" && headers.Get("Location") == "" {
		return errHead.WithDetail("It needs Content-Type, Location or Status.")
	}
	if status == 0 {
		status = http.StatusOK
		if headers.Get("Location") != "" {
			status = http.StatusFound
		}
	}
	o.status, o.headers = status, headers
	o.bodiless = o.bodiless || status == http.StatusNoContent || status == http.StatusNotModified
	return nil
}
