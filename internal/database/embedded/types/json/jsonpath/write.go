package jsonpath

import (
	"strconv"

	"github.com/galleyhq/galley/internal/database/embedded/types/json/document"
)

// String writes the path as PostgreSQL does.
func (p *Path) String() string {
	var dst []byte
	if p.strict {
		dst = append(dst, "strict "...)
	}
	return string(p.root.append(dst, false, true))
}

// rank is how tight an item binds.
func (i *item) rank() int {
	switch i.kind {
	case kindOr:
		return 0
	case kindAnd:
		return 1
	case kindEqual, kindNotEqual, kindLess, kindGreater, kindLessEqual, kindGreaterEqual, kindStartsWith:
		return 2
	case kindAdd, kindSubtract:
		return 3
	case kindMultiply, kindDivide, kindModulo:
		return 4
	case kindPlus, kindMinus:
		return 5
	}
	return 6
}

// append writes an item and what follows it; step tells that it follows
// something.
func (i *item) append(dst []byte, step, brackets bool) []byte {
	switch i.kind {
	case kindAdd, kindSubtract, kindMultiply, kindDivide, kindModulo, kindAnd, kindOr, kindEqual, kindNotEqual, kindLess,
		kindGreater, kindLessEqual, kindGreaterEqual, kindStartsWith:
		dst = i.bracketed(dst, brackets, func(dst []byte) []byte {
			dst = i.left.append(dst, false, i.left.rank() <= i.rank())
			dst = append(append(append(dst, ' '), signs[i.kind]...), ' ')
			return i.right.append(dst, false, i.right.rank() <= i.rank())
		})
	case kindPlus, kindMinus:
		dst = i.bracketed(dst, brackets, func(dst []byte) []byte {
			return i.left.append(append(dst, signs[i.kind]...), false, i.left.rank() <= i.rank())
		})
	case kindLike:
		dst = i.bracketed(dst, brackets, i.appendLike)
	default:
		dst = i.appendSimple(dst, step)
	}
	if i.next != nil {
		dst = i.next.append(dst, true, true)
	}
	return dst
}

func (i *item) bracketed(dst []byte, brackets bool, inner func([]byte) []byte) []byte {
	if !brackets {
		return inner(dst)
	}
	return append(inner(append(dst, '(')), ')')
}

func (i *item) appendLike(dst []byte) []byte {
	dst = i.left.append(dst, false, i.left.rank() <= i.rank())
	dst = document.AppendString(append(dst, " like_regex "...), i.right.literal.Text)
	if i.name != "" {
		dst = append(append(append(dst, ` flag "`...), i.name...), '"')
	}
	return dst
}

func (i *item) appendSimple(dst []byte, step bool) []byte {
	inner := func(before, after string) []byte {
		return append(i.left.append(append(dst, before...), false, false), after...)
	}
	switch i.kind {
	case kindRoot:
		return append(dst, '$')
	case kindCurrent:
		return append(dst, '@')
	case kindLast:
		return append(dst, "last"...)
	case kindVariable:
		return document.AppendString(append(dst, '$'), i.name)
	case kindLiteral:
		if i.next != nil && i.literal.Kind == document.Number {
			return append(i.literal.Append(append(dst, '(')), ')')
		}
		return i.literal.Append(dst)
	case kindKey:
		if step {
			dst = append(dst, '.')
		}
		return document.AppendString(dst, i.name)
	case kindAnyKey:
		return append(dst, ".*"...)
	case kindAnyArray:
		return append(dst, "[*]"...)
	case kindIndex:
		return i.appendSubscripts(dst)
	case kindAny:
		return i.appendLevels(dst)
	case kindFilter:
		return inner("?(", ")")
	case kindMethod:
		return append(append(append(dst, '.'), i.name...), "()"...)
	case kindNot:
		return inner("!(", ")")
	case kindUnknown:
		return inner("(", ") is unknown")
	case kindExists:
		return inner("exists (", ")")
	}
	return dst
}

func (i *item) appendSubscripts(dst []byte) []byte {
	dst = append(dst, '[')
	for n, s := range i.subscripts {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = s.from.append(dst, false, false)
		if s.to != nil {
			dst = s.to.append(append(dst, " to "...), false, false)
		}
	}
	return append(dst, ']')
}

func (i *item) appendLevels(dst []byte) []byte {
	dst = append(dst, ".**"...)
	if i.first == 0 && i.last == maxLevel {
		return dst
	}
	level := func(n uint32) {
		if n == maxLevel {
			dst = append(dst, "last"...)
			return
		}
		dst = strconv.AppendUint(dst, uint64(n), 10)
	}
	dst = append(dst, '{')
	level(i.first)
	if i.first != i.last {
		dst = append(dst, " to "...)
		level(i.last)
	}
	return append(dst, '}')
}
