// Package batch runs several requests to the data APIs in one transaction, under
// the caller's role: all of them or none.
//
//	POST /api/batch
//	{"requests": [
//	  {"id": "client",  "method": "POST", "path": "/api/clients",  "body": {"name": "Ada"}},
//	  {"id": "project", "method": "POST", "path": "/api/projects", "body": {"client_id": {"$ref": "client.id"}}},
//	  {"method": "GET", "path": "/rest/v1/projects?client_id=eq.{client.id}"}
//	]}
//
// A later request may use the result of an earlier one: {"$ref": "id.member.0"}
// in its body stands for that member of the response's body, {id.member.0} in its
// path for the text of it. The answer lists status, headers and body of each; the
// first that fails ends the batch with its status, and undoes everything.
package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Bounds of a batch.
const (
	maxRequests = 100
	maxBody     = 4 << 20 // bytes of one response
)

// Config says what a batch is made of.
type Config struct {
	DB database.DB
	// Handler serves one request of a batch on the batch's own transaction.
	Handler func(db database.DB) http.Handler
	// AnonRole is the role of requests without identity; "" refuses them.
	AnonRole string
}

// New returns the handler.
func New(c Config) http.Handler {
	return httpapi.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			return fault.New("PGRST117", "this method is not allowed here").WithHint("Allowed is POST.").WithStatus(http.StatusMethodNotAllowed)
		}
		list, err := read(r)
		if err != nil {
			return err
		}
		return c.run(w, r, list)
	})
}

// request is one of a batch.
type request struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// response is what becomes of it.
type response struct {
	ID      string            `json:"id,omitempty"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"`
}

func read(r *http.Request) ([]request, error) {
	body, err := httpapi.ReadBody(r)
	if err != nil {
		return nil, err
	}
	var in struct{ Requests []request }
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, invalid("the body is no batch: %v", err).WithHint(`It has the form {"requests": [{"method": "POST", "path": "/api/…", "body": {…}}]}.`)
	}
	if len(in.Requests) == 0 || len(in.Requests) > maxRequests {
		return nil, invalid("a batch has 1 to %d requests", maxRequests)
	}
	seen := map[string]bool{}
	for i := range in.Requests {
		q := &in.Requests[i]
		if q.Method = strings.ToUpper(q.Method); q.Method == "" {
			q.Method = http.MethodGet
		}
		if seen[q.ID] && q.ID != "" || strings.ContainsAny(q.ID, ".{}") {
			return nil, invalid("the id %q stands twice, or contains a dot or brace", q.ID)
		}
		seen[q.ID] = true
		if !strings.HasPrefix(q.Path, "/rest/v1/") && !strings.HasPrefix(q.Path, "/api/") || strings.HasPrefix(q.Path, "/api/batch") {
			return nil, invalid("request %s: the path must begin with /rest/v1/ or /api/", q.name(i))
		}
	}
	return in.Requests, nil
}

func invalid(format string, args ...any) *fault.Error {
	return fault.New("PGRST102", format, args...).WithStatus(http.StatusBadRequest)
}

// name is how messages call a request.
func (q *request) name(i int) string {
	if q.ID != "" {
		return q.ID
	}
	return fmt.Sprintf("number %d", i+1)
}

// failure is the first response of a batch that is an error.
type failure struct {
	name string
	response
}

func (f *failure) Error() string { return "request " + f.name + " failed" }

func (c *Config) run(w http.ResponseWriter, r *http.Request, list []request) error {
	s, err := c.session(r)
	if err != nil {
		return err
	}
	var all []response
	err = database.InTx(r.Context(), c.DB, s, database.TxOptions{}, func(tx database.Tx) error {
		all = nil
		h := c.Handler(&transaction{DB: c.DB, tx: tx})
		results := map[string]any{}
		for i := range list {
			one, err := list[i].run(r.Context(), h, results)
			if err != nil {
				return err
			}
			if one.Status >= http.StatusBadRequest {
				return &failure{list[i].name(i), one}
			}
			all = append(all, one)
		}
		return nil
	})
	if f, ok := errors.AsType[*failure](err); ok {
		return httpapi.WriteJSON(w, f.Status, map[string]any{"code": "batch", "message": f.Error() + "; nothing was changed",
			"request": f.name, "details": nil, "hint": nil, "error": f.Body})
	}
	if err != nil {
		return err
	}
	return httpapi.WriteJSON(w, http.StatusOK, map[string]any{"responses": all})
}

func (c *Config) session(r *http.Request) (database.Session, error) {
	id := httpapi.IdentityFrom(r.Context())
	if id.Role == "" {
		id.Role = c.AnonRole
	}
	if id.Role == "" {
		return database.Session{}, fault.New("PGRST302", "Anonymous access is disabled").WithStatus(http.StatusUnauthorized)
	}
	return database.Session{Role: id.Role, Claims: id.Claims, Method: r.Method, Path: r.URL.Path, Headers: httpapi.HeadersJSON(r)}, nil
}

// run serves one request, and keeps its result under its id.
func (q *request) run(ctx context.Context, h http.Handler, results map[string]any) (response, error) {
	path, err := expandPath(q.Path, results)
	if err != nil {
		return response{}, err
	}
	body, err := expandBody(q.Body, results)
	if err != nil {
		return response{}, err
	}
	inner, err := http.NewRequestWithContext(ctx, q.Method, path, bytes.NewReader(body))
	if err != nil {
		return response{}, invalid("the path %q cannot be read", q.Path)
	}
	for name, value := range q.Headers {
		inner.Header.Set(name, value)
	}
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(w, inner)
	if w.lost {
		return response{}, fault.New("54000", "a response of a batch may have at most %d bytes", maxBody).WithStatus(http.StatusBadRequest)
	}
	return q.result(w, results)
}

// kept are the headers of a response that mean something to the client.
var kept = []string{"Location", "Content-Range", "ETag", "Preference-Applied", "Content-Type"}

func (q *request) result(w *recorder, results map[string]any) (response, error) {
	out := response{ID: q.ID, Status: w.status, Headers: map[string]string{}}
	for _, name := range kept {
		if v := w.header.Get(name); v != "" {
			out.Headers[name] = v
		}
	}
	body := w.body.Bytes()
	if len(body) == 0 {
		return out, nil
	}
	if !json.Valid(body) { // CSV
		text, err := json.Marshal(string(body))
		if err != nil {
			return out, fault.Internal(err)
		}
		body = text
	}
	out.Body = body
	if q.ID == "" {
		return out, nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return out, fault.Internal(err)
	}
	results[q.ID] = v
	return out, nil
}

// recorder keeps a response.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	lost   bool // it was too long
}

func (w *recorder) Header() http.Header    { return w.header }
func (w *recorder) WriteHeader(status int) { w.status = status }
func (w *recorder) Write(p []byte) (int, error) {
	if w.body.Len()+len(p) > maxBody {
		w.lost = true
		return len(p), nil
	}
	return w.body.Write(p)
}
