// WebSocket: the class is there, so that libraries can name it;
// a function lives for one request and can't hold a connection, so that one to open
// fails as an unreachable server does, with the reason.
const { need, usv } = exports;
const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

class WebSocket extends exports.EventTarget {
  #url;
  #state = states.CONNECTING;
  binaryType = "blob";

  constructor(url, protocols = []) {
    need(arguments.length, 1, "WebSocket");
    super();
    const parts = exports.url.href(usv(url).replace(/^http/, "ws"));
    if (parts === null || !["ws:", "wss:"].includes(parts.protocol)) {
      throw new exports.DOMException(`The URL '${url}' is invalid.`, "SyntaxError");
    }
    const list = typeof protocols === "string" ? [protocols] : [...protocols];
    if (new Set(list).size !== list.length) throw new exports.DOMException("The protocols are not different", "SyntaxError");
    this.#url = parts.href;
    exports.timers.later(0, () => this.#refuse());
  }

  #refuse() {
    if (this.#state === states.CLOSED) return;
    this.#state = states.CLOSED;
    const message = "WebSocket: a function can't open a connection that outlives its request";
    const error = new Error(message);
    this.dispatchEvent(new exports.ErrorEvent("error", { message, error }));
    this.dispatchEvent(new exports.CloseEvent("close", { code: 1006, reason: message, wasClean: false }));
  }

  send() {
    need(arguments.length, 1, "WebSocket.send");
    if (this.#state === states.CONNECTING) throw new exports.DOMException("The WebSocket is still connecting", "InvalidStateError");
  }

  close(code, reason = "") {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new exports.DOMException(`The code ${code} is not 1000 or from 3000 to 4999`, "InvalidAccessError");
    }
    if (exports.utf8(usv(reason)).length > 123) throw new exports.DOMException("The reason is longer than 123 bytes", "SyntaxError");
    if (this.#state === states.CONNECTING) exports.timers.later(0, () => this.#refuse());
  }

  get url() { return this.#url; }
  get readyState() { return this.#state; }
  get protocol() { return ""; }
  get extensions() { return ""; }
  get bufferedAmount() { return 0; }
  get [Symbol.toStringTag]() { return "WebSocket"; }
}
for (const name of Object.keys(states)) {
  const constant = { value: states[name], enumerable: true };
  Object.defineProperty(WebSocket, name, constant);
  Object.defineProperty(WebSocket.prototype, name, constant);
}
exports.handlers(WebSocket, ["open", "error", "close", "message"]);
exports.WebSocket = WebSocket;
