package integer

import (
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// width is one size of integer.
type width struct {
	oid      types.OID
	name     string // pg_type.typname
	sqlName  string
	min, max int64
	bits     uint
}

var (
	small  = width{Int2, "int2", "smallint", math.MinInt16, math.MaxInt16, 16}
	normal = width{Int4, "int4", "integer", math.MinInt32, math.MaxInt32, 32}
	big    = width{Int8, "int8", "bigint", math.MinInt64, math.MaxInt64, 64}
)

func newType(w width) *types.Type {
	return &types.Type{
		OID: w.oid, Name: w.name, SQLName: w.sqlName, Category: 'N', Column: "INTEGER",
		In:      func(text string, _ int32) (sqlite.Value, error) { return w.in(text) },
		Out:     func(dst []byte, v sqlite.Value) []byte { return strconv.AppendInt(dst, v.Int(), 10) },
		TextSQL: entry.Wrap("CAST($1 AS TEXT)"),
		JSONSQL: entry.Wrap("CAST($1 AS TEXT)"),
		JSON:    func(dst []byte, v sqlite.Value) []byte { return strconv.AppendInt(dst, v.Int(), 10) },
	}
}

// in reads digits with an optional sign, white space around them. As in
// PostgreSQL 15 there are no other bases and no underscores.
func (w width) in(text string) (sqlite.Value, error) {
	s := strings.Trim(text, " \t\n\v\f\r")
	digits := s
	if s != "" && (s[0] == '+' || s[0] == '-') {
		digits = s[1:]
	}
	// A value too large is found before a character out of place behind it.
	n := 0
	for n < len(digits) && digits[n] >= '0' && digits[n] <= '9' {
		n++
	}
	if n == 0 {
		return sqlite.Null, w.invalid(text)
	}
	v, err := strconv.ParseInt(s[:len(s)-len(digits)+n], 10, int(w.bits))
	if err != nil {
		return sqlite.Null, fault.New(fault.NumericOutOfRange,
			`value "%s" is out of range for type %s`, text, w.sqlName)
	}
	if n < len(digits) {
		return sqlite.Null, w.invalid(text)
	}
	return sqlite.Int(v), nil
}

func (w width) invalid(text string) error {
	return fault.New(fault.InvalidText, `invalid input syntax for type %s: "%s"`, w.sqlName, text)
}

// check returns v, or the error that it does not fit.
func (w width) check(v int64, fits bool) (sqlite.Value, error) {
	if !fits || v < w.min || v > w.max {
		return sqlite.Null, w.overflow()
	}
	return sqlite.Int(v), nil
}

func (w width) overflow() error {
	return fault.New(fault.NumericOutOfRange, "%s out of range", w.sqlName)
}
