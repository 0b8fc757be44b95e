package quick

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"
	"unsafe"

	lib "modernc.org/libquickjs"

	"github.com/galleyhq/galley/internal/functions/engine"
)

var (
	undefined = lib.TJSValue{Ftag: lib.EJS_TAG_UNDEFINED}
	null      = lib.TJSValue{Ftag: lib.EJS_TAG_NULL}
)

const valueSize = unsafe.Sizeof(lib.TJSValue{})

func isException(v lib.TJSValue) bool { return int32(v.Ftag) == lib.EJS_TAG_EXCEPTION }

func valueAt(argv uintptr, k int) *lib.TJSValue {
	return (*lib.TJSValue)(unsafe.Add(nil, argv+uintptr(k)*valueSize))
}

func bytesAt(p uintptr, n uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(nil, p)), n)
}

func (i *Instance) drop(v lib.TJSValue) {
	if int32(v.Ftag) < 0 {
		lib.XFreeValue(i.tls, i.context, v)
	}
}

// place copies s into the arena, with a zero behind it. It gives 0 when that is full.
// QuickJS never sees Go's own memory.
func (i *Instance) place(s []byte) uintptr {
	p := i.arena.Malloc(uintptr(len(s) + 1))
	if p != 0 {
		b := bytesAt(p, uint64(len(s)+1))
		copy(b, s)
		b[len(s)] = 0
	}
	return p
}

// text is a C string.
func (i *Instance) text(s string) uintptr {
	return i.place(unsafe.Slice(unsafe.StringData(s), len(s)))
}

// with gives f a copy of s in the arena for as long as it runs.
func (i *Instance) with(s []byte, f func(p uintptr, n uint64) lib.TJSValue) lib.TJSValue {
	p := i.place(s)
	if p == 0 {
		return lib.XJS_ThrowOutOfMemory(i.tls, i.context)
	}
	defer i.arena.Free(p)
	return f(p, uint64(len(s)))
}

func (i *Instance) setGlobal(name string, v lib.TJSValue) error {
	if isException(v) || lib.XJS_SetPropertyStr(i.tls, i.context, i.global, i.text(name), v) < 0 {
		return i.exception()
	}
	return nil
}

// number is a number, whole ones as QuickJS has those that it computes with.
func number(f float64) lib.TJSValue {
	if n := int32(f); float64(n) == f && (n != 0 || !math.Signbit(f)) {
		return whole(n)
	}
	v := lib.TJSValue{Ftag: lib.EJS_TAG_FLOAT64}
	v.Fu.Fuint641 = math.Float64bits(f)
	return v
}

func whole(n int32) lib.TJSValue {
	v := lib.TJSValue{Ftag: lib.EJS_TAG_INT}
	v.Fu.Fuint641 = uint64(uint32(n))
	return v
}

func boolean(b bool) lib.TJSValue {
	v := lib.TJSValue{Ftag: lib.EJS_TAG_BOOL}
	if b {
		v.Fu.Fuint641 = 1
	}
	return v
}

// value makes a script's value.
func (i *Instance) value(x engine.Value) (v lib.TJSValue, err error) {
	switch x := x.(type) {
	case nil:
		return null, nil
	case bool:
		return boolean(x), nil
	case float64:
		return number(x), nil
	case int:
		return number(float64(x)), nil
	case int64:
		return number(float64(x)), nil
	case string:
		v = i.newString(unsafe.Slice(unsafe.StringData(x), len(x)))
	case engine.Text:
		v = i.newString(x)
	case engine.JSON:
		v = i.with(unsafe.Slice(unsafe.StringData(string(x)), len(x)), func(p uintptr, n uint64) lib.TJSValue {
			if v, ok := i.parsed(bytesAt(p, n)); ok {
				return v
			}
			return lib.XJS_ParseJSON(i.tls, i.context, p, n, i.property("JSON"))
		})
	case []byte:
		v = i.bytes(x)
	default:
		return v, &engine.Error{Name: "TypeError", Message: "no value of a script"}
	}
	if isException(v) {
		return v, i.exception()
	}
	return v, nil
}

// newString makes a string of UTF-8. QuickJS takes longer to see that one is ASCII.
func (i *Instance) newString(text []byte) lib.TJSValue {
	if len(text) == 0 || !isASCII(text) || len(text) >= longString {
		return i.with(text, func(p uintptr, n uint64) lib.TJSValue { return lib.XJS_NewStringLen(i.tls, i.context, p, n) })
	}
	p := lib.Xjs_malloc(i.tls, i.context, uint64(stringHead)+uint64(len(text))+1)
	if p == 0 {
		return lib.TJSValue{Ftag: lib.EJS_TAG_EXCEPTION}
	}
	*references(p) = 1
	*(*lib.TJSString)(unsafe.Add(nil, p)) = lib.TJSString{F__ccgo0: uint32(len(text))}
	b := bytesAt(p+stringHead, uint64(len(text))+1)
	copy(b, text)
	b[len(text)] = 0
	v := lib.TJSValue{Ftag: lib.EJS_TAG_STRING}
	v.Fu.Fuint641 = uint64(p)
	return v
}

const (
	stringHead = unsafe.Sizeof(lib.TJSString{}) // before the characters of a string
	longString = 1<<30 - 1                      // that QuickJS refuses
)

