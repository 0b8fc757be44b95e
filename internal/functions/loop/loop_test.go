package loop

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/engine/quick"
)

// begin makes a loop with one script of Galley's and one of a project.
func begin(t testing.TB, limits Limits, ops Ops, own, project string) (*Loop, error) {
	t.Helper()
	e := &quick.Engine{}
	maker, err := NewMaker(e)
	if err != nil {
		t.Fatal(err)
	}
	var programs []engine.Program
	for _, s := range []string{own, project} {
		p, err := e.Compile("test.js", s)
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, p)
	}
	limits.Memory = 64 << 20
	l, err := maker.New(t.Context(), limits, ops, programs[:1], programs[1])
	if err == nil {
		t.Cleanup(l.Close)
	}
	return l, err
}

const own = `(() => {
	const { call, start, later, cancel, expose } = __host;
	globalThis.setTimeout = (f, ms) => later(ms, f);
	globalThis.clearTimeout = cancel;
	globalThis.work = start;
	globalThis.ask = call;
	expose("exposed", (x) => x + 1);
})()`

var ops = Ops{
	Sync: map[string]func(context.Context, []engine.Value) (engine.Value, error){
		"twice": func(_ context.Context, args []engine.Value) (engine.Value, error) { return args[0].(float64) * 2, nil },
	},
	Async: map[string]func(context.Context, []engine.Value) (engine.Value, error){
		"echo": func(_ context.Context, args []engine.Value) (engine.Value, error) { return args[0], nil },
		"fail": func(context.Context, []engine.Value) (engine.Value, error) {
			return nil, &fault.Error{Code: "23505", Message: "no", Hint: "h"}
		},
		"panic": func(context.Context, []engine.Value) (engine.Value, error) { panic("oh") },
		"wait":  func(ctx context.Context, _ []engine.Value) (engine.Value, error) { <-ctx.Done(); return nil, ctx.Err() },
	},
}

func TestCalls(t *testing.T) {
	l, err := begin(t, Limits{CPU: time.Minute}, ops, own, `
		function now(a, b) { return a + b }
		async function soon() { return (await work("echo", 2)) + (await work("echo", new Uint8Array([1, 2]))).length + ask("twice", 4) }
		async function timers() { const seen = []; await new Promise(done => { const gone = setTimeout(() => seen.push("gone"), 1); setTimeout(() => { seen.push("b"); done() }, 500); setTimeout(() => seen.push("a"), 2); clearTimeout(gone) }); return seen }
		function late() { return new Promise(done => {
			const seen = [], end = Date.now() + 30, ids = [];
			for (let i = 0; i < 40; i++) ids.push(setTimeout(() => { seen.push(i); if (i === 10) clearTimeout(ids[12]) }, i / 4));
			setTimeout(() => done(seen.join()), 11);
			while (Date.now() < end);
			clearTimeout(ids[5]);
		}) }
		async function many() { const all = await Promise.all(Array.from({ length: 200 }, (_, i) => work("echo", i))); return all.reduce((a, b) => a + b) }
		function throws() { const e = new TypeError("bad"); e.status = 418; throw e }
		async function rejects() { await work("echo", 1); throw new RangeError("late") }
		async function faults() { try { await work("fail") } catch (e) { return [e.name, e.message, e.code, e.hint, e.status, e instanceof Error] } }
		async function panics() { await work("panic") }
		async function unknown() { await work("nothing") }
		function stuck() { return new Promise(() => {}) }
		function none() {}
		function left() { return [typeof __host, typeof __invoke, typeof __settle, typeof __fire, typeof __rejected] }`)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		f    string
		args []engine.Value
		want engine.Value
		err  string
	}{
		{"now", []engine.Value{1, "x"}, "1x", ""},
		{"exposed", []engine.Value{1}, 2.0, ""},
		{"soon", nil, 12.0, ""},
		{"timers", nil, engine.JSON(`["a","b"]`), ""},
		{"late", nil, inTurn(40, 5, 12), ""},
		{"many", nil, 19900.0, ""},
		{"throws", nil, nil, "TypeError: bad"},
		{"rejects", nil, nil, "RangeError: late"},
		{"faults", nil, engine.JSON(`["HostError","no","23505","h",409,true]`), ""},
		{"panics", nil, nil, "HostError: the operation failed: oh"},
		{"unknown", nil, nil, `HostError: there is no operation "nothing"`},
		{"stuck", nil, nil, ErrStuck.Error()},
		{"none", nil, nil, ""},
		{"nothing", nil, nil, "TypeError: not a function"},
		{"left", nil, engine.JSON(`["undefined","undefined","undefined","undefined","undefined"]`), ""},
	}
	for _, tt := range tests {
		got, err := l.Call(t.Context(), tt.f, tt.args...)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.HasPrefix(err.Error(), tt.err) {
			t.Errorf("%s: %v, %v; want %v, %s", tt.f, got, err, tt.want, tt.err)
		}
	}
	if _, err := l.Call(t.Context(), "throws"); err.(*engine.Error).Fields != `{"status":418}` {
		t.Errorf("%#v", err)
	}
}

