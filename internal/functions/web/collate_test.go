package web

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/text/language"
)

// TestASCII: the short way gives what the long one does.
func TestASCII(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		b := make([]byte, random.IntN(6))
		for k := range b {
			b[k] = byte(' ' + random.IntN(95))
			if random.IntN(3) > 0 {
				b[k] = "abAB1 "[random.IntN(6)]
			}
		}
		return string(b)
	}
	for _, name := range plainly {
		for _, options := range []string{"", "U", "a", "b", "n"} {
			short, long := newCollator(language.MustParse(name), options), newCollator(language.MustParse(name), options)
			long.plain = false
			for range 2000 {
				a, b := word(), word()
				if got, want := short.compare(a, b), long.compare(a, b); got != want {
					t.Fatalf("%s %q: %q and %q: %d, want %d", name, options, a, b, got, want)
				}
			}
		}
	}
}
