// Node's StringDecoder (nodejs.org/api/string_decoder.html).
import { Buffer } from "node:buffer";

export class StringDecoder {
  #decoder;
  #rest = Buffer.alloc(0);
  constructor(encoding = "utf8") {
    if (!Buffer.isEncoding(encoding)) throw new TypeError(`Unknown encoding: ${encoding}`);
    this.encoding = encoding.toLowerCase().replace("utf-8", "utf8");
    if (this.encoding === "utf8") this.#decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  }
  write(bytes) {
    if (typeof bytes === "string") return bytes;
    if (this.#decoder) return this.#decoder.decode(bytes, { stream: true });
    const all = Buffer.concat([this.#rest, bytes]);
    const unit = this.encoding.startsWith("base64") ? 3 : /^(ucs|utf)/.test(this.encoding) ? 2 : 1;
    const whole = all.length - all.length % unit;
    this.#rest = all.subarray(whole);
    return all.toString(this.encoding, 0, whole);
  }
  end(bytes) {
    const out = bytes ? this.write(bytes) : "";
    if (this.#decoder) return out + this.#decoder.decode();
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return out + rest.toString(this.encoding);
  }
}
export default { StringDecoder };
