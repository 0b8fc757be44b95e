package regex_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/types/pattern/regex"
)

// BenchmarkMatches compares whether a text matches with Go's own expressions, which
// mean the same here.
func BenchmarkMatches(b *testing.B) {
	long := strings.Repeat("the quick brown fox jumps over the lazy dog 12 ", 100)
	for _, c := range []struct{ name, pattern, text string }{
		{"mail", `^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$`, "some.user+tag@mail.example.co.uk"},
		{"prefix", `^abc`, "xabcdefghijklmnopqrstuvwxyz"},
		{"word in 4700 bytes", `cats?\M`, long},
		{"digits in 4700 bytes", `\d{4}-\d{2}`, long},
	} {
		re, err := regex.Compile(c.pattern, regex.Flags{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := re.Matches([]rune(c.text)); err != nil {
					b.Fatal(err)
				}
			}
		})
		if goes, err := regexp.Compile(strings.ReplaceAll(c.pattern, `\M`, `\b`)); err == nil {
			b.Run(c.name+" in Go", func(b *testing.B) {
				for b.Loop() {
					goes.MatchString(c.text)
				}
			})
		}
	}
}
