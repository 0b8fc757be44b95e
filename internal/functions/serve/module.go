package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/wasm"
	"github.com/galleyhq/galley/internal/httpapi"
)

// isModule tells whether a function is WebAssembly, and no script.
func (v *Version) isModule() bool { return filepath.Ext(v.Entry) == ".wasm" }

// openModule reads what a module is for. The module itself is compiled when it is first
// called.
func (v *Version) openModule(ctx context.Context) error {
	c := v.project.config
	if c.Modules == nil {
		return errors.New("modules of WebAssembly are not served here")
	}
	dir := filepath.Dir(v.Entry)
	m, err := wasm.ReadManifest(dir)
	v.inputs = append(v.inputs, filepath.Join(dir, wasm.ManifestFile))
	v.Declared = Declared{Handler: true, Paths: list(m.Path), Methods: list(m.Methods), VerifyJWT: m.VerifyJWT}
	v.module = c.Modules.Load(v.Name, v.Entry, m)
	if f, wrong := os.Open(v.Entry); wrong == nil { // a module that cannot be read is told of when it is called
		_, _ = io.Copy(v.digest, f)
		_ = f.Close()
	}
	if err != nil || len(v.Middleware) == 0 {
		return err
	}
	if err := v.build(ctx, v.Middleware); err != nil {
		return err
	}
	made, err := v.group.Acquire(ctx) // to see whether it can be
	if err == nil {
		v.group.Release(made, true)
	}
	return err
}

// retire ends a version once the calls that run have ended.
func (v *Version) retire() {
	v.group.Retire()
	if v.module != nil {
		v.module.Retire()
	}
}

// answerModule has an instance of a module answer a request.
func (v *Version) answerModule(w http.ResponseWriter, r *http.Request, c *Call, t target) {
	p := v.project
	stop := v.counts.begin()
	err := v.module.Serve(w, r, v.moduleCall(r, c, t))
	stop(err)
	if err == nil {
		return
	}
	v.noteModule(c, err)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		httpapi.WriteError(w, r, err)
		return
	}
	p.write(w, r, p.ofModule(f))
}

// moduleCall is what a module is told besides the request.
func (v *Version) moduleCall(r *http.Request, c *Call, t target) wasm.Call {
	p := v.project
	call := wasm.Call{Params: t.params, Secrets: map[string]string{}, Log: func(line string) {
		p.config.Log(Entry{At: time.Now(), Function: v.Name, RequestID: c.RequestID, Level: "info", Message: line})
	}}
	if strings.HasPrefix(r.URL.Path, v.prefix()) {
		call.Script = v.prefix()
	}
	for _, name := range v.module.Manifest.Secrets {
		if value, ok := p.config.Secret(r.Context(), name); ok {
			call.Secrets[name] = value
		}
	}
	return call
}

// prefix is the path that the function is called at by its name.
func (v *Version) prefix() string { return Prefix + v.Name }

func (v *Version) noteModule(c *Call, err error) {
	v.project.config.Log(Entry{At: time.Now(), Function: v.Name, RequestID: c.RequestID, Level: "error", Message: err.Error()})
}

// ofModule is the answer of a module that failed.
func (p *Project) ofModule(f *fault.Error) *problem {
	out := &problem{Code: f.Code, Message: f.Message, Details: f.Detail, status: f.HTTPStatus, cause: f}
	if p.config.Dev && out.Details == "" {
		out.Details = f.Error()
	}
	return out
}

// passOn is serve.module(method, url, headers, body): the answer of a module to what its
// middleware lets through. headers are lines; body is bytes, null, or true for that of
// the request, which no script has looked at.
func passOn(ctx context.Context, args []engine.Value) (engine.Value, error) {
	c := callOf(ctx)
	if c == nil || c.exchange == nil {
		return nil, errOver
	}
	v, x := c.instance.version, c.exchange
	ctx, cancel := context.WithCancel(ctx)
	r, err := x.passed(ctx, v, args)
	if err != nil {
		cancel()
		return nil, err
	}
	out := v.module.Pass(r, v.moduleCall(r, c, x.target), x.unblock)
	go func() {
		defer cancel()
		defer context.AfterFunc(x.r.Context(), cancel)() // the client has gone
		out.Wait()
	}()
	if err := out.Head(); err != nil {
		return nil, x.moduleFailed(v, c, err)
	}
	return v.answered(ctx, out)
}

// unblock ends a reading of the request's body that waits, as long as the request is there.
func (x *exchange) unblock(t time.Time) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over {
		return errOver
	}
	return http.NewResponseController(x.w).SetReadDeadline(t)
}

// answered is an answer as the script takes it, with a handle of its body.
func (v *Version) answered(ctx context.Context, out *wasm.Passage) (engine.Value, error) {
	handle, err := v.project.config.Reader(ctx, out.Body)
	if err != nil {
		return nil, err
	}
	said := struct {
		Status  int         `json:"status"`
		Headers [][2]string `json:"headers"`
		Handle  float64     `json:"handle"`
		Length  int         `json:"length"` // -1 when nobody knows
	}{Status: out.Status, Headers: [][2]string{}, Handle: handle, Length: -1}
	for name, values := range out.Header() {
		for _, value := range values {
			said.Headers = append(said.Headers, [2]string{name, utf16(value)})
		}
	}
	if n, err := strconv.Atoi(out.Header().Get("Content-Length")); err == nil {
		said.Length = n
	}
	if out.Status == http.StatusNoContent || out.Status == http.StatusNotModified {
		said.Length = 0
	}
	text, err := json.Marshal(said)
	return engine.JSON(text), err
}

// moduleFailed tells of a module that gave no answer. What middleware does not catch
// reaches the client as without it.
func (x *exchange) moduleFailed(v *Version, c *Call, err error) error {
	v.noteModule(c, err)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.module = f
	}
	return err
}

// passed is the request that a module gets.
func (x *exchange) passed(ctx context.Context, v *Version, args []engine.Value) (*http.Request, error) {
	a := engine.Args(args)
	to, err := url.Parse(a.Text(1))
	if err != nil {
		return nil, err
	}
	r := x.r.Clone(ctx)
	r.Method, r.URL.RawQuery = a.Text(0), to.RawQuery
	if to.EscapedPath() != x.target.path { // otherwise the path stays as it came
		path := to.Path
		if strings.HasPrefix(x.r.URL.Path, v.prefix()) {
			path = strings.TrimSuffix(Prefix, "/") + path
		}
		r.URL.Path, r.URL.RawPath = path, ""
	}
	r.RequestURI = r.URL.RequestURI()
	r.Header = passedHeaders(a.Text(2), x.r.Header)
	switch body := a.At(3).(type) {
	case []byte:
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	case bool:
		r.Body = io.NopCloser(requestReader{x})
	default:
		r.Body, r.ContentLength = http.NoBody, 0
	}
	return r, nil
}

// passedHeaders are those that middleware passes on. Who the request came from stays as it
// was.
func passedHeaders(lines string, came http.Header) http.Header {
	h := http.Header{}
	for rest := lines; rest != ""; {
		var name, value string
		name, rest, _ = strings.Cut(rest, "\n")
		value, rest, _ = strings.Cut(rest, "\n")
		if name != "host" && name != "x-forwarded-for" {
			h.Add(name, latin1(value))
		}
	}
	if from := came["X-Forwarded-For"]; from != nil {
		h["X-Forwarded-For"] = from
	}
	return h
}
