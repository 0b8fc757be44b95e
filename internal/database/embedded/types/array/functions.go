package array

import (
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/entry"
	"github.com/galleyhq/galley/internal/fault"
)

// Functions over elements are called in Go by helpers, which get the kind of the
// elements in front.
const (
	appendName    = "galley_array_append"
	prependName   = "galley_array_prepend"
	removeName    = "galley_array_remove"
	replaceName   = "galley_array_replace"
	positionName  = "galley_array_position"
	positionsName = "galley_array_positions"
	containsName  = "galley_array_contains"
	overlapsName  = "galley_array_overlaps"
	fillName      = "galley_array_fill"
	splitName     = "galley_array_split"
	joinName      = "galley_array_join"
	hasName       = "galley_array_has"
	unequalName   = "galley_array_unordered"
)

// shapes tell about the number of elements.
func (table) shapes() []*types.Function {
	one, two := entry.Args(types.AnyArray), entry.Args(types.AnyArray, types.Int4)
	count := func(f func(n int) sqlite.Value) entry.Call {
		return func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
			n := Len(args[0])
			if len(args) > 1 && args[1].Int() != 1 {
				n = 0
			}
			return f(n), nil
		}
	}
	some := func(f func(n int) sqlite.Value) entry.Call {
		return count(func(n int) sqlite.Value {
			if n == 0 {
				return sqlite.Null
			}
			return f(n)
		})
	}
	number := func(n int) sqlite.Value { return sqlite.Int(int64(n)) }
	first := func(int) sqlite.Value { return sqlite.Int(1) }
	return []*types.Function{
		entry.Go(3179, "cardinality", types.Int4, one, count(number)),
		entry.Go(748, "array_ndims", types.Int4, one, some(first)),
		entry.Go(747, "array_dims", types.Text, one, some(func(n int) sqlite.Value { return sqlite.Text("[1:" + text(number(n)).Text + "]") })),
		entry.Go(2176, "array_length", types.Int4, two, some(number)),
		entry.Go(2091, "array_lower", types.Int4, two, some(first)),
		entry.Go(2092, "array_upper", types.Int4, two, some(number)),
	}
}

// Len is the number of elements of a stored array.
func Len(v sqlite.Value) int {
	n := 0
	for s := scan(v.Text()); s.next(); {
		n++
	}
	return n
}

// helper is a function of PostgreSQL whose arguments a helper gets: the kind of
// the elements, then each as it is stored, elements as an array holds them.
func helper(oid uint32, name, inGo string, result types.OID, args []types.OID, compares bool) *types.Function {
	return &types.Function{OID: oid, Name: name, Args: args, Result: result, Volatility: types.Immutable,
		SQL: func(list []types.Arg) string {
			elem := elementOf(args, list)
			if compares && elem.Unordered {
				return unequalName + "('" + elem.SQLName + "')"
			}
			sql := inGo + "(" + quoted(kindOf(elem))
			for i, a := range list {
				if args[i] == types.AnyCompatible || args[i] == types.AnyElement {
					a.SQL = StoreSQL(a.SQL, elem)
				}
				sql += ", " + a.SQL
			}
			return sql + ")"
		}}
}

// elementOf is the type of the elements that a call is over.
func elementOf(declared []types.OID, list []types.Arg) *types.Type {
	for i, a := range list {
		switch declared[i] {
		case types.AnyArray, types.AnyCompatibleArray:
			return a.Type.Elem
		case types.AnyElement:
			return a.Type
		}
	}
	return list[0].Type
}

// changes give a new array.
func (table) changes() []*types.Function {
	arr, elem := types.AnyCompatibleArray, types.AnyCompatible
	cat := entry.Go(383, "array_cat", arr, entry.Args(arr, arr), concatenate)
	cat.Strict = false
	trim := entry.Raises(6172, "trim_array", types.AnyArray, entry.Args(types.AnyArray, types.Int4), trim)
	fill := helper(1193, "array_fill", fillName, types.AnyArray, entry.Args(types.AnyElement, IntArray), false)
	fillFrom := helper(1286, "array_fill", fillName, types.AnyArray, entry.Args(types.AnyElement, IntArray, IntArray), false)
	fill.MayRaise, fillFrom.MayRaise = true, true
	return []*types.Function{cat, trim, fill, fillFrom,
		helper(378, "array_append", appendName, arr, entry.Args(arr, elem), false),
		helper(379, "array_prepend", prependName, arr, entry.Args(elem, arr), false),
		helper(3167, "array_remove", removeName, arr, entry.Args(arr, elem), true),
		helper(3168, "array_replace", replaceName, arr, entry.Args(arr, elem, elem), true),
	}
}

