// What every instance begins with: promises for what Go does meanwhile, timers, and the
// way for Go to call in. The scripts of Galley itself reach it as __host; close() takes
// that away before any code of a project runs.
(() => {
	"use strict";
	const __host = globalThis.__host;
	const { apply } = Reflect;
	const { then } = Promise.prototype;
	const PromiseOf = Promise, ErrorOf = Error, stringify = JSON.stringify, stringOf = String;
	const mapGet = Map.prototype.get, mapSet = Map.prototype.set, mapDelete = Map.prototype.delete;
	const { like, field, method, taking, keep, operation, trace, settles } = __host;
	const waiting = new Map(), timers = new Map(), unhandled = new Map();
	let last = 0, watching = false, report = null;

	const start = (op, ...args) => new PromiseOf((resolve, reject) => {
		const id = ++last;
		apply(mapSet, waiting, [id, { resolve, reject }]);
		try {
			__host("loop.start", id, op, ...args);
		} catch (e) {
			apply(mapDelete, waiting, [id]);
			reject(e);
		}
	});

	const later = (ms, fn) => {
		const id = ++last;
		__host("loop.later", id, +ms || 0);
		apply(mapSet, timers, [id, fn]);
		return id;
	};

	const cancel = (id) => {
		if (apply(mapDelete, timers, [id])) __host("loop.cancel", id);
	};

	const hostError = (f) => {
		const e = new ErrorOf(f.message);
		e.name = "HostError";
		for (const k of ["code", "details", "hint", "status"]) if (f[k] !== undefined) e[k] = f[k];
		return e;
	};

	// What Go is told of something that was thrown.
	const told = (e) => {
		if (!(e instanceof ErrorOf)) return ["", text(e), "", null];
		const fields = {};
		for (const k of ["code", "details", "hint", "status"]) {
			const v = e[k];
			if (typeof v === "string" || typeof v === "number") fields[k] = v;
		}
		return [text(e.name), text(e.message), traced(e), stringify(fields)];
	};

	// traced is a stack trace with those of what an error was caused by.
	const traced = (e) => {
		let all = text(e.stack);
		for (let n = 0, by = e, at = e.cause; at !== undefined && at !== null && n < 5; n++, by = at, at = at.cause) {
			const known = at instanceof ErrorOf;
			if (known && text(by.message).includes(text(at.message))) continue; // it is said already
			const head = known ? `${text(at.name)}: ${text(at.message)}` : text(at);
			const stack = known ? text(at.stack) : "";
			all += `${all === "" || all.endsWith("\n") ? "" : "\n"}Caused by: ${head}\n${stack}`;
		}
		return all;
	};

	const text = (x) => {
		try {
			return typeof x === "object" && x !== null ? stringify(x) ?? "" : stringOf(x);
		} catch {
			return "an exception that cannot be shown";
		}
	};

	const finish = (id, value) => {
		try {
			__host("loop.result", id, value);
		} catch (e) {
			fail(id, e);
		}
	};

	const fail = (id, e) => {
		let parts;
		try {
			parts = told(e);
		} catch {
			parts = ["", "an exception that cannot be shown", "", null];
		}
		__host("loop.failed", id, ...parts);
	};

	// Go calls these.
	globalThis.__await = (id, promise) => {
		apply(then, promise, [(v) => finish(id, v), (e) => fail(id, e)]);
	};

	globalThis.__failed = fail;

	globalThis.__settle = (id, ok, value) => {
		const w = apply(mapGet, waiting, [id]);
		if (!w) return;
		apply(mapDelete, waiting, [id]);
		ok ? w.resolve(value) : w.reject(hostError(value));
	};

	globalThis.__fire = (id) => {
		const fn = apply(mapGet, timers, [id]);
		if (!fn) return;
		apply(mapDelete, timers, [id]);
		fn();
	};

	globalThis.__unhandled = () => {
		watching = false;
		for (const [promise, reason] of unhandled) {
			unhandled.delete(promise);
			if (report?.(reason, promise)) continue;
			__host("loop.unhandled", ...told(reason));
		}
	};

	globalThis.__rejected = (promise, reason, handled) => {
		if (handled) return void apply(mapDelete, unhandled, [promise]);
		apply(mapSet, unhandled, [promise, reason]);
		if (!watching) {
			watching = true;
			__host("loop.rejected");
		}
	};

	globalThis.__host = {
		call: __host, operation, like, field, method, taking, trace, settles, start, later, cancel,
		expose(name, fn) {
			if (name === "unhandledrejection") report = fn;
			keep(name, fn);
		},
		close() {
			for (const name of ["__host", "__await", "__failed", "__settle", "__fire", "__unhandled", "__rejected"]) delete globalThis[name];
		},
	};
})();
