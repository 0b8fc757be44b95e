const tell = async (name, run) => {
  try {
    console.log(name, JSON.stringify(await run()));
  } catch (error) {
    console.log(name, "throws " + error.name);
  }
};
const text = (b) => new TextDecoder().decode(b);
(async () => {
  for (const [name, body] of [["string", "ä\ud800b"], ["bytes", new Uint8Array([104, 105])], ["buffer", new ArrayBuffer(2)], ["params", new URLSearchParams("a=b&c=ä")],
    ["blob", new Blob(["x"], { type: "a/b" })], ["number", 5], ["null", null], ["undefined", undefined], ["object", {}], ["view", new Uint16Array([1]).subarray(0)]]) {
    await tell("Response " + name, async () => {
      const r = new Response(body);
      return [r.headers.get("content-type"), r.body === null, r.bodyUsed, await r.text(), r.bodyUsed, r.status, r.ok, r.type, r.url, r.statusText];
    });
  }
  await tell("used twice", async () => {
    const r = new Response("x");
    await r.text();
    return r.text();
  });
  await tell("empty twice", async () => {
    const r = new Response();
    return [await r.text(), await r.text(), r.bodyUsed, (await r.arrayBuffer()).byteLength];
  });
  await tell("json", async () => new Response('{"a":[1]}').json());
  await tell("bad json", async () => new Response("{").json());
  await tell("json with a mark", async () => new Response("\ufeff[1]").json());
  await tell("text with a mark", async () => (await new Response("\ufeffx").text()).length);
  await tell("bytes that are not UTF-8", async () => new Response(new Uint8Array([0xff, 0x61, 0xe2, 0x82])).text());
  await tell("Response.json", async () => {
    const r = Response.json({ a: 1 }, { status: 201, headers: { x: "y" } });
    return [r.status, [...r.headers], await r.text()];
  });
  await tell("Response.json type", () => Response.json(1, { headers: { "content-type": "a/b" } }).headers.get("content-type"));
  await tell("Response.json undefined", () => Response.json(undefined));
  for (const status of [199, 200, 204, 304, 599, 600, 101, "404", NaN]) await tell("status " + status, () => new Response(null, { status }).status);
  for (const status of [204, 205, 304]) await tell("body with " + status, () => new Response("x", { status }).status);
  await tell("statusText", () => new Response("", { statusText: "a\nb" }));
  for (const [url, status] of [["http://x/y", undefined], ["http://x", 307], ["http://x", 200], ["nope", 302]]) {
    await tell("redirect", () => {
      const r = Response.redirect(url, status);
      return [r.status, r.headers.get("location"), r.body];
    });
  }
  await tell("error", () => [Response.error().status, Response.error().type, Response.error().ok]);
  await tell("clone", async () => {
    const r = new Response("abc", { headers: { a: "b" }, status: 202 });
    const c = r.clone();
    return [await r.text(), await c.text(), c.headers.get("a"), c.status];
  });
  await tell("clone of a stream", async () => {
    const r = new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([97])); c.close(); } }));
    const c = r.clone();
    return [await c.text(), await r.text()];
  });
  await tell("clone after use", async () => {
    const r = new Response("abc");
    await r.text();
    return r.clone();
  });
  await tell("stream", async () => {
    const r = new Response(new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("a€")); c.enqueue(new Uint8Array([98])); c.close(); } }));
    return [r.headers.get("content-type"), await r.text(), r.bodyUsed];
  });
  await tell("stream of text", () => new Response(new ReadableStream({ start(c) { c.enqueue("a"); c.close(); } })).text());
  await tell("stream that fails", () => new Response(new ReadableStream({ start(c) { c.error(new RangeError("x")); } })).text());
  await tell("body is a stream", async () => {
    const r = new Response("hello");
    const reader = r.body.getReader();
    const first = await reader.read();
    return [text(first.value), (await reader.read()).done, r.bodyUsed];
  });
  await tell("locked", async () => {
    const r = new Response("hello");
    r.body.getReader();
    return r.text();
  });
  await tell("blob", async () => {
    const b = await new Response("x", { headers: { "content-type": "Text/HTML" } }).blob();
    return [b.type, b.size, await b.text()];
  });
  for (const init of [{}, { method: "post", body: "x" }, { method: "pAtCh" }, { method: "get", body: "x" }, { method: "CONNECT" }, { method: "a b" }, { headers: { a: "b" } }, { redirect: "nope" },
    { mode: "navigate" }, { cache: "no-store", credentials: "omit", redirect: "manual", integrity: "q", keepalive: true }, { signal: {} }, { signal: null }, { body: new URLSearchParams("a=b"), method: "PUT" }]) {
    await tell("Request " + JSON.stringify(init), async () => {
      const r = new Request("http://EXAMPLE.com/a b?c#d", init);
      return [r.method, r.url, [...r.headers], await r.text(), r.redirect, r.mode, r.cache, r.credentials, r.integrity, r.keepalive, r.referrer, r.destination, r.signal.aborted];
    });
  }
  for (const url of ["nope", "http://u:p@x/", ""]) await tell("Request of " + url, () => new Request(url).url);
  await tell("Request of a Request", async () => {
    const a = new Request("http://x/", { method: "POST", body: "b", headers: { a: "1" } });
    const b = new Request(a, { headers: { c: "2" } });
    return [a.bodyUsed, b.method, [...b.headers.keys()], await b.text()];
  });
  await tell("Request of a used one", async () => {
    const a = new Request("http://x/", { method: "POST", body: "b" });
    await a.text();
    return new Request(a);
  });
  await tell("Request's signal", () => {
    const c = new AbortController();
    const r = new Request("http://x/", { signal: c.signal });
    const seen = [r.signal === c.signal, r.signal.aborted];
    c.abort(new RangeError("why"));
    return [...seen, r.signal.aborted, r.signal.reason.message, r.clone().signal.aborted];
  });
  await tell("form", async () => {
    const f = new FormData();
    f.append("a", "1\n2");
    f.append("a", 'q"ü');
    f.append("f", new Blob(["x\r\ny"], { type: "t/u" }), "n.txt");
    f.set("s", new File([], "e"));
    const r = new Response(f);
    const g = await r.formData();
    const file = g.get("f");
    return [r.headers.get("content-type").startsWith("multipart/form-data; boundary="), g.getAll("a"), [file.name, file.type, file.size, await file.text()], [...g.keys()], g.get("s").type];
  });
  const form = (lines, type = "multipart/form-data; boundary=b") => new Response(lines.join("\r\n"), { headers: { "content-type": type } }).formData();
  const pairs = async (f) => Promise.all([...(await f)].map(async ([k, v]) => [k, typeof v === "string" ? v : [v.name, v.type, await v.text()]]));
  await tell("multipart", () => pairs(form(["--b", 'Content-Disposition: form-data; name="a"', "", "1", "--b", 'content-disposition: form-data; name="f"; filename="x.bin"', "Content-Type: image/png", "", "\r\ndata", "--b--", ""])));
  await tell("multipart quoted", () => pairs(form(["--b c", 'Content-Disposition: form-data; name="a%22b"', "", "", "--b c--", ""], 'multipart/form-data; boundary="b c"')));
  await tell("multipart cut", () => pairs(form(["--b", 'Content-Disposition: form-data; name="a"', "", "1"])));
  await tell("multipart empty", () => pairs(form([""])));
  await tell("multipart nameless", () => pairs(form(["--b", "Content-Disposition: form-data", "", "1", "--b--", ""])));
  await tell("urlencoded", () => pairs(form(["a=b+c&d=%C3%A4&e"], "application/x-www-form-urlencoded;charset=UTF-8")));
  await tell("no form", () => pairs(form(["a=b"], "text/plain")));
  const f = new FormData();
  for (const run of [() => f.append("a"), () => f.append("a", "b", "c"), () => f.get(), () => new FormData({}), () => f.append("a", {})]) await tell("FormData", run);
  await tell("Blob", async () => {
    const b = new Blob(["ab", new Uint8Array([99]), new Blob(["d"])], { type: "A/B" });
    return [b.size, b.type, await b.text(), await b.slice(1, 3).text(), await b.slice(-1).text(), await b.slice(3, 1).text(), b.slice(0, 1, "x").type, new Blob([1, null]).size];
  });
  for (const run of [() => new Blob("x"), () => new Blob([], { endings: "q" }), () => new File([]), () => new Blob([], { type: "é" }).type]) await tell("Blob", run);
  await tell("data url", async () => {
    const r = await fetch("data:text/html;base64,aGk=");
    return [r.status, r.headers.get("content-type"), await r.text()];
  });
  await tell("data url of text", async () => (await fetch("data:,a%20b")).text());
})();
