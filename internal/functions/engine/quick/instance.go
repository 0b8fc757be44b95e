package quick

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/engine/quick/arena"
)

// Instance is a runtime of QuickJS with one context.
type Instance struct {
	arena      *arena.Arena
	base, size uintptr
	tls        *libc.TLS
	runtime    uintptr
	context    uintptr
	global     lib.TJSValue
	functions  map[string]lib.TJSValue // that Call has called, by name
	exposed    map[string]lib.TJSValue // that Invoke calls, by name
	operations []string                // that scripts have functions for
	places     []place                 // that they have getters and methods for
	takers     []taker
	names      map[string]uintptr // of properties and functions, as C strings
	host       engine.Host
	toJSON     lib.TJSAtom
	parse      lib.TJSValue // QuickJS's JSON.parse
	empty      lib.TJSValue // an object without properties, once one was needed
	scratch    []byte       // for JSON, as are the next two
	values     []lib.TJSValue
	spans      []span
	templates  [32]template
	spare      *arena.Spares
	ended      bool

	turns  *turns
	past   *engine.Past
	used   time.Duration // that the call under way computed before it began, or last waited
	first  bool          // turn of that call
	long   bool          // that call had a place for a whole turn
	shared time.Time     // when the call under way last let others compute
	placed bool          // it has a place, since then
	since  time.Time
	urgent bool // the call needs none

	// What the watchman knows of it.
	watch    *watchman
	ctx      context.Context // of the call under way
	position int             // among those that run
	began    time.Time
	halted   time.Time   // when it was interrupted
	stop     atomic.Bool // it was interrupted
	denied   atomic.Bool // its memory cannot be reached
	closed   bool
}

// instances finds an instance by the address of its arena, which is all that QuickJS
// passes to the functions that it calls.
var instances sync.Map

// enter lets f use QuickJS: with ctx to stop it, and with an end instead of a crash
// when the memory is gone.
func (i *Instance) enter(ctx context.Context, f func() error) (err error) {
	if i.ended {
		return engine.ErrEnded
	}
	if ctx.Err() != nil {
		return engine.ErrTime
	}
	if _, bound := ctx.Deadline(); bound || ctx.Done() != nil {
		i.count(ctx)
		i.watch.begin(i, ctx)
		defer i.leave()
		if !i.goOn() {
			return engine.ErrTime
		}
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = i.broken(p)
		}
	}()
	err = f()
	if i.stopped() {
		i.ended = true
		return engine.ErrTime
	}
	if err == engine.ErrMemory {
		i.ended = true
	}
	return err
}

// leave ends an instance that was interrupted in its last moment, too. The memory of one
// that has ended is given back at once, in its turn: that takes its time.
func (i *Instance) leave() {
	i.watch.end(i)
	i.ended = i.ended || i.stopped()
	if i.ended {
		i.free()
	}
	i.yield()
	if !i.long && i.first {
		i.past.Note(false)
	}
	i.urgent = false
}

// broken ends an instance in which the engine panicked: because its memory was taken
// away, or because of a fault in it.
func (i *Instance) broken(p any) error {
	i.ended = true
	if i.denied.Load() {
		return engine.ErrTime
	}
	return fmt.Errorf("the script engine failed: %v\n%s", p, debug.Stack())
}

// Run runs a program and its microtasks.
func (i *Instance) Run(ctx context.Context, p engine.Program) error {
	code, ok := p.(*program)
	if !ok {
		return errForeign
	}
	return i.enter(ctx, func() error {
		bytecode := i.place(code.code)
		if bytecode == 0 {
			return engine.ErrMemory
		}
		f := lib.XJS_ReadObject(i.tls, i.context, bytecode, uint64(len(code.code)), lib.MJS_READ_OBJ_BYTECODE)
		i.arena.Free(bytecode)
		if isException(f) {
			return i.exception()
		}
		v := lib.XJS_EvalFunction(i.tls, i.context, f)
		if isException(v) {
			return i.exception()
		}
		i.drop(v)
		return i.microtasks()
	})
}

