// Package wasm answers requests by WebAssembly modules of WASI preview 1, whatever
// language they were written in, as WAGI does: what a request is stands in environment
// variables, its body is standard input, and standard output is a response of CGI
// (RFC 3875).
//
//	runtime := wasm.New(wasm.Config{Cache: dir})
//	defer runtime.Close()
//	m := runtime.Load("resize", "functions/resize/main.wasm", wasm.Manifest{})
//	err := m.Serve(w, r, wasm.Call{Script: "/functions/v1/resize"})
//
// Each request gets an instance of its own, with a limit on memory, computing time,
// time and size of the response, the clocks and random bytes. There is no file system,
// no network, no other process, and no environment but what is given. A module is
// compiled when it is first called; nothing is made before.
package wasm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// Limits bound one call. A zero value means the default.
type Limits struct {
	Memory   int64         // bytes of its memory; 128 MiB. Its call stack may take 150 MiB besides.
	CPU      time.Duration // of computing; 2 s
	Wall     time.Duration // in all; 1 min
	Response int64         // bytes of a body; 20 MiB
	Calls    int           // at once, of all modules; 16
}

func (l Limits) withDefaults() Limits {
	duration := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	if l.Memory <= 0 {
		l.Memory = 128 << 20
	}
	if l.Response <= 0 {
		l.Response = 20 << 20
	}
	if l.Calls <= 0 {
		l.Calls = 16
	}
	duration(&l.CPU, 2*time.Second)
	duration(&l.Wall, time.Minute)
	return l
}

// Config is what a Runtime needs to know.
type Config struct {
	// Cache is a folder for what modules are compiled to, which only its owner may
	// enter: it is code of this machine. "" compiles anew at every start.
	Cache  string
	Limits Limits
	Logger *slog.Logger // nil means slog.Default
}

// Runtime compiles and runs modules. Its methods may be called from any goroutine.
type Runtime struct {
	config Config
	slots  chan struct{} // one for each call

	mu      sync.Mutex
	runtime wazero.Runtime // nil until the first module is compiled
	cache   wazero.CompilationCache
	closed  bool
}

// New returns a runtime, for which nothing is made until a module is called.
func New(c Config) *Runtime {
	c.Limits = c.Limits.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Runtime{config: c, slots: make(chan struct{}, c.Limits.Calls)}
}

const pageSize = 64 << 10

var errClosed = errors.New("the server is stopping")

// compile compiles a module.
func (r *Runtime) compile(ctx context.Context, binary []byte) (wazero.CompiledModule, error) {
	binary, err := bounded(binary)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errClosed
	}
	if r.runtime == nil {
		if err := r.begin(ctx); err != nil {
			return nil, err
		}
	}
	m, err := r.runtime.CompileModule(ctx, binary)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	return m, r.check(m)
}

// begin makes what modules run in.
func (r *Runtime) begin(ctx context.Context) error {
	c := wazero.NewRuntimeConfig().WithMemoryLimitPages(uint32(min(max(r.config.Limits.Memory/pageSize, 1), 65536))).WithCloseOnContextDone(true)
	if r.config.Cache != "" {
		if err := os.MkdirAll(r.config.Cache, 0o700); err != nil {
			return fmt.Errorf("make the folder of compiled modules: %w", err)
		}
		cache, err := wazero.NewCompilationCacheWithDir(r.config.Cache)
		if err != nil {
			return fmt.Errorf("open the folder of compiled modules: %w", err)
		}
		r.cache, c = cache, c.WithCompilationCache(cache)
	}
	r.runtime = wazero.NewRuntimeWithConfig(ctx, c)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r.runtime); err != nil {
		return fmt.Errorf("offer WASI: %w", err)
	}
	return nil
}

// check refuses what could never be called.
func (r *Runtime) check(m wazero.CompiledModule) error {
	if _, ok := m.ExportedFunctions()["_start"]; !ok {
		return errors.New("the module has no function _start: it must be built as a command of WASI preview 1 (wasip1), not as a library")
	}
	for _, f := range m.ImportedFunctions() {
		if module, name, _ := f.Import(); module != wasi_snapshot_preview1.ModuleName {
			return fmt.Errorf("the module imports %s of %q: there is nothing but %s", name, module, wasi_snapshot_preview1.ModuleName)
		}
	}
	return nil
}

// Close ends what runs and frees what was compiled.
func (r *Runtime) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	var err error
	if r.runtime != nil {
		err = r.runtime.Close(context.Background())
		r.runtime = nil
	}
	if r.cache != nil {
		err = errors.Join(err, r.cache.Close(context.Background()))
		r.cache = nil
	}
	return err
}

// Module is a module of the project. It is compiled at its first call.
type Module struct {
	Name     string
	Manifest Manifest

	runtime *Runtime
	file    string

	mu       sync.Mutex
	compiled wazero.CompiledModule
	calls    int  // that run
	retired  bool // no call begins any more
}

// maxModule bounds the file of a module.
const maxModule = 64 << 20

// Load returns the module in a file, which is not read yet.
func (r *Runtime) Load(name, file string, m Manifest) *Module {
	return &Module{Name: name, Manifest: m, runtime: r, file: file}
}

// Check reads and compiles the module, to tell of its mistakes before it is called.
func (m *Module) Check(ctx context.Context) error {
	_, end, err := m.begin(ctx)
	if err == nil {
		end()
	}
	return err
}

// begin compiles the module unless it is, and keeps it until end is called.
func (m *Module) begin(ctx context.Context) (compiled wazero.CompiledModule, end func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.retired {
		return nil, nil, errClosed
	}
	if m.compiled == nil {
		binary, err := readModule(m.file)
		if err != nil {
			return nil, nil, err
		}
		if m.compiled, err = m.runtime.compile(context.WithoutCancel(ctx), binary); err != nil {
			m.compiled = nil
			return nil, nil, err
		}
	}
	m.calls++
	return m.compiled, m.end, nil
}

func (m *Module) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls--
	m.free()
}

// Retire frees the module once the calls that run have ended; no other begins.
func (m *Module) Retire() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.retired = true
	m.free()
}

func (m *Module) free() {
	if m.retired && m.calls == 0 && m.compiled != nil {
		_ = m.compiled.Close(context.Background()) // frees memory, and cannot fail
		m.compiled = nil
	}
}

func readModule(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxModule {
		return nil, fmt.Errorf("the module has %d bytes, at most %d are read", info.Size(), maxModule)
	}
	return os.ReadFile(file)
}
