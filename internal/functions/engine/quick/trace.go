package quick

import (
	"math"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

// mostFrames bounds the calls that a trace remembers.
const mostFrames = 64

// trace is __host.trace(): the calls under way, innermost first, as an array of functions and
// the places in them in turns. That costs a small part of what the text of an Error's
// stack does, which is made when somebody asks: __host.trace(calls, f) gives what f gives, as
// if it was called from there.
func trace(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	if argc < 2 {
		return i.calls()
	}
	return i.callFrom(*valueAt(argv, 0), *valueAt(argv, 1))
}

// settles is __host.settles(f): whether f is what settles a promise, which does no more than
// that when it is called. An await gives such a one to a then.
func settles(_ *libc.TLS, _ uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	if argc == 0 || int32(valueAt(argv, 0).Ftag) != lib.EJS_TAG_OBJECT {
		return boolean(false)
	}
	return boolean(objectAt(pointer(*valueAt(argv, 0))).Fclass_id == lib.EJS_CLASS_PROMISE_RESOLVE_FUNCTION)
}

func frameAt(p uintptr) *lib.TJSStackFrame { return (*lib.TJSStackFrame)(unsafe.Add(nil, p)) }

// frame is the innermost call.
func (i *Instance) frame() *uintptr {
	return &(*lib.TJSRuntime)(unsafe.Add(nil, i.runtime)).Fcurrent_stack_frame
}

func (i *Instance) calls() lib.TJSValue {
	var list [2 * mostFrames]lib.TJSValue
	n := 0
	for p := frameAt(*i.frame()).Fprev_frame; p != 0 && n < len(list); n += 2 { // beyond trace itself
		f := frameAt(p)
		if f.Fjs_mode&lib.MJS_MODE_BACKTRACE_BARRIER != 0 {
			break
		}
		list[n], list[n+1] = f.Fcur_func, number(float64(f.Fcur_pc))
		*references(pointer(f.Fcur_func))++
		p = f.Fprev_frame
	}
	return i.arrayOf(list[:n])
}

// arrayOf makes an array of values, which are its own from then on.
func (i *Instance) arrayOf(list []lib.TJSValue) lib.TJSValue {
	array := lib.XJS_NewArray(i.tls, i.context)
	if isException(array) || len(list) > 0 && !i.fill(array, list) {
		for _, v := range append(list, array) {
			i.drop(v)
		}
		return lib.TJSValue{Ftag: lib.EJS_TAG_EXCEPTION}
	}
	return array
}

// callFrom calls f under frames made of calls.
func (i *Instance) callFrom(calls, f lib.TJSValue) lib.TJSValue {
	o := objectAt(pointer(calls))
	if int32(calls.Ftag) != lib.EJS_TAG_OBJECT || o.Fclass_id != lib.EJS_CLASS_ARRAY || o.F__ccgo16&fastArray == 0 {
		return lib.XJS_Call(i.tls, i.context, f, undefined, 0, 0)
	}
	list := elementsOf(pointer(calls))
	n := int(list.count) / 2
	const size = unsafe.Sizeof(lib.TJSStackFrame{})
	frames := i.arena.Malloc(uintptr(n+1) * size)
	if frames == 0 {
		return lib.XJS_ThrowOutOfMemory(i.tls, i.context)
	}
	defer i.arena.Free(frames)
	innermost, was := uintptr(0), *i.frame()
	for k := n - 1; k >= 0; k-- {
		p := frames + uintptr(k)*size
		*frameAt(p) = lib.TJSStackFrame{Fprev_frame: innermost, Fcur_func: *valueAt(list.values, 2*k), Fcur_pc: uintptr(math.Float64frombits(valueAt(list.values, 2*k+1).Fu.Fuint641))}
		innermost = p
	}
	*i.frame() = innermost
	defer func() { *i.frame() = was }()
	return lib.XJS_Call(i.tls, i.context, f, undefined, 0, 0)
}
