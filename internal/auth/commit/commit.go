// Package commit puts off what asks somebody else until the transaction that it
// belongs to is committed. Hooks are asked then: one that takes its time holds no
// lock, on the embedded engine not that of all writers, and finds what the
// transaction wrote.
//
//	err := commit.InTx(ctx, db, func(tx database.Tx) error {
//		…
//		return commit.After(ctx, tx, send)
//	})
package commit

import (
	"context"

	"github.com/galleyhq/galley/internal/database"
)

// tx is a transaction with what follows it.
type tx struct {
	database.Tx
	after []func(context.Context) error
}

// InTx runs a transaction as the owner, and after it, in order, what was put off.
// The first error ends it: what was written then stays written.
func InTx(ctx context.Context, db database.DB, fn func(database.Tx) error) error {
	var t *tx
	err := database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(in database.Tx) error {
		t = &tx{Tx: in}
		return fn(t)
	})
	if err != nil {
		return err
	}
	for _, next := range t.after {
		if err := next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// After runs fn when the transaction is committed, at once if q is none of InTx's.
func After(ctx context.Context, q database.Querier, fn func(context.Context) error) error {
	if t, ok := q.(*tx); ok {
		t.after = append(t.after, fn)
		return nil
	}
	return fn(ctx)
}
