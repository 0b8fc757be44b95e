package syntax

import "strings"

// nationalPrefix is what N'…' is short for in PostgreSQL: a constant of the type
// nchar, which is char without a length. The grammar takes it for a plain string.
const nationalPrefix = "nchar "

// national writes the N of national string constants out. Text behind one moves
// by the characters put in; at lists where, in the text it returns.
func national(text string, tokens []token, base int) (out string, at []int) {
	var b strings.Builder
	done := 0
	for _, t := range tokens {
		start := t.start - base
		if t.kind != str || text[start]|0x20 != 'n' {
			continue
		}
		b.WriteString(text[done:start])
		at = append(at, b.Len())
		b.WriteString(nationalPrefix)
		done = start + 1
	}
	if at == nil {
		return text, nil
	}
	b.WriteString(text[done:])
	return b.String(), at
}

// withoutNational takes the offset of an error in a text that national made back
// to the text it was made from.
func withoutNational(offset int, at []int) int {
	for i := len(at) - 1; i >= 0; i-- {
		if offset > at[i] {
			grown := (i + 1) * (len(nationalPrefix) - 1)
			return max(offset-grown, at[i]-grown+len(nationalPrefix))
		}
	}
	return offset
}
