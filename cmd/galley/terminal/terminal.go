// Package terminal is what the commands print for a person.
package terminal

import "strings"

// Printable keeps a value on its line and off the terminal's controls.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return '↵'
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0:
			return '\uFFFD'
		}
		return r
	}, s)
}
