package types

import (
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// Env is what a Session function may ask about the statement it runs for.
type Env interface {
	// Session is who runs the statement.
	Session() database.Session
	// TransactionTime is now(): when the transaction began.
	TransactionTime() time.Time
	// StatementTime is statement_timestamp().
	StatementTime() time.Time
	// Setting returns a run-time parameter, and false when it is not set.
	Setting(name string) (string, bool)
}

// TypeKnower is the State of a connection that serves a database with types of
// its own.
type TypeKnower interface {
	// Type returns a type of the database, nil when there is none.
	Type(oid OID) *Type
}
