package regex_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database/embedded/types/pattern/regex"
)

// TestBounds gives expressions that would take for ever, or all memory: each is
// refused, or answered, within seconds.
func TestBounds(t *testing.T) {
	as := strings.Repeat("a", 3000)
	for _, c := range []struct{ pattern, text string }{
		{`^(a|aa|aaa)*(\1b|c)$`, as},
		{`(a*)*(b*)*\1\2x`, as},
		{`((a?){50}){50}\1x`, as},
		{`(x+x+)+y`, strings.Repeat("x", 5000)},
		{`(.*)(.*)(.*)(.*)(.*)\5\4\3\2\1!`, as},
		{`(?=(?:a*)*b)`, as},
		{`(?<=a*b)`, as},
		{`(((a{200}){200}){200})`, as},
		{strings.Repeat("(", 5000) + strings.Repeat(")", 5000), ""},
		{strings.Repeat("(?:a|", 190) + strings.Repeat(")", 190), as},
		{strings.Repeat("a?", 4000) + "b", as},
		{`[^a]*` + strings.Repeat("[a-z]{0,30}", 100), as},
	} {
		start := time.Now()
		re, err := regex.Compile(c.pattern, regex.Flags{})
		if err == nil {
			_, err = re.Find([]rune(c.text), 0)
		}
		if err != nil && !errors.Is(err, regex.ErrRefused) {
			t.Errorf("%.40s: %v", c.pattern, err)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%.40s: %v", c.pattern, took)
		} else {
			t.Logf("%.40s: %v, %v", c.pattern, took.Round(time.Millisecond), err)
		}
	}
}
