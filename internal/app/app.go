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
	"io"
	"log/slog"
	"net"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/idle"
	"github.com/galleyhq/galley/internal/jobs/report"
	"github.com/galleyhq/galley/internal/migrate"
)

// Options are what a server needs to know.
type Options struct {
	Config    config.Config
	NoMigrate bool // leave the schema as it is, and the data
	NoSeed    bool // never run the seed files on this database
	Logger    *slog.Logger
	Version   string // of the program, for metrics and backups
	// Banner takes what a person wants to see at the start; nil writes none.
	Banner io.Writer
}

// Serve runs a server until ctx is done: it opens the database, migrates, seeds,
// serves, and on the way out lets running requests end before it closes the
// database.
func Serve(ctx context.Context, o Options) (err error) {
	c, log := o.Config, o.Logger
	if err := checkSecrets(c); err != nil {
		return err
	}
	stream, finish, err := openStream(o)
	if err != nil {
		return err
	}
	defer finish()
	db, err := openWith(ctx, c, log, stream)
	if err != nil {
		return err
	}
	defer func() { err = closing(db, err) }()
	m := newMonitor(db, c, o.Version, log)
	defer m.close()
	if err := prepare(ctx, m.db, o); err != nil {
		return err
	}
	if o.NoMigrate {
		m.checks = append(m.checks, migrated(NewMigrator(db, c, log)))
	}
	keys, err := LoadKeys(ctx, db, c)
	if err != nil {
		return err
	}
	post, err := newMail(m.db, c, log)
	if err != nil {
		return err
	}
	if err := post.Prepare(ctx); err != nil {
		return err
	}
	log.InfoContext(ctx, "messages go by", post.Describe()...)
	accounts, err := accountRoutes(ctx, db, c, &keys, post, log)
	if err != nil {
		return err
	}
	handler, err := newHandler(db, c, keys, m, log, mailRoutes(post, c), accounts)
	if err != nil {
		return err
	}
	reports, err := newReports(m.db, c, post)
	if err != nil {
		return err
	}
	handlers := post.Handlers()
	handlers[report.Kind] = reports.Do
	stop, err := startJobs(m.db, c, m, log, handlers)
	if err != nil {
		return err
	}
	defer stop()
	stopBackups, err := startBackups(o, &m.metrics, stream)
	if err != nil {
		return err
	}
	defer stopBackups()
	stopSchedules, err := startSchedules(m.db, c, log)
	if err != nil {
		return err
	}
	defer stopSchedules()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	wait := m.serveBeside(ctx, c, log, fail)
	go idle.Release(ctx, log)
	err = httpapi.Serve(ctx, httpapi.Config{
		Listen: c.Server.Listen, Handler: handler, Logger: log, DrainTimeout: c.Server.ShutdownTimeout,
		Listening: func(a net.Addr) { announce(o, db.Engine(), serverURL(a.String()), keys) },
	})
	fail(nil)
	return errors.Join(err, wait())
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
