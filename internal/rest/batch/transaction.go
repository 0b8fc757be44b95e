package batch

import (
	"context"
	"slices"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// transaction is a database whose statements all run in one transaction. It
// belongs to one goroutine.
type transaction struct {
	database.DB // for the schema
	tx          database.Tx
	session     database.Session
}

// Query implements database.DB.
func (t *transaction) Query(ctx context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	if st.Rollback {
		return nil, fault.Unsupported("a request of a batch cannot end in rollback alone")
	}
	if err := t.enter(ctx, s); err != nil {
		return nil, err
	}
	st.ReadOnly = false // the transaction is not
	return t.tx.Query(ctx, st)
}

// enter makes a session that of the statements that follow.
func (t *transaction) enter(ctx context.Context, s database.Session) error {
	if t.session.Role == s.Role && t.session.Path == s.Path && t.session.Method == s.Method && slices.Equal(t.session.SearchPath, s.SearchPath) {
		return nil
	}
	t.session = s
	return t.tx.SetSession(ctx, s)
}

// savepoint is the name of the savepoint of a request that needs a transaction of
// its own.
const savepoint = "galley_batch"

// Begin implements database.DB: a transaction within is a savepoint.
func (t *transaction) Begin(ctx context.Context, s database.Session, _ database.TxOptions) (database.Tx, error) {
	if err := t.enter(ctx, s); err != nil {
		return nil, err
	}
	if err := t.tx.Savepoint(ctx, savepoint); err != nil {
		return nil, err
	}
	return &inner{Tx: t.tx}, nil
}

// Close implements database.DB.
func (t *transaction) Close() error { return nil }

// inner is the part of a transaction since a savepoint.
type inner struct {
	database.Tx
	ended bool
}

// Commit implements database.Tx.
func (t *inner) Commit(ctx context.Context) error {
	t.ended = true
	return t.Release(ctx, savepoint)
}

// Rollback implements database.Tx.
func (t *inner) Rollback(ctx context.Context) error {
	if t.ended {
		return nil
	}
	t.ended = true
	return t.RollbackTo(ctx, savepoint)
}
