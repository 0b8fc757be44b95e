//go:build !race

// One script alone has no races, and computes for a minute under the detector.

package quick

import (
	"testing"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// same gives the first value, of a list and of many that are made at random, of which
// JSON.stringify gives something else than QuickJS's own does, which a replacer asks for.
const same = `
var letters = ["a", "b", '"', "\\", "\n", "\b", "\u0001", "\u007f", "\u0080", "ä", "\u2028", "\u{1F600}", "\ud800", "\udc00", "z".repeat(30), "0", "10"];
var pick = (list) => list[Math.floor(Math.random() * list.length)];
var text = () => { let t = ""; while (Math.random() < 0.7) t += pick(letters); return t; };
class Own { #hidden = 1; constructor() { this.x = 1; this.y = undefined; } get g() { return 1; } #m() {} }
class List extends Array {}
var odd = [
	() => undefined, () => () => 1, () => Symbol("s"), () => new Date(0), () => new Own(), () => new Map([[1, 2]]), () => Object(1), () => Object("s"), () => Object(false),
	() => new Uint8Array([1, 2]), () => /x/, () => new Error("e"), () => Object.create(null), () => Object.create({ a: 1 }), () => Object.create({ toJSON() { return "p"; } }),
	() => ({ toJSON() { return "own"; } }), () => ({ toJSON: 1 }), () => { const a = [1]; a.toJSON = () => "array"; return a; }, () => { const a = [1, 2]; a.length = 4; return a; },
	() => [1, , 3], () => { const a = [1]; a.more = 1; return a; }, () => { const a = []; a[5] = 1; return a; }, () => List.from([1, 2]),
	() => ({ get a() { return 5; } }), () => Object.defineProperty({}, "a", { value: 1 }), () => Object.defineProperty({ b: 1 }, "a", { value: 1, enumerable: true }),
	() => ({ [Symbol.iterator]: 1, a: 1 }), () => { const o = { a: 1, b: 2, c: 3 }; delete o.b; o.d = 4; return o; }, () => ({ b: 1, 2: 1, 1: 1, "01": 1, 4294967294: 1, 4294967295: 1, a: 1 }),
	() => new Proxy({ a: 1 }, { get() { return 7; } }), () => new Proxy([1], {}), () => { return (function () { return arguments; })(1, 2); }, () => Object.freeze({ a: [1] }),
	() => "x".repeat(700) + "y".repeat(700), () => "ä".repeat(700) + "€".repeat(700), () => globalThis.Deep, () => [[[]]], () => ({}), () => [{}],
	() => Object.setPrototypeOf([1, 2], Object.create(Array.prototype, { count: { get() { return 1; } } })),
];
var numbers = [0, -0, 1, -1, 0.1, 1e21, 1e20, 123456789012345680000, 1e-6, 1e-7, 1.5e-7, 1.5e-10, 5e-324, 1.7976931348623157e308, NaN, Infinity, -Infinity, 2147483648, -2147483649, 1.25];
var value = (depth) => {
	switch (Math.floor(Math.random() * (depth > 4 ? 6 : 9))) {
		case 0: return null;
		case 1: return Math.random() < 0.5;
		case 2: return pick(numbers);
		case 3: return (Math.random() - 0.5) * 10 ** (Math.floor(Math.random() * 60) - 30);
		case 4: return text();
		case 5: return pick(odd)();
		case 6: return Array.from({ length: Math.random() * 5 }, () => value(depth + 1));
		default: { const o = {}; while (Math.random() < 0.7) o[text()] = value(depth + 1); return o; }
	}
};
function of(v, how) { try { return how(v); } catch (e) { return e.name + e.message; } }
function differs(v) {
	const got = of(v, JSON.stringify), want = of(v, (x) => JSON.stringify(x, null));
	return got === want ? null : got + " is not " + want;
}
function same() {
	const list = odd.map((f) => f()).concat(numbers, letters, [[numbers], [letters]]);
	const cycle = { a: [] }; cycle.a.push(cycle);
	let deep = []; for (let i = 0; i < 300; i++) deep = [deep, i];
	for (const v of [...list, ...list.map((x) => [x]), ...list.map((x) => ({ k: x })), cycle, deep, 1n, [1n], { a: { b: 1n } }]) {
		const found = differs(v);
		if (found !== null) return found;
	}
	for (let i = 0; i < 4000; i++) {
		const found = differs(value(0));
		if (found !== null) return found;
	}
	return "same";
}
function inherited() {
	Object.prototype.toJSON = function () { return 1; };
	const a = JSON.stringify([{ a: 1 }]);
	delete Object.prototype.toJSON;
	Array.prototype.toJSON = function () { return 2; };
	const b = JSON.stringify({ a: [1] });
	delete Array.prototype.toJSON;
	return a + b + JSON.stringify({ a: [1] });
}
function like() { return JSON.stringify.name + JSON.stringify.length + Object.keys(JSON).length + JSON.stringify.toString().includes("[native code]") + String(JSON.stringify()) + String(JSON.stringify(undefined)); }
var own = (t) => JSON.parse(t, (k, v) => v);
function differsParsed(t) {
	const got = of(t, (t) => JSON.stringify([JSON.parse(t)], null)), want = of(t, (t) => JSON.stringify([own(t)], null));
	return got === want ? null : t + ": " + got + " is not " + want;
}
function parses() {
	const texts = ["", " ", "1", "-0", "-1", "01", "-01", "1.", ".5", "1e5", "1E+5", "1e", "-", "+1", "0x1", "1e400", "-1e-400", "123456789", "1234567890", "-2147483648", "2147483647", "12345678901234567890",
		"0.1e1", "null", "nul", "true", "truely", "false", '"', '"\\"', '"\\u00e4"', '"\\u12"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ud83d\\n"', '"\\ud83d\\ud83d\\ude00"', '"\\ufffd"', '"\\x"', '"\\/\\b\\f\\n\\r\\t\\""', '"a\nb"', '"\u007f"', '"ä€\u{1F600}"', '"\ud800"',
		"[]", "[ ]", "[1,]", "[,1]", "[1 2]", "[1", "]", "[[[]]]", "{}", "{ }", '{"a":1,}', '{"a"}', '{"a":}', '{a:1}', "{'a':1}", '{"":1}', '{"a":1,"a":2}', '{"__proto__":1}', '{"__proto__":{"a":1}}', '{"2":1,"1":2,"b":3,"a":4}', '{"\\u0061":1}', '{"ä":1,"\ud800":2}', '[{"a":1,"b":2},{"a":3,"b":4},{"b":5,"a":6},{"a":1}]',
		'[{"a":{"x":1},"a":2},{"b":{"x":1}},{"a":{"x":1},"b":{"x":2}}]', '[{"a":{"x":{"y":1}},"a":1},{"a":{"x":{"y":1}},"a":1},{"a":{"x":{"y":1}}}]', "[".repeat(300) + "]".repeat(300), "1 1", "/**/1", "\ufeff1", "\u00a01", "\t\n\r 1", "\v1", "Infinity", "NaN", "undefined",
	];
	for (const t of texts) for (const u of [t, "[" + t + "]", '{"k":' + t + "}"]) {
		const found = differsParsed(u);
		if (found !== null) return found;
	}
	for (let i = 0; i < 3000; i++) {
		let t = JSON.stringify([value(0), value(1), value(1)], null);
		let found = differsParsed(t);
		const at = Math.floor(Math.random() * t.length);
		found ??= differsParsed(t.slice(0, at) + pick(['"', ",", "{", "}", "[", "]", ":", "0", "\\", "", " ", "\n", "e"]) + t.slice(at + pick([0, 1])));
		if (found !== null) return found;
	}
	return "same";
}
function shared() {
	const rows = JSON.parse(JSON.stringify(Array.from({ length: 50 }, (_, i) => ({ id: i, name: "n" + i, tags: [i, { a: i, b: [] }] }))));
	rows[1].more = 1; delete rows[2].name; rows[3].tags.push(3); rows[4].tags[1].a = rows; rows[5].tags.length = 0; rows[6][0] = 1; rows[7].tags[1].c = 1;
	Object.freeze(rows[8]); Object.defineProperty(rows[9], "name", { get() { return "got"; } }); Object.setPrototypeOf(rows[10], null); rows.push(rows.shift()); rows.sort((a, b) => b.id - a.id);
	rows.unshift(1); rows.splice(0, 1); rows[45].tags.concat([1]);
	const later = JSON.parse('[{"id":1,"name":"x","tags":2},{"id":1,"name":"x","tags":2}]'), none = JSON.parse("[{},[]]"); none[0].a = 1; none[1].push(1, 2, 3);
	for (let i = 0; i < 2000; i++) { const c = JSON.parse('[{"a":{}},{"a":{}}]'); c[0].a.c = c; c[1].a.c = c; }
	const left = rows.find((r) => r.id === 4).tags[1]; const cyclic = left.a === rows; left.a = 0;
	return JSON.stringify([rows, later, none, cyclic], null);
}
function parseLike() { return JSON.parse.name + JSON.parse.length + JSON.parse({ toString() { return "[1]"; } })[0] + JSON.parse("[1,2]", function (k, v) { return k === "0" ? 7 : v; })[0] + of(undefined, JSON.parse) + Object.getPrototypeOf(JSON.parse("{}")).constructor.name; }
function large() { const s = "x".repeat(1 << 20), a = Array.from({ length: 1000 }, () => s); try { return JSON.stringify(a).length; } catch (e) { return e.message; } }
`

func TestJSONIsECMAScripts(t *testing.T) {
	i := start(t, testMemory, nil, same)
	for f, want := range map[string]engine.Value{
		"same": "same", "inherited": `1{"a":2}{"a":[1]}`, "like": "stringify30trueundefinedundefined", "parses": "same",
	} {
		if got, err := i.Call(t.Context(), f); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", f, got, err, want)
		}
	}
	fast, err := i.Call(t.Context(), "shared")
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t, i, `{ const parse = JSON.parse; JSON.parse = (t) => parse(t, (k, v) => v); }`); err != nil {
		t.Fatal(err)
	}
	if slow, err := i.Call(t.Context(), "shared"); err != nil || fast != slow {
		t.Errorf("%v\n%v\n%v", err, fast, slow)
	}
	if got, err := i.Call(t.Context(), "large"); err != engine.ErrMemory && got != "out of memory" {
		t.Error(got, err)
	}
}
