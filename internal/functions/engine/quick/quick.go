// Package quick runs scripts on QuickJS (ES2023), translated to Go, so that it needs
// neither cgo nor a second process. Each instance has an arena of memory of its own,
// which is its limit. A script is stopped by QuickJS's interrupt, which it asks for in
// loops and calls; one that does not ask, being in a long loop of the engine itself
// (new Array(4294967295).join()), loses its arena, which ends it at the next access.
//
// The library is used without the wrapper modernc.org/quickjs, which cannot pass
// bytes, nor give an instance memory of its own.
package quick

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/engine/quick/arena"
)

// Engine is QuickJS. Its zero value is ready. It keeps the memory of a few closed
// instances for the next ones.
type Engine struct {
	spare arena.Spares
	watch watchman
	turns turns
}

// program is the bytecode of a script.
type program struct {
	name string
	code []byte
}

func (p *program) Size() int { return len(p.code) }

const (
	compileMemory = 512 << 20 // addresses, of which a script takes what it needs
	leastMemory   = 1 << 20   // below it there is no room for ECMAScript's own objects
	granule       = 1 << 16   // bytes of memory that instances have whole numbers of
)

// Compile compiles a script to bytecode.
func (e *Engine) Compile(name, source string) (engine.Program, error) {
	i, err := e.open(engine.Limits{Memory: compileMemory}, nil)
	if err != nil {
		return nil, err
	}
	defer i.Close()
	var p *program
	err = i.enter(context.Background(), func() error {
		p, err = i.compile(name, source)
		return err
	})
	return p, err
}

// New makes an instance.
func (e *Engine) New(limits engine.Limits, host engine.Host) (engine.Instance, error) {
	if limits.Memory < leastMemory {
		return nil, fmt.Errorf("an instance needs %d bytes and more", leastMemory)
	}
	return e.open(limits, host)
}

func (e *Engine) open(limits engine.Limits, host engine.Host) (*Instance, error) {
	memory := (uintptr(limits.Memory) + granule - 1) &^ (granule - 1)
	if limits.Past == nil {
		limits.Past = &engine.Past{}
	}
	base, err := e.spare.Get(memory)
	if err != nil {
		return nil, fmt.Errorf("no memory for a script: %w", err)
	}
	i := &Instance{arena: arena.New(base, memory), base: base, size: memory, spare: &e.spare, watch: &e.watch, turns: &e.turns, past: limits.Past, tls: libc.NewTLS(), host: host, functions: map[string]lib.TJSValue{}, exposed: map[string]lib.TJSValue{}, names: map[string]uintptr{}}
	instances.Store(base, i)
	if err := i.enter(context.Background(), i.start); err != nil {
		i.Close()
		return nil, err
	}
	return i, nil
}

// start makes QuickJS's runtime and context in the arena.
func (i *Instance) start() error {
	mf := lib.TJSMallocFunctions{Fjs_malloc: address(malloc), Fjs_free: address(free), Fjs_realloc: address(realloc), Fjs_malloc_usable_size: address(usable)}
	place := i.arena.Malloc(unsafe.Sizeof(mf))
	*(*lib.TJSMallocFunctions)(unsafe.Add(nil, place)) = mf
	if i.runtime = lib.XJS_NewRuntime2(i.tls, place, i.base); i.runtime == 0 {
		return engine.ErrMemory
	}
	if i.context = lib.XJS_NewContext(i.tls, i.runtime); i.context == 0 {
		return engine.ErrMemory
	}
	lib.XJS_SetContextOpaque(i.tls, i.context, i.base)
	lib.XJS_SetInterruptHandler(i.tls, i.runtime, address(interrupted), i.base)
	lib.XJS_SetHostPromiseRejectionTracker(i.tls, i.runtime, address(rejected), i.base)
	i.global = lib.XJS_GetGlobalObject(i.tls, i.context)
	if _, err := i.replace("JSON", "stringify", address(stringify), 3); err != nil {
		return err
	}
	var err error
	if i.parse, err = i.replace("JSON", "parse", address(parse), 2); err != nil {
		return err
	}
	call := lib.XJS_NewCFunction2(i.tls, i.context, address(callHost), i.property("__host"), 1, lib.EJS_CFUNC_generic, 0)
	if isException(call) {
		return i.exception()
	}
	if err := i.natives(call); err != nil {
		return err
	}
	return i.setGlobal("__host", call)
}

// replace puts a function of ours into the place of one of ECMAScript's, which it gives.
func (i *Instance) replace(object, name string, function uintptr, length int32) (was lib.TJSValue, err error) {
	owner := lib.XJS_GetPropertyStr(i.tls, i.context, i.global, i.property(object))
	if isException(owner) {
		return owner, i.exception()
	}
	defer i.drop(owner)
	was = lib.XJS_GetPropertyStr(i.tls, i.context, owner, i.property(name))
	f := lib.XJS_NewCFunction2(i.tls, i.context, function, i.property(name), length, lib.EJS_CFUNC_generic, 0)
	if isException(was) || isException(f) || lib.XJS_DefinePropertyValueStr(i.tls, i.context, owner, i.property(name), f, lib.MJS_PROP_WRITABLE|lib.MJS_PROP_CONFIGURABLE) < 0 {
		return was, i.exception()
	}
	return was, nil
}

func (i *Instance) compile(name, source string) (*program, error) {
	if name == "galley" || strings.HasPrefix(name, "galley:") { // nobody reads the text of our own functions, which each instance would keep
		lib.XJS_SetStripInfo(i.tls, i.runtime, lib.MJS_STRIP_SOURCE)
	}
	v := lib.XJS_Eval(i.tls, i.context, i.text(source), uint64(len(source)), i.text(name), lib.MJS_EVAL_TYPE_GLOBAL|lib.MJS_EVAL_FLAG_COMPILE_ONLY)
	if isException(v) {
		return nil, i.exception()
	}
	size := i.arena.Malloc(8)
	p := lib.XJS_WriteObject(i.tls, i.context, size, v, lib.MJS_WRITE_OBJ_BYTECODE)
	if p == 0 {
		return nil, i.exception()
	}
	return &program{name: name, code: append([]byte(nil), bytesAt(p, *(*uint64)(unsafe.Add(nil, size)))...)}, nil
}

var errForeign = errors.New("the program was compiled by another engine")
