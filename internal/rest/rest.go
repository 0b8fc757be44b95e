// Package rest is the data API of PostgREST 12 and later, HTTP in and one
// statement of package query out: GET, HEAD, POST, PATCH, DELETE and OPTIONS on
// the tables and views of the exposed schemas.
//
//	mux.Handle("/rest/v1/", rest.New(rest.Config{DB: db, Schemas: []string{"public"}, AnonRole: "anon"}))
//
// A request is parsed and planned with no connection held. Its plan is looked
// up by shape; on a hit nothing but the filters is parsed, for their values.
// Rows are rendered one by one as the engine makes them.
//
// Source: PostgREST documentation, "API".
package rest

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/query"
	"github.com/galleyhq/galley/internal/rest/batch"
	"github.com/galleyhq/galley/internal/rest/raised"
	"github.com/galleyhq/galley/internal/rest/render"
	"github.com/galleyhq/galley/internal/rest/resource"
	"github.com/galleyhq/galley/internal/rest/timing"
	"github.com/galleyhq/galley/internal/schema"
)

// TxEnd says how the transaction of a write ends.
type TxEnd string

// The ways a transaction ends (PostgREST documentation, "db-tx-end"). With an
// override a request may say Prefer: tx=commit or tx=rollback.
const (
	Commit           TxEnd = "commit"
	CommitOverride   TxEnd = "commit-allow-override"
	Rollback         TxEnd = "rollback"
	RollbackOverride TxEnd = "rollback-allow-override"
)

