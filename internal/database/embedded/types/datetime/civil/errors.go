package civil

import (
	"errors"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// What can be wrong with a text; report gives it PostgreSQL's words.
var (
	errFormat       = errors.New("format")
	errField        = errors.New("field value out of range")
	errMonthDay     = errors.New("month or day out of range")
	errInterval     = errors.New("interval field out of range")
	errDisplacement = errors.New("zone displacement out of range")
)

// report returns the error for a text that is no value of a type.
func report(err error, text, typeName string) error {
	switch err {
	case errField:
		return fault.New(fault.DatetimeOverflow, `date/time field value out of range: "%s"`, text)
	case errMonthDay:
		return fault.New(fault.DatetimeOverflow, `date/time field value out of range: "%s"`, text).
			WithHint(`Perhaps you need a different "datestyle" setting.`)
	case errInterval:
		return fault.New("22015", `interval field value out of range: "%s"`, text)
	case errDisplacement:
		return fault.New("22009", `time zone displacement out of range: "%s"`, text)
	case errFormat:
		return fault.New(fault.InvalidDatetime, `invalid input syntax for type %s: "%s"`, typeName, text)
	}
	return err
}

// UnknownZone is the error for the name of no time zone.
func UnknownZone(name string) error {
	if strings.ContainsAny(name, "0123456789") || strings.EqualFold(name, "localtime") || strings.EqualFold(name, "posixrules") {
		// It may be a POSIX specification with daylight saving time, or is what the
		// machine of the server is set to.
		return fault.Unsupported(`the time zone "%s" is not supported by the embedded engine`, name)
	}
	return fault.New(fault.InvalidParameter, `time zone "%s" not recognized`, name)
}

// OutOfRange is the error for a result that the type cannot hold.
func OutOfRange(typeName string) error {
	return fault.New(fault.DatetimeOverflow, "%s out of range", typeName)
}
