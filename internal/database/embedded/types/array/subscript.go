package array

import (
	"math"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// setName is galley_array_set(array, subscript, element).
const setName = "galley_array_set"

// GetSQL writes a[i]; NULL outside of the array.
func GetSQL(array, subscript string, elem *types.Type) string {
	return get + "(" + quoted(kindOf(elem)) + ", " + array + ", " + subscript + ")"
}

// HasSQL writes element = ANY (array), for the element of a type.
func HasSQL(array, element string, elem *types.Type) string {
	return hasName + "(" + quoted(kindOf(elem)) + ", " + array + ", " + StoreSQL(element, elem) + ")"
}

// SliceSQL writes a[i:j]; a bound that is left out is empty.
func SliceSQL(array, lower, upper string) string {
	if lower == "" {
		lower = "1"
	}
	if upper == "" {
		upper = "2147483647"
	}
	return slice + "(" + array + ", " + lower + ", " + upper + ")"
}

// SetSQL writes the array that SET a[i] = element makes of a.
func SetSQL(array, subscript, element string, elem *types.Type) string {
	return setName + "(" + array + ", " + subscript + ", " + StoreSQL(element, elem) + ")"
}

func getElement(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[1].IsNull() || args[2].IsNull() {
		return sqlite.Null, nil
	}
	at := int64(0)
	for s := scan(args[1].Text()); s.next(); {
		if at++; at == args[2].Int() {
			return kind(args[0].Text()).value(s.element), nil
		}
	}
	return sqlite.Null, nil
}

func getSlice(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	for _, a := range args {
		if a.IsNull() {
			return sqlite.Null, nil
		}
	}
	list := List(args[0])
	low, high := max(args[1].Int(), 1), min(args[2].Int(), int64(len(list)))
	if low > high {
		return sqlite.Text("{}"), nil
	}
	return Value(list[low-1 : high])
}

func subscriptNull() error {
	return fault.New("22004", "array subscript in assignment must not be null")
}

func setElement(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	var list []Element
	if !args[0].IsNull() {
		list = List(args[0])
	}
	at := args[1].Int()
	switch {
	case args[1].IsNull():
		return sqlite.Null, subscriptNull()
	case at < 1 || at > 1 && len(list) == 0:
		return sqlite.Null, refused("that does not begin at 1")
	case at > math.MaxInt32-1 || at > maxText/5:
		return sqlite.Null, tooLarge()
	}
	for int64(len(list)) < at {
		list = append(list, Element{Null: true})
	}
	list[at-1] = text(args[2])
	return Value(list)
}

// joins are between arrays and strings.
func joins() []*types.Function {
	textual := func(a types.Arg) string {
		if a.Type.TextSQL != nil {
			return a.Type.TextSQL(a.SQL)
		}
		return a.SQL
	}
	toString := func(oid uint32, args []types.OID, strict bool) *types.Function {
		return &types.Function{OID: oid, Name: "array_to_string", Args: args, Result: types.Text, Strict: strict, Volatility: types.Stable,
			SQL: func(a []types.Arg) string {
				null := "NULL"
				if len(a) > 2 {
					null = a[2].SQL
				}
				return joinName + "(" + textual(a[0]) + ", " + a[1].SQL + ", " + null + ")"
			}}
	}
	toArray := func(oid uint32, args []types.OID) *types.Function {
		return &types.Function{OID: oid, Name: "string_to_array", Args: args, Result: TextArray, Volatility: types.Immutable,
			SQL: func(a []types.Arg) string {
				null := "NULL"
				if len(a) > 2 {
					null = a[2].SQL
				}
				return splitName + "(" + a[0].SQL + ", " + a[1].SQL + ", " + null + ")"
			}}
	}
	return []*types.Function{
		toString(395, entry.Args(types.AnyArray, types.Text), true),
		toString(384, entry.Args(types.AnyArray, types.Text, types.Text), false),
		toArray(394, entry.Args(types.Text, types.Text)),
		toArray(376, entry.Args(types.Text, types.Text, types.Text)),
	}
}

// join is array_to_string; without a text for NULLs these are left out.
func join(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].IsNull() || args[1].IsNull() {
		return sqlite.Null, nil
	}
	var b strings.Builder
	first := true
	for s := scan(args[0].Text()); s.next(); {
		e := s.element
		if e.Null && args[2].IsNull() {
			continue
		}
		if !first {
			b.WriteString(args[1].Text())
		}
		first = false
		if e.Null {
			e.Text = args[2].Text()
		}
		b.WriteString(e.Text)
		if b.Len() > maxText {
			return sqlite.Null, tooLarge()
		}
	}
	return sqlite.Text(b.String()), nil
}

// split is string_to_array. Without a delimiter it takes each character by
// itself; an empty one is found nowhere.
func split(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[0].IsNull() {
		return sqlite.Null, nil
	}
	s := args[0].Text()
	var parts []string
	switch delimiter := args[1].Text(); {
	case s == "":
		return sqlite.Text("{}"), nil
	case args[1].IsNull():
		parts = strings.Split(s, "")
	case delimiter == "":
		parts = []string{s}
	default:
		parts = strings.Split(s, delimiter)
	}
	list := make([]Element, len(parts))
	for i, part := range parts {
		list[i] = Element{Text: part, Null: !args[2].IsNull() && part == args[2].Text()}
	}
	return Value(list)
}
