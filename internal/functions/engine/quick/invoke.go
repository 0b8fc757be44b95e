package quick

import (
	"context"

	lib "modernc.org/libquickjs"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// Invoke calls a function that a script gave to __host.keep, or else a global one.
func (i *Instance) Invoke(ctx context.Context, id float64, function string, args ...engine.Value) (result engine.Value, done bool, err error) {
	err = i.enter(ctx, func() error {
		result, done, err = i.invoke(id, function, args)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return result, done, nil
}

func (i *Instance) invoke(id float64, function string, args []engine.Value) (engine.Value, bool, error) {
	f, err := i.named(function)
	if err != nil {
		return nil, false, err
	}
	defer i.drop(f)
	v, err := i.apply(f, args)
	if err != nil {
		return nil, false, err
	}
	defer i.drop(v)
	if isException(v) {
		if err := i.tell("__failed", id, lib.XJS_GetException(i.tls, i.context)); err != nil {
			return nil, false, err
		}
		return nil, false, i.microtasks()
	}
	if err := i.microtasks(); err != nil {
		return nil, false, err
	}
	return i.outcome(id, v)
}

// outcome is what a call gave: the value of a promise that was kept, or that of
// anything else. The script waits for other promises.
func (i *Instance) outcome(id float64, v lib.TJSValue) (engine.Value, bool, error) {
	switch lib.XJS_PromiseState(i.tls, i.context, v) {
	case lib.EJS_PROMISE_FULFILLED:
		v = lib.XJS_PromiseResult(i.tls, i.context, v)
		defer i.drop(v)
	case lib.EJS_PROMISE_PENDING, lib.EJS_PROMISE_REJECTED:
		if err := i.tell("__await", id, duplicate(v)); err != nil {
			return nil, false, err
		}
		return nil, false, i.microtasks()
	}
	value, err := i.goValue(v)
	return value, true, err
}

// tell calls one of the loop's functions with the id of a call and a value, which it
// takes.
func (i *Instance) tell(function string, id float64, v lib.TJSValue) error {
	defer i.drop(v)
	if int32(v.Ftag) == lib.EJS_TAG_NULL && i.arena.reached {
		return engine.ErrMemory // there was no room for the error
	}
	if i.stopped() {
		return engine.ErrTime
	}
	f, err := i.function(function)
	if err != nil {
		return err
	}
	argv := i.arena.malloc(2 * valueSize)
	if argv == 0 {
		return engine.ErrMemory
	}
	defer i.arena.freeMem(argv)
	*valueAt(argv, 0), *valueAt(argv, 1) = number(id), v
	given := lib.XJS_Call(i.tls, i.context, f, undefined, 2, argv)
	if isException(given) {
		return i.exception()
	}
	i.drop(given)
	return nil
}

// named is the function that Invoke calls, which the caller drops.
func (i *Instance) named(name string) (lib.TJSValue, error) {
	if f, ok := i.exposed[name]; ok {
		return duplicate(f), nil
	}
	f := lib.XJS_GetPropertyStr(i.tls, i.context, i.global, i.property(name))
	if isException(f) {
		return f, i.exception()
	}
	return f, nil
}
