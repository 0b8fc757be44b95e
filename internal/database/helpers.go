package database

import (
	"context"
	"time"
)

// Limits bound what one statement or transaction may take.
type Limits struct {
	// IdleInTransaction ends a transaction that holds the embedded writer and
	// runs no statement (25P03).
	IdleInTransaction time.Duration
	// Statement ends a statement (57014); 0 is no limit.
	Statement time.Duration
}

// DefaultLimits are the limits unless configured otherwise.
func DefaultLimits() Limits {
	return Limits{IdleInTransaction: 5 * time.Second, Statement: 30 * time.Second}
}

// InTx runs fn in a transaction, commits when it returns nil and rolls back
// otherwise, a panic included.
func InTx(ctx context.Context, db DB, s Session, o TxOptions, fn func(Tx) error) error {
	tx, err := db.Begin(ctx, s, o)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// Exec runs a statement on anything that queries, drops its rows and returns
// its command tag.
func Exec(rows Rows, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Tag(), rows.Err()
}

// Collect reads all rows. For results known to be small.
func Collect(rows Rows, err error) ([]Record, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Record
	for rows.Next() {
		row := make(Record, len(rows.Columns()))
		for i := range row {
			if v := rows.Value(i); v != nil {
				text := string(v)
				row[i] = &text
			}
		}
		out = append(out, row)
	}
	return out, rows.Err()
}