// inTurn has the numbers below n but for some.
func inTurn(n int, but ...int) string {
	var list []string
	for i := range n {
		if !slices.Contains(but, i) {
			list = append(list, strconv.Itoa(i))
		}
	}
	return strings.Join(list, ",")
}

func TestDrainGoesOn(t *testing.T) {
	l, err := begin(t, Limits{}, ops, own, `let n = 0
		function answer() { work("echo", 1).then(() => setTimeout(() => n++, 5)); return "now" }
		function count() { return n }`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Call(t.Context(), "answer"); err != nil {
		t.Fatal(err)
	}
	if err := l.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := l.Call(t.Context(), "count"); n != 1.0 {
		t.Errorf("%v, %v", n, err)
	}
}

func TestUnhandled(t *testing.T) {
	var seen []string
	o := ops
	o.Unhandled = func(e *engine.Error) { seen = append(seen, e.Error()) }
	l, err := begin(t, Limits{}, o, own, `
		function lost() { Promise.reject(new Error("lost")); Promise.reject("text").catch(() => {}); Promise.reject({ a: 1 }) }
		async function timer() { setTimeout(() => { throw new Error("in a timer") }, 1); await new Promise(d => setTimeout(d, 10)); return 1 }`)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"lost", "timer"} {
		if _, err := l.Call(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(seen, "|"); got != `Error: lost|{"a":1}|Error: in a timer` {
		t.Error(got)
	}
}

func TestEnds(t *testing.T) {
	tests := []struct{ script, want string }{
		{`for (;;) {}`, ErrCPU.Error()},
		{`(async () => { for (;;) await null })()`, ErrCPU.Error()},
		{`(function again() { setTimeout(again, 0) })()`, engine.ErrTime.Error()},
		{`work("wait")`, engine.ErrTime.Error()},
		{`for (;;) setTimeout(() => {}, 1e6)`, errTooMuch.Message},
		{`for (;;) work("wait")`, engine.ErrTime.Error()},
		{`const a = []; for (;;) a.push(new ArrayBuffer(1e6))`, engine.ErrMemory.Error()},
	}
	for _, tt := range tests {
		l, err := begin(t, Limits{CPU: 300 * time.Millisecond}, ops, own, `function attack() { `+tt.script+` }`)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
		_, err = l.Call(ctx, "attack")
		if err == nil {
			err = l.Drain(ctx)
		}
		if cancel(); err == nil || !strings.Contains(err.Error(), tt.want) && !errors.Is(err, engine.ErrTime) {
			t.Errorf("%s: %v, want %s", tt.script, err, tt.want)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	l, err := begin(b, Limits{CPU: time.Minute}, ops, own, `async function f(x) { return x }`)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := l.Call(b.Context(), "f", "x"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestClear lets a call leave timers behind: those of the module go on, those of the
// call do not.
func TestClear(t *testing.T) {
	l, err := begin(t, Limits{CPU: 10 * time.Second}, ops, own, `
		var module = 0, call = 0;
		const tick = () => { module++; setTimeout(tick, 1); };
		tick();
		var leave = () => { const again = () => { call++; setTimeout(again, 1); }; setTimeout(again, 1); };
		var seen = () => new Promise((done) => { const n = module; const look = () => module > n ? done(call) : setTimeout(look, 1); look(); });`)
	if err != nil {
		t.Fatal(err) // a timer of the module must not hold New up
	}
	if _, err := l.Call(t.Context(), "leave"); err != nil {
		t.Fatal(err)
	}
	if !l.Busy() {
		t.Error("nothing is pending")
	}
	l.Clear()
	if n, err := l.Call(t.Context(), "seen"); err != nil || n != 0.0 {
		t.Errorf("the timer of a call that is over has fired: %v %v", n, err)
	}
}

// TestQuickTimeIsNotCounted lets operations take longer than the script may run.
func TestQuickTimeIsNotCounted(t *testing.T) {
	o := ops
	o.Quick = map[string]func(context.Context, []engine.Value) (engine.Value, error){
		"slow": func(context.Context, []engine.Value) (engine.Value, error) {
			time.Sleep(300 * time.Millisecond)
			return 1.0, nil
		},
		"fails": func(context.Context, []engine.Value) (engine.Value, error) { return nil, errors.New("no") },
		"waits": func(ctx context.Context, _ []engine.Value) (engine.Value, error) { <-ctx.Done(); return 2.0, nil },
	}
	l, err := begin(t, Limits{CPU: 500 * time.Millisecond}, o, own, `
		function slow() { let n = 0; for (let i = 0; i < 4; i++) n += ask("slow"); return n }
		function fails() { try { ask("fails") } catch (e) { return e.message } }
		function endless() { ask("slow"); for (;;); }`)
	if err != nil {
		t.Fatal(err)
	}
	for f, want := range map[string]engine.Value{"slow": 4.0, "fails": "no"} {
		if got, err := l.Call(t.Context(), f); got != want || err != nil {
			t.Errorf("%s: %v, %v", f, got, err)
		}
	}
	if _, err := l.Call(t.Context(), "endless"); !errors.Is(err, ErrCPU) {
		t.Error(err)
	}
	if l, err = begin(t, Limits{CPU: time.Minute}, o, own, `function waits() { return ask("waits") }`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := l.Call(ctx, "waits"); err != nil && !errors.Is(err, engine.ErrTime) {
		t.Error(err)
	}
}

// TestMissed puts the end of a script off by what the machine gave to others, so far.
func TestMissed(t *testing.T) {
	const limit = time.Second
	b, now := &bounded{}, time.Now()
	b.begin(t.Context(), now, 0, limit)
	end := func() time.Duration { return time.Duration(b.end.Load() - now.UnixNano()) }
	b.Miss(3 * limit)
	start := b.Stop()
	b.Miss(limit) // while it stands still
	start()
	if got := end() - b.waited; got != 4*limit || b.missed.Load() != int64(3*limit) {
		t.Errorf("it ends after %s, having missed %d", got, b.missed.Load())
	}
	b.Miss(100 * limit)
	if end() != patience*limit {
		t.Errorf("it ends after %s at the latest", end())
	}
	b.Miss(limit)
	if end() != patience*limit || b.missed.Load()+int64(limit+b.waited) != int64(patience*limit) {
		t.Errorf("it ends after %s, having missed %d", end(), b.missed.Load())
	}
	b.begin(t.Context(), now, 0, limit)
	if end() != limit || b.missed.Load() != 0 {
		t.Error("the next turn begins late")
	}
}

// TestOperationsEnd has an operation that computes see that the script is stopped: by the
// end of its time, and by the end of the call.
func TestOperationsEnd(t *testing.T) {
	for what, c := range map[string]struct {
		cpu, wall time.Duration // wall: from when the operation computes
		want      error
	}{"its time": {300 * time.Millisecond, time.Minute, ErrCPU}, "the call": {time.Minute, 300 * time.Millisecond, engine.ErrTime}} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		o := ops
		o.Sync = map[string]func(context.Context, []engine.Value) (engine.Value, error){
			"long": func(ctx context.Context, _ []engine.Value) (engine.Value, error) {
				defer close(ended)
				time.AfterFunc(c.wall, cancel)
				for end := time.Now().Add(time.Minute); time.Now().Before(end); {
					if err := ctx.Err(); err != nil {
						return nil, err
					}
				}
				return nil, nil
			},
		}
		l, err := begin(t, Limits{CPU: c.cpu}, o, own, `function long() { try { ask("long") } catch {} for (;;); }`)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Call(ctx, "long"); !errors.Is(err, c.want) {
			t.Errorf("the end of %s: %v", what, err)
		}
		cancel()
		select {
		case <-ended:
		default:
			t.Errorf("the end of %s did not end the operation", what)
		}
	}
}
