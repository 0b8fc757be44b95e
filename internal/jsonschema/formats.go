package jsonschema

import (
	"errors"

	lib "github.com/santhosh-tekuri/jsonschema/v6"
)

// formatNames are the formats that both engines know, with the same shapes.
var formatNames = []string{"uuid", "email", "date", "date-time"}

// The shapes, as PostgreSQL's regular expressions: sql/documents.sql of the
// postgres engine has the same.
const (
	uuidShape  = `^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`
	emailShape = `^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+$`
	dayShape   = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])`
	timeShape  = `[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`
)

var errFormat = errors.New("does not have the format")

// formats are those formats for the library, which has others of the same names.
func formats(match func(string) func(string) bool) []*lib.Format {
	define := func(name, shape string, day bool) *lib.Format {
		has := match(shape)
		return &lib.Format{Name: name, Validate: func(v any) error {
			if s, ok := v.(string); ok && (!has(s) || day && !isDay(s)) {
				return errFormat
			}
			return nil
		}}
	}
	return []*lib.Format{define("uuid", uuidShape, false), define("email", emailShape, false),
		define("date", dayShape+"$", true), define("date-time", dayShape+timeShape, true)}
}

// isDay tells whether the month of a text that begins with a date has its day.
func isDay(s string) bool {
	number := func(s string) (n int) {
		for i := range len(s) {
			n = n*10 + int(s[i]-'0')
		}
		return n
	}
	year, month, day := number(s[:4]), number(s[5:7]), number(s[8:10])
	leap := year%4 == 0 && (year%100 != 0 || year%400 == 0)
	switch {
	case month == 2 && leap:
		return day <= 29
	case month == 2:
		return day <= 28
	case month == 4, month == 6, month == 9, month == 11:
		return day <= 30
	}
	return true
}
