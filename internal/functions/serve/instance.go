package serve

import (
	"context"
	"errors"
	"maps"
	"math"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/loop"
)

// instance is a function in an engine, ready for calls. It does one at a time.
type instance struct {
	version *Version
	loop    *loop.Loop
	current *Call  // the last one
	broken  bool   // it can only be closed
	said    string // what the module says of itself
	unload  bool   // it wants to know when it is closed
	uses    int
	scratch []byte // for the texts of a request
}

// mostScratch is how much of it is kept for the next request.
const mostScratch = 16 << 10

// open makes an instance and evaluates the function in it.
func (v *Version) open(ctx context.Context) (*instance, error) {
	p := v.project
	r, err := p.runtime()
	if err != nil {
		return nil, err
	}
	i := &instance{version: v}
	ctx, end := i.begin(context.WithoutCancel(ctx), time.Now().Add(max(p.config.Limits.Wall, loadTime)), &Call{Function: v.Name, Kind: "load"})
	defer end()
	all := loop.Ops{Sync: maps.Clone(r.Ops.Sync), Quick: r.Ops.Quick, Async: r.Ops.Async}
	if r.Each != nil {
		r.Each(all.Sync)
	}
	all.Unhandled = func(e *engine.Error) {
		i.log("error", "a rejected promise was not handled: "+e.Error()+"\n"+v.stack(e.Stack))
	}
	limits := loop.Limits{Limits: engine.Limits{Memory: p.config.Limits.Memory, Past: &v.past}, CPU: p.config.Limits.CPU}
	if i.loop, err = r.Maker.New(ctx, limits, all, r.Own, v.programs...); err != nil {
		return nil, v.boot(err)
	}
	said, err := i.loop.Load(ctx, "load", v.module != nil)
	if err != nil {
		i.loop.Close()
		return nil, v.boot(err)
	}
	i.said, _ = said.(string)
	return i, nil
}

// Ops are the operations of this package, beside base: all of them find out in their
// context what they work for.
func ops(base loop.Ops) loop.Ops {
	all := loop.Ops{Sync: maps.Clone(base.Sync), Quick: base.Quick, Async: maps.Clone(base.Async)}
	for name, op := range map[string]operation{
		"serve.unload": func(c *Call, _ []engine.Value) error { c.instance.unload = true; return nil },
		"serve.wait":   func(c *Call, _ []engine.Value) error { c.waits = true; return nil },
		"serve.long":   func(c *Call, _ []engine.Value) error { return c.exchange.long() },
		"serve.respond": func(c *Call, args []engine.Value) error {
			a := engine.Args(args)
			return c.exchange.respond(int(a.Number(0)), a.Text(1), a.At(2), a.Bool(3))
		},
		"serve.answer": func(c *Call, args []engine.Value) error {
			a := engine.Args(args)
			return c.exchange.respond(int(a.Number(3)), a.Text(4), a.At(0), false)
		},
		"serve.progress": func(c *Call, args []engine.Value) error {
			if a := engine.Args(args); c.progress != nil {
				c.progress(a.Number(0), a.Text(1))
			}
			return nil
		},
	} {
		all.Sync[name] = op.run
	}
	all.Sync["serve.most"] = func(ctx context.Context, _ []engine.Value) (engine.Value, error) {
		return float64(min(callOf(ctx).instance.version.project.config.Limits.MaxResponse, math.MaxInt32)), nil
	}
	all.Sync["serve.about"] = func(ctx context.Context, args []engine.Value) (engine.Value, error) {
		return aboutCall(callOf(ctx), engine.Args(args).Number(0)), nil
	}
	all.Async["serve.write"] = operation(func(c *Call, args []engine.Value) error {
		return c.exchange.write(engine.Args(args).Bytes(0))
	}).run
	all.Async["serve.module"] = passOn
	all.Async["serve.gone"] = func(ctx context.Context, _ []engine.Value) (engine.Value, error) {
		c := callOf(ctx)
		return c != nil && c.exchange.gone(ctx), nil
	}
	return all
}

// operation is one that gives nothing back.
type operation func(c *Call, args []engine.Value) error

func (op operation) run(ctx context.Context, args []engine.Value) (engine.Value, error) {
	c := callOf(ctx)
	if c == nil {
		return nil, errOver
	}
	return nil, op(c, args)
}

type callKey struct{}

// callOf is the call that an operation works for, nil when it is over.
func callOf(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	return c
}

// begin begins a call, and returns the context for all that it does, which is done at a
// deadline, unless that is zero. end ends what it left behind.
func (i *instance) begin(parent context.Context, deadline time.Time, c *Call) (_ context.Context, end func()) {
	c.instance = i
	i.current = c
	i.uses++
	c.ctx.Begin(parent, deadline, callKey{}, c)
	ctx, close := i.version.project.config.Begin(&c.ctx, c)
	return ctx, func() {
		close()
		c.ctx.End(errOver)
	}
}

// call calls a function that serve.js exposes.
func (i *instance) call(ctx context.Context, function string, args ...engine.Value) (engine.Value, error) {
	v, err := i.loop.Call(ctx, function, args...)
	if errors.Is(err, engine.ErrTime) || errors.Is(err, engine.ErrMemory) || errors.Is(err, loop.ErrStuck) {
		i.broken = true
	}
	return v, err
}

// rest waits for what waitUntil was given.
func (i *instance) rest(ctx context.Context) {
	if i.broken || !i.current.waits {
		return
	}
	if _, err := i.call(ctx, "rest"); err != nil {
		i.log("error", "waitUntil: "+i.version.why(ctx, err).full(i.version))
	}
}

// settle bounds how long operations take to end whose call is over, in which they fail.
const settle = time.Second

// release gives the instance back, unless it is better made anew: it has ended, was
// used a lot, fills its memory, or still does something for the last caller, which
// must not go on in the name of the next one.
func (i *instance) release() {
	limits := i.version.project.config.Limits
	i.loop.Clear()
	if !i.broken && i.loop.Pending() > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), settle)
		defer cancel()
		for i.loop.Pending() > 0 && !i.broken {
			i.broken = i.loop.Turn(ctx) != nil
		}
		i.loop.Clear()
	}
	keep := !i.broken && !i.loop.Ended() && i.uses < limits.Uses && i.loop.Memory() < limits.Memory/2
	if !keep {
		i.version.past.Note(true) // the next one has to be made
	}
	i.current = nil
	i.version.group.Release(i, keep)
}

// unloadTime bounds what a function does when its instance is closed.
const unloadTime = time.Second

// Close implements pool.Instance.
func (i *instance) Close() {
	if i.unload && !i.broken && !i.loop.Ended() {
		ctx, end := i.begin(context.Background(), time.Now().Add(unloadTime), &Call{Function: i.version.Name, Kind: "unload"})
		_, _ = i.loop.Call(ctx, "unload", "retire") // there is nobody to tell
		end()
	}
	i.loop.Close()
}

// log writes a line into the function's log.
func (i *instance) log(level, message string) {
	e := Entry{At: time.Now(), Function: i.version.Name, Level: level, Message: message}
	if i.current != nil {
		e.RequestID = i.current.RequestID
	}
	i.version.project.config.Log(e)
}
