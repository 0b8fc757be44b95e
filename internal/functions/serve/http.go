package serve

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/route"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Prefix is where functions are called by their names.
const Prefix = "/functions/v1/"

// Handler answers below Prefix.
func (p *Project) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()[len(Prefix)-1:]
		name, _, _ := strings.Cut(path[1:], "/")
		r.Pattern = Prefix + "{function}"
		v, err := p.Find(r.Context(), name)
		if err != nil {
			p.fail(w, r, err)
			return
		}
		p.serve(w, r, v, target{path: path})
	})
}

// Before answers the paths that functions have of their own, and leaves all others to
// next. files tells which paths are those of files, which come first.
func (p *Project) Before(files func(path string) bool, next http.Handler) http.Handler {
	compressed := httpapi.Compress()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if read := r.Method == http.MethodGet || r.Method == http.MethodHead; read && files(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		path := r.URL.EscapedPath()
		m, allow, ok := p.match(r, path)
		switch {
		case ok:
			r.Pattern = m.Pattern
			v, err := p.Find(r.Context(), m.Name)
			if err != nil {
				p.fail(w, r, err)
				return
			}
			compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				p.serve(w, r, v, target{path: path, params: m.Params})
			})).ServeHTTP(w, r)
		case len(allow) > 0:
			p.notAllowed(w, r, allow)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// known waits until all functions are known.
func (p *Project) known(r *http.Request) {
	select {
	case <-p.ready:
	default:
		select {
		case <-p.ready:
		case <-r.Context().Done():
		}
	}
}

// match looks for a route; at the start it waits until all are known.
func (p *Project) match(r *http.Request, path string) (route.Match, []string, bool) {
	p.known(r)
	return p.state.Load().table.Match(r.Method, path)
}

// Exacter tells whether a function answers a request by a more exact path than a
// pattern of others. At the start it waits until all are known.
func (p *Project) Exacter(r *http.Request, than string) bool {
	p.known(r)
	return p.state.Load().table.Exacter(r.Method, r.URL.EscapedPath(), than)
}

// Answers tells whether a path is that of a function, so that what browsers ask
// beforehand is for the function to answer.
func (p *Project) Answers(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, Prefix) {
		return true
	}
	table := p.state.Load().table
	if table.Empty() {
		return false
	}
	_, _, ok := table.Match(r.Method, r.URL.EscapedPath())
	return ok
}

// target is what a request asks a function for.
type target struct {
	path   string // escaped, as the function sees it
	params map[string]string
}

func (p *Project) fail(w http.ResponseWriter, r *http.Request, err error) {
	answer, ok := errors.AsType[*problem](err)
	if !ok { // the client has gone
		answer = &problem{Code: codeBusy, Message: "The function is being loaded", status: http.StatusServiceUnavailable, retry: 1, cause: err}
	}
	p.write(w, r, answer)
}

func (p *Project) notAllowed(w http.ResponseWriter, r *http.Request, allow []string) {
	w.Header().Set("Allow", strings.Join(allow, ", "))
	p.write(w, r, &problem{Code: "METHOD_NOT_ALLOWED", Message: "The function does not answer " + r.Method, status: http.StatusMethodNotAllowed})
}

// serve answers a request by a function.
func (p *Project) serve(w http.ResponseWriter, r *http.Request, v *Version, t target) {
	if v.Err != nil {
		p.write(w, r, v.boot(v.Err))
		return
	}
	id, token, unauthorized := p.identify(r, v.Verifies())
	if unauthorized != nil {
		p.refuse(w, r, unauthorized)
		return
	}
	ctx := httpapi.WithIdentity(r.Context(), id)
	switch {
	case v.Private():
		p.write(w, r, errPrivate)
	case len(v.Declared.Schedules) > 0 && len(v.Declared.Paths) == 0 && id.Role != "service_role":
		p.write(w, r, errServiceOnly)
	case !route.Allows(v.Declared.Methods, r.Method):
		p.notAllowed(w, r, v.Declared.Methods)
	case !slices.Contains(httpMethods, r.Method):
		p.notAllowed(w, r, httpMethods)
	default:
		c := &Call{Function: v.Name, Kind: "request", RequestID: httpapi.RequestID(r.Context()), Token: token,
			Session: database.Session{Role: id.Role, Claims: id.Claims}}
		if v.module != nil && len(v.programs) == 0 {
			v.answerModule(w, r.WithContext(ctx), c, t)
			return
		}
		v.answer(ctx, w, r, c, t)
	}
}

// Verifies tells whether callers must show a token: unless the configuration, or else
// the function itself, says that they need not.
func (v *Version) Verifies() bool {
	for _, said := range []*bool{v.Settings.VerifyJWT, v.Declared.VerifyJWT} {
		if said != nil {
			return *said
		}
	}
	return true
}

