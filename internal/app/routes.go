package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/galleyhq/galley/internal/admin"
	"github.com/galleyhq/galley/internal/app/site"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/openapi"
	"github.com/galleyhq/galley/internal/rest"
	"github.com/galleyhq/galley/internal/static"
	web "github.com/galleyhq/galley/web/client"
)

// newHandler puts the whole of Galley's HTTP together. more are routes of other
// parts, some of whose callers show a key.
func newHandler(db database.DB, c config.Config, keys Keys, m *monitor, x extensions, log *slog.Logger, more ...func(*token.Verifier) ([]site.Route, error)) (http.Handler, error) {
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
	s := site.New(data, files, httpapi.CORS(c.Server.CORSOrigins...))
	s.Add(append(dataRoutes(db, c, m, x, log, v, data), serverRoutes(c, keys, m, v)...))
	for _, routesOf := range more {
		list, err := routesOf(v)
		if err != nil {
			return nil, err
		}
		s.Add(list)
	}
	proxies, err := c.Auth.Limits.Proxies()
	if err != nil {
		return nil, err
	}
	return s.Handler(proxies.Middleware, httpapi.Observe(log, m), httpapi.LimitBody(c.Server.MaxBody)), nil
}

// dataRoutes are the APIs of the database, what describes them, and those that are not
// part of this version.
func dataRoutes(db database.DB, c config.Config, m *monitor, x extensions, log *slog.Logger, v *token.Verifier, data http.Handler) []site.Route {
	return []site.Route{
		{Pattern: "/rest/v1", Handler: data},
		{Pattern: "/rest/v1/", Handler: data},
		{Pattern: "/api/", Handler: api(resourceAPI(m.db, c, x, log), v)},
		{Pattern: "GET /openapi.json", Handler: api(describe(db, c, x), v)},
		{Pattern: "/admin/v1/", Handler: api(admin.New(m.db), v)},
		{Pattern: "/graphql/v1", Handler: absent("GraphQL")},
		{Pattern: "/graphql/v1/", Handler: absent("GraphQL")},
		{Pattern: "/storage/v1/", Handler: absent("File storage")},
		{Pattern: "/realtime/v1/", Handler: absent("Realtime")},
	}
}

// serverRoutes are the pages and modules for browsers, the probes, and metrics.
func serverRoutes(c config.Config, keys Keys, m *monitor, v *token.Verifier) []site.Route {
	routes := []site.Route{
		{Pattern: "GET /docs", Handler: httpapi.Chain(openapi.Page(), httpapi.Compress())},
		{Pattern: "GET /galley/config.js", Handler: clientConfig(keys)},
		{Pattern: "GET /galley/client.js", Handler: httpapi.Chain(browserClient(web.Module()), httpapi.Compress())},
		{Pattern: "GET /health", Handler: httpapi.Health()},
		{Pattern: "GET /health/live", Handler: httpapi.Health()},
		{Pattern: "GET /health/ready", Handler: httpapi.Ready(m.checks...)},
		{Pattern: "GET /ready", Handler: httpapi.Ready(m.checks...)},
	}
	if c.Metrics.Listen == "" {
		routes = append(routes, site.Route{Pattern: "GET /metrics", Handler: m.guarded(c, v)})
	}
	for path, h := range openapi.PageFiles() {
		routes = append(routes, site.Route{Pattern: "GET " + path, Handler: httpapi.Chain(h, httpapi.Compress())})
	}
	return routes
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
