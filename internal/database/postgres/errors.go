package postgres

import (
	"context"
	"errors"

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
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if ok && (pgErr.Code != fault.QueryCanceled || ctx.Err() == nil) {
		return fromServer(pgErr)
	}
	if ctx.Err() != nil {
		return canceled(ctx)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return fault.New(connectionFailure, "cannot connect to the database").WithCause(err)
	}
	return fault.New(connectionFailure, "the connection to the database was lost").WithCause(err)
}

// fromServer takes over every field of an error that the server reported
// (PostgreSQL documentation, "Error and Notice Message Fields").
func fromServer(e *pgconn.PgError) *fault.Error {
	return &fault.Error{
		Code: e.Code, Message: e.Message, Detail: e.Detail, Hint: e.Hint,
		Schema: e.SchemaName, Table: e.TableName, Column: e.ColumnName,
		Constraint: e.ConstraintName, Position: int(e.Position),
	}
}

func canceled(ctx context.Context) error {
	message := "canceling statement due to user request"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		message = "canceling statement due to its deadline"
	}
	return fault.New(fault.QueryCanceled, "%s", message).WithCause(ctx.Err())
}

func errAborted() error {
	return fault.New(fault.InFailedTransaction,
		"current transaction is aborted, commands ignored until end of transaction block")
}
