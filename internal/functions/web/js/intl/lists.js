// Intl.ListFormat and Intl.RelativeTimeFormat.
const { localeOf, optionsOf, oneOf, holder, methods } = exports.intlBase;
const listed = holder("ListFormat");
const relative = holder("RelativeTimeFormat");

function ListFormat(locales, given) {
  if (new.target === undefined) throw new TypeError("Constructor Intl.ListFormat requires 'new'");
  if (given !== undefined && (typeof given !== "object" || given === null)) throw new TypeError("Intl.ListFormat: the options are no object");
  const options = optionsOf(given);
  const type = oneOf("Intl.ListFormat", options, "type", ["conjunction", "disjunction", "unit"], "conjunction");
  const style = oneOf("Intl.ListFormat", options, "style", ["long", "short", "narrow"], "long");
  const { tag, data } = localeOf(locales, "Intl.ListFormat");
  listed.set(this, { tag, type, style, between: data.list[`${type} ${style}`] });
}

// spanish says "e" for "y" before the same sound, and "u" for "o".
function spanish(tag, between, next) {
  if (!/^es(-|$)/.test(tag)) return between;
  if (between === " y " && /^(?:[ií]|h[ií](?![ae]))/i.test(next)) return " e ";
  if (between === " o " && /^(?:[oó8]|h[oó]|11(?:$|[ .]))/i.test(next)) return " u ";
  return between;
}

function partsOf({ tag, between }, given) {
  const list = Array.from(given ?? [], (item) => {
    if (typeof item !== "string") throw new TypeError("Iterable yielded a non-String value");
    return item;
  });
  const [two, first, middle, last] = between;
  const parts = [];
  list.forEach((value, k) => {
    const sign = k === 0 ? "" : list.length === 2 ? two : k === list.length - 1 ? last : k === 1 ? first : middle;
    if (sign !== "") parts.push({ type: "literal", value: k === list.length - 1 ? spanish(tag, sign, value) : sign });
    parts.push({ type: "element", value });
  });
  return parts;
}

methods(ListFormat, {
  format(list) { return partsOf(listed.of(this), list).map((part) => part.value).join(""); },
  formatToParts(list) { return partsOf(listed.of(this), list); },
  resolvedOptions() {
    const { tag, type, style } = listed.of(this);
    return { locale: tag, type, style };
  },
});

const units = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

function RelativeTimeFormat(locales, given) {
  if (new.target === undefined) throw new TypeError("Constructor Intl.RelativeTimeFormat requires 'new'");
  const options = optionsOf(given);
  const style = oneOf("Intl.RelativeTimeFormat", options, "style", ["long", "short", "narrow"], "long");
  const numeric = oneOf("Intl.RelativeTimeFormat", options, "numeric", ["always", "auto"], "always");
  const { tag, data } = localeOf(locales, "Intl.RelativeTimeFormat");
  relative.set(this, { tag, style, numeric, data: data.relative, number: new exports.numbers.NumberFormat(tag) });
}

function relativeParts({ tag, style, numeric, data, number }, given, name) {
  const value = Number(given);
  const unit = units.find((one) => one === `${name}` || `${one}s` === `${name}`);
  if (unit === undefined) throw new RangeError(`Invalid unit argument for format() '${name}'`);
  if (!Number.isFinite(value)) throw new RangeError("The value need to be finite number for Intl.RelativeTimeFormat.prototype.format()");
  const past = value < 0 || Object.is(value, -0);
  const [before, after, words] = data[`${style} ${unit}`];
  const word = words[Object.is(value, -0) ? "-0" : value];
  if (numeric === "auto" && word !== undefined) return [{ type: "literal", value: word }];
  const parts = number.formatToParts(Math.abs(value));
  const digits = (types) => parts.filter((part) => types.includes(part.type)).map((part) => part.value).join("");
  const forms = past ? before : after;
  const [head, tail] = forms[exports.plurals.category(tag, "cardinal", digits(["integer"]), digits(["fraction"]))] ?? forms.other;
  const literal = (text) => (text === "" ? [] : [{ type: "literal", value: text }]);
  return [...literal(head), ...parts.map((part) => ({ ...part, unit })), ...literal(tail)];
}

methods(RelativeTimeFormat, {
  format(value, unit) { return relativeParts(relative.of(this), value, unit).map((part) => part.value).join(""); },
  formatToParts(value, unit) { return relativeParts(relative.of(this), value, unit); },
  resolvedOptions() {
    const { tag, style, numeric } = relative.of(this);
    return { locale: tag, style, numeric, numberingSystem: "latn" };
  },
});

exports.lists = { ListFormat, RelativeTimeFormat };
