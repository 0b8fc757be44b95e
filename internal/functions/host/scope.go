package host

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/lifetime"
)

// Scope is one call of a function: who it is for, and what it is part of.
type Scope struct {
	// Session is the caller's: what sql runs as unless the function asks for the
	// service role. One without a role is anon's. Jobs and schedules have Service's.
	Session   database.Session
	RequestID string
	Function  string
	// Tx is the transaction of a hook, in which Session is set: sql runs in it, and
	// nothing that reaches out is allowed.
	Tx     database.Tx
	Logger *slog.Logger // nil means the services'
	// Tracer gives a text of the log with the places of the sources in its stack traces;
	// nil leaves it as it is.
	Tracer interface{ Traced(text string) string }
	// Loading says that the module is being loaded, in nobody's name: it can read
	// secrets and write to the log, and nothing else.
	Loading bool
}

// Service is the session of calls that nobody asked for, such as jobs.
func Service() database.Session {
	return database.Session{Role: "service_role", Claims: `{"role":"service_role"}`}
}

// call is a Scope at work.
type call struct {
	services *Services
	scope    Scope
	ctx      lifetime.Context // ends with the call
	writes   sync.Once        // the first line of the log
	lines    *slog.Logger

	mu      sync.Mutex
	slots   chan struct{} // one for each statement that runs by itself
	ended   bool
	handles map[float64]*handle
	last    float64                        // handle
	aborts  map[float64]context.CancelFunc // of fetches that have not been answered
	calls   int64                          // outgoing, so far
	logged  int64                          // bytes, so far
	tx      *transaction                   // the open one

	hook sync.Mutex // of scope.Tx, which one statement at a time may use
}

type callKey struct{}

// errEnded is why what a call had opened ends with it.
var errEnded = errors.New("the call has ended")

// Begin begins a call: operations with the context that it returns, or one made of
// it, work for it. end ends all that is still open; what is under way fails.
func (s *Services) Begin(ctx context.Context, scope Scope) (_ context.Context, end func()) {
	if scope.Session.Role == "" { // the owner, whom no function is
		scope.Session.Role = "anon"
	}
	c := &call{services: s, scope: scope}
	c.ctx.Begin(ctx, time.Time{}, callKey{}, c)
	return &c.ctx, func() {
		c.ctx.End(errEnded)
		c.end()
	}
}

// logger names the function and the request. Most calls log nothing.
func (c *call) logger() *slog.Logger {
	c.writes.Do(func() {
		c.lines = c.scope.Logger
		if c.lines == nil {
			c.lines = c.services.config.Logger
		}
		c.lines = c.lines.With("function", c.scope.Function)
		if c.scope.RequestID != "" {
			c.lines = c.lines.With("request_id", c.scope.RequestID)
		}
	})
	return c.lines
}

// slot is where each statement that runs by itself takes a place.
func (c *call) slot() chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.slots == nil {
		c.slots = make(chan struct{}, c.services.config.Limits.Statements)
	}
	return c.slots
}

func (c *call) end() {
	c.mu.Lock()
	tx, handles := c.tx, c.handles
	c.ended, c.tx, c.handles = true, nil, nil
	c.mu.Unlock()
	if tx != nil {
		tx.abandon()
	}
	for _, h := range handles {
		h.close()
	}
}

// callOf is the call that an operation works for.
func callOf(ctx context.Context) (*call, error) {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok || c.scope.Loading {
		return nil, fault.New(fault.ObjectNotInPrerequisite, "this is not possible while the function is loaded").
			WithHint("Do it within the handler: there is no request before.")
	}
	return c, nil
}

// reaching is callOf for what no hook may do: it would keep the transaction of
// somebody's write open.
func reaching(ctx context.Context, what string) (*call, error) {
	c, err := callOf(ctx)
	if err == nil && c.scope.Tx != nil {
		err = fault.New(fault.ActiveTransaction, "%s is not possible in a hook, which runs within a transaction", what).
			WithHint("Enqueue a job: it begins once the transaction is committed.")
	}
	return c, err
}

// writing is reaching for what writes to the database by itself: on the embedded
// engine it would wait for the transaction of this very call.
func writing(ctx context.Context, what string) (*call, error) {
	c, err := reaching(ctx, what)
	if err == nil && c.open() != nil {
		err = fault.New(fault.ActiveTransaction, "%s is not possible while a transaction of the call is open", what).
			WithHint("Do it before the transaction or after it.")
	}
	return c, err
}

// open is the open transaction, if there is one.
func (c *call) open() *transaction {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tx
}

// spend counts an outgoing call.
func (c *call) spend() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if most := c.services.config.Limits.Calls; c.calls >= most {
		return fault.New("54000", "more than %d outgoing calls", max(most, 0)).WithHint("functions.max_calls bounds them.")
	}
	c.calls++
	return nil
}

// handle is something open that a script reads piece by piece.
type handle struct {
	reader io.ReadCloser
	upload *upload
	stream stream
	cancel context.CancelFunc // nil for none

	use    sync.Mutex // one operation at a time
	once   sync.Once
	failed error // of the reader, told after what came before it
}

func (h *handle) close() {
	h.once.Do(func() {
		if h.cancel != nil {
			h.cancel()
		}
		if h.reader != nil {
			_ = h.reader.Close()
		}
		if h.upload != nil {
			h.upload.end(errEnded)
			_ = h.upload.Close()
		}
		if h.stream != nil {
			h.stream.Close() // Next, if it waits, ends
			h.use.Lock()
			defer h.use.Unlock()
			h.stream.Settle()
		}
	})
}

// keep gives a handle a number, which only this call knows it by. One that cannot be
// kept is closed.
func (c *call) keep(h *handle) (float64, error) {
	n, err := c.number(h)
	if err != nil {
		h.close()
	}
	return n, err
}

func (c *call) number(h *handle) (float64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := c.services.config.Limits.Open
	switch {
	case c.ended:
		return 0, errEnded
	case int64(len(c.handles)) >= most:
		return 0, fault.New("54000", "more than %d bodies and streams are open at once", most).WithHint("Read them to their end, or cancel them.")
	}
	c.last++
	if c.handles == nil {
		c.handles = map[float64]*handle{}
	}
	c.handles[c.last] = h
	return c.last, nil
}

func (c *call) handle(n float64) (*handle, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, ok := c.handles[n]
	if !ok {
		return nil, fault.New(fault.ObjectNotInPrerequisite, "the body has been closed")
	}
	return h, nil
}

// drop closes a handle, if it is there.
func (c *call) drop(n float64) {
	if h := c.forget(n); h != nil {
		h.close()
	}
}

// forget takes a handle from the script, and leaves it as it is.
func (c *call) forget(n float64) *handle {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.handles[n]
	delete(c.handles, n)
	return h
}
