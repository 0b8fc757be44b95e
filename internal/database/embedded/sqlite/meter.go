package sqlite

import (
	"sync/atomic"

	lib "modernc.org/sqlite/lib"
)

// Meter adds up the work of statements, as SQLite counts it
// (sqlite.org/c3ref/c_stmtstatus_counter.html). Unlike time it is the same on
// every machine. Several connections may share one.
type Meter struct {
	// Steps are the instructions that the virtual machine ran.
	Steps atomic.Int64
	// Scanned are the rows that were passed in a scan of a whole table or index.
	Scanned atomic.Int64
	// Indexed are the rows that were put into indexes made for one statement only.
	Indexed atomic.Int64
	// Sorts are the sorts.
	Sorts atomic.Int64
}

// count adds what a statement did since it was counted last.
func (m *Meter) count(s *Stmt) {
	for counter, sum := range map[int32]*atomic.Int64{
		lib.SQLITE_STMTSTATUS_VM_STEP: &m.Steps, lib.SQLITE_STMTSTATUS_FULLSCAN_STEP: &m.Scanned,
		lib.SQLITE_STMTSTATUS_AUTOINDEX: &m.Indexed, lib.SQLITE_STMTSTATUS_SORT: &m.Sorts,
	} {
		sum.Add(int64(lib.Xsqlite3_stmt_status(s.conn.tls, s.handle, counter, 1)))
	}
}
