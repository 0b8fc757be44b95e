package syntax

import (
	"reflect"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// same compares two trees apart from the places their nodes were read from.
func same(a, b ast.Node) bool { return equal(reflect.ValueOf(a), reflect.ValueOf(b)) }

var baseNode = reflect.TypeFor[ast.BaseNode]()

func equal(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() {
		return false
	}
	if !a.IsValid() {
		return true
	}
	if a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Interface, reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return equal(a.Elem(), b.Elem())
	case reflect.Slice:
		return equalSlices(a, b)
	case reflect.Struct:
		return equalStructs(a, b)
	case reflect.Map, reflect.Func, reflect.Chan:
		return a.IsNil() && b.IsNil()
	}
	return a.Equal(b)
}

func equalSlices(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !equal(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

func equalStructs(a, b reflect.Value) bool {
	for i := range a.NumField() {
		f := a.Type().Field(i)
		if f.Name == "Loc" && a.Type() == baseNode || f.Name == "Location" && f.Type.Kind() == reflect.Int ||
			f.Name == "Funcformat" {
			continue // places, and how a call was written
		}
		if !equal(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}
