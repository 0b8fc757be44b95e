package quick

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// writer makes JSON of a value by reading QuickJS's own structures, several times as
// fast as QuickJS, which asks for each property by name. It takes what JSON.parse makes
// and literals make: objects and arrays of data properties, without toJSON. No code of
// the script runs meanwhile. Everything else it leaves to QuickJS.
type writer struct {
	out    []byte
	limit  int // bytes
	atoms  uintptr
	toJSON lib.TJSAtom
	stop   func() bool
	plain  [8]uintptr // prototypes that are known to have no toJSON
	known  int
}

const (
	deepest    = 200 // of values in each other; a cycle is deeper
	fastArray  = 1 << 4
	exotic     = 1 << 3
	intAtom    = 1 << 31 // of an atom that is an index
	flagsShift = 26      // of a property, above its link
)

// plainJSON is a value as JSON, where the writer can make it.
func (i *Instance) plainJSON(v lib.TJSValue) ([]byte, bool) {
	if i.toJSON == 0 {
		i.toJSON = lib.XJS_NewAtom(i.tls, i.context, i.property("toJSON"))
	}
	w := writer{
		out: i.scratch[:0], limit: int(i.size / 4), toJSON: i.toJSON, stop: i.stopped,
		atoms: (*lib.TJSRuntime)(unsafe.Add(nil, i.runtime)).Fatom_array,
	}
	ok := w.value(v, 0)
	if cap(w.out) <= mostScratch {
		i.scratch = w.out[:0]
	}
	return w.out, ok
}

// mostScratch is how much of a buffer is kept for the next value.
const mostScratch = 64 << 10

func objectAt(p uintptr) *lib.TJSObject { return (*lib.TJSObject)(unsafe.Add(nil, p)) }
func shapeAt(p uintptr) *lib.TJSShape   { return (*lib.TJSShape)(unsafe.Add(nil, p)) }
func pointer(v lib.TJSValue) uintptr    { return uintptr(v.Fu.Fuint641) }

// properties are those of a shape, deleted ones too. They stand behind its hash table.
func properties(shape uintptr) []lib.TJSShapeProperty {
	s := shapeAt(shape)
	p := shape + unsafe.Sizeof(lib.TJSShape{}) + 4*(uintptr(s.Fprop_hash_mask)+1)
	return unsafe.Slice((*lib.TJSShapeProperty)(unsafe.Add(nil, p)), s.Fprop_count)
}

// value appends a value that has JSON.
func (w *writer) value(v lib.TJSValue, depth int) bool {
	switch int32(v.Ftag) {
	case lib.EJS_TAG_NULL:
		w.out = append(w.out, "null"...)
	case lib.EJS_TAG_BOOL:
		w.out = strconv.AppendBool(w.out, v.Fu.Fuint641 != 0)
	case lib.EJS_TAG_INT:
		w.out = strconv.AppendInt(w.out, int64(int32(v.Fu.Fuint641)), 10)
	case lib.EJS_TAG_FLOAT64:
		w.number(math.Float64frombits(v.Fu.Fuint641))
	case lib.EJS_TAG_STRING:
		return w.string(pointer(v))
	case lib.EJS_TAG_OBJECT:
		return depth < deepest && w.object(pointer(v), depth+1)
	default:
		return false
	}
	return len(w.out) < w.limit
}

// number writes what Number.prototype.toString gives (ECMA-262, 6.1.6.1.20).
func (w *writer) number(f float64) {
	size := math.Abs(f)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		w.out = append(w.out, "null"...)
	case f == 0:
		w.out = append(w.out, '0')
	case size < 1e-6 || size >= 1e21:
		w.out = strconv.AppendFloat(w.out, f, 'e', -1, 64)
		if n := len(w.out); w.out[n-4] == 'e' && w.out[n-2] == '0' { // e-07 is e-7
			w.out[n-2] = w.out[n-1]
			w.out = w.out[:n-1]
		}
	default:
		w.out = strconv.AppendFloat(w.out, f, 'f', -1, 64)
	}
}

func (w *writer) object(p uintptr, depth int) bool {
	o := objectAt(p)
	if !w.hasNoToJSON(o.Fshape) || !w.inherits(shapeAt(o.Fshape).Fproto) {
		return false
	}
	switch {
	case o.Fclass_id == lib.EJS_CLASS_ARRAY && o.F__ccgo16&fastArray != 0:
		return w.array(o, depth)
	case o.Fclass_id == lib.EJS_CLASS_OBJECT && o.F__ccgo16&exotic == 0:
		return w.members(o, depth)
	}
	return false
}

// inherits says whether nothing that an object of this prototype inherits is a toJSON.
func (w *writer) inherits(proto uintptr) bool {
	first := proto
	for n := 0; proto != 0; n++ {
		for k := range w.known {
			if w.plain[k] == proto {
				return true
			}
		}
		o := objectAt(proto)
		ordinary := o.Fclass_id == lib.EJS_CLASS_OBJECT && o.F__ccgo16&exotic == 0 || o.Fclass_id == lib.EJS_CLASS_ARRAY
		if !ordinary || n == deepest || !w.hasNoToJSON(o.Fshape) {
			return false
		}
		proto = shapeAt(o.Fshape).Fproto
	}
	if w.known < len(w.plain) && first != 0 {
		w.plain[w.known] = first
		w.known++
	}
	return true
}

