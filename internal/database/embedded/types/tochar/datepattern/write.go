package datepattern

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Parts are the parts of what is written. Of an interval they may be negative,
// and there is no day of the week.
type Parts struct {
	Interval         bool
	Year, Month, Day int32 // year 0 is 1 BC
	Hour             int64
	Minute, Second   int32
	Micro            int32
	Zone             string // abbreviation, "" for none
	Offset           int    // seconds east of Greenwich
}

var (
	monthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"}
	dayNames = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	// romanMonths begin with December, so that no name is the beginning of a
	// later one.
	romanMonths = []string{"XII", "XI", "X", "IX", "VIII", "VII", "VI", "V", "IV", "III", "II", "I"}
)

func (t *Parts) dayOfYear() int32 {
	if t.Interval {
		return (t.Year*12+t.Month)*30 + t.Day
	}
	return julianDay(t.Year, t.Month, t.Day) - julianDay(t.Year, 1, 1) + 1
}

func (t *Parts) weekday() int32 { return weekdayOf(julianDay(t.Year, t.Month, t.Day)) }

// shownYear counts years BC from 1; the years of an interval stay.
func (t *Parts) shownYear(year int32) int32 {
	if t.Interval || year > 0 {
		return year
	}
	return 1 - year
}

// Write writes the parts by the pattern.
func (p Pattern) Write(t Parts) (string, error) {
	var b strings.Builder
	for i := range p {
		n := &p[i]
		if n.kind != action {
			b.WriteString(n.text)
			continue
		}
		if err := n.write(&b, &t); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

func (n *node) write(b *strings.Builder, t *Parts) error {
	if t.Interval && n.calendarOnly() {
		return fault.New(fault.InvalidDatetime, "invalid format specification for an interval value").
			WithHint("Intervals are not tied to specific calendar dates.")
	}
	if text, ok := n.word(t); ok {
		b.WriteString(text)
		return nil
	}
	text, ok := n.number(t)
	if !ok {
		return nil
	}
	if n.ordinal() {
		text += Ordinal(text, n.upperTH)
	}
	b.WriteString(text)
	return nil
}

// calendarOnly tells fields that an interval does not have.
func (n *node) calendarOnly() bool {
	switch n.keyword.id {
	case fieldTZ, fieldTZH, fieldTZM, fieldOF, fieldAD, fieldADDots, fieldMonth, fieldMon, fieldDay, fieldDy, fieldD, fieldID:
		return true
	}
	return false
}

// word writes the fields that are no plain number, which take no TH.
func (n *node) word(t *Parts) (string, bool) {
	switch n.keyword.id {
	case fieldAM:
		return n.cased([]string{"AM", "PM"}[half(t)]), true
	case fieldAMDots:
		return n.cased([]string{"A.M.", "P.M."}[half(t)]), true
	case fieldAD:
		return n.cased([]string{"AD", "BC"}[era(t)]), true
	case fieldADDots:
		return n.cased([]string{"A.D.", "B.C."}[era(t)]), true
	case fieldMonth:
		return n.padded(n.cased(monthNames[t.Month-1]), 9), true
	case fieldMon:
		return n.cased(monthNames[t.Month-1][:3]), true
	case fieldDay:
		return n.padded(n.cased(dayNames[t.weekday()]), 9), true
	case fieldDy:
		return n.cased(dayNames[t.weekday()][:3]), true
	case fieldRM:
		return n.roman(t), true
	case fieldTZ:
		return n.cased(t.Zone), true
	case fieldTZH:
		return fmt.Sprintf("%s%02d", plusMinus(t.Offset), abs(t.Offset)/3600), true
	case fieldTZM:
		return fmt.Sprintf("%02d", abs(t.Offset)%3600/60), true
	case fieldOF:
		return n.offset(t), true
	case fieldFX:
		return "", true
	}
	return "", false
}

func half(t *Parts) int {
	if t.Hour%24 >= 12 {
		return 1
	}
	return 0
}

func era(t *Parts) int {
	if t.Year <= 0 {
		return 1
	}
	return 0
}

func plusMinus(offset int) string {
	if offset < 0 {
		return "-"
	}
	return "+"
}

func abs(i int) int { return max(i, -i) }

func (n *node) offset(t *Parts) string {
	w := 2
	if n.fill {
		w = 0
	}
	text := fmt.Sprintf("%s%0*d", plusMinus(t.Offset), w, abs(t.Offset)/3600)
	if rest := abs(t.Offset) % 3600; rest != 0 {
		text += fmt.Sprintf(":%02d", rest/60)
	}
	return text
}

// cased writes a name in upper or lower case, or as it is, as the keyword is
// written.
func (n *node) cased(name string) string {
	k := n.keyword.name
	switch {
	case k == strings.ToLower(k):
		return strings.ToLower(name)
	case k == strings.ToUpper(k):
		return strings.ToUpper(name)
	}
	return name
}

func (n *node) padded(s string, width int) string {
	if n.fill || n.names {
		return s
	}
	return fmt.Sprintf("%-*s", width, s)
}

// roman writes the month in roman numerals. Of an interval, full years are
// December and -1 month is too.
func (n *node) roman(t *Parts) string {
	at := 0
	switch {
	case t.Month == 0 && t.Year == 0:
		return ""
	case t.Month == 0 && t.Year < 0:
		at = 11
	case t.Month < 0:
		at = int(-(t.Month + 1))
	case t.Month > 0:
		at = int(12 - t.Month)
	}
	text := n.cased(romanMonths[at])
	if n.fill {
		return text
	}
	return fmt.Sprintf("%-4s", text)
}

// zeros writes a number with at least so many digits, one more character when
// below is negative; FM writes it as short as it is.
func (n *node) zeros(v int64, digits int, below bool) string {
	if n.fill {
		return strconv.FormatInt(v, 10)
	}
	if below {
		digits++
	}
	return fmt.Sprintf("%0*d", digits, v)
}

// number writes the other fields; false for none at all.
func (n *node) number(t *Parts) (string, bool) {
	switch n.keyword.id {
	case fieldHH12:
		hour := t.Hour % 12
		if hour == 0 {
			hour = 12
		}
		return n.zeros(hour, 2, t.Hour < 0), true
	case fieldHH24:
		return n.zeros(t.Hour, 2, t.Hour < 0), true
	case fieldMI:
		return n.zeros(int64(t.Minute), 2, t.Minute < 0), true
	case fieldSS:
		return n.zeros(int64(t.Second), 2, t.Second < 0), true
	case fieldFraction:
		return fraction(t.Micro, int(n.keyword.name[2]-'0')), true
	case fieldMS:
		return fraction(t.Micro, 3), true
	case fieldUS:
		return fraction(t.Micro, 6), true
	case fieldSSSS:
		return strconv.FormatInt(t.Hour*3600+int64(t.Minute)*60+int64(t.Second), 10), true
	case fieldJ:
		return strconv.Itoa(int(julianDay(t.Year, t.Month, t.Day))), true
	}
	return n.dateNumber(t)
}

func fraction(micro int32, digits int) string {
	for range 6 - digits {
		micro /= 10
	}
	return fmt.Sprintf("%0*d", digits, micro)
}

func (n *node) dateNumber(t *Parts) (string, bool) {
	switch n.keyword.id {
	case fieldMM:
		return n.zeros(int64(t.Month), 2, t.Month < 0), true
	case fieldDDD:
		return n.zeros(int64(t.dayOfYear()), 3, false), true
	case fieldIDDD:
		return n.zeros(int64(isoDay(t.Year, t.Month, t.Day)), 3, false), true
	case fieldDD:
		return n.zeros(int64(t.Day), 2, false), true
	case fieldD:
		return strconv.Itoa(int(t.weekday()) + 1), true
	case fieldID:
		return strconv.Itoa(int(t.weekday()+6)%7 + 1), true
	case fieldWW:
		return n.zeros(int64((t.dayOfYear()-1)/7+1), 2, false), true
	case fieldIW:
		_, week := isoWeek(t.Year, t.Month, t.Day)
		return n.zeros(int64(week), 2, false), true
	case fieldW:
		return strconv.Itoa(int((t.Day-1)/7 + 1)), true
	case fieldQ:
		if t.Month == 0 {
			return "", false
		}
		return strconv.Itoa(int((t.Month-1)/3 + 1)), true
	case fieldCC:
		return n.century(t), true
	}
	return n.year(t), true
}

func (n *node) century(t *Parts) string {
	c := t.Year / 100
	switch {
	case t.Interval:
	case t.Year > 0:
		c = (t.Year-1)/100 + 1
	default:
		c--
	}
	if c > 99 || c < -99 {
		return strconv.Itoa(int(c))
	}
	return n.zeros(int64(c), 2, c < 0)
}

// year writes the year or that of ISO 8601, of which some forms show the last
// digits only.
func (n *node) year(t *Parts) string {
	shown := t.shownYear(t.Year)
	below := shown < 0
	if n.keyword.id == fieldYCommaYYY {
		return fmt.Sprintf("%d,%03d", shown/1000, shown-shown/1000*1000)
	}
	digits := len(n.keyword.name)
	if n.keyword.id == fieldISOYear {
		iso, _ := isoWeek(t.Year, t.Month, t.Day)
		shown = t.shownYear(iso)
	}
	switch digits {
	case 3:
		shown %= 1000
	case 2:
		shown %= 100
	case 1:
		return strconv.Itoa(int(shown % 10))
	}
	return n.zeros(int64(shown), digits, below)
}

// Ordinal is the English ending of a number's digits: st, nd, rd or th.
func Ordinal(digits string, upper bool) string {
	ending := "th"
	if n := len(digits); n < 2 || digits[n-2] != '1' {
		switch digits[n-1] {
		case '1':
			ending = "st"
		case '2':
			ending = "nd"
		case '3':
			ending = "rd"
		}
	}
	if upper {
		return strings.ToUpper(ending)
	}
	return ending
}
