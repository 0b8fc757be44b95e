package quick

import (
	"testing"
)

// TestTrace holds a trace that is made text later against the stack of an Error made in
// the same place.
func TestTrace(t *testing.T) {
	i := start(t, testMemory, nil, `
		const make = () => new Error().stack;
		const rest = (stack) => stack.slice(stack.indexOf("\n") + 1);
		let traces = [];
		function both() { return [__host.trace(), new Error().stack]; }
		class Query { constructor() { this.at = both(); } static get name() { return "odd"; } }
		const named = { name() { return new Query().at; } };
		function deep(n) { return n === 0 ? [1].map(function () { return named.name(); })[0] : deep(n - 1); }
		async function later() { await null; traces.push(deep(1)); }
		function* generator() { yield deep(2); }
		later();
		function same() {
			traces.push(deep(0), deep(3), generator().next().value, eval("deep(1)"), Reflect.apply(deep, null, [1]));
			for (const [calls, stack] of traces) {
				const got = rest(__host.trace(calls, make)), want = stack;
				const cut = (s) => s.replace(/:\d+\)/, ")"); // the column of the innermost call
				if (cut(got) !== cut(want)) return got + "is not\n" + want;
			}
			return traces.length;
		}
		function thrown() {
			try { __host.trace(both()[0], () => { throw new Error("x"); }); } catch (e) { return e.message + new Error().stack.includes("thrown"); }
		}
		function many() {
			const inner = (n) => n === 0 ? both()[0] : inner(n - 1);
			return inner(300).length;
		}
		function settling() {
			let found;
			const thenable = { then(resolve, reject) { found = [__host.settles(resolve), __host.settles(reject)]; resolve(); } };
			(async () => { await thenable; traces.found = found; })();
			return [__host.settles(), __host.settles(1), __host.settles(() => 1), __host.settles(Promise.resolve())].join();
		}
		function settled() { return traces.found.join(); }`)
	for f, want := range map[string]any{"same": 6.0, "thrown": "xtrue", "many": float64(2 * mostFrames), "settling": "false,false,false,false"} {
		if got, err := i.Call(t.Context(), f); err != nil || got != want {
			t.Errorf("%s: %v, %v", f, got, err)
		}
	}
	if got, err := i.Call(t.Context(), "settled"); err != nil || got != "true,false" {
		t.Errorf("settled: %v, %v", got, err)
	}
}
