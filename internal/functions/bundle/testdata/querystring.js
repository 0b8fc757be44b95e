import qs from "node:querystring";
export default () => [
  ...["", "a=1", "a=1&a=2&a=3", "a", "=b", "a=b=c", "&&a=1&", "a=%C3%A4+b", "%zz=1", "a=%ff", "x[]=1&x[]=2", "__proto__=1"].map((s) => Object.entries(qs.parse(s))),
  qs.parse("a:1;b:2", ";", ":"), Object.keys(qs.parse("a&b&c&d", null ?? "&", "=", { maxKeys: 2 })).length,
  qs.stringify({ a: 1, b: [2, "ä ", true], c: null, d: undefined, e: {}, f: NaN, g: 10n, h: "!'()*~", i: [] }), qs.stringify({ a: "b c" }, ";", ":"), qs.stringify("x"), qs.stringify(null), qs.escape("a b'&ä"), qs.unescape("%41%"), qs.unescape("a%20b"),
].map((v) => JSON.parse(JSON.stringify(v)));
