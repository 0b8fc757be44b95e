package loop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
)

// host answers the script: the loop's own operations first.
func (l *Loop) host(op string, args []engine.Value) (engine.Value, error) {
	switch op {
	case "loop.start":
		return nil, l.startOp(args)
	case "loop.later":
		return nil, l.later(engine.Args(args).Number(0), engine.Args(args).Number(1))
	case "loop.cancel":
		l.cancel(engine.Args(args).Number(0))
		return nil, nil
	case "loop.result":
		if id := engine.Args(args).Number(0); id == l.call && !l.done {
			l.done, l.result = true, engine.Args(args).At(1)
		}
		return nil, nil
	case "loop.failed":
		if id := engine.Args(args).Number(0); id == l.call && !l.done {
			l.done, l.failed = true, l.ending(thrown(args[1:]))
		}
		return nil, nil
	case "loop.rejected":
		l.rejected = true
		return nil, nil
	case "loop.unhandled":
		if l.ops.Unhandled != nil {
			l.ops.Unhandled(thrown(args))
		}
		return nil, nil
	}
	if f, ok := l.ops.Quick[op]; ok {
		return l.quick(f, args)
	}
	f, ok := l.ops.Sync[op]
	if !ok {
		return nil, fmt.Errorf("there is no operation %q", op)
	}
	l.computing = computing{l.ctx, l.instance}
	return f(&l.computing, args)
}

// computing is the context of an operation that the script waits for: it is done as soon
// as the script is stopped, for whatever reason.
type computing struct {
	context.Context
	instance engine.Instance
}

// Err implements context.Context.
func (c *computing) Err() error {
	if err := c.Context.Err(); err != nil || !c.instance.Stopped() {
		return err
	}
	return context.DeadlineExceeded
}

// startOp runs an operation on a goroutine.
func (l *Loop) startOp(args []engine.Value) error {
	id := engine.Args(args).Number(0)
	op := engine.Args(args).Text(1)
	f, ok := l.ops.Async[op]
	if !ok {
		return fmt.Errorf("there is no operation %q", op)
	}
	if l.pending == maxPending {
		return errTooMuch
	}
	l.pending++
	l.last = max(l.last, id)
	ctx := l.ctx
	go func() {
		value, err := guarded(ctx, f, args[2:])
		l.events.put(func() error { return l.settle(id, value, err) })
	}()
	return nil
}

// guarded turns a panic of an operation into an error.
func guarded(ctx context.Context, f func(context.Context, []engine.Value) (engine.Value, error), args []engine.Value) (v engine.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the operation failed: %v\n%s", p, debug.Stack())
		}
	}()
	return f(ctx, args)
}

func (l *Loop) settle(id float64, value engine.Value, err error) error {
	l.pending--
	if err != nil {
		value = failure(err)
	}
	return l.turn(func(ctx context.Context) error {
		_, failed := l.instance.Call(ctx, "__settle", id, err == nil, value)
		return failed
	})
}

// failure is an error as a script gets it.
func failure(err error) engine.JSON {
	f := struct {
		Message string `json:"message"`
		Code    string `json:"code,omitempty"`
		Details string `json:"details,omitempty"`
		Hint    string `json:"hint,omitempty"`
		Status  int    `json:"status,omitempty"`
	}{Message: err.Error()}
	if e, ok := errors.AsType[*fault.Error](err); ok {
		f.Message, f.Code, f.Details, f.Hint, f.Status = e.Message, e.Code, e.Detail, e.Hint, fault.Status(e, true)
	}
	b, _ := json.Marshal(f) // strings and a number
	return engine.JSON(b)
}

// ending tells the end of the memory from other exceptions.
func (l *Loop) ending(e *engine.Error) error {
	if e.Name == "InternalError" && e.Message == "out of memory" {
		l.spent = true
		return engine.ErrMemory
	}
	return e
}

// report tells of an exception that has no caller.
func (l *Loop) report(e *engine.Error) {
	if l.ops.Unhandled != nil {
		l.ops.Unhandled(e)
	}
}

// thrown makes an error of its name, message, stack and fields.
func thrown(args []engine.Value) *engine.Error {
	part := engine.Args(args).Text
	e := &engine.Error{Name: part(0), Message: part(1), Stack: part(2)}
	if fields := part(3); fields != "{}" {
		e.Fields = engine.JSON(fields)
	}
	return e
}
