// Package loop turns the event loop of a script: what Go does for it meanwhile on
// goroutines of their own, its timers, and the promises that wait for them.
package loop

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/processor"
)

// Ops are what a script may ask Go for, by name: __host.call(op, ...args) and
// __host.start(op, ...args), which gives a promise. ctx is that of the Call or Drain
// that turns the loop.
type Ops struct {
	// Sync run while the script waits: they must not take long. Their context's Err tells
	// when the script is stopped, too; nothing may keep it.
	Sync map[string]func(ctx context.Context, args []engine.Value) (engine.Value, error)
	// Quick run while the script waits too, but their time does not count as its own.
	Quick map[string]func(ctx context.Context, args []engine.Value) (engine.Value, error)
	// Async run on a goroutine of their own; what they give settles the promise.
	Async map[string]func(ctx context.Context, args []engine.Value) (engine.Value, error)
	// Unhandled is told of a rejected promise that nobody handles; it may be nil.
	Unhandled func(*engine.Error)
}

// Limits bound what one instance may take.
type Limits struct {
	engine.Limits
	// CPU bounds the time in which the script itself runs, in each Call together
	// with the Drain that follows it, and in New. Zero is no bound.
	CPU time.Duration
}

// What one instance may have under way.
const (
	maxPending = 1000
	maxTimers  = 10_000
)

// ErrCPU is the end of a script that ran longer than Limits.CPU.
var ErrCPU = fmt.Errorf("%w: its time on the processor is used up (functions.cpu_time)", engine.ErrTime)

// ErrStuck is a call whose promise nothing can settle any more.
var ErrStuck = errors.New("the script waits for something that cannot happen")

// Loop is an instance with its event loop. One goroutine at a time uses it.
type Loop struct {
	instance  engine.Instance
	ops       Ops
	limits    Limits
	ctx       context.Context // of the Call or Drain under way
	left      time.Duration   // of Limits.CPU
	bounded   bounded         // ctx until that is used up
	clock     engine.Clock    // of what runs: that of bounded, or of starting
	made      bool            // a call was made, or can be
	computing computing       // ctx until the script is stopped

	events   queue
	pending  int // async operations under way
	timers   timers
	last     float64 // the id of the timer or operation that was begun last
	mark     float64 // last, when the call began
	rejected bool
	spent    bool // its memory was used up

	call   float64 // the one that is waited for
	done   bool
	result engine.Value
	failed error
}

//go:embed bootstrap.js
var bootstrap string

// Maker makes loops; what every loop begins with is compiled once.
type Maker struct {
	engine             engine.Engine
	bootstrap, closing engine.Program
}

// NewMaker compiles what every loop begins with.
func NewMaker(e engine.Engine) (*Maker, error) {
	p, err := e.Compile("galley:loop", bootstrap)
	if err != nil {
		return nil, err
	}
	closing, err := e.Compile("galley:close", "__host.close()")
	if err != nil {
		return nil, err
	}
	return &Maker{e, p, closing}, nil
}

// New makes an instance and runs Galley's own programs in it, which find what they
// need in __host. Then that is taken away, and the project's programs are run. What
// they began goes on with the first Call.
func (m *Maker) New(ctx context.Context, limits Limits, ops Ops, own []engine.Program, project ...engine.Program) (*Loop, error) {
	l := &Loop{
		ops: ops, limits: limits, left: limits.CPU, ctx: ctx,
		events: queue{wake: make(chan struct{}, 1)}, timers: timers{byID: map[float64]*timer{}},
	}
	instance, err := m.engine.New(limits.Limits, l.host)
	if err != nil {
		return nil, err
	}
	l.instance = instance
	if err := l.begin(append([]engine.Program{m.bootstrap}, own...), append([]engine.Program{m.closing}, project...)); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Loop) begin(own, project []engine.Program) error {
	if err := l.run(own); err != nil {
		return err
	}
	for _, f := range []string{"__await", "__failed", "__settle", "__fire", "__unhandled", "__rejected"} {
		if err := l.instance.Keep(f); err != nil {
			return err
		}
	}
	return l.run(project)
}

