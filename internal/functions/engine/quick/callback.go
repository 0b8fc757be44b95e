package quick

import (
	"errors"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/engine/quick/arena"
)

// address is what translated C calls: the code pointer of a function that captures
// nothing.
func address[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&f))
}

// The functions of JSMallocFunctions. The arena stands in the opaque field of the state.
func arenaOf(state uintptr) *arena.Arena {
	return arena.At((*lib.TJSMallocState)(unsafe.Add(nil, state)).Fopaque)
}

func malloc(_ *libc.TLS, state uintptr, size lib.Tsize_t) uintptr {
	return arenaOf(state).Malloc(uintptr(size))
}

func free(_ *libc.TLS, state, p uintptr) { arenaOf(state).Free(p) }

func realloc(_ *libc.TLS, state, p uintptr, size lib.Tsize_t) uintptr {
	return arenaOf(state).Realloc(p, uintptr(size))
}

func usable(_ *libc.TLS, p uintptr) lib.Tsize_t { return lib.Tsize_t(arena.Usable(p)) }

// interrupted is asked in every loop and call of a script, now and then.
func interrupted(_ *libc.TLS, _, base uintptr) int32 {
	if stop := arena.At(base).Interrupted(); stop != 0 {
		return stop
	}
	instanceAt(base).share()
	return arena.At(base).Interrupted()
}

// rejected tells the script's own __rejected(promise, reason, handled), where there is
// one, of promises that were rejected with nobody to handle that.
func rejected(_ *libc.TLS, _ uintptr, promise, reason lib.TJSValue, handled int32, base uintptr) {
	i := instanceAt(base)
	f, err := i.function("__rejected")
	if err != nil {
		return
	}
	argv := i.arena.Malloc(3 * valueSize)
	if argv == 0 {
		return
	}
	defer i.arena.Free(argv)
	*valueAt(argv, 0), *valueAt(argv, 1), *valueAt(argv, 2) = promise, reason, boolean(handled != 0)
	v := lib.XJS_Call(i.tls, i.context, f, undefined, 3, argv)
	if isException(v) {
		v = lib.XJS_GetException(i.tls, i.context)
	}
	i.drop(v)
}

func instanceAt(base uintptr) *Instance {
	i, _ := instances.Load(base)
	return i.(*Instance)
}

// callHost is __host(op, ...args).
func callHost(tls *libc.TLS, ctx uintptr, _ lib.TJSValue, argc int32, argv uintptr) lib.TJSValue {
	i := instanceAt(lib.XJS_GetContextOpaque(tls, ctx))
	v, err := i.answer(int(argc), argv)
	if err != nil {
		return i.throw(err)
	}
	return v
}

func (i *Instance) answer(argc int, argv uintptr) (lib.TJSValue, error) {
	op := ""
	if argc > 0 && int32(valueAt(argv, 0).Ftag) == lib.EJS_TAG_STRING {
		op, _ = i.goString(*valueAt(argv, 0))
	}
	if i.host == nil || op == "" {
		return undefined, errNoOperation
	}
	return i.operate(op, argc-1, argv+valueSize)
}

// throw throws an error in the script.
func (i *Instance) throw(err error) lib.TJSValue {
	e := lib.XJS_NewError(i.tls, i.context)
	if isException(e) {
		return e
	}
	message := err.Error()
	set := func(name string, x engine.Value) {
		if v, err := i.value(x); err == nil {
			lib.XJS_DefinePropertyValueStr(i.tls, i.context, e, i.property(name), v, lib.MJS_PROP_WRITABLE|lib.MJS_PROP_CONFIGURABLE)
		}
	}
	set("name", "HostError")
	if f, ok := errors.AsType[*fault.Error](err); ok {
		message = f.Message
		set("code", f.Code)
		set("details", optional(f.Detail))
		set("hint", optional(f.Hint))
		set("status", float64(fault.Status(f, true)))
	} else if scripted, ok := errors.AsType[*engine.Error](err); ok {
		set("name", scripted.Name)
		message = scripted.Message
	}
	set("message", message)
	return lib.XJS_Throw(i.tls, i.context, e)
}

func optional(s string) engine.Value {
	if s == "" {
		return nil
	}
	return s
}

// exception takes the exception that is pending out of the engine.
func (i *Instance) exception() error {
	v := lib.XJS_GetException(i.tls, i.context)
	defer i.drop(v)
	if int32(v.Ftag) == lib.EJS_TAG_NULL && i.arena.Full() {
		return engine.ErrMemory // there was no room for the error
	}
	if int32(v.Ftag) != lib.EJS_TAG_OBJECT || lib.XJS_IsError(i.tls, i.context, v) == 0 {
		return &engine.Error{Message: i.describe(v)}
	}
	e := &engine.Error{Name: i.member(v, "name"), Message: i.member(v, "message"), Stack: i.member(v, "stack")}
	if e.Name == "InternalError" && e.Message == "out of memory" {
		return engine.ErrMemory
	}
	return e
}

// member is a property of an error as a string, as far as it is one.
func (i *Instance) member(v lib.TJSValue, name string) string {
	p := lib.XJS_GetPropertyStr(i.tls, i.context, v, i.property(name))
	defer i.drop(p)
	if tag := int32(p.Ftag); tag != lib.EJS_TAG_STRING && tag != lib.EJS_TAG_STRING_ROPE {
		if isException(p) {
			i.drop(lib.XJS_GetException(i.tls, i.context))
		}
		return ""
	}
	s, _ := i.goString(p)
	return s
}

// describe is what a thrown value that is no error looks like.
func (i *Instance) describe(v lib.TJSValue) string {
	s, err := i.goString(v)
	if err != nil {
		return "an exception that cannot be shown"
	}
	return s
}

// property is the name of a property as a C string, made once.
func (i *Instance) property(name string) uintptr {
	p, ok := i.names[name]
	if !ok {
		p = i.text(name)
		i.names[name] = p
	}
	return p
}
