package app

import (
	"log/slog"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/schedule"
)

// startSchedules begins to enqueue what is due, and to remove what accounts have no
// more use for, on a node that does jobs. stop ends it.
func startSchedules(db database.DB, c config.Config, log *slog.Logger) (stop func(), err error) {
	if c.Jobs.Workers == 0 {
		return func() {}, nil
	}
	keeper, err := schedule.New(schedule.Config{DB: db, Logger: log})
	if err != nil {
		return nil, err
	}
	keeper.Start()
	if !c.Auth.Enabled {
		return keeper.Stop, nil
	}
	cleaner := auth.NewCleaner(db, c.Auth, log)
	cleaner.Start()
	return func() { cleaner.Stop(); keeper.Stop() }, nil
}
