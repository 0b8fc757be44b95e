package civil

import (
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Interval is a span of months, days and microseconds, which do not convert
// into each other: a month has 28 to 31 days.
type Interval struct {
	Months, Days int32
	Micro        int64
}

func intervalRange() error { return OutOfRange("interval") }

// total returns the span in days and microseconds of a day, a month being 30
// days; by this intervals compare.
func (v Interval) total() (days, micro int64) {
	days = int64(v.Months)*30 + int64(v.Days) + floorDiv(v.Micro, Day)
	return days, floorMod(v.Micro, Day)
}

// CompareIntervals orders stored intervals: '1 month' equals '30 days'.
func CompareIntervals(a, b string) int {
	if a == b {
		return 0
	}
	daysA, microA := StoredInterval(a).total()
	daysB, microB := StoredInterval(b).total()
	switch {
	case daysA != daysB && daysA < daysB, daysA == daysB && microA < microB:
		return -1
	case daysA == daysB && microA == microB:
		return 0
	}
	return 1
}

// StoredInterval returns the interval of a storage form, which is the text form.
func StoredInterval(s string) Interval {
	var v Interval
	for s != "" {
		n, rest, negative := signedNumber(s)
		if rest != "" && rest[0] == ':' {
			v.Micro = int64(uint64(n)*uint64(Hour)) + storedTime("00"+rest)
			if negative {
				v.Micro = -v.Micro
			}
			return v
		}
		if negative {
			n = -n
		}
		switch rest[1] { // behind a space
		case 'y':
			v.Months = int32(n * 12)
		case 'm':
			v.Months += int32(n)
		case 'd':
			v.Days = int32(n)
		}
		end := strings.IndexByte(rest[1:], ' ')
		if end < 0 {
			return v
		}
		s = rest[end+2:]
	}
	return v
}

// signedNumber reads digits behind an optional sign.
func signedNumber(s string) (n int64, rest string, negative bool) {
	i := 0
	if s[0] == '-' || s[0] == '+' {
		negative, i = s[0] == '-', 1
	}
	for ; i < len(s) && isDigit(s[i]); i++ {
		n = n*10 + int64(s[i]-'0')
	}
	return n, s[i:], negative
}

// Text returns the text form, which is also the storage form: 1 year 2 mons
// -3 days +04:05:06.7.
func (v Interval) Text() string {
	w := intervalWriter{dst: make([]byte, 0, 40)}
	w.part(int64(v.Months/12), "year")
	w.part(int64(v.Months%12), "mon")
	w.part(int64(v.Days), "day")
	if len(w.dst) > 0 && v.Micro == 0 {
		return string(w.dst)
	}
	if len(w.dst) > 0 {
		w.dst = append(w.dst, ' ')
	}
	switch {
	case v.Micro < 0:
		w.dst = append(w.dst, '-')
	case w.negative:
		w.dst = append(w.dst, '+')
	}
	return string(w.clock(v.Micro))
}

type intervalWriter struct {
	dst      []byte
	negative bool // the part before is, so the next shows its sign
}

func (w *intervalWriter) part(n int64, unit string) {
	if n == 0 {
		return
	}
	if len(w.dst) > 0 {
		w.dst = append(w.dst, ' ')
	}
	if w.negative && n > 0 {
		w.dst = append(w.dst, '+')
	}
	w.dst = strconv.AppendInt(w.dst, n, 10)
	w.dst = append(append(w.dst, ' '), unit...)
	if n != 1 {
		w.dst = append(w.dst, 's')
	}
	w.negative = n < 0
}

// clock appends the time without its sign; the least value has no positive.
func (w *intervalWriter) clock(micro int64) []byte {
	u := uint64(micro)
	if micro < 0 {
		u = -u
	}
	dst := appendPadded(w.dst, int(u/uint64(Hour)), 2)
	dst = appendPadded(append(dst, ':'), int(u/uint64(Minute)%60), 2)
	dst = appendPadded(append(dst, ':'), int(u/uint64(Second)%60), 2)
	return appendFraction(dst, int64(u%uint64(Second)))
}

// Plus adds two intervals part by part.
func (v Interval) Plus(o Interval) (Interval, error) {
	months, days := int64(v.Months)+int64(o.Months), int64(v.Days)+int64(o.Days)
	micro := v.Micro + o.Micro
	overflow := (v.Micro < 0) == (o.Micro < 0) && (micro < 0) != (v.Micro < 0)
	if months != int64(int32(months)) || days != int64(int32(days)) || overflow {
		return Interval{}, intervalRange()
	}
	return Interval{int32(months), int32(days), micro}, nil
}

// Negative returns the span in the other direction.
func (v Interval) Negative() (Interval, error) {
	if v.Months == math.MinInt32 || v.Days == math.MinInt32 || v.Micro == math.MinInt64 {
		return Interval{}, intervalRange()
	}
	return Interval{-v.Months, -v.Days, -v.Micro}, nil
}

// Minus subtracts part by part.
func (v Interval) Minus(o Interval) (Interval, error) {
	months, days := int64(v.Months)-int64(o.Months), int64(v.Days)-int64(o.Days)
	micro := v.Micro - o.Micro
	overflow := (v.Micro < 0) != (o.Micro < 0) && (micro < 0) != (v.Micro < 0)
	if months != int64(int32(months)) || days != int64(int32(days)) || overflow {
		return Interval{}, intervalRange()
	}
	return Interval{int32(months), int32(days), micro}, nil
}

// Times multiplies; what is left of months becomes days, what is left of days
// becomes time.
func (v Interval) Times(factor float64) (Interval, error) {
	return v.scale(func(x float64) float64 { return x * factor })
}

// Over divides.
func (v Interval) Over(divisor float64) (Interval, error) {
	if divisor == 0 {
		return Interval{}, fault.New(fault.DivisionByZero, "division by zero")
	}
	return v.scale(func(x float64) float64 { return x / divisor })
}

func (v Interval) scale(apply func(float64) float64) (Interval, error) {
	months, days := apply(float64(v.Months)), apply(float64(v.Days))
	if !fits32(months) || !fits32(days) {
		return Interval{}, intervalRange()
	}
	out := Interval{Months: int32(months), Days: int32(days)}
	restDays := roundMicros((months - float64(out.Months)) * 30)
	seconds := roundMicros((days - float64(out.Days) + restDays - math.Trunc(restDays)) * 86400)
	if math.Abs(seconds) >= 86400 {
		whole := math.Trunc(seconds / 86400)
		out.Days += int32(whole)
		seconds -= whole * 86400
	}
	out.Days += int32(restDays)
	micro := math.RoundToEven(apply(float64(v.Micro)) + seconds*1e6)
	if math.IsNaN(micro) || micro < -9223372036854775808.0 || micro >= 9223372036854775808.0 {
		return Interval{}, intervalRange()
	}
	out.Micro = int64(micro)
	return out, nil
}

func fits32(f float64) bool { return f >= math.MinInt32 && f < -math.MinInt32 }

// roundMicros rounds to six decimal places, to hide what binary fractions lose.
func roundMicros(f float64) float64 { return math.RoundToEven(f*1e6) / 1e6 }

// JustifyHours makes days of each 24 hours.
func (v Interval) JustifyHours() (Interval, error) {
	days := int64(v.Days) + v.Micro/Day
	v.Micro %= Day
	switch {
	case days > 0 && v.Micro < 0:
		days, v.Micro = days-1, v.Micro+Day
	case days < 0 && v.Micro > 0:
		days, v.Micro = days+1, v.Micro-Day
	}
	if days != int64(int32(days)) {
		return Interval{}, intervalRange()
	}
	v.Days = int32(days)
	return v, nil
}

// JustifyDays makes months of each 30 days.
func (v Interval) JustifyDays() (Interval, error) {
	months := int64(v.Months) + int64(v.Days/30)
	v.Days %= 30
	switch {
	case months > 0 && v.Days < 0:
		months, v.Days = months-1, v.Days+30
	case months < 0 && v.Days > 0:
		months, v.Days = months+1, v.Days-30
	}
	if months != int64(int32(months)) {
		return Interval{}, intervalRange()
	}
	v.Months = int32(months)
	return v, nil
}

// Justify does both and gives all parts the same sign.
func (v Interval) Justify() (Interval, error) {
	months, days, micro := int64(v.Months), int64(v.Days), v.Micro
	days += micro / Day
	micro %= Day
	months += days / 30
	days %= 30
	switch {
	case months > 0 && (days < 0 || days == 0 && micro < 0):
		months, days = months-1, days+30
	case months < 0 && (days > 0 || days == 0 && micro > 0):
		months, days = months+1, days-30
	}
	switch {
	case days > 0 && micro < 0:
		days, micro = days-1, micro+Day
	case days < 0 && micro > 0:
		days, micro = days+1, micro-Day
	}
	if months != int64(int32(months)) {
		return Interval{}, intervalRange()
	}
	return Interval{int32(months), int32(days), micro}, nil
}

// The fields of an interval as its type modifier tells them: bits of the upper
// half, all of them for an interval of any fields; the lower half is the number
// of decimal places of a second.
const (
	fieldMonth  = 1 << 1
	fieldYear   = 1 << 2
	fieldDay    = 1 << 3
	fieldHour   = 1 << 10
	fieldMinute = 1 << 11
	fieldSecond = 1 << 12

	allFields    = 0x7fff
	allPrecision = 0xffff
)

// PackInterval packs the written modifiers of an interval: its fields, and the
// number of decimal places of a second.
func PackInterval(mods []int) (int32, error) {
	if len(mods) == 0 || len(mods) > 2 {
		return 0, fault.New(fault.InvalidParameter, "invalid INTERVAL type modifier")
	}
	if _, ok := smallestField[mods[0]]; !ok && mods[0] != allFields {
		return 0, fault.New(fault.InvalidParameter, "invalid INTERVAL type modifier")
	}
	precision := allPrecision
	if len(mods) == 2 {
		if mods[1] < 0 {
			return 0, fault.New(fault.InvalidParameter, "INTERVAL(%d) precision must not be negative", mods[1])
		}
		precision = min(mods[1], 6)
	} else if mods[0] == allFields {
		return -1, nil
	}
	return int32(mods[0]<<16 | precision), nil
}

// smallestField gives the smallest field of each set of fields.
var smallestField = map[int]unit{
	fieldYear: year, fieldMonth: month, fieldYear | fieldMonth: month, fieldDay: day,
	fieldHour: hour, fieldDay | fieldHour: hour,
	fieldMinute: minute, fieldHour | fieldMinute: minute, fieldDay | fieldHour | fieldMinute: minute,
	fieldSecond: second, fieldMinute | fieldSecond: second, fieldHour | fieldMinute | fieldSecond: second,
	fieldDay | fieldHour | fieldMinute | fieldSecond: second,
}

// Adjust drops what is smaller than the fields of a type modifier and rounds to
// its decimal places; -1 leaves v alone.
func (v Interval) Adjust(mod int32) (Interval, error) {
	if mod < 0 {
		return v, nil
	}
	fields, precision := int(mod>>16&allFields), mod&allPrecision
	if fields != allFields {
		switch smallestField[fields] {
		case year:
			v = Interval{Months: v.Months / 12 * 12}
		case month:
			v = Interval{Months: v.Months}
		case day:
			v.Micro = 0
		case hour:
			v.Micro = v.Micro / Hour * Hour
		case minute:
			v.Micro = v.Micro / Minute * Minute
		case second:
		default:
			return Interval{}, fault.Unsupported("the interval type modifier %d is not supported by the embedded engine", mod)
		}
	}
	switch {
	case precision == allPrecision:
		return v, nil
	case precision > 6:
		return Interval{}, fault.New(fault.InvalidParameter, "interval(%d) precision must be between 0 and 6", precision)
	}
	v.Micro = roundMicro(v.Micro, precision)
	return v, nil
}
