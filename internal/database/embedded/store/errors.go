package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// ErrDeferredForeignKey tells that a transaction was to be committed although it
// violates a deferred foreign key. It comes wrapped in a fault of code 23503.
var ErrDeferredForeignKey = errors.New("a deferred foreign key is violated")

func deferredForeignKey() error {
	return fault.New(fault.ForeignKeyViolation, "the transaction violates a deferred foreign key constraint").
		WithCause(ErrDeferredForeignKey)
}

// SQLSTATEs that only storage raises (PostgreSQL documentation, appendix A).
const (
	outOfMemory      = "53200"
	programLimit     = "54000"
	lockNotAvailable = "55P03"
	ioError          = "58030"
)

// Translate turns an error of SQLite into a fault, unless it is a violated
// constraint, which whoever knows the tables must explain, or an error that one
// of our own functions raised, which is returned as that function made it.
func Translate(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok || fault.Code(err) != "" {
		if f, ok := errors.AsType[*fault.Error](err); ok {
			return f
		}
		return err
	}
	switch e.Primary() {
	case sqlite.CodeConstraint:
		return err
	case sqlite.CodeFull:
		return fault.New(fault.DiskFull, "could not write to the database: no space left").WithCause(err)
	case sqlite.CodeCorrupt, sqlite.CodeNotADB:
		return fault.New(fault.DataCorrupted, "the database file is damaged").WithCause(err)
	case sqlite.CodeBusy, sqlite.CodeLocked:
		return fault.New(lockNotAvailable, "the database is locked").
			WithDetail("Another process is writing to the same file.").
			WithHint("Try again when it has ended. A long write beside a running server, by galley sql for instance, is better made in parts.").WithCause(err)
	case sqlite.CodeReadOnly:
		return fault.New(fault.ReadOnlyTransaction, "cannot write in a read-only transaction").WithCause(err)
	case sqlite.CodeTooBig:
		return fault.New(programLimit, "a value or statement is too large").WithCause(err)
	case sqlite.CodeNoMem:
		return fault.New(outOfMemory, "out of memory").WithCause(err)
	case sqlite.CodeInterrupt:
		return canceled(err)
	case sqlite.CodeIOErr, sqlite.CodeCantOpen:
		return fault.New(ioError, "could not read or write the database file").WithCause(err)
	case sqlite.CodeError:
		if limit := exceeded(e.Message); limit != "" {
			return fault.Unsupported("a statement of this size is not supported by the embedded engine: %s", limit).
				WithHint("PostgreSQL supports it: set DATABASE_URL to use it as the engine.").WithCause(err)
		}
	}
	return err
}

// limits are what SQLite says of statements beyond its limits.
var limits = []string{"nested too deep", "too many terms in compound", "parser stack overflow", "Expression tree is too large", "Recursion limit",
	"at most 64 tables", "too many columns", "too many references", "too many arguments", "too many SQL variables", "too many FROM clause terms"}

func exceeded(message string) string {
	for _, limit := range limits {
		if strings.Contains(message, limit) {
			return message
		}
	}
	return ""
}

// canceled is the error of a caller who has gone away or run out of time.
func canceled(cause error) error {
	message := "canceling statement due to user request"
	if errors.Is(cause, context.DeadlineExceeded) {
		message = "canceling statement due to statement timeout"
	}
	return fault.New(fault.QueryCanceled, "%s", message).WithCause(cause)
}

// panicked is the error of a caller whose function panicked.
func panicked(value any, stack []byte) error {
	return fault.Internal(fmt.Errorf("panic in a write: %v\n%s", value, stack))
}
