package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"time"

	"modernc.org/libc"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Options are the settings of a connection. The zero value is usable.
type Options struct {
	Functions  []Function
	Aggregates []Aggregate
	Collations []Collation
	Tables     []TableFunction

	// ReadOnly opens an existing file for reading.
	ReadOnly bool
	// Synchronous is the pragma's value; default FULL.
	Synchronous string
	// BusyTimeout is how long a lock of another connection is waited for;
	// default 5 s, negative for not at all.
	BusyTimeout time.Duration
	// CacheKiB bounds the page cache; default 2,000.
	CacheKiB int
	// Statements bounds the idle statements that are kept; default 128.
	Statements int
	// FixedTransactions forbids BEGIN, COMMIT and ROLLBACK in all statements but
	// those of Control, so that nothing that runs on a connection can end a
	// transaction that is not its own. Savepoints remain allowed.
	FixedTransactions bool
	// Meter counts what the statements of the connection do; nil counts nothing.
	Meter *Meter
}

func (o *Options) complete() {
	if o.Synchronous == "" {
		o.Synchronous = "FULL"
	}
	if o.BusyTimeout == 0 {
		o.BusyTimeout = 5 * time.Second
	}
	if o.CacheKiB == 0 {
		o.CacheKiB = 2000
	}
	if o.Statements == 0 {
		o.Statements = 128
	}
}

// Conn is a connection to a database file.
type Conn struct {
	// State is what the owner of the connection wants functions to find, such as
	// the running statement's time and claims.
	State any
	// Note is what the owner remembers of the connection from one statement to
	// the next.
	Note any

	tls    *libc.TLS
	db     uintptr
	driver interface{ Close() error }
	mutex  uintptr // SQLite's own, put aside while the connection is open
	free   uintptr // sqlite3_free as a C function
	keep   []any   // what SQLite holds pointers to
	meter  *Meter  // may be nil
	cache  cache

	scratch buffer  // for texts on their way into SQLite
	args    []Value // stack of the arguments of running functions
	groups  slots[Accumulator]
	tables  tableModule

	cause     error           // what a function returned in the running statement
	ctx       context.Context // what ends reading statements; nil when nothing does
	writing   int             // running statements that must not be interrupted
	control   bool            // Control is preparing a statement
	walFrames int
}

// Open opens a database file, which is created unless o.ReadOnly is set.
// The path ":memory:" opens a database that lives as long as its connection.
func Open(path string, o Options) (*Conn, error) {
	o.complete()
	dsn, err := dataSource(path, o)
	if err != nil {
		return nil, err
	}
	opened, err := new(driver.Driver).Open(dsn)
	if err != nil {
		return nil, openError(err)
	}
	c := &Conn{driver: opened}
	if err := c.attach(opened); err != nil {
		opened.Close()
		return nil, err
	}
	if err := c.configure(path, o); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func openError(err error) error {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return &Error{Code: e.Code(), Message: e.Error()}
	}
	return err
}

