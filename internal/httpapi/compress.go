package httpapi

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// minCompressed is the length below which a response is sent as it is: a packet
// more or less, not worth the work.
const minCompressed = 1400

var gzipWriters = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return w
}}

// Compress compresses responses of text and JSON with gzip for clients that
// accept it (RFC 9110, section 12.5.3).
func Compress() Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead || !AcceptsCoding(r, "gzip") {
				next.ServeHTTP(w, r)
				return
			}
			c := &compressor{ResponseWriter: w}
			next.ServeHTTP(c, r)
			c.end() // not after a panic: what is cut off must not look complete
		})
	}
}

// compressor compresses a response, once its header says that it should.
type compressor struct {
	http.ResponseWriter
	gz      *gzip.Writer // nil when the response is sent as it is
	decided bool
}

// WriteHeader implements http.ResponseWriter.
func (c *compressor) WriteHeader(status int) {
	if status >= 200 && !c.decided {
		c.decided = true
		if h := c.Header(); compressible(h, status) {
			begin(h, "gzip")
			c.gz, _ = gzipWriters.Get().(*gzip.Writer)
			c.gz.Reset(c.ResponseWriter)
		}
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (c *compressor) Write(p []byte) (int, error) {
	if !c.decided {
		c.WriteHeader(http.StatusOK)
	}
	if c.gz != nil {
		return c.gz.Write(p)
	}
	return c.ResponseWriter.Write(p)
}

// Flush implements http.Flusher.
func (c *compressor) Flush() {
	if c.gz != nil {
		_ = c.gz.Flush()
	}
	_ = http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the writer below.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *compressor) end() {
	if c.gz == nil {
		return
	}
	if c.gz.Close() != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	c.gz.Reset(io.Discard)
	gzipWriters.Put(c.gz)
	c.gz = nil
}

// compressible tells whether a response is worth compressing. A part of one is
// sent as it is.
func compressible(h http.Header, status int) bool {
	if status != http.StatusOK && status != http.StatusCreated && status < 400 {
		return false
	}
	if h.Get("Content-Encoding") != "" {
		return false
	}
	length, err := strconv.Atoi(h.Get("Content-Length"))
	if err != nil { // it is not known yet
		length = minCompressed
	}
	return WorthCompressing(h.Get("Content-Type"), length)
}

// WorthCompressing tells whether content of a media type and a length in bytes gets
// shorter by more than the work costs.
func WorthCompressing(contentType string, length int) bool {
	return length >= minCompressed && isText(contentType)
}

// begin changes the header of a response to an encoding's. A strong validator
// would now be the name of other bytes, so it becomes a weak one.
func begin(h http.Header, encoding string) {
	h.Set("Content-Encoding", encoding)
	h.Add("Vary", "Accept-Encoding")
	h.Del("Content-Length")
	if tag := h.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		h.Set("ETag", "W/"+tag)
	}
}

func isText(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.TrimSpace(kind)
	switch kind {
	case "application/json", "application/javascript", "application/xml", "application/wasm", "application/manifest+json",
		"application/openapi+json", "image/svg+xml":
		return true
	case "text/event-stream": // its events must not wait in a buffer
		return false
	}
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "+xml")
}

// AcceptsCoding tells whether a request takes an answer in a content coding, by its
// name (RFC 9110, section 12.5.3).
func AcceptsCoding(r *http.Request, coding string) bool {
	for item := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, parameters, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
		if !ok {
			return true
		}
		quality, err := strconv.ParseFloat(q, 64)
		return err == nil && quality > 0
	}
	return false
}
