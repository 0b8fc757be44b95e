package civil

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// ParseInterval reads an interval, in PostgreSQL's, the SQL standard's or ISO
// 8601's form. mod is the type modifier (see PackInterval), -1 for none; its
// fields tell what a number without a unit counts.
func ParseInterval(text string, mod int32) (Interval, error) {
	fields, err := scan(text)
	p := intervalParser{fields: allFields}
	if mod >= 0 {
		p.fields = int(mod >> 16 & allFields)
	}
	if err == nil {
		err = p.parse(fields)
	}
	if err == errFormat {
		p = intervalParser{fields: p.fields}
		err = p.parseISO(text)
	}
	if err == errField {
		err = errInterval
	}
	if err != nil {
		return Interval{}, report(err, text, "interval")
	}
	months := p.years*12 + p.months
	if p.years != int64(int32(p.years)) || months != int64(int32(months)) {
		return Interval{}, intervalRange()
	}
	return Interval{int32(months), int32(p.days), p.micro}.Adjust(mod)
}

// unit is a unit of an interval.
type unit int

const (
	noUnit unit = iota
	microsecond
	millisecond
	second
	minute
	hour
	day
	week
	month
	year
	decade
	century
	millennium
	ago
	unsupported
)

// unitWords are cut to maxWord characters. Source: PostgreSQL documentation,
// 8.5.4 "Interval Input".
var unitWords = map[string]unit{
	"ago": ago, "c": century, "cent": century, "centuries": century, "century": century,
	"d": day, "day": day, "days": day, "dec": decade, "decade": decade, "decades": decade, "decs": decade,
	"h": hour, "hour": hour, "hours": hour, "hr": hour, "hrs": hour,
	"m": minute, "microsecon": microsecond, "mil": millennium, "millennia": millennium, "millennium": millennium,
	"mils": millennium, "millisecon": millisecond, "min": minute, "mins": minute, "minute": minute, "minutes": minute,
	"mon": month, "mons": month, "month": month, "months": month, "ms": millisecond, "msec": millisecond,
	"mseconds": millisecond, "msecs": millisecond, "msecond": millisecond, "qtr": unsupported, "quarter": unsupported,
	"s": second, "sec": second, "second": second, "seconds": second, "secs": second,
	"timezone": unsupported, "timezone_h": unsupported, "timezone_m": unsupported,
	"us": microsecond, "usec": microsecond, "usecond": microsecond, "useconds": microsecond, "usecs": microsecond,
	"w": week, "week": week, "weeks": week, "y": year, "year": year, "years": year, "yr": year, "yrs": year,
}

// intervalParser gathers the parts of an interval.
type intervalParser struct {
	years, months, days int64 // within int32
	micro               int64
	fields              int // of the type modifier
}

// parse reads the fields from the last to the first, since a unit stands behind
// its number.
func (p *intervalParser) parse(fields []field) error {
	known, current, before := map[unit]bool{}, noUnit, false
	for i := len(fields) - 1; i >= 0; i-- {
		f := fields[i]
		var given []unit
		var err error
		switch f.kind {
		case timed:
			given, err = clockUnits, p.clock(f.text, 1)
			current = day
		case word, special:
			u, err := intervalWord(f.text)
			if err != nil {
				return err
			}
			if u == ago {
				before = true
			}
			current = u
			continue
		case zoned:
			if strings.IndexByte(f.text[1:], ':') >= 0 {
				sign := int64(1)
				if f.text[0] == '-' {
					sign = -1
				}
				if err = p.clock(f.text[1:], sign); err == nil {
					given, current = clockUnits, day
					break
				}
			}
			given, current, err = p.quantity(f.text, current)
		default:
			given, current, err = p.quantity(f.text, current)
		}
		if err != nil {
			return err
		}
		for _, u := range given {
			if known[u] {
				return errFormat
			}
			known[u] = true
		}
	}
	if len(known) == 0 {
		return errFormat
	}
	if before {
		return p.negate()
	}
	return nil
}

var (
	clockUnits  = []unit{hour, minute, second, millisecond, microsecond}
	secondUnits = []unit{second, millisecond, microsecond}
)

func intervalWord(s string) (unit, error) {
	if u, ok := unitWords[cut(s)]; ok {
		return u, nil
	}
	return 0, errFormat
}

// clock reads hh:mm, hh:mm:ss or mm:ss.fraction and adds it.
func (p *intervalParser) clock(s string, sign int64) error {
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return errFormat
	}
	last := parts[len(parts)-1]
	whole, fractionText, hasFraction := last, "", false
	if point := strings.IndexByte(last, '.'); point >= 0 {
		whole, fractionText, hasFraction = last[:point], last[point:], true
	}
	parts[len(parts)-1] = whole
	var n [3]int64
	for i, part := range parts {
		v, err := clockNumber(part)
		if err != nil {
			return err
		}
		n[i] = v
	}
	micro := int64(0)
	if !hasFraction && len(parts) == 2 && p.fields == fieldMinute|fieldSecond {
		n = [3]int64{0, n[0], n[1]}
	}
	if hasFraction {
		var err error
		if micro, err = fraction(fractionText); err != nil {
			return err
		}
		if len(parts) == 2 {
			n = [3]int64{0, n[0], n[1]}
		}
	}
	if n[1] > 59 || n[2] > 60 {
		return errField
	}
	rest := n[1]*Minute + n[2]*Second + micro
	if n[0] > (math.MaxInt64-rest)/Hour {
		return errField
	}
	// What fractions of larger units gave before is lost, as in PostgreSQL.
	p.micro = sign * (n[0]*Hour + rest)
	return nil
}

