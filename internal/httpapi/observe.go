package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// Observe gives each request an id, logs one line when it is done, and turns a
// panic into a 500, or into an aborted connection when the response had begun.
// The line holds the path without the query, which may carry keys. Watchers are
// told of each request.
func Observe(log *slog.Logger, watchers ...Watcher) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			o := &observed{Context: r.Context(), recorder: recorder{ResponseWriter: w}, log: log, watchers: watchers, start: time.Now()}
			o.record.id, o.from = requestID(r), r.RemoteAddr
			o.ids[0] = o.record.id
			w.Header()["X-Request-Id"] = o.ids[:]
			ctx := context.Context(o)
			for _, watcher := range watchers {
				ctx = watcher.Begin(ctx, r)
			}
			o.request = r.WithContext(ctx)
			defer o.done()
			next.ServeHTTP(&o.recorder, o.request)
		})
	}
}

// observed is one request under observation, and the context in which its record is
// found: all of it is one piece of memory, since every request has one.
type observed struct {
	context.Context // of the request as it came
	recorder
	record
	ids     [1]string // the value of X-Request-Id
	request *http.Request
	log     *slog.Logger
	start   time.Time

	watchers []Watcher
}

// Value implements context.Context.
func (o *observed) Value(key any) any {
	if key == (recordKey{}) {
		return &o.record
	}
	return o.Context.Value(key)
}

// Watcher is told of each request that Observe sees.
type Watcher interface {
	// Begin is called before a request is served, and returns the context for it.
	Begin(ctx context.Context, r *http.Request) context.Context
	// End is called once it has been answered. r.Pattern is the route, "" when
	// none was reached.
	End(r *http.Request, o Outcome)
}

// Outcome is how a request was answered.
type Outcome struct {
	ID      string
	Role    string // "" when nothing decided it
	Status  int
	Bytes   int64 // of the body, as sent
	Took    time.Duration
	Aborted bool // the connection was cut off within the response
	Err     error
}

// done ends the observation. It recovers, so it must be deferred itself.
func (o *observed) done() {
	cause := recover()
	switch {
	case cause == nil:
		o.write()
		return
	case isAbort(cause):
		o.aborted = true
	default:
		o.err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		if !o.begun() {
			WriteError(&o.recorder, o.request, fault.Internal(o.err))
			o.write()
			return
		}
		o.aborted = true
	}
	o.write()
	panic(http.ErrAbortHandler)
}

func isAbort(cause any) bool {
	err, ok := cause.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

// write logs the line. What the server did wrong is an error, the rest is not.
func (o *observed) write() {
	level := slog.LevelInfo
	status, took := o.status, time.Since(o.start)
	if status == 0 {
		status = http.StatusOK
	}
	for _, w := range o.watchers {
		w.End(o.request, Outcome{ID: o.id, Role: o.role, Status: status, Bytes: o.bytes, Took: took, Aborted: o.aborted, Err: o.err})
	}
	left := o.err == nil && ClientLeft(o.request.Context())
	switch {
	case status >= 500 || o.aborted && !left:
		level = slog.LevelError
	case o.quiet:
		level = slog.LevelDebug
	}
	ctx := o.request.Context()
	if !o.log.Enabled(ctx, level) {
		return
	}
	attributes := make([]slog.Attr, 0, 10)
	attributes = append(attributes,
		slog.String("method", o.request.Method), slog.String("path", o.request.URL.Path),
		slog.Int("status", status), slog.Int64("bytes", o.bytes),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.String("request_id", o.id))
	if o.trace != "" {
		attributes = append(attributes, slog.String("trace_id", o.trace))
	}
	if o.role != "" {
		attributes = append(attributes, slog.String("role", o.role))
	}
	if o.aborted {
		attributes = append(attributes, slog.Bool("aborted", true))
	}
	if o.err != nil && level == slog.LevelError {
		attributes = append(attributes, slog.String("error", o.err.Error()))
	}
	o.log.LogAttrs(ctx, level, "request", attributes...)
}

// requestID returns the id that a proxy gave, when it is a plain short word, or
// a new one.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if len(id) == 0 || len(id) > 128 {
		return rand.Text()
	}
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' && c != '.' && c != ':' {
			return rand.Text()
		}
	}
	return id
}
