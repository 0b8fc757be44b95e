package quick

import (
	"modernc.org/libc"
	lib "modernc.org/libquickjs"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// place is a property of objects that are like one: the k-th of the shape, by its name.
type place struct {
	k         int
	atom      lib.TJSAtom
	operation string       // of a method
	otherwise lib.TJSValue // that does what the operation cannot
}

// placeOf is the place that the second argument numbers in the first.
func (i *Instance) placeOf(argc int32, argv uintptr) (place, bool) {
	if argc < 3 || int32(valueAt(argv, 0).Ftag) != lib.EJS_TAG_OBJECT || int32(valueAt(argv, 1).Ftag) != lib.EJS_TAG_INT {
		return place{}, false
	}
	list := properties(objectAt(pointer(*valueAt(argv, 0))).Fshape)
	k := int(int32(valueAt(argv, 1).Fu.Fuint641))
	if k < 0 || k >= len(list) {
		return place{}, false
	}
	return place{k: k, atom: list[k].Fatom}, true
}

// at is the value in a place of an object, where that has it.
func (p *place) at(object lib.TJSValue) (lib.TJSValue, bool) {
	if int32(object.Ftag) != lib.EJS_TAG_OBJECT {
		return undefined, false
	}
	o := objectAt(pointer(object))
	list := properties(o.Fshape)
	if p.k >= len(list) || list[p.k].Fatom != p.atom || list[p.k].F__ccgo0>>flagsShift&lib.MJS_PROP_TMASK != 0 {
		return undefined, false
	}
	return *valueAt(o.Fprop, p.k), true
}

// field is __host.field(object, k, name): a getter of the k-th property, private or not,
// of objects like this one.
func field(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	p, ok := i.placeOf(argc, argv)
	if !ok {
		return i.throw(errNoTemplate)
	}
	return i.fitted(p, *valueAt(argv, 2), address(get), lib.EJS_CFUNC_getter_magic)
}

// fitted makes a function of a place, whose name is that of a script.
func (i *Instance) fitted(p place, name lib.TJSValue, function uintptr, kind lib.TJSCFunctionEnum) lib.TJSValue {
	text, err := i.goString(name)
	if err != nil {
		return i.throw(err)
	}
	i.places = append(i.places, p)
	return lib.XJS_NewCFunction2(i.tls, i.context, function, i.property(text), 0, kind, int32(len(i.places)-1))
}

func get(tls *libc.TLS, ctx uintptr, this lib.TJSValue, magic int32) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	v, ok := i.places[magic].at(this)
	if !ok {
		return i.throw(errForeignObject)
	}
	return duplicate(v)
}

var errForeignObject = &engine.Error{Name: "TypeError", Message: "Illegal invocation"}

// method is __host.method(object, k, name, operation, otherwise): a method of objects like
// this one. With arguments that are strings, and a string as the k-th property, it calls
// the host's operation with that and them; otherwise it does what another method does.
func method(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	p, ok := i.placeOf(argc, argv)
	if !ok || argc < 5 {
		return i.throw(errNoTemplate)
	}
	var err error
	if p.operation, err = i.goString(*valueAt(argv, 3)); err != nil {
		return i.throw(err)
	}
	p.otherwise = duplicate(*valueAt(argv, 4))
	return i.fitted(p, *valueAt(argv, 2), address(perform), lib.EJS_CFUNC_generic_magic)
}

func perform(tls *libc.TLS, ctx uintptr, this lib.TJSValue, argc int32, argv uintptr, magic int32) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	p := &i.places[magic]
	own, ok := p.at(this)
	ok = ok && argc > 0 && isString(own)
	for k := range int(argc) {
		ok = ok && isString(*valueAt(argv, k))
	}
	if !ok {
		return lib.XJS_Call(tls, ctx, p.otherwise, this, argc, argv)
	}
	v, err := i.perform(p.operation, own, int(argc), argv)
	if err != nil {
		return i.throw(err)
	}
	return v
}

func isString(v lib.TJSValue) bool {
	return int32(v.Ftag) == lib.EJS_TAG_STRING || int32(v.Ftag) == lib.EJS_TAG_STRING_ROPE
}

func (i *Instance) perform(operation string, own lib.TJSValue, argc int, argv uintptr) (lib.TJSValue, error) {
	args := make([]engine.Value, argc+1)
	var err error
	if args[0], err = i.goString(own); err != nil {
		return undefined, err
	}
	for k := range argc {
		if args[k+1], err = i.goString(*valueAt(argv, k)); err != nil {
			return undefined, err
		}
	}
	result, err := i.host(operation, args)
	if err != nil {
		return undefined, err
	}
	return i.value(result)
}

// taker is what taking makes a function of.
type taker struct {
	places    []place // of the properties
	mark      int     // the one that is false before
	most      int     // characters of a text; 0 is no bound
	operation string
}

// taking is __host.taking(object, k, n, operation, most): a function of an object like this
// one, whose k-th property is false and the first n no objects, nor texts of more than most
// characters. It makes the k-th true and calls the host's operation with the n. Of any other
// value it gives false, and does nothing.
func taking(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	mark, ok := i.placeOf(argc, argv)
	if !ok || argc < 4 || int32(valueAt(argv, 2).Ftag) != lib.EJS_TAG_INT {
		return i.throw(errNoTemplate)
	}
	list := properties(objectAt(pointer(*valueAt(argv, 0))).Fshape)
	n := int(int32(valueAt(argv, 2).Fu.Fuint641))
	if n <= mark.k || n > len(list) {
		return i.throw(errNoTemplate)
	}
	t := taker{mark: mark.k}
	for k := range n {
		t.places = append(t.places, place{k: k, atom: list[k].Fatom})
	}
	var err error
	if t.operation, err = i.goString(*valueAt(argv, 3)); err != nil {
		return i.throw(err)
	}
	if argc > 4 && int32(valueAt(argv, 4).Ftag) == lib.EJS_TAG_INT {
		t.most = int(int32(valueAt(argv, 4).Fu.Fuint641))
	}
	i.takers = append(i.takers, t)
	return lib.XJS_NewCFunction2(tls, ctx, address(take), i.property(t.operation), 0, lib.EJS_CFUNC_generic_magic, int32(len(i.takers)-1))
}

func take(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr, magic int32) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	t := &i.takers[magic]
	if argc < 1 || !t.fits(*valueAt(argv, 0)) {
		return boolean(false)
	}
	props := objectAt(pointer(*valueAt(argv, 0))).Fprop
	args := make([]engine.Value, len(t.places))
	for k := range args {
		v, err := i.goValue(*valueAt(props, k))
		if err != nil {
			return i.throw(err)
		}
		args[k] = v
	}
	*valueAt(props, t.mark) = boolean(true)
	if _, err := i.host(t.operation, args); err != nil {
		return i.throw(err)
	}
	return boolean(true)
}

func (t *taker) fits(object lib.TJSValue) bool {
	for k := range t.places {
		v, ok := t.places[k].at(object)
		if !ok || int32(v.Ftag) == lib.EJS_TAG_OBJECT || k == t.mark && (int32(v.Ftag) != lib.EJS_TAG_BOOL || v.Fu.Fuint641 != 0) {
			return false
		}
		if t.most > 0 && length(v) > t.most {
			return false
		}
	}
	return true
}
