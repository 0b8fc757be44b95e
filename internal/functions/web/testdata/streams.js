let events = [];
const note = (...values) => events.push(values.join(" "));
const ordered = (v) => Array.isArray(v) ? v.map(ordered) : v !== null && typeof v === "object" && "done" in v ? { value: v.value, done: v.done } : v;
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const test = async (name, run) => {
  events = [];
  let result;
  try {
    result = await run();
  } catch (error) {
    result = "throws " + (error?.name ?? error);
  }
  await turn();
  console.log(name, JSON.stringify(ordered(result)), events.join(", "));
};
const all = async (stream) => {
  const found = [];
  for await (const chunk of stream) found.push(chunk);
  return found;
};
const source = (chunks, then = (c) => c.close()) => new ReadableStream({
  start(c) {
    for (const chunk of chunks) c.enqueue(chunk);
    then(c);
  },
});
const failure = new RangeError("boom");
(async () => {
  await test("order of calls", async () => {
    let n = 0;
    const s = new ReadableStream({ start() { note("start"); }, pull(c) { note("pull", c.desiredSize); if (++n > 3) c.close(); else c.enqueue(n); }, cancel() { note("cancel"); } });
    note("made");
    await turn();
    const r = s.getReader();
    note("reading");
    const seen = [await r.read(), await r.read()];
    await turn();
    return seen;
  });
  await test("high water mark of 0", async () => {
    const s = new ReadableStream({ pull(c) { note("pull"); c.enqueue("x"); } }, { highWaterMark: 0 });
    await turn();
    note("before");
    return s.getReader().read();
  });
  await test("sizes", () => {
    const s = new ReadableStream({ start(c) { note(c.desiredSize); c.enqueue("abc"); note(c.desiredSize); c.enqueue("defg"); note(c.desiredSize); } }, { highWaterMark: 5, size: (x) => x.length });
    return s.locked;
  });
  for (const size of [() => NaN, () => -1, () => Infinity, () => { throw failure; }]) {
    await test("bad size", () => new ReadableStream({ start(c) { try { c.enqueue(1); } catch (error) { note(error.name); } } }, { size }).getReader().read());
  }
  for (const mark of [-1, NaN, "x", "3", Infinity]) await test("mark " + mark, () => new ReadableStream({ start(c) { note(c.desiredSize); } }, { highWaterMark: mark }).locked);
  await test("error in start", () => new ReadableStream({ start() { throw failure; } }));
  await test("rejected start", () => new ReadableStream({ start: () => Promise.reject(failure) }).getReader().read());
  await test("error in pull", () => new ReadableStream({ pull() { throw failure; } }).getReader().closed);
  await test("error after chunks", async () => {
    const r = source([1], (c) => c.error(failure)).getReader();
    return r.read();
  });
  await test("close twice", () => source([], (c) => { c.close(); c.close(); }));
  await test("enqueue after close", () => source([], (c) => { c.close(); c.enqueue(1); }));
  await test("close with chunks left", async () => {
    const r = source([1, 2]).getReader();
    r.closed.then(() => note("closed"));
    return [await r.read(), await r.read(), await r.read(), await r.read()];
  });
  await test("many reads at once", async () => {
    let c;
    const r = new ReadableStream({ start(x) { c = x; } }).getReader();
    const reads = [r.read(), r.read(), r.read()];
    c.enqueue(1);
    c.enqueue(2);
    c.close();
    return Promise.all(reads);
  });
  await test("cancel", async () => {
    const s = new ReadableStream({ cancel(reason) { note("cancel", reason); return "ignored"; } });
    return [await s.cancel("why"), await s.cancel("again")];
  });
  await test("cancel that fails", () => new ReadableStream({ cancel() { throw failure; } }).cancel());
  await test("cancel of a locked one", () => {
    const s = new ReadableStream();
    s.getReader();
    return s.cancel();
  });
  await test("release", async () => {
    const s = source([1, 2]);
    const r = s.getReader();
    await r.read();
    r.releaseLock();
    r.closed.catch((error) => note(error.name));
    r.read().catch((error) => note("read", error.name));
    return (await s.getReader().read()).value;
  });
  await test("release with a read under way", async () => {
    const r = new ReadableStream().getReader();
    r.read().catch((error) => note(error.name));
    r.releaseLock();
  });
  await test("two readers", () => {
    const s = new ReadableStream();
    s.getReader();
    s.getReader();
  });
  await test("iteration and break", async () => {
    const s = new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); }, cancel(reason) { note("cancel", reason); } });
    for await (const chunk of s) { note(chunk); break; }
    return s.locked;
  });
  await test("iteration that keeps", async () => {
    const s = source([1, 2]);
    for await (const chunk of s.values({ preventCancel: true })) { note(chunk); break; }
    return all(s);
  });
  await test("iteration of a failed one", () => all(source([1], (c) => c.error(failure))));
  await test("iterator", async () => {
    const i = source([1, 2])[Symbol.asyncIterator]();
    return [await Promise.all([i.next(), i.next(), i.next()]), await i.next(), await i.return("r")];
  });
  await test("from", async () => [await all(ReadableStream.from([1, Promise.resolve(2)])), await all(ReadableStream.from("ab")), await all(ReadableStream.from(source([3])))]);
  await test("from a generator", async () => {
    const s = ReadableStream.from((async function* () { try { yield 1; yield 2; } finally { note("finally"); } })());
    for await (const chunk of s) { note(chunk); break; }
  });
  for (const bad of [null, undefined, 5, {}, { [Symbol.iterator]: () => 5 }]) await test("from " + bad, () => ReadableStream.from(bad));
  await test("tee", async () => {
    const [a, b] = source([1, 2, 3]).tee();
    return [await all(a), await all(b)];
  });
  await test("tee and cancel", async () => {
    const [a, b] = new ReadableStream({ cancel(reason) { note("cancel", reason); } }).tee();
    const first = a.cancel("a");
    await turn();
    note("second");
    await Promise.all([first, b.cancel("b")]);
  });
  await test("tee of a failing one", async () => {
    const [a, b] = source([1], (c) => setTimeout(() => c.error(failure))).tee();
    a.getReader().closed.catch((error) => note("a", error.name));
    return all(b);
  });
  const sink = (extra = {}) => ({ start() { note("start"); }, write(chunk) { note("write", chunk); }, close() { note("close"); }, abort(reason) { note("abort", reason); }, ...extra });
  await test("writer", async () => {
    const w = new WritableStream(sink()).getWriter();
    note(w.desiredSize);
    w.write(1);
    note(w.desiredSize);
    w.ready.then(() => note("ready"));
    w.write(2);
    await w.close();
    w.closed.then(() => note("closed"));
    return w.desiredSize;
  });
  await test("slow sink", async () => {
    const w = new WritableStream({ async write(chunk) { note("begin", chunk); await turn(); note("end", chunk); } }, { highWaterMark: 3 }).getWriter();
    for (const chunk of [1, 2, 3]) { await w.ready; w.write(chunk); note(w.desiredSize); }
    await w.close();
  });
  await test("write that fails", async () => {
    const w = new WritableStream(sink({ write() { throw failure; } })).getWriter();
    w.closed.catch((error) => note("closed", error.name));
    w.ready.catch((error) => note("ready", error.name));
    w.write(1).catch((error) => note("write", error.name));
    w.write(2).catch((error) => note("second", error.name));
    await turn();
    w.ready.catch((error) => note("ready later", error.name));
    return w.write(3);
  });
  await test("abort", async () => {
    const w = new WritableStream(sink({ write: () => turn() })).getWriter();
    w.closed.catch((error) => note("closed", error));
    w.write(1).then(() => note("written"), (error) => note("write", error));
    w.write(2).catch((error) => note("second", error));
    await w.abort("stop");
    note("aborted");
    return w.write(3).catch((error) => "third " + error);
  });
  await test("abort's signal", async () => {
    const w = new WritableStream({ write(chunk, c) { c.signal.addEventListener("abort", () => note("signal", c.signal.reason)); return turn(); } }).getWriter();
    await turn();
    w.write(1).catch(() => {});
    w.closed.catch(() => {});
    await turn();
    return w.abort("stop");
  });
  await test("close twice", async () => {
    const w = new WritableStream(sink()).getWriter();
    w.close();
    return w.close();
  });
  await test("close that fails", async () => {
    const w = new WritableStream(sink({ close() { throw failure; } })).getWriter();
    w.closed.catch((error) => note("closed", error.name));
    return w.close();
  });
  await test("controller's error", async () => {
    let c;
    const w = new WritableStream({ start(x) { c = x; } }).getWriter();
    await turn();
    c.error(failure);
    w.ready.catch((error) => note("ready", error.name));
    return w.closed;
  });
  await test("released writer", async () => {
    const s = new WritableStream();
    const w = s.getWriter();
    w.releaseLock();
    w.closed.catch((error) => note("closed", error.name));
    w.ready.catch((error) => note("ready", error.name));
    try { w.desiredSize; } catch (error) { note(error.name); }
    return [s.locked, await s.close()];
  });
  await test("pipe", () => source([1, 2]).pipeTo(new WritableStream(sink())));
  await test("pipe that does not close", async () => {
    const w = new WritableStream(sink());
    await source([1]).pipeTo(w, { preventClose: true });
    return w.locked;
  });
  await test("pipe of a failing source", () => source([1], (c) => c.error(failure)).pipeTo(new WritableStream(sink())));
  await test("pipe of a failing source, kept", () => source([], (c) => c.error(failure)).pipeTo(new WritableStream(sink()), { preventAbort: true }));
  await test("pipe to a failing sink", () => new ReadableStream({ start(c) { c.enqueue(1); c.enqueue(2); }, cancel(reason) { note("cancel", reason.name); } }).pipeTo(new WritableStream(sink({ write() { throw failure; } }))));
  await test("pipe to a closed one", async () => {
    const w = new WritableStream();
    await w.close();
    return new ReadableStream({ cancel(reason) { note("cancel", reason.name); } }).pipeTo(w);
  });
  await test("pipe and signal", async () => {
    const stop = new AbortController();
    const piped = new ReadableStream({ start(c) { c.enqueue(1); }, cancel(reason) { note("cancel", reason); } }).pipeTo(new WritableStream(sink()), { signal: stop.signal });
    await turn();
    stop.abort("stop");
    return piped;
  });
  await test("pipe to a locked one", () => {
    const w = new WritableStream();
    w.getWriter();
    return source([]).pipeTo(w);
  });
  await test("transform", () => all(source([1, 2]).pipeThrough(new TransformStream({ start(c) { c.enqueue("first"); }, transform(chunk, c) { note("transform", chunk); c.enqueue(chunk * 10); }, flush(c) { c.enqueue("last"); } }))));
  await test("transform of nothing", () => all(source(["a"]).pipeThrough(new TransformStream())));
  await test("transform that fails", () => all(new ReadableStream({ start(c) { c.enqueue(1); }, cancel(reason) { note("cancel", reason.name); } }).pipeThrough(new TransformStream({ transform() { throw failure; } }))));
  await test("terminate", () => all(new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(reason) { note("cancel", reason.name); } }).pipeThrough(new TransformStream({ transform(chunk, c) { c.enqueue(chunk); c.terminate(); } }))));
  await test("back-pressure of a transform", async () => {
    const t = new TransformStream({ transform(chunk, c) { note("transform", chunk); c.enqueue(chunk); } });
    const w = t.writable.getWriter();
    w.write(1).then(() => note("written"));
    await turn();
    note("read");
    return t.readable.getReader().read();
  });
  await test("cancel of a transform", async () => {
    const t = new TransformStream({ cancel(reason) { note("cancel", reason); } });
    const w = t.writable.getWriter();
    w.closed.catch((error) => note("closed", error));
    return t.readable.cancel("c");
  });
  await test("bytes", async () => {
    const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2, 3, 4, 5])); c.close(); } });
    const r = s.getReader({ mode: "byob" });
    const seen = [];
    for (let v = await r.read(new Uint8Array(2)); ; v = await r.read(new Uint8Array(2))) { seen.push([v.done, [...v.value]]); if (v.done) return seen; }
  });
  await test("bytes pulled into the reader's buffer", async () => {
    const s = new ReadableStream({ type: "bytes", pull(c) { const v = c.byobRequest.view; note(v.byteLength); v[0] = 7; c.byobRequest.respond(1); } });
    const { value, done } = await s.getReader({ mode: "byob" }).read(new Uint8Array(4));
    return [done, [...value], value.buffer.byteLength];
  });
  await test("bytes with elements of two", async () => {
    let c;
    const r = new ReadableStream({ type: "bytes", start(x) { c = x; } }).getReader({ mode: "byob" });
    const read = r.read(new Uint16Array(2));
    c.enqueue(new Uint8Array([1]));
    c.enqueue(new Uint8Array([0, 2]));
    const { value } = await read;
    const next = r.read(new Uint8Array(3));
    return [[...value], [...(await next).value]];
  });
  await test("auto-allocated", async () => {
    const s = new ReadableStream({ type: "bytes", autoAllocateChunkSize: 8, pull(c) { note(c.byobRequest.view.byteLength); c.byobRequest.view[0] = 1; c.byobRequest.respond(2); } });
    return [...(await s.getReader().read()).value];
  });
  await test("bytes: wrong chunks", () => {
    const c = [];
    new ReadableStream({ type: "bytes", start(x) { for (const chunk of ["a", new Uint8Array(0), {}]) try { x.enqueue(chunk); } catch (error) { c.push(error.name); } } });
    return c;
  });
  await test("bytes and tee", async () => {
    const [a, b] = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2])); c.close(); } }).tee();
    return (await Promise.all([all(a), all(b)])).map((chunks) => chunks.map((chunk) => [...chunk]));
  });
  await test("bytes: closed reads", async () => {
    const r = new ReadableStream({ type: "bytes", start(c) { c.close(); } }).getReader({ mode: "byob" });
    const { value, done } = await r.read(new Uint8Array(3));
    return [done, value.byteLength];
  });
  for (const view of ["x", new Uint8Array(0), undefined]) await test("bytes: bad view", () => new ReadableStream({ type: "bytes" }).getReader({ mode: "byob" }).read(view));
  await test("no bytes", () => new ReadableStream().getReader({ mode: "byob" }));
  await test("text", async () => [await all(source(["a", "\ud83d", "\ude00b"]).pipeThrough(new TextEncoderStream()).pipeThrough(new TextDecoderStream())),
    await all(source([new Uint8Array([0xe2]), new Uint8Array([0x82, 0xac, 0x61])]).pipeThrough(new TextDecoderStream()))]);
  await test("text that is none", () => all(source([new Uint8Array([0xff])]).pipeThrough(new TextDecoderStream("utf-8", { fatal: true }))));
  for (const format of ["gzip", "deflate", "deflate-raw"]) {
    await test(format, async () => (await new Response(new Blob(["hello ".repeat(9999)]).stream().pipeThrough(new CompressionStream(format)).pipeThrough(new DecompressionStream(format))).text()).length);
  }
  await test("no format", () => new CompressionStream("zip"));
  await test("strategies", () => [new CountQueuingStrategy({ highWaterMark: 3 }).highWaterMark, new ByteLengthQueuingStrategy({ highWaterMark: 1 }).size(new Uint8Array(5)), new CountQueuingStrategy({ highWaterMark: 3 }).size()]);
})();
