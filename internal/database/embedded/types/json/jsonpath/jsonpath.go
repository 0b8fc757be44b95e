// Package jsonpath reads SQL/JSON paths, PostgreSQL's type jsonpath, and runs them
// over documents of jsonb.
//
//	p, err := jsonpath.Parse(`$.items[*] ? (@.price > $limit).name`)
//	names, err := p.Query(doc, vars)
//
// The methods datetime() and keyvalue() are refused: the one makes values that
// are no JSON, the other tells positions in PostgreSQL's storage.
//
// Source: PostgreSQL documentation, 9.16.2 "The SQL/JSON Path Language".
package jsonpath

import (
	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
	"github.com/galleyhq/galley/internal/database/embedded/types/pattern/regex"
)

// Path is a path that was read. It never changes.
type Path struct {
	strict bool
	root   *item
}

// kind is what an item does.
type kind uint8

const (
	kindRoot kind = iota
	kindCurrent
	kindLast
	kindVariable
	kindLiteral
	kindKey
	kindAnyKey
	kindAnyArray
	kindIndex
	kindAny
	kindFilter
	kindMethod
	kindAdd
	kindSubtract
	kindMultiply
	kindDivide
	kindModulo
	kindPlus
	kindMinus
	// From here on they are predicates.
	kindAnd
	kindOr
	kindNot
	kindUnknown
	kindEqual
	kindNotEqual
	kindLess
	kindGreater
	kindLessEqual
	kindGreaterEqual
	kindStartsWith
	kindLike
	kindExists
)

// maxLevel stands for "last" in the levels of **.
const maxLevel = 1<<32 - 1

// item is a step of a path, with the steps that follow it.
type item struct {
	kind        kind
	name        string // of a key, variable or method; flags of like_regex
	literal     document.Node
	left, right *item // operands
	subscripts  []subscript
	first, last uint32 // levels of **
	pattern     *regex.Regex
	next        *item
}

// subscript is a position, or from one to another.
type subscript struct{ from, to *item }

func (i *item) predicate() bool { return i.kind >= kindAnd }

// signs are the operators as they are written.
var signs = map[kind]string{
	kindAdd: "+", kindSubtract: "-", kindMultiply: "*", kindDivide: "/", kindModulo: "%", kindPlus: "+", kindMinus: "-",
	kindAnd: "&&", kindOr: "||", kindEqual: "==", kindNotEqual: "!=", kindLess: "<", kindGreater: ">",
	kindLessEqual: "<=", kindGreaterEqual: ">=", kindStartsWith: "starts with",
}
