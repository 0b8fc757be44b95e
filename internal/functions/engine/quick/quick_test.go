package quick

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
)

var testEngine Engine

const testMemory = 64 << 20

func start(t testing.TB, memory int64, host engine.Host, scripts ...string) engine.Instance {
	t.Helper()
	i, err := testEngine.New(engine.Limits{Memory: memory}, host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Close)
	for _, s := range scripts {
		if err := run(t, i, s); err != nil {
			t.Fatal(err)
		}
	}
	return i
}

func run(t testing.TB, i engine.Instance, script string) error {
	t.Helper()
	p, err := testEngine.Compile("test.js", script)
	if err != nil {
		t.Fatal(err)
	}
	return i.Run(t.Context(), p)
}

func TestValuesPass(t *testing.T) {
	i := start(t, testMemory, nil, `function same(x) { return x }
		function kind(x) { return Object.prototype.toString.call(x) }`)
	tests := []struct {
		in   engine.Value
		out  engine.Value
		kind string
	}{
		{nil, nil, "[object Null]"},
		{true, true, "[object Boolean]"},
		{1.5, 1.5, "[object Number]"},
		{math.Copysign(0, -1), 0.0, "[object Number]"},
		{"", "", "[object String]"},
		{"a\x00b ä 😀", "a\x00b ä 😀", "[object String]"},
		{strings.Repeat("x", 100_000), strings.Repeat("x", 100_000), "[object String]"},
		{[]byte{}, []byte{}, "[object Uint8Array]"},
		{[]byte{0, 255, 7}, []byte{0, 255, 7}, "[object Uint8Array]"},
		{engine.JSON(`{"a":[1,null,"ü"]}`), engine.JSON(`{"a":[1,null,"ü"]}`), "[object Object]"},
	}
	for _, tt := range tests {
		kind, err := i.Call(t.Context(), "kind", tt.in)
		if err != nil || kind != tt.kind {
			t.Errorf("%.40q is a %v (%v), want %s", tt.in, kind, err, tt.kind)
		}
		out, err := i.Call(t.Context(), "same", tt.in)
		if b, ok := tt.out.([]byte); ok {
			if got, _ := out.([]byte); err != nil || got == nil || string(got) != string(b) {
				t.Errorf("%v came back as %v (%v)", tt.in, out, err)
			}
		} else if err != nil || out != tt.out {
			t.Errorf("%.40q came back as %.40q (%v)", tt.in, out, err)
		}
	}
}

