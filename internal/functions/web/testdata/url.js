const parts = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];
const show = (...args) => {
  try {
    const u = new URL(...args);
    console.log(JSON.stringify(parts.map((p) => u[p])));
  } catch (error) {
    console.log("throws " + error.name + " " + error.code);
  }
};
for (const text of [
  "http://example.com", "http://example.com/", "https://example.com:443/a", "http://example.com:80", "http://example.com:8080/a/b?c=d#e",
  "HTTP://EXAMPLE.com/%7Efoo/../a", "http://user:pass@host/", "http://1.2.3.4/", "http://0x7f.1/", "http://256.256.256.256/",
  "http://[::1]:3000/x", "http://[1::2::3]/", "http://ä.example/ö?ü#ß", "http://xn--/", "http://a b/", "file:///C:/x/../y", "mailto:a@b.c",
  "data:text/plain,hi", "javascript:alert(1)", "blob:https://a.b/c", "about:blank", "http:example.com", "http:///example.com", "//a/b",
  "/a", "", "   http://x/  ", "ht\ntp://x/y", "http://x/?a=b&c=d e", "http://x/'\"<>`{}|^", "http://x/?'\"<>`{}|^", "http://x/#'\"<>`{}|^",
  "http://x/%zz%41", "http://x:65536/", "http://x:0/", "http://x:/", "ws://x/y", "wss://x:443/", "ftp://x:21/", "custom://Host/Path", "custom:a/b?c",
  "http://x/a/./b/.", "http://x/a/%2e%2e/b", "http://x//a//b", "http://x\\a\\b", "http://a.b.c.1/", "http://example.com./", "http://x?", "http://x#", "http://x/?#",
  "https://example.com:99999", "http://%41/", "http://a%00b/", "http://\u00ad/", "https://faß.ExAmPlE/", "http://1e2/", "http://999999999999/",
  "https://a-b.c_d.example/x~y;z=1,2", "https://example.com/a b", "https://EXAMPLE.COM", "https://example.com/x?y=%20+z&a[]=1", "http://localhost:54321/functions/v1/hello?x=1#y",
]) {
  show(text);
}
for (const [text, base] of [["a", "http://x/y/z"], ["../a", "http://x/y/z"], ["?q", "http://x/y?z#h"], ["#f", "http://x/y?z"], ["//h/p", "https://x/"], ["/p", "mailto:x"],
  ["", "http://x/y#h"], ["a:b", "http://x/"], ["http:a", "http://x/y/"], ["x", "nope"], ["./", "file:///a/b"], ["C|/x", "file:///a/b"], ["a", undefined], ["a", null]]) {
  show(text, base);
}
const set = (href, ...changes) => {
  const u = new URL(href);
  const seen = [];
  for (const [name, value] of changes) {
    try {
      u[name] = value;
      seen.push(u.href);
    } catch (error) {
      seen.push("throws " + error.name);
    }
  }
  console.log(JSON.stringify(seen));
};
set("http://x/y", ["protocol", "https"], ["host", "a.b:81"], ["hostname", "c"], ["port", "443"], ["port", ""], ["port", "x"], ["port", "8x"], ["pathname", "p q"], ["search", "a=b c"], ["hash", "h h"], ["search", ""], ["hash", ""]);
set("http://x/y", ["username", "ü:@"], ["password", "p@"], ["username", ""], ["password", ""], ["protocol", "foo"], ["protocol", "ws:"], ["host", ""], ["hostname", "a:b"], ["href", "nope"], ["href", "http://z/"]);
set("mailto:a@b", ["host", "x"], ["pathname", "y"], ["search", "q"], ["hash", "z"], ["protocol", "http"]);
set("file:///a", ["host", "x"], ["port", "1"], ["username", "u"], ["pathname", ""]);
const u = new URL("http://x/?a=1&b=2");
const q = u.searchParams;
q.append("c", "ä &=+");
console.log(u.href);
q.delete("a");
console.log(u.search, q.size);
u.search = "?z=9&z=8";
console.log(q.toString(), q.getAll("z").join(), q === u.searchParams);
q.delete("z");
console.log(u.href);
console.log(URL.canParse("http://x"), URL.canParse("x"), URL.canParse("x", "http://y"));
console.log(JSON.stringify(u), `${u}`, Object.prototype.toString.call(u));
const p = (init) => {
  try {
    const found = new URLSearchParams(init);
    console.log(JSON.stringify([...found]), found.toString());
  } catch (error) {
    console.log("throws " + error.name);
  }
};
for (const init of ["", "?a=b", "a=b&a=c&=&&x", "a=%20+%2B%zz%", "a=%ff%F0%9F%98%80", "ä=ö", "??a", "a==b", { a: 1, b: null }, [["a", "b"], ["c", "d"]], [["a"]], new URLSearchParams("x=y"), undefined, 5, "*-._~!'()", "a\ud800=b", new Map([["k", "v"]])]) p(init);
const s = new URLSearchParams("c=1&a=2&b=3&a=1");
s.sort();
console.log(s.toString(), s.has("a"), s.has("a", "1"), s.has("a", "9"), s.get("zz"));
s.set("a", "x");
s.delete("b", "nope");
console.log(s.toString());
s.forEach((value, name) => console.log(name, value));
console.log([...s.keys()].join(), [...s.values()].join(), s.size);

// A value of a query that was not taken apart before, and after.
for (const query of ["a=1&a=2", "b&a", "a", "=1", "&&a=1&", "a%3Db=c", "%61=1&a=2", "a+b=c+d", "a=%E4%F6", "a=%ED%A0%80", "a=%C3%A4&%C3%A4=x", "a=b=c", "a=%2B+%zz%4", "a=\u{1F600}", "\ud800=1"]) {
  const seen = [];
  for (const open of [false, true]) {
    const params = new URL("http://127.0.0.1:54321/x?" + query).searchParams;
    const other = new URLSearchParams(query);
    if (open) params.size, other.size;
    for (const name of ["a", "", "a=b", "a b", "ä", "b", "\ufffd", "\ud800", 1, null, undefined]) seen.push(params.get(name), other.get(name));
  }
  console.log(query, JSON.stringify(seen));
}
for (const address of ["http://127.0.0.1:54321/a?b#c", "https://a.example.org/a/b.c?#", "http://localhost:80/", "https://x.y:443?q", "http://1.2.3/", "http://a.b/?"]) {
  const url = new URL(address);
  console.log(url.href, url.origin, url.protocol, url.host, url.hostname, url.port, url.pathname, url.search, url.hash, `${url.searchParams}`);
  url.searchParams.append("k", "v w");
  url.port = "8080";
  console.log(url.href, url.searchParams.get("k"));
}