// searches look for elements.
func (table) searches() []*types.Function {
	arr, elem := types.AnyCompatibleArray, types.AnyCompatible
	from := helper(3278, "array_position", positionName, types.Int4, entry.Args(arr, elem, types.Int4), true)
	from.MayRaise = true
	both := entry.Args(types.AnyArray, types.AnyArray)
	contains := helper(2748, "arraycontains", containsName, types.Bool, both, true)
	overlaps := helper(2747, "arrayoverlap", overlapsName, types.Bool, both, true)
	contained := helper(2749, "arraycontained", containsName, types.Bool, both, true)
	inner := contained.SQL
	contained.SQL = func(a []types.Arg) string { return inner([]types.Arg{a[1], a[0]}) }
	contains.Strict, overlaps.Strict, contained.Strict = true, true, true
	return []*types.Function{contains, contained, overlaps, from,
		helper(3277, "array_position", positionName, types.Int4, entry.Args(arr, elem), true),
		helper(3279, "array_positions", positionsName, IntArray, entry.Args(arr, elem), true),
	}
}

func concatenate(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	switch {
	case args[0].IsNull():
		return args[1], nil
	case args[1].IsNull() || len(args[1].Text()) == 2:
		return args[0], nil
	case len(args[0].Text()) == 2:
		return args[1], nil
	}
	a, b := args[0].Text(), args[1].Text()
	return sized(a[:len(a)-1] + "," + b[1:])
}

// sized is an array as it is written, unless it is too large.
func sized(s string) (sqlite.Value, error) {
	if len(s) > maxText {
		return sqlite.Null, tooLarge()
	}
	return sqlite.Text(s), nil
}

func tooLarge() error {
	return fault.New("54000", "array size exceeds the maximum allowed (%d)", maxElements)
}

func trim(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	list, n := List(args[0]), args[1].Int()
	if n < 0 || n > int64(len(list)) {
		return sqlite.Null, fault.New("2202E", "number of elements to trim must be between 0 and %d", len(list))
	}
	return Value(list[:len(list)-int(n)])
}

// helpers are the functions in Go behind the SQL of the family.
func (t table) helpers() []sqlite.Function {
	var out []sqlite.Function
	add := func(name string, nargs int, call entry.Call) {
		out = append(out, sqlite.Function{Name: name, NArgs: nargs, Deterministic: true, Call: call})
	}
	add(Build, -1, build)
	add(get, 3, getElement)
	add(slice, 3, getSlice)
	add(setName, 3, setElement)
	add(joinName, 3, join)
	add(splitName, 3, split)
	add(appendName, 3, func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) { return grown(args[1], args[2], false) })
	add(prependName, 3, func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) { return grown(args[2], args[1], true) })
	add(removeName, 3, t.remove)
	add(replaceName, 4, t.replace)
	add(positionName, -1, t.position)
	add(positionsName, 3, t.positions)
	add(containsName, 3, t.containsAll)
	add(overlapsName, 3, t.overlaps)
	add(fillName, -1, fill)
	add(hasName, 3, t.anyEqual)
	add(unequalName, 1, func(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
		return sqlite.Null, fault.New(fault.UndefinedFunction, "could not identify an equality operator for type %s", args[0].Text())
	})
	return out
}

func build(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	list := make([]Element, len(args))
	for i, a := range args {
		list[i] = text(a)
	}
	return Value(list)
}

func grown(array, element sqlite.Value, front bool) (sqlite.Value, error) {
	e := string(appendElement(nil, text(element)))
	switch s := array.Text(); {
	case len(s) <= 2:
		return sized("{" + e + "}")
	case front:
		return sized("{" + e + "," + s[1:])
	default:
		return sized(s[:len(s)-1] + "," + e + "}")
	}
}

// same tells whether two elements are equal, NULL to NULL.
func same(a, b Element, by order) bool { return compareElements(a, b, by) == 0 }

func (t table) remove(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[1].IsNull() {
		return sqlite.Null, nil
	}
	by, e := t.equal(args[0]), text(args[2])
	return Value(slices.DeleteFunc(List(args[1]), func(x Element) bool { return same(x, e, by) }))
}

func (t table) replace(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[1].IsNull() {
		return sqlite.Null, nil
	}
	by, from, to := t.equal(args[0]), text(args[2]), text(args[3])
	list := List(args[1])
	for i := range list {
		if same(list[i], from, by) {
			list[i] = to
		}
	}
	return Value(list)
}

func (t table) position(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[1].IsNull() || len(args[1].Text()) == 2 || args[2].IsNull() && !hasNull(args[1].Text()) {
		return sqlite.Null, nil
	}
	start := int64(1)
	if len(args) > 3 {
		if args[3].IsNull() {
			return sqlite.Null, fault.New("22004", "initial position must not be null")
		}
		start = args[3].Int()
	}
	by, e, at := t.equal(args[0]), text(args[2]), int64(0)
	for s := scan(args[1].Text()); s.next(); {
		if at++; at >= start && same(s.element, e, by) {
			return sqlite.Int(at), nil
		}
	}
	return sqlite.Null, nil
}

