// Package migrate brings a database to the schema of a project's migrations:
// plain SQL files, <timestamp>_<name>.sql, each run once, in order, in a
// transaction of its own, and recorded with a checksum in
// supabase_migrations.schema_migrations, where the Supabase CLI records its own.
//
//	m := migrate.New(db, migrate.Config{Dir: "migrations", Schemas: []string{"public"}})
//	done, err := m.Up(ctx)
//	err = m.Seed(ctx)
//
// Any number of nodes may do so at once: each step takes a lock on the database,
// looks at what is recorded, and applies one file. A step is one transaction, so
// one that fails leaves nothing behind.
package migrate

import (
	"context"
	"log/slog"

	"github.com/galleyhq/galley/internal/database"
)

// Config is what a Migrator needs to know.
type Config struct {
	Dir   string   // folder of the migrations; it may be missing
	Seeds []string // files with the first data; those that are missing are left out
	// Schemas are the exposed ones.
	Schemas []string
	// Supabase tells that the folder is laid out by the Supabase CLI. Row-level
	// security is enabled on every new table of an exposed schema, unless its
	// file says `-- galley: rls off`; of such a folder nothing is changed, and
	// such tables are named in a warning.
	Supabase bool
	// AllowOutOfOrder applies new files that are older than applied ones.
	AllowOutOfOrder bool
	// Logger takes warnings and what was done; nil means slog.Default.
	Logger *slog.Logger
}

// Migrator applies the migrations of one folder to one database.
type Migrator struct {
	db     database.DB
	engine engine
	config Config
}

// New returns a migrator.
func New(db database.DB, c Config) *Migrator {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Migrator{db: db, engine: engineFor(db), config: c}
}

// Up applies the pending migrations and returns them. Errors are an *Error, which
// names a file, or those of the database.
func (m *Migrator) Up(ctx context.Context) ([]*File, error) {
	if err := m.prepare(ctx); err != nil {
		return nil, err
	}
	var done []*File
	for {
		applied, err := m.step(ctx)
		if err != nil {
			return done, err
		}
		if applied == nil {
			return done, m.warnExposed(ctx)
		}
		m.config.Logger.InfoContext(ctx, "applied a migration", "file", applied.Base())
		done = append(done, applied)
	}
}

// step applies the first pending migration, nil when there is none. What is
// pending is decided under the lock, since another node may just have been here.
func (m *Migrator) step(ctx context.Context) (*File, error) {
	var applied *File
	err := m.locked(ctx, func(tx database.Tx) error {
		pending, err := m.pending(ctx, tx)
		if err != nil || len(pending) == 0 {
			return err
		}
		applied = pending[0]
		return m.apply(ctx, tx, applied)
	})
	if err != nil {
		return nil, err
	}
	return applied, nil
}

// apply runs one migration, protects the tables it made and records it.
func (m *Migrator) apply(ctx context.Context, tx database.Tx, f *File) error {
	before, err := m.engine.tables(ctx, tx, m.config.Schemas)
	if err != nil {
		return err
	}
	if err := m.script(ctx, tx, f); err != nil {
		return err
	}
	after, err := m.engine.tables(ctx, tx, m.config.Schemas)
	if err != nil {
		return err
	}
	if err := m.protect(ctx, tx, f, before, after); err != nil {
		return err
	}
	return m.engine.record(ctx, tx, f)
}

// pending reads the folder and the history in a transaction, and returns what is
// to be applied.
func (m *Migrator) pending(ctx context.Context, tx database.Tx) ([]*File, error) {
	files, err := m.files()
	if err != nil {
		return nil, err
	}
	history, err := readHistory(ctx, tx.Query)
	if err != nil {
		return nil, err
	}
	return plan(files, history, m.config)
}

// files reads the folder.
func (m *Migrator) files() ([]*File, error) {
	files, others, err := ReadDir(m.config.Dir)
	if err != nil {
		return nil, err
	}
	for _, path := range others {
		if !m.config.Supabase {
			return nil, misnamed(path)
		}
		m.config.Logger.Warn("skipped a file that is not named <timestamp>_<name>.sql", "file", path)
	}
	return files, nil
}

// Pending returns what Up would apply, without applying it.
func (m *Migrator) Pending(ctx context.Context) ([]*File, error) {
	statuses, err := m.Status(ctx)
	if err != nil {
		return nil, err
	}
	var out []*File
	for _, s := range statuses {
		if s.Problem != nil {
			return nil, s.Problem
		}
		if s.File != nil && s.AppliedAt == "" {
			out = append(out, s.File)
		}
	}
	return out, nil
}

// locked runs fn in a transaction that no other node is in.
func (m *Migrator) locked(ctx context.Context, fn func(database.Tx) error) error {
	return database.InTx(ctx, m.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		if err := m.engine.lock(ctx, tx); err != nil {
			return err
		}
		return fn(tx)
	})
}
