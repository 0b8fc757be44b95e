package secret

import (
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

const maxName = 100

func isName(s string) bool {
	if s == "" || len(s) > maxName || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// Parse reads lines of NAME=value, as files called .env have them: export before
// a name, # before a comment, values in single quotes as they are, in double quotes
// over several lines too, with \n, \r, \t, \" and \\. The error names the line.
func Parse(text string) (map[string]string, error) {
	out := map[string]string{}
	text = strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff")
	for number := 1; text != ""; {
		line, rest, _ := strings.Cut(text, "\n")
		name, value, isSet := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		name = strings.TrimSpace(name)
		if name == "" && !isSet || strings.HasPrefix(name, "#") {
			text, number = rest, number+1
			continue
		}
		if !isSet || !isName(name) {
			return nil, mistake(number, "expected NAME=value")
		}
		lines := 1
		value = strings.TrimLeft(value, " \t")
		if value != "" && (value[0] == '"' || value[0] == '\'') {
			start := strings.IndexByte(text, '=') + 1
			start += strings.IndexByte(text[start:], value[0])
			quoted, length, ok := unquote(text[start:])
			if !ok {
				return nil, mistake(number, "the quotes of "+name+" do not end")
			}
			lines = 1 + strings.Count(text[start:start+length], "\n")
			after, next, _ := strings.Cut(text[start+length:], "\n")
			if after = strings.TrimSpace(after); after != "" && after[0] != '#' {
				return nil, mistake(number, "something follows the value of "+name)
			}
			value, rest = quoted, next
		} else {
			if i := strings.Index(" "+value, " #"); i >= 0 {
				value = value[:max(i-1, 0)]
			}
			value = strings.TrimSpace(value)
		}
		out[name] = value
		text, number = rest, number+lines
	}
	return out, nil
}

func mistake(line int, what string) error {
	return fault.New(fault.InvalidParameter, "line %d: %s", line, what)
}

// unquote reads a value in quotes, and tells how long it was with them.
func unquote(text string) (value string, length int, ok bool) {
	quote := text[0]
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		c := text[i]
		switch {
		case c == quote:
			return b.String(), i + 1, true
		case c == '\\' && quote == '"' && i+1 < len(text):
			i++
			switch text[i] {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case '"', '\\', '$':
				c = text[i]
			default:
				b.WriteByte('\\')
				c = text[i]
			}
		}
		b.WriteByte(c)
	}
	return "", 0, false
}
