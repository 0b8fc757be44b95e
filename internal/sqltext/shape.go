package sqltext

import "strings"

// maxShape bounds a shape, in bytes.
const maxShape = 4 << 10

// Shape is a statement without its values, for logs and traces: each string and
// number is a question mark, comments are gone, white space is one blank. What is
// in double quotes is a name and stays. A string that does not end takes the rest
// of the text with it, so nothing of a value is ever shown.
func Shape(sql string) string {
	s := scanner{text: sql}
	var b strings.Builder
	gap := false
	for s.at < len(s.text) && b.Len() < maxShape {
		from := s.at
		kind, _ := s.token()
		text := s.text[from:s.at]
		if kind == blank {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteString(shapeOf(text, b.String()))
	}
	if s.at < len(s.text) {
		b.WriteString("…")
	}
	return b.String()
}

// shapeOf is what stands in the place of a token, behind what was written.
func shapeOf(text, before string) string {
	switch c := text[0]; {
	case c == '\'', (c == 'e' || c == 'E') && len(text) > 1 && text[1] == '\'':
		return "?"
	case c == '$' && strings.HasSuffix(text, "$"): // a dollar quote; a parameter ends in a digit
		return "?"
	case c == '$' && (len(text) == 1 || text[1] < '0' || text[1] > '9'): // one that does not end
		return "?"
	case '0' <= c && c <= '9':
		if strings.HasSuffix(before, "?") { // SQLite's ?1, or .5 after a digit
			return ""
		}
		return "?"
	}
	return text
}
