package sqlite

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"

	"github.com/galleyhq/galley/internal/fault"
)

// Over ends the name under which an aggregate is known as a window function, and
// only as that: it keeps the rows of its frame, which an aggregate need not.
const Over = "_over"

// Running is an accumulator whose Final may be called again and again, with
// further rows between.
type Running interface {
	Accumulator
	// Running marks it.
	Running()
}

// maxFrame bounds the bytes that the rows of one frame take.
const maxFrame = 256 << 20

// frame is an aggregate over the rows of a frame. Rows come at its end and go
// from its beginning. When one has gone the aggregate is computed anew from the
// rows that are left, as PostgreSQL does where it cannot take a row back: a sum of
// floats must not depend on rows that were in the frame before.
type frame struct {
	rows  [][]Value
	size  int
	fresh func() Accumulator
	inner Running // nil when it must be made anew
	fed   int     // how many rows the inner one has
}

// Step implements Accumulator.
func (f *frame) Step(args []Value) error {
	row := make([]Value, len(args))
	for i, v := range args {
		row[i] = v.Owned()
		f.size += len(row[i].text) + 64
	}
	if f.size > maxFrame {
		return fault.New("54000", "the frame of a window function exceeds %d bytes", maxFrame)
	}
	f.rows = append(f.rows, row)
	return nil
}

// inverse takes the first row away.
func (f *frame) inverse() {
	if len(f.rows) == 0 {
		return
	}
	for _, v := range f.rows[0] {
		f.size -= len(v.text) + 64
	}
	f.rows[0] = nil
	f.rows, f.inner, f.fed = f.rows[1:], nil, 0
}

// Final implements Accumulator; rows may come and go after it.
func (f *frame) Final() (Value, error) {
	inner := Accumulator(f.inner)
	if f.inner == nil {
		f.fed = 0
		inner = f.fresh()
	}
	for _, row := range f.rows[f.fed:] {
		if err := inner.Step(row); err != nil {
			return Null, err
		}
	}
	f.fed = len(f.rows)
	f.inner, _ = inner.(Running)
	return inner.Final()
}

// registerWindow makes an aggregate known as a window function.
func (c *Conn) registerWindow(a Aggregate) error {
	over := Aggregate{Name: a.Name + Over, NArgs: a.NArgs, New: func(c *Conn) Accumulator {
		return &frame{fresh: func() Accumulator { return a.New(c) }}
	}}
	step := c.stepper(over)
	inverse := func(_ *libc.TLS, context uintptr, _ int32, _ uintptr) {
		defer c.recoverCall(over.Name, context)
		if f := c.frame(context); f != nil {
			f.inverse()
		}
	}
	value := func(_ *libc.TLS, context uintptr) {
		defer c.recoverCall(over.Name, context)
		f := c.frame(context)
		if f == nil {
			f = over.New(c).(*frame)
		}
		v, err := f.Final()
		c.result(context, v, err)
	}
	final := func(_ *libc.TLS, context uintptr) {
		defer c.recoverCall(over.Name, context)
		v, err := c.final(context, over)
		c.result(context, v, err)
	}
	name, err := c.cString(over.Name)
	if err != nil {
		return err
	}
	return c.check(lib.Xsqlite3_create_window_function(c.tls, c.db, name, int32(a.NArgs), lib.SQLITE_UTF8, 0,
		c.hold(&step), c.hold(&final), c.hold(&value), c.hold(&inverse), 0))
}

// frame is that of an aggregate's context, nil before its first row.
func (c *Conn) frame(context uintptr) *frame {
	address := lib.Xsqlite3_aggregate_context(c.tls, context, 0)
	if address == 0 || *(*int64)(pointer(address)) == 0 {
		return nil
	}
	return c.groups.live[*(*int64)(pointer(address))-1].(*frame)
}
