package wasm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/sys"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Call is what a module is told besides the request.
type Call struct {
	// Script is the path of the function; what follows it in the request's is
	// PATH_INFO.
	Script string
	// Params are the parameters of a route's path.
	Params map[string]string
	// Secrets are those that the manifest names.
	Secrets map[string]string
	// Log takes each line that the module writes to standard error; nil drops them.
	Log func(line string)
}

// The codes of what ends a call, as those of scripts.
const (
	codeBoot   = "BOOT_ERROR"
	codeBusy   = "WORKER_BUSY"
	codeFailed = "WORKER_ERROR"
	codeLimit  = "WORKER_LIMIT"
)

var (
	errCPU      = fault.New(codeLimit, "The function computed for longer than it may").WithStatus(546)
	errWall     = fault.New(codeLimit, "The function took longer than it may").WithStatus(http.StatusGatewayTimeout)
	errResponse = fault.New(codeLimit, "The response of the function is larger than it may be").WithStatus(546)
	errHead     = fault.New(codeFailed, "The function wrote no head of a response (RFC 3875, section 6)").WithStatus(http.StatusBadGateway)
)

// Serve answers a request by an instance of its own. An error means that nothing was
// written; it is a *fault.Error with a status: 503 for a module that cannot be used or
// when too many are running, 546 for one that went beyond a limit, 502 for one that
// gave no response, 504 for one that took too long. A failure within a response aborts
// the connection.
func (m *Module) Serve(w http.ResponseWriter, r *http.Request, c Call) error {
	select {
	case m.runtime.slots <- struct{}{}:
		defer func() { <-m.runtime.slots }()
	case <-r.Context().Done():
		return fault.New(codeBusy, "Too many functions are running").WithStatus(http.StatusServiceUnavailable).WithCause(context.Cause(r.Context()))
	}
	compiled, end, err := m.begin(r.Context())
	if err != nil {
		return fault.New(codeBoot, "The function %q cannot be used", m.Name).WithStatus(http.StatusServiceUnavailable).WithCause(err)
	}
	defer end()
	limits := m.runtime.config.Limits
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	wall := time.AfterFunc(limits.Wall, func() { cancel(errWall) })
	defer wall.Stop()
	meter := newMeter(limits.CPU, func() { cancel(errCPU) })
	defer meter.stop()
	out := &response{w: w, limit: limits.Response, bodiless: r.Method == http.MethodHead, exceeded: func() { cancel(errResponse) }, meter: meter}
	log := &lines{to: c.Log}
	defer log.end()
	in := &body{ctx: ctx, r: r.Body, meter: meter}
	if r.Body != nil && r.Body != http.NoBody {
		_ = http.NewResponseController(w).EnableFullDuplex() // where it cannot, the response waits for the body
	}
	defer unblock(ctx, w, in, out)()
	defer meter.begin()()
	err = m.run(ctx, compiled, m.configure(ctx, r, c, in, out, log))
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err == nil {
		err = out.finish()
	}
	return m.failed(r, out, err)
}

// failed makes of what ended a call the answer to the client.
func (m *Module) failed(r *http.Request, out *response, err error) error {
	if err == nil {
		return nil
	}
	if out.begun {
		httpapi.Note(r.Context(), err)
		panic(http.ErrAbortHandler)
	}
	if _, known := errors.AsType[*fault.Error](err); known || errors.Is(err, context.Canceled) {
		return err
	}
	return fault.New(codeFailed, "The function failed").WithStatus(http.StatusInternalServerError).WithCause(err)
}

// run runs the module to its end.
func (m *Module) run(ctx context.Context, compiled wazero.CompiledModule, config wazero.ModuleConfig) error {
	m.runtime.mu.Lock()
	runtime := m.runtime.runtime
	m.runtime.mu.Unlock()
	if runtime == nil {
		return errClosed
	}
	instance, err := runtime.InstantiateModule(ctx, compiled, config)
	if instance != nil {
		defer func() { _ = instance.Close(context.Background()) }()
	}
	if exit, ok := errors.AsType[*sys.ExitError](err); ok {
		if exit.ExitCode() == 0 {
			return nil
		}
		return fmt.Errorf("it ended with status %d", exit.ExitCode())
	}
	return err
}

// configure is all that an instance sees.
func (m *Module) configure(ctx context.Context, r *http.Request, c Call, in *body, out, log io.Writer) wazero.ModuleConfig {
	config := wazero.NewModuleConfig().WithName("").WithArgs(arguments(r, c)...).
		WithStdin(in).WithStdout(out).WithStderr(log).
		WithRandSource(rand.Reader).WithSysWalltime().WithSysNanotime().
		WithNanosleep(func(ns int64) { in.meter.wait(func() { sleep(ctx, time.Duration(ns)) }) })
	env := variables(r, c)
	for _, more := range []map[string]string{m.Manifest.Env, c.Secrets} {
		for name, value := range more {
			if !reserved(name) {
				env[name] = value
			}
		}
	}
	for name, value := range c.Params {
		env["GALLEY_PARAM_"+name] = value
	}
	id := httpapi.IdentityFrom(r.Context())
	env["GALLEY_ROLE"], env["GALLEY_CLAIMS"], env["GALLEY_REQUEST_ID"] = id.Role, id.Claims, httpapi.RequestID(r.Context())
	for name, value := range env {
		if value != "" && sendable(name) && sendable(value) {
			config = config.WithEnv(name, value)
		}
	}
	return config
}

// sendable tells whether a text can stand in an environment, whose entries end with NUL.
func sendable(s string) bool {
	for i := range len(s) {
		if s[i] == 0 {
			return false
		}
	}
	return true
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// unblock ends a reading of the request that waits, and the writing of a response that
// has begun, when the call has ended: its client may send or take nothing. Deadlines are
// set in these cases only, for they are those of the connection.
func unblock(ctx context.Context, w http.ResponseWriter, in *body, out *response) (stop func()) {
	c := http.NewResponseController(w)
	var mu sync.Mutex
	over := false
	cancel := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		past := time.Unix(1, 0)
		if !over && in.reading.Load() {
			_ = c.SetReadDeadline(past) // where it cannot be set, the server's own holds
		}
		if !over && out.sending() {
			_ = c.SetWriteDeadline(past)
		}
	})
	return func() {
		cancel()
		mu.Lock()
		defer mu.Unlock()
		over = true
	}
}

// body is the request's body as standard input. Waiting for it is not computing.
type body struct {
	ctx     context.Context
	r       io.Reader
	meter   *meter
	reading atomic.Bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (n int, err error) {
	if b.r == nil {
		return 0, io.EOF
	}
	b.meter.wait(func() {
		b.reading.Store(true)
		defer b.reading.Store(false)
		if err = b.ctx.Err(); err == nil { // looked at after reading was set, as unblock looks at it after ctx is done
			n, err = b.r.Read(p)
		}
	})
	return n, err
}
