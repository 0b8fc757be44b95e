// Package database is the boundary everything in Galley stands on: Postgres SQL
// and parameters go in, run as a role with JWT claims under row-level security,
// and rows come out, or an error with a SQLSTATE. Two engines stand behind it,
// database/embedded and database/postgres; the same statement gives the same
// answer on both (databasetest proves it).
//
//	rows, err := db.Query(ctx, session, database.Statement{
//		SQL:  `SELECT id, title FROM todos WHERE done = $1`,
//		Args: database.Args(false),
//	})
//
// A value crosses the boundary in PostgreSQL's text form, both ways: '42', 't',
// '2026-01-02 12:00:00+00'. Parameters have no declared type unless the
// statement names one; as in PostgreSQL it is inferred from where they stand.
// JSON is made by the statement itself (row_to_json and its kind), so the engine
// builds it and the caller only passes bytes on.
package database

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/schema"
)

// DB is one database behind one engine. Its methods may be called from any
// goroutine. Every error is, or wraps, a *fault.Error, except that of a done
// context, which wraps ctx.Err() and carries SQLSTATE 57014.
type DB interface {
	// Query runs one statement in a transaction of its own. A statement that
	// writes has been committed durably before the last row is delivered and
	// Rows.Err is nil; one that fails has changed nothing. The caller must
	// close the rows.
	Query(ctx context.Context, s Session, st Statement) (Rows, error)

	// Begin starts a transaction, READ COMMITTED as in PostgreSQL: each
	// statement sees what was committed before it began. On the embedded
	// engine the first write takes the one writer until the transaction ends,
	// so transactions are short; one idle for Limits.IdleInTransaction while
	// it holds the writer is ended (25P03).
	Begin(ctx context.Context, s Session, o TxOptions) (Tx, error)

	// Schema returns the present snapshot. It is cheap when nothing changed.
	Schema(ctx context.Context) (*schema.Snapshot, error)

	// Engine names the engine: "embedded" or "postgres".
	Engine() string

	// Ping tells whether the database answers.
	Ping(ctx context.Context) error

	// Close ends running statements and frees everything.
	Close() error
}

// Tx is a transaction. It belongs to one goroutine. After a statement failed,
// everything but Rollback, RollbackTo and Close is refused with 25P02.
type Tx interface {
	// Query runs one statement. The rows must be closed before the next one.
	Query(ctx context.Context, st Statement) (Rows, error)

	// Script runs the statements of a text one after the other, without
	// parameters, and passes the rows of each to each, which may be nil.
	// Positions in errors count from the start of the script.
	Script(ctx context.Context, sql string, each func(Rows) error) error

	// SetSession changes the role and claims of the statements that follow.
	SetSession(ctx context.Context, s Session) error

	Savepoint(ctx context.Context, name string) error
	RollbackTo(ctx context.Context, name string) error
	Release(ctx context.Context, name string) error

	// Commit makes the changes durable. Rollback undoes them; after Commit or
	// Rollback it does nothing, so it may be deferred.
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
}

// TxOptions are the options of a transaction.
type TxOptions struct {
	ReadOnly bool // a write is refused with 25006
	// Snapshot shows every statement what was committed before the first
	// (REPEATABLE READ). The embedded engine refuses it (0A000).
	Snapshot bool
	// Pace, unless nil, is that of transactions of this kind, of which nobody learns
	// anything before Commit or Rollback returns. The embedded engine commits those that
	// are quick together with others.
	Pace *Pace
}

// Statement is one Postgres SQL statement with its parameters.
type Statement struct {
	SQL  string
	Args []Arg
	// Types names the types of parameters ("int8", "text"); a missing or empty
	// one is inferred.
	Types []string
	// ReadOnly refuses a write with 25006. What is left of the rows when they are
	// closed need not be made then.
	ReadOnly bool
	// Rollback undoes the statement after its rows were made. Only for
	// DB.Query.
	Rollback bool
	// Began, unless nil, takes when a read began, after it had waited for a connection.
	// The embedded engine tells.
	Began *time.Time
	// Response, unless nil, takes what the statement says about the response: the
	// parameters response.headers and response.status as it leaves them. It is
	// complete once Next returned false.
	Response *Response
}

// Response is what functions say about the response to a request, by the
// parameters of these names (PostgREST documentation, "Transaction-Scoped
// Settings"); "" for nothing.
type Response struct {
	Headers string // response.headers, a JSON array of objects of one member each
	Status  string // response.status
}

// Rows are the result of a statement. They belong to one goroutine.
type Rows interface {
	// Columns describes the result; empty for a statement without one.
	Columns() []Column
	// Next goes to the next row and tells whether there is one.
	Next() bool
	// Value returns column i of the present row in text form, nil for NULL.
	// The bytes stay valid until Next or Close.
	Value(i int) []byte
	// Err returns what ended the rows early, nil when they are complete. For a
	// write in a transaction of its own it also tells whether the commit
	// succeeded. It is final once Next returned false.
	Err() error
	// Tag is the command tag ("SELECT 3", "INSERT 0 1"), once Next returned
	// false.
	Tag() string
	// Close ends the statement. It may be called more than once.
	Close()
}

// Column describes a column of a result.
type Column struct {
	Name string
	Type string // the name in pg_type: "int8", "timestamptz"
}