// Config says what is served to whom.
type Config struct {
	DB database.DB
	// Prefix is the path under which the API stands; "" means /rest/v1.
	Prefix string
	// Schemas are the exposed schemas. The first is the one a request means
	// that names none; none at all means public.
	Schemas []string
	// ExtraSearchPath are schemas that statements search after the exposed
	// one; nil means public and extensions.
	ExtraSearchPath []string
	// AnonRole is the role of requests without identity; "" refuses them.
	AnonRole string
	// MaxRows bounds the rows of a read; 0 does not.
	MaxRows int64
	// TxEnd says how writes end; "" means Commit.
	TxEnd TxEnd
	// AllowTxRollback lets a request say Prefer: tx=rollback where TxEnd is
	// Commit.
	AllowTxRollback bool
	// Aggregates lets select lists use aggregate functions (PostgREST
	// documentation, "db-aggregates-enabled").
	Aggregates bool
	// Plan lets a request ask for the plan of its statement instead of rows
	// (PostgREST documentation, "db-plan-enabled").
	Plan bool
	// ServerTiming measures requests that went through the middleware of this name.
	ServerTiming bool
	// Hooks run before and after the writes of tables; nil for none.
	Hooks *hooks.Registry
	// Functions are those of the program that are called like the database's own, at
	// rpc; nil for none.
	Functions *hooks.Functions
	// Plans bounds the cached plans; 0 means 2,000.
	Plans int
	// Logger takes what no response can tell; nil means slog.Default.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Prefix == "" {
		c.Prefix = "/rest/v1"
	}
	if len(c.Schemas) == 0 {
		c.Schemas = []string{"public"}
	}
	if c.ExtraSearchPath == nil {
		c.ExtraSearchPath = database.DefaultSearchPath
	}
	if c.TxEnd == "" {
		c.TxEnd = Commit
	}
	if c.TxEnd == Commit && c.AllowTxRollback {
		c.TxEnd = CommitOverride
	}
	if c.Plans <= 0 {
		c.Plans = 2000
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// api is the handler.
type api struct {
	Config
	plans       *query.Cache[*query.Plan]
	searchPaths map[string][]string
	requests    *sync.Pool // of *request
	bodies      *render.Bodies
	batched     bool // all requests stand in one transaction
}

// New returns the handler of the API. It expects an httpapi.Identity in the
// context of a request that showed a key, and whatever limits the body.
func New(c Config) http.Handler {
	a := newAPI(c)
	if c.ServerTiming {
		a = a.on(timing.Database(c.DB))
	}
	return newHandler(a)
}

// ServerTiming tells in the header Server-Timing how long the phases of a request
// took (PostgREST documentation, "Server-Timing Header"). It goes around whatever
// verifies tokens, and needs Config.ServerTiming.
func ServerTiming(next http.Handler) http.Handler { return timing.Middleware(next) }

func newHandler(a *api) http.Handler { return httpapi.Handler(a.serve) }

// ResourceConfig says what the resource style of the API serves to whom.
type ResourceConfig = resource.Config

// NewResources returns the handler of the resource style, /api/<table>/<key>, and
// of /api/batch, which takes requests of both styles.
func NewResources(c Config, rc ResourceConfig) http.Handler {
	resources, tables := resource.New(rc), newAPI(c)
	mux := http.NewServeMux()
	mux.Handle("/api/", resources)
	mux.Handle("/api/batch", batch.New(batch.Config{DB: rc.DB, AnonRole: rc.AnonRole, Handler: func(db database.DB) http.Handler {
		one := http.NewServeMux()
		one.Handle("/api/", resources.On(db))
		within := tables.on(db)
		within.batched = true
		one.Handle("/rest/v1/", newHandler(within))
		return one
	}}))
	return mux
}

// on returns the same API on another database, such as one transaction; it shares
// the plans.
func (a *api) on(db database.DB) *api {
	other := *a
	other.DB = db
	return &other
}

func newAPI(c Config) *api {
	c = c.withDefaults()
	a := &api{Config: c, plans: query.NewCache[*query.Plan](c.Plans), searchPaths: make(map[string][]string)}
	for _, name := range c.Schemas {
		path := []string{name}
		for _, extra := range c.ExtraSearchPath {
			if !slices.Contains(path, extra) {
				path = append(path, extra)
			}
		}
		a.searchPaths[name] = path
	}
	a.requests = &sync.Pool{New: func() any { return new(request) }}
	a.bodies = render.NewBodies()
	return a
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) error {
	q := a.requests.Get().(*request)
	defer a.requests.Put(q)
	err := a.answer(w, r, q)
	if err == nil {
		return nil
	}
	f := withStatus(raised.Error(w.Header(), fault.From(err)))
	w.Header().Set("Proxy-Status", "PostgREST; error="+f.Code)
	return f
}

func (a *api) answer(w http.ResponseWriter, r *http.Request, q *request) error {
	clock := a.clock(r)
	clock.Mark(timing.JWT)
	if r.Method == http.MethodOptions && strings.Trim(strings.TrimPrefix(r.URL.Path, a.Prefix), "/") == "" {
		clock.Mark(timing.Parse)
		w.Header().Set("Allow", http.MethodOptions) // there is nothing else at the root
		w.WriteHeader(http.StatusOK)
		return nil
	}
	if err := a.parse(q, r); err != nil {
		return err
	}
	clock.Mark(timing.Parse)
	if q.function != "" {
		return a.call(w, r, q)
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return a.read(w, r, q)
	case http.MethodPost:
		return a.insert(w, r, q)
	case http.MethodPatch:
		return a.update(w, r, q)
	case http.MethodDelete:
		return a.delete(w, r, q)
	case http.MethodOptions:
		return a.options(w, r, q)
	case http.MethodPut:
		return a.put(w, r, q)
	}
	return fault.New("PGRST117", "Unsupported HTTP method: %s", r.Method).WithStatus(http.StatusMethodNotAllowed)
}

// clock is what measures a request, nil for nothing.
func (a *api) clock(r *http.Request) *timing.Clock {
	if !a.ServerTiming {
		return nil
	}
	return timing.From(r.Context())
}

// options tells which methods a relation takes.
func (a *api) options(w http.ResponseWriter, r *http.Request, q *request) error {
	rel, _, err := a.relation(r, q)
	if err != nil {
		return err
	}
	w.Header().Set("Allow", strings.Join(methods(rel), ","))
	w.WriteHeader(http.StatusOK)
	return nil
}

// methods lists what may be asked of a relation; of a view, what it takes.
func methods(rel *schema.Relation) []string {
	out := []string{"OPTIONS", "GET", "HEAD"}
	for _, m := range []struct {
		name    string
		allowed bool
	}{
		{http.MethodPost, !rel.NoInsert},
		{http.MethodPut, !rel.NoInsert && !rel.NoUpdate && len(rel.PrimaryKey) > 0},
		{http.MethodPatch, !rel.NoUpdate},
		{http.MethodDelete, !rel.NoDelete},
	} {
		if m.allowed {
			out = append(out, m.name)
		}
	}
	return out
}

// table returns the name that a path says.
func (a *api) table(path string) (string, error) {
	name := strings.Trim(strings.TrimPrefix(path, a.Prefix), "/")
	switch {
	case name == "":
		return "", fault.New("PGRST126", "Root endpoint metadata is disabled").WithHint("The tables are below it; /docs shows them, and /openapi.json describes them.").WithStatus(http.StatusNotFound)
	case strings.Contains(strings.TrimPrefix(name, "rpc/"), "/"):
		return "", fault.New("PGRST125", "Invalid path specified in request URL").WithStatus(http.StatusNotFound)
	}
	return name, nil
}
