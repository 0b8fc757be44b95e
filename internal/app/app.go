// Package app puts Galley together: it opens the engine that the configuration
// asks for, brings its schema up to date, makes the secrets, and serves the APIs
// and the project's files until it is told to stop. It is the only package that
// knows all the others.
//
//	err := app.Serve(ctx, app.Options{Config: c, Logger: log, Out: os.Stdout})
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/galleyhq/galley/internal/app/secure"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/idle"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/jobs/report"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/rowcache"
)

// Options are what a server needs to know.
type Options struct {
	Config    config.Config
	NoMigrate bool // leave the schema as it is, and the data
	NoSeed    bool // never run the seed files on this database
	Logger    *slog.Logger
	Version   string // of the program, for metrics and backups
	// Banner takes what a person wants to see at the start; nil writes none.
	Banner    io.Writer
	Program   Program          // what a program in Go adds
	Listening func(url string) // called once connections are accepted; may be nil
}

// Serve runs a server until ctx is done: it opens the database, migrates, seeds,
// serves, and on the way out lets running requests end before it closes the
// database.
func Serve(ctx context.Context, o Options) error {
	s, err := Start(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(s.Serve(ctx), s.Close())
}

// Server is all of a server but its listener: the database is open, jobs and
// schedules go on, until it is closed.
type Server struct {
	Handler http.Handler // all that it serves
	DB      database.DB  // as all parts use it: it tells of its statements
	Keys    Keys

	options    Options
	monitor    *monitor
	extensions extensions
	rows       *rowcache.Cache
	closers    []func() error // the last is called first
	listener   net.Listener   // of a port that was not named; else nil
	url        atomic.Pointer[string]
}

// Start opens the database, migrates, seeds, and begins to do jobs. ctx bounds the
// start alone. Whoever gets a server must close it.
func Start(ctx context.Context, o Options) (*Server, error) {
	s := &Server{options: o}
	err := s.listen(ctx)
	if err == nil {
		err = s.open(ctx)
	}
	if err == nil {
		err = s.begin(ctx)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// listen takes a free port where none is named (port 0), so that links in mails and all
// else that begins with the server's address know it. Requests wait until they are served.
func (s *Server) listen(ctx context.Context) error {
	server := &s.options.Config.Server
	if _, port, err := net.SplitHostPort(server.Listen); err != nil || port != "0" {
		return nil // what is wrong with it is told later
	}
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", server.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", server.Listen, err)
	}
	s.listener, server.Listen = l, l.Addr().String()
	s.atClose(func() { _ = l.Close() })
	return nil
}

// atClose has fn called when the server is closed, before what was noted earlier.
func (s *Server) atClose(fn func()) {
	s.closers = append(s.closers, func() error { fn(); return nil })
}

// open opens the database and brings it up to date.
func (s *Server) open(ctx context.Context) error {
	o := s.options
	if err := checkSecrets(o.Config); err != nil {
		return err
	}
	stream, finish, err := openStream(o)
	if err != nil {
		return err
	}
	s.atClose(finish)
	db, err := openWith(ctx, o.Config, o.Logger, stream)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, db.Close)
	s.monitor = newMonitor(db, o.Config, o.Version, o.Logger)
	s.monitor.stream = stream
	s.atClose(s.monitor.close)
	s.DB = s.monitor.db
	if err := prepare(ctx, s.DB, o); err != nil {
		return err
	}
	if o.NoMigrate {
		s.monitor.checks = append(s.monitor.checks, migrated(NewMigrator(db, o.Config, o.Logger)))
	}
	s.Keys, err = LoadKeys(ctx, db, o.Config)
	return err
}

