package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/jobs/call"
	"github.com/galleyhq/galley/internal/mail"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/pgmq"
)

// Open opens the project's database and makes in it what Galley expects.
func Open(ctx context.Context, c config.Config, log *slog.Logger) (database.DB, error) {
	return openWith(ctx, c, log, nil)
}

// openWith opens the project's database; stream, if it is not nil, follows it.
func openWith(ctx context.Context, c config.Config, log *slog.Logger, stream *backup.Stream) (db database.DB, err error) {
	if c.Database.URL != "" {
		db, err = openPostgres(ctx, c, log)
	} else {
		db, err = openFollowed(ctx, c, log, stream)
	}
	if err != nil {
		return nil, err
	}
	all, err := parts(ctx, db)
	if err == nil {
		err = own(ctx, db, all...)
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	return db, nil
}

// parts are those of Galley's own schema.
func parts(ctx context.Context, db database.DB) ([]migrate.Part, error) {
	schedules, err := scheduleParts(ctx, db)
	return append([]migrate.Part{
		{Name: "jobs", Steps: jobs.Schema(db.Engine())},
		{Name: "calls", Steps: call.Schema(db.Engine())},
		{Name: "pgmq", Steps: pgmq.Schema(db.Engine())},
		{Name: "mail", Steps: mail.Schema()},
	}, schedules...), err
}

// install makes in a bare database what Galley expects of each.
func install(ctx context.Context, db database.DB) error {
	if server, ok := db.(*postgres.DB); ok {
		if err := server.Bootstrap(ctx); err != nil {
			return err
		}
	}
	all, err := parts(ctx, db)
	if err != nil {
		return err
	}
	return migrate.Own(ctx, db, all...)
}

// own brings Galley's own tables up to date; a database in a file is copied
// before any of them changes.
func own(ctx context.Context, db database.DB, parts ...migrate.Part) error {
	if file, ok := db.(interface {
		KeepCopy(ctx context.Context) (string, error)
	}); ok {
		older, err := migrate.Outdated(ctx, db, parts...)
		if err == nil && older {
			_, err = file.KeepCopy(ctx)
		}
		if err != nil {
			return err
		}
	}
	return migrate.Own(ctx, db, parts...)
}

func limits(c config.Config) database.Limits {
	return database.Limits{Statement: c.Database.StatementTimeout, IdleInTransaction: c.Database.IdleInTx}
}

func openPostgres(ctx context.Context, c config.Config, log *slog.Logger) (database.DB, error) {
	db, err := postgres.Open(ctx, postgres.Config{
		URL: c.Database.URL, MaxConns: int(c.Database.MaxConnections), Limits: limits(c), Logger: log,
	})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := db.Bootstrap(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("prepare the database: %w", err)
	}
	return db, nil
}

// openEmbedded opens the project's database file, in a folder only its owner may
// enter.
func openEmbedded(ctx context.Context, c config.Config, log *slog.Logger) (database.DB, error) {
	return openFollowed(ctx, c, log, nil)
}

func openFollowed(ctx context.Context, c config.Config, log *slog.Logger, stream *backup.Stream) (database.DB, error) {
	if err := os.MkdirAll(c.Database.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	settings := embedded.Config{Path: c.Database.File(), Limits: limits(c), Logger: log}
	if stream != nil {
		settings.Follower = stream
	}
	db, err := embedded.Open(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return db, nil
}
