// What the streams share: promises with their settlers, queues with sizes, and the
// reading of strategies and of the methods of sources and sinks.
const promiseThen = Function.prototype.call.bind(Promise.prototype.then);
const noop = () => {};

const stream = {
  // when calls one of two functions after a promise is settled.
  when: (promise, ok, failed) => promiseThen(promise, ok, failed),
  // quiet keeps a rejection from being reported: somebody else hears of it.
  quiet(promise) {
    promiseThen(promise, undefined, noop);
    return promise;
  },
  deferred() {
    const d = { pending: true };
    d.promise = new Promise((resolve, reject) => {
      d.resolve = (value) => {
        d.pending = false;
        resolve(value);
      };
      d.reject = (reason) => {
        d.pending = false;
        reject(reason);
      };
    });
    return d;
  },
  resolved() {
    const d = stream.deferred();
    d.resolve(undefined);
    return d;
  },
  rejected(reason) {
    const d = stream.deferred();
    d.reject(reason);
    stream.quiet(d.promise);
    return d;
  },
  // attempt calls a function of the script and gives a promise in any case.
  attempt(run) {
    try {
      return Promise.resolve(run());
    } catch (error) {
      return Promise.reject(error);
    }
  },
  // promised is for methods that give a promise: what they throw rejects one. An async
  // function would do too, but settles some turns later than the standard says.
  promised(get) {
    try {
      return get();
    } catch (error) {
      return Promise.reject(error);
    }
  },
  // method reads a callback of a source, sink or transformer.
  method(object, name) {
    const found = object?.[name];
    if (found === undefined) return undefined;
    if (typeof found !== "function") throw new TypeError(`The member ${name} is not a function`);
    return (...args) => Reflect.apply(found, object, args);
  },
  dictionary(value, what) {
    if (value === undefined || value === null) return {};
    if (typeof value !== "object" && typeof value !== "function") throw new TypeError(`${what} is not an object`);
    return value;
  },
  highWaterMark(strategy, initial) {
    if (strategy.highWaterMark === undefined) return initial;
    const mark = Number(strategy.highWaterMark);
    if (Number.isNaN(mark) || mark < 0) throw new RangeError("The highWaterMark is not a number from 0");
    return mark;
  },
  sizeOf(strategy) {
    const size = strategy.size;
    if (size === undefined) return () => 1;
    if (typeof size !== "function") throw new TypeError("The size of the strategy is not a function");
    return (chunk) => size(chunk);
  },
  illegal: () => new TypeError("Illegal constructor"),
};

// pull asks the source of a controller for more while wanted(c), one request at a time.
stream.pull = function pull(c, wanted, failed) {
  if (!wanted(c)) return;
  if (c.pulling) {
    c.again = true;
    return;
  }
  c.pulling = true;
  stream.when(stream.attempt(() => c.pull(c.object)), () => {
    c.pulling = false;
    if (!c.again) return;
    c.again = false;
    pull(c, wanted, failed);
  }, (error) => failed(c, error));
};

// Queue holds chunks and the sum of their sizes.
class Queue {
  #items = [];
  #head = 0;
  total = 0;

  get length() { return this.#items.length - this.#head; }

  put(value, size) {
    const number = Number(size);
    if (!(number >= 0) || number === Infinity) throw new RangeError("The size of a chunk is not a finite number from 0");
    this.#items.push({ value, size: number });
    this.total += number;
  }

  take() {
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.total = Math.max(0, this.total - item.size);
    return item.value;
  }

  peek() { return this.#items[this.#head].value; }

  clear() {
    this.#items = [];
    this.#head = 0;
    this.total = 0;
  }
}
stream.Queue = Queue;

function strategy(name, size) {
  const Class = {
    [name]: class {
      #mark;
      constructor(init) {
        exports.need(arguments.length, 1, name);
        const given = stream.dictionary(init, name);
        if (given.highWaterMark === undefined) throw new TypeError(`${name}: highWaterMark is missing`);
        this.#mark = Number(given.highWaterMark);
      }
      get highWaterMark() { return this.#mark; }
      get size() {
        this.#mark;
        return size;
      }
      get [Symbol.toStringTag]() { return name; }
    },
  }[name];
  return Class;
}

exports.stream = stream;
exports.CountQueuingStrategy = strategy("CountQueuingStrategy", { size: () => 1 }.size);
exports.ByteLengthQueuingStrategy = strategy("ByteLengthQueuingStrategy", { size: (chunk) => chunk.byteLength }.size);
