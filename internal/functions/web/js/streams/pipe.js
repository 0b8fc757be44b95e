// pipeTo and tee.
const { stream, readable } = exports;
const { when, quiet, deferred, dictionary } = stream;

function options(given) {
  const o = dictionary(given, "The options of the pipe");
  const found = {
    preventAbort: !!o.preventAbort, preventCancel: !!o.preventCancel, preventClose: !!o.preventClose, signal: o.signal,
  };
  if (found.signal !== undefined && !exports.abort.is(found.signal)) throw new TypeError("The signal of the pipe is not an AbortSignal");
  return found;
}

// to moves the chunks of a readable stream to a writable one, as fast as that takes
// them, and carries ends and errors over.
function to(source, target, how) {
  const { writable } = exports;
  const reader = readable.attach(source, "default");
  const writer = writable.attach(target);
  source.disturbed = true;
  const done = deferred();
  const pipe = { ending: false, writing: Promise.resolve(), undo: () => {} };

  const finish = (failed, reason) => {
    writable.release(writer);
    readable.release(reader);
    pipe.undo();
    if (failed) done.reject(reason);
    else done.resolve(undefined);
  };
  // What was read is written before the end; then the action, then the end.
  const settle = async () => {
    for (let last; last !== pipe.writing; ) {
      last = pipe.writing;
      await when(last, undefined, () => {});
    }
  };
  const shut = (action, failed, reason) => {
    if (pipe.ending) return;
    pipe.ending = true;
    const run = () => {
      if (action === null) return finish(failed, reason);
      return when(action(), () => finish(failed, reason), (error) => finish(true, error));
    };
    if (target.state === "writable" && !writable.closeQueued(target)) when(settle(), run);
    else run();
  };

  if (how.signal !== undefined) {
    const abort = () => {
      const { reason } = how.signal;
      const actions = [];
      if (!how.preventAbort) actions.push(() => (target.state === "writable" ? writable.abort(target, reason) : Promise.resolve()));
      if (!how.preventCancel) actions.push(() => (source.state === "readable" ? readable.cancel(source, reason) : Promise.resolve()));
      shut(() => Promise.all(actions.map((run) => run())), true, reason);
    };
    if (how.signal.aborted) {
      abort();
      return done.promise;
    }
    pipe.undo = exports.abort.onAbort(how.signal, abort);
  }
  watch(source, target, how, reader, writer, shut);
  pump(source, target, pipe, writer, reader);
  return done.promise;
}

function watch(source, target, how, reader, writer, shut) {
  const { writable } = exports;
  const sourceFailed = () => {
    const reason = source.stored;
    shut(how.preventAbort ? null : () => writable.abort(target, reason), true, reason);
  };
  const targetFailed = () => {
    const reason = target.stored;
    shut(how.preventCancel ? null : () => readable.cancel(source, reason), true, reason);
  };
  const sourceClosed = () => shut(how.preventClose ? null : () => writable.closeFor(writer), false);
  if (source.state === "errored") sourceFailed();
  else quiet(when(reader.closed.promise, undefined, () => source.state === "errored" && sourceFailed()));
  if (target.state === "errored") targetFailed();
  else quiet(when(writer.closed.promise, undefined, () => target.state === "errored" && targetFailed()));
  if (source.state === "closed") sourceClosed();
  else quiet(when(reader.closed.promise, () => source.state === "closed" && sourceClosed(), () => {}));
  if (writable.closeQueued(target) || target.state === "closed") {
    const reason = new TypeError("pipeTo: the destination is closing or closed");
    shut(how.preventCancel ? null : () => readable.cancel(source, reason), true, reason);
  }
}

function pump(source, target, pipe, writer, reader) {
  const { writable } = exports;
  const step = () => {
    if (pipe.ending || source.state !== "readable") return;
    when(writer.ready.promise, () => {
      if (pipe.ending || reader.stream === null) return;
      readable.read(source, {
        chunk(value) {
          // In a microtask of its own, so that the writer's callbacks don't run within enqueue.
          pipe.writing = when(Promise.resolve(), () => {
            const write = writer.stream === null ? Promise.resolve() : writable.write(writer, value);
            quiet(write);
            step();
            return write;
          });
          quiet(pipe.writing);
        },
        close() {},
        error() {},
      });
    }, () => {});
  };
  step();
}

// tee makes two streams of one: each chunk goes to both.
function tee(record) {
  const reader = readable.attach(record, "default");
  const canceled = deferred();
  const sides = [{ over: false, reason: undefined }, { over: false, reason: undefined }];
  let reading = false;
  let again = false;

  const pull = () => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    readable.read(record, {
      chunk(value) {
        queue(() => {
          again = false;
          for (let i = 0; i < 2; i++) if (!sides[i].over) readable.enqueue(branches[i].controller, value);
          reading = false;
          if (again) pull();
        });
      },
      close() {
        reading = false;
        for (let i = 0; i < 2; i++) if (!sides[i].over) readable.finish(branches[i].controller);
        if (!sides[0].over || !sides[1].over) canceled.resolve(undefined);
      },
      error() {
        reading = false;
      },
    });
  };
  const branches = sides.map((side, i) => readable.create({
    pull,
    cancel(reason) {
      side.over = true;
      side.reason = reason;
      if (sides[1 - i].over) canceled.resolve(readable.cancel(record, sides.map((s) => s.reason)));
      return canceled.promise;
    },
  }));
  quiet(when(reader.closed.promise, undefined, (reason) => {
    for (const branch of branches) readable.error(branch.controller, reason);
    if (!sides[0].over || !sides[1].over) canceled.resolve(undefined);
  }));
  return branches;
}

const queue = (run) => quiet(when(Promise.resolve(), run));

exports.pipe = { options, to };
exports.tee = tee;
