package app

import (
	"context"
	"log/slog"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/schedule"
)

// startSchedules begins to enqueue what is due, on a node that does jobs. stop ends
// it.
func startSchedules(db database.DB, c config.Config, log *slog.Logger) (stop func(), err error) {
	if c.Jobs.Workers == 0 {
		return func() {}, nil
	}
	keeper, err := schedule.New(schedule.Config{DB: db, Logger: log})
	if err != nil {
		return nil, err
	}
	keeper.Start()
	return keeper.Stop, nil
}

// scheduleParts is the tables of schedules, and pg_cron's functions over them
// unless the database has pg_cron itself.
func scheduleParts(ctx context.Context, db database.DB) ([]migrate.Part, error) {
	parts := []migrate.Part{{Name: "schedules", Steps: schedule.Schema()}}
	theirs, err := hasCron(ctx, db)
	if !theirs {
		parts = append(parts, migrate.Part{Name: "cron", Steps: schedule.Cron(db.Engine())})
	}
	return parts, err
}

// hasCron tells whether the schema cron is pg_cron's own.
func hasCron(ctx context.Context, db database.DB) (bool, error) {
	if db.Engine() != "postgres" {
		return false, nil
	}
	rows, err := database.Collect(db.Query(ctx, database.Session{}, database.Statement{
		SQL: "SELECT FROM pg_catalog.pg_extension WHERE extname = 'pg_cron'", ReadOnly: true,
	}))
	return len(rows) > 0, err
}
