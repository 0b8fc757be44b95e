package dump

import (
	"context"
	"errors"
	"fmt"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Server makes the backups by the clock of a database of PostgreSQL, which several
// nodes may do, and tries them. It is a backup.Maker.
type Server struct {
	// Open opens the database, without a limit on statements. It is closed again.
	Open    func(ctx context.Context) (database.DB, error)
	Program string // version of Galley
	// OpenTrial opens an empty database, into which a backup is restored for trial
	// and which stays empty; nil has the checksums compared alone.
	OpenTrial func(ctx context.Context) (database.DB, error)
}

// aloneLock is the advisory lock of who makes a backup.
const aloneLock = 7449356483962830855

// Alone implements backup.Maker, by an advisory lock that the server lets go when
// the node is gone.
func (s Server) Alone(ctx context.Context, do func(ctx context.Context) error) (ran bool, err error) {
	err = opened(ctx, s.Open, func(db database.DB) error {
		return database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
			if err := tx.Script(ctx, "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0", nil); err != nil {
				return err
			}
			rows, err := database.Records(ctx, tx, "SELECT pg_try_advisory_xact_lock($1)", int64(aloneLock))
			if err != nil || rows[0].Text(0) != "t" {
				return err
			}
			ran = true
			return do(ctx)
		})
	})
	return ran, err
}

// Make implements backup.Maker.
func (s Server) Make(ctx context.Context, to backup.Place, name string, lock backup.Lock) (said []any, err error) {
	var m Manifest
	err = opened(ctx, s.Open, func(db database.DB) error {
		m, err = Create(ctx, Source{DB: db, Program: s.Program}, to, name, lock)
		return err
	})
	said = describe(m)
	if len(m.Left) > 0 {
		said = append(said, "not_in_it", m.Left)
	}
	return said, err
}

// Try implements backup.Maker. The newest backup of a place may still be one of
// the embedded engine, from before the project moved.
func (s Server) Try(ctx context.Context, from backup.Place, name string, key backup.Key, dir string) (said []any, err error) {
	logical, err := Is(ctx, from, name, key)
	if err != nil {
		return nil, err
	}
	if !logical {
		return backup.Source{}.Try(ctx, from, name, key, dir)
	}
	if s.OpenTrial == nil {
		m, err := Verify(ctx, from, name, key)
		return append(describe(m), "compared", "checksums"), err
	}
	var m Manifest
	err = opened(ctx, s.OpenTrial, func(db database.DB) error {
		m, err = Try(ctx, from, name, key, db)
		return err
	})
	return append(describe(m), "compared", "restored rows"), err
}

func describe(m Manifest) []any { return []any{"tables", len(m.Tables), "rows", m.Rows()} }

func opened(ctx context.Context, open func(context.Context) (database.DB, error), do func(database.DB) error) (err error) {
	db, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}

// errTried ends the transaction of a trial.
var errTried = errors.New("tried")

// Try restores a backup into an empty database and compares every table, as Restore
// does, and then takes all of it back: the database stays empty.
func Try(ctx context.Context, from backup.Place, name string, key backup.Key, in database.DB) (m Manifest, err error) {
	err = database.InTx(ctx, in, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		r := restorer{tx: tx}
		if err := r.begin(ctx); err != nil {
			return err
		}
		if m, err = read(ctx, from, name, key, r); err != nil {
			return err
		}
		return errTried
	})
	switch {
	case errors.Is(err, errTried):
		return m, nil
	case fault.Code(err) == fault.ObjectNotInPrerequisite:
		return m, fmt.Errorf("the database for trials: %w", err)
	}
	return m, err
}