func (w *writer) hasNoToJSON(shape uintptr) bool {
	for _, p := range properties(shape) {
		if p.Fatom == w.toJSON {
			return false
		}
	}
	return true
}

// array writes the elements of an array without holes.
func (w *writer) array(o *lib.TJSObject, depth int) bool {
	u := (*struct {
		_      uintptr
		values uintptr
		count  uint32
	})(unsafe.Pointer(&o.Fu))
	if length := valueAt(o.Fprop, 0); int32(length.Ftag) != lib.EJS_TAG_INT || uint32(length.Fu.Fuint641) != u.count || w.stop() {
		return false
	}
	w.out = append(w.out, '[')
	for k := range int(u.count) {
		if k > 0 {
			w.out = append(w.out, ',')
		}
		v := *valueAt(u.values, k)
		if int32(v.Ftag) == lib.EJS_TAG_UNDEFINED {
			v = null
		}
		if !w.value(v, depth) {
			return false
		}
	}
	w.out = append(w.out, ']')
	return true
}

// members writes the properties of an object.
func (w *writer) members(o *lib.TJSObject, depth int) bool {
	w.out = append(w.out, '{')
	first := true
	for k, p := range properties(o.Fshape) {
		flags := p.F__ccgo0 >> flagsShift
		if p.Fatom == 0 || flags&lib.MJS_PROP_ENUMERABLE == 0 {
			continue // it was deleted, or is not seen
		}
		if p.Fatom&intAtom != 0 {
			return false // indexes come first, and in order
		}
		name := *(*uintptr)(unsafe.Add(nil, w.atoms+uintptr(p.Fatom)*unsafe.Sizeof(w.atoms)))
		if kind := (*lib.TJSString)(unsafe.Add(nil, name)).F__ccgo4 >> 30; kind != lib.EJS_ATOM_TYPE_STRING {
			continue // a symbol, or the name of a private field
		}
		if flags&lib.MJS_PROP_TMASK != 0 || mayBeIndex(name) {
			return false
		}
		v := *valueAt(o.Fprop, k)
		if int32(v.Ftag) == lib.EJS_TAG_UNDEFINED {
			continue
		}
		if !first {
			w.out = append(w.out, ',')
		}
		first = false
		if !w.string(name) {
			return false
		}
		w.out = append(w.out, ':')
		if !w.value(v, depth) {
			return false
		}
	}
	w.out = append(w.out, '}')
	return true
}

// mayBeIndex says whether the name of a property begins with a digit, as that of an
// index does.
func mayBeIndex(name uintptr) bool {
	s := (*lib.TJSString)(unsafe.Add(nil, name))
	c := *(*byte)(unsafe.Add(nil, name+unsafe.Sizeof(lib.TJSString{})))
	return s.F__ccgo0&wide == 0 && c >= '0' && c <= '9'
}

// string writes a string of QuickJS in quotes.
func (w *writer) string(p uintptr) bool {
	s := (*lib.TJSString)(unsafe.Add(nil, p))
	text := p + unsafe.Sizeof(lib.TJSString{})
	n := s.F__ccgo0 &^ wide
	if len(w.out)+int(n) > w.limit {
		return false
	}
	w.out = append(w.out, '"')
	if s.F__ccgo0&wide != 0 {
		w.wide(unsafe.Slice((*uint16)(unsafe.Add(nil, text)), n))
	} else {
		w.latin(bytesAt(text, uint64(n)))
	}
	w.out = append(w.out, '"')
	return true
}

func (w *writer) latin(b []byte) {
	start := 0
	for k, c := range b {
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			continue
		}
		w.out = append(w.out, b[start:k]...)
		start = k + 1
		w.character(rune(c))
	}
	w.out = append(w.out, b[start:]...)
}

func (w *writer) wide(units []uint16) {
	for k := 0; k < len(units); k++ {
		r := rune(units[k])
		if utf16.IsSurrogate(r) && k+1 < len(units) {
			if both := utf16.DecodeRune(r, rune(units[k+1])); both != utf8.RuneError {
				r = both
				k++
			}
		}
		w.character(r)
	}
}

// character writes a character or the half of one (ECMA-262, QuoteJSONString).
func (w *writer) character(r rune) {
	const digits = "0123456789abcdef"
	switch {
	case r == '"' || r == '\\':
		w.out = append(w.out, '\\', byte(r))
	case r == '\b':
		w.out = append(w.out, '\\', 'b')
	case r == '\f':
		w.out = append(w.out, '\\', 'f')
	case r == '\n':
		w.out = append(w.out, '\\', 'n')
	case r == '\r':
		w.out = append(w.out, '\\', 'r')
	case r == '\t':
		w.out = append(w.out, '\\', 't')
	case r < ' ' || utf16.IsSurrogate(r):
		w.out = append(w.out, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
	default:
		w.out = utf8.AppendRune(w.out, r)
	}
}

// stringify is JSON.stringify.
func stringify(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, _ int32, argv uintptr) lib.TJSValue {
	value, replacer, space := *valueAt(argv, 0), *valueAt(argv, 1), *valueAt(argv, 2)
	if int32(replacer.Ftag) == lib.EJS_TAG_UNDEFINED && int32(space.Ftag) == lib.EJS_TAG_UNDEFINED && int32(value.Ftag) == lib.EJS_TAG_OBJECT {
		i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
		if text, ok := i.plainJSON(value); ok {
			return i.newString(text)
		}
	}
	return lib.XJS_JSONStringify(tls, ctx, value, replacer, space)
}