func (t table) positions(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	if args[1].IsNull() {
		return sqlite.Null, nil
	}
	by, e, at := t.equal(args[0]), text(args[2]), int64(0)
	var list []Element
	for s := scan(args[1].Text()); s.next(); {
		if at++; same(s.element, e, by) {
			list = append(list, text(sqlite.Int(at)))
		}
	}
	return Value(list)
}

func hasNull(array string) bool {
	for s := scan(array); s.next(); {
		if s.element.Null {
			return true
		}
	}
	return false
}

// has tells whether an array holds an element; NULL equals nothing.
func has(array string, e Element, by order) bool {
	for s := scan(array); s.next(); {
		if !s.element.Null && by(s.element.Text, e.Text) == 0 {
			return true
		}
	}
	return false
}

// anyEqual is element = ANY (array) in three-valued logic.
func (t table) anyEqual(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	switch {
	case args[1].IsNull():
		return sqlite.Null, nil
	case len(args[1].Text()) == 2:
		return sqlite.Bool(false), nil
	case args[2].IsNull():
		return sqlite.Null, nil
	case has(args[1].Text(), text(args[2]), t.equal(args[0])):
		return sqlite.Bool(true), nil
	case hasNull(args[1].Text()):
		return sqlite.Null, nil
	}
	return sqlite.Bool(false), nil
}

// found looks for the elements of one array in another, and stops at the first
// about which the answer is stop. Large arrays are compared by way of a sorted
// copy.
func (t table) found(args []sqlite.Value, stop bool) (sqlite.Value, error) {
	if args[1].IsNull() || args[2].IsNull() {
		return sqlite.Null, nil
	}
	by, in := t.equal(args[0]), args[1].Text()
	look := func(e Element) bool { return has(in, e, by) }
	if len(in) > 400 && len(args[2].Text()) > 100 {
		sorted := slices.DeleteFunc(List(args[1]), func(e Element) bool { return e.Null })
		slices.SortFunc(sorted, func(a, b Element) int { return by(a.Text, b.Text) })
		look = func(e Element) bool {
			_, ok := slices.BinarySearchFunc(sorted, e, func(a, b Element) int { return by(a.Text, b.Text) })
			return ok
		}
	}
	for s := scan(args[2].Text()); s.next(); {
		if hit := !s.element.Null && look(s.element); hit == stop {
			return sqlite.Bool(stop), nil
		}
	}
	return sqlite.Bool(!stop), nil
}

func (t table) containsAll(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return t.found(args, false)
}

func (t table) overlaps(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	return t.found(args, true)
}

func fill(_ *sqlite.Conn, args []sqlite.Value) (sqlite.Value, error) {
	for _, a := range args[2:] {
		if a.IsNull() {
			return sqlite.Null, fault.New("22004", "dimension array or low bound array cannot be null")
		}
	}
	dims, err := dimensions(args[2])
	if err != nil {
		return sqlite.Null, err
	}
	if len(dims) > 6 {
		return sqlite.Null, fault.New("54000", "number of array dimensions (%d) exceeds the maximum allowed (6)", len(dims))
	}
	if len(args) > 3 {
		lower, err := dimensions(args[3])
		switch {
		case err != nil:
			return sqlite.Null, err
		case len(lower) != len(dims):
			return sqlite.Null, fault.New("2202E", "wrong number of array subscripts").
				WithDetail("Low bound array has different size than dimensions array.")
		case len(lower) > 0 && lower[0] != 1 && dims[0] > 0:
			return sqlite.Null, refused("that does not begin at 1")
		}
	}
	switch {
	case len(dims) == 0:
		return sqlite.Text("{}"), nil
	case len(dims) > 1:
		return sqlite.Null, refused("of several dimensions")
	}
	return filled(dims[0], string(appendElement(nil, text(args[1]))))
}

func filled(n int64, element string) (sqlite.Value, error) {
	if n < 0 || n > maxElements || n*int64(len(element)+1) > maxText {
		return sqlite.Null, tooLarge()
	}
	return sqlite.Text("{" + strings.TrimSuffix(strings.Repeat(element+",", int(n)), ",") + "}"), nil
}

func dimensions(v sqlite.Value) ([]int64, error) {
	var out []int64
	for _, e := range List(v) {
		if e.Null {
			return nil, fault.New("22004", "dimension values cannot be null")
		}
		out = append(out, integers.value(e).Int())
	}
	return out, nil
}