func clockNumber(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, errField
	case err != nil:
		return 0, errFormat
	}
	return v, nil
}

// quantity reads a number of a unit, or years-months, and adds it. It returns
// which units were given, and the unit of a number before this one.
func (p *intervalParser) quantity(s string, u unit) ([]unit, unit, error) {
	if u == noUnit {
		if u = smallestField[p.fields]; u == noUnit {
			u = second
		}
	}
	n, rest, err := leadingNumber(s)
	if err != nil {
		return nil, u, err
	}
	if strings.HasPrefix(rest, "-") {
		return p.yearsMonths(n, s[0] == '-', rest[1:])
	}
	part := 0.0
	switch {
	case strings.HasPrefix(rest, "."):
		if part, err = fractionFloat(rest); err != nil {
			return nil, u, err
		}
		if s[0] == '-' {
			part = -part
		}
	case rest != "":
		return nil, u, errFormat
	}
	if err := p.add(u, n, part); err != nil {
		return nil, u, err
	}
	switch {
	case u == second && part != 0:
		return secondUnits, u, nil
	case u == hour:
		return []unit{u}, day, nil
	}
	return []unit{u}, u, nil
}

// leadingNumber reads an integer with an optional sign as C's strtoll does.
func leadingNumber(s string) (n int64, rest string, err error) {
	i := 0
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	start := i
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	if i == start {
		return 0, s[i:], nil
	}
	n, failed := strconv.ParseInt(s[:i], 10, 64)
	if failed != nil {
		return 0, "", errField
	}
	return n, s[i:], nil
}

func (p *intervalParser) yearsMonths(years int64, negative bool, rest string) ([]unit, unit, error) {
	months, n, fits := atoi(rest)
	if !fits || months < 0 || months >= 12 {
		return nil, month, errField
	}
	if n < len(rest) {
		return nil, month, errFormat
	}
	if negative {
		months = -months
	}
	if years > math.MaxInt64/12-12 || years < math.MinInt64/12+12 {
		return nil, month, errField
	}
	return []unit{month}, month, p.add(month, years*12+int64(months), 0)
}

// add adds a number of units; what is behind the point goes to smaller units.
func (p *intervalParser) add(u unit, n int64, part float64) error {
	var err error
	switch u {
	case microsecond:
		return p.addScaled(n, part, 1)
	case millisecond:
		return p.addScaled(n, part, 1000)
	case second:
		return p.addScaled(n, part, Second)
	case minute:
		return p.addScaled(n, part, Minute)
	case hour:
		return p.addScaled(n, part, Hour)
	case day:
		err = errors.Join(addTo(&p.days, n, 1), p.addPart(part, Day))
	case week:
		err = errors.Join(addTo(&p.days, n, 7), p.addPartDays(part, 7))
	case month:
		err = errors.Join(addTo(&p.months, n, 1), p.addPartDays(part, 30))
	case year:
		err = p.addYears(n, part, 1)
	case decade:
		err = p.addYears(n, part, 10)
	case century:
		err = p.addYears(n, part, 100)
	case millennium:
		err = p.addYears(n, part, 1000)
	default:
		return errFormat
	}
	if err != nil {
		return errField
	}
	return nil
}

func (p *intervalParser) addYears(n int64, part float64, scale int64) error {
	months := math.RoundToEven(part * float64(scale) * 12)
	return errors.Join(addTo(&p.years, n, scale), addTo(&p.months, int64(months), 1))
}

// addTo adds n times scale to a part that PostgreSQL keeps in 32 bits.
func addTo(part *int64, n, scale int64) error {
	if n != int64(int32(n)) || n*scale != int64(int32(n*scale)) {
		return errField
	}
	sum := *part + n*scale
	if sum != int64(int32(sum)) {
		return errField
	}
	*part = sum
	return nil
}

func (p *intervalParser) addScaled(n int64, part float64, scale int64) error {
	if err := p.addMicro(n, scale); err != nil {
		return err
	}
	return p.addPart(part, scale)
}

func (p *intervalParser) addMicro(n, scale int64) error {
	product := n * scale
	if n != 0 && product/n != scale {
		return errField
	}
	sum := p.micro + product
	if (p.micro < 0) == (product < 0) && (sum < 0) != (p.micro < 0) {
		return errField
	}
	p.micro = sum
	return nil
}

// addPart adds a fraction of a unit in microseconds.
func (p *intervalParser) addPart(part float64, scale int64) error {
	f := part * float64(scale)
	micro := int64(f)
	if rest := f - float64(micro); rest > 0.5 {
		micro++
	} else if rest < -0.5 {
		micro--
	}
	return p.addMicro(micro, 1)
}

// addPartDays adds a fraction of a unit of days: whole days, then time.
func (p *intervalParser) addPartDays(part float64, scale int64) error {
	f := part * float64(scale)
	days := int64(f)
	if err := addTo(&p.days, days, 1); err != nil {
		return err
	}
	return p.addPart(f-float64(days), Day)
}

func (p *intervalParser) negate() error {
	for _, v := range []*int64{&p.years, &p.months, &p.days} {
		if *v == math.MinInt32 {
			return errField
		}
		*v = -*v
	}
	if p.micro == math.MinInt64 {
		return errField
	}
	p.micro = -p.micro
	return nil
}
