package sqlite

import (
	"strings"

	lib "modernc.org/sqlite/lib"
)

// Stmt is a prepared statement.
type Stmt struct {
	conn     *Conn
	handle   uintptr
	text     string
	params   []buffer // memory of bound texts and blobs
	columns  int
	writes   bool // must not be interrupted
	busy     bool // handed out by Prepare and not yet Reset
	started  bool
	done     bool
	control  bool // made by Control: not in the cache
	previous *Stmt
	next     *Stmt
	of       *sameText // where it is kept; nil before it was given back
	same     *Stmt     // another idle statement of the same text
	// deferring tells that it was compiled while foreign keys were deferred.
	deferring bool
}

// maxKept is the size in bytes up to which memory of a parameter is kept for the
// next use of a statement.
const maxKept = 16 << 10

// Prepare returns a statement for one SQL text, from the cache when an idle one
// is there. The caller must Reset it; until then the same text prepared again
// gives another handle.
func (c *Conn) Prepare(sql string) (*Stmt, error) {
	if s := c.cache.take(sql, c.deferring()); s != nil {
		return s, nil
	}
	s, err := c.compile(sql, lib.SQLITE_PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	s.busy = true
	c.cache.used.push(s)
	return s, nil
}

// Control prepares a statement that may begin and end transactions. It is not
// cached; it lives until Finalize, and Reset makes it ready for its next use.
func (c *Conn) Control(sql string) (*Stmt, error) {
	c.control = true
	defer func() { c.control = false }()
	s, err := c.compile(sql, lib.SQLITE_PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	s.control, s.busy = true, true
	return s, nil
}

// Finalize ends a statement of Control.
func (s *Stmt) Finalize() {
	if s.control && s.handle != 0 {
		s.finalize()
	}
}

// Run runs a statement without parameters, which is kept for the next time.
func (c *Conn) Run(sql string) error {
	s, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	return s.Run()
}

// Run steps a statement to its end and resets it.
func (s *Stmt) Run() error {
	defer s.Reset()
	for {
		if more, err := s.Step(); err != nil || !more {
			return err
		}
	}
}

// Exec runs a script of statements without parameters and ignores their rows.
func (c *Conn) Exec(sql string) error {
	for {
		s, tail, err := c.compileFirst(sql, 0)
		if err != nil {
			return err
		}
		if s == nil { // only blanks and comments were left
			return nil
		}
		s.busy = true
		c.cache.used.push(s)
		for more := true; more && err == nil; {
			more, err = s.Step()
		}
		c.cache.used.remove(s)
		s.finalize()
		if err != nil {
			return err
		}
		sql = sql[tail:]
	}
}

func (c *Conn) compile(sql string, flags uint32) (*Stmt, error) {
	s, tail, err := c.compileFirst(sql, flags)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, &Error{Code: lib.SQLITE_ERROR, Message: "the statement is empty"}
	}
	if strings.Trim(sql[tail:], " \t\r\n;") != "" {
		s.finalize()
		return nil, &Error{Code: lib.SQLITE_ERROR, Message: "more than one statement"}
	}
	return s, nil
}

// compileFirst prepares the first statement of sql and returns where the next
// begins; the statement is nil when there is none.
func (c *Conn) compileFirst(sql string, flags uint32) (*Stmt, int, error) {
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return nil, 0, &Error{Code: lib.SQLITE_ERROR, Message: "the statement contains a NUL byte"}
	}
	var text buffer // not the scratch memory: an authorizer or module may use that
	defer text.free(c.tls)
	if !text.set(c.tls, sql) {
		return nil, 0, &Error{Code: lib.SQLITE_NOMEM, Message: "out of memory"}
	}
	out := c.tls.Alloc(16)
	defer c.tls.Free(16)
	before := c.cause
	c.cause = nil
	rc := lib.Xsqlite3_prepare_v3(c.tls, c.db, text.address, int32(len(sql)+1), flags, out, out+8)
	if rc != lib.SQLITE_OK {
		err := c.fail(rc)
		c.cause = before
		return nil, 0, err
	}
	c.cause = before
	handle := *(*uintptr)(pointer(out))
	tail := int(*(*uintptr)(pointer(out + 8)) - text.address)
	if handle == 0 {
		return nil, tail, nil
	}
	return c.statement(handle, sql), tail, nil
}

func (c *Conn) statement(handle uintptr, sql string) *Stmt {
	// The text may be the argument of a function, which lasts for its call only.
	s := &Stmt{conn: c, handle: handle, text: strings.Clone(sql)}
	s.columns = int(lib.Xsqlite3_column_count(c.tls, handle))
	s.params = make([]buffer, lib.Xsqlite3_bind_parameter_count(c.tls, handle))
	s.deferring = c.deferring()
	s.writes = s.columns == 0 || lib.Xsqlite3_stmt_readonly(c.tls, handle) == 0
	return s
}

// Params returns the number of parameters.
func (s *Stmt) Params() int { return len(s.params) }

