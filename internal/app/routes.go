package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/admin"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/openapi"
	"github.com/galleyhq/galley/internal/rest"
	"github.com/galleyhq/galley/internal/static"
	web "github.com/galleyhq/galley/web/client"
)

// route is a path and who answers it; or, without a pattern, what is asked before
// the project's files or stands around everything.
type route struct {
	pattern string // of http.ServeMux
	handler http.Handler
	before  func(files http.Handler) http.Handler
	around  httpapi.Middleware
	// own tells requests whose handlers say themselves which scripts may read their
	// answers.
	own func(*http.Request) bool
}

// newHandler puts the whole of Galley's HTTP together. more are routes of other
// parts, some of whose callers show a key.
func newHandler(db database.DB, c config.Config, keys Keys, m *monitor, x extensions, log *slog.Logger, more ...func(*token.Verifier) ([]route, error)) (http.Handler, error) {
	v, err := verifier(db, c, keys)
	if err != nil {
		return nil, err
	}
	files, err := publicFiles(c)
	if err != nil {
		return nil, err
	}
	data := api(rest.New(restConfig(m.db, c, x, log)), v)
	if c.API.ServerTiming {
		data = rest.ServerTiming(data)
	}
	routes := []route{
		{pattern: "/rest/v1", handler: data},
		{pattern: "/rest/v1/", handler: data},
		{pattern: "/api/", handler: api(resourceAPI(m.db, c, x, log), v)},
		{pattern: "GET /openapi.json", handler: api(describe(db, c, x), v)},
		{pattern: "/admin/v1/", handler: api(admin.New(m.db), v)},
		{pattern: "GET /docs", handler: httpapi.Chain(openapi.Page(), httpapi.Compress())},
		{pattern: "/graphql/v1", handler: absent("GraphQL")},
		{pattern: "/graphql/v1/", handler: absent("GraphQL")},
		{pattern: "/storage/v1/", handler: absent("File storage")},
		{pattern: "/realtime/v1/", handler: absent("Realtime")},
		{pattern: "GET /galley/config.js", handler: clientConfig(keys)},
		{pattern: "GET /galley/client.js", handler: httpapi.Chain(browserClient(web.Module()), httpapi.Compress())},
		{pattern: "GET /health", handler: httpapi.Health()},
		{pattern: "GET /health/live", handler: httpapi.Health()},
		{pattern: "GET /health/ready", handler: httpapi.Ready(m.checks...)},
		{pattern: "GET /ready", handler: httpapi.Ready(m.checks...)},
	}
	if c.Metrics.Listen == "" {
		routes = append(routes, route{pattern: "GET /metrics", handler: m.guarded(c, v)})
	}
	for path, h := range openapi.PageFiles() {
		routes = append(routes, route{pattern: "GET " + path, handler: httpapi.Chain(h, httpapi.Compress())})
	}
	for _, routesOf := range more {
		list, err := routesOf(v)
		if err != nil {
			return nil, err
		}
		routes = append(routes, list...)
	}
	cors := httpapi.CORS(c.Server.CORSOrigins...)
	proxies, err := c.Auth.Limits.Proxies()
	if err != nil {
		return nil, err
	}
	around := []httpapi.Middleware{proxies.Middleware, httpapi.Observe(log, m), nil, httpapi.LimitBody(c.Server.MaxBody)}
	mux, heads := http.NewServeMux(), map[string]bool{}
	var called http.Handler // functions, by their names
	for _, r := range routes {
		switch {
		case r.before != nil:
			files = r.before(files)
		case r.around != nil:
			around = append(around, r.around)
		case r.own != nil:
			cors = httpapi.Unless(ofScripts(r.own), cors)
		default:
			if r.pattern == functions.Prefix {
				called = r.handler
			}
			mux.Handle(r.pattern, r.handler)
			heads[headOf(r.pattern)] = true
		}
	}
	around[2] = cors
	mux.Handle("/", files)
	return httpapi.Chain(direct(mux, heads, data, called, files), around...), nil
}

// ofScripts leaves requests of no script out, which CORS does nothing with.
func ofScripts(own func(*http.Request) bool) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Header.Get("Origin") != "" && own(r) }
}

