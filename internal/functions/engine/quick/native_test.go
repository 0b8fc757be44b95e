package quick

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// pairs is a class of which objects are made without its constructor.
const pairs = `
	const { like, field, method, taking, operation } = __host;
	const Mark = {};
	let one;
	class Pair {
		#left = "l"; #right = 2; #done = false;
		constructor(mark) { if (mark !== Mark) throw new Error("made by its constructor"); }
		get both() { return this.#left + this.#right + this.#done }
		set right(v) { this.#right = v }
		static is(x) { return #left in x }
		slow(...given) { return "slow " + given.length }
	}
	one = new Pair(Mark);
	const left = field(one, 0, "get left");
	Object.defineProperty(Pair.prototype, "left", { get: left });
	Pair.prototype.join = method(one, 0, "join", "join", Pair.prototype.slow);
	const take = taking(one, 2, 3, "take"), short = taking(one, 2, 3, "take", 3);
	const add = operation("add");
	const thrown = (f) => { try { return f() } catch (e) { return e.name + ": " + e.message } };`

func TestNatives(t *testing.T) {
	var taken []string
	i := start(t, testMemory, func(op string, args []engine.Value) (engine.Value, error) {
		switch op {
		case "join":
			return fmt.Sprint(args...), nil
		case "add":
			return args[0].(float64) + args[1].(float64), nil
		case "take":
			taken = append(taken, fmt.Sprint(args...))
			return nil, nil
		}
		return nil, errors.New("no " + op)
	}, pairs)
	for script, want := range map[string]engine.Value{
		`like(one).both`:                 "l2false",
		`like(one, "a").both`:            "a2false",
		`like(one, undefined, "b").both`: "lbfalse",
		`like(one, "a", { toString: () => "o" }, true, "one too many").both`:                                                                      "aotrue",
		`Pair.is(like(one)) && like(one) instanceof Pair && like(one) !== one`:                                                                    true,
		`(() => { const a = like(one), b = like(a, "x"); a.right = 3; a.own = 1; return a.both + b.both + one.both + b.own + Object.keys(a) })()`: "l3falsex2falsel2falseundefinedown",
		`(() => { const a = Object.setPrototypeOf(like(one), null); return Pair.is(a) && Object.getPrototypeOf(one) === Pair.prototype })()`:      true,
		`(() => { const all = []; for (let k = 0; k < 1e4; k++) all[k % 10] = like(one, "n" + k, { k }); return all[9].both.slice(0, 5) })()`:     "n9999",

		// What is not like one has no such property, wherever it came from.
		`like(one, "a").left`:                                                          "a",
		`Object.assign(like(one, "a"), { x: 1, y: 2 }).left`:                           "a",
		`(() => { const o = { y: 1 }; o.z = 2; return thrown(() => left.call(o)) })()`: "TypeError: Illegal invocation",
		`thrown(() => left.call({ left: 1 }))`:                                         "TypeError: Illegal invocation",
		`thrown(() => left.call(undefined))`:                                           "TypeError: Illegal invocation",
		`thrown(() => left.call(new Proxy(one, {})))`:                                  "TypeError: Illegal invocation",
		`thrown(() => left.call(Object.create(one)))`:                                  "TypeError: Illegal invocation",
		`thrown(() => left.call([1]))`:                                                 "TypeError: Illegal invocation",
		`left.name`:                                                                    "get left",

		`like(one, "a").join("b", "ä")`:                                "abä",
		`like(one, "a").join()`:                                        "slow 0",
		`like(one, "a").join("b", 1)`:                                  "slow 2",
		`like(one, 1).join("b")`:                                       "slow 1",
		`like(one, "a".repeat(9) + "b".repeat(9000)).join("b").length`: 9010.0,
		`Pair.prototype.join.call({}, "b")`:                            "slow 1",

		`(() => { const a = like(one, "t"); return [take(a), take(a), a.both] })()`:                                   engine.JSON(`[true,false,"t2true"]`),
		`[short(like(one, "abcd")), short(like(one, "äöü€")), short(like(one, "x".repeat(9000) + "y".repeat(9000)))]`: engine.JSON(`[false,false,false]`),
		`take(like(one, {}))`:          false,
		`take(like(one, "t", "r", 1))`: false,
		`take({})`:                     false,
		`take(null)`:                   false,
		`take()`:                       false,

		`add(1, 2)`:                            3.0,
		`thrown(() => operation("sub")(1))`:    "HostError: no sub",
		`thrown(() => like([1]))`:              "HostError: this object cannot stand for others",
		`thrown(() => like("x"))`:              "HostError: this object cannot stand for others",
		`thrown(() => like())`:                 "HostError: this object cannot stand for others",
		`thrown(() => field(one, 3, "x"))`:     "HostError: this object cannot stand for others",
		`thrown(() => field(one, -1, "x"))`:    "HostError: this object cannot stand for others",
		`thrown(() => taking(one, 2, 9, "x"))`: "HostError: this object cannot stand for others",
		`thrown(() => taking(one, 2, 2, "x"))`: "HostError: this object cannot stand for others",
	} {
		if err := run(t, i, "globalThis.f = () => ("+script+")"); err != nil {
			t.Fatal(script, err)
		}
		got, _, err := i.Invoke(t.Context(), 1, "f")
		if got != want || err != nil {
			t.Errorf("%s: %v (%v), want %v", script, got, err, want)
		}
	}
	if strings.Join(taken, ",") != "t2 false" {
		t.Errorf("taken: %q", taken)
	}
}