func (i *Instance) bytes(x []byte) lib.TJSValue {
	buffer := i.with(x, func(p uintptr, n uint64) lib.TJSValue {
		return lib.XJS_NewArrayBufferCopy(i.tls, i.context, p, n)
	})
	if isException(buffer) {
		return buffer
	}
	defer i.drop(buffer)
	argv := i.arena.Malloc(3 * valueSize)
	if argv == 0 {
		return lib.XJS_ThrowOutOfMemory(i.tls, i.context)
	}
	defer i.arena.Free(argv)
	*valueAt(argv, 0), *valueAt(argv, 1), *valueAt(argv, 2) = buffer, undefined, undefined
	return lib.XJS_NewTypedArray(i.tls, i.context, 3, argv, lib.EJS_TYPED_ARRAY_UINT8)
}

// goValue makes a Go value of a script's: functions, symbols and undefined become nil.
func (i *Instance) goValue(v lib.TJSValue) (engine.Value, error) {
	switch int32(v.Ftag) {
	case lib.EJS_TAG_INT:
		return float64(int32(v.Fu.Fuint641)), nil
	case lib.EJS_TAG_BOOL:
		return v.Fu.Fuint641 != 0, nil
	case lib.EJS_TAG_FLOAT64:
		return math.Float64frombits(v.Fu.Fuint641), nil
	case lib.EJS_TAG_STRING, lib.EJS_TAG_STRING_ROPE, lib.EJS_TAG_BIG_INT, lib.EJS_TAG_SHORT_BIG_INT:
		return i.goString(v)
	case lib.EJS_TAG_OBJECT:
		return i.goObject(v)
	}
	return nil, nil
}

// wide is set in the first word of a string of two bytes for each character; the other
// bits are its length.
const wide = 1 << 31

// latin are the characters of a string that has one byte for each, where it is one.
func latin(v lib.TJSValue) ([]byte, bool) {
	if int32(v.Ftag) != lib.EJS_TAG_STRING {
		return nil, false
	}
	p := uintptr(v.Fu.Fuint641)
	word := (*lib.TJSString)(unsafe.Add(nil, p)).F__ccgo0
	if word&wide != 0 {
		return nil, false
	}
	return bytesAt(p+stringHead, uint64(word)), true
}

// length is how many characters (UTF-16) a text has, 0 of all else.
func length(v lib.TJSValue) int {
	p := unsafe.Add(nil, uintptr(v.Fu.Fuint641))
	switch int32(v.Ftag) {
	case lib.EJS_TAG_STRING:
		return int((*lib.TJSString)(p).F__ccgo0 &^ wide)
	case lib.EJS_TAG_STRING_ROPE:
		return int((*lib.TJSStringRope)(p).Flen1)
	default:
		return 0
	}
}

// isASCII says whether UTF-8 has the same bytes.
func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if binary.NativeEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// goString reads a string; halves of surrogate pairs become U+FFFD.
func (i *Instance) goString(v lib.TJSValue) (string, error) {
	if b, ok := latin(v); ok && isASCII(b) {
		return string(b), nil
	}
	size := i.arena.Malloc(8)
	if size == 0 {
		return "", engine.ErrMemory
	}
	defer i.arena.Free(size)
	p := lib.XJS_ToCStringLen2(i.tls, i.context, size, v, 0)
	if p == 0 {
		return "", i.exception()
	}
	defer lib.XJS_FreeCString(i.tls, i.context, p)
	return strings.ToValidUTF8(string(bytesAt(p, *(*uint64)(unsafe.Add(nil, size)))), "\uFFFD"), nil
}

func (i *Instance) goObject(v lib.TJSValue) (engine.Value, error) {
	class := lib.XJS_GetClassID(i.tls, v)
	switch {
	case class == lib.EJS_CLASS_ARRAY_BUFFER:
		return i.goBytes(v, 0, math.MaxUint64)
	case class >= lib.EJS_CLASS_UINT8C_ARRAY && class <= lib.EJS_CLASS_FLOAT64_ARRAY:
		return i.goView(v)
	case lib.XJS_IsFunction(i.tls, i.context, v) != 0:
		return nil, nil
	}
	if text, ok := i.plainJSON(v); ok {
		return engine.JSON(text), nil
	}
	text := lib.XJS_JSONStringify(i.tls, i.context, v, undefined, undefined)
	if isException(text) {
		return nil, i.exception()
	}
	defer i.drop(text)
	if int32(text.Ftag) == lib.EJS_TAG_UNDEFINED {
		return nil, nil
	}
	s, err := i.goString(text)
	return engine.JSON(s), err
}

// goView copies the bytes of a typed array.
func (i *Instance) goView(v lib.TJSValue) (engine.Value, error) {
	out := i.arena.Malloc(24)
	if out == 0 {
		return nil, engine.ErrMemory
	}
	defer i.arena.Free(out)
	buffer := lib.XJS_GetTypedArrayBuffer(i.tls, i.context, v, out, out+8, out+16)
	if isException(buffer) {
		return nil, i.exception()
	}
	defer i.drop(buffer)
	return i.goBytes(buffer, *(*uint64)(unsafe.Add(nil, out)), *(*uint64)(unsafe.Add(nil, out+8)))
}

// goBytes copies length bytes of an ArrayBuffer.
func (i *Instance) goBytes(buffer lib.TJSValue, offset, length uint64) (engine.Value, error) {
	out := i.arena.Malloc(8)
	if out == 0 {
		return nil, engine.ErrMemory
	}
	defer i.arena.Free(out)
	p := lib.XJS_GetArrayBuffer(i.tls, i.context, out, buffer)
	size := *(*uint64)(unsafe.Add(nil, out))
	if p == 0 { // it was transferred to somebody else
		return nil, i.exception()
	}
	offset = min(offset, size)
	length = min(length, size-offset)
	return append(make([]byte, 0, length), bytesAt(p+uintptr(offset), length)...), nil
}