// answer has an instance answer a request, whose caller ctx knows.
func (v *Version) answer(ctx context.Context, w http.ResponseWriter, r *http.Request, c *Call, t target) {
	p := v.project
	x := &exchange{w: w, r: r, target: t, limit: p.config.Limits.MaxResponse}
	c.exchange = x
	body, err := smallBodyOf(r)
	if err != nil {
		httpapi.WriteError(w, r.WithContext(ctx), err)
		return
	}
	made, err := v.group.Acquire(r.Context())
	if err != nil {
		v.counts.refused.Add(1)
		p.write(w, r, v.why(r.Context(), err))
		return
	}
	i, _ := made.(*instance)
	stop := v.counts.begin()
	ctx, end := i.begin(context.WithoutCancel(ctx), time.Now().Add(p.config.Limits.Wall), c)
	err = i.request(ctx, x, body)
	left := x.gaveUp(err)
	failed := x.conclude(v, ctx, err)
	if left || failed == nil {
		stop(nil)
	} else {
		stop(failed)
		v.past.Note(true) // who fails gets no processor before others, either
	}
	finish := func() {
		defer i.release()
		defer end()
		i.rest(ctx)
	}
	if c.waits || i.loop.Pending() > 0 {
		go p.background(v, finish)
	} else {
		finish()
	}
	switch {
	case left:
		panic(http.ErrAbortHandler)
	case failed != nil:
		p.config.Log(Entry{At: time.Now(), Function: v.Name, RequestID: c.RequestID, Level: "error", Message: failed.full(v)})
		p.answerFailed(w, r, x, failed)
	}
}

// request calls the handler.
func (i *instance) request(ctx context.Context, x *exchange, body engine.Value) error {
	r := x.r
	var handle engine.Value
	if body == nil && hasBody(r) {
		_ = http.NewResponseController(x.w).EnableFullDuplex() // where it cannot, the answer waits for the body
		n, err := i.version.project.config.Reader(ctx, requestReader{x})
		if err != nil {
			return err
		}
		handle = n
	}
	peer, _, _ := net.SplitHostPort(r.RemoteAddr)
	text := appendURL(i.scratch[:0], r, x.target.path)
	n := len(text)
	text = appendHeaders(text, r, peer)
	_, err := i.call(ctx, "request", r.Method, engine.Text(text[:n]), engine.Text(text[n:]), body, handle, float64(i.uses))
	if cap(text) <= mostScratch {
		i.scratch = text
	}
	return err
}

// conclude ends an exchange: an answer that is there is written, unless the function
// failed before it had begun.
func (x *exchange) conclude(v *Version, ctx context.Context, err error) *problem {
	answered, tooLong := x.end()
	switch {
	case tooLong:
		err = errResponseSize
	case err == nil && answered:
		x.finish()
		return nil
	case err == nil:
		err = errors.New("the function gave no answer")
	case x.module != nil && strings.HasSuffix(err.Error(), x.module.Message):
		return v.project.ofModule(x.module)
	}
	return v.why(ctx, err)
}

// answerFailed tells the client of a failure. One within a response breaks the
// connection, so that nobody takes it for complete.
func (p *Project) answerFailed(w http.ResponseWriter, r *http.Request, x *exchange, failed *problem) {
	x.mu.Lock()
	begun, readFail := x.begun, x.readFail
	x.mu.Unlock()
	if begun {
		httpapi.Note(r.Context(), failed)
		panic(http.ErrAbortHandler)
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](readFail); tooLarge {
		failed = &problem{Code: "54000", Message: "The body of the request is too large", status: http.StatusRequestEntityTooLarge, cause: readFail}
	}
	p.write(w, r, failed)
}

// background does what a function goes on with after its answer.
func (p *Project) background(v *Version, fn func()) {
	if err := guarded(func() error { fn(); return nil }); err != nil {
		p.config.Logger.Error("functions: after an answer", "function", v.Name, "error", err)
	}
}

func hasBody(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0
}

// smallBodyOf is the body of a request, nil for none and for one that is read piece by
// piece.
func smallBodyOf(r *http.Request) (engine.Value, error) {
	if !hasBody(r) || r.ContentLength < 0 || r.ContentLength > smallBody {
		return nil, nil
	}
	return httpapi.ReadBody(r)
}

// appendURL appends the URL of a request as its function sees it.
func appendURL(b []byte, r *http.Request, path string) []byte {
	if r.TLS != nil || first(r.Header, "X-Forwarded-Proto") == "https" {
		b = append(b, "https://"...)
	} else {
		b = append(b, "http://"...)
	}
	b = append(append(b, r.Host...), path...)
	if r.URL.RawQuery != "" {
		b = append(append(b, '?'), r.URL.RawQuery...)
	}
	return b
}

// first is the first value of a header, whose name is written as http.Header has it.
func first(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// aboutCall is what about gives, for the use of an instance that a handler's second
// argument names: it may ask when the call is over, but not for another one.
func aboutCall(c *Call, use float64) string {
	if c == nil || c.exchange == nil || float64(c.instance.uses) != use {
		return "{}"
	}
	return about(c, c.exchange.target, c.exchange.r.RemoteAddr)
}

// about is what a handler's second argument is made of. from is where the request came
// from, "" when there is none.
func about(c *Call, t target, from string) string {
	said := struct {
		RequestID  string            `json:"requestId"`
		Function   string            `json:"function"`
		Role       string            `json:"role,omitempty"`
		Claims     json.RawMessage   `json:"claims,omitempty"`
		Params     map[string]string `json:"params,omitempty"`
		RemoteAddr address           `json:"remoteAddr"`
	}{RequestID: c.RequestID, Function: c.Function, Role: c.Session.Role, Params: t.params, RemoteAddr: address{"tcp", "", 0}}
	if c.Session.Claims != "" {
		said.Claims = json.RawMessage(c.Session.Claims)
	}
	if from != "" {
		said.RemoteAddr = remote(from)
	}
	text, _ := json.Marshal(said) // the claims were JSON
	return string(text)
}

// address is who came, as Deno tells it.
type address struct {
	Transport string `json:"transport"`
	Hostname  string `json:"hostname"`
	Port      int    `json:"port"`
}
