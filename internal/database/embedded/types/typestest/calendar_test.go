package typestest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func oneOf(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func randomYear(r *rand.Rand) (year int, era string) {
	switch r.IntN(8) {
	case 0:
		return 1 + r.IntN(4712), oneOf(r, " BC", " bc", " AD")
	case 1:
		return 10000 + r.IntN(280_000), ""
	case 2:
		return 1 + r.IntN(9999), ""
	}
	return 1950 + r.IntN(120), ""
}

// randomDate writes a date in one of the styles that people use; days that no
// month has are among them.
func randomDate(r *rand.Rand) string {
	year, era := randomYear(r)
	month, day := 1+r.IntN(12), 1+r.IntN(31)
	name := []string{"Jan", "feb", "MARCH", "April", "may", "June", "jul", "Aug", "Sept", "october", "Nov", "Dec"}[month-1]
	switch r.IntN(10) {
	case 0:
		return fmt.Sprintf("%s %d, %04d%s", name, day, year, era)
	case 1:
		return fmt.Sprintf("%d/%d/%04d%s", month, day, year, era)
	case 2:
		return fmt.Sprintf("%02d-%s-%04d%s", day, name, year, era)
	case 3:
		return fmt.Sprintf("%04d%02d%02d%s", year, month, day, era)
	case 4:
		return fmt.Sprintf("%04d.%03d%s", year, 1+r.IntN(367), era)
	case 5:
		return fmt.Sprintf("J%d", r.IntN(5_000_000))
	}
	return fmt.Sprintf("%04d-%02d-%02d%s", year, month, day, era)
}

func randomClock(r *rand.Rand) string {
	fraction := ""
	if n := r.IntN(9) - 2; n > 0 {
		fraction = "." + fmt.Sprintf("%07d", r.IntN(10_000_000))[:n]
	}
	hour, minute, second := r.IntN(25), r.IntN(60), r.IntN(61)
	switch r.IntN(10) {
	case 0:
		return fmt.Sprintf("%02d:%02d", hour, minute)
	case 1:
		return fmt.Sprintf("%d:%02d %s", 1+r.IntN(12), minute, oneOf(r, "AM", "pm"))
	case 2:
		return fmt.Sprintf("%02d%02d%02d%s", hour, minute, second, fraction)
	}
	return fmt.Sprintf("%02d:%02d:%02d%s", hour, minute, second, fraction)
}

func randomZone(r *rand.Rand) string {
	switch r.IntN(6) {
	case 0:
		return " " + oneOf(r, "UTC", "PST", "CEST", "z", "America/New_York", "europe/berlin", "Asia/Kolkata", "GMT", "EST5EDT", "MSK", "NZST")
	case 1:
		return fmt.Sprintf("%+03d:%02d", r.IntN(31)-15, r.IntN(60))
	case 2:
		return fmt.Sprintf("%+03d:%02d:%02d", r.IntN(29)-14, r.IntN(60), r.IntN(60))
	}
	return fmt.Sprintf("%+03d", r.IntN(29)-14)
}

// withClock puts a time behind a date, before its era.
func withClock(r *rand.Rand, date, clock string) string {
	if i := strings.LastIndexByte(date, ' '); i > 0 && strings.EqualFold(strings.TrimSpace(date[i:]), "bc") {
		return date[:i] + " " + clock + date[i:]
	}
	return date + oneOf(r, " ", " ", "T") + clock
}

func randomTimestamp(r *rand.Rand) string {
	if r.IntN(40) == 0 {
		return oneOf(r, "infinity", "-infinity", "epoch")
	}
	return withClock(r, randomDate(r), randomClock(r))
}

func randomTimestamptz(r *rand.Rand) string {
	if r.IntN(40) == 0 {
		return oneOf(r, "infinity", "-infinity", "epoch")
	}
	return withClock(r, randomDate(r), randomClock(r)+randomZone(r))
}

// randomTimetz has no zones with rules: their offset today is not tested here.
func randomTimetz(r *rand.Rand) string {
	return randomClock(r) + fmt.Sprintf("%+03d:%02d", r.IntN(31)-15, r.IntN(2)*30)
}

// randomInterval writes a span in one of the styles that PostgreSQL reads.
func randomInterval(r *rand.Rand) string {
	n := func(limit int) int { return r.IntN(2*limit+1) - limit }
	switch r.IntN(8) {
	case 0:
		return fmt.Sprintf("P%dY%dM%dDT%dH%dM%d.%dS", n(50), n(20), n(60), n(50), n(90), n(90), r.IntN(1000))
	case 1:
		return fmt.Sprintf("%d-%d %d %d:%02d:%02d.%d", n(90), r.IntN(12), n(60), r.IntN(50), r.IntN(60), r.IntN(60), r.IntN(1000))
	case 2:
		return fmt.Sprintf("%d days", n(100_000))
	case 3:
		return fmt.Sprintf("%d mons %d days %d:%02d:%02d", n(30), n(90), r.IntN(2000), r.IntN(60), r.IntN(60))
	case 4:
		return fmt.Sprintf("%s%d.%d %s%s", oneOf(r, "", "-", "@ "), r.IntN(100), r.IntN(1000),
			oneOf(r, "years", "months", "weeks", "days", "hours", "minutes", "seconds", "decades", "ms", "us"), oneOf(r, "", "", " ago"))
	case 5:
		return fmt.Sprintf("P%04d-%02d-%02dT%02d:%02d:%02d", r.IntN(100), r.IntN(14), r.IntN(40), r.IntN(30), r.IntN(70), r.IntN(70))
	case 6:
		return fmt.Sprintf("%dh%dm%d.%06ds", n(100), n(100), n(100), r.IntN(1_000_000))
	}
	return randomIntervalText(r)
}

// inputWords are what dates, times and intervals are made of, in good order or
// not.
var inputWords = strings.Fields(`1 2 5 08 12 13 31 59 60 99 366 1999 2026 20260102 990108 123456 2451187 0 00 -1 +2 1.5 .5 5. 0.25 -0.75
	10:20 10:20:30 10:20:30.5 24:00 24:00:00.1 23:59:60 1:2 -3:04 +05:06:07 1999-01-08 01/08/99 8.1.1999 1999.008 1999-Jan-08 Jan-08-99 08-Jan-1999
	2026-02-30 2026-13-01 1999/01/08 -08 +05:30 +0530 -15:59 +16 z UTC PST PDT CET EST5EDT America/New_York Europe/Nowhere foo
	jan February SEPT mon Tuesday am PM a.m. BC ad AD T t J2451187 j julian epoch infinity -infinity allballs at on
	year years y mon mons months m day days d hour h hours min minutes sec s second us ms week weeks decade century millennium ago quarter
	P1Y P1Y2M P1DT2H PT5M P1W P1.5Y PT1.5S P-1D P00010203T040506 P0001-02-03T04:05:06 @ , - / : . 1d 1h30m 5y2mon y2001m02d04 T10 T1020 t102030`)

func randomInput(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(5) {
		b.WriteString(inputWords[r.IntN(len(inputWords))])
		b.WriteString(oneOf(r, " ", " ", " ", "", "  ", ",", "-"))
	}
	return strings.TrimSpace(b.String())
}

// TestRandomInput reads words thrown together as each type of times: the same are
// values, with the same meaning, and the others the same errors.
func TestRandomInput(t *testing.T) {
	server, own, c := connect(t), open(t), catalogue(t)
	for _, name := range []string{"date", "time", "timetz", "timestamp", "timestamptz", "interval"} {
		r := rand.New(rand.NewPCG(*seed, 3))
		texts := make([]string, 3000)
		for i := range texts {
			texts[i] = randomInput(r)
		}
		asText(t, server, own, c.TypeNamed(name), texts, "text")
	}
}
