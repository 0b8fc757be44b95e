package civil

import (
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Plus adds an interval: months, with the day kept inside the month, then days,
// then time.
func (t Timestamp) Plus(v Interval) (Timestamp, error) {
	if !t.Finite() {
		return t, nil
	}
	if v.Months != 0 {
		f := t.Fields()
		months := int64(f.Year)*12 + int64(f.Month-1) + int64(v.Months)
		f.Year, f.Month = int(floorDiv(months, 12)), int(floorMod(months, 12))+1
		f.Day = min(f.Day, DaysIn(f.Year, f.Month))
		moved, ok := f.Timestamp()
		if !ok {
			return 0, OutOfRange("timestamp")
		}
		t = moved
	}
	if v.Days != 0 {
		day, micro := t.Date()
		day += Date(v.Days)
		if day < minDate || int64(day) >= int64(endTimestamp)/Day {
			return 0, OutOfRange("timestamp")
		}
		t = Timestamp(int64(day)*Day + micro)
	}
	sum := t + Timestamp(v.Micro)
	if (t < 0) == (v.Micro < 0) && (sum < 0) != (t < 0) || !sum.valid() {
		return 0, OutOfRange("timestamp")
	}
	return sum, nil
}

// Minus returns the span between two timestamps in days and time.
func (t Timestamp) Minus(o Timestamp) (Interval, error) {
	if !t.Finite() || !o.Finite() {
		return Interval{}, fault.New(fault.DatetimeOverflow, "cannot subtract infinite timestamps")
	}
	return Interval{Micro: int64(t - o)}.JustifyHours()
}

// Age returns the span between two timestamps in years, months, days and time,
// as one counts an age.
func (t Timestamp) Age(o Timestamp) (Interval, error) {
	if t == TimestampNegInfinity || o == TimestampNegInfinity {
		return Interval{}, OutOfRange("timestamp")
	}
	// Infinity counts as the moment in the year 294277 that its number stands for.
	later, earlier := t.Fields(), o.Fields()
	negative := t < o
	if negative {
		later, earlier = earlier, later
	}
	micro := later.ofDay() - earlier.ofDay()
	days := later.Day - earlier.Day
	months := (later.Year-earlier.Year)*12 + later.Month - earlier.Month
	if micro < 0 {
		micro, days = micro+Day, days-1
	}
	// The month that lends its days is the earlier one's.
	if days < 0 {
		days, months = days+DaysIn(earlier.Year, earlier.Month), months-1
	}
	v := Interval{int32(months), int32(days), micro}
	if negative {
		return v.Negative()
	}
	return v, nil
}

// MakeTime is make_time; seconds may have a fraction.
func MakeTime(hour, minute int, seconds float64) (TimeOfDay, error) {
	invalid := fault.New(fault.DatetimeOverflow, "time field value out of range: %d:%02d:%s", hour, minute, paddedSeconds(seconds))
	if hour < 0 || hour > 24 || minute < 0 || minute > 59 || math.IsNaN(seconds) || seconds < 0 || seconds > 60 {
		return 0, invalid
	}
	t := int64(hour*60+minute)*Minute + int64(math.RoundToEven(seconds*1e6))
	if t > Day {
		return 0, invalid
	}
	return TimeOfDay(t), nil
}

// paddedSeconds writes seconds with at least two characters.
func paddedSeconds(seconds float64) string {
	switch {
	case math.IsNaN(seconds):
		return "NaN"
	case math.IsInf(seconds, 0):
		return strings.Replace(strings.TrimPrefix(strconv.FormatFloat(seconds, 'g', -1, 64), "+"), "Inf", "Infinity", 1)
	}
	s := strconv.FormatFloat(seconds, 'g', 6, 64)
	if len(s) < 2 {
		s = "0" + s
	}
	return s
}

// At puts a time on a day.
func (d Date) At(t TimeOfDay) (Timestamp, error) {
	midnight, ok := d.Midnight()
	if !ok {
		return 0, fault.New(fault.DatetimeOverflow, "date out of range for timestamp")
	}
	if !midnight.Finite() {
		return midnight, nil
	}
	return midnight + Timestamp(t), nil
}

// AtZoned puts a time with an offset on a day, in UTC.
func (d Date) AtZoned(t ZonedTime) (Timestamp, error) {
	midnight, err := d.At(0)
	if err != nil || !midnight.Finite() {
		return midnight, err
	}
	at := midnight + Timestamp(t.utc())
	if !at.valid() {
		return 0, OutOfRange("timestamp")
	}
	return at, nil
}

// FromUnix is to_timestamp over seconds since 1970.
func FromUnix(seconds float64) (Timestamp, error) {
	switch {
	case math.IsNaN(seconds):
		return 0, fault.New(fault.DatetimeOverflow, "timestamp cannot be NaN")
	case math.IsInf(seconds, 1):
		return TimestampInfinity, nil
	case math.IsInf(seconds, -1):
		return TimestampNegInfinity, nil
	}
	micro := math.RoundToEven((seconds - unixEpoch) * 1e6)
	if micro < float64(minTimestamp) || micro >= float64(endTimestamp) {
		return 0, fault.New(fault.DatetimeOverflow, `timestamp out of range: "%s"`, strconv.FormatFloat(seconds, 'g', 6, 64))
	}
	return Timestamp(micro), nil
}

// MakeTimestamp is make_timestamp.
func MakeTimestamp(year, month, day, hour, minute int, seconds float64) (Timestamp, error) {
	d, err := makeDate(year, month, day, year)
	if err != nil {
		return 0, err
	}
	t, err := MakeTime(hour, minute, seconds)
	if err != nil {
		return 0, err
	}
	at := Timestamp(int64(d)*Day + int64(t))
	if d < minDate || int64(d) >= int64(endTimestamp)/Day || !at.valid() {
		return 0, fault.New(fault.DatetimeOverflow, "timestamp out of range: %d-%02d-%02d %d:%02d:%s",
			year, month, day, hour, minute, paddedSeconds(seconds))
	}
	return at, nil
}