func TestOddResults(t *testing.T) {
	i := start(t, testMemory, nil, `
		function undef() {}
		function fn() { return () => 1 }
		function big() { return 2n ** 70n }
		function half() { return "a\ud800b" }
		function view() { return new Uint8Array([1,2,3,4]).subarray(1, 3) }
		function buffer() { return new Uint16Array([1, 2]).buffer }
		function json() { return { toJSON() { return [1] } } }
		function rope() { let s = ""; for (let i = 0; i < 1000; i++) s += i; return s.length + s.slice(0, 3) }
		function circular() { const a = {}; a.a = a; return a }
		function thrower() { return { toJSON() { throw new RangeError("no") } } }
		function transferred() { const b = new ArrayBuffer(8); b.transfer(); return b }
		function viewed() { const v = new Uint8Array(8); v.buffer.transfer(); return v }
		function empty() { return new ArrayBuffer(0) }
		function primitive() { throw "just text" }`)
	for name, want := range map[string]engine.Value{
		"undef": nil, "fn": nil, "big": "1180591620717411303424", "half": "a\uFFFDb", "json": engine.JSON("[1]"), "rope": "2890012",
	} {
		if got, err := i.Call(t.Context(), name); err != nil || got != want {
			t.Errorf("%s gives %v, %v; want %v", name, got, err, want)
		}
	}
	for name, want := range map[string]string{"view": "\x02\x03", "buffer": "\x01\x00\x02\x00", "empty": ""} {
		if got, err := i.Call(t.Context(), name); err != nil || string(got.([]byte)) != want {
			t.Errorf("%s gives %v, %v; want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"transferred", "viewed"} {
		if got, err := i.Call(t.Context(), name); err == nil && len(got.([]byte)) > 0 {
			t.Errorf("%s gives %v", name, got)
		}
	}
	for name, want := range map[string]string{"circular": "TypeError: circular reference", "thrower": "RangeError: no", "primitive": "just text", "nothing": "TypeError: nothing is not a function"} {
		if _, err := i.Call(t.Context(), name); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestHost(t *testing.T) {
	host := func(op string, args []engine.Value) (engine.Value, error) {
		switch op {
		case "add":
			return args[0].(float64) + args[1].(float64), nil
		case "bytes":
			return append(args[0].([]byte), 9), nil
		case "fault":
			return nil, &fault.Error{Code: "23505", Message: "duplicate", Detail: "Key (id)=(1) exists.", Hint: "Take another."}
		}
		return nil, errors.New("unknown operation " + op)
	}
	i := start(t, testMemory, host, `
		function add() { return __host("add", 1, 2) }
		function bytes() { return Array.from(__host("bytes", new Uint8Array([1, 2]))) }
		function fault() { try { __host("fault") } catch (e) { return [e instanceof Error, e.name, e.message, e.code, e.details, e.hint, e.status, e.stack.length > 0] } }
		function none() { __host() }
		function passes() { __host("x") }`)
	for name, want := range map[string]engine.Value{"add": 3.0, "bytes": engine.JSON("[1,2,9]"),
		"fault": engine.JSON(`[true,"HostError","duplicate","23505","Key (id)=(1) exists.","Take another.",409,true]`)} {
		if got, err := i.Call(t.Context(), name); err != nil || got != want {
			t.Errorf("%s gives %v, %v; want %v", name, got, err, want)
		}
	}
	for name, want := range map[string]string{"none": "HostError: there is no such operation", "passes": "HostError: unknown operation x"} {
		if _, err := i.Call(t.Context(), name); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestErrorsHavePositions(t *testing.T) {
	_, err := testEngine.Compile("broken.js", "let a = 1\nlet b = = 2")
	if e, ok := errors.AsType[*engine.Error](err); !ok || e.Name != "SyntaxError" || !strings.Contains(e.Stack, "broken.js:2:9") {
		t.Errorf("%#v", err)
	}
	i := start(t, testMemory, nil, "function inner() { null.x }\nfunction outer() {\n  inner() }")
	_, err = i.Call(t.Context(), "outer")
	e, ok := errors.AsType[*engine.Error](err)
	if !ok || e.Name != "TypeError" || !strings.Contains(e.Stack, "test.js:1:") || !strings.Contains(e.Stack, "test.js:3:") {
		t.Errorf("%#v", err)
	}
}

func TestMicrotasksRun(t *testing.T) {
	i := start(t, testMemory, nil, `const seen = [];
		function __rejected(promise, reason, handled) { seen.push([String(reason), handled]) }
		async function work() { await null; seen.push("later"); throw new Error("lost") }
		function begin() { work() }
		function look() { return seen }`)
	if _, err := i.Call(t.Context(), "begin"); err != nil {
		t.Fatal(err)
	}
	if got, err := i.Call(t.Context(), "look"); err != nil || got != engine.JSON(`["later",["Error: lost",false]]`) {
		t.Errorf("%v, %v", got, err)
	}
}

// Whatever a script does, it ends in time and in its memory, and others go on.
func TestEndsWhateverItDoes(t *testing.T) {
	attacks := map[string]string{
		"loop":                    `for (;;) {}`,
		"loop that catches":       `for (;;) { try { for (;;) {} } catch (e) {} finally { continue } }`,
		"loop in the engine":      `new Array(4294967295).join('abc')`,
		"array-like":              `Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)`,
		"flat of a graph":         `let x = []; for (let i = 0; i < 60; i++) x = [x, x]; x.flat(Infinity)`,
		"set of holes":            `new Set(Array.prototype.values.call({ length: 2 ** 53 - 1 }))`,
		"raw":                     `String.raw({ raw: { length: 2 ** 53 - 1 } })`,
		"array without end":       `let a = []; for (;;) a.push(new Array(1000).fill(1))`,
		"string without end":      `let s = 'x'; for (;;) s = s.repeat(2)`,
		"huge string":             `'x'.repeat(2 ** 29)`,
		"huge buffer":             `new ArrayBuffer(2 ** 31)`,
		"buffers without end":     `let a = []; for (;;) a.push(new ArrayBuffer(1 << 20))`,
		"map without end":         `let m = new Map(); for (let i = 0; ; i++) m.set(i, {})`,
		"recursion":               `function f() { return f() + 1 } f()`,
		"deep JSON":               `JSON.parse('['.repeat(1e6))`,
		"deep array as JSON":      `let x = []; for (let i = 0; i < 1e5; i++) x = [x]; JSON.stringify(x)`,
		"proxy":                   `let p = new Proxy({}, { get(t, k, r) { return r[k] } }); p.x`,
		"regular expression":      `/^(a+)+$/.test('a'.repeat(40) + 'b')`,
		"deep regular expression": `new RegExp('('.repeat(1e5) + ')'.repeat(1e5))`,
		"microtasks without end":  `(async () => { for (;;) await null })()`,
		"generators":              `let g = (function* () { yield* g() }); [...g()]`,
		"sort":                    `[1, 2, 3].sort(function f() { [1, 2].sort(f) })`,
		"big number":              `let n = 7n; for (;;) n = n * n`,
		"memory it lets go":       `for (;;) { try { let a = []; for (;;) a.push(a.slice()) } catch (e) {} }`,
		"stack of an error":       `Error.prepareStackTrace = () => { for (;;) {} }; new Error().stack; null.x`,
	}
	for name, script := range attacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := start(t, testMemory, nil)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			p, err := testEngine.Compile("attack.js", script)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			err = i.Run(ctx, p)
			if err == nil {
				t.Error("it came to an end by itself")
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			t.Logf("%v: %.80v", time.Since(began).Round(time.Millisecond), err)
			if _, ok := errors.AsType[*engine.Error](err); !ok && !i.Ended() {
				t.Errorf("after %v the instance goes on", err)
			}
			if _, err := i.Call(t.Context(), "eval"); i.Ended() && err != engine.ErrEnded {
				t.Errorf("after its end: %v", err)
			}
		})
	}
}

func TestSmallLimit(t *testing.T) {
	if _, err := testEngine.New(engine.Limits{Memory: 1000}, nil); err == nil {
		t.Error("1000 bytes are enough")
	}
	i := start(t, leastMemory, nil)
	if err := run(t, i, "let a = []; for (;;) a.push({})"); err != engine.ErrMemory {
		t.Error(err)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		i, err := testEngine.New(engine.Limits{Memory: testMemory}, nil)
		if err != nil {
			b.Fatal(err)
		}
		i.Close()
	}
}

func BenchmarkCall(b *testing.B) {
	i := start(b, testMemory, nil, "function f(x) { return x }")
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	for b.Loop() {
		if _, err := i.Call(ctx, "f", "hello"); err != nil {
			b.Fatal(err)
		}
	}
}
