package document

import "strconv"

// Append appends the output form of jsonb.
func (n *Node) Append(dst []byte) []byte {
	switch n.Kind {
	case Null:
		return append(dst, "null"...)
	case String:
		return AppendString(dst, n.Text)
	case Number:
		return append(dst, n.Text...)
	case Bool:
		return strconv.AppendBool(dst, n.True)
	}
	opening, closing := byte('['), byte(']')
	if n.Kind == Object {
		opening, closing = '{', '}'
	}
	dst = append(dst, opening)
	for i := range n.Items {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if n.Kind == Object {
			dst = append(AppendString(dst, n.Keys[i]), ": "...)
		}
		dst = n.Items[i].Append(dst)
	}
	return append(dst, closing)
}

// AppendCompact appends the form without spaces.
func (n *Node) AppendCompact(dst []byte) []byte {
	if n.Scalar() {
		return n.Append(dst)
	}
	opening, closing := byte('['), byte(']')
	if n.Kind == Object {
		opening, closing = '{', '}'
	}
	dst = append(dst, opening)
	for i := range n.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if n.Kind == Object {
			dst = append(AppendString(dst, n.Keys[i]), ':')
		}
		dst = n.Items[i].AppendCompact(dst)
	}
	return append(dst, closing)
}

// AppendPretty appends the form of jsonb_pretty.
func (n *Node) AppendPretty(dst []byte, level int) []byte {
	if n.Scalar() {
		return n.Append(dst)
	}
	opening, closing := byte('['), byte(']')
	if n.Kind == Object {
		opening, closing = '{', '}'
	}
	dst = append(dst, opening)
	for i := range n.Items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = indent(dst, level+1)
		if n.Kind == Object {
			dst = append(AppendString(dst, n.Keys[i]), ": "...)
		}
		dst = n.Items[i].AppendPretty(dst, level+1)
	}
	return append(indent(dst, level), closing)
}

func indent(dst []byte, level int) []byte {
	dst = append(dst, '\n')
	for range level {
		dst = append(dst, "    "...)
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// AppendString appends a JSON string, escaping what must be and no more.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, s[from:]...), '"')
}

// TextForm returns what ->> gives: the characters of a string, the JSON of
// anything else.
func (n *Node) TextForm() string {
	if n.Kind == String {
		return n.Text
	}
	return string(n.Append(nil))
}
