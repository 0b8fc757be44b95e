package sqlite

import (
	"fmt"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Primary result codes (sqlite.org/rescode.html). Error.Primary returns one.
const (
	CodeError      = lib.SQLITE_ERROR
	CodeAbort      = lib.SQLITE_ABORT
	CodeBusy       = lib.SQLITE_BUSY
	CodeLocked     = lib.SQLITE_LOCKED
	CodeNoMem      = lib.SQLITE_NOMEM
	CodeReadOnly   = lib.SQLITE_READONLY
	CodeInterrupt  = lib.SQLITE_INTERRUPT
	CodeIOErr      = lib.SQLITE_IOERR
	CodeCorrupt    = lib.SQLITE_CORRUPT
	CodeFull       = lib.SQLITE_FULL
	CodeCantOpen   = lib.SQLITE_CANTOPEN
	CodeTooBig     = lib.SQLITE_TOOBIG
	CodeConstraint = lib.SQLITE_CONSTRAINT
	CodeNotADB     = lib.SQLITE_NOTADB
)

// Extended codes of violated constraints.
const (
	CodeCheck      = lib.SQLITE_CONSTRAINT_CHECK
	CodeForeignKey = lib.SQLITE_CONSTRAINT_FOREIGNKEY
	CodeNotNull    = lib.SQLITE_CONSTRAINT_NOTNULL
	CodePrimaryKey = lib.SQLITE_CONSTRAINT_PRIMARYKEY
	CodeTrigger    = lib.SQLITE_CONSTRAINT_TRIGGER
	CodeUnique     = lib.SQLITE_CONSTRAINT_UNIQUE
	CodeRowID      = lib.SQLITE_CONSTRAINT_ROWID
	CodeDataType   = lib.SQLITE_CONSTRAINT_DATATYPE
)

// Error is an error that SQLite reported.
type Error struct {
	Code    int    // extended result code
	Message string // in SQLite's words

	cause error
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("sqlite: %s (%d)", e.Message, e.Code) }

// Unwrap returns the error that one of our own functions returned inside the
// statement, as the same value, or the reason of an interrupt.
func (e *Error) Unwrap() error { return e.cause }

// Primary returns the primary result code, the lowest byte of Code.
func (e *Error) Primary() int { return e.Code & 0xff }

// fail makes the error of a result code of the connection's last call and takes
// the cause that a function has left.
func (c *Conn) fail(code int32) error {
	if extended := lib.Xsqlite3_extended_errcode(c.tls, c.db); extended&0xff == code&0xff {
		code = extended
	}
	e := &Error{Code: int(code), Message: libc.GoString(lib.Xsqlite3_errmsg(c.tls, c.db)), cause: c.cause}
	c.cause = nil
	return e
}
