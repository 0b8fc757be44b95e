package float

import (
	"math"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

func errOverflow() error {
	return fault.New(fault.NumericOutOfRange, "value out of range: overflow")
}

func errUnderflow() error {
	return fault.New(fault.NumericOutOfRange, "value out of range: underflow")
}

// operation computes over floats; vanishes tells that a result of 0 is an
// underflow.
type operation struct {
	compute  func(a, b float64) float64
	vanishes func(a, b float64) bool
	divides  bool
}

func never(_, _ float64) bool { return false }

var (
	plus   = operation{compute: func(a, b float64) float64 { return a + b }, vanishes: never}
	minus  = operation{compute: func(a, b float64) float64 { return a - b }, vanishes: never}
	times  = operation{compute: func(a, b float64) float64 { return a * b }, vanishes: func(a, b float64) bool { return a != 0 && b != 0 }}
	divide = operation{compute: func(a, b float64) float64 { return a / b },
		vanishes: func(a, b float64) bool { return a != 0 && !math.IsInf(b, 0) }, divides: true}
)

// run computes a result in a width; bits is 64 or 32.
func (o operation) run(a, b float64, bits int) (float64, error) {
	if o.divides && b == 0 && !math.IsNaN(a) {
		return 0, fault.New(fault.DivisionByZero, "division by zero")
	}
	r := o.compute(a, b)
	if bits == 32 { // one rounding to 64 bits before does no harm to + - * /
		r = float64(float32(r))
	}
	switch {
	case math.IsInf(r, 0) && !math.IsInf(a, 0) && (o.divides || !math.IsInf(b, 0)):
		return 0, errOverflow()
	case r == 0 && o.vanishes(a, b):
		return 0, errUnderflow()
	}
	return r, nil
}

func binary(o operation, bits int) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		r, err := o.run(args[0].Float(), args[1].Float(), bits)
		return sqlite.Float(r), err
	}
}

// unary lifts a function that never fails.
func unary(f func(float64) float64) entry.Call {
	return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Float(f(args[0].Float())), nil
	}
}
