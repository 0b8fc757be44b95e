// Package uuid is the family of uuid, stored as text in PostgreSQL's output
// form: lower case with hyphens, whose bytes sort as the type does.
//
// Source: PostgreSQL documentation, 8.12 "UUID Type" and 9.14 "UUID Functions".
package uuid

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// Family returns the catalogue entries of uuid.
func Family() types.Family {
	type o = [2]uint32
	fs, ops := entry.Comparisons("", entry.Comparison{Left: types.UUID, Right: types.UUID,
		Names: entry.CompareNames("uuid_"),
		EQ:    o{2972, 2956}, NE: o{2973, 2959}, LT: o{2974, 2954}, GT: o{2975, 2958}, LE: o{2976, 2955}, GE: o{2977, 2957}})
	return types.Family{
		Name:      "uuid",
		Types:     []*types.Type{newType()},
		Functions: append(fs, genRandom()),
		Operators: ops,
	}
}

func newType() *types.Type {
	return &types.Type{
		OID: types.UUID, Name: "uuid", SQLName: "uuid", Category: 'U', Column: "TEXT",
		In:      in,
		Out:     func(dst []byte, v sqlite.Value) []byte { return append(dst, v.Text()...) },
		JSONSQL: entry.Wrap(`('"' || $1 || '"')`),
		JSON:    entry.QuotedJSON,
	}
}

// in reads 32 hexadecimal digits, a hyphen allowed after each group of four,
// braces allowed around all. White space is not.
func in(text string, _ int32) (sqlite.Value, error) {
	if canonical(text) {
		return sqlite.Text(text), nil
	}
	s, ok := text, true
	if s != "" && s[0] == '{' {
		if ok = s[len(s)-1] == '}'; ok {
			s = s[1 : len(s)-1]
		}
	}
	digits, grouped := ungroup(s)
	var id [16]byte
	if ok && grouped && len(digits) == 2*len(id) {
		if _, err := hex.Decode(id[:], digits); err == nil {
			return sqlite.Text(Format(id)), nil
		}
	}
	return sqlite.Null, fault.New(fault.InvalidText, `invalid input syntax for type uuid: "%s"`, text)
}

// canonical tells whether a text is in the output form already.
func canonical(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// ungroup takes out the hyphens; false tells that one was out of place.
func ungroup(s string) ([]byte, bool) {
	digits := make([]byte, 0, 32)
	for i := range len(s) {
		if s[i] != '-' {
			digits = append(digits, s[i])
			continue
		}
		n := len(digits)
		if n == 0 || n%4 != 0 || n >= 32 || s[i-1] == '-' {
			return nil, false
		}
	}
	return digits, true
}

// Format writes a UUID in its output form.
func Format(id [16]byte) string {
	dst := make([]byte, 0, 36)
	for i, b := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, []byte{b})
	}
	return string(dst)
}

// Random makes a random version 4 UUID (RFC 9562, 5.4).
func Random() (id [16]byte) {
	rand.Read(id[:]) //nolint:errcheck // never fails (crypto/rand.Read)
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}

func genRandom() *types.Function {
	f := entry.Go(3432, "gen_random_uuid", types.UUID, nil, func(*sqlite.Conn, []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Text(Format(Random())), nil
	})
	f.Volatility = types.Volatile
	return f
}
