package httpapi

import (
	"context"
	"net/http"
)

// record is what the middleware learns about a request while it is served. It
// belongs to the request's goroutine.
type record struct {
	id    string
	from  string
	trace string
	role  string
	err   error
	// quiet keeps the line of a request that went well from the usual log: a
	// probe asks every few seconds.
	quiet bool
}

type recordKey struct{}

func recordFrom(ctx context.Context) *record {
	r, _ := ctx.Value(recordKey{}).(*record)
	return r
}

// NoteTrace tells the log line of a request which trace it belongs to.
func NoteTrace(ctx context.Context, id string) {
	if r := recordFrom(ctx); r != nil {
		r.trace = id
	}
}

// TraceID returns the id of the trace that a request belongs to, or "".
func TraceID(ctx context.Context) string {
	if r := recordFrom(ctx); r != nil {
		return r.trace
	}
	return ""
}

// KeepQuiet marks a request as one of a probe, which asks every few seconds: its
// line is of level debug when it went well.
func KeepQuiet(ctx context.Context) {
	if r := recordFrom(ctx); r != nil {
		r.quiet = true
	}
}

// Note tells the log line of a request which error it was answered with, for a
// handler that writes its errors itself.
func Note(ctx context.Context, err error) {
	if r := recordFrom(ctx); r != nil {
		r.err = err
	}
}

// RequestID returns the id of a request, as it stands in the log and in
// X-Request-Id, or "" outside of Observe.
func RequestID(ctx context.Context) string {
	if r := recordFrom(ctx); r != nil {
		return r.id
	}
	return ""
}

// RemoteAddr returns where a request comes from, an address and a port, or "" outside
// of Observe.
func RemoteAddr(ctx context.Context) string {
	if r := recordFrom(ctx); r != nil {
		return r.from
	}
	return ""
}

// recorder notes the status and length of a response.
type recorder struct {
	http.ResponseWriter
	status  int
	bytes   int64
	aborted bool
}

func (w *recorder) begun() bool { return w.status != 0 }

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if status >= 200 && w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Flush implements http.Flusher.
func (w *recorder) Flush() {
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the writer below, to take over the
// connection or to set deadlines.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
