package report

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"
)

// format is how a column shows its values in XLSX and PDF, a part of what Excel
// knows: of numbers 0, 0.00, #,##0 and #,##0.00 with up to ten decimals; of times
// yyyy, mm, dd, hh, ss and what stands between them, mm after hh being minutes.
type format struct {
	pattern   string // as it was given; "" is none
	isNumber  bool
	thousands bool
	decimals  int
	layout    string // of times, as package time has them
}

var (
	numberFormat = regexp.MustCompile(`^(#,##)?0(?:\.(0{1,10}))?$`)
	timeFormat   = regexp.MustCompile(`^(?:yyyy|mm|dd|hh|ss|[-./: ])+$`)
	timeParts    = regexp.MustCompile(`yyyy|mm|dd|hh|ss|[-./: ]`)
)

func parseFormat(pattern string) (format, error) {
	f := format{pattern: pattern}
	if pattern == "" {
		return f, nil
	}
	if m := numberFormat.FindStringSubmatch(pattern); m != nil {
		f.isNumber, f.thousands, f.decimals = true, m[1] != "", len(m[2])
		return f, nil
	}
	if !timeFormat.MatchString(pattern) {
		return f, fmt.Errorf("%q is no format: 0, 0.00, #,##0.00 or yyyy-mm-dd hh:mm:ss and their kind are", pattern)
	}
	month := "01"
	for _, part := range timeParts.FindAllString(pattern, -1) {
		switch part {
		case "yyyy":
			part = "2006"
		case "mm":
			part = month
		case "dd":
			part = "02"
		case "hh":
			part, month = "15", "04" // what follows are minutes
		case "ss":
			part = "05"
		}
		f.layout += part
	}
	return f, nil
}

// fits tells whether values of a kind can be shown so.
func (f format) fits(k kind) bool {
	switch k {
	case number, floating:
		return f.pattern == "" || f.isNumber
	case date, moment, clock:
		return !f.isNumber
	}
	return f.pattern == ""
}

// show is a value as PDF shows it.
func (c column) show(value string) string {
	switch {
	case c.kind == boolean:
		return map[string]string{"t": "true", "f": "false"}[value]
	case c.format.isNumber:
		return c.format.number(value)
	case c.format.layout != "":
		if t, ok := c.time(value); ok {
			return t.Format(c.format.layout)
		}
	}
	return value
}

// number rounds as PostgreSQL's round() does: a half goes away from zero.
func (f format) number(value string) string {
	r, ok := new(big.Rat).SetString(value)
	if !ok {
		return value // NaN and infinity
	}
	text := r.FloatString(f.decimals)
	if !f.thousands {
		return text
	}
	sign, digits := "", text
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, digits = "-", rest
	}
	whole, fraction, has := strings.Cut(digits, ".")
	if has {
		fraction = "." + fraction
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + fraction
}

// time reads a date, a timestamp or a time of day, as it stands in the report's
// time zone. It is false for what has no four-digit year.
func (c column) time(value string) (time.Time, bool) {
	layout := map[kind]string{date: time.DateOnly, moment: time.DateTime, clock: time.TimeOnly}[c.kind]
	if layout == "" {
		return time.Time{}, false
	}
	if i := len(layout); c.kind == moment && len(value) > i { // the offset of timestamptz goes
		end := i
		for end < len(value) && strings.IndexByte(".0123456789", value[end]) >= 0 {
			end++
		}
		if strings.HasSuffix(value, "BC") {
			return time.Time{}, false
		}
		value = value[:end]
	}
	t, err := time.Parse(layout, value)
	return t, err == nil
}
