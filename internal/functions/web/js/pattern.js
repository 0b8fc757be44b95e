// The pattern of one component of an address (URL Pattern Standard, "Patterns"): its tokens,
// its parts, and the regular expression that it stands for.
const nameStart = /[\p{ID_Start}$_]/u;
const nameRest = /[\p{ID_Continue}$_\u200c\u200d]/u;

const failed = (what) => new TypeError(`URLPattern: ${what}`);

// ---- tokens

const simple = { "*": "asterisk", "+": "modifier", "?": "modifier", "{": "open", "}": "close" };

// tokenize cuts a pattern into {type, index, value}. A lenient one takes what it does not
// understand as it is.
function tokenize(text, lenient) {
  const chars = Array.from(text);
  const tokens = [];
  let index = 0; // in characters
  const add = (type, next, value) => {
    tokens.push({ type, index, value });
    index = next;
  };
  const wrong = (next, what) => {
    if (!lenient) throw failed(`${what} in '${text}'`);
    add("invalid", next, chars[index]);
  };
  while (index < chars.length) {
    const c = chars[index];
    if (simple[c] !== undefined) add(simple[c], index + 1, c);
    else if (c === "\\") index + 1 < chars.length ? add("escaped", index + 2, chars[index + 1]) : wrong(index + 1, "a backslash at the end");
    else if (c === ":") {
      let end = index + 1;
      while (end < chars.length && (end === index + 1 ? nameStart : nameRest).test(chars[end])) end++;
      end === index + 1 ? wrong(end, "a colon without a name") : add("name", end, chars.slice(index + 1, end).join(""));
    } else if (c === "(") {
      const end = groupEnd(chars, index + 1);
      end === null ? wrong(index + 1, "a group that does not end, or is none of those allowed,") : add("regexp", end, chars.slice(index + 1, end - 1).join(""));
    } else add("char", index + 1, c);
  }
  add("end", index, "");
  return { chars, tokens };
}

// groupEnd is where a regular expression ends, behind its parenthesis; null for one that
// may not stand in a pattern.
function groupEnd(chars, start) {
  let depth = 1;
  for (let at = start; at < chars.length; at++) {
    const c = chars[at];
    if (c.codePointAt(0) > 127 || (at === start && c === "?")) return null;
    if (c === "\\") {
      if (++at >= chars.length || chars[at].codePointAt(0) > 127) return null;
    } else if (c === ")") {
      if (--depth === 0) return at === start ? null : at + 1;
    } else if (c === "(") {
      depth++;
      if (chars[at + 1] !== "?") return null; // a group that captures
    }
  }
  return null;
}

// ---- a component

const escapeRegExp = (text) => text.replace(/[.+*?^${}()[\]|/\\]/g, "\\$&");
const escapePattern = (text) => text.replace(/[+*?:{}()\\]/g, "\\$&");

// parse makes of a component's pattern a list of parts {type, name, prefix, value, suffix,
// modifier}; type is "fixed", "segment", "full" or "regexp".
function parse(text, options, encode) {
  const { tokens } = tokenize(text, false);
  const parts = [];
  const taken = new Set();
  let at = 0, next = 0, pending = "";
  const take = (type) => (tokens[at].type === type ? tokens[at++] : null);
  const takeWild = (name) => take("regexp") ?? (name === null ? take("asterisk") : null);
  const takeModifier = () => (take("modifier") ?? take("asterisk"))?.value ?? "";
  const takeText = () => {
    let found = "";
    for (let token; (token = take("char") ?? take("escaped")) !== null; ) found += token.value;
    return found;
  };
  const flush = () => {
    if (pending === "") return;
    parts.push({ type: "fixed", name: "", prefix: "", value: encode(pending), suffix: "", modifier: "" });
    pending = "";
  };
  const add = (prefix, name, wild, suffix, modifier) => {
    if (name === null && wild === null && modifier === "") {
      pending += prefix;
      return;
    }
    flush();
    if (name === null && wild === null) {
      if (prefix !== "") parts.push({ type: "fixed", name: "", prefix: "", value: encode(prefix), suffix: "", modifier });
      return;
    }
    const own = wild === null ? segment(options) : wild.type === "asterisk" ? ".*" : wild.value;
    const type = own === segment(options) ? "segment" : own === ".*" ? "full" : "regexp";
    const called = name !== null ? name.value : `${next++}`;
    if (taken.has(called)) throw failed(`the name ${called} stands twice in '${text}'`);
    taken.add(called);
    parts.push({ type, name: called, prefix: encode(prefix), value: type === "regexp" ? own : "", suffix: encode(suffix), modifier });
  };
  while (at < tokens.length) {
    const char = take("char");
    const name = take("name");
    const wild = takeWild(name);
    if (name !== null || wild !== null) {
      let prefix = char?.value ?? "";
      if (prefix !== "" && prefix !== options.prefix) {
        pending += prefix;
        prefix = "";
      }
      flush();
      add(prefix, name, wild, "", takeModifier());
      continue;
    }
    const fixed = char ?? take("escaped");
    if (fixed !== null) {
      pending += fixed.value;
    } else if (take("open") !== null) {
      const prefix = takeText();
      const inner = take("name");
      const group = takeWild(inner);
      const suffix = takeText();
      if (take("close") === null) throw failed(`a brace is not closed in '${text}'`);
      add(prefix, inner, group, suffix, takeModifier());
    } else {
      flush();
      if (take("end") === null) throw failed(`'${tokens[at].value}' cannot stand there in '${text}'`);
    }
  }
  return parts;
}

