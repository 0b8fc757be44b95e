// Package functions runs the TypeScript and JavaScript of a project: the functions of
// its folder, behind paths, jobs, schedules, remote procedure calls and hooks.
//
//	service, err := functions.New(functions.Config{DB: db, Settings: c, …})
//	service.Start()
//	defer service.Stop()
//	mux.Handle(functions.Prefix, service.Handler())
//
// The parts: serve loads and calls functions; engine, and in it quick, runs scripts;
// loop is their event loop; bundle makes one script of a folder; web is the Web's
// interfaces and host Galley's own; pool keeps instances, route finds the function of
// a path, source the functions of a folder; logs keeps what they write. See
// docs/functions.md.
package functions

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/engine/quick"
	"github.com/galleyhq/galley/internal/functions/host"
	"github.com/galleyhq/galley/internal/functions/host/ai"
	"github.com/galleyhq/galley/internal/functions/host/cache"
	"github.com/galleyhq/galley/internal/functions/host/secret"
	"github.com/galleyhq/galley/internal/functions/logs"
	"github.com/galleyhq/galley/internal/functions/loop"
	"github.com/galleyhq/galley/internal/functions/nodes"
	"github.com/galleyhq/galley/internal/functions/serve"
	"github.com/galleyhq/galley/internal/functions/wasm"
	"github.com/galleyhq/galley/internal/functions/web"
	"github.com/galleyhq/galley/internal/hooks"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/metrics"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/outgoing"
	"github.com/galleyhq/galley/internal/rowcache"
)

// Prefix is where functions are called by their names.
const Prefix = serve.Prefix

// Types are the types of module galley, in TypeScript, for editors.
func Types() string { return host.Types }

// Config is what functions need of a server. Only DB and Secret are required.
type Config struct {
	DB       database.DB
	Settings config.Config
	Secret   string                       // the project's, that secrets are sealed with
	Preset   map[string]string            // what Deno.env has besides secrets
	SelfURL  func() string                // where the server is, which fetch may reach
	Keys     func(context.Context) string // that verify access tokens, as JSON; nil tells none
	Mailer   host.Mailer                  // nil refuses to send
	Outside  host.Outside                 // nil refuses to ask
	Rows     *rowcache.Cache              // of tables, in memory; nil refuses them
	Limiter  host.Limiter                 // nil refuses to count
	Hooks    *hooks.Registry              // that takes hooks on tables; nil takes none
	RPC      *hooks.Functions             // that takes remote procedures; nil takes none

	// Verify tells who a token belongs to; Anonymous who comes without one.
	Verify    func(ctx context.Context, token string) (httpapi.Identity, error)
	Anonymous func() (httpapi.Identity, error)
	Logger    *slog.Logger
}

// Service is the functions of a project.
type Service struct {
	config  Config
	project *serve.Project
	modules *wasm.Runtime
	logs    *logs.Store
	secrets *secret.Store
	host    *host.Services
	nodes   *nodes.Store // nil where there is one node
	log     *slog.Logger

	mu       sync.Mutex
	problems map[string]string // of what a function exports, by its name
}

// Secret is a secret of functions, "" for none.
func (s *Service) Secret(ctx context.Context, name string) string {
	value, _ := s.secrets.Get(ctx, name)
	return value
}

// Mailer sends mail, and Mail is one as a function asks for it.
type (
	Mailer = host.Mailer
	Mail   = host.Mail
)

// Limiter counts how often something happens, and Rate is how often it may.
type (
	Limiter = host.Limiter
	Rate    = host.Rate
)

// Parts are the parts of Galley's own schema that functions need, for migrate.Own.
func Parts(engine string) []migrate.Part {
	parts := append(host.Parts(engine), logs.Part())
	if engine == "postgres" { // the embedded engine has one node
		parts = append(parts, nodes.Part())
	}
	return parts
}

// New returns a service that has not looked for functions yet.
func New(c Config) (*Service, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	s := &Service{config: c, problems: map[string]string{}}
	s.logs = logs.New(logs.Config{DB: c.DB, Keep: c.Settings.Functions.KeepLogs, Logger: c.Logger})
	s.log = slog.New(s.logs.Handler(c.Logger.Handler()))
	s.secrets = newSecrets(c)
	if c.DB.Engine() == "postgres" {
		s.nodes = nodes.New(nodes.Config{DB: c.DB, Logger: c.Logger})
	}
	var err error
	if s.host, err = s.newHost(); err != nil {
		return nil, err
	}
	f := c.Settings.Functions
	s.modules = wasm.New(wasm.Config{Cache: filepath.Join(c.Settings.Database.Data, "wasm"), Logger: c.Logger,
		Limits: wasm.Limits{Memory: f.Memory, CPU: f.CPUTime, Wall: f.Timeout, Response: f.MaxResponse}})
	s.project = serve.New(s.projectConfig())
	return s, nil
}

func newSecrets(c Config) *secret.Store {
	return secret.New(secret.Config{DB: c.DB, Secret: c.Secret, Preset: maps.Clone(c.Preset), URL: c.SelfURL, Keys: c.Keys, File: envFile(c.Settings), Logger: c.Logger})
}

