package quick

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// reader makes a value of JSON, several times as fast as QuickJS: objects with the keys
// of one before, such as the rows of a table, are made at once instead of property by
// property. Whatever it does not take, errors too, it leaves to QuickJS.
type reader struct {
	i      *Instance
	text   []byte // in the arena
	at     int
	stack  []lib.TJSValue // made, and in no object or array yet
	keys   []span         // of the objects under way
	shapes [8]known       // by depth
}

// span is a part of the text.
type span struct{ from, to int }

// known is an object that was made, which is kept for its shape, and where its keys
// stand in the text.
type known struct {
	object lib.TJSValue
	keys   []span // none: there is no object
}

// parsed makes a value of JSON that is in the arena, where the reader can. Nothing is
// left behind otherwise.
func (i *Instance) parsed(text []byte) (lib.TJSValue, bool) {
	r := reader{i: i, text: text, stack: i.values[:0], keys: i.spans[:0]}
	ok := r.value(0)
	for k := range r.shapes {
		r.forget(&r.shapes[k])
	}
	r.space()
	ok = ok && r.at == len(text)
	v := undefined
	if ok {
		v = r.stack[0]
	} else {
		for _, v := range r.stack {
			i.drop(v)
		}
	}
	if cap(r.stack) <= mostScratch/int(valueSize) {
		i.values, i.spans = r.stack[:0], r.keys[:0]
	}
	return v, ok
}

func (r *reader) space() {
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\n' || r.text[r.at] == '\t' || r.text[r.at] == '\r') {
		r.at++
	}
}

// next is the next character that is no space, 0 at the end.
func (r *reader) next() byte {
	r.space()
	if r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *reader) push(v lib.TJSValue) bool {
	if isException(v) {
		r.i.drop(lib.XJS_GetException(r.i.tls, r.i.context)) // QuickJS will say it again
		return false
	}
	r.stack = append(r.stack, v) // in Go's memory, so that it is bounded
	return uintptr(len(r.stack)+len(r.keys))*valueSize < r.i.size/4
}

// value puts the next value onto the stack.
func (r *reader) value(depth int) bool {
	switch c := r.next(); c {
	case '{':
		return depth < deepest && r.object(depth)
	case '[':
		return depth < deepest && r.array(depth)
	case '"':
		return r.string()
	case 't':
		return r.word("true", boolean(true))
	case 'f':
		return r.word("false", boolean(false))
	case 'n':
		return r.word("null", null)
	default:
		return r.number()
	}
}

func (r *reader) word(word string, v lib.TJSValue) bool {
	if !bytes.HasPrefix(r.text[r.at:], []byte(word)) {
		return false
	}
	r.at += len(word)
	return r.push(v)
}

// number reads a number (RFC 8259, 6).
func (r *reader) number() bool {
	from := r.at
	if r.at < len(r.text) && r.text[r.at] == '-' {
		r.at++
	}
	first := r.at
	whole := r.digits()
	if whole == 0 || whole > 1 && r.text[first] == '0' {
		return false
	}
	plain := true
	if r.at < len(r.text) && r.text[r.at] == '.' {
		r.at++
		if plain = false; r.digits() == 0 {
			return false
		}
	}
	if r.at < len(r.text) && r.text[r.at]|0x20 == 'e' {
		r.at++
		if r.at < len(r.text) && (r.text[r.at] == '+' || r.text[r.at] == '-') {
			r.at++
		}
		if plain = false; r.digits() == 0 {
			return false
		}
	}
	if text := r.text[from:r.at]; plain && whole < 10 && (from == first || text[1] != '0') {
		return r.push(integer(text))
	}
	f, _ := strconv.ParseFloat(unsafe.String(&r.text[from], r.at-from), 64) // out of range it is an infinity or 0, as in scripts
	return r.push(number(f))
}

func (r *reader) digits() int {
	from := r.at
	for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at - from
}

