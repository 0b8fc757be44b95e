package civil

import (
	"math"

	"github.com/galleyhq/galley/internal/fault"
)

const (
	nameTimestamp   = "timestamp without time zone"
	nameTimestamptz = "timestamp with time zone"
)

// ParseTimestamptz reads a timestamptz; precision is the type modifier, -1 for
// none.
func ParseTimestamptz(text string, precision int32, clock Clock) (Timestamp, error) {
	return parseTimestamp(text, precision, clock, true)
}

// ParseTimestamp reads a timestamp; a time zone in the text means nothing.
func ParseTimestamp(text string, precision int32, clock Clock) (Timestamp, error) {
	return parseTimestamp(text, precision, clock, false)
}

func parseTimestamp(text string, precision int32, clock Clock, withZone bool) (Timestamp, error) {
	typeName := nameTimestamp
	if withZone {
		typeName = nameTimestamptz
	}
	d := decoder{clock: clock, withZone: true}
	fields, err := scan(text)
	if err == nil {
		err = d.decode(fields)
	}
	if err != nil {
		return 0, report(err, text, typeName)
	}
	switch d.outcome {
	case isEpoch:
		return Timestamp(-unixEpoch * Second), nil
	case isInfinity:
		return TimestampInfinity, nil
	case isNegInfinity:
		return TimestampNegInfinity, nil
	}
	t, ok := d.Timestamp()
	if ok && withZone {
		t -= Timestamp(int64(d.offset) * Second)
		ok = t.valid()
	}
	if !ok {
		return 0, fault.New(fault.DatetimeOverflow, `timestamp out of range: "%s"`, text)
	}
	return t.Round(precision)
}

// Round rounds to a number of decimal places of a second, halves away from
// zero as PostgreSQL does; -1 leaves t alone.
func (t Timestamp) Round(precision int32) (Timestamp, error) {
	if !t.Finite() {
		return t, nil
	}
	return Timestamp(roundMicro(int64(t), precision)), nil
}

// roundMicro rounds microseconds to decimal places of a second.
func roundMicro(micro int64, precision int32) int64 {
	if precision < 0 || precision >= 6 {
		return micro
	}
	scale := int64(math.Pow10(6 - int(precision)))
	if micro >= 0 {
		return (micro + scale/2) / scale * scale
	}
	return -((-micro + scale/2) / scale * scale)
}