func (l *Loop) run(programs []engine.Program) error {
	for _, p := range programs {
		if err := l.turn(func(ctx context.Context) error { return l.instance.Run(ctx, p) }); err != nil {
			return err
		}
	}
	return nil
}

// Call calls a function that a script of Galley's exposed, or a global one. If that
// gives a promise, the loop turns until it is settled. An exception is an
// *engine.Error; the end of the instance is engine.ErrMemory, engine.ErrTime or ErrCPU.
func (l *Loop) Call(ctx context.Context, function string, args ...engine.Value) (engine.Value, error) {
	l.made = true
	return l.invoke(ctx, function, args)
}

// Load is the Call that belongs to the making of an instance: as in New, what the script
// computes counts, and not what it waits for a processor.
func (l *Loop) Load(ctx context.Context, function string, args ...engine.Value) (engine.Value, error) {
	defer func() { l.made = true }()
	return l.invoke(ctx, function, args)
}

func (l *Loop) invoke(ctx context.Context, function string, args []engine.Value) (engine.Value, error) {
	l.ctx, l.left = ctx, l.limits.CPU
	l.call, l.done, l.result, l.failed = l.call+1, false, nil, nil
	l.mark = l.last
	err := l.turn(func(ctx context.Context) error {
		result, done, err := l.instance.Invoke(ctx, l.call, function, args...)
		if done && !l.done {
			l.done, l.result = true, result
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for !l.done {
		if !l.Busy() {
			return nil, ErrStuck
		}
		if err := l.next(); err != nil {
			return nil, err
		}
	}
	return l.result, l.failed
}

// Drain turns the loop until nothing is pending, for what a script goes on with after
// its answer. It uses what Call has left of the processor's time.
func (l *Loop) Drain(ctx context.Context) error {
	l.ctx = ctx
	for l.Busy() {
		if err := l.next(); err != nil {
			return err
		}
	}
	return nil
}

// Turn waits for what is due next, and runs its turn.
func (l *Loop) Turn(ctx context.Context) error {
	l.ctx = ctx
	return l.next()
}

// Busy says whether anything is pending that may go on: a timer, or what Go does for
// the script.
func (l *Loop) Busy() bool { return l.pending > 0 || len(l.timers.byID) > 0 || !l.events.empty() }

// next waits for an event and runs its turn.
func (l *Loop) next() error {
	for {
		if event := l.events.take(); event != nil {
			return event()
		}
		select {
		case <-l.events.wake:
		case <-l.ctx.Done():
			return engine.ErrTime
		}
	}
}

// turn lets the script run, within what is left of its time.
func (l *Loop) turn(run func(context.Context) error) error {
	if err := l.timed(run); err != nil {
		return err
	}
	if !l.rejected {
		return nil
	}
	l.rejected = false
	return l.timed(func(ctx context.Context) error {
		_, err := l.instance.Call(ctx, "__unhandled")
		return err
	})
}

func (l *Loop) timed(run func(context.Context) error) error {
	if l.limits.CPU == 0 {
		return run(l.ctx)
	}
	err := l.measured(run)
	if errors.Is(err, engine.ErrTime) && l.ctx.Err() == nil {
		return ErrCPU
	}
	return err
}

// measured lets the script run, and takes what it computes from its time.
func (l *Loop) measured(run func(context.Context) error) error {
	if !l.made {
		if clock, ok := processor.Begin(); ok {
			defer clock.End()
			s := &starting{Context: l.ctx, processor: clock, left: l.left}
			l.clock = s
			defer func() { l.left -= s.took() }()
			return run(s)
		}
	}
	if l.used() > l.limits.CPU/short {
		defer l.counted(processor.Count())()
	}
	began := time.Now()
	l.bounded.begin(l.ctx, began, l.used(), l.left)
	l.clock = &l.bounded
	defer func() { l.left -= time.Since(began) - l.bounded.waited - time.Duration(l.bounded.missed.Load()) }()
	return run(&l.bounded)
}

// short is the part of its time within which a call's turns are not asked what they
// computed: that takes a microsecond of each, and most calls end before.
const short = 20

// counted takes from the script's time no more than its thread computed: on a busy
// machine many short turns are long waits.
func (l *Loop) counted(span processor.Span) func() {
	left := l.left
	return func() {
		if computed, ok := span.End(); ok {
			l.left = max(l.left, left-computed)
		}
	}
}

// used is for how long the call has computed. The making of an instance is none: whoever
// waits for that waits long enough.
func (l *Loop) used() time.Duration {
	if !l.made {
		return 0
	}
	return l.limits.CPU - l.left
}

// quick runs an operation on whose time the script's clock stands still.
func (l *Loop) quick(f func(context.Context, []engine.Value) (engine.Value, error), args []engine.Value) (engine.Value, error) {
	if l.limits.CPU == 0 {
		return f(l.ctx, args)
	}
	defer l.clock.Stop()()
	return f(l.ctx, args)
}

// bounded is a context that is done at a moment, too. The engine looks at the clock, so
// that it needs no timer: there is one for each turn.
type bounded struct {
	context.Context
	end    atomic.Int64  // Unix time in nanoseconds
	most   int64         // until when a busy machine may put it off
	used   time.Duration // before it began
	waited time.Duration // while it stood still
	missed atomic.Int64  // nanoseconds that the machine gave to others
}

// patience is how many times its limit a script may take on a busy machine.
const patience = 10

func (b *bounded) begin(ctx context.Context, now time.Time, used, left time.Duration) {
	b.Context, b.used, b.waited, b.most = ctx, used, 0, now.Add(patience*left).UnixNano()
	b.missed.Store(0)
	b.end.Store(now.Add(left).UnixNano())
}

// Used implements engine.Clock.
func (b *bounded) Used() time.Duration { return b.used }

// Stop implements engine.Clock.
func (b *bounded) Stop() (start func()) {
	end, began := b.end.Swap(math.MaxInt64), time.Now()
	return func() {
		took := time.Since(began)
		b.waited += took
		b.end.Store(end + int64(took))
	}
}

// Miss implements engine.Clock.
func (b *bounded) Miss(d time.Duration) {
	for {
		end := b.end.Load()
		if end >= b.most { // or while it stands still
			return
		}
		later := min(end+int64(d), b.most)
		if b.end.CompareAndSwap(end, later) {
			b.missed.Add(later - end)
			return
		}
	}
}

func (b *bounded) Deadline() (time.Time, bool) {
	end := time.Unix(0, b.end.Load())
	if d, ok := b.Context.Deadline(); ok && d.Before(end) {
		return d, true
	}
	return end, true
}

func (b *bounded) Err() error {
	if err := b.Context.Err(); err != nil || time.Now().UnixNano() < b.end.Load() {
		return err
	}
	return context.DeadlineExceeded
}

// Memory is what the instance takes, in bytes.
func (l *Loop) Memory() int64 { return l.instance.Memory() }

// Ended says whether the loop can only be closed.
func (l *Loop) Ended() bool { return l.spent || l.instance.Ended() }

// Clear cancels the timers that were set since the last Call began, which nothing
// waits for any more. Those that were there before, as of the module itself, stay.
func (l *Loop) Clear() { l.timers.stop(l.mark) }

// Pending is how many operations Go has under way for the script.
func (l *Loop) Pending() int { return l.pending }

// Close ends the instance. Operations under way see their context end, and are not
// waited for.
func (l *Loop) Close() {
	l.events.close()
	l.timers.stop(0)
	l.instance.Close()
}

var errTooMuch = &fault.Error{Code: fault.ProgramLimitExceeded, Message: "the function has too much under way at once"}
