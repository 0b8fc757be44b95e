package civil

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestCalendar holds the calendar against package time, day by day at random.
func TestCalendar(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		d := Date(random.IntN(4_000_000) - 1_500_000)
		year, month, day := d.Civil()
		want := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(d))
		if year != want.Year() || month != int(want.Month()) || day != want.Day() {
			t.Fatalf("day %d is %d-%d-%d, want %s", d, year, month, day, want)
		}
		if back := Days(year, month, day); back != d || d.Weekday() != int(want.Weekday()) {
			t.Fatalf("%s is day %d weekday %d, want %d", want, back, d.Weekday(), d)
		}
		isoYear, isoWeek := want.ISOWeek()
		if y, w := d.ISOWeek(); y != isoYear || w != isoWeek {
			t.Fatalf("%s is in week %d-%d, want %d-%d", want, y, w, isoYear, isoWeek)
		}
	}
}

// TestStoredOrder stores random timestamps: they come back as they were, and
// their text forms stand in their order.
func TestStoredOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pick := func() Timestamp {
		switch random.IntN(20) {
		case 0:
			return TimestampInfinity
		case 1:
			return TimestampNegInfinity
		}
		v := minTimestamp + Timestamp(random.Int64N(int64(endTimestamp)))
		if random.IntN(2) == 0 { // the years that people use, and those around them
			v = Timestamp(random.Int64N(20_000)-5_000)*365*Timestamp(Day) + Timestamp(random.Int64N(Day))
		}
		if random.IntN(2) == 0 { // few digits behind the point
			v -= v % Timestamp(Second/10)
		}
		return max(v, minTimestamp)
	}
	for range 100_000 {
		a, b := pick(), pick()
		x, err := a.StoreTimestamptz()
		if err != nil {
			t.Fatal(err)
		}
		y, err := b.StoreTimestamptz()
		if err != nil {
			t.Fatal(err)
		}
		if Stored(x) != a || strings.Compare(x, y) != compareInts(int64(a), int64(b)) {
			t.Fatalf("%d is stored as %s, which reads %d; beside %s", a, x, Stored(x), y)
		}
		back, err := ParseTimestamptz(string(AppendText(nil, x)), -1, nil)
		if err != nil || back != a {
			t.Fatalf("%s reads %d, %v; want %d", AppendText(nil, x), back, err, a)
		}
	}
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// TestIntervalText writes random intervals and reads them back.
func TestIntervalText(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 100_000 {
		v := Interval{int32(random.Uint32()) >> random.IntN(31), int32(random.Uint32()) >> random.IntN(31),
			int64(random.Uint64()) >> random.IntN(63)}
		if back, err := ParseInterval(v.Text(), -1); err != nil || back != v {
			t.Fatalf("%+v is %q, which reads %+v, %v", v, v.Text(), back, err)
		}
		if back := StoredInterval(v.Text()); back != v {
			t.Fatalf("%+v is stored as %q, which is %+v", v, v.Text(), back)
		}
	}
}

// FuzzParse looks for texts that end a parser in a panic.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"2026-01-02 12:00:00+02", "Jan 2 2026 3:04 pm EST", "J2451187.5", "1 day 2 hours ago", "P1Y2M", "T12"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = ParseTimestamptz(s, -1, nil)
		_, _ = ParseDate(s, nil)
		_, _ = ParseZonedTime(s, -1, nil)
		if v, err := ParseInterval(s, -1); err == nil {
			if back, err := ParseInterval(v.Text(), -1); err != nil || back != v {
				t.Errorf("%q is %q, which reads %+v, %v", s, v.Text(), back, err)
			}
		}
	})
}
