package serve

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/pool"
	"github.com/galleyhq/galley/internal/httpapi"
)

// The codes of what goes wrong with a function, as Supabase's edge runtime has them.
const (
	codeBoot  = "BOOT_ERROR"   // it cannot be built or started
	codeError = "WORKER_ERROR" // it threw
	codeLimit = "WORKER_LIMIT" // it needed more than it may have
	codeBusy  = "WORKER_BUSY"  // ours: all instances are busy
	codeNone  = "NOT_FOUND"
)

// statusLimit is the status of a function that needed more than it may have, in the
// edge runtime and here. One that was too slow is a 504, as of any gateway.
const statusLimit = 546

// problem is an answer that the server gives in the place of a function.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	// Details say more: to a developer, or what nobody can misuse.
	Details string `json:"details,omitempty"`
	Stack   string `json:"stack,omitempty"`

	status int
	retry  int   // seconds
	cause  error // for the log
}

// Error implements error.
func (p *problem) Error() string {
	s := p.Code + ": " + p.Message
	if p.Details != "" {
		s += " (" + p.Details + ")"
	}
	if p.cause != nil {
		s += ": " + p.cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (p *problem) Unwrap() error { return p.cause }

var (
	errNoFunction = &problem{Code: codeNone, Message: "Requested function was not found", status: http.StatusNotFound}
	errPrivate    = &problem{Code: codeNone, Message: "Requested function does not answer requests", status: http.StatusNotFound,
		Details: "It handles jobs, rows of a table or remote procedure calls."}
	errServiceOnly = &problem{Code: "FORBIDDEN", Message: "Requested function runs by its schedule", status: http.StatusForbidden,
		Details: "The service role may call it, and everyone once it exports a path."}
	errResponseSize = errors.New("the response is longer than functions.max_response allows")
)

// why makes the answer of an error of a call.
func (v *Version) why(ctx context.Context, err error) *problem {
	dev := v.project.config.Dev
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	limited := func(status int, details string) *problem {
		return &problem{Code: codeLimit, Message: "Worker failed to respond due to a resource limit (please check logs)", Details: details, status: status, cause: err}
	}
	switch {
	case errors.Is(err, errResponseSize):
		return limited(statusLimit, err.Error())
	case errors.Is(err, engine.ErrMemory):
		return limited(statusLimit, "The function needed more memory than it may have: functions.memory.")
	case errors.Is(err, engine.ErrTime) && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return limited(http.StatusGatewayTimeout, "The function took longer than it may: functions.timeout.")
	case errors.Is(err, engine.ErrTime):
		return limited(statusLimit, "The function computed for longer than it may: functions.cpu_time.")
	case errors.Is(err, pool.ErrBusy), errors.Is(err, pool.ErrClosed):
		return &problem{Code: codeBusy, Message: "All instances of the function are busy", status: http.StatusServiceUnavailable, retry: 1, cause: err}
	}
	p := &problem{Code: codeError, Message: "Function exited due to an error (please check logs)", status: http.StatusInternalServerError, cause: err}
	if e, ok := errors.AsType[*engine.Error](err); ok && dev {
		p.Details, p.Stack = told(e), v.stack(e.Stack)
	} else if dev {
		p.Details = err.Error()
	}
	return p
}

// told is an error that a script threw, with its hint.
func told(e *engine.Error) string {
	var fields struct {
		Hint string `json:"hint"`
	}
	_ = json.Unmarshal([]byte(e.Fields), &fields) // none is there of what the engine itself throws
	return hinted(e.Error(), fields.Hint)
}

func hinted(message, hint string) string {
	if hint == "" {
		return message
	}
	return message + " (" + strings.TrimRight(hint, ".") + ")"
}

// boot is the answer of a function that cannot be used.
func (v *Version) boot(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok && p.Code == codeBoot {
		return p // of an instance that could not be opened
	}
	p := &problem{Code: codeBoot, Message: "Worker failed to boot (please check logs)", status: http.StatusServiceUnavailable, cause: err}
	if !v.project.config.Dev {
		return p
	}
	p.Details = err.Error()
	if f, ok := errors.AsType[*fault.Error](err); ok {
		p.Details = strings.TrimRight(f.Message+"\n"+f.Detail, "\n")
	}
	if e, ok := errors.AsType[*engine.Error](err); ok {
		p.Details, p.Stack = told(e), v.stack(e.Stack)
	}
	return p
}

// Problem says why the function cannot be used, with the places in its sources.
func (v *Version) Problem() string {
	if v.Err == nil {
		return ""
	}
	return v.boot(v.Err).full(v)
}

// write answers with a problem. Scripts of other origins may read it, as they may
// read what functions say for themselves.
func (p *Project) write(w http.ResponseWriter, r *http.Request, answer *problem) {
	httpapi.Note(r.Context(), answer)
	httpapi.AllowOrigin(w.Header(), p.config.Origins, r.Header.Get("Origin"))
	writeProblem(w, r, answer.status, answer, answer.retry)
}

func writeProblem(w http.ResponseWriter, r *http.Request, status int, body any, retry int) {
	text, _ := json.Marshal(body) // texts and numbers
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	if retry > 0 {
		h.Set("Retry-After", strconv.Itoa(retry))
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // a client that left is no error
	}
}
