package govalue

import (
	"reflect"
	"testing"
)

// TestArrayText reads texts that one of the engines does not write, and wrong ones.
func TestArrayText(t *testing.T) {
	for text, want := range map[string]any{
		"{}":                     []any{},
		"{{1,2},{NULL,4}}":       []any{[]any{int64(1), int64(2)}, []any{nil, int64(4)}},
		"[0:1]={1,2}":            []any{int64(1), int64(2)},
		"":                       nil,
		"{":                      nil,
		"{1":                     nil,
		"{1,":                    nil,
		"{1}}":                   nil,
		`{"1`:                    nil,
		`{"1"2}`:                 nil,
		"1":                      nil,
		"{1,x}":                  nil,
		"{{1},{2}":               nil,
		"[0:1]=":                 nil,
		"{99999999999999999999}": nil,
	} {
		var got []any
		err := storeArray(reflect.ValueOf(&got).Elem(), "int8", text)
		if (err == nil) != (want != nil) || err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, %v", text, got, err)
		}
	}
	var flat []int
	if err := storeArray(reflect.ValueOf(&flat).Elem(), "int8", "{{1}}"); err == nil {
		t.Errorf("two dimensions in one: %v", flat)
	}
}
