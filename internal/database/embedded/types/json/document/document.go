// Package document reads and writes JSON as PostgreSQL does: what is valid, how
// errors are worded, what jsonb keeps and in which order its values stand. It
// knows nothing of SQLite or the catalogue.
//
//	text, err := document.Canonical(`{"b": 1e2, "a": 1.50}`) // {"a": 1.50, "b": 100}
//
// Source: PostgreSQL documentation, 8.14 "JSON Types"; RFC 8259.
package document

import (
	"slices"
	"strings"
)

// Kind is the kind of a value. Kinds stand in the order in which jsonb compares
// them.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	String
	Number
	Bool
	Array
	Object
)

// Node is a value. A document of jsonb is canonical: numbers are written out,
// keys are unique and stand by length, then bytes.
type Node struct {
	Kind  Kind
	True  bool   // of Bool
	Text  string // of String its characters, of Number its digits
	Keys  []string
	Items []Node // elements of Array, or values of Object beside Keys

	start, end int // where the value stands in the text that was parsed
}

// Raw returns the value as it is written in the text that was parsed.
func (n *Node) Raw(text string) string { return text[n.start:n.end] }

// Field returns the value of a key, the last one where keys repeat, or nil.
func (n *Node) Field(key string) *Node {
	if n.Kind != Object {
		return nil
	}
	for i := len(n.Keys) - 1; i >= 0; i-- {
		if n.Keys[i] == key {
			return &n.Items[i]
		}
	}
	return nil
}

// Element returns an element by its position, from the end when negative, or
// nil.
func (n *Node) Element(i int64) *Node {
	if n.Kind != Array {
		return nil
	}
	if i < 0 {
		i += int64(len(n.Items))
	}
	if i < 0 || i >= int64(len(n.Items)) {
		return nil
	}
	return &n.Items[i]
}

// Scalar tells whether the value is neither an array nor an object.
func (n *Node) Scalar() bool { return n.Kind < Array }

// TypeName is what json_typeof says.
func (n *Node) TypeName() string {
	return [...]string{"null", "string", "number", "boolean", "array", "object"}[n.Kind]
}

// Canonical returns the output form of jsonb for a text.
func Canonical(text string) (string, error) {
	n, err := ParseBinary(text)
	if err != nil {
		return "", err
	}
	return string(n.Append(make([]byte, 0, len(text)+16))), nil
}

// SortKeys puts an object in the order of jsonb; of keys that repeat the last
// value stays.
func (n *Node) SortKeys() {
	ordered := true
	for i := 1; i < len(n.Keys) && ordered; i++ {
		ordered = CompareKeys(n.Keys[i-1], n.Keys[i]) < 0
	}
	if ordered {
		return
	}
	order := make([]int, len(n.Keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return CompareKeys(n.Keys[a], n.Keys[b]) })
	keys, items := make([]string, 0, len(order)), make([]Node, 0, len(order))
	for i, at := range order {
		if i+1 < len(order) && n.Keys[order[i+1]] == n.Keys[at] {
			continue
		}
		keys, items = append(keys, n.Keys[at]), append(items, n.Items[at])
	}
	n.Keys, n.Items = keys, items
}

// CompareKeys is the order of keys in jsonb: by length, then by bytes.
func CompareKeys(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
