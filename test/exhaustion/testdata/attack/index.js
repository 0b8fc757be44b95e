// Each attack takes what it can get. None may end otherwise than by a limit or an error.
export const verifyJwt = false;

const forever = () => {
  for (;;);
};

const attacks = {
  loop: forever,
  loopThatCatches: () => {
    for (;;) {
      try {
        forever();
      } catch {}
    }
  },
  loopInFinally: () => {
    try {
      forever();
    } finally {
      forever();
    }
  },
  microtasks: async () => {
    for (;;) await null;
  },
  then: () => {
    const again = () => Promise.resolve().then(again);
    return again();
  },
  promises: () => {
    const all = [];
    for (;;) all.push(new Promise(() => {}));
  },
  never: () => new Promise(() => {}),
  array: () => {
    const all = [];
    for (;;) all.push(new Array(1000).fill(1));
  },
  string: () => {
    let s = "x";
    for (;;) s += s + "y";
  },
  repeat: () => {
    const all = [];
    for (let i = 0; ; i++) all.push(i + "x".repeat(1 << 20));
  },
  join: () => new Array(4294967295).join("x"),
  fill: () => new Array(4294967295).fill(0),
  from: () => Array.from({ length: 4294967295 }, (_, i) => i),
  indexOf: () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1),
  reverse: () => Array.prototype.reverse.call({ length: 2 ** 53 - 1 }),
  buffer: () => new ArrayBuffer(2 ** 40),
  bytes: () => {
    const all = [];
    for (;;) all.push(new Uint8Array(1 << 20));
  },
  bigint: () => {
    let x = 3n;
    for (;;) x *= x;
  },
  power: () => 2n ** (2n ** 28n) % 7n,
  recursion: () => {
    const down = (n) => down(n + 1) + 1;
    return down(0);
  },
  recursionInGetter: () => {
    const o = { get x() { return this.x; } };
    return o.x;
  },
  recursionInToString: () => {
    const o = { toString: () => `${o}` };
    return `${o}`;
  },
  regexp: () => /^(a+)+$/.test("a".repeat(60) + "!"),
  regexpBackReference: () => /(x+x+)+\1y/.test("x".repeat(60)),
  derive: async () => {
    const key = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
    for (;;) await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(8), iterations: 1999999 }, key, 512);
  },
  generate: async () => {
    for (;;) await crypto.subtle.generateKey({ name: "RSA-PSS", modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" }, false, ["sign"]);
  },
  digest: async () => {
    const data = new Uint8Array(24 << 20);
    for (;;) await crypto.subtle.digest("SHA-512", data);
  },
  sort: () => [3, 1, 2].sort(forever),
  parseDeep: () => JSON.parse("[".repeat(5e6) + "]".repeat(5e6)),
  parseHuge: () => JSON.parse("[" + "[1],".repeat(8e6) + "1]"),
  stringifyDeep: () => {
    let o = {};
    for (let i = 0; i < 1e6; i++) o = { o };
    return JSON.stringify(o);
  },
  stringifyGetter: () => Response.json({ get x() { return forever(); } }),
  stringifyToJSON: () => Response.json({ toJSON: forever }),
  cloneDeep: () => {
    let o = {};
    for (let i = 0; i < 1e6; i++) o = { o };
    return structuredClone(o);
  },
  thenable: async () => await { then: forever },
  thenableAnswer: () => ({ then: forever }),
  proxyToConsole: () => console.log(new Proxy({}, { ownKeys: forever, get: forever })),
  getterToConsole: () => console.log({ get x() { return forever(); } }),
  getterToFetch: () => fetch({ get url() { return forever(); }, toString: forever }),
  species: () => {
    class Evil extends Array {
      static get [Symbol.species]() {
        return forever;
      }
    }
    return new Evil(1, 2).map((x) => x);
  },
  iterator: () => new Headers({ [Symbol.iterator]: function* () { for (;;) yield ["a", "b"]; } }),
  prepareStackTrace: () => {
    Error.prepareStackTrace = forever;
    throw new Error("x");
  },
  messageGetter: () => {
    throw Object.defineProperty(new Error(), "message", { get: forever });
  },
  stackGetter: () => {
    throw Object.defineProperty(new Error("x"), "stack", { get: forever });
  },
  throwObject: () => {
    throw { toString: forever, toJSON: forever, get message() { return forever(); } };
  },
  timers: () => {
    for (;;) setTimeout(() => {}, 1e9);
  },
  timersThatRepeat: () => {
    for (let i = 0; i < 1000; i++) setInterval(() => {}, 0);
    return new Promise(() => {});
  },
  headers: () => {
    const h = new Headers();
    for (let i = 0; ; i++) h.append("x" + i, "y".repeat(1000));
  },
  chatter: () => {
    for (;;) console.log("x".repeat(1000));
  },
  largeAnswer: () => new Response(new Uint8Array(8 << 20)),
  endlessAnswer: () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(1 << 16)) })),
  endlessBody: async (request) => {
    let n = 0;
    for await (const part of request.body) n += part.length;
    return new Response(String(n));
  },
  pollution: () => {
    globalThis.leaked = true;
    Object.prototype.polluted = true;
    Array.prototype.map = forever;
    Promise.prototype.then = forever;
    JSON.stringify = forever;
    Function.prototype.call = forever;
    Response.prototype.constructor = forever;
    throw new Error("and now?");
  },
  setterOnPrototype: () => {
    for (const name of ["status", "headers", "body", "then", "value", "done", "length", "0"]) {
      Object.defineProperty(Object.prototype, name, { get: forever, set: forever });
    }
    return new Response("x");
  },
};

export default (request) => {
  const attack = attacks[new URL(request.url).searchParams.get("how")];
  return attack ? attack(request) : Response.json(Object.keys(attacks));
};
