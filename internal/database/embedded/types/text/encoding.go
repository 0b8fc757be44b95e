package text

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/fault"
)

// Valid returns the error of a text that PostgreSQL could not store: one with a
// zero byte or with bytes that are no UTF-8 (SQLSTATE 22021).
func Valid(s string) error {
	if i := strings.IndexByte(s, 0); i >= 0 && utf8.ValidString(s[:i]) {
		return invalidBytes("0x00")
	}
	for i, r := range s {
		if r != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
			return invalidBytes(sequence(s[i:]))
		}
	}
	return nil
}

func invalidBytes(bytes string) error {
	return fault.New(fault.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": %s`, bytes)
}

// sequence lists the bytes that PostgreSQL names: as many as the first byte
// announces.
func sequence(s string) string {
	n := 1
	switch b := s[0]; {
	case b&0xE0 == 0xC0:
		n = 2
	case b&0xF0 == 0xE0:
		n = 3
	case b&0xF8 == 0xF0:
		n = 4
	}
	var list []string
	for i := range min(n, len(s)) {
		list = append(list, fmt.Sprintf("0x%02x", s[i]))
	}
	return strings.Join(list, " ")
}
