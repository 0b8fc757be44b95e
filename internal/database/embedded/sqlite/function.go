package sqlite

import (
	"fmt"
	"runtime/debug"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// Function is a scalar SQL function. Arguments are valid during the call only.
// An error it returns ends the statement and comes out of Step, wrapped in an
// *Error, as the same value; a panic becomes an error.
type Function struct {
	Name          string
	NArgs         int  // -1 for any number
	Deterministic bool // same arguments, same result: may be hoisted and indexed
	Call          func(c *Conn, args []Value) (Value, error)
}

// Aggregate is an SQL aggregate function.
type Aggregate struct {
	Name  string
	NArgs int // -1 for any number
	New   func(c *Conn) Accumulator
}

// Accumulator gathers one group of rows. Arguments are valid during the call
// only. Final is called once, also for a group without rows and for one given
// up because of an error.
type Accumulator interface {
	Step(args []Value) error
	Final() (Value, error)
}

// Collation is an order of texts, which must be total. Arguments are valid
// during the call only.
type Collation struct {
	Name    string
	Compare func(a, b string) int
}

// PanicError is what a panic in a function becomes.
type PanicError struct {
	Name  string // of the function
	Value any
	Stack []byte
}

func panicked(name string, value any) *PanicError {
	return &PanicError{Name: name, Value: value, Stack: debug.Stack()}
}

// Error implements error.
func (e *PanicError) Error() string {
	return fmt.Sprintf("panic in SQL function %s: %v", e.Name, e.Value)
}

// register makes the functions and collations known. Each is a closure of the
// connection, so that a call needs no look-up.
func (c *Conn) register(o Options) error {
	for _, f := range o.Functions {
		if err := c.registerFunction(f); err != nil {
			return fmt.Errorf("function %s: %w", f.Name, err)
		}
	}
	for _, a := range o.Aggregates {
		if err := c.registerAggregate(a); err != nil {
			return fmt.Errorf("aggregate %s: %w", a.Name, err)
		}
	}
	for _, k := range o.Collations {
		if err := c.registerCollation(k); err != nil {
			return fmt.Errorf("collation %s: %w", k.Name, err)
		}
	}
	return c.registerTables(o.Tables)
}

func (c *Conn) registerFunction(f Function) error {
	call := func(_ *libc.TLS, context uintptr, n int32, argv uintptr) {
		defer c.dropArgs(len(c.args))
		defer c.recoverCall(f.Name, context)
		v, err := f.Call(c, c.pushArgs(n, argv))
		c.result(context, v, err)
	}
	flags := int32(lib.SQLITE_UTF8)
	if f.Deterministic {
		flags |= lib.SQLITE_DETERMINISTIC
	}
	name, err := c.cString(f.Name)
	if err != nil {
		return err
	}
	return c.check(lib.Xsqlite3_create_function_v2(c.tls, c.db, name, int32(f.NArgs), flags, 0, c.hold(&call), 0, 0, 0))
}

func (c *Conn) registerAggregate(a Aggregate) error {
	step := c.stepper(a)
	final := func(_ *libc.TLS, context uintptr) {
		defer c.recoverCall(a.Name, context)
		v, err := c.final(context, a)
		c.result(context, v, err)
	}
	name, err := c.cString(a.Name)
	if err != nil {
		return err
	}
	if err := c.check(lib.Xsqlite3_create_function_v2(c.tls, c.db, name, int32(a.NArgs), lib.SQLITE_UTF8, 0, 0,
		c.hold(&step), c.hold(&final), 0)); err != nil {
		return err
	}
	return c.registerWindow(a)
}

// stepper hands the rows of a group to its accumulator.
func (c *Conn) stepper(a Aggregate) func(*libc.TLS, uintptr, int32, uintptr) {
	return func(_ *libc.TLS, context uintptr, n int32, argv uintptr) {
		defer c.dropArgs(len(c.args))
		defer c.recoverCall(a.Name, context)
		args := c.pushArgs(n, argv)
		id := c.group(context, a)
		if id == 0 {
			lib.Xsqlite3_result_error_nomem(c.tls, context)
			return
		}
		if err := c.groups.live[id-1].Step(args); err != nil {
			c.resultError(context, err)
		}
	}
}

// group returns the number of the group that an aggregate's context stands for,
// a new one at its first row, and 0 when there is no memory for it.
func (c *Conn) group(context uintptr, a Aggregate) int {
	address := lib.Xsqlite3_aggregate_context(c.tls, context, 8)
	if address == 0 {
		return 0
	}
	id := (*int64)(pointer(address))
	if *id == 0 {
		*id = int64(c.groups.add(a.New(c)))
	}
	return int(*id)
}

func (c *Conn) final(context uintptr, a Aggregate) (Value, error) {
	address := lib.Xsqlite3_aggregate_context(c.tls, context, 0)
	if address == 0 || *(*int64)(pointer(address)) == 0 { // no rows
		return a.New(c).Final()
	}
	id := int(*(*int64)(pointer(address)))
	defer c.groups.remove(id)
	return c.groups.live[id-1].Final()
}

func (c *Conn) registerCollation(k Collation) error {
	compare := func(_ *libc.TLS, _ uintptr, n1 int32, a1 uintptr, n2 int32, a2 uintptr) (order int32) {
		defer func() {
			if r := recover(); r != nil {
				c.setCause(panicked(k.Name, r))
				order = 0
			}
		}()
		return int32(k.Compare(viewString(a1, int(n1)), viewString(a2, int(n2))))
	}
	name, err := c.cString(k.Name)
	if err != nil {
		return err
	}
	return c.check(lib.Xsqlite3_create_collation_v2(c.tls, c.db, name, lib.SQLITE_UTF8, 0, c.hold(&compare), 0))
}

func (c *Conn) check(rc int32) error {
	if rc != lib.SQLITE_OK {
		return c.fail(rc)
	}
	return nil
}

// pushArgs puts the arguments of a call on the connection's stack. Calls nest,
// when a function runs statements; a stack that had to grow leaves the slices
// of outer calls as they were.
func (c *Conn) pushArgs(n int32, argv uintptr) []Value {
	base := len(c.args)
	for i := range uintptr(n) {
		c.args = append(c.args, valueAt(c.tls, *(*uintptr)(pointer(argv + i*ptrSize))))
	}
	return c.args[base:len(c.args):len(c.args)]
}

func (c *Conn) dropArgs(base int) {
	clear(c.args[base:])
	c.args = c.args[:base]
}

// recoverCall turns a panic into the error of the call.
func (c *Conn) recoverCall(name string, context uintptr) {
	if r := recover(); r != nil {
		c.resultError(context, panicked(name, r))
	}
}

func (c *Conn) setCause(err error) {
	if c.cause == nil {
		c.cause = err
	}
}

// result hands a function's result to SQLite.
func (c *Conn) result(context uintptr, v Value, err error) {
	if err != nil {
		c.resultError(context, err)
		return
	}
	switch v.kind {
	case KindNull:
		lib.Xsqlite3_result_null(c.tls, context)
	case KindInt:
		lib.Xsqlite3_result_int64(c.tls, context, lib.Ti64(v.bits))
	case KindFloat:
		lib.Xsqlite3_result_double(c.tls, context, v.Float())
	default:
		c.resultBytes(context, v)
	}
}

// resultBytes copies small results through scratch memory into memory that
// SQLite reuses from call to call, and hands large ones over.
func (c *Conn) resultBytes(context uintptr, v Value) {
	address, destructor := uintptr(0), uintptr(lib.SQLITE_TRANSIENT)
	if len(v.text) < maxScratch {
		address, _ = c.cString(v.text)
	} else {
		var b buffer
		b.set(c.tls, v.text)
		address, destructor = b.address, c.free
	}
	size := lib.Tsqlite3_uint64(len(v.text))
	switch {
	case address == 0:
		lib.Xsqlite3_result_error_nomem(c.tls, context)
	case v.kind == KindText:
		lib.Xsqlite3_result_text64(c.tls, context, address, size, destructor, lib.SQLITE_UTF8)
	default:
		lib.Xsqlite3_result_blob64(c.tls, context, address, size, destructor)
	}
}

func (c *Conn) resultError(context uintptr, err error) {
	c.setCause(err)
	message := err.Error()
	address, failed := c.cString(message)
	if failed != nil {
		lib.Xsqlite3_result_error_nomem(c.tls, context)
		return
	}
	lib.Xsqlite3_result_error(c.tls, context, address, int32(len(message)))
}
