package govalue

import (
	"encoding"
	"reflect"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// All reads all rows into values of one type and closes them. A struct takes columns
// by the tag db, else json, else by its fields' names, whose case and the
// underscores of the column do not matter; a column without a field is an error of
// code 42703, a field without a column stays zero. A map[string]any takes all
// columns; any other type takes the one that there is.
func All[T any](rows database.Rows) ([]T, error) {
	defer rows.Close()
	list := []T{}
	var fields [][]int
	shape := shapeOf(reflect.TypeFor[T]())
	for rows.Next() {
		if fields == nil && shape == byField {
			var err error
			if fields, err = fieldsOf(reflect.TypeFor[T](), rows.Columns()); err != nil {
				return nil, err
			}
		}
		var one T
		if err := row(rows, reflect.ValueOf(&one).Elem(), shape, fields); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, rows.Err()
}

// How a type takes a row.
const (
	single = iota // the only column
	byField
	byName // a map
)

func shapeOf(t reflect.Type) int {
	switch {
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.Interface:
		return byName
	case t.Kind() == reflect.Struct && t != timeType && !reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return byField
	}
	return single
}

func row(rows database.Rows, target reflect.Value, shape int, fields [][]int) error {
	columns := rows.Columns()
	switch shape {
	case byName:
		target.Set(reflect.MakeMapWithSize(target.Type(), len(columns)))
		for i, c := range columns {
			v := reflect.New(target.Type().Elem()).Elem()
			if err := column(v, c, rows.Value(i)); err != nil {
				return err
			}
			target.SetMapIndex(reflect.ValueOf(c.Name).Convert(target.Type().Key()), v)
		}
		return nil
	case byField:
		for i, c := range columns {
			if err := column(target.FieldByIndex(fields[i]), c, rows.Value(i)); err != nil {
				return err
			}
		}
		return nil
	}
	return Scan(rows, target.Addr().Interface())
}

// fieldsOf finds the field of each column.
func fieldsOf(t reflect.Type, columns []database.Column) ([][]int, error) {
	named, plain := map[string][]int{}, map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		if !f.IsExported() || f.Anonymous || throughPointer(t, f.Index) {
			continue
		}
		tag := f.Tag.Get("db")
		if tag == "" {
			tag, _, _ = strings.Cut(f.Tag.Get("json"), ",")
		}
		switch tag {
		case "-":
		case "":
			plain[strings.ToLower(f.Name)] = f.Index
		default:
			named[tag] = f.Index
		}
	}
	out := make([][]int, len(columns))
	for i, c := range columns {
		index, ok := named[c.Name]
		if !ok {
			index, ok = plain[strings.ToLower(strings.ReplaceAll(c.Name, "_", ""))]
		}
		if !ok {
			return nil, fault.New(fault.UndefinedColumn, "%s has no field for the column %q", t, c.Name).
				WithHint(`Add a field with the tag db:%q, or select other columns.`, c.Name)
		}
		out[i] = index
	}
	return out, nil
}

// throughPointer tells whether a promoted field stands behind a pointer, which may
// be nil.
func throughPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t.Kind() == reflect.Pointer {
			return true
		}
		t = t.Field(i).Type
	}
	return t.Kind() == reflect.Pointer
}
