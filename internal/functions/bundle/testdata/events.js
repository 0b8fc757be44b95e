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
  return out;
};
