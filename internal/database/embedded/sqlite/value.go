package sqlite

import (
	"math"
	"unsafe"
)

// Kind is one of SQLite's five storage classes (sqlite.org/datatype3.html,
// section 2).
type Kind uint8

// The storage classes.
const (
	KindNull Kind = iota
	KindInt
	KindFloat
	KindText
	KindBlob
)

var kindNames = [...]string{"null", "integer", "real", "text", "blob"}

// String returns SQLite's name of the class, as its typeof() does.
func (k Kind) String() string { return kindNames[k] }

// Value is a value in one of the storage classes. It is a struct and not an
// interface, so that numbers cost no allocation. Values are comparable: two are
// == when class and content are (a float by its bits).
type Value struct {
	text string // of KindText and KindBlob
	bits uint64 // of KindInt and KindFloat
	kind Kind
}

// Null is SQL's NULL, and the zero Value.
var Null Value

// Int returns an integer value.
func Int(v int64) Value { return Value{kind: KindInt, bits: uint64(v)} }

// Float returns a floating point value. NaN, which SQLite would make NULL, is an
// empty blob: that equals itself and sorts behind all numbers. Where a column is
// REAL, SQLite stores -0.0 as 0 and takes no NaN; one of type ANY keeps both.
func Float(v float64) Value {
	if math.IsNaN(v) {
		return Value{kind: KindBlob}
	}
	return Value{kind: KindFloat, bits: math.Float64bits(v)}
}

// Text returns a text value. The bytes are stored as they are: neither invalid
// UTF-8 nor a NUL byte is changed or ends the text.
func Text(v string) Value { return Value{kind: KindText, text: v} }

// Blob returns a value of bytes, which must not be changed while it is in use.
func Blob(v []byte) Value {
	return Value{kind: KindBlob, text: unsafe.String(unsafe.SliceData(v), len(v))}
}

// Bool returns 1 or 0, SQLite's truth values.
func Bool(v bool) Value {
	if v {
		return Int(1)
	}
	return Int(0)
}

// Kind returns the storage class.
func (v Value) Kind() Kind { return v.kind }

// IsNull tells whether v is NULL.
func (v Value) IsNull() bool { return v.kind == KindNull }

// Int returns an integer as it is, a float cut toward zero, and 0 for any other
// class.
func (v Value) Int() int64 {
	switch v.kind {
	case KindInt:
		return int64(v.bits)
	case KindFloat:
		return int64(math.Float64frombits(v.bits))
	default:
		return 0
	}
}

// Float returns a number as a float, NaN for its stand-in (see Float), and 0 for
// anything else.
func (v Value) Float() float64 {
	switch v.kind {
	case KindInt:
		return float64(int64(v.bits))
	case KindFloat:
		return math.Float64frombits(v.bits)
	case KindBlob:
		if v.text == "" {
			return math.NaN()
		}
	}
	return 0
}

// Bool tells whether v is a number other than 0.
func (v Value) Bool() bool { return v.kind < KindText && v.Float() != 0 }

// Text returns the bytes of a text or blob as a string, and "" for any other
// class.
func (v Value) Text() string { return v.text }

// Blob returns the bytes of a text or blob, which must not be changed, and nil
// for any other class.
func (v Value) Blob() []byte {
	if v.kind < KindText {
		return nil
	}
	return unsafe.Slice(unsafe.StringData(v.text), len(v.text))
}
