// Package timing measures the phases of a request for the header Server-Timing
// (W3C Server Timing), with the names that PostgREST gives them: jwt, parse, plan,
// transaction and response, each in milliseconds.
//
//	handler := httpapi.Chain(rest, timing.Middleware, verifyTokens)
//	timing.From(r.Context()).Mark(timing.Parse)
//
// Source: PostgREST documentation, "Server-Timing Header".
package timing

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Phase is a part of what a request takes.
type Phase int

// The phases, in their order. A request to the database ends Plan, and its last row
// or its commit ends Transaction.
const (
	JWT Phase = iota
	Parse
	Plan
	Transaction
	Response
	phases
)

func (p Phase) String() string {
	return [...]string{"jwt", "parse", "plan", "transaction", "response"}[p]
}

// Clock adds up how long the phases of a request take. It belongs to the request's
// goroutine. A nil Clock measures nothing.
type Clock struct {
	last    time.Time
	took    [phases]time.Duration
	reached [phases]bool
}

// Mark ends a phase: what has passed since the mark before is its time.
func (c *Clock) Mark(p Phase) {
	if c == nil {
		return
	}
	now := time.Now()
	c.took[p] += now.Sub(c.last)
	c.reached[p], c.last = true, now
}

// header is the value of Server-Timing: of the phases that a request came to.
func (c *Clock) header() string {
	var b []byte
	for p := range phases {
		if !c.reached[p] {
			continue
		}
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		b = append(append(b, p.String()...), ";dur="...)
		b = strconv.AppendFloat(b, float64(c.took[p])/float64(time.Millisecond), 'f', 1, 64)
	}
	return string(b)
}

type clockKey struct{}

// From returns the clock of a request, nil when it has none.
func From(ctx context.Context) *Clock {
	c, _ := ctx.Value(clockKey{}).(*Clock)
	return c
}

// Middleware starts the clock of each request, and tells what it measured in the
// header of the response.
func Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &Clock{last: time.Now()}
		next.ServeHTTP(&writer{ResponseWriter: w, clock: c}, r.WithContext(context.WithValue(r.Context(), clockKey{}, c)))
	})
}

// writer sets the header when a response begins.
type writer struct {
	http.ResponseWriter
	clock *Clock
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (w *writer) WriteHeader(status int) {
	if !w.begun && status >= http.StatusOK {
		w.begun = true
		w.clock.Mark(Response)
		w.Header().Set("Server-Timing", w.clock.header())
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *writer) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
