package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/database/postgres"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/move"
)

// MoveOptions are where a project moves to and how.
type MoveOptions struct {
	To       string // URL of a PostgreSQL database, or the folder of an embedded one
	Check    bool
	Progress func(move.Event)
	Logger   *slog.Logger
}

// Move takes the project's database, with all that is in it, to another one.
func Move(ctx context.Context, c config.Config, o MoveOptions) (report *move.Report, err error) {
	unlimited(&c)
	to := c
	to.Database.URL, to.Database.Data = "", ""
	if isURL(o.To) {
		to.Database.URL = o.To
	} else if to.Database.Data, err = filepath.Abs(o.To); err != nil {
		return nil, err
	}
	source, err := Open(ctx, c, o.Logger)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	defer func() { err = closing(source, err) }()
	target, err := openBare(ctx, to, o.Logger)
	if err != nil {
		return nil, fmt.Errorf("the target: %w", err)
	}
	defer func() { err = closing(target, err) }()
	return move.Run(ctx, move.Options{Source: source, Target: target, Check: o.Check, Progress: o.Progress,
		Project: moved{config: c, log: o.Logger}})
}

func isURL(to string) bool {
	return strings.HasPrefix(to, "postgres://") || strings.HasPrefix(to, "postgresql://")
}

// unlimited lets statements and transactions take as long as they need.
func unlimited(c *config.Config) {
	c.Database.StatementTimeout, c.Database.IdleInTx = 0, moveIdle
}

// moveIdle is longer than any move takes, and as long as PostgreSQL's parameter, in
// milliseconds of 32 bits, about allows.
const moveIdle = 500 * time.Hour

// moved is the project as the move needs it.
type moved struct {
	config config.Config
	log    *slog.Logger
}

// Install implements move.Project.
func (p moved) Install(ctx context.Context, db database.DB) error { return install(ctx, db) }

// Migrator implements move.Project.
func (p moved) Migrator(db database.DB) *migrate.Migrator { return NewMigrator(db, p.config, p.log) }

// Scratch implements move.Project.
func (p moved) Scratch(ctx context.Context) (database.DB, func(), error) {
	dir, err := os.MkdirTemp("", "galley-move-")
	if err != nil {
		return nil, nil, err
	}
	db, err := embedded.Open(ctx, embedded.Config{Path: filepath.Join(dir, "data.db"), Limits: limits(p.config), Logger: p.log, Synchronous: "OFF"})
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, nil, err
	}
	return db, func() { _ = db.Close(); _ = os.RemoveAll(dir) }, nil
}

// openBare opens a database and makes nothing in it that is not there.
func openBare(ctx context.Context, c config.Config, log *slog.Logger) (database.DB, error) {
	if c.Database.URL == "" {
		return openEmbedded(ctx, c, log)
	}
	return postgres.Open(ctx, postgres.Config{URL: c.Database.URL, Limits: limits(c), Logger: log})
}
