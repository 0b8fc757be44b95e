package value

import (
	"fmt"
	"testing"
	"time"
)

// result is what reading a value gave, "error" for an error.
func result[T any](read func(any) (T, error), v any) string {
	x, err := read(v)
	if err != nil {
		return "error"
	}
	return fmt.Sprint(x)
}

func TestValues(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"text", result(Text, "a"), "a"},
		{"a number as text", result(Text, int64(1)), "error"},
		{"choice", result(Choice("a", "b"), "b"), "b"},
		{"no choice", result(Choice("a", "b"), "c"), "error"},
		{"true", result(Boolean, true), "true"},
		{"true of the environment", result(Boolean, "1"), "true"},
		{"false of the environment", result(Boolean, "false"), "false"},
		{"a list as boolean", result(Boolean, []any{true}), "error"},
		{"integer", result(Integer(0, 9), int64(9)), "9"},
		{"integer of the environment", result(Integer(0, 9), "7"), "7"},
		{"above the bound", result(Integer(0, 9), int64(10)), "error"},
		{"a fraction", result(Integer(0, 9), 1.5), "error"},
		{"bytes", result(Size, int64(5)), "5"},
		{"size", result(Size, "2 MiB"), fmt.Sprint(2 << 20)},
		{"the largest size", result(Size, "1024GiB"), fmt.Sprint(int64(1) << 40)},
		{"above the largest size", result(Size, "1025GiB"), "error"},
		{"no size", result(Size, "MiB"), "error"},
		{"ratio", result(Ratio, 0.25), "0.25"},
		{"ratio of the environment", result(Ratio, "1"), "1"},
		{"no number", result(Ratio, "NaN"), "error"},
		{"a boolean as ratio", result(Ratio, true), "error"},
		{"duration", result(Duration, "90s"), (90 * time.Second).String()},
		{"a duration without unit", result(Duration, int64(90)), "error"},
		{"a duration below zero", result(Duration, "-1s"), "error"},
		{"list", result(List, []any{"a", "b"}), "[a b]"},
		{"list of the environment", result(List, " a ,, b"), "[a b]"},
		{"list of the environment as in the file", result(List, `["a", "b, c"]`), "[a b, c]"},
		{"empty list of the environment as in the file", result(List, "[]"), "[]"},
		{"brackets that are no list", result(List, "[::1],null"), "[[::1] null]"},
		{"null of the environment", result(List, "null"), "[null]"},
		{"a number in a list", result(List, []any{"a", int64(1)}), "error"},
		{"no list", result(List, int64(1)), "error"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}
