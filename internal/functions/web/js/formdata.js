// FormData, and its way over the wire: multipart/form-data both ways.
const { need, usv, iterable, utf8, fromUtf8 } = exports;

class FormData {
  #pairs = [];

  constructor(form) {
    if (form !== undefined) throw new TypeError("FormData: there are no forms here");
  }

  static {
    exports.brands.FormData = (value) => #pairs in value;
    exports.formData = { kind, decode, encode: (form) => encode(form.#pairs) };
    iterable(FormData, "FormData", (form) => form.#pairs);
  }

  append(name, value, filename) {
    need(arguments.length, 2, "FormData.append");
    this.#pairs.push(entry(name, value, arguments.length > 2, filename));
  }

  delete(name) {
    need(arguments.length, 1, "FormData.delete");
    const key = usv(name);
    this.#pairs = this.#pairs.filter((pair) => pair[0] !== key);
  }

  get(name) {
    need(arguments.length, 1, "FormData.get");
    const key = usv(name);
    const found = this.#pairs.find((pair) => pair[0] === key);
    return found === undefined ? null : found[1];
  }

  getAll(name) {
    need(arguments.length, 1, "FormData.getAll");
    const key = usv(name);
    return this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
  }

  has(name) {
    need(arguments.length, 1, "FormData.has");
    const key = usv(name);
    return this.#pairs.some((pair) => pair[0] === key);
  }

  set(name, value, filename) {
    need(arguments.length, 2, "FormData.set");
    const fresh = entry(name, value, arguments.length > 2, filename);
    let found = false;
    this.#pairs = this.#pairs.flatMap((pair) => {
      if (pair[0] !== fresh[0]) return [pair];
      if (found) return [];
      found = true;
      return [fresh];
    });
    if (!found) this.#pairs.push(fresh);
  }

  get [Symbol.toStringTag]() { return "FormData"; }
}

function entry(name, value, named, filename) {
  const key = usv(name);
  if (!exports.is("Blob", value)) {
    if (named) throw new TypeError("FormData: only a Blob has a file name");
    return [key, usv(value)];
  }
  const isFile = exports.is("File", value);
  if (isFile && !named) return [key, value];
  const options = { type: value.type, lastModified: isFile ? value.lastModified : undefined };
  return [key, new exports.File([value], named ? usv(filename) : "blob", options)];
}

const lines = (text) => text.replace(/\r\n|\r|\n/g, "\r\n");
const escaped = (text) => text.replace(/\n/g, "%0A").replace(/\r/g, "%0D").replace(/"/g, "%22");

// encode gives {source, stream, type} of a body.
function encode(pairs) {
  const boundary = "----galley" + Uint8Array.prototype.toHex.call(host.call("random", 16));
  const pieces = [];
  let length = 0;
  const add = (piece) => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const [name, value] of pairs) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(lines(name))}"`;
    if (typeof value === "string") {
      add(utf8(`${head}\r\n\r\n${lines(value)}\r\n`));
      continue;
    }
    const type = value.type === "" ? "application/octet-stream" : value.type;
    add(utf8(`${head}; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`));
    add(exports.blob.bytes(value));
    add(utf8("\r\n"));
  }
  add(utf8(`--${boundary}--\r\n`));
  return { source: exports.join(pieces, length), stream: null, type: `multipart/form-data; boundary=${boundary}` };
}

// kind reads a Content-Type: {boundary} of a multipart form, {} of a urlencoded one,
// null of anything else.
function kind(type) {
  if (type === null) return null;
  const essence = type.split(";")[0].trim().toLowerCase();
  if (essence === "application/x-www-form-urlencoded") return {};
  if (essence !== "multipart/form-data") return null;
  const found = /;\s*boundary=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/i.exec(type);
  return found === null ? null : { boundary: found[1] === undefined ? found[2] : found[1].replace(/\\(.)/g, "$1") };
}

const malformed = (why) => new TypeError(`formData: the body is not a form: ${why}`);

function decode(kind, bytes) {
  const form = new FormData();
  if (kind.boundary === undefined) {
    for (const [name, value] of exports.params.parse(fromUtf8(bytes))) form.append(name, value);
    return form;
  }
  const mark = utf8("--" + kind.boundary);
  let at = start(bytes, mark);
  while (!(bytes[at] === 0x2d && bytes[at + 1] === 0x2d)) {
    if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a) throw malformed("no line ends after a boundary");
    const head = headers(bytes, at + 2);
    const end = find(bytes, mark, head.end);
    if (end < 0) throw malformed("the last boundary is missing");
    const content = bytes.subarray(head.end, end - 2);
    if (head.filename === null) form.append(head.name, fromUtf8(content));
    else form.append(head.name, new exports.File([content], head.filename, { type: head.type }));
    at = end + mark.length;
  }
  return form;
}

function start(bytes, mark) {
  for (let i = 0; i + mark.length <= bytes.length; i++) {
    if (matches(bytes, mark, i)) return i + mark.length;
    // A preamble ends with a line.
    while (i < bytes.length && bytes[i] !== 0x0a) i++;
  }
  throw malformed("there is no boundary");
}

function matches(bytes, mark, at) {
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false;
  return true;
}

// find is where a line begins with the mark, from a place on.
function find(bytes, mark, from) {
  for (let i = bytes.indexOf(0x0d, Math.max(0, from - 2)); i >= 0; i = bytes.indexOf(0x0d, i + 1)) {
    if (bytes[i + 1] === 0x0a && matches(bytes, mark, i + 2)) return i + 2;
  }
  return -1;
}

function headers(bytes, from) {
  const found = { name: null, filename: null, type: "text/plain", end: from };
  for (let at = from; ; ) {
    const end = bytes.indexOf(0x0d, at);
    if (end < 0 || bytes[end + 1] !== 0x0a) throw malformed("a header does not end");
    if (end === at) {
      if (found.name === null) throw malformed("a part has no name");
      found.end = at + 2;
      return found;
    }
    header(fromUtf8(bytes.subarray(at, end)), found);
    at = end + 2;
  }
}

function header(line, found) {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon).trim().toLowerCase();
  const value = line.slice(colon + 1).trim();
  if (name === "content-type") found.type = value;
  if (name !== "content-disposition") return;
  if (!/^form-data\s*(;|$)/i.test(value)) throw malformed("a part is not form-data");
  found.name = parameter(value, "name");
  found.filename = parameter(value, "filename");
}

function parameter(value, name) {
  const found = new RegExp(`;\\s*${name}="([^"]*)"`, "i").exec(value) ?? new RegExp(`;\\s*${name}=([^\\s;"]+)`, "i").exec(value);
  if (found === null) return null;
  return found[1].replace(/%0A/gi, "\n").replace(/%0D/gi, "\r").replace(/%22/g, '"');
}

exports.FormData = FormData;
