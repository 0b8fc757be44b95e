package array

import (
	"cmp"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// kind says how the elements of an array are stored and ordered: the first letter
// is the storage, what follows the collation of texts. It is handed to the
// functions in Go, which so need no catalogue.
type kind string

// The storages of elements.
const (
	integers kind = "i"
	floats   kind = "8"
	reals    kind = "4" // single precision
	blobs    kind = "b"
	texts    kind = "t"
)

const float4 types.OID = 700

// kindOf is the kind of the elements of a type.
func kindOf(elem *types.Type) kind {
	switch {
	case elem.Column == "INTEGER":
		return integers
	case elem.Column == "BLOB":
		return blobs
	case elem.Column == "TEXT":
		return texts + kind(elem.Collation)
	case elem.OID == float4:
		return reals
	}
	return floats
}

// collation is the name of the collation of arrays of the kind.
func (k kind) collation() string {
	switch k {
	case integers:
		return "array_integer"
	case floats, reals:
		return "array_float"
	case blobs, texts:
		return "array_text"
	}
	return "array_" + string(k[1:])
}

// text is the form of a stored element inside an array. A float must have been
// written as text, which takes its width.
func text(v sqlite.Value) Element {
	switch v.Kind() {
	case sqlite.KindNull:
		return Element{Null: true}
	case sqlite.KindInt:
		return Element{Text: strconv.FormatInt(v.Int(), 10)}
	case sqlite.KindBlob:
		return Element{Text: `\x` + hex.EncodeToString(v.Blob())}
	}
	return Element{Text: v.Text()}
}

// value is the stored form of an element by itself.
func (k kind) value(e Element) sqlite.Value {
	if e.Null {
		return sqlite.Null
	}
	switch k[:1] {
	case integers:
		i, _ := strconv.ParseInt(e.Text, 10, 64)
		return sqlite.Int(i)
	case floats:
		f, _ := strconv.ParseFloat(e.Text, 64)
		return sqlite.Float(f)
	case reals:
		f, _ := strconv.ParseFloat(e.Text, 32)
		return sqlite.Float(f)
	case blobs:
		b, _ := hex.DecodeString(strings.TrimPrefix(e.Text, `\x`))
		return sqlite.Blob(b)
	}
	return sqlite.Text(e.Text)
}

// order compares elements, neither NULL.
type order func(a, b string) int

func compareIntegers(a, b string) int {
	x, _ := strconv.ParseInt(a, 10, 64)
	y, _ := strconv.ParseInt(b, 10, 64)
	return cmp.Compare(x, y)
}

// compareFloats puts NaN behind all numbers.
func compareFloats(a, b string) int {
	x, _ := strconv.ParseFloat(a, 64)
	y, _ := strconv.ParseFloat(b, 64)
	if math.IsNaN(x) || math.IsNaN(y) {
		return cmp.Compare(btoi(math.IsNaN(x)), btoi(math.IsNaN(y)))
	}
	return cmp.Compare(x, y)
}

func comparePadded(a, b string) int {
	return strings.Compare(strings.TrimRight(a, " "), strings.TrimRight(b, " "))
}

// compare orders arrays: by the first elements that differ, NULL behind all
// others, else the shorter first.
func compare(a, b string, by order) int {
	x, y := scan(a), scan(b)
	for {
		moreX, moreY := x.next(), y.next()
		if !moreX || !moreY {
			return cmp.Compare(btoi(moreX), btoi(moreY))
		}
		if c := compareElements(x.element, y.element, by); c != 0 {
			return c
		}
	}
}

func compareElements(a, b Element, by order) int {
	if a.Null || b.Null {
		return cmp.Compare(btoi(a.Null), btoi(b.Null))
	}
	return by(a.Text, b.Text)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
