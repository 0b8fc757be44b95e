package sqlite

import (
	"fmt"
	"strings"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// TableFunction is a function whose result is rows. It stands in FROM as
// name(argument, …), an eponymous virtual table (sqlite.org/vtab.html, 2.1.2)
// whose arguments are hidden columns. Arguments may come from the tables to its
// left. Its columns are called c0, c1, …; its _rowid_ numbers the rows of a call
// from 1.
type TableFunction struct {
	Name    string
	Columns int
	// NArgs is how many arguments a call has; MaxTableArgs with Variadic, of
	// which a call gives the first ones, at least one.
	NArgs    int
	Variadic bool
	// Cost is what a call with its arguments costs, where reading a row of a table
	// costs about 1: the planner's guess. 0 is that of a function which computes little.
	Cost float64
	// Open begins a call. Arguments are the function's own to keep. An error
	// comes out of Step as that of a Function does.
	Open func(c *Conn, args []Value) (RowSource, error)
}

// RowSource yields the rows of one call, each when it is asked for.
type RowSource interface {
	// Next goes to the next row, at first to the first one, and tells whether
	// there is one.
	Next() (bool, error)
	// Column returns a column of the current row, valid until Next.
	Column(i int) Value
}

// MaxTableArgs bounds the arguments of a TableFunction. SQLite would verify the
// arguments from the 17th on by comparing them, which fails for NULL.
const MaxTableArgs = 15

// The planner's guess of the rows of a call and of what they cost.
const (
	tableRows = 100
	tableCost = 200
)

// tableModule is what the virtual tables of a connection share.
type tableModule struct {
	address   uintptr // of the sqlite3_module
	functions []TableFunction
	alive     int // functions that SQLite has not destroyed
	cursors   slots[*tableCursor]
}

// tableCursor is one scan: one call after the other.
type tableCursor struct {
	function *TableFunction
	rows     RowSource // nil before the first call
	args     []Value
	number   int64 // of the current row
	done     bool
}

// sqliteTable and sqliteCursor are SQLite's structs with a field of ours.
type (
	sqliteTable struct {
		lib.Tsqlite3_vtab
		function int // index in tableModule.functions
	}
	sqliteCursor struct {
		lib.Tsqlite3_vtab_cursor
		id int // in tableModule.cursors
	}
)

// registerTables makes the table functions known.
func (c *Conn) registerTables(list []TableFunction) error {
	if len(list) == 0 {
		return nil
	}
	m := &c.tables
	m.functions = list
	m.address = lib.Xsqlite3_malloc64(c.tls, lib.Tsqlite3_uint64(unsafe.Sizeof(lib.Tsqlite3_module{})))
	if m.address == 0 {
		return &Error{Code: lib.SQLITE_NOMEM, Message: "out of memory"}
	}
	*(*lib.Tsqlite3_module)(pointer(m.address)) = c.tableMethods()
	destroy := func(tls *libc.TLS, _ uintptr) {
		if m.alive--; m.alive == 0 {
			lib.Xsqlite3_free(tls, m.address)
		}
	}
	held := c.hold(&destroy)
	m.alive = len(list)
	for i, f := range list {
		if f.NArgs > MaxTableArgs {
			return fmt.Errorf("table function %s has %d arguments, %d are allowed", f.Name, f.NArgs, MaxTableArgs)
		}
		name, err := c.cString(f.Name)
		if err != nil {
			return err
		}
		if err := c.check(lib.Xsqlite3_create_module_v2(c.tls, c.db, name, m.address, uintptr(i), held)); err != nil {
			return fmt.Errorf("table function %s: %w", f.Name, err)
		}
	}
	return nil
}

// tableMethods are the methods of all table functions. Without xCreate the
// tables exist by their names alone.
func (c *Conn) tableMethods() lib.Tsqlite3_module {
	connect, bestIndex, disconnect := c.connectTable, c.bestIndex, c.disconnectTable
	open, end, filter := c.openCursor, c.closeCursor, c.filterCursor
	next, eof, column, rowid := c.nextRow, c.endOfRows, c.columnOfRow, c.numberOfRow
	return lib.Tsqlite3_module{
		FxConnect: c.hold(&connect), FxBestIndex: c.hold(&bestIndex), FxDisconnect: c.hold(&disconnect),
		FxOpen: c.hold(&open), FxClose: c.hold(&end), FxFilter: c.hold(&filter),
		FxNext: c.hold(&next), FxEof: c.hold(&eof), FxColumn: c.hold(&column), FxRowid: c.hold(&rowid),
	}
}

func (c *Conn) connectTable(tls *libc.TLS, db, aux uintptr, _ int32, _, table, _ uintptr) int32 {
	f := &c.tables.functions[aux]
	var b strings.Builder
	b.WriteString("CREATE TABLE x(")
	for i := range f.Columns {
		fmt.Fprintf(&b, "c%d, ", i)
	}
	for i := range f.NArgs {
		fmt.Fprintf(&b, "a%d HIDDEN, ", i)
	}
	declaration, err := c.cString(strings.TrimSuffix(b.String(), ", ") + ")")
	if err != nil {
		return lib.SQLITE_NOMEM
	}
	if rc := lib.Xsqlite3_declare_vtab(tls, db, declaration); rc != lib.SQLITE_OK {
		return rc
	}
	if rc := lib.Xsqlite3_vtab_config(tls, db, lib.SQLITE_VTAB_INNOCUOUS, 0); rc != lib.SQLITE_OK {
		return rc
	}
	address := lib.Xsqlite3_malloc64(tls, lib.Tsqlite3_uint64(unsafe.Sizeof(sqliteTable{})))
	if address == 0 {
		return lib.SQLITE_NOMEM
	}
	*(*sqliteTable)(pointer(address)) = sqliteTable{function: int(aux)}
	*(*uintptr)(pointer(table)) = address
	return lib.SQLITE_OK
}

func (c *Conn) disconnectTable(tls *libc.TLS, table uintptr) int32 {
	lib.Xsqlite3_free(tls, table)
	return lib.SQLITE_OK
}

// bestIndex accepts a plan in which all arguments that the call gives are known.
// They are not verified again: a NULL would equal nothing.
func (c *Conn) bestIndex(_ *libc.TLS, table, info uintptr) int32 {
	f := &c.tables.functions[(*sqliteTable)(pointer(table)).function]
	in := (*lib.Tsqlite3_index_info)(pointer(info))
	constraints := unsafe.Slice((*lib.Tsqlite3_index_constraint)(pointer(in.FaConstraint)), in.FnConstraint)
	usage := unsafe.Slice((*lib.Tsqlite3_index_constraint_usage)(pointer(in.FaConstraintUsage)), in.FnConstraint)
	given := 0
	for i, k := range constraints {
		arg := int(k.FiColumn) - f.Columns
		if arg < 0 || k.Fop != lib.SQLITE_INDEX_CONSTRAINT_EQ {
			continue
		}
		if k.Fusable == 0 {
			return lib.SQLITE_CONSTRAINT
		}
		usage[i].FargvIndex, usage[i].Fomit = int32(arg)+1, 1
		given++
	}
	if given != f.NArgs && !(f.Variadic && given > 0) {
		return lib.SQLITE_CONSTRAINT
	}
	in.FestimatedCost, in.FestimatedRows = max(f.Cost, tableCost), tableRows
	return lib.SQLITE_OK
}

func (c *Conn) openCursor(tls *libc.TLS, table, cursor uintptr) int32 {
	address := lib.Xsqlite3_malloc64(tls, lib.Tsqlite3_uint64(unsafe.Sizeof(sqliteCursor{})))
	if address == 0 {
		return lib.SQLITE_NOMEM
	}
	id := c.tables.cursors.add(&tableCursor{function: &c.tables.functions[(*sqliteTable)(pointer(table)).function]})
	*(*sqliteCursor)(pointer(address)) = sqliteCursor{id: id}
	*(*uintptr)(pointer(cursor)) = address
	return lib.SQLITE_OK
}

func (c *Conn) closeCursor(tls *libc.TLS, cursor uintptr) int32 {
	c.tables.cursors.remove((*sqliteCursor)(pointer(cursor)).id)
	lib.Xsqlite3_free(tls, cursor)
	return lib.SQLITE_OK
}

func (c *Conn) cursor(cursor uintptr) *tableCursor {
	return c.tables.cursors.live[(*sqliteCursor)(pointer(cursor)).id-1]
}

func (c *Conn) filterCursor(_ *libc.TLS, cursor uintptr, _ int32, _ uintptr, n int32, argv uintptr) (rc int32) {
	t := c.cursor(cursor)
	defer c.recoverTable(t, cursor, &rc)
	defer c.dropArgs(len(c.args))
	t.args = make([]Value, n)
	for i, v := range c.pushArgs(n, argv) {
		t.args[i] = v.owned()
	}
	t.number = 0
	rows, err := t.function.Open(c, t.args)
	if err != nil {
		return c.failTable(cursor, err)
	}
	t.rows = rows
	return c.advance(t, cursor)
}

func (c *Conn) nextRow(_ *libc.TLS, cursor uintptr) (rc int32) {
	t := c.cursor(cursor)
	defer c.recoverTable(t, cursor, &rc)
	return c.advance(t, cursor)
}

func (c *Conn) advance(t *tableCursor, cursor uintptr) int32 {
	t.done = true // also after an error or a panic
	more, err := t.rows.Next()
	if err != nil {
		return c.failTable(cursor, err)
	}
	t.number++
	t.done = !more
	return lib.SQLITE_OK
}

// recoverTable turns a panic into the error of the statement.
func (c *Conn) recoverTable(t *tableCursor, cursor uintptr, rc *int32) {
	if r := recover(); r != nil {
		*rc = c.failTable(cursor, panicked(t.function.Name, r))
	}
}

// failTable leaves an error where SQLite looks for that of a virtual table.
func (c *Conn) failTable(cursor uintptr, err error) int32 {
	c.setCause(err)
	var message buffer
	if !message.set(c.tls, err.Error()) {
		return lib.SQLITE_NOMEM
	}
	table := (*lib.Tsqlite3_vtab)(pointer((*sqliteCursor)(pointer(cursor)).FpVtab))
	if table.FzErrMsg != 0 {
		lib.Xsqlite3_free(c.tls, table.FzErrMsg)
	}
	table.FzErrMsg = message.address
	return lib.SQLITE_ERROR
}

func (c *Conn) endOfRows(_ *libc.TLS, cursor uintptr) int32 {
	if c.cursor(cursor).done {
		return 1
	}
	return 0
}

func (c *Conn) columnOfRow(_ *libc.TLS, cursor, context uintptr, column int32) int32 {
	t := c.cursor(cursor)
	defer c.recoverCall(t.function.Name, context)
	switch i := int(column); {
	case i < t.function.Columns:
		c.result(context, t.rows.Column(i), nil)
	case i-t.function.Columns < len(t.args):
		c.result(context, t.args[i-t.function.Columns], nil)
	}
	return lib.SQLITE_OK
}

func (c *Conn) numberOfRow(_ *libc.TLS, cursor, rowid uintptr) int32 {
	*(*int64)(pointer(rowid)) = c.cursor(cursor).number
	return lib.SQLITE_OK
}
