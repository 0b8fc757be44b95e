package bytea

import (
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
)

// parse reads the hex form (\x6162) or the escape form (ab\000\\).
func parse(text string) ([]byte, error) {
	if strings.HasPrefix(text, `\x`) {
		return decodeHex(text[2:])
	}
	b, ok := decodeEscape(text)
	if !ok {
		return nil, fault.New(fault.InvalidText, "invalid input syntax for type bytea")
	}
	return b, nil
}

// decodeHex reads pairs of digits; white space may stand between pairs.
func decodeHex(s string) ([]byte, error) {
	b := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(" \n\t\r", s[i]) >= 0 {
			continue
		}
		high, ok := digit(s[i])
		if !ok {
			return nil, errDigit(s[i:])
		}
		if i++; i == len(s) {
			return nil, fault.New(fault.InvalidParameter, "invalid hexadecimal data: odd number of digits")
		}
		low, ok := digit(s[i])
		if !ok {
			return nil, errDigit(s[i:])
		}
		b = append(b, high<<4|low)
	}
	return b, nil
}

func errDigit(rest string) error {
	_, size := utf8.DecodeRuneInString(rest)
	return fault.New(fault.InvalidParameter, `invalid hexadecimal digit: "%s"`, rest[:size])
}

func digit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// decodeEscape reads bytes as they are, but for \\ and \ooo in octal digits.
func decodeEscape(s string) ([]byte, bool) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			b = append(b, s[i])
		case strings.HasPrefix(s[i+1:], `\`):
			b = append(b, '\\')
			i++
		case len(s) > i+3 && octal(s[i+1], '3') && octal(s[i+2], '7') && octal(s[i+3], '7'):
			b = append(b, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		default:
			return nil, false
		}
	}
	return b, true
}

func octal(c, most byte) bool { return c >= '0' && c <= most }
