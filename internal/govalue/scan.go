package govalue

import (
	"encoding"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Scan stores the columns of the present row where targets point to. A target is a
// pointer to a string (the text form), boolean, number, time.Time, []byte, a type
// with a text form of its own (encoding.TextUnmarshaler), a slice of these for an
// array, any for whatever comes, or, for json and jsonb, whatever JSON can be stored
// in. NULL needs a pointer to what can be nil: a pointer, slice, map or any. Errors have
// code 22023 and name the column.
func Scan(rows database.Rows, targets ...any) error {
	columns := rows.Columns()
	if len(columns) != len(targets) {
		return fault.New(fault.InvalidParameter, "%d targets for %d columns", len(targets), len(columns))
	}
	for i, c := range columns {
		v := reflect.ValueOf(targets[i])
		if v.Kind() != reflect.Pointer || v.IsNil() {
			return fault.New(fault.InvalidParameter, "the target of column %q is a %T, and no pointer", c.Name, targets[i])
		}
		if err := column(v.Elem(), c, rows.Value(i)); err != nil {
			return err
		}
	}
	return nil
}

func column(target reflect.Value, c database.Column, value []byte) error {
	if err := store(target, c.Type, value); err != nil {
		return fault.New(fault.InvalidParameter, "the column %q of type %s cannot be stored in a %s: %s", c.Name, c.Type, target.Type(), err)
	}
	return nil
}

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	timeType        = reflect.TypeFor[time.Time]()
	rawType         = reflect.TypeFor[json.RawMessage]()
)

func store(target reflect.Value, kind string, value []byte) error {
	t := target.Type()
	switch {
	case t == rawType:
		return storeRaw(target, kind, value)
	case t.Kind() == reflect.Interface && t.NumMethod() == 0:
		natural, err := natural(kind, value)
		if err == nil {
			target.Set(reflect.Zero(t))
			if natural != nil {
				target.Set(reflect.ValueOf(natural))
			}
		}
		return err
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return storeBytes(target, kind, value)
	case value == nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map):
		target.SetZero()
		return nil
	case t.Kind() == reflect.Pointer:
		fresh := reflect.New(t.Elem())
		if err := store(fresh.Elem(), kind, value); err != nil {
			return err
		}
		target.Set(fresh)
		return nil
	case value == nil:
		return fmt.Errorf("it is NULL, which a pointer can be")
	case t == timeType:
		at, err := moment(kind, string(value))
		target.Set(reflect.ValueOf(at))
		return err
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		return target.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(value)
	case kind == "json" || kind == "jsonb":
		if t.Kind() != reflect.String {
			return json.Unmarshal(value, target.Addr().Interface())
		}
	case strings.HasPrefix(kind, "_") && t.Kind() == reflect.Slice:
		return storeArray(target, kind[1:], string(value))
	}
	return storeKind(target, kind, string(value))
}

func storeRaw(target reflect.Value, kind string, value []byte) error {
	if value == nil {
		target.SetZero()
		return nil
	}
	if kind != "json" && kind != "jsonb" {
		return fmt.Errorf("it is not JSON")
	}
	target.SetBytes(append([]byte(nil), value...))
	return nil
}

func storeBytes(target reflect.Value, kind string, value []byte) error {
	if value == nil {
		target.SetZero()
		return nil
	}
	b, err := decoded(kind, value)
	if err == nil {
		target.SetBytes(b)
	}
	return err
}

// decoded is the bytes of a bytea, and of anything else its text.
func decoded(kind string, value []byte) ([]byte, error) {
	if kind != "bytea" {
		return append([]byte{}, value...), nil
	}
	digits, ok := strings.CutPrefix(string(value), `\x`)
	if !ok {
		return nil, fmt.Errorf("bytea_output is not hex")
	}
	return hex.DecodeString(digits)
}

func storeKind(target reflect.Value, kind, value string) error {
	switch target.Kind() {
	case reflect.String:
		target.SetString(value)
	case reflect.Bool:
		if kind != "bool" {
			return fmt.Errorf("it is no boolean")
		}
		target.SetBool(value == "t" || value == "true")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(value, 10, target.Type().Bits())
		target.SetInt(n)
		return reason(err)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(value, 10, target.Type().Bits())
		target.SetUint(n)
		return reason(err)
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(value, target.Type().Bits())
		target.SetFloat(f)
		return reason(err)
	default:
		return fmt.Errorf("there is no such conversion")
	}
	return nil
}

// reason drops from an error of strconv all but why.
func reason(err error) error {
	if e, ok := err.(*strconv.NumError); ok {
		return fmt.Errorf("%q: %w", e.Num, e.Err)
	}
	return err
}

// moment reads a date or a time as the engines write it.
func moment(kind, text string) (time.Time, error) {
	layout := "2006-01-02 15:04:05.999999999-07"
	switch kind {
	case "timestamptz":
	case "timestamp":
		layout = "2006-01-02 15:04:05.999999999"
	case "date":
		layout = time.DateOnly
	default:
		return time.Time{}, fmt.Errorf("it is no date or time")
	}
	at, err := time.Parse(layout, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is beyond what time.Time is read from", text)
	}
	return at.UTC(), nil
}

// natural is a value as any: nil, bool, int64, float64, json.Number for numeric,
// []byte, time.Time, []any, what encoding/json makes of JSON, or the text.
func natural(kind string, value []byte) (any, error) {
	if value == nil {
		return nil, nil
	}
	text := string(value)
	switch kind {
	case "bool":
		return text == "t" || text == "true", nil
	case "int2", "int4", "int8", "oid":
		n, err := strconv.ParseInt(text, 10, 64)
		return n, reason(err)
	case "float4", "float8":
		f, err := strconv.ParseFloat(text, 64)
		return f, reason(err)
	case "numeric":
		return json.Number(text), nil
	case "bytea":
		return decoded(kind, value)
	case "json", "jsonb":
		var v any
		err := json.Unmarshal(value, &v)
		return v, err
	case "timestamptz", "timestamp", "date":
		if at, err := moment(kind, text); err == nil {
			return at, nil
		}
		return text, nil // infinity, and years that Go has no layout for
	}
	if element, ok := strings.CutPrefix(kind, "_"); ok {
		var list []any
		err := storeArray(reflect.ValueOf(&list).Elem(), element, text)
		return list, err
	}
	return text, nil
}
