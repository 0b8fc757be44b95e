// Package serve serves the functions of a project: it loads them, keeps them up to
// date with their files, and calls them for requests, jobs, schedules, remote
// procedures and hooks.
//
//	p := serve.New(serve.Config{Dir: "functions", …})
//	p.Start()
//	defer p.Stop()
//	mux.Handle("/functions/v1/", p.Handler())
//
// A function is built (functions/bundle), evaluated in an instance of its own, and
// tells by its exports what it is for. An instance does one thing at a time, is used
// again for the same function, and thrown away when a limit ended it.
package serve

import (
	"context"
	_ "embed"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/functions/bundle"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/lifetime"
	"github.com/galleyhq/galley/internal/functions/loop"
	"github.com/galleyhq/galley/internal/functions/pool"
	"github.com/galleyhq/galley/internal/functions/route"
	"github.com/galleyhq/galley/internal/functions/source"
	"github.com/galleyhq/galley/internal/functions/wasm"
	"github.com/galleyhq/galley/internal/functions/web"
	"github.com/galleyhq/galley/internal/httpapi"
)

// The last of Galley's own scripts that an instance runs, in this order: bodies of
// functions of (host, globalThis, exports), exports being those of package web.
var (
	//go:embed js/deno.js
	denoScript string
	//go:embed js/serve.js
	serveScript string

	// Scripts are these files.
	Scripts = []web.File{{Name: "deno.js", Source: denoScript}, {Name: "serve.js", Source: serveScript}}
)

// Config is what a project's functions need.
type Config struct {
	Dir      string // of the functions
	Settings map[string]source.Settings
	Bundle   *bundle.Project
	// Runtime makes what instances are made of. It is called once, when the first
	// function is loaded.
	Runtime func() (Runtime, error)
	// Begin begins a call: operations get the context that it returns, or one made of
	// it. end ends what they have left open.
	Begin func(ctx context.Context, c *Call) (_ context.Context, end func())
	// Reader gives the call of a context a body to read, by the handle it returns.
	Reader func(ctx context.Context, body io.ReadCloser) (float64, error)

	// Modules runs functions in WebAssembly; nil refuses them. Secret gives those that
	// their manifests name.
	Modules *wasm.Runtime
	Secret  func(ctx context.Context, name string) (string, bool)

	Limits Limits
	Pool   pool.Config

	// Verify tells who a token belongs to, Anonymous who comes without one.
	Verify    func(ctx context.Context, token string) (httpapi.Identity, error)
	Anonymous func() httpapi.Identity
	Origins   []string // whose scripts may read the answers of the server itself

	// Changed is called when functions were loaded or are gone, one call at a time.
	Changed func(ctx context.Context, versions []*Version)
	Schema  string // that remote procedures belong to
	Dev     bool   // tell of mistakes in answers
	Log     func(Entry)
	Logger  *slog.Logger
}

// Runtime makes instances.
type Runtime struct {
	Engine engine.Engine
	Maker  *loop.Maker
	Ops    loop.Ops // of all instances; this package adds its own
	// Each adds the operations that keep something of the one instance they are for.
	Each func(to map[string]func(context.Context, []engine.Value) (engine.Value, error))
	Own  []engine.Program // Galley's own, the last of them made of Script
}

// Limits bound one call.
type Limits struct {
	Memory      int64
	CPU         time.Duration
	Wall        time.Duration
	MaxResponse int64 // bytes of a response
	Uses        int   // of one instance, after which it is closed
}

// Call is what an instance is doing.
type Call struct {
	Function  string
	Kind      string // "request", "job", "schedule", "rpc", "hook", or "load"
	RequestID string
	Session   database.Session // of the caller
	Token     string           // that the caller showed, "" for none
	Tx        database.Tx      // of a hook; nil otherwise

	ctx      lifetime.Context // of all that it does
	exchange *exchange        // of a request; nil for none
	progress func(fraction float64, note string)
	instance *instance
	waits    bool // waitUntil was called
}

// Traced is a text that the function writes, with the places of the sources in the stack
// traces that it holds.
func (c *Call) Traced(text string) string {
	const frame = "    at "
	at := strings.Index(text, frame)
	if c.instance == nil || at < 0 || at > 0 && text[at-1] != '\n' {
		return text
	}
	trace := text[at:]
	for _, m := range c.instance.version.maps {
		trace = m.Stack(trace)
	}
	return text[:at] + strings.TrimRight(theirs(trace), "\n")
}

// Entry is a line that a function wrote, or that was written about it.
type Entry struct {
	At        time.Time
	Function  string
	RequestID string
	Level     string // debug, info, warn or error
	Message   string
	Fields    string // a JSON object, or ""
}

// Project is the functions of a project.
type Project struct {
	config  Config
	pool    *pool.Pool
	runtime func() (Runtime, error)

	state  atomic.Pointer[state]
	found  chan struct{} // closed when the folder has been read for the first time
	ready  chan struct{} // closed when all functions were loaded for the first time
	reload sync.Mutex

	stop    context.CancelFunc
	running sync.WaitGroup
}

// state is the functions as they are at one moment.
type state struct {
	functions map[string]*slot
	table     *route.Table
}

// New returns a project whose functions are not looked for yet.
func New(c Config) *Project {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Limits.Uses <= 0 {
		c.Limits.Uses = 10_000
	}
	if c.Bundle == nil {
		c.Bundle = &bundle.Project{Dir: c.Dir}
	}
	p := &Project{config: c, pool: pool.New(c.Pool),
		runtime: sync.OnceValues(func() (Runtime, error) {
			r, err := c.Runtime()
			r.Ops = ops(r.Ops)
			return r, err
		}),
		found: make(chan struct{}), ready: make(chan struct{})}
	p.state.Store(&state{functions: map[string]*slot{}})
	return p
}

// Start begins to load the functions, and to watch their files. It does not wait.
func (p *Project) Start() {
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	p.running.Go(func() { p.run(ctx) })
}

// Stop closes the instances that do nothing, and each of the others when it is done.
func (p *Project) Stop() {
	if p.stop != nil {
		p.stop()
		p.running.Wait()
	}
	p.pool.Close()
}

// Ready is closed once all functions were loaded for the first time.
func (p *Project) Ready() <-chan struct{} { return p.ready }

// Stats tells of the instances.
func (p *Project) Stats() pool.Stats { return p.pool.Stats() }

// Versions are the functions that are loaded, or could not be, in the order of their
// names.
func (p *Project) Versions() []*Version { return p.state.Load().versions() }

// Find returns a function, loaded. Errors: one of status 404 when there is none, and
// that of ctx.
func (p *Project) Find(ctx context.Context, name string) (*Version, error) {
	select {
	case <-p.found:
	default: // a context makes its channel when it is asked for it
		select {
		case <-p.found:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s := p.state.Load().functions[name]
	if s == nil {
		return nil, errNoFunction
	}
	return s.get(ctx)
}
