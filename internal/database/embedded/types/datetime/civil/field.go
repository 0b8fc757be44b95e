package civil

import (
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// fieldNames maps the names of parts to those that extract decides by.
var fieldNames = map[string]string{
	"c": "century", "cent": "century", "centuries": "century", "century": "century",
	"d": "day", "day": "day", "days": "day", "dec": "decade", "decade": "decade", "decades": "decade", "decs": "decade",
	"dow": "dow", "doy": "doy", "epoch": "epoch", "h": "hour", "hour": "hour", "hours": "hour", "hr": "hour", "hrs": "hour",
	"isodow": "isodow", "isoyear": "isoyear", "julian": "julian", "j": "julian", "jd": "julian",
	"m": "minute", "microsecon": "microseconds", "mil": "millennium", "millennia": "millennium", "millennium": "millennium",
	"mils": "millennium", "millisecon": "milliseconds", "min": "minute", "mins": "minute", "minute": "minute",
	"minutes": "minute", "mon": "month", "mons": "month", "month": "month", "months": "month", "ms": "milliseconds",
	"msec": "milliseconds", "msecond": "milliseconds", "mseconds": "milliseconds", "msecs": "milliseconds", "qtr": "quarter", "quarter": "quarter",
	"s": "second", "sec": "second", "second": "second", "seconds": "second", "secs": "second",
	"timezone": "timezone", "timezone_h": "timezone_hour", "timezone_m": "timezone_minute",
	"us": "microseconds", "usec": "microseconds", "usecond": "microseconds", "useconds": "microseconds", "usecs": "microseconds",
	"w": "week", "week": "week", "weeks": "week", "y": "year", "year": "year", "years": "year", "yr": "year", "yrs": "year",
}

// lower folds ASCII letters only, as PostgreSQL does here.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// errUnknownField and errUnsupportedField are the two ways in which a type does
// not have a part.
func errUnknownField(name, typeName string) error {
	if t, ok := words[cut(lower(name))]; ok && t.meaning == reserved && (typeName == "date" || strings.HasPrefix(typeName, "timestamp")) {
		return errUnsupportedField(name, typeName)
	}
	return errNoField(name, typeName)
}

func errNoField(name, typeName string) error {
	return fault.New(fault.InvalidParameter, `unit "%s" not recognized for type %s`, lower(name), typeName)
}

func errUnsupportedField(name, typeName string) error {
	return fault.Unsupported(`unit "%s" not supported for type %s`, lower(name), typeName)
}

// FieldOf returns a part of a timestamp; withZone for timestamptz.
func (t Timestamp) FieldOf(name string, withZone bool) (Part, error) {
	typeName := nameTimestamp
	if withZone {
		typeName = nameTimestamptz
	}
	field, ok := fieldNames[cut(lower(name))]
	if !ok {
		return Part{}, errUnknownField(name, typeName)
	}
	if strings.HasPrefix(field, "timezone") && !withZone {
		return Part{}, errUnsupportedField(name, typeName)
	}
	if !t.Finite() {
		return t.infiniteField(field), nil
	}
	if strings.HasPrefix(field, "timezone") {
		return Part{}, nil
	}
	day, micro := t.Date()
	if part, ok := timeField(field, micro); ok {
		return part, nil
	}
	switch field {
	case "epoch":
		return t.epoch(), nil
	case "julian":
		return julianPart(day, micro), nil
	}
	return Part{Units: day.field(field)}, nil
}

// infiniteField: what only grows is infinite, what comes again is NULL.
func (t Timestamp) infiniteField(field string) Part {
	switch field {
	case "year", "decade", "century", "millennium", "julian", "isoyear", "epoch":
		if t > 0 {
			return Part{Infinite: 1}
		}
		return Part{Infinite: -1}
	}
	return Part{Null: true}
}

// timeField returns a part of the time of day.
func timeField(field string, micro int64) (Part, bool) {
	switch field {
	case "microseconds":
		return Part{Units: micro % Minute}, true
	case "milliseconds":
		return Part{Units: micro % Minute, Scale: 3, Split: Second}, true
	case "second":
		return Part{Units: micro % Minute, Scale: 6, Split: Second}, true
	case "minute":
		return Part{Units: micro / Minute % 60}, true
	case "hour":
		return Part{Units: micro / Hour}, true
	}
	return Part{}, false
}

// field returns a part of a date.
func (d Date) field(field string) int64 {
	year, month, day := d.Civil()
	switch field {
	case "day":
		return int64(day)
	case "month":
		return int64(month)
	case "quarter":
		return int64(month-1)/3 + 1
	case "week":
		_, week := d.ISOWeek()
		return int64(week)
	case "year":
		return int64(era0(year))
	case "isoyear":
		isoYear, _ := d.ISOWeek()
		return int64(era0(isoYear))
	case "decade":
		return floorDiv(int64(year), 10)
	case "century":
		return periods(year, 100)
	case "millennium":
		return periods(year, 1000)
	case "dow":
		return int64(d.Weekday())
	case "isodow":
		return int64((d.Weekday()+6)%7 + 1)
	case "doy":
		return int64(d-Days(year, 1, 1)) + 1
	}
	return 0
}

// era0 skips the year 0, which is 1 BC.
func era0(year int) int {
	if year <= 0 {
		return year - 1
	}
	return year
}

// periods counts centuries or millennia; the first begins with the year 1.
func periods(year, length int) int64 {
	if year > 0 {
		return int64(year+length-1) / int64(length)
	}
	return -int64(length-(year-1)-1) / int64(length)
}

// FieldOf returns a part of a date.
func (d Date) FieldOf(name string) (Part, error) {
	field, ok := fieldNames[cut(lower(name))]
	if !ok {
		return Part{}, errUnknownField(name, "date")
	}
	if _, ok := timeField(field, 0); ok || strings.HasPrefix(field, "timezone") {
		return Part{}, errUnsupportedField(name, "date")
	}
	switch {
	case !d.Finite():
		t, _ := d.Midnight()
		return t.infiniteField(field), nil
	case field == "epoch":
		return Part{Units: int64(d)*86_400 + unixEpoch}, nil
	case field == "julian":
		return Part{Units: d.Julian()}, nil
	}
	return Part{Units: d.field(field)}, nil
}

// ISOWeek returns the year and week of ISO 8601; weeks begin on Monday.
func (d Date) ISOWeek() (year, week int) {
	thursday := d - Date((d.Weekday()+6)%7) + 3
	year, _, _ = thursday.Civil()
	return year, int(thursday-Days(year, 1, 1))/7 + 1
}

// FieldOf returns a part of a time.
func (t TimeOfDay) FieldOf(name string) (Part, error) {
	return fieldOfTime(name, "time without time zone", int64(t), int64(t), nil)
}

// FieldOf returns a part of a timetz.
func (t ZonedTime) FieldOf(name string) (Part, error) {
	return fieldOfTime(name, "time with time zone", int64(t.Time), t.utc(), &t.Offset)
}

func fieldOfTime(name, typeName string, micro, utc int64, offset *int) (Part, error) {
	field, ok := fieldNames[cut(lower(name))]
	if !ok {
		return Part{}, errUnknownField(name, typeName)
	}
	if part, ok := timeField(field, micro); ok {
		return part, nil
	}
	if field == "epoch" {
		p := Part{Units: utc, Scale: 6}
		if offset != nil {
			p.measured = float(float64(micro)/1e6 - float64(*offset))
		}
		return p, nil
	}
	if offset != nil {
		switch field {
		case "timezone":
			return Part{Units: int64(*offset)}, nil
		case "timezone_hour":
			return Part{Units: int64(*offset / 3600)}, nil
		case "timezone_minute":
			return Part{Units: int64(*offset / 60 % 60)}, nil
		}
	}
	return Part{}, errUnsupportedField(name, typeName)
}

// FieldOf returns a part of an interval.
func (v Interval) FieldOf(name string) (Part, error) {
	field, ok := fieldNames[cut(lower(name))]
	if !ok {
		return Part{}, errUnknownField(name, "interval")
	}
	years, months := int64(v.Months/12), int64(v.Months%12)
	if part, ok := timeField(field, v.Micro); ok {
		return part, nil
	}
	switch field {
	case "day":
		return Part{Units: int64(v.Days)}, nil
	case "month":
		return Part{Units: months}, nil
	case "quarter":
		return Part{Units: months/3 + 1}, nil
	case "year":
		return Part{Units: years}, nil
	case "decade":
		return Part{Units: years / 10}, nil
	case "century":
		return Part{Units: years / 100}, nil
	case "millennium":
		return Part{Units: years / 1000}, nil
	case "epoch":
		return v.epoch(), nil
	}
	return Part{}, errUnsupportedField(name, "interval")
}

// Truncate is date_trunc over a timestamp.
func (t Timestamp) Truncate(name, typeName string) (Timestamp, error) {
	if !t.Finite() {
		return t, nil
	}
	field, ok := truncated(name)
	if !ok {
		return 0, errNoField(name, typeName)
	}
	day, micro := t.Date()
	if unit, ok := clockUnitsOf[field]; ok {
		return Timestamp(int64(day)*Day + micro/unit*unit), nil
	}
	year, month, _ := day.Civil()
	switch field {
	case "week":
		day -= Date((day.Weekday() + 6) % 7)
	case "month":
		day = Days(year, month, 1)
	case "quarter":
		day = Days(year, (month-1)/3*3+1, 1)
	case "year":
		day = Days(year, 1, 1)
	case "decade":
		day = Days(int(floorDiv(int64(year), 10))*10, 1, 1)
	case "century":
		day = Days(int(floorDiv(int64(year)-1, 100))*100+1, 1, 1)
	case "millennium":
		day = Days(int(floorDiv(int64(year)-1, 1000))*1000+1, 1, 1)
	default:
		return 0, errUnsupportedField(name, typeName)
	}
	return Timestamp(int64(day) * Day), nil
}

// truncated returns the unit of a name for date_trunc, which does not know all
// that extract knows.
func truncated(name string) (string, bool) {
	field, ok := fieldNames[cut(lower(name))]
	switch field {
	case "dow", "doy", "epoch", "isodow", "isoyear", "julian":
		return "", false
	}
	return field, ok
}

// clockUnitsOf are the units of a fixed length.
var clockUnitsOf = map[string]int64{
	"microseconds": 1, "milliseconds": 1000, "second": Second, "minute": Minute, "hour": Hour, "day": Day,
}

// Truncate is date_trunc over an interval.
func (v Interval) Truncate(name string) (Interval, error) {
	field, ok := truncated(name)
	if !ok {
		return Interval{}, errNoField(name, "interval")
	}
	if unit, ok := clockUnitsOf[field]; ok {
		if field == "day" {
			return Interval{v.Months, v.Days, 0}, nil
		}
		return Interval{v.Months, v.Days, v.Micro / unit * unit}, nil
	}
	months := map[string]int32{"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200, "millennium": 12000}
	if n, ok := months[field]; ok {
		return Interval{Months: v.Months / n * n}, nil
	}
	if field == "week" {
		return Interval{}, fault.New(fault.FeatureNotSupported, `unit "%s" not supported for type interval`, lower(name)).
			WithDetail("Months usually have fractional weeks.")
	}
	return Interval{}, errUnsupportedField(name, "interval")
}