// begin makes the routes and begins all that goes on beside requests.
func (s *Server) begin(ctx context.Context) error {
	c, log := s.options.Config, s.options.Logger
	post, err := newMail(s.DB, c, log)
	if err != nil {
		return err
	}
	if err := post.Prepare(ctx); err != nil {
		return err
	}
	log.InfoContext(ctx, "messages go by", post.Describe()...)
	accounts, err := accountRoutes(ctx, s.monitor.bare, c, &s.Keys, post, log)
	if err != nil {
		return err
	}
	s.extensions, err = s.options.Program.extensions(c)
	if err != nil {
		return err
	}
	outside, scripts, err := s.newFunctions(post)
	if err != nil {
		return err
	}
	links, err := s.newRedirects()
	if err != nil {
		return err
	}
	s.Handler, err = newHandler(s.monitor.bare, c, s.Keys, s.monitor, s.extensions, log, mailRoutes(post, c), accounts, functionRoutes(scripts, links), outsideRoutes(outside, c), s.options.Program.routes)
	if err != nil {
		return err
	}
	s.beginFunctions(scripts)
	s.beginRedirects(ctx, links)
	reports, err := newReports(s.DB, c, post)
	if err != nil {
		return err
	}
	handlers := post.Handlers()
	maps.Copy(handlers, outside.Handlers())
	handlers[report.Kind] = reports.Do
	if err := s.options.Program.addJobs(handlers); err != nil {
		return err
	}
	return s.beginBackground(ctx, handlers, scripts.Job)
}

func (s *Server) beginBackground(ctx context.Context, handlers map[string]jobs.Handler, other jobs.Handler) error {
	c, log := s.options.Config, s.options.Logger
	stop, err := startJobs(s.DB, c, s.monitor, log, handlers, other)
	if err != nil {
		return err
	}
	s.atClose(stop)
	stopBackups, err := startBackups(s.options, &s.monitor.metrics, s.monitor.stream)
	if err != nil {
		return err
	}
	s.atClose(stopBackups)
	if err := s.options.Program.keepSchedules(ctx, s.DB); err != nil {
		return err
	}
	stopSchedules, err := startSchedules(s.DB, c, log)
	if err != nil {
		return err
	}
	s.atClose(stopSchedules)
	return nil
}

// Serve listens and serves until ctx is done, and lets running requests end.
func (s *Server) Serve(ctx context.Context) error {
	c, log := s.options.Config, s.options.Logger
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	waitSecure, err := secure.Serve(ctx, secure.Options{Config: c, DB: s.DB, Secret: s.Keys.JWTSecret, Handler: s.Handler, Metrics: &s.monitor.metrics, Logger: log, Fail: fail})
	if err != nil {
		return err
	}
	wait := s.monitor.serveBeside(ctx, c, log, fail)
	go idle.Release(ctx, log)
	err = httpapi.Serve(ctx, httpapi.Config{
		Listen: c.Server.Listen, Listener: s.listener, Handler: s.Handler, Logger: log, DrainTimeout: c.Server.ShutdownTimeout,
		Listening: func(a net.Addr) {
			url := serverURL(a.String())
			s.url.Store(&url)
			announce(s.options, s.DB.Engine(), url, s.Keys)
			if s.options.Listening != nil {
				s.options.Listening(url)
			}
		},
	})
	fail(nil)
	return errors.Join(err, wait(), waitSecure())
}

// URL is where the server can be reached from this machine: where it listens, once
// it does.
func (s *Server) URL() string {
	if url := s.url.Load(); url != nil {
		return *url
	}
	return s.Keys.URL
}

// Close lets jobs end, and closes the database. The server must serve no more.
func (s *Server) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// closing closes the database and keeps the first error.
func closing(db database.DB, err error) error {
	if closed := db.Close(); err == nil {
		return closed
	}
	return err
}

// prepare brings the schema up to date, and a new database its first data.
func prepare(ctx context.Context, db database.DB, o Options) error {
	if o.NoMigrate {
		return nil
	}
	m := NewMigrator(db, o.Config, o.Logger)
	if _, err := m.Up(ctx); err != nil {
		return err
	}
	if o.NoSeed {
		return m.SkipSeed(ctx)
	}
	files, err := m.Seed(ctx)
	for _, f := range files {
		o.Logger.InfoContext(ctx, "ran a seed file", "file", f.Base())
	}
	return err
}

// NewMigrator returns the migrator of a project.
func NewMigrator(db database.DB, c config.Config, log *slog.Logger) *migrate.Migrator {
	return migrate.New(db, migrate.Config{
		Dir: c.Migrations.Dir, Seeds: c.Migrations.Seed, Schemas: c.API.Schemas, Supabase: c.Supabase,
		AllowOutOfOrder: c.Migrations.AllowOutOfOrder, Logger: log,
	})
}
