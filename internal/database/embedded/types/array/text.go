// Package array is the family of array types: one for every type that has
// arrays, all made from the type of the element.
//
// Arrays have one dimension and begin at 1; others, and arrays within arrays, are
// refused.
//
// An array is stored as text in PostgreSQL's own syntax, {1,2,NULL,"a b"}, in
// which an element stands as its storage form (a number in decimal, a float and
// bytes in their text form). For nearly all types that is the text form of the
// array, so that output and input cost nothing; timestamps and Booleans are
// written anew on output. The order is that of a collation for each order of
// elements, which needs no catalogue and so serves indexes and the types that a
// database makes itself.
//
// Source: PostgreSQL documentation, 8.15 "Arrays" and 9.19 "Array Functions and
// Operators"; src/backend/utils/adt/arrayfuncs.c.
package array

import (
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/fault"
)

// Element is an element as text.
type Element struct {
	Text string
	Null bool
}

// maxElements is PostgreSQL's bound (MaxArraySize); maxText is ours, of the text
// of an array in bytes.
const (
	maxElements = 134217727
	maxText     = 256 << 20
)

// Format writes an array as PostgreSQL's array_out does.
func Format(list []Element) string {
	size := 2
	for _, e := range list {
		size += len(e.Text) + 3
	}
	dst := make([]byte, 0, size)
	dst = append(dst, '{')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendElement(dst, e)
	}
	return string(append(dst, '}'))
}

func appendElement(dst []byte, e Element) []byte {
	switch {
	case e.Null:
		return append(dst, "NULL"...)
	case !needsQuotes(e.Text):
		return append(dst, e.Text...)
	}
	dst = append(dst, '"')
	for i := range len(e.Text) {
		if c := e.Text[i]; c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, e.Text[i])
	}
	return append(dst, '"')
}

func needsQuotes(s string) bool {
	if s == "" || len(s) == 4 && strings.EqualFold(s, "null") {
		return true
	}
	return strings.ContainsAny(s, "\"\\{}, \t\n\v\f\r")
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// Value stores a list of texts as a value of the type text[].
func Value(list []Element) (sqlite.Value, error) {
	size := 2
	for _, e := range list {
		size += len(e.Text) + 1
	}
	if len(list) > maxElements || size > maxText {
		return sqlite.Null, fault.New("54000", "array size exceeds the maximum allowed (%d)", maxElements)
	}
	return sqlite.Text(Format(list)), nil
}

// Texts stores strings, none of them NULL, as a value of the type text[].
func Texts(list ...string) (sqlite.Value, error) {
	elements := make([]Element, len(list))
	for i, s := range list {
		elements[i].Text = s
	}
	return Value(elements)
}

// List reads a stored array. The elements may share memory with the value.
func List(v sqlite.Value) []Element {
	var out []Element
	for s := scan(v.Text()); s.next(); {
		out = append(out, s.element)
	}
	return out
}

// scanner goes through the elements of a stored array.
type scanner struct {
	rest    string
	element Element
}

func scan(stored string) scanner {
	if len(stored) < 2 {
		return scanner{}
	}
	return scanner{rest: stored[1 : len(stored)-1]}
}

func (s *scanner) next() bool {
	if s.rest == "" {
		return false
	}
	if s.rest[0] == '"' {
		s.quoted()
		return true
	}
	text := s.rest
	if i := strings.IndexByte(text, ','); i >= 0 {
		text = text[:i]
	}
	s.element = Element{Text: text, Null: text == "NULL"}
	s.skip(len(text))
	return true
}

// skip goes past n bytes and the comma behind them.
func (s *scanner) skip(n int) {
	s.rest = s.rest[n:]
	if s.rest != "" {
		s.rest = s.rest[1:]
	}
}

func (s *scanner) quoted() {
	plain := strings.IndexAny(s.rest[1:], `"\`) + 1
	if s.rest[plain] == '"' {
		s.element = Element{Text: s.rest[1:plain]}
		s.skip(plain + 1)
		return
	}
	var b strings.Builder
	i := 1
	for ; s.rest[i] != '"'; i++ {
		if s.rest[i] == '\\' {
			i++
		}
		b.WriteByte(s.rest[i])
	}
	s.element = Element{Text: b.String()}
	s.skip(i + 1)
}
