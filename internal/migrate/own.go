package migrate

import (
	"context"
	"fmt"
	"strconv"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Part is a part of Galley's own schema: the tables and functions that one of its
// packages keeps in the project's database. Steps are scripts that build it, in
// order. A released one is never changed: what comes later is another step, and a
// database of any older version gets the steps it lacks.
type Part struct {
	Name  string
	Steps []string
}

// Own brings Galley's own schema up to date, in place, each part in a transaction
// that one node at a time is in. A database that a newer Galley has brought
// further is refused.
func Own(ctx context.Context, db database.DB, parts ...Part) error {
	for _, p := range parts {
		query := func(ctx context.Context, st database.Statement) (database.Rows, error) {
			return db.Query(ctx, database.Session{}, st)
		}
		version, err := p.version(ctx, query)
		if err == nil && version != len(p.Steps) {
			err = p.upgrade(ctx, db)
		}
		if err != nil {
			return fmt.Errorf("prepare the schema of %s: %w", p.Name, err)
		}
	}
	return nil
}

// Outdated tells whether Own would change parts that the database has in an older
// version, as opposed to those that it does not have yet.
func Outdated(ctx context.Context, db database.DB, parts ...Part) (bool, error) {
	for _, p := range parts {
		version, err := p.version(ctx, func(ctx context.Context, st database.Statement) (database.Rows, error) {
			return db.Query(ctx, database.Session{}, st)
		})
		if err != nil {
			return false, fmt.Errorf("look at the schema of %s: %w", p.Name, err)
		}
		if version > 0 && version < len(p.Steps) {
			return true, nil
		}
	}
	return false, nil
}

func (p Part) upgrade(ctx context.Context, db database.DB) error {
	e := engineFor(db)
	return database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		if err := e.lock(ctx, tx); err != nil {
			return err
		}
		version, err := p.version(ctx, tx.Query) // another node may just have been here
		if err != nil || version == len(p.Steps) {
			return err
		}
		for _, step := range p.Steps[version:] {
			if err := tx.Script(ctx, step, nil); err != nil {
				return err
			}
		}
		return database.Run(ctx, tx, `INSERT INTO galley.settings (key, value) VALUES ($1, $2)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`, p.key(), strconv.Itoa(len(p.Steps)))
	})
}

// key is where galley.settings keeps how many steps were taken.
func (p Part) key() string { return "schema." + p.Name }

// version is how many steps the database has.
func (p Part) version(ctx context.Context, query queryFunc) (int, error) {
	rows, err := database.Collect(query(ctx, database.Statement{
		SQL: `SELECT value FROM galley.settings WHERE key = $1`, Args: database.Args(p.key()),
	}))
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	n, err := strconv.Atoi(rows[0].Text(0))
	switch {
	case err != nil || n < 0:
		return 0, fault.New(fault.DataCorrupted, "galley.settings holds no readable version under %s", p.key())
	case n > len(p.Steps):
		return 0, fault.New(fault.ObjectNotInPrerequisite,
			"the database has version %d of the schema of %s, this program knows versions up to %d", n, p.Name, len(p.Steps)).
			WithHint("It was used by a newer Galley. Run that one, or restore a backup from before the upgrade.")
	}
	return n, nil
}