// TestLikeEndsAtTheLimit makes objects until the memory is full.
func TestLikeEndsAtTheLimit(t *testing.T) {
	i := start(t, 2<<20, nil, pairs[:strings.Index(pairs, "const left")])
	if err := run(t, i, `globalThis.f = () => { const all = []; for (;;) all.push(like(one, "x".repeat(100) + all.length)) }`); err != nil {
		t.Fatal(err)
	}
	if err := run(t, i, `__failed = (id, e) => { failed = e.name + ": " + e.message }; failed = ""; seen = () => failed`); err != nil {
		t.Fatal(err)
	}
	_, done, err := i.Invoke(t.Context(), 1, "f")
	if err == nil && !done {
		var seen engine.Value
		if seen, err = i.Call(t.Context(), "seen"); seen != "InternalError: out of memory" {
			t.Errorf("%v, %v", seen, err)
		}
	} else if !errors.Is(err, engine.ErrMemory) {
		t.Errorf("%v, %v", done, err)
	}
}

func TestInvoke(t *testing.T) {
	i := start(t, testMemory, nil, `
		var told = [];
		__failed = (id, reason) => told.push("failed", id, String(reason));
		__await = (id, promise) => { told.push("waits", id); promise.then((v) => told.push("then", v), (e) => told.push("catch", String(e))) };
		var open, settle = () => open("late");
		__host.keep("kept", (a, b) => a + b);
		var kept = () => "not this one";
		var now = (x) => x, nothing = () => {}, soon = async (x) => { await null; return x }, later = () => new Promise((r) => { open = r });
		var throws = () => { throw new RangeError("r") }, rejects = async () => { await null; throw "text" }, thenable = () => ({ then: 1 });
		var thrown = () => { const t = told.join(); told = []; return t };`)
	for _, tt := range []struct {
		f    string
		args []engine.Value
		want engine.Value
		done bool
		told string
	}{
		{"kept", []engine.Value{1.0, engine.Text("x")}, "1x", true, ""},
		{"now", []engine.Value{engine.Text("ä")}, "ä", true, ""},
		{"now", []engine.Value{1 << 40}, float64(1 << 40), true, ""},
		{"nothing", nil, nil, true, ""},
		{"soon", []engine.Value{2.0}, 2.0, true, ""},
		{"thenable", nil, engine.JSON(`{"then":1}`), true, ""},
		{"later", nil, nil, false, "waits,7"},
		{"settle", nil, nil, true, "then,late"},
		{"throws", nil, nil, false, "failed,9,RangeError: r"},
		{"rejects", nil, nil, false, "waits,10,catch,text"},
		{"missing", nil, nil, false, "failed,11,TypeError: not a function"},
	} {
		id := map[string]float64{"later": 7, "throws": 9, "rejects": 10, "missing": 11}[tt.f]
		got, done, err := i.Invoke(t.Context(), id, tt.f, tt.args...)
		if got != tt.want || done != tt.done || err != nil {
			t.Errorf("%s: %v %v %v, want %v %v", tt.f, got, done, err, tt.want, tt.done)
		}
		if told, err := i.Call(t.Context(), "thrown"); told != tt.told || err != nil {
			t.Errorf("%s: told %v (%v), want %s", tt.f, told, err, tt.told)
		}
	}
}

// TestStrings are those that pass through the ways that Go has of its own.
func TestStrings(t *testing.T) {
	i := start(t, testMemory, nil, `function same(x) { return x } function units(x) { return x.length } function joined(x) { return x + x }
		function keyed(x) { return { [x]: 1 }[x] } function parsed(x) { return JSON.parse(JSON.stringify({ [x]: x }))[x] === x }`)
	for _, s := range []string{"", "a", "plain", strings.Repeat("7 chars", 999), "\x00", "a\x7f", "é", strings.Repeat("x", 100) + "é", "12", "😀"} {
		for f, want := range map[string]engine.Value{"same": s, "units": float64(len([]rune(s)) + strings.Count(s, "😀")), "joined": s + s, "keyed": 1.0, "parsed": true} {
			for _, arg := range []engine.Value{s, engine.Text(s)} {
				if got, err := i.Call(t.Context(), f, arg); got != want || err != nil {
					t.Errorf("%s(%.20q): %.40v, %v", f, s, got, err)
				}
			}
		}
	}
}