// Call calls a global function.
func (i *Instance) Call(ctx context.Context, function string, args ...engine.Value) (result engine.Value, err error) {
	err = i.enter(ctx, func() error {
		f, err := i.function(function)
		if err != nil {
			return err
		}
		if result, err = i.call(f, args); err != nil {
			return err
		}
		return i.microtasks()
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

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
	if int32(v.Ftag) == lib.EJS_TAG_NULL && i.arena.Full() {
		return engine.ErrMemory // there was no room for the error
	}
	if i.stopped() {
		return engine.ErrTime
	}
	f, err := i.function(function)
	if err != nil {
		return err
	}
	argv := i.arena.Malloc(2 * valueSize)
	if argv == 0 {
		return engine.ErrMemory
	}
	defer i.arena.Free(argv)
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

// Keep remembers a global function.
func (i *Instance) Keep(name string) error {
	return i.enter(context.Background(), func() error {
		_, err := i.function(name)
		return err
	})
}

// call calls f.
func (i *Instance) call(f lib.TJSValue, args []engine.Value) (engine.Value, error) {
	v, err := i.apply(f, args)
	if err != nil {
		return nil, err
	}
	if isException(v) {
		return nil, i.exception()
	}
	defer i.drop(v)
	return i.goValue(v)
}

// apply calls f with arguments that stand in the arena, and gives what it gave or that
// it threw.
func (i *Instance) apply(f lib.TJSValue, args []engine.Value) (lib.TJSValue, error) {
	argv := i.arena.Malloc(valueSize * uintptr(len(args)+1))
	if argv == 0 {
		return undefined, engine.ErrMemory
	}
	defer i.arena.Free(argv)
	n := 0
	defer func() {
		for k := range n {
			i.drop(*valueAt(argv, k))
		}
	}()
	for _, arg := range args {
		v, err := i.value(arg)
		if err != nil {
			return undefined, err
		}
		*valueAt(argv, n) = v
		n++
	}
	return lib.XJS_Call(i.tls, i.context, f, undefined, int32(n), argv), nil
}

// function finds a global function, once.
func (i *Instance) function(name string) (lib.TJSValue, error) {
	if f, ok := i.functions[name]; ok {
		return f, nil
	}
	f := lib.XJS_GetPropertyStr(i.tls, i.context, i.global, i.property(name))
	if isException(f) {
		return f, i.exception()
	}
	if lib.XJS_IsFunction(i.tls, i.context, f) == 0 {
		i.drop(f)
		return f, &engine.Error{Name: "TypeError", Message: name + " is not a function"}
	}
	i.functions[name] = f
	return f, nil
}

// microtasks runs jobs until none is left. What a job throws reaches the script as the
// rejection of a promise; here only what ends the instance is left.
func (i *Instance) microtasks() error {
	if lib.XJS_IsJobPending(i.tls, i.runtime) == 0 {
		return nil
	}
	ctx := i.arena.Malloc(8)
	defer i.arena.Free(ctx)
	for {
		switch n := lib.XJS_ExecutePendingJob(i.tls, i.runtime, ctx); {
		case n == 0:
			return nil
		case n < 0:
			if err := i.exception(); i.stopped() || err == engine.ErrMemory {
				return err
			}
		case i.arena.Interrupted() != 0:
			return engine.ErrTime
		}
	}
}

// Memory is what the blocks in use take, in bytes; 0 after the end.
func (i *Instance) Memory() int64 {
	if i.ended {
		return 0
	}
	return int64(i.arena.Used())
}

// Stopped says whether the script was interrupted.
func (i *Instance) Stopped() bool { return i.stopped() }

// Ended says whether the instance can only be closed.
func (i *Instance) Ended() bool { return i.ended }

// Close gives the arena back, and with it all there is.
func (i *Instance) Close() {
	if i.closed {
		return
	}
	i.closed, i.ended = true, true
	i.free()
	i.tls.Close()
}

// free gives the arena back, unless that was done before.
func (i *Instance) free() {
	if i.arena == nil {
		return
	}
	instances.Delete(i.base)
	if i.denied.Load() {
		_ = arena.Release(i.base, i.size)
	} else {
		i.spare.Put(i.base, i.size, i.arena.Reach())
	}
	i.arena = nil
}
