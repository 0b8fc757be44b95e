// Package resource serves tables in the style that most people learn as REST: a
// collection at /api/<table>, a row at /api/<table>/<key>, with GET, POST, PUT,
// PATCH and DELETE, pages by an opaque token, entity tags, and problem details
// for errors (RFC 9110, RFC 9457). It plans with the same package query as the
// PostgREST protocol beside it, under the same roles and policies.
//
//	mux.Handle("/api/", resource.New(resource.Config{DB: db, Schema: "public", AnonRole: "anon"}))
//
//	GET    /api/todos?filter=done = false and title like "buy*"&sort=-created&page_size=20
//	POST   /api/todos            {"title": "milk"}        201, Location, ETag
//	GET    /api/todos/7                                   200, ETag; 304 with If-None-Match
//	PATCH  /api/todos/7          {"done": true}           412 unless If-Match holds
//	PUT    /api/todos/7          the whole row
//	DELETE /api/todos/7                                   204
package resource

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/schema"
)

// Config says what is served to whom.
type Config struct {
	DB database.DB
	// Prefix is the path under which the API stands; "" means /api.
	Prefix string
	// Schema is the one whose tables are served; "" means public.
	Schema string
	// SearchPath is that of the statements; nil means the schema alone.
	SearchPath []string
	// AnonRole is the role of requests without identity; "" refuses them.
	AnonRole string
	// MaxPage bounds a page; 0 means 1,000.
	MaxPage int64
	// Hooks run before and after the writes of tables; nil for none.
	Hooks *hooks.Registry
}

// defaultPage is the size of a page that nobody asked a size for.
const defaultPage = 50

// maxPlans bounds the plans kept.
const maxPlans = 1000

type api struct {
	Config
	plans *query.Cache[*query.Plan]
}

// Handler serves the resources.
type Handler struct{ api *api }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.api.serve(w, r); err != nil {
		writeProblem(w, r, err)
	}
}

// On returns the same handler on another database, such as one transaction; it
// shares the plans.
func (h *Handler) On(db database.DB) *Handler {
	other := *h.api
	other.DB = db
	return &Handler{&other}
}

// New returns the handler. It expects an httpapi.Identity in the context of a
// request that showed a key, and whatever limits the body.
func New(c Config) *Handler {
	if c.Prefix == "" {
		c.Prefix = "/api"
	}
	if c.Schema == "" {
		c.Schema = "public"
	}
	if c.SearchPath == nil {
		c.SearchPath = []string{c.Schema}
	}
	if c.MaxPage <= 0 {
		c.MaxPage = 1000
	}
	return &Handler{&api{Config: c, plans: query.NewCache[*query.Plan](maxPlans)}}
}

// request is what a request is about.
type request struct {
	*http.Request
	rel     *schema.Relation
	snap    *schema.Snapshot
	key     []string // the values of the primary key; nil for the collection
	session database.Session
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) error {
	q, err := a.parse(r)
	if err != nil {
		return err
	}
	if q.key == nil {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			return a.list(w, q)
		case http.MethodPost:
			return a.create(w, q)
		}
		return notAllowed(w, "GET, HEAD, POST")
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return a.get(w, q)
	case http.MethodPut:
		return a.replace(w, q)
	case http.MethodPatch:
		return a.patch(w, q)
	case http.MethodDelete:
		return a.delete(w, q)
	}
	return notAllowed(w, "GET, HEAD, PUT, PATCH, DELETE")
}

func notAllowed(w http.ResponseWriter, allow string) error {
	w.Header().Set("Allow", allow)
	return fault.New("PGRST117", "this method is not allowed here").WithHint("Allowed are %s.", allow).WithStatus(http.StatusMethodNotAllowed)
}

// parse finds the table and the key of a request.
func (a *api) parse(r *http.Request) (*request, error) {
	path := strings.Trim(strings.TrimPrefix(r.URL.EscapedPath(), a.Prefix), "/")
	name, key, hasKey := strings.Cut(path, "/")
	table, err := url.PathUnescape(name)
	if err != nil || table == "" || strings.Contains(key, "/") {
		return nil, notFound("no such resource")
	}
	q := &request{Request: r}
	if q.session, err = a.newSession(r); err != nil {
		return nil, err
	}
	if q.snap, err = a.DB.Schema(r.Context()); err != nil {
		return nil, err
	}
	if q.rel = q.snap.Relation(a.Schema, table); q.rel == nil {
		return nil, notFound("there is no table %q", table)
	}
	if hasKey {
		q.key, err = parseKey(q.rel, key)
	}
	return q, err
}

func notFound(format string, args ...any) error {
	return fault.New("PGRST125", format, args...).WithStatus(http.StatusNotFound)
}

// parseKey reads the values of the primary key, divided by commas; a comma in a
// value is escaped as %2C.
func parseKey(rel *schema.Relation, text string) ([]string, error) {
	if len(rel.PrimaryKey) == 0 {
		return nil, notFound("the rows of %q have no primary key to be named by", rel.Name.Name)
	}
	var key []string
	for part := range strings.SplitSeq(text, ",") {
		value, err := url.PathUnescape(part)
		if err != nil {
			return nil, notFound("no such resource")
		}
		key = append(key, value)
	}
	if len(key) != len(rel.PrimaryKey) {
		return nil, notFound("the key of %q has %d parts: %s", rel.Name.Name, len(rel.PrimaryKey), strings.Join(rel.PrimaryKey, ","))
	}
	return key, nil
}

func (a *api) newSession(r *http.Request) (database.Session, error) {
	id := httpapi.IdentityFrom(r.Context())
	if id.Role == "" {
		id.Role = a.AnonRole
	}
	if id.Role == "" {
		return database.Session{}, fault.New("PGRST302", "Anonymous access is disabled").WithStatus(http.StatusUnauthorized)
	}
	return database.Session{Role: id.Role, Claims: id.Claims, Method: r.Method, Path: r.URL.Path,
		Headers: httpapi.HeadersJSON(r), SearchPath: a.SearchPath}, nil
}

// byKey are the conditions that name a row.
func (q *request) byKey() []query.Cond {
	conds := make([]query.Cond, len(q.key))
	for i, v := range q.key {
		conds[i] = query.Cond{Op: query.Eq, Field: query.Field{Column: q.rel.PrimaryKey[i]}, Value: v}
	}
	return conds
}

// location is the path of a row.
func (a *api) location(q *request, key []string) string {
	escaped := make([]string, len(key))
	for i, v := range key {
		escaped[i] = strings.ReplaceAll(url.PathEscape(v), ",", "%2C")
	}
	return a.Prefix + "/" + url.PathEscape(q.rel.Name.Name) + "/" + strings.Join(escaped, ",")
}

var errRowNotFound = errors.New("resource: no such row")

func rowNotFound(q *request) error {
	return fault.New("PGRST116", "there is no such row in %q, or you may not see it", q.rel.Name.Name).
		WithCause(errRowNotFound).WithStatus(http.StatusNotFound)
}
