import EventEmitter, { once } from "node:events";
import * as all from "node:events";
export default async () => {
  const out = [];
  class E extends EventEmitter {}
  const e = new E();
  const a = (...args) => out.push(["a", ...args]);
  e.on("newListener", (name) => out.push(["new", String(name)]));
  e.on("removeListener", (name) => out.push(["removed", String(name)]));
  e.on("x", a).once("x", function (v) { out.push(["once", v, this === e]); }).prependListener("x", () => out.push(["first"]));
  out.push(e.emit("x", 1, 2), e.emit("x", 3), e.emit("none"), e.listenerCount("x"), e.eventNames(), e.listeners("x").includes(a), e.rawListeners("x").length);
  e.off("x", a);
  e.emit("x", 4);
  e.removeAllListeners("x");
  out.push(e.emit("x"), e.getMaxListeners(), e.setMaxListeners(3) === e, e.getMaxListeners(), EventEmitter.defaultMaxListeners);
  try { e.emit("error", new RangeError("r")); } catch (err) { out.push(err.name); }
  try { e.emit("error", 5); } catch (err) { out.push(err.code, err.message); }
  try { e.on("x", 5); } catch (err) { out.push(err.name, err.code); }
  const self = () => { out.push("self"); e.off("y", self); };
  e.on("y", self).on("y", () => out.push("after"));
  e.emit("y"); e.emit("y");
  setTimeout(() => e.emit("z", 7, 8), 1);
  out.push(await once(e, "z"));
  setTimeout(() => e.emit("error", new Error("no")), 1);
  out.push(await once(e, "q").catch((err) => err.message));
  out.push(all.EventEmitter === EventEmitter, EventEmitter.EventEmitter === EventEmitter, typeof EventEmitter.once);

  function Old() { EventEmitter.call(this); this.own = 1; }
  Object.setPrototypeOf(Old.prototype, EventEmitter.prototype);
  function Older() { EventEmitter.call(this); }
  Older.prototype = new EventEmitter();
  for (const Kind of [Old, Older]) {
    const one = new Kind(), other = new Kind();
    one.on("x", (v) => out.push(["old", v]));
    out.push(one.emit("x", 1), other.emit("x", 2), one instanceof EventEmitter);
  }
  const watched = new EventEmitter();
  watched.on(all.errorMonitor, (error) => out.push(["seen", error.message]));
  try { watched.emit("error", new Error("a")); } catch (error) { out.push(["thrown", error.message]); }
  watched.on("error", (error) => out.push(["handled", error.message]));
  out.push(watched.emit("error", new Error("b")), all.getEventListeners(watched, "error").length, all.listenerCount(watched, "error"));
  all.setMaxListeners(5, watched);
  out.push(watched.getMaxListeners(), String(all.captureRejectionSymbol), EventEmitter.errorMonitor === all.errorMonitor);
  const controller = new AbortController(), left = new AbortController();
  all.addAbortListener(controller.signal, () => out.push("aborted"));
  all.addAbortListener(left.signal, () => out.push("never"))[Symbol.dispose ?? Symbol.for("dispose")]?.();
  controller.abort();
  return out;
};
