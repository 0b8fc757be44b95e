const show = (run) => {
  try {
    console.log(JSON.stringify(run()));
  } catch (error) {
    console.log("throws " + error.name);
  }
};
show(() => [...new Headers({ b: "2", A: " 1\t", "set-cookie": "x" })]);
show(() => [...new Headers([["a", "1"], ["A", "2"], ["Set-Cookie", "x"], ["set-cookie", "y"]])]);
show(() => [...new Headers(new Headers({ q: "r" }))]);
show(() => [...new Headers(new Map([["m", "n"]]))]);
for (const bad of [null, 5, "text", true, [["a"]], [["a", "b", "c"]], ["ab"], [5], { "a b": "c" }, { "": "x" }, { a: "x\ny" }, { a: "x\0" }, { a: "\u0100" }, { ä: "x" }]) {
  show(() => [...new Headers(bad)]);
}
show(() => [...new Headers(undefined)]);
show(() => [...new Headers({ a: "\u00ff", b: "\n v \r\n", c: "", d: 5, e: null, f: undefined })]);
const h = new Headers();
h.append("X", "1");
h.append("x", "2");
show(() => [h.get("X"), h.has("x"), h.get("none"), h.has("none")]);
h.set("X", "3");
show(() => [...h]);
h.append("a", "b");
show(() => [...h.keys()]);
show(() => [...h.values()]);
show(() => h.delete("X") ?? [...h]);
show(() => h.get("a b"));
show(() => h.get());
show(() => h.append("a"));
show(() => new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]]).getSetCookie());
show(() => new Headers({ "set-cookie": "a" }).get("set-cookie"));
h.forEach((value, name, all) => console.log(name, value, all === h));
show(() => Object.prototype.toString.call(h));
show(() => Headers.prototype.get.call({}, "a"));
show(() => Headers());
const seen = [];
const live = new Headers([["b", "1"], ["a", "2"], ["c", "3"]]);
for (const [name] of live) {
  seen.push(name);
  live.delete("c");
}
show(() => seen);
show(() => Object.prototype.toString.call(live.entries()));
show(() => [...new Headers({ __proto__: { no: "1" }, yes: "2" })]);
show(() => Response.error().headers.set("a", "b"));
