package sqlite

import (
	"sync/atomic"

	"modernc.org/libc"
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

// CacheStatus is what a connection's cache of pages has done since it was asked
// last, and the memory it takes now (sqlite.org/c3ref/c_dbstatus_options.html).
// As everything of a connection it is for whoever holds it.
func (c *Conn) CacheStatus() (hits, misses, bytes int64) {
	p := libc.Xcalloc(c.tls, 2, 4) // the present value and the highest, int each
	if p == 0 {
		return 0, 0, 0
	}
	defer libc.Xfree(c.tls, p)
	read := func(what, reset int32) int64 {
		if lib.Xsqlite3_db_status(c.tls, c.db, what, p, p+4, reset) != lib.SQLITE_OK {
			return 0
		}
		return int64(*(*int32)(pointer(p)))
	}
	return read(lib.SQLITE_DBSTATUS_CACHE_HIT, 1), read(lib.SQLITE_DBSTATUS_CACHE_MISS, 1), read(lib.SQLITE_DBSTATUS_CACHE_USED, 0)
}
