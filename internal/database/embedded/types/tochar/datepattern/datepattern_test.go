package datepattern

import "testing"

var moment = Parts{Year: 2026, Month: 3, Day: 9, Hour: 20, Minute: 5, Second: 6, Micro: 789_000, Zone: "UTC"}

func TestWrite(t *testing.T) {
	for _, test := range []struct{ pattern, want string }{
		{"YYYY-MM-DD HH24:MI:SS.MS", "2026-03-09 20:05:06.789"},
		{"Day, DD  HH12:MI:SS", "Monday   , 09  08:05:06"},
		{"FMDay, FMDD  HH12:MI:SS", "Monday, 9  08:05:06"},
		{`FMDDth "of" FMMonth`, "9th of March"},
		{"IYYY-IW-ID J Q RM", "2026-11-1 2461109 1 III "},
		{"yyyy MON mon a.m. TZH:TZM", "2026 MAR mar p.m. +00:00"},
	} {
		if got, err := Parse(test.pattern).Write(moment); err != nil || got != test.want {
			t.Errorf("%q: %q, %v; want %q", test.pattern, got, err, test.want)
		}
	}
}

func TestRead(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          Moment
	}{
		{"DD Mon YYYY", "05 Dec 2000", Moment{Year: 2000, Month: 12, Day: 5}},
		{"YYYY-MM-DD HH12:MI PM TZH", "2026-01-02 3:04 pm -05",
			Moment{Year: 2026, Month: 1, Day: 2, Hour: 15, Minute: 4, Zoned: true, Offset: -18000}},
		{"IYYY-IW-ID", "2026-11-1", Moment{Year: 2026, Month: 3, Day: 9}},
		{"YYYY BC", "44 BC", Moment{Year: -43, Month: 1, Day: 1}},
		{"SS.MS", "12.3", Moment{Month: 1, Day: 1, Second: 12, Micro: 300_000}},
	} {
		if got, err := Parse(test.pattern).Read(test.text); err != nil || got != test.want {
			t.Errorf("%q by %q: %+v, %v; want %+v", test.text, test.pattern, got, err, test.want)
		}
	}
}

// FuzzPattern looks for patterns and texts that end in a panic.
func FuzzPattern(f *testing.F) {
	f.Add("FXYYYY-Month DDth \"of\" HH12:MI:SS.US", "2026-March 09th")
	f.Add("Y,YYY IYYY-IW J WW RM TZH", "1,999")
	f.Fuzz(func(_ *testing.T, pattern, text string) {
		p := Parse(pattern)
		_, _ = p.Write(moment)
		_, _ = p.Write(Parts{Interval: true, Year: -5, Month: -3, Hour: -100, Micro: -5})
		_, _ = p.Read(text)
	})
}
