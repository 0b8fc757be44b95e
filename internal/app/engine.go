package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/fault"
)

// Open opens the project's database and makes in it what Galley expects.
func Open(ctx context.Context, c config.Config, log *slog.Logger) (database.DB, error) {
	if c.Database.URL != "" {
		return openPostgres(ctx, c, log)
	}
	return openEmbedded(ctx, c, log)
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

func openEmbedded(context.Context, config.Config, *slog.Logger) (database.DB, error) {
	return nil, fault.Unsupported("the embedded engine is not part of this build").
		WithHint("Set DATABASE_URL to use PostgreSQL.")
}
