package numberpattern

import "testing"

// TestWrite has the examples of PostgreSQL's documentation, table 9.31.
func TestWrite(t *testing.T) {
	for _, test := range []struct {
		digits   string
		negative bool
		pattern  string
		want     string
	}{
		{"0.10", true, "99.99", "  -.10"},
		{"0.1", true, "FM9.99", "-.1"},
		{"0.1", false, "0.9", " 0.1"},
		{"12.0", false, "9990999.9", "    0012.0"},
		{"12.0", false, "FM9990999.9", "0012."},
		{"485", true, "999", "-485"},
		{"485", false, "9 9 9", " 4 8 5"},
		{"1485", false, "9,999", " 1,485"},
		{"148.500", false, "999.999", " 148.500"},
		{"148.500", false, "FM999.999", "148.5"},
		{"148.500", false, "FM999.990", "148.500"},
		{"485", true, "999S", "485-"},
		{"485", false, "FM999MI", "485"},
		{"485", false, "SG999", "+485"},
		{"485", true, "9SG99", "4-85"},
		{"485", true, "999PR", "<485>"},
		{"482", false, "999th", " 482nd"},
		{"485.8", false, `"Pre:"999" Post:" .9`, "Pre: 485 Post: .8"},
		{"1234", false, "99", " ##"},
	} {
		p, err := Parse(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Digits(test.digits, test.negative, p.Places())
		if err != nil || got != test.want {
			t.Errorf("%s (%v) by %q: %q, %v; want %q", test.digits, test.negative, test.pattern, got, err, test.want)
		}
	}
}

// FuzzPattern looks for patterns and texts that end in a panic.
func FuzzPattern(f *testing.F) {
	f.Add("FM9,990.00th", "-1,234.5")
	f.Add("SG0V99 \"x\\\"", "<5>")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := Parse(pattern)
		if err != nil {
			return
		}
		_, _ = p.Digits("123.45", true, 2)
		_, _ = p.Numeral(14)
		_, _, _ = p.Read(text)
	})
}
