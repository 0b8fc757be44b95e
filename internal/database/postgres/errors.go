package postgres

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/fault"
)

const connectionFailure = "08006"

// convert makes a *fault.Error of whatever pgconn returned. A connection that
// broke is 08006; a done context is 57014 and wraps ctx.Err().
func convert(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	ended := done(ctx)
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if ok && (pgErr.Code != fault.QueryCanceled || ended == nil) {
		return fromServer(pgErr)
	}
	if ended != nil {
		return canceled(ended)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fault.New(connectionFailure, "cannot connect to the database").WithCause(err)
	}
	return fault.New(connectionFailure, "the connection to the database was lost").WithCause(err)
}

// preparedName is how a message names one of our prepared statements, which
// means nothing to anybody.
var preparedName = regexp.MustCompile(`prepared statement "g[0-9]+"`)

// fromServer takes over every field of an error that the server reported
// (PostgreSQL documentation, "Error and Notice Message Fields").
func fromServer(e *pgconn.PgError) *fault.Error {
	return &fault.Error{
		Code: e.Code, Message: preparedName.ReplaceAllString(e.Message, `prepared statement ""`), Detail: e.Detail, Hint: e.Hint,
		Schema: e.SchemaName, Table: e.TableName, Column: e.ColumnName,
		Constraint: e.ConstraintName, Position: int(e.Position),
	}
}

// done is ctx.Err(), but does not wait for the context's own timer: the network's
// deadline, which is the same moment, may come first.
func done(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) && ctx.Err() == nil {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

func canceled(cause error) error {
	message := "canceling statement due to user request"
	if errors.Is(cause, context.DeadlineExceeded) {
		message = "canceling statement due to its deadline"
	}
	return fault.New(fault.QueryCanceled, "%s", message).WithCause(cause)
}

func errAborted() error {
	return fault.New(fault.InFailedTransaction,
		"current transaction is aborted, commands ignored until end of transaction block")
}
