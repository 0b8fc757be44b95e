package typestest

import (
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types/text"
)

// TestEveryCharacter maps each code point to lower case, upper case and capitals
// on both sides.
func TestEveryCharacter(t *testing.T) {
	server, own := connect(t), open(t)
	for _, form := range []struct{ function, character string }{
		{"lower", "%"}, {"upper", "%"}, {"initcap", "a%A "}, // is A inside a word?
	} {
		for first := rune(1); first <= utf8.MaxRune; first += 1 << 16 {
			last := min(first+1<<16-1, utf8.MaxRune)
			var b strings.Builder
			for r := first; r <= last; r++ {
				if utf8.ValidRune(r) {
					b.WriteString(strings.ReplaceAll(form.character, "%", string(r)))
				}
			}
			want := server.try(t, []string{show(form.function + "(" + quote(b.String()) + ")")})[0]
			got, err := own.query("SELECT pg_"+form.function+"_25(?1)", []sqlite.Value{sqlite.Text(b.String())})
			if err != nil {
				t.Fatal(err)
			}
			differences(t, form.function, got.Text(), want.text)
		}
	}
}

// differences reports the first characters in which two texts differ.
func differences(t *testing.T, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	ours, theirs := []rune(got), []rune(want)
	for i, reported := 0, 0; i < min(len(ours), len(theirs)) && reported < 5; i++ {
		if ours[i] != theirs[i] {
			t.Errorf("%s gives %U, in PostgreSQL %U", what, ours[i], theirs[i])
			reported++
		}
	}
	if len(ours) != len(theirs) {
		t.Errorf("%s gives %d characters, in PostgreSQL %d", what, len(ours), len(theirs))
	}
}

// TestEncoding holds the errors of bytes that are no UTF-8 against PostgreSQL's.
func TestEncoding(t *testing.T) {
	server := connect(t)
	for _, bytes := range []string{
		"", "a", "\xff", "a\xffb", "\x80", "\xc3", "\xc3(", "\xc0\x80", "\xe2\x82", "\xe2(\xa1", "\xed\xa0\x80",
		"\xf0\x9f\x98", "\xf0\x9f\x98\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "ab\xe2\x28\xa1cd",
		"a\x00b", "\x00", "\x00\xff", "\xff\x00", "\xc3\x00", "é\xe9", "\xe0\x80\xaf", "\xef\xbf\xbd",
	} {
		want := server.try(t, []string{show(`convert_from('\x` + hex.EncodeToString([]byte(bytes)) + `', 'UTF8')`)})[0]
		got := answer{text: bytes}
		if err := text.Valid(bytes); err != nil {
			got = failed(err)
		}
		if got != want {
			t.Errorf("%q: %s, in PostgreSQL %s", bytes, got, want)
		}
	}
}
