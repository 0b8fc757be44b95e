// Package galley puts the whole backend of an app into a Go program: database, data
// APIs, accounts, mail and jobs as the command galley serves them, with routes, table
// hooks, jobs and schedules written in Go beside the project's own files.
//
//	app, err := galley.New(galley.Config{Project: "."})
//	if err != nil {
//		log.Fatal(err)
//	}
//	app.Handle("GET /hello/{name}", galley.HandlerFunc(hello))
//	log.Fatal(app.Run(ctx))
//
// An App is made, told what it serves, and run: by Run, which listens, or by Start
// and Handler in a server of the program's own. What it serves is said before it is
// started; Handle, Use, Before, After, Job and Schedule panic afterwards.
//
// SQL is PostgreSQL's, on either engine, and runs as somebody: as the caller of the
// request (App.Caller), under the grants and policies of his role, as the service
// role (App.Service), above all policies, or as whom the program names (App.As).
//
// Errors that the database or Galley itself says are *Error, found by errors.As.
//
// The API is stable from the first release with it on: what is exported is neither
// removed nor changed within a major version, structs may get more fields (so name
// the fields in literals), and interfaces get no more methods. What is below
// internal/ is not the API. See docs/go.md.
package galley

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Config is what an App needs to know. The zero value serves the working directory
// as the command galley would.
type Config struct {
	// Project is the project's folder: galley.toml, migrations, seed.sql, public.
	// Relative paths of settings start from it. "" is the working directory.
	Project string

	// Settings are settings by their names in galley.toml (docs/configuration.md),
	// as text: {"server.listen": "127.0.0.1:0"}. They win over the file and the
	// environment.
	Settings map[string]string

	// Env is the environment, as os.Environ returns it: GALLEY_… and
	// DATABASE_URL. nil is that of the process; an empty slice is none.
	Env []string

	// Dev is a developer's own machine: weak secrets will do on a loopback
	// address, and the inbox of development needs no key.
	Dev bool

	// NoMigrate leaves the schema and the data as they are; NoSeed never runs the
	// seed files.
	NoMigrate, NoSeed bool

	// Logger takes the log; nil means slog.Default. Its level decides, not
	// log.level.
	Logger *slog.Logger

	// Listening is called by Run with the app's URL once it accepts connections. It
	// may be nil.
	Listening func(url string)

	// Version of the program, for metrics and backups.
	Version string
}

// App is a backend. Its methods may be called from any goroutine, those that say
// what it serves from one, before Start.
type App struct {
	settings config.Config
	config   Config
	log      *slog.Logger

	mu         sync.Mutex
	begun      bool // Start was called
	program    app.Program
	middleware []httpapi.Middleware
	problems   []error // of what it was told to serve

	running atomic.Pointer[app.Server]
}

// New reads the configuration. It opens nothing yet. The error names every mistake
// in the settings, each with file and line.
func New(c Config) (*App, error) {
	source := config.Source{Project: c.Project, Env: c.Env, Flags: maps.Clone(c.Settings), Dev: c.Dev}
	if source.Project == "" {
		source.Project = "."
	}
	if source.Env == nil {
		source.Env = os.Environ()
	}
	a := &App{config: c, log: c.Logger}
	if a.log == nil {
		a.log = slog.Default()
	}
	settings, warnings, err := config.Load(source)
	for _, w := range warnings {
		a.log.Warn("configuration", "warning", w.String())
	}
	a.settings = settings
	return a, err
}

// Run starts the app, serves at server.listen until ctx is done, lets running
// requests and jobs end (server.shutdown_timeout), and closes the app. It returns
// nil after ctx is done and all has ended.
func (a *App) Run(ctx context.Context) error {
	if err := a.Start(ctx); err != nil {
		return err
	}
	return errors.Join(a.running.Load().Serve(ctx), a.Close())
}

// Start opens the database, applies pending migrations, seeds a new database, and
// begins to do jobs and schedules; from then on Handler serves. ctx bounds the start
// only. An app is started once; its error is a mistake in what it was told to serve,
// or why the database could not be opened or brought up to date.
func (a *App) Start(ctx context.Context) error {
	program, err := a.begin()
	if err != nil {
		return err
	}
	s, err := app.Start(ctx, app.Options{Config: a.settings, NoMigrate: a.config.NoMigrate, NoSeed: a.config.NoSeed,
		Logger: a.log, Version: a.config.Version, Program: program, Listening: a.config.Listening})
	if err != nil {
		return outward(err)
	}
	a.running.Store(s)
	return nil
}

// begin ends the time in which the app can be told what to serve.
func (a *App) begin() (app.Program, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.begun {
		return app.Program{}, outward(fault.New(fault.ObjectNotInPrerequisite, "the app was started before"))
	}
	a.begun = true
	if len(a.problems) > 0 {
		return app.Program{}, errors.Join(a.problems...)
	}
	p := a.program
	if len(a.middleware) > 0 {
		p.Middleware = func(next http.Handler) http.Handler { return httpapi.Chain(next, a.middleware...) }
	}
	return p, nil
}

// Close lets running jobs end (server.shutdown_timeout) and closes the database. A
// server of the program's own is shut down before. Closing twice does nothing.
func (a *App) Close() error {
	s := a.running.Swap(nil)
	if s == nil {
		return nil
	}
	return outward(s.Close())
}

// Handler is all that the app serves: APIs, routes and the project's files, with log,
// metrics, CORS and limits around them. It may be asked for before Start; while the
// app is not running it answers 503.
func (a *App) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := a.running.Load()
		if s == nil {
			httpapi.WriteError(w, r, errNotRunning())
			return
		}
		s.Handler.ServeHTTP(w, r)
	})
}

func errNotRunning() *fault.Error {
	return fault.New(fault.CannotConnectNow, "the app is not running").WithStatus(http.StatusServiceUnavailable)
}

// URL is where the app can be reached from this machine once Run listens; before, and
// in a server of the program's own, where server.listen says. "" while the app is not
// running.
func (a *App) URL() string {
	if s := a.running.Load(); s != nil {
		return s.URL()
	}
	return ""
}

// Keys are the API keys of an app, which clients show.
type Keys struct {
	Anon        string // public by design: in every page
	ServiceRole string // above all policies: for servers only
}

// Keys returns the API keys of the app, empty while it is not running.
func (a *App) Keys() Keys {
	if s := a.running.Load(); s != nil {
		return Keys{Anon: s.Keys.Anon, ServiceRole: s.Keys.ServiceRole}
	}
	return Keys{}
}

// serve notes something that the app is to serve.
func (a *App) serve(method string, note func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.begun {
		panic("galley: " + method + " after Start")
	}
	note()
}

// wrong notes a mistake in what the app is to serve, for Start.
func (a *App) wrong(format string, args ...any) {
	a.problems = append(a.problems, outward(fault.New(fault.InvalidParameter, format, args...)))
}
