package serve

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/bundle"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/pool"
	"github.com/galleyhq/galley/internal/functions/source"
	"github.com/galleyhq/galley/internal/functions/wasm"
	"github.com/galleyhq/galley/internal/schema"
)

// Version is a function as it was at one moment. Those who began with one finish
// with it.
type Version struct {
	source.Function
	Declared Declared
	Err      error // why it cannot be used; nil for one that can
	LoadedAt time.Time
	Took     time.Duration // to build and load it

	project  *Project
	programs []engine.Program
	maps     []*bundle.SourceMap
	inputs   []string
	digest   hash.Hash       // of what was built
	marks    map[string]mark // of all files it was built of
	group    *pool.Group
	module   *wasm.Module // nil for a script
	counts   Counts
	past     engine.Past
	guards   []string         // tables that it had hooks on, could it be loaded
	rpc      *schema.Function // nil when it answers no remote procedure calls
}

// slot is the place of a function, which is loaded when it is first needed.
type slot struct {
	source  source.Function
	load    sync.Once
	done    chan struct{}
	project *Project
	version *Version // once done is closed
}

func (p *Project) newSlot(f source.Function) *slot {
	return &slot{source: f, project: p, done: make(chan struct{})}
}

// with is a slot whose version is there.
func (p *Project) with(v *Version) *slot {
	s := p.newSlot(v.Function)
	s.load.Do(func() { s.version = v; close(s.done) })
	return s
}

// get returns the function, loaded. Whoever comes first has it loaded; nobody's
// leaving ends that.
func (s *slot) get(ctx context.Context) (*Version, error) {
	s.load.Do(func() {
		go func() {
			defer close(s.done)
			s.version = s.project.load(context.WithoutCancel(ctx), s.source)
		}()
	})
	select {
	case <-s.done:
		return s.version, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *state) versions() []*Version {
	var out []*Version
	for _, name := range slices.Sorted(maps.Keys(s.functions)) {
		select {
		case <-s.functions[name].done:
			out = append(out, s.functions[name].version)
		default:
		}
	}
	return out
}

// loadTime bounds building and loading one function.
const loadTime = time.Minute

// load builds and evaluates a function.
func (p *Project) load(ctx context.Context, f source.Function) *Version {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	began := time.Now()
	v := &Version{Function: f, project: p, Err: f.Err, digest: sha256.New()}
	v.counts.init()
	v.group = p.pool.Group(func(ctx context.Context) (pool.Instance, error) { return v.open(ctx) })
	switch {
	case v.Err != nil:
	case v.isModule():
		v.Err = guarded(func() error { return v.openModule(ctx) })
	default:
		v.Err = guarded(func() error { return v.build(ctx, v.Files()) })
	}
	if v.Err == nil && !v.isModule() {
		v.Err = guarded(func() error { return v.describe(ctx) })
	}
	if v.Err != nil {
		v.guards = guardsOf(v.Entry)
	}
	v.look(began)
	v.LoadedAt, v.Took = time.Now(), time.Since(began)
	if v.Err != nil && !errors.Is(v.Err, pool.ErrClosed) { // the server is stopping
		p.note(v, "error", "the function cannot be used: "+v.boot(v.Err).full(v))
	}
	return v
}

// guarded makes an error of a panic.
func guarded(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

// build compiles the files of the function: its middleware and itself.
func (v *Version) build(ctx context.Context, files []string) error {
	r, err := v.project.runtime()
	if err != nil {
		return err
	}
	for _, file := range files {
		entry, err := filepath.Rel(v.project.config.Dir, file)
		if err != nil {
			return err
		}
		b, err := v.project.config.Bundle.Build(ctx, filepath.ToSlash(entry))
		if b != nil {
			v.inputs = append(v.inputs, b.Inputs...)
		}
		if err != nil {
			return err
		}
		program, err := r.Engine.Compile(b.Name, b.Source)
		v.maps = append(v.maps, b.Map)
		if err != nil {
			return err
		}
		v.programs = append(v.programs, program)
		v.digest.Write([]byte(b.Source))
	}
	return nil
}

// Digest is the same for versions that were built of the same sources, "" for one that
// cannot be used.
func (v *Version) Digest() string {
	if v.Err != nil {
		return ""
	}
	return hex.EncodeToString(v.digest.Sum(nil)[:8])
}

// describe evaluates the function in its first instance, and asks what it is.
func (v *Version) describe(ctx context.Context) error {
	made, err := v.group.Acquire(ctx)
	if err != nil {
		return err
	}
	i, _ := made.(*instance)
	v.Declared, err = parseDeclared(i.said)
	if err == nil && !v.Declared.Handler {
		err = errors.New("the function has no handler: it neither calls Deno.serve nor has a default export")
	}
	if err == nil && v.Declared.RPC != nil {
		name := v.Declared.RPC.Name
		if name == "" {
			name = v.Name
		}
		v.rpc, err = v.describeRPC(schema.Name{Schema: v.project.config.Schema, Name: name})
	}
	if err != nil {
		v.rpc, v.Declared = nil, Declared{}
	}
	v.group.Release(i, err == nil)
	return err
}

// mostFrames and mostTrace bound a stack trace, of which a deep recursion makes megabytes.
const (
	mostFrames = 20
	mostTrace  = 4 << 10 // bytes
)

// stack is a stack trace by the lines of the sources, as far as anybody reads.
func (v *Version) stack(trace string) string {
	frames := strings.SplitAfterN(trace[:min(len(trace), mostTrace)], "\n", mostFrames+1)
	trace = strings.ToValidUTF8(strings.Join(frames[:min(len(frames), mostFrames)], ""), "")
	for _, m := range v.maps {
		trace = m.Stack(trace)
	}
	return strings.TrimRight(theirs(trace), "\n")
}

// ours are the frames of Galley's own scripts, of what holds a bundle together, and of JSON
// that was parsed: places in no file of the project.
var ours = regexp.MustCompile(`(?m)^ +at .*?(?:\([^/()\n]+:\d+:\d+\)|<input>:\d+:\d+)(?:\n|$)`)

// theirs is a stack trace without these, unless there are no others.
func theirs(trace string) string {
	if rest := ours.ReplaceAllString(trace, ""); strings.Contains(rest, "/") {
		return rest
	}
	return trace
}

// full is a problem with all there is to say, for the log.
func (p *problem) full(v *Version) string {
	if p.cause == nil {
		return p.Error()
	}
	if e, ok := errors.AsType[*engine.Error](p.cause); ok {
		return strings.TrimRight(told(e)+"\n"+v.stack(e.Stack), "\n")
	}
	if f, ok := errors.AsType[*fault.Error](p.cause); ok && f.Detail != "" {
		return f.Error() + "\n" + f.Detail // of a build: where, and the line
	}
	return p.cause.Error()
}

// note writes a line about a function into its log.
func (p *Project) note(v *Version, level, message string) {
	p.config.Log(Entry{At: time.Now(), Function: v.Name, Level: level, Message: message})
}