// direct serves the data API, functions, and files with all that comes before them,
// without the mux, which takes longer to find them than anything else on the way. heads
// are the first segments of the mux's patterns. Paths that the mux would clean up, and
// functions' with escapes that count, go through it.
// called may be nil.
func direct(mux *http.ServeMux, heads map[string]bool, data, called, files http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		switch {
		case !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || strings.Contains(path, "/."):
			mux.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/rest/v1/"):
			r.Pattern = "/rest/v1/{relation}"
			if strings.HasPrefix(path[len("/rest/v1/"):], "rpc/") {
				r.Pattern = "/rest/v1/rpc/{function}"
			}
			data.ServeHTTP(w, r)
		case called != nil && r.URL.RawPath == "" && strings.HasPrefix(path, functions.Prefix):
			called.ServeHTTP(w, r)
		case heads[head(path)] || r.Method == http.MethodConnect:
			mux.ServeHTTP(w, r)
		default:
			r.Pattern = "/"
			files.ServeHTTP(w, r)
		}
	})
}

// headOf is the first segment of a pattern, which has no parameter there.
func headOf(pattern string) string { return head(pattern[strings.IndexByte(pattern, '/'):]) }

// head is the first segment of a path.
func head(path string) string {
	segment, _, _ := strings.Cut(path[1:], "/")
	return segment
}

// api is an API whose callers show a key.
func api(h http.Handler, v *token.Verifier) http.Handler {
	return httpapi.Chain(h, v.Middleware, httpapi.Compress())
}

func restConfig(db database.DB, c config.Config, x extensions, log *slog.Logger) rest.Config {
	return rest.Config{
		DB: db, Schemas: c.API.Schemas, ExtraSearchPath: c.API.ExtraSearchPath, AnonRole: c.API.AnonRole,
		MaxRows: c.API.MaxRows, TxEnd: rest.TxEnd(c.API.TxEnd), Aggregates: c.API.Aggregates, Plan: c.API.Plan, ServerTiming: c.API.ServerTiming, Logger: log,
		Hooks: x.hooks, Functions: x.functions,
	}
}

func resourceAPI(db database.DB, c config.Config, x extensions, log *slog.Logger) http.Handler {
	name := "public"
	if len(c.API.Schemas) > 0 {
		name = c.API.Schemas[0]
	}
	return rest.NewResources(restConfig(db, c, x, log), rest.ResourceConfig{DB: db, Schema: name, SearchPath: append([]string{name}, c.API.ExtraSearchPath...),
		AnonRole: c.API.AnonRole, MaxPage: c.API.MaxRows, Hooks: x.hooks})
}

// describe is the document of the data APIs.
func describe(db database.DB, c config.Config, x extensions) http.Handler {
	return openapi.New(openapi.Config{DB: db, Schemas: c.API.Schemas, SearchPath: c.API.ExtraSearchPath, AnonRole: c.API.AnonRole, MaxPage: c.API.MaxRows, Functions: x.functions})
}

// absent answers for a protocol that is not served yet, so that no client takes
// the front page for an answer.
func absent(what string) http.Handler {
	return httpapi.Handler(func(http.ResponseWriter, *http.Request) error {
		return fault.Unsupported("%s: not part of this version of Galley yet", what).WithStatus(http.StatusNotImplemented)
	})
}

// publicFiles serves the project's files, or nothing when it has none.
func publicFiles(c config.Config) (http.Handler, error) {
	if c.Server.Public == "" {
		return notFound, nil
	}
	files, err := static.Open(static.Config{
		Dir:      c.Server.Public,
		Headers:  c.Server.Headers,
		Reserved: []string{"/rest/", "/api/", "/admin/", "/graphql/", "/auth/", "/storage/", "/realtime/", "/functions/", "/galley/", "/admin/", "/dev/", "/hooks/"},
	})
	if errors.Is(err, fs.ErrNotExist) {
		return notFound, nil
	}
	return files, err
}

var notFound = httpapi.Handler(func(http.ResponseWriter, *http.Request) error {
	return fault.New("PGRST125", "Invalid path specified in request URL").WithStatus(http.StatusNotFound)
})

// clientConfig is an ES module that tells a page of the project's own where its
// API is and its anon key, which is public by design:
//
//	import { url, anonKey } from "/galley/config.js"
func clientConfig(keys Keys) http.Handler {
	key, _ := json.Marshal(keys.Anon) // a string always has a JSON form
	module := fmt.Appendf(nil, "export const url = new URL(import.meta.url).origin;\nexport const anonKey = %s;\n", key)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(module) // a client that left is no error
	})
}

// browserClient is the official client as an ES module, for pages of the project's own:
//
//	import { client } from "/galley/client.js"
func browserClient(module []byte) http.Handler {
	if module != nil {
		return static.Asset(module, "text/javascript; charset=utf-8")
	}
	return httpapi.Handler(func(http.ResponseWriter, *http.Request) error {
		return fault.Unsupported("this binary was built without %s", web.Package).
			WithHint("Build it with make, which needs npm, or import https://esm.sh/%s@%s instead.", web.Package, web.Version).WithStatus(http.StatusNotImplemented)
	})
}
