package serve

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/loop"
)

// instance is a function in an engine, ready for calls. It does one at a time.
type instance struct {
	version *Version
	loop    *loop.Loop
	current atomic.Pointer[Call] // nil between calls
	said    string // what the module says of itself
	unload  bool   // it wants to know when it is closed
	uses    int
}

// open makes an instance and evaluates the function in it.
func (v *Version) open(ctx context.Context) (*instance, error) {
	p := v.project
	r, err := p.runtime()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.config.Limits.Wall)
	defer cancel()
	i := &instance{version: v}
	i.begin(&Call{Function: v.Name, Kind: "load"})
	defer i.end()
	limits := loop.Limits{Limits: engine.Limits{Memory: p.config.Limits.Memory}, CPU: p.config.Limits.CPU}
	i.loop, err = r.Maker.New(ctx, limits, i.ops(), r.Own, v.programs...)
	if err != nil {
		return nil, v.boot(err)
	}
	said, err := i.loop.Call(ctx, "load")
	if err != nil {
		i.loop.Close()
		return nil, v.boot(err)
	}
	i.said, _ = said.(string)
	return i, nil
}

// ops are what the function may ask for.
func (i *instance) ops() loop.Ops {
	all := i.version.project.config.Ops(i.current.Load)
	for name, op := range i.own() {
		all.Sync[name] = op
	}
	read := all.Async["body.read"] // of bodies that the function has fetched
	all.Async["body.read"] = func(ctx context.Context, args []engine.Value) (engine.Value, error) {
		if handle, _ := argument(args, 0).(float64); handle != requestBody {
			if read == nil {
				return nil, errors.New("there is no such body")
			}
			return read(ctx, args)
		}
		return i.exchange().read()
	}
	cancel := all.Sync["body.cancel"]
	all.Sync["body.cancel"] = func(ctx context.Context, args []engine.Value) (engine.Value, error) {
		if handle, _ := argument(args, 0).(float64); handle != requestBody && cancel != nil {
			return cancel(ctx, args)
		}
		return nil, nil // the server drops what nobody reads
	}
	all.Async["serve.write"] = func(_ context.Context, args []engine.Value) (engine.Value, error) {
		chunk, _ := argument(args, 0).([]byte)
		return nil, i.exchange().write(chunk)
	}
	all.Async["serve.gone"] = func(ctx context.Context, _ []engine.Value) (engine.Value, error) {
		return i.exchange().gone(ctx), nil
	}
	all.Unhandled = func(e *engine.Error) {
		i.log("error", "a rejected promise was not handled: "+e.Error()+"\n"+i.version.stack(e.Stack))
	}
	return all
}

type syncOp = func(context.Context, []engine.Value) (engine.Value, error)

func (i *instance) own() map[string]syncOp {
	return map[string]syncOp{
		"serve.unload": func(context.Context, []engine.Value) (engine.Value, error) {
			i.unload = true
			return nil, nil
		},
		"serve.wait": func(context.Context, []engine.Value) (engine.Value, error) {
			if c := i.current.Load(); c != nil {
				c.waits = true
			}
			return nil, nil
		},
		"serve.respond": func(_ context.Context, args []engine.Value) (engine.Value, error) {
			status, _ := argument(args, 0).(float64)
			headers, _ := argument(args, 1).(string)
			stream, _ := argument(args, 3).(bool)
			return nil, i.exchange().respond(int(status), headers, argument(args, 2), stream)
		},
		"serve.progress": func(_ context.Context, args []engine.Value) (engine.Value, error) {
			fraction, _ := argument(args, 0).(float64)
			note, _ := argument(args, 1).(string)
			if c := i.current.Load(); c != nil && c.progress != nil {
				c.progress(fraction, note)
			}
			return nil, nil
		},
	}
}

func argument(args []engine.Value, k int) engine.Value {
	if k < len(args) {
		return args[k]
	}
	return nil
}

// exchange is the request that the instance answers, or one that is over.
func (i *instance) exchange() *exchange {
	if c := i.current.Load(); c != nil && c.exchange != nil {
		return c.exchange
	}
	return &exchange{over: true}
}

func (i *instance) begin(c *Call) {
	c.ended = make(chan struct{})
	c.Ended = c.ended
	i.current.Store(c)
	i.uses++
}

// end ends the call: nothing that it left behind goes on.
func (i *instance) end() {
	close(i.current.Swap(nil).ended)
}

// rest waits for what waitUntil was given.
func (i *instance) rest(ctx context.Context) {
	if !i.current.Load().waits {
		return
	}
	if _, err := i.loop.Call(ctx, "rest"); err != nil {
		i.log("error", "waitUntil: "+i.version.why(ctx, err).full(i.version))
	}
}

// release gives the instance back, unless it is better made anew: it has ended, was
// used a lot, fills its memory, or still does something for the last caller, which
// must not go on in the name of the next one.
func (i *instance) release() {
	limits := i.version.project.config.Limits
	i.loop.Clear()
	keep := !i.loop.Ended() && !i.loop.Busy() && i.uses < limits.Uses && i.loop.Memory() < limits.Memory/2
	i.version.group.Release(i, keep)
}

// unloadTime bounds what a function does when its instance is closed.
const unloadTime = time.Second

// Close implements pool.Instance.
func (i *instance) Close() {
	if i.unload && !i.loop.Ended() {
		ctx, cancel := context.WithTimeout(context.Background(), unloadTime)
		defer cancel()
		i.begin(&Call{Function: i.version.Name, Kind: "unload"})
		_, _ = i.loop.Call(ctx, "unload", "retire") // there is nobody to tell
		i.end()
	}
	i.loop.Close()
}

// log writes a line into the function's log.
func (i *instance) log(level, message string) {
	e := Entry{At: time.Now(), Function: i.version.Name, Level: level, Message: message}
	if c := i.current.Load(); c != nil {
		e.RequestID = c.RequestID
	}
	i.version.project.config.Log(e)
}
