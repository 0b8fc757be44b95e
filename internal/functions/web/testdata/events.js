const log = (...values) => console.log(...values);
const t = new EventTarget();
const seen = [];
const f = (e) => seen.push("f" + e.type + (e.target === t) + e.eventPhase);
t.addEventListener("a", f);
t.addEventListener("a", f);
t.addEventListener("a", { handleEvent(e) { seen.push("object" + (this !== t)); } });
t.addEventListener("a", () => seen.push("once"), { once: true });
log(t.dispatchEvent(new Event("a")), seen.splice(0).join());
log(t.dispatchEvent(new Event("a")), seen.splice(0).join());
t.removeEventListener("a", f);
t.dispatchEvent(new Event("a"));
log(seen.splice(0).join());
t.addEventListener("stop", (e) => { e.stopImmediatePropagation(); seen.push(1); });
t.addEventListener("stop", () => seen.push(2));
t.dispatchEvent(new Event("stop"));
log(seen.splice(0).join());
t.addEventListener("p", (e) => e.preventDefault());
log(t.dispatchEvent(new Event("p")), t.dispatchEvent(new Event("p", { cancelable: true })));
try { t.dispatchEvent({}); } catch (error) { log(error.name); }
try { new Event(); } catch (error) { log(error.name); }
const c = new CustomEvent("c", { detail: 5, bubbles: true });
log(c.detail, c.bubbles, c.cancelable, c.composed, c.defaultPrevented, typeof c.timeStamp, c.isTrusted, Object.prototype.toString.call(c), c instanceof Event);
const a = new AbortController();
const s = a.signal;
s.onabort = () => log("onabort");
s.addEventListener("abort", () => log("listener", s.aborted));
t.addEventListener("x", () => log("never"), { signal: s });
a.abort();
a.abort("again");
t.dispatchEvent(new Event("x"));
log(s.reason.name, s.reason.code, s.reason instanceof DOMException, s.reason instanceof Error);
try { s.throwIfAborted(); } catch (error) { log(error === s.reason); }
log(AbortSignal.abort("r").reason, AbortSignal.abort().reason.name, AbortSignal.abort().aborted);
const [p, q] = [new AbortController(), new AbortController()];
const any = AbortSignal.any([p.signal, q.signal]);
const nested = AbortSignal.any([any]);
any.addEventListener("abort", () => log("any", any.reason));
q.abort("q");
p.abort("p");
log(nested.reason, AbortSignal.any([]).aborted, AbortSignal.any([AbortSignal.abort(1), q.signal]).reason);
try { new AbortSignal(); } catch (error) { log(error.name); }
const e = new DOMException("m", "NotFoundError");
log(e.message, e.name, e.code, `${e}`, new DOMException().name, new DOMException("x", "Own").code, DOMException.ABORT_ERR, e.ABORT_ERR, Object.prototype.toString.call(e));
let n = 0;
const later = () => {
  setTimeout((x, y) => log("timeout", x, y), 1, 1, 2);
  setTimeout(() => {
    AbortSignal.timeout(5).addEventListener("abort", (event) => log("timed out", event.target.reason.name, event.target.reason.code));
    setTimeout(() => {}, 100);
  }, 30);
};
const never = setTimeout(() => log("never"), 1);
clearTimeout(never);
const every = setInterval(() => {
  log("interval", ++n);
  if (n < 3) return;
  clearInterval(every);
  later();
}, 1);
queueMicrotask(() => log("microtask"));
Promise.resolve().then(() => log("then"));
log("sync");
