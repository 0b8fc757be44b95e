package database

import (
	"fmt"
	"strconv"
	"time"
)

// Arg is the value of a parameter: text, or NULL (the zero Arg).
type Arg struct {
	text string
	set  bool
}

// Null is the NULL argument.
var Null = Arg{}

// Text returns an argument of the given text form.
func Text(s string) Arg { return Arg{text: s, set: true} }

// Get returns the text form, and false for NULL.
func (a Arg) Get() (string, bool) { return a.text, a.set }

// Args makes arguments of Go values: nil, string, []byte (text form), bool,
// integers, floats, time.Time, and anything with a String method. It panics on
// any other type, which is a mistake in the program.
func Args(values ...any) []Arg {
	out := make([]Arg, len(values))
	for i, v := range values {
		out[i] = arg(v)
	}
	return out
}

func arg(v any) Arg {
	switch v := v.(type) {
	case nil:
		return Null
	case Arg:
		return v
	case string:
		return Text(v)
	case []byte:
		return Text(string(v))
	case bool:
		return Text(strconv.FormatBool(v))
	case int:
		return Text(strconv.Itoa(v))
	case int64:
		return Text(strconv.FormatInt(v, 10))
	case float64:
		return Text(strconv.FormatFloat(v, 'g', -1, 64))
	case time.Time:
		return Text(v.UTC().Format("2006-01-02 15:04:05.999999+00"))
	case fmt.Stringer:
		return Text(v.String())
	}
	panic(fmt.Sprintf("database: no text form for a parameter of type %T", v))
}
