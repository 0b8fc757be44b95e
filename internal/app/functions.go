package app

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/app/function"
	"github.com/galleyhq/galley/internal/app/site"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/functions"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/integrations"
	"github.com/galleyhq/galley/internal/mail"
	"github.com/galleyhq/galley/internal/outgoing"
	"github.com/galleyhq/galley/internal/redirect"
	"github.com/galleyhq/galley/internal/rowcache"
	"github.com/galleyhq/galley/internal/schema"
	"github.com/galleyhq/galley/internal/static"
)

// newFunctions returns the project's functions, which are not looked for yet, and the
// services outside that they work with.
func (s *Server) newFunctions(post *mail.Service) (*integrations.Service, *functions.Service, error) {
	c := s.options.Config
	v, err := verifier(s.monitor.bare, c, s.Keys)
	if err != nil {
		return nil, nil, err
	}
	s.rows = rowcache.New(rowcache.Config{DB: s.DB, Rows: c.Cache.Rows, Bytes: c.Cache.Size, Limit: c.Database.StatementTimeout, Logger: s.options.Logger})
	var scripts *functions.Service // whose secrets may hold keys, once it is there
	outside, err := s.newOutside(func(ctx context.Context, name string) string { return scripts.Secret(ctx, name) })
	if err != nil {
		return nil, nil, err
	}
	scripts, err = function.New(function.Options{
		DB: s.DB, Config: c, URL: s.URL, ExternalURL: strings.TrimRight(c.Auth.ExternalURL, "/"), JWTSecret: s.Keys.JWTSecret, Anon: s.Keys.Anon, ServiceRole: s.Keys.ServiceRole, Keys: s.Keys.publicSet,
		Mail: post, Outside: outside, Rows: s.rows, Hooks: s.extensions.hooks, RPC: s.extensions.functions, Verify: v.Verify, Anonymous: v.Anonymous, Logger: s.options.Logger,
	})
	return outside, scripts, err
}

// newOutside returns the services outside, by the secrets of functions.
func (s *Server) newOutside(secret func(context.Context, string) string) (*integrations.Service, error) {
	c := s.options.Config
	o := c.Outgoing
	settings := outgoing.Config{Allow: o.Allow, Ports: o.Ports, Proxy: o.Proxy, Timeout: c.Stripe.Timeout, MaxResponse: o.MaxResponse}
	if c.Stripe.BaseURL != "" { // the operator says where calls go
		settings.Allow = append(slices.Clone(o.Allow), outgoing.Endpoint(c.Stripe.BaseURL))
	}
	guard, err := outgoing.New(settings)
	if err != nil {
		return nil, err
	}
	s.atClose(guard.Close)
	external := strings.TrimRight(c.Auth.ExternalURL, "/")
	url := func() string { return cmp.Or(external, s.URL()) }
	return integrations.New(integrations.Config{DB: s.DB, Settings: c, Secret: s.Keys.JWTSecret, URL: url, SelfURL: s.URL, Env: secret,
		HTTP: guard.Client(), Local: &http.Client{Transport: &http.Transport{}}, Logger: s.options.Logger}), nil
}

// outsideRoutes are the pages of the sandboxes. Their lists are open without a key on a
// developer's own machine only.
func outsideRoutes(s *integrations.Service, c config.Config) func(*token.Verifier) ([]site.Route, error) {
	return func(v *token.Verifier) ([]site.Route, error) {
		pages := api(s.StripePages(c.Dev && c.Server.Loopback()), v)
		return []site.Route{{Pattern: "/dev/stripe", Handler: pages}, {Pattern: "/dev/stripe.json", Handler: pages}, {Pattern: "/dev/stripe/", Handler: pages},
			{Pattern: "/dev/shipping/", Handler: s.ShippingPages()}}, nil
	}
}

// newRedirects returns the redirects of the configuration, which record nothing yet.
func (s *Server) newRedirects() (*redirect.Service, error) {
	c := s.options.Config
	proxies, err := c.Auth.Limits.Proxies()
	if err != nil {
		return nil, err
	}
	return redirect.New(redirect.Config{DB: s.DB, Rows: s.rows, Rules: c.Redirects, Origin: proxies.Address, Logger: s.options.Logger}), nil
}