func (s *Service) newHost() (*host.Services, error) {
	c := s.config.Settings
	o, f := c.Outgoing, c.Functions
	guard := outgoing.Config{Allow: o.Allow, Ports: o.Ports, Proxy: o.Proxy, Timeout: o.Timeout, MaxResponse: o.MaxResponse}
	h := host.Config{
		DB: s.config.DB, Secrets: s.secrets, Mailer: s.config.Mailer, Outside: s.config.Outside, Rows: s.config.Rows, Limiter: s.config.Limiter, Files: staticFiles(c), Guard: guard, SelfURL: s.config.SelfURL, Logger: s.log,
		Cache:  cache.New(cache.Config{DB: s.config.DB, Entries: f.CacheEntries, Bytes: f.CacheSize, Logger: s.config.Logger}),
		Limits: host.Limits{Rows: f.MaxRows, Result: f.MaxResult, Transaction: f.Transaction, Calls: f.MaxCalls},
	}
	if f.MaxCalls == 0 {
		h.Limits.Calls = -1
	}
	if a := c.AI; a.BaseURL != "" {
		guard.Allow = append(guard.Allow, outgoing.Endpoint(a.BaseURL))
		to, err := outgoing.New(guard)
		if err != nil {
			return nil, err
		}
		h.AI, err = ai.New(ai.Config{BaseURL: a.BaseURL, Key: a.APIKey, Model: a.Model, EmbedModel: a.EmbedModel, Timeout: a.Timeout,
			MaxTokens: a.MaxTokens, DailyTokens: a.DailyTokens, DB: s.config.DB, Guard: to, Logger: s.config.Logger})
		if err != nil {
			return nil, err
		}
	}
	return host.New(h)
}

// runtime makes what instances are made of. It takes some time and memory, which a
// project without functions never spends.
func (s *Service) runtime() (serve.Runtime, error) {
	script, err := web.Source(append([]web.File{{Name: "galley.js", Source: host.Script}}, serve.Scripts...)...)
	if err != nil {
		return serve.Runtime{}, err
	}
	e := &quick.Engine{}
	program, err := e.Compile("galley", script)
	if err != nil {
		return serve.Runtime{}, err
	}
	maker, err := loop.NewMaker(e)
	if err != nil {
		return serve.Runtime{}, err
	}
	r := serve.Runtime{Engine: e, Maker: maker, Own: []engine.Program{program}}
	r.Ops = loop.Ops{Sync: s.host.Sync(), Quick: s.host.Quick(), Async: s.host.Async()}
	r.Each = func(to map[string]host.Op) {
		for name, op := range web.Operations() {
			to[name] = op
		}
	}
	return r, nil
}

// begin begins a call of a function for the host's operations.
func (s *Service) begin(ctx context.Context, c *serve.Call) (context.Context, func()) {
	return s.host.Begin(ctx, host.Scope{Session: c.Session, RequestID: c.RequestID, Function: c.Function, Tx: c.Tx, Tracer: c,
		Loading: c.Kind == "load" || c.Kind == "unload"}) // in nobody's name
}

// note writes a line about a function into its log.
func (s *Service) note(e serve.Entry) {
	level := slog.LevelInfo
	_ = level.UnmarshalText([]byte(e.Level)) // one of ours
	log := s.log.With("function", e.Function)
	if e.RequestID != "" {
		log = log.With("request_id", e.RequestID)
	}
	log.Log(context.Background(), level, e.Message)
}

// Apart has the service be no node of its own: it belongs to a command.
func (s *Service) Apart() { s.nodes = nil }

// Start begins to load the functions. It does not wait for them; writes and remote
// procedure calls do.
func (s *Service) Start() {
	if s.config.Hooks != nil {
		s.config.Hooks.Expect(sourceName) // no write passes them by meanwhile
	}
	if s.config.RPC != nil {
		s.config.RPC.Expect(sourceName)
	}
	s.logs.Start()
	s.nodes.Start()
	s.project.Start()
}

// Stop ends the service; calls that run are left to end.
func (s *Service) Stop() {
	s.project.Stop()
	s.nodes.Stop()
	if err := s.modules.Close(); err != nil {
		s.config.Logger.Warn("functions in WebAssembly did not all end", "error", err)
	}
	s.host.Close()
	s.logs.Stop()
}

// Ready waits until all functions were loaded for the first time, or could not be.
func (s *Service) Ready(ctx context.Context) error {
	select {
	case <-s.project.Ready():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Problems are why functions cannot be used, or what of their exports cannot, by their
// names.
func (s *Service) Problems() map[string]string {
	s.mu.Lock()
	out := maps.Clone(s.problems)
	s.mu.Unlock()
	for _, v := range s.project.Versions() {
		if v.Err != nil {
			out[v.Name] = v.Problem()
		}
	}
	return out
}

// Handler answers below Prefix.
func (s *Service) Handler() http.Handler { return s.project.Handler() }

// Before answers the paths that functions have of their own; files come first, and
// next answers all else.
func (s *Service) Before(files func(path string) bool, next http.Handler) http.Handler {
	return s.project.Before(files, next)
}

// Exacter tells whether a function answers a request by a more exact path than a
// pattern of others.
func (s *Service) Exacter(r *http.Request, than string) bool { return s.project.Exacter(r, than) }

// Answers tells whether a request is for a function, which has the say on its own
// about who may read its answers.
func (s *Service) Answers(r *http.Request) bool { return s.project.Answers(r) }

// WriteMetrics is a metrics.Source.
func (s *Service) WriteMetrics(w *metrics.Writer) { s.project.WriteMetrics(w) }

// Secrets are what functions find in Deno.env.
func (s *Service) Secrets() *secret.Store { return s.secrets }

// Logs are what functions wrote.
func (s *Service) Logs() *logs.Store { return s.logs }