// Writes tells whether the statement may change the file.
func (s *Stmt) Writes() bool { return s.writes }

// Bind gives parameter i, counted from 1, a value, whose bytes are copied. A
// value stays bound when the statement is used again: bind all of them.
func (s *Stmt) Bind(i int, v Value) error {
	c := s.conn
	if i < 1 || i > len(s.params) {
		return &Error{Code: lib.SQLITE_RANGE, Message: "parameter index out of range"}
	}
	var rc int32
	switch v.kind {
	case KindNull:
		rc = lib.Xsqlite3_bind_null(c.tls, s.handle, int32(i))
	case KindInt:
		rc = lib.Xsqlite3_bind_int64(c.tls, s.handle, int32(i), lib.Tsqlite_int64(v.bits))
	case KindFloat:
		rc = lib.Xsqlite3_bind_double(c.tls, s.handle, int32(i), v.Float())
	default:
		return s.bindBytes(i, v)
	}
	if rc != lib.SQLITE_OK {
		return c.fail(rc)
	}
	return nil
}

// bindBytes binds memory that belongs to the statement and outlives its runs.
func (s *Stmt) bindBytes(i int, v Value) error {
	c := s.conn
	b := &s.params[i-1]
	if !b.set(c.tls, v.text) {
		return &Error{Code: lib.SQLITE_NOMEM, Message: "out of memory"}
	}
	var rc int32
	size := lib.Tsqlite3_uint64(len(v.text))
	if v.kind == KindText {
		rc = lib.Xsqlite3_bind_text64(c.tls, s.handle, int32(i), b.address, size, lib.SQLITE_STATIC, lib.SQLITE_UTF8)
	} else {
		rc = lib.Xsqlite3_bind_blob64(c.tls, s.handle, int32(i), b.address, size, lib.SQLITE_STATIC)
	}
	if rc != lib.SQLITE_OK {
		return c.fail(rc)
	}
	return nil
}

// Step runs the statement to its next row, and returns false at its end.
func (s *Stmt) Step() (bool, error) {
	c := s.conn
	if s.done {
		return false, nil
	}
	before := c.cause
	c.cause = nil
	if !s.writes && !s.started && c.interrupted() {
		err := &Error{Code: lib.SQLITE_INTERRUPT, Message: "interrupted", cause: c.cause}
		s.done, c.cause = true, before
		return false, err
	}
	if !s.started && s.writes && s.deferring != c.deferring() {
		if err := s.adapt(); err != nil {
			s.done, c.cause = true, before
			return false, err
		}
	}
	s.started = true
	rc := s.step()
	if rc == lib.SQLITE_ROW && c.cause == nil {
		c.cause = before
		return true, nil
	}
	s.done = true
	var err error
	if rc != lib.SQLITE_DONE || c.cause != nil {
		err = c.stepError(rc)
	}
	c.cause = before
	return false, err
}

func (s *Stmt) step() int32 {
	if s.control {
		// SQLite prepares it anew, by itself, after the schema has changed.
		s.conn.control = true
		defer func() { s.conn.control = false }()
	}
	if !s.writes {
		return lib.Xsqlite3_step(s.conn.tls, s.handle)
	}
	s.conn.writing++
	defer func() { s.conn.writing-- }()
	return lib.Xsqlite3_step(s.conn.tls, s.handle)
}

// stepError returns the error of a step. A collation cannot fail in SQLite's
// eyes: the statement that used one that did has gone on, and fails here.
func (c *Conn) stepError(rc int32) error {
	if rc == lib.SQLITE_ROW || rc == lib.SQLITE_DONE {
		err := &Error{Code: lib.SQLITE_ERROR, Message: c.cause.Error(), cause: c.cause}
		c.cause = nil
		return err
	}
	return c.fail(rc)
}

// Rewind makes the statement ready to run again, without giving it back. What
// was bound stays bound.
func (s *Stmt) Rewind() {
	if s.started {
		lib.Xsqlite3_reset(s.conn.tls, s.handle)
		if s.conn.meter != nil {
			s.conn.meter.count(s)
		}
	}
	s.started, s.done = false, false
}

// Reset ends the statement and gives it back; it must not be used afterwards.
//
// Small bound values are kept: unbinding them would make SQLite plan again what
// depends on their values (sqlite.org/c3ref/clear_bindings.html).
func (s *Stmt) Reset() {
	if !s.busy {
		return
	}
	s.Rewind()
	for i := range s.params {
		if s.params[i].size > maxKept {
			lib.Xsqlite3_bind_null(s.conn.tls, s.handle, int32(i+1))
			s.params[i].free(s.conn.tls)
		}
	}
	if !s.control {
		s.busy = false
		s.conn.cache.giveBack(s)
	}
}

func (s *Stmt) finalize() {
	lib.Xsqlite3_finalize(s.conn.tls, s.handle)
	for i := range s.params {
		s.params[i].free(s.conn.tls)
	}
	s.handle, s.busy = 0, false
}