// integer makes a number of less than ten digits.
func integer(text []byte) lib.TJSValue {
	n, sign := int64(0), int64(1)
	for _, c := range text {
		if c == '-' {
			sign = -1
			continue
		}
		n = n*10 + int64(c-'0')
	}
	return whole(int32(n * sign))
}

// quoted is the next string as it stands in the text, which is behind the closing quote
// then; plain tells whether it stands for itself.
func (r *reader) quoted() (s span, plain, ok bool) {
	r.at++
	s.from = r.at
	plain = true
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			s.to = r.at
			r.at++
			return s, plain, true
		case c == '\\':
			plain = false
			r.at++
		case c < ' ':
			return s, false, false
		}
	}
	return s, false, false
}

func (r *reader) string() bool {
	s, plain, ok := r.quoted()
	if !ok {
		return false
	}
	b := r.text[s.from:s.to]
	if !plain {
		return r.escaped(b)
	}
	return (isASCII(b) || utf8.Valid(b)) && r.push(r.i.newString(b))
}

// escaped makes a string with escapes in it. Halves of surrogate pairs have no UTF-8.
func (r *reader) escaped(b []byte) bool {
	out := r.i.scratch[:0]
	for k := 0; k < len(b); k++ {
		if b[k] != '\\' {
			out = append(out, b[k])
			continue
		}
		k++
		if c, ok := escapes[b[k]]; ok {
			out = append(out, c)
			continue
		}
		c, ok := unit(b[k:])
		k += 4
		if utf16.IsSurrogate(c) && k+2 < len(b) && b[k+1] == '\\' {
			low, okay := unit(b[k+2:])
			c, ok = utf16.DecodeRune(c, low), ok && okay
			k += 6
		}
		if !ok || utf16.IsSurrogate(c) || c == utf8.RuneError {
			return false
		}
		out = utf8.AppendRune(out, c)
	}
	if cap(out) <= mostScratch {
		r.i.scratch = out[:0]
	}
	return utf8.Valid(out) && r.push(r.i.newString(out))
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unit reads uXXXX.
func unit(b []byte) (rune, bool) {
	if len(b) < 5 || b[0] != 'u' {
		return 0, false
	}
	n := rune(0)
	for _, c := range b[1:5] {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

func (r *reader) array(depth int) bool {
	first := len(r.stack)
	r.at++
	if r.next() == ']' {
		r.at++
		return r.push(lib.XJS_NewArray(r.i.tls, r.i.context))
	}
	for {
		if !r.value(depth + 1) {
			return false
		}
		switch r.next() {
		case ',':
			r.at++
		case ']':
			r.at++
			return r.list(first)
		default:
			return false
		}
	}
}

// elements is where an array has its elements.
type elements struct {
	size   uint32
	_      uint32
	values uintptr
	count  uint32
}

func elementsOf(array uintptr) *elements {
	return (*elements)(unsafe.Pointer(&objectAt(array).Fu))
}

// list makes an array of the values from a place of the stack on.
func (r *reader) list(first int) bool {
	n := len(r.stack) - first
	array := lib.XJS_NewArray(r.i.tls, r.i.context)
	if !r.push(array) {
		return false
	}
	if !r.i.fill(array, r.stack[first:first+n]) {
		return r.push(lib.TJSValue{Ftag: lib.EJS_TAG_EXCEPTION})
	}
	r.stack = append(r.stack[:first], array)
	return true
}

// fill gives an array without elements those of a list, which is not empty. It is false
// with an exception.
func (i *Instance) fill(array lib.TJSValue, list []lib.TJSValue) bool {
	n := len(list)
	values := lib.Xjs_malloc(i.tls, i.context, uint64(n)*uint64(valueSize))
	if values == 0 {
		return false
	}
	copy(unsafe.Slice(valueAt(values, 0), n), list)
	*elementsOf(pointer(array)) = elements{size: uint32(n), values: values, count: uint32(n)}
	valueAt(objectAt(pointer(array)).Fprop, 0).Fu.Fuint641 = uint64(n)
	return true
}

func (r *reader) object(depth int) bool {
	firstKey, first := len(r.keys), len(r.stack)
	r.at++
	if r.next() == '}' {
		r.at++
		return r.push(lib.XJS_NewObject(r.i.tls, r.i.context))
	}
	for {
		if r.next() != '"' {
			return false
		}
		key, plain, ok := r.quoted()
		if !ok || !plain || r.next() != ':' {
			return false
		}
		r.at++
		r.keys = append(r.keys, key)
		if !r.value(depth + 1) {
			return false
		}
		switch r.next() {
		case ',':
			r.at++
		case '}':
			r.at++
			made := r.record(depth, r.keys[firstKey:], first)
			r.keys = r.keys[:firstKey]
			return made
		default:
			return false
		}
	}
}

// record makes an object of keys and of the values from a place of the stack on.
func (r *reader) record(depth int, keys []span, first int) bool {
	object := lib.XJS_NewObject(r.i.tls, r.i.context)
	if !r.push(object) {
		return false
	}
	k := &r.shapes[depth%len(r.shapes)]
	if r.like(k, keys) && r.i.adopt(object, objectAt(pointer(k.object)).Fshape) {
		copy(unsafe.Slice(valueAt(objectAt(pointer(object)).Fprop, 0), len(keys)), r.stack[first:])
		r.stack = append(r.stack[:first], object)
		return true
	}
	t := r.template(keys)
	if t.fits(r.text, keys) && r.i.adopt(object, objectAt(pointer(t.object)).Fshape) {
		copy(unsafe.Slice(valueAt(objectAt(pointer(object)).Fprop, 0), len(keys)), r.stack[first:])
	} else if !r.define(object, keys, first) {
		return false
	}
	r.stack = append(r.stack[:first], object)
	if s := shapeAt(objectAt(pointer(object)).Fshape); s.Fis_hashed != 0 && int(s.Fprop_count) == len(keys) && s.Fdeleted_prop_count == 0 {
		r.forget(k)
		k.object, k.keys = duplicate(object), append(k.keys, keys...)
		r.i.keep(t, r.text, keys, objectAt(pointer(object)).Fshape)
	}
	return true
}

// template is an object without values, which is kept for its shape from one text to the
// next: the rows of a table come again.
type template struct {
	object lib.TJSValue
	keys   string // each before a zero
}

const longestTemplate = 1 << 10 // bytes of its keys

// template is the place of the one with these keys.
func (r *reader) template(keys []span) *template {
	h := uint32(len(keys))
	for _, key := range keys {
		for _, c := range r.text[key.from:key.to] {
			h = h*31 + uint32(c)
		}
	}
	return &r.i.templates[h%uint32(len(r.i.templates))]
}

func (t *template) fits(text []byte, keys []span) bool {
	rest := t.keys
	for _, key := range keys {
		n := key.to - key.from
		if len(rest) <= n || rest[:n] != string(text[key.from:key.to]) || rest[n] != 0 {
			return false
		}
		rest = rest[n+1:]
	}
	return rest == "" && t.keys != ""
}

// keep makes a template of a shape.
func (i *Instance) keep(t *template, text []byte, keys []span, shape uintptr) {
	if last := keys[len(keys)-1]; last.to-keys[0].from > 16*longestTemplate || t.fits(text, keys) {
		return
	}
	var all []byte
	for _, key := range keys {
		all = append(append(all, text[key.from:key.to]...), 0)
	}
	if len(all) > longestTemplate {
		return
	}
	object := lib.XJS_NewObject(i.tls, i.context)
	if isException(object) {
		i.drop(lib.XJS_GetException(i.tls, i.context)) // then without
		return
	}
	if !i.adopt(object, shape) {
		i.drop(object)
		return
	}
	for n := range keys {
		*valueAt(objectAt(pointer(object)).Fprop, n) = undefined
	}
	if t.keys != "" {
		i.drop(t.object)
	}
	t.object, t.keys = object, string(all)
}

func (r *reader) forget(k *known) {
	if len(k.keys) > 0 {
		r.i.drop(k.object)
		k.keys = k.keys[:0]
	}
}

// like says whether keys are those of a known shape, in its order.
func (r *reader) like(k *known, keys []span) bool {
	if len(k.keys) != len(keys) {
		return false
	}
	for n, key := range keys {
		if before := k.keys[n]; !bytes.Equal(r.text[before.from:before.to], r.text[key.from:key.to]) {
			return false
		}
	}
	return true
}

// adopt gives a fresh object the shape of another one, which lives: the object's own was
// that of every empty object, of which the instance keeps one.
func (i *Instance) adopt(object lib.TJSValue, shape uintptr) bool {
	o := objectAt(pointer(object))
	if i.empty.Ftag == 0 {
		if i.empty = lib.XJS_NewObject(i.tls, i.context); isException(i.empty) {
			i.empty = lib.TJSValue{}
			return false
		}
	}
	if o.Fshape != objectAt(pointer(i.empty)).Fshape {
		return false
	}
	props := lib.Xjs_realloc(i.tls, i.context, o.Fprop, uint64(valueSize)*uint64(shapeAt(shape).Fprop_size))
	if props == 0 {
		i.drop(lib.XJS_GetException(i.tls, i.context))
		return false
	}
	*references(o.Fshape)--
	*references(shape)++
	o.Fprop, o.Fshape = props, shape
	return true
}

// references is the count before each thing that QuickJS counts.
func references(p uintptr) *int32 { return (*int32)(unsafe.Add(nil, p-4)) }

// define gives an object its properties one by one. Of two with one name the last one
// counts.
func (r *reader) define(object lib.TJSValue, keys []span, first int) bool {
	for n, key := range keys {
		b := r.text[key.from:key.to]
		if !utf8.Valid(b) {
			return false
		}
		value := r.stack[first+n]
		r.stack[first+n] = undefined // the object's, from now on
		atom := lib.XJS_NewAtomLen(r.i.tls, r.i.context, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uint64(len(b)))
		if atom == 0 {
			r.i.drop(value)
			return r.push(lib.TJSValue{Ftag: lib.EJS_TAG_EXCEPTION})
		}
		failed := lib.XJS_DefinePropertyValue(r.i.tls, r.i.context, object, atom, value, lib.MJS_PROP_C_W_E) < 0
		lib.XJS_FreeAtom(r.i.tls, r.i.context, atom)
		if failed {
			return r.push(lib.TJSValue{Ftag: lib.EJS_TAG_EXCEPTION})
		}
	}
	return true
}

// parse is JSON.parse.
func parse(tls *libc.TLS, ctx uintptr, this lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	if text := *valueAt(argv, 0); int32(text.Ftag) == lib.EJS_TAG_STRING && int32(valueAt(argv, 1).Ftag) == lib.EJS_TAG_UNDEFINED {
		if v, ok := i.parsedString(text); ok {
			return v
		}
	}
	return lib.XJS_Call(tls, ctx, i.parse, this, argc, argv)
}

func (i *Instance) parsedString(text lib.TJSValue) (v lib.TJSValue, ok bool) {
	if b, one := latin(text); one && isASCII(b) {
		return i.parsed(b)
	}
	size := i.arena.Malloc(8)
	if size == 0 {
		return v, false
	}
	defer i.arena.Free(size)
	p := lib.XJS_ToCStringLen2(i.tls, i.context, size, text, 0)
	if p == 0 {
		i.drop(lib.XJS_GetException(i.tls, i.context))
		return v, false
	}
	defer lib.XJS_FreeCString(i.tls, i.context, p)
	return i.parsed(bytesAt(p, *(*uint64)(unsafe.Add(nil, size))))
}
