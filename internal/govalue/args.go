// Package govalue turns Go values into parameters of statements, and columns of
// results into Go values, for programs that embed Galley.
//
//	args, err := govalue.Args(id, []string{"a", "b"}, time.Now())
//	err = govalue.Scan(rows, &id, &tags, &at)
package govalue

import (
	"encoding"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Args are values as parameters: nil and nil pointers are NULL; strings, booleans
// and numbers their text; []byte is bytea; json.RawMessage and, by their JSON,
// structs and maps are json; time.Time is timestamptz, time.Duration interval; what
// has a text form of its own (encoding.TextMarshaler) is that; other slices are
// arrays of these. Any other type is an error of code 22023.
func Args(values ...any) ([]database.Arg, error) {
	out := make([]database.Arg, len(values))
	for i, v := range values {
		text, ok, err := textOf(v)
		if err != nil {
			return nil, fault.New(fault.InvalidParameter, "the parameter $%d cannot be sent: %s", i+1, err)
		}
		if ok {
			out[i] = database.Text(text)
		}
	}
	return out, nil
}

// textOf is the text form of a value; ok is false for NULL.
func textOf(v any) (text string, ok bool, err error) {
	switch v := v.(type) {
	case nil:
		return "", false, nil
	case string:
		return v, true, nil
	case []byte:
		return `\x` + hex.EncodeToString(v), v != nil, nil
	case json.RawMessage:
		return string(v), v != nil, nil
	case time.Time:
		return stamp(v)
	case time.Duration:
		return strconv.FormatInt(v.Microseconds(), 10) + " microseconds", true, nil
	}
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Pointer {
		if r.IsNil() {
			return "", false, nil
		}
		if _, is := v.(encoding.TextMarshaler); !is {
			return textOf(r.Elem().Interface())
		}
	}
	if m, is := v.(encoding.TextMarshaler); is {
		b, err := m.MarshalText()
		return string(b), true, err
	}
	return textOfKind(r)
}

func textOfKind(r reflect.Value) (text string, ok bool, err error) {
	switch r.Kind() {
	case reflect.String:
		return r.String(), true, nil
	case reflect.Bool:
		return strconv.FormatBool(r.Bool()), true, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(r.Int(), 10), true, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(r.Uint(), 10), true, nil
	case reflect.Float32, reflect.Float64:
		return number(r.Float(), r.Type().Bits()), true, nil
	case reflect.Slice:
		if r.IsNil() {
			return "", false, nil
		}
		return arrayText(r)
	case reflect.Array:
		return arrayText(r)
	case reflect.Map:
		if r.IsNil() {
			return "", false, nil
		}
		b, err := json.Marshal(r.Interface())
		return string(b), true, err
	case reflect.Struct:
		b, err := json.Marshal(r.Interface())
		return string(b), true, err
	}
	return "", false, fmt.Errorf("a %s has no form in SQL", r.Type())
}

// stamp is a moment. PostgreSQL's text of years beyond four digits is another than
// Go's.
func stamp(t time.Time) (string, bool, error) {
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return "", false, fmt.Errorf("the year %d is not from 1 to 9999", y)
	}
	return t.Format("2006-01-02 15:04:05.999999") + "+00", true, nil
}

func number(f float64, bits int) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// arrayText is the text form of an array (PostgreSQL documentation, 8.15.6). Every
// element is quoted, which no element's type minds.
func arrayText(r reflect.Value) (text string, ok bool, err error) {
	var b strings.Builder
	b.WriteByte('{')
	for i := range r.Len() {
		if i > 0 {
			b.WriteByte(',')
		}
		e := r.Index(i)
		if kind := e.Kind(); (kind == reflect.Slice || kind == reflect.Array) && nested(e) {
			inner, ok, err := textOf(e.Interface())
			if err != nil || !ok {
				return "", false, cmpError(err, "a nil slice within a slice has no form in SQL")
			}
			b.WriteString(inner)
			continue
		}
		text, ok, err := textOf(e.Interface())
		switch {
		case err != nil:
			return "", false, err
		case !ok:
			b.WriteString("NULL")
		default:
			b.WriteString(`"` + quoting.Replace(text) + `"`)
		}
	}
	b.WriteByte('}')
	return b.String(), true, nil
}

// nested tells whether an element is an array itself, and no bytea, JSON or text.
func nested(e reflect.Value) bool {
	switch e.Interface().(type) {
	case []byte, json.RawMessage, encoding.TextMarshaler:
		return false
	}
	return true
}

func cmpError(err error, otherwise string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%s", otherwise)
}

var quoting = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
