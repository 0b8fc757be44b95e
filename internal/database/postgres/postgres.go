// Package postgres is the engine of package database on PostgreSQL 14 or newer,
// through pgx's protocol layer.
//
//	db, err := postgres.Open(ctx, postgres.Config{URL: "postgres://galley@localhost/app"})
//	err = db.Bootstrap(ctx)
//
// The server itself enforces grants and row-level security. The role, the
// claims and the limits of a statement are set by set_config(…, is_local) in
// the same pipeline as the statement, ended by one Sync: one round trip, one
// implicit transaction, and nothing of them is left on the connection
// (PostgreSQL documentation, "Pipelining" in the extended query protocol).
// Values cross in text form both ways.
//
// The feed of committed changes (logical replication) will stand beside the
// pool, on a connection of its own, as the listener of schema changes does.
package postgres

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/postgres/changes"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// Config says which database to use and how much of it.
type Config struct {
	// URL is a connection string: a postgres:// URL or key=value pairs.
	URL string
	// MaxConns bounds the pool; 0 means 20. The listener has one more.
	MaxConns int
	// Limits of a statement and a transaction; the zero value means
	// database.DefaultLimits.
	Limits database.Limits
	// AcquireTimeout is how long a statement waits for a connection before it
	// is refused with 53300; 0 means 10 s.
	AcquireTimeout time.Duration
	// PollInterval is how often the schema is looked at when no notification
	// came; 0 means 30 s.
	PollInterval time.Duration
	// Logger takes what happens in the background; nil means slog.Default.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.MaxConns <= 0 {
		c.MaxConns = 20
	}
	if c.Limits == (database.Limits{}) {
		c.Limits = database.DefaultLimits()
	}
	if c.AcquireTimeout <= 0 {
		c.AcquireTimeout = 10 * time.Second
	}
	if c.PollInterval <= 0 {
		c.PollInterval = 30 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// DB is a PostgreSQL database behind a pool of connections.
type DB struct {
	config Config
	pool   *pool
	types  *typeNames
	texts  texts
	schema schemaCache
	listen *listener
	size   measured
	rows   *changes.Tracker

	// generation counts the schema changes this process knows of. Cached
	// statements and snapshots of an older one are not used.
	generation atomic.Uint64
}

var _ database.DB = (*DB)(nil)

// Open connects and starts listening for schema changes. It makes nothing in
// the database: see Bootstrap.
func Open(ctx context.Context, config Config) (*DB, error) {
	config = config.withDefaults()
	pgConfig, err := parseURL(config.URL)
	if err != nil {
		return nil, err
	}
	db := &DB{config: config}
	db.pool = newPool(pgConfig, config, &db.generation)
	db.rows = changes.New(db, config.Logger)
	db.pool.changed = db.rows.Touched
	db.types = newTypeNames(db.pool)
	if err := db.Ping(ctx); err != nil {
		_ = db.pool.close()
		return nil, err
	}
	db.listen = startListener(db)
	return db, nil
}

// parseURL reads the connection string and fixes what decides the text form of
// values, so that every connection answers alike.
func parseURL(url string) (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, fault.New(fault.InvalidParameter, "the database URL cannot be read").WithCause(err)
	}
	for name, value := range map[string]string{
		"client_encoding":             "UTF8",
		"TimeZone":                    "UTC",
		"DateStyle":                   "ISO, MDY",
		"IntervalStyle":               "postgres",
		"bytea_output":                "hex",
		"standard_conforming_strings": "on",
	} {
		config.RuntimeParams[name] = value
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "galley"
	}
	return config, nil
}

// Engine implements database.DB.
func (d *DB) Engine() string { return "postgres" }

// Ping implements database.DB.
func (d *DB) Ping(ctx context.Context) error {
	_, err := database.Exec(d.Query(ctx, database.Session{}, database.Statement{SQL: "select 1", ReadOnly: true}))
	return err
}

// Close implements database.DB: running statements are cancelled, and every
// connection is closed.
func (d *DB) Close() error {
	d.rows.Close()
	if d.listen != nil {
		d.listen.stop()
	}
	return d.pool.close()
}

// Track implements database.Tracker.
func (d *DB) Track(ctx context.Context, table *schema.Relation) (database.Tracked, error) {
	tracked, err := d.rows.Track(ctx, table, d.Listen)
	if err != nil {
		return nil, err
	}
	return tracked, nil
}

// Bound implements database.Tracker.
func (d *DB) Bound() time.Duration { return changes.Bound }

// changed tells that the schema changed, or may have.
func (d *DB) changed() {
	d.types.forget()
	d.generation.Add(1)
}