// dataSource returns the driver's name of a file, a URI in which every byte of
// the path is itself (sqlite.org/uri.html).
func dataSource(path string, o Options) (string, error) {
	query := "?_dqs=0"
	if o.ReadOnly {
		query += "&mode=ro"
	}
	if path == ":memory:" {
		return "file::memory:" + query, nil
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	absolute = filepath.ToSlash(absolute)
	if !strings.HasPrefix(absolute, "/") { // a drive letter
		absolute = "/" + absolute
	}
	return "file://" + (&url.URL{Path: absolute}).EscapedPath() + query, nil
}

// attach takes SQLite's handle out of the driver's connection. Its type is
// private, so its shape is verified.
func (c *Conn) attach(opened any) error {
	v := reflect.ValueOf(opened)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct || v.Elem().NumField() < 2 {
		return fmt.Errorf("sqlite: the driver's connection is a %T, not a struct as expected", opened)
	}
	shape := v.Elem().Type()
	db, tls := shape.Field(0), shape.Field(1)
	if db.Name != "db" || db.Type.Kind() != reflect.Uintptr ||
		tls.Name != "tls" || tls.Type != reflect.TypeFor[*libc.TLS]() {
		return fmt.Errorf("sqlite: the driver's connection begins with %s %s, %s %s: this version is not known",
			db.Name, db.Type, tls.Name, tls.Type)
	}
	c.db = uintptr(v.Elem().Field(0).Uint())
	c.tls = (*libc.TLS)(v.Elem().Field(1).UnsafePointer())
	return nil
}

// configure makes the settings that PostgreSQL's behaviour asks for, such as
// case-sensitive LIKE and enforced foreign keys, and registers the functions.
func (c *Conn) configure(path string, o Options) error {
	c.cache.limit, c.meter = o.Statements, o.Meter
	free := lib.Xsqlite3_free
	c.free = c.hold(&free)
	if err := c.lookaside(); err != nil {
		return err
	}
	c.setMutex(false)
	c.keepColumns()
	c.watchProgress()
	pragmas := fmt.Sprintf(`PRAGMA busy_timeout=%d; PRAGMA cache_size=-%d; PRAGMA temp_store=MEMORY;
		PRAGMA trusted_schema=ON; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON;
		PRAGMA case_sensitive_like=ON; PRAGMA cell_size_check=ON; PRAGMA wal_autocheckpoint=0;`,
		max(0, o.BusyTimeout.Milliseconds()), o.CacheKiB)
	if !o.ReadOnly && path != ":memory:" {
		pragmas += `PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=67108864;`
	}
	if err := c.Exec(pragmas + "PRAGMA synchronous=" + o.Synchronous); err != nil {
		return err
	}
	c.watchWAL() // after the pragmas: wal_autocheckpoint sets the hook, too
	if err := c.register(o); err != nil {
		return err
	}
	if o.FixedTransactions {
		c.forbidTransactions()
	}
	return nil
}

// hold returns the C pointer of a function and keeps the function alive.
func (c *Conn) hold(f any) uintptr {
	c.keep = append(c.keep, f)
	return *(*uintptr)(reflect.ValueOf(f).UnsafePointer())
}

// The connection's own small pieces of memory, which are taken without the lock
// that all connections of the process share: by default there are 40, which
// statements that are kept use up, and the rows of a scan then wait for the lock
// (sqlite.org/malloc.html, "Lookaside Memory Allocator").
const (
	lookasideSize   = 1200 // bytes
	lookasidePieces = 200
)

// lookaside reserves the connection's pieces of memory. It must come before the
// first statement.
func (c *Conn) lookaside() error {
	args := libc.NewVaList(uintptr(0), int32(lookasideSize), int32(lookasidePieces))
	if args == 0 {
		return &Error{Code: CodeNoMem, Message: "out of memory"}
	}
	defer libc.Xfree(c.tls, args)
	return c.check(lib.Xsqlite3_db_config(c.tls, c.db, lib.SQLITE_DBCONFIG_LOOKASIDE, args))
}

// setMutex switches SQLite's own lock of the connection on or off. The driver
// opens connections in serialized mode; ours belong to one goroutine at a time,
// so that each call into SQLite may skip the lock, as in multi-thread mode
// (sqlite.org/threadsafe.html).
func (c *Conn) setMutex(on bool) {
	db := (*lib.Tsqlite3)(pointer(c.db))
	if on {
		db.Fmutex = c.mutex
		return
	}
	c.mutex, db.Fmutex = db.Fmutex, 0
}

// keepColumns switches off the optimization that puts a constant in the place of
// a column (sqlite.org/optoverview.html, "Constant Propagation"): of
// WHERE n = 7 AND 10 / (n - 7) > 0 it makes a condition without columns, which
// SQLite evaluates, and lets fail, before it knows whether there is a row.
func (c *Conn) keepColumns() {
	(*lib.Tsqlite3)(pointer(c.db)).FdbOptFlags |= lib.SQLITE_PropagateConst
}

// SetBusyTimeout changes how long locks of other connections are waited for.
func (c *Conn) SetBusyTimeout(d time.Duration) {
	lib.Xsqlite3_busy_timeout(c.tls, c.db, int32(d.Milliseconds()))
}

// forbidTransactions installs an authorizer that refuses to prepare statements
// that begin or end a transaction.
func (c *Conn) forbidTransactions() {
	authorize := func(_ *libc.TLS, _ uintptr, action int32, _, _, _, _ uintptr) int32 {
		if action == lib.SQLITE_TRANSACTION && !c.control {
			return lib.SQLITE_DENY
		}
		return lib.SQLITE_OK
	}
	lib.Xsqlite3_set_authorizer(c.tls, c.db, c.hold(&authorize), 0)
}

// SchemaVersion is PRAGMA schema_version in the snapshot of the statement that
// was stepped last, without a statement of its own: each one compares it with the
// file as it starts (sqlite.org/fileformat2.html, "Schema cookie").
func (c *Conn) SchemaVersion() uint32 {
	db := (*lib.Tsqlite3)(pointer(c.db))
	file := (*lib.TDb)(pointer(db.FaDb)) // the first is main
	return uint32((*lib.TSchema)(pointer(file.FpSchema)).Fschema_cookie)
}

// Changes returns how many rows the last INSERT, UPDATE or DELETE changed, those
// changed by triggers and cascades not counted.
func (c *Conn) Changes() int64 { return int64(lib.Xsqlite3_changes64(c.tls, c.db)) }

// LastInsertRowID returns the rowid of the last row inserted.
func (c *Conn) LastInsertRowID() int64 { return int64(lib.Xsqlite3_last_insert_rowid(c.tls, c.db)) }

// DeferredFKs returns 0 when no foreign key of the transaction is violated as
// yet, and 1 otherwise (SQLITE_DBSTATUS_DEFERRED_FKS).
func (c *Conn) DeferredFKs() (int, error) {
	out := c.tls.Alloc(8)
	defer c.tls.Free(8)
	rc := lib.Xsqlite3_db_status(c.tls, c.db, lib.SQLITE_DBSTATUS_DEFERRED_FKS, out, out+4, 0)
	if rc != lib.SQLITE_OK {
		return 0, c.fail(rc)
	}
	return int(*(*int32)(pointer(out))), nil
}

// Deferring puts off the check of all foreign keys until the transaction ends, or
// no longer, and returns what puts it back. It is PRAGMA defer_foreign_keys
// (sqlite.org/pragma.html) without what the pragma does besides: it has every
// statement of the connection compiled anew, and switched off it forgets what is
// violated. Which checks a statement makes is decided as it is compiled, so that
// those which write are kept for each of the two cases.
//
// When it is put back, only keys that were declared deferred may be violated: the
// others are not looked at again.
func (c *Conn) Deferring(on bool) (back func()) {
	db := (*lib.Tsqlite3)(pointer(c.db))
	set := func(on bool) {
		if on {
			db.Fflags |= lib.SQLITE_DeferFKs
		} else {
			db.Fflags &^= lib.SQLITE_DeferFKs
		}
	}
	before := c.deferring()
	set(on)
	return func() {
		set(before)
		if !before { // what is violated counts with the keys that were declared so
			db.FnDeferredCons += db.FnDeferredImmCons
			db.FnDeferredImmCons = 0
		}
	}
}

func (c *Conn) deferring() bool {
	return (*lib.Tsqlite3)(pointer(c.db)).Fflags&lib.SQLITE_DeferFKs != 0
}

// adapt has a statement compiled anew that was compiled in the other case.
func (s *Stmt) adapt() error {
	c := s.conn
	db := (*lib.Tsqlite3)(pointer(c.db))
	immediate, deferred := db.FnDeferredImmCons, db.FnDeferredCons
	pragma := "PRAGMA defer_foreign_keys = OFF"
	if s.deferring = c.deferring(); s.deferring {
		pragma = "PRAGMA defer_foreign_keys = ON"
	}
	err := c.Exec(pragma)
	db.FnDeferredImmCons, db.FnDeferredCons = immediate, deferred
	return err
}

// AutoCommit tells that no transaction is open on the connection. SQLite ends
// one by itself when the disk is full and after other errors of that rank
// (sqlite.org/c3ref/get_autocommit.html).
func (c *Conn) AutoCommit() bool { return lib.Xsqlite3_get_autocommit(c.tls, c.db) != 0 }

// Close finalizes all statements and closes the connection.
func (c *Conn) Close() error {
	if c.db == 0 {
		return nil
	}
	c.ResetAll()
	c.cache.evict(c, 0)
	c.scratch.free(c.tls)
	c.setMutex(true)
	c.db = 0
	err := c.driver.Close()
	runtime.KeepAlive(c.keep)
	return err
}

// cString puts s into the connection's scratch memory and returns its address,
// valid until the next call.
func (c *Conn) cString(s string) (uintptr, error) {
	if c.scratch.size > maxScratch && len(s) < maxScratch {
		c.scratch.free(c.tls)
	}
	if !c.scratch.set(c.tls, s) {
		return 0, &Error{Code: lib.SQLITE_NOMEM, Message: "out of memory"}
	}
	return c.scratch.address, nil
}

// maxScratch is the size in bytes up to which scratch memory is kept.
const maxScratch = 64 << 10
