package migrate

import (
	"context"
	"errors"
	"io/fs"

	"github.com/galleyhq/galley/internal/database"
)

// seedKey is where galley.settings tells whether the database was seeded.
const seedKey = "migrate.seed"

// The states of the seed.
const (
	seedPending = "pending" // the database is new
	seedDone    = "done"
	seedSkipped = "skipped" // the database was not new, or nobody wanted it
)

// prepare makes the history, and decides once for each database whether it is
// new: nothing was applied and no exposed schema has a table.
func (m *Migrator) prepare(ctx context.Context) error {
	return m.locked(ctx, func(tx database.Tx) error {
		if err := m.engine.prepare(ctx, tx); err != nil {
			return err
		}
		state, err := seedState(ctx, tx)
		if err != nil || state != "" {
			return err
		}
		state, err = m.firstSeedState(ctx, tx)
		if err != nil {
			return err
		}
		return database.Run(ctx, tx, `INSERT INTO galley.settings (key, value) VALUES ($1, $2)`, seedKey, state)
	})
}

func (m *Migrator) firstSeedState(ctx context.Context, tx database.Tx) (string, error) {
	history, err := readHistory(ctx, tx.Query)
	if err != nil {
		return "", err
	}
	existing, err := m.engine.tables(ctx, tx, m.config.Schemas)
	if err != nil {
		return "", err
	}
	if len(history) > 0 || len(existing) > 0 {
		return seedSkipped, nil
	}
	return seedPending, nil
}

func seedState(ctx context.Context, tx database.Tx) (string, error) {
	rows, err := database.Collect(tx.Query(ctx, database.Statement{
		SQL: `SELECT value FROM galley.settings WHERE key = $1`, Args: database.Args(seedKey),
	}))
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].Text(0), nil
}

// Seed runs the seed files, once, on a database that was new when Galley first
// saw it, and returns the files. It comes after Up.
func (m *Migrator) Seed(ctx context.Context) ([]*File, error) {
	files, err := m.seeds()
	if err != nil {
		return nil, err
	}
	return m.endSeed(ctx, seedDone, files)
}

// SkipSeed makes sure that the seed files never run on this database.
func (m *Migrator) SkipSeed(ctx context.Context) error {
	_, err := m.endSeed(ctx, seedSkipped, nil)
	return err
}

func (m *Migrator) endSeed(ctx context.Context, state string, files []*File) ([]*File, error) {
	var done []*File
	err := m.locked(ctx, func(tx database.Tx) error {
		done = nil
		now, err := seedState(ctx, tx)
		if err != nil || now != seedPending {
			return err
		}
		for _, f := range files {
			if err := m.script(ctx, tx, f); err != nil {
				return err
			}
			done = append(done, f)
		}
		return database.Run(ctx, tx, `UPDATE galley.settings SET value = $2 WHERE key = $1`, seedKey, state)
	})
	if err != nil {
		return nil, err
	}
	return done, nil
}

func (m *Migrator) seeds() ([]*File, error) {
	var files []*File
	for _, path := range m.config.Seeds {
		f, err := readFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}
