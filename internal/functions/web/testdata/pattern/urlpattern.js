// What URLPattern answers, as text; urlpattern.txt beside it is what the standard's
// reference (urlpattern-polyfill 10) answers to the same.
const show = (run) => {
  try {
    return JSON.stringify(run());
  } catch (e) {
    return e.name;
  }
};
const parts = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
const ask = (pattern, ...inputs) => {
  console.log(`${JSON.stringify(pattern)}: ${show(() => { const p = new URLPattern(...pattern); return parts.map((name) => p[name]); })}`);
  for (const input of inputs) {
    console.log(`  ${JSON.stringify(input)}: ${show(() => {
      const found = new URLPattern(...pattern).exec(...input);
      return found && parts.map((name) => found[name].groups).map((groups) => Object.entries(groups).filter(([name, value]) => value !== undefined && !(name === "0" && value === ""))).filter((list) => list.length > 0);
    })} ${show(() => new URLPattern(...pattern).test(...input))}`);
  }
};
const paths = (pathname, ...inputs) => ask([{ pathname }], ...inputs.map((path) => [`https://example.com${path}`]), [{ pathname: inputs[0] }]);

paths("/restful-tasks/:id", "/restful-tasks/1", "/restful-tasks", "/restful-tasks/", "/restful-tasks/1/2", "/restful-tasks/a%20b?x=1#y");
paths("/books/:genre/:title?", "/books/scifi/dune", "/books/scifi", "/books/", "/books/scifi/");
paths("/files/*", "/files/a/b/c", "/files/", "/files");
paths("/files/*/x", "/files/a/b/x", "/files/x");
paths("/:id(\\d+)", "/12", "/a", "/1a");
paths("/:id(\\d+)-:slug", "/12-ab-c", "/12");
paths("/(foo|bar)/:x+", "/foo/a/b", "/bar/a", "/baz/a", "/foo");
paths("/a/:rest*", "/a", "/a/b/c", "/a/");
paths("/product{/:variant}?", "/product", "/product/x", "/product/");
paths("/{:name.}?html", "/html", "/a.html", "/ahtml");
paths("/x{abc}*y", "/xy", "/xabcabcy", "/xaby");
paths("/:a.:b", "/x.y", "/x.y.z", "/x");
paths("/caf\u00e9/:n", "/caf\u00e9/1", "/caf%C3%A9/2");
paths("/a b", "/a b", "/a%20b");
paths("/\\:id", "/:id", "/x");
paths("/a/../b", "/b", "/a/b");
paths("*", "/", "/x/y");
paths("/:id{-:rev}", "/1-2", "/1");
paths("/foo/:id([a-z]+)?", "/foo", "/foo/ab", "/foo/1");
ask(["https://example.com/api/:v/users/:id"], ["https://example.com/api/v1/users/7"], ["http://example.com/api/v1/users/7"], ["https://example.com:443/api/v1/users/7?q=1"], ["not a url"]);
ask(["https://*.example.com/*"], ["https://a.example.com/x"], ["https://a.b.example.com/"], ["https://example.com/"]);
ask(["http{s}?://:host/x?q=:q#:h"], ["https://a/x?q=1#2"], ["http://a/x?q=1#"], ["http://a/x"]);
ask(["/a/:b", "https://example.com/base"], ["https://example.com/a/1"], ["https://example.org/a/1"], ["/a/2", "https://example.com"]);
ask(["x/:b", "https://example.com/dir/page"], ["https://example.com/dir/x/1"], ["https://example.com/x/1"]);
ask(["?q=:q", "https://example.com/s"], ["https://example.com/s?q=1"], ["https://example.com/s"]);
ask([{ hostname: "*.example.com", pathname: "/:x" }], ["https://a.example.com/1"], [{ hostname: "b.example.com", pathname: "/2" }], ["https://example.com/1"]);
ask([{ protocol: "http{s}?", hostname: ":sub.example.com" }], ["https://a.example.com/1"], ["ftp://a.example.com/1"]);
ask([{ search: "a=:a&b=:b" }], ["https://x/?a=1&b=2"], ["https://x/?b=2&a=1"]);
ask([{ port: "80{80}?" }], ["http://x:8080/"], ["http://x/"]);
ask([{ protocol: "https", port: "443", hostname: "x" }], ["https://x/"], ["https://x:444/"]);
ask([{ pathname: "/A/:b" }, { ignoreCase: true }], ["https://x/a/B"], ["https://x/b/B"]);
ask([{ pathname: "p/:x", baseURL: "https://example.com/dir/page?q" }], ["https://example.com/dir/p/1"]);
ask([{ username: ":u", password: ":p" }], ["https://ann:pw@x/"], ["https://x/"]);
ask(["data\\:text/:t"], ["data:text/html"]);
ask(["https://[\\:\\:1]:8080/:x"], ["https://[::1]:8080/a"]);
ask([{ hostname: "EXAMPLE.com" }], ["https://example.com/"]);
ask([{ hostname: "b\u00fccher.de" }], ["https://xn--bcher-kva.de/"]);
ask([{ hash: "a:b" }], ["https://x/#a1"]);
for (const bad of [["/a"], ["https://x/:a/:a"], ["https://x/(a"], ["https://x/()"], ["https://x/(?:a)"], ["https://x/((a))"], [{ pathname: "/:" }], [{ pathname: "/{a" }], [{ pathname: "/}" }], [{ pathname: "/a**" }], [{ port: "x" }], [{ hostname: "a b" }], [{ pathname: "/x" }, "https://x"], [{ baseURL: "x" }], [{ pathname: "/(\\" }], [{ pathname: "/([)" }]]) {
  ask(bad);
}
