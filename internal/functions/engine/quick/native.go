package quick

import (
	"errors"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// The functions that Galley's own scripts find on __host: what a script of theirs would
// do in several calls, each of which takes QuickJS longer than the work itself.

// like is __host.like(object, ...first): another object with the same prototype and the
// same properties, private fields too, without a constructor. The first of them get other
// values, where those are not undefined.
func like(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	if argc < 1 || int32(valueAt(argv, 0).Ftag) != lib.EJS_TAG_OBJECT {
		return i.throw(errNoTemplate)
	}
	from := objectAt(pointer(*valueAt(argv, 0)))
	shape := shapeAt(from.Fshape)
	if from.Fclass_id != lib.EJS_CLASS_OBJECT || shape.Fis_hashed == 0 || shape.Fdeleted_prop_count != 0 {
		return i.throw(errNoTemplate)
	}
	object := lib.XJS_NewObject(tls, ctx)
	if isException(object) {
		return object
	}
	if !i.adopt(object, from.Fshape) {
		i.drop(object)
		return lib.XJS_ThrowOutOfMemory(tls, ctx)
	}
	to := objectAt(pointer(object)).Fprop
	for k := range int(shape.Fprop_count) {
		v := *valueAt(from.Fprop, k)
		if k+1 < int(argc) && int32(valueAt(argv, k+1).Ftag) != lib.EJS_TAG_UNDEFINED {
			v = *valueAt(argv, k+1)
		}
		*valueAt(to, k) = duplicate(v)
	}
	return object
}

var errNoTemplate = errors.New("this object cannot stand for others")

// duplicate is another reference to a value.
func duplicate(v lib.TJSValue) lib.TJSValue {
	if int32(v.Ftag) < 0 {
		*references(pointer(v))++
	}
	return v
}

// keep is __host.keep(name, function): Invoke finds it by this name.
func keep(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	name, ok := latin(*valueAt(argv, 0))
	if argc < 2 || !ok {
		return i.throw(errNoOperation)
	}
	if before, ok := i.exposed[string(name)]; ok {
		i.drop(before)
	}
	i.exposed[string(name)] = duplicate(*valueAt(argv, 1))
	return undefined
}

// operation is __host.operation(name): a function that calls the host's operation of
// this name, without looking for it.
func operation(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	if argc < 1 || i.host == nil {
		return i.throw(errNoOperation)
	}
	name, err := i.goString(*valueAt(argv, 0))
	if err != nil {
		return i.throw(err)
	}
	i.operations = append(i.operations, name)
	return lib.XJS_NewCFunction2(tls, ctx, address(operate), i.property(name), 0, lib.EJS_CFUNC_generic_magic, int32(len(i.operations)-1))
}

// operate is what operation gives.
func operate(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr, magic int32) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	v, err := i.operate(i.operations[magic], int(argc), argv)
	if err != nil {
		return i.throw(err)
	}
	return v
}

var errNoOperation = errors.New("there is no such operation")

// operate answers with the host's operation of a name.
func (i *Instance) operate(name string, argc int, argv uintptr) (lib.TJSValue, error) {
	args := make([]engine.Value, argc)
	for k := range args {
		arg, err := i.goValue(*valueAt(argv, k))
		if err != nil {
			return undefined, err
		}
		args[k] = arg
	}
	result, err := i.host(name, args)
	if err != nil {
		return undefined, err
	}
	return i.value(result)
}

// natives are the functions on __host.
func (i *Instance) natives(host lib.TJSValue) error {
	for name, function := range map[string]uintptr{
		"like": address(like), "field": address(field), "method": address(method), "taking": address(taking),
		"keep": address(keep), "operation": address(operation), "trace": address(trace), "settles": address(settles),
	} {
		f := lib.XJS_NewCFunction2(i.tls, i.context, function, i.property(name), 0, lib.EJS_CFUNC_generic, 0)
		if isException(f) || lib.XJS_SetPropertyStr(i.tls, i.context, host, i.property(name), f) < 0 {
			return i.exception()
		}
	}
	return nil
}