// beginRedirects begins to record who follows links.
func (s *Server) beginRedirects(ctx context.Context, links *redirect.Service) {
	s.monitor.metrics.Add(links.WriteMetrics)
	links.Start(ctx)
	s.atClose(links.Stop)
}

// beginFunctions begins to load functions.
func (s *Server) beginFunctions(scripts *functions.Service) {
	s.monitor.metrics.Add(scripts.WriteMetrics)
	s.monitor.metrics.Add(s.rows.WriteMetrics)
	scripts.Start()
	s.atClose(scripts.Stop)
}

// functionRoutes are the paths of functions: those below functions.Prefix, and their
// own, which come after files.
// Redirects stand before those of functions with the same paths.
func functionRoutes(scripts *functions.Service, links *redirect.Service) func(*token.Verifier) ([]site.Route, error) {
	return func(v *token.Verifier) ([]site.Route, error) {
		admin := api(scripts.Admin(), v)
		return []site.Route{
			{Pattern: functions.Prefix, Handler: httpapi.Chain(scripts.Handler(), httpapi.Compress())},
			{Pattern: "/admin/v1/functions", Handler: admin}, {Pattern: "/admin/v1/functions/", Handler: admin},
			{Pattern: "/admin/v1/function-logs", Handler: admin}, {Pattern: "/admin/v1/function-secrets", Handler: admin},
			{Pattern: "/admin/v1/function-secrets/", Handler: admin},
			{Own: scripts.Answers},
			{Before: func(files http.Handler) http.Handler {
				has := func(string) bool { return false }
				if s, ok := files.(*static.Folder); ok {
					has = s.Has
				}
				return links.Before(has, scripts.Exacter, scripts.Before(has, files))
			}},
		}, nil
	}
}

// Functions is the functions of a project for a command, with their API below
// /admin/v1, and the key of the service role for both. load has them looked for. end
// ends it all.
func Functions(ctx context.Context, db database.DB, c config.Config, load bool, log *slog.Logger) (h http.Handler, key string, end func(), err error) {
	scripts, keys, err := commandFunctions(ctx, db, c, extensions{}, log)
	if err != nil {
		return nil, "", nil, err
	}
	v, err := verifier(db, c, keys)
	if err != nil {
		return nil, "", nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(functions.Prefix, scripts.Handler())
	mux.Handle("/", api(scripts.Admin(), v))
	if load {
		scripts.Start()
	}
	return mux, keys.ServiceRole, scripts.Stop, nil
}

// commandFunctions is the functions of a project beside its server, if there is one.
func commandFunctions(ctx context.Context, db database.DB, c config.Config, x extensions, log *slog.Logger) (*functions.Service, Keys, error) {
	c.Jobs.Workers = 0 // schedules and queues are those of servers
	keys, err := LoadKeys(ctx, db, c)
	if err != nil {
		return nil, Keys{}, err
	}
	post, err := newMail(db, c, log)
	if err != nil {
		return nil, Keys{}, err
	}
	s := &Server{options: Options{Config: c, Logger: log}, monitor: &monitor{db: db, bare: db}, DB: db, Keys: keys, extensions: x}
	_, scripts, err := s.newFunctions(post)
	if err != nil {
		return nil, Keys{}, err
	}
	scripts.Apart()
	return scripts, keys, nil
}

// Procedures are what the functions of a project offer as remote procedures, by their
// names, and why of some functions nobody knows what they offer.
func Procedures(ctx context.Context, db database.DB, c config.Config) (list []*schema.Function, problems map[string]string, err error) {
	x := extensions{functions: hooks.NewFunctions()}
	scripts, _, err := commandFunctions(ctx, db, c, x, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	scripts.Start()
	defer scripts.Stop()
	if err := scripts.Ready(ctx); err != nil {
		return nil, nil, err
	}
	for _, f := range x.functions.All() {
		list = append(list, &f.Function)
	}
	return list, scripts.Problems(), nil
}
