package sqlite

import (
	"context"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// progressSteps is how many instructions of SQLite's virtual machine run between
// two looks at the context: some tens of microseconds.
const progressSteps = 1000

// Interruptible lets ctx end reading statements of the connection: soon after
// ctx is done the running one fails with CodeInterrupt and the context's cause,
// and so does each one started later, until stop is called. It takes no
// goroutine and no lock: SQLite asks every thousand instructions, so that an
// interrupt can neither be lost nor hit a later statement.
//
// Statements that write, and those that control transactions, are never
// interrupted, as that would roll back the whole transaction.
func (c *Conn) Interruptible(ctx context.Context) (stop func()) {
	before := c.ctx
	if ctx.Done() == nil {
		c.ctx = nil
	} else {
		c.ctx = ctx
	}
	return func() { c.ctx = before }
}

// interrupted tells whether the connection's context is done, and keeps why.
func (c *Conn) interrupted() bool {
	if c.ctx == nil || c.writing > 0 {
		return false
	}
	if c.ctx.Err() == nil {
		return false
	}
	c.cause = context.Cause(c.ctx)
	return true
}

func (c *Conn) watchProgress() {
	progress := func(*libc.TLS, uintptr) int32 {
		if c.interrupted() {
			return 1
		}
		return 0
	}
	lib.Xsqlite3_progress_handler(c.tls, c.db, progressSteps, c.hold(&progress), 0)
}