const segment = (options) => (options.delimiter === "" ? ".+?" : `[^${escapeRegExp(options.delimiter)}]+?`);
const wildOf = (part, options) => (part.type === "segment" ? segment(options) : part.type === "full" ? ".*" : part.value);

function expression(parts, options) {
  let text = "^";
  for (const part of parts) {
    const { modifier } = part;
    if (part.type === "fixed") {
      text += modifier === "" ? escapeRegExp(part.value) : `(?:${escapeRegExp(part.value)})${modifier}`;
      continue;
    }
    const own = wildOf(part, options);
    const [prefix, suffix] = [escapeRegExp(part.prefix), escapeRegExp(part.suffix)];
    const once = modifier === "" || modifier === "?";
    if (prefix === "" && suffix === "") text += once ? `(${own})${modifier}` : `((?:${own})${modifier})`;
    else if (once) text += `(?:${prefix}(${own})${suffix})${modifier}`;
    else text += `(?:${prefix}((?:${own})(?:${suffix}${prefix}(?:${own}))*)${suffix})${modifier === "*" ? "?" : ""}`;
  }
  try {
    return new RegExp(`${text}$`, options.ignoreCase ? "ui" : "u");
  } catch (error) {
    throw failed(`the regular expression is not valid: ${error.message}`);
  }
}

// written is the normal form of a component's pattern.
function written(parts, options) {
  let text = "";
  parts.forEach((part, k) => {
    const [before, after] = [parts[k - 1], parts[k + 1]];
    if (part.type === "fixed") {
      text += part.modifier === "" ? escapePattern(part.value) : `{${escapePattern(part.value)}}${part.modifier}`;
      return;
    }
    const named = !/^\d/.test(part.name);
    let braces = part.suffix !== "" || (part.prefix !== "" && part.prefix !== options.prefix);
    if (!braces && named && part.type === "segment" && part.modifier === "" && after !== undefined && after.prefix === "" && after.suffix === "") {
      braces = after.type === "fixed" ? nameRest.test(Array.from(after.value)[0] ?? "") : /^\d/.test(after.name);
    }
    if (!braces && part.prefix === "" && before?.type === "fixed" && options.prefix !== "" && before.value.endsWith(options.prefix)) braces = true;
    text += (braces ? "{" : "") + escapePattern(part.prefix) + (named ? `:${part.name}` : "");
    if (part.type === "regexp") text += `(${part.value})`;
    else if (part.type === "segment" && !named) text += `(${segment(options)})`;
    else if (part.type === "full") {
      const bare = !named && (before === undefined || before.type === "fixed" || before.modifier !== "" || braces || part.prefix !== "");
      text += bare ? "*" : "(.*)";
    }
    if (part.type === "segment" && named && part.suffix !== "" && nameRest.test(Array.from(part.suffix)[0])) text += "\\";
    text += escapePattern(part.suffix) + (braces ? "}" : "") + part.modifier;
  });
  return text;
}

function compile(text, options, encode) {
  const parts = parse(text, options, encode);
  const groups = parts.filter((part) => part.type !== "fixed").map((part) => part.name);
  return { regexp: expression(parts, options), groups, text: written(parts, options), custom: parts.some((part) => part.type === "regexp") };
}

exports.pattern = { tokenize, compile, escape: escapePattern, failed };
