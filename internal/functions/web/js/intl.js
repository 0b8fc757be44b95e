// Intl, as far as it is right: NumberFormat and DateTimeFormat of the locales that package
// web has data of, with the options whose answers are those of Node. What is not there is
// refused by name, so that nobody gets a wrong amount or a wrong time.
const files = host.call("intl.locales");
const loaded = new Map();
const records = new WeakMap();

const advice = "use a library such as date-fns or dinero.js, or format it yourself";
const refused = (what) => new RangeError(`${what} is not supported here: ${advice}`);

// ---- locales

// Regions whose locale is the language's own, and languages that stand for one region.
const home = { de: "DE", fr: "FR", es: "ES", it: "IT", nl: "NL", pl: "PL", cs: "CZ", sv: "SE", da: "DK", nb: "NO", fi: "FI", tr: "TR", hu: "HU", ro: "RO", ja: "JP" };
const whole = { en: "en-US", pt: "pt-BR", zh: "zh-CN", no: "nb", "no-NO": "nb" };

function canonical(tag) {
  if (typeof tag !== "string") throw new TypeError("Incorrect locale information provided");
  const found = /^([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?$/i.exec(tag);
  if (found === null) {
    if (/^[a-z]{2,8}(-[a-z\d]{1,8})+$/i.test(tag)) throw refused(`Intl: the locale ${tag}`);
    throw new RangeError(`Incorrect locale information provided: ${tag}`);
  }
  const [, language, script, region] = found;
  return [language.toLowerCase(), script && script[0].toUpperCase() + script.slice(1).toLowerCase(), region?.toUpperCase()].filter(Boolean).join("-");
}

function fileOf(tag) {
  if (files.includes(tag)) return tag;
  if (Object.hasOwn(whole, tag)) return whole[tag];
  const [language, region] = tag.split("-");
  return Object.hasOwn(home, language) && home[language] === region ? language : null;
}

const listOf = (locales) => (locales === undefined ? [] : typeof locales === "string" ? [locales] : Array.from(locales)).map(canonical);

function localeOf(locales, what) {
  const wanted = listOf(locales);
  if (wanted.length === 0) wanted.push("en-US");
  const tag = wanted.find((one) => fileOf(one) !== null);
  if (tag === undefined) throw new RangeError(`${what}: the locale ${wanted[0]} is not there; these are: ${files.join(", ")}`);
  const file = fileOf(tag);
  if (!loaded.has(file)) loaded.set(file, host.call("intl.locale", file));
  return { tag, data: loaded.get(file) };
}

const supported = (locales) => listOf(locales).filter((tag) => fileOf(tag) !== null);

// only refuses options whose other values are not there.
function only(what, options, allowed) {
  for (const name of Object.keys(allowed)) {
    const value = options[name];
    if (value === undefined || allowed[name].includes(value)) continue;
    throw refused(`${what}: the option ${name}${typeof value === "string" ? `: ${value}` : ""}`);
  }
}

function oneOf(what, options, name, values, initial) {
  if (options[name] === undefined) return initial;
  const value = `${options[name]}`;
  if (!values.includes(value)) throw new RangeError(`Value ${value} out of range for ${what} options property ${name}`);
  return value;
}

const optionsOf = (options) => {
  if (options === null) throw new TypeError("Cannot convert undefined or null to object");
  return options === undefined ? {} : Object(options);
};

// ---- numbers

const numberOnly = { localeMatcher: ["lookup", "best fit"], notation: ["standard"], signDisplay: ["auto"], currencySign: ["standard"], numberingSystem: ["latn"],
  roundingMode: ["halfExpand"], roundingPriority: ["auto"], roundingIncrement: [1], trailingZeroDisplay: ["auto"], minimumSignificantDigits: [],
  maximumSignificantDigits: [], unit: [] };

function digits(options, name, least, initial) {
  if (options[name] === undefined) return initial;
  const number = Math.floor(Number(options[name]));
  if (!(number >= least && number <= (least === 1 ? 21 : 100))) throw new RangeError(`${name} value is out of range.`);
  return number;
}

function numberFormat(locales, given, what) {
  const options = optionsOf(given);
  const { tag, data } = localeOf(locales, what);
  only(what, options, numberOnly);
  const style = oneOf(what, options, "style", ["decimal", "percent", "currency", "unit"], "decimal");
  if (style === "unit") throw refused(`${what}: the style unit`);
  const format = { tag, style, decimal: data.number.decimal, group: data.number.group, nan: data.number.nan, least: data.number.least, forms: [["", ""], [data.number.minus, ""]] };
  if (style === "percent") format.forms = data.number.percent;
  if (options.currency !== undefined && !/^[a-z]{3}$/i.test(`${options.currency}`)) throw new RangeError(`Invalid currency code : ${options.currency}`);
  if (style === "currency") money(format, data, options, what);
  return Object.assign(format, fraction(options, style, format.digits ?? 0), {
    whole: digits(options, "minimumIntegerDigits", 1, 1), grouping: grouping(options.useGrouping, what) });
}

function money(format, data, options, what) {
  if (options.currency === undefined) throw new TypeError("Currency code is required with currency style.");
  const display = oneOf(what, options, "currencyDisplay", ["symbol", "narrowSymbol", "code", "name"], "symbol");
  if (display === "name") throw refused(`${what}: the currencyDisplay name`);
  format.currency = `${options.currency}`.toUpperCase();
  const found = data.number.currency[format.currency];
  if (found === undefined) throw refused(`${what}: the currency ${format.currency}`);
  Object.assign(format, { currencyDisplay: display, digits: found.digits, decimal: found.decimal, group: found.group, least: found.least,
    forms: found.forms[["symbol", "narrowSymbol", "code"].indexOf(display)] });
}

// fraction is how many digits are shown after the point (ECMA-402, 15.1.3).
function fraction(options, style, own) {
  const [initial, largest] = style === "currency" ? [own, own] : style === "percent" ? [0, 0] : [0, 3];
  let fewest = digits(options, "minimumFractionDigits", 0, undefined);
  let most = digits(options, "maximumFractionDigits", 0, undefined);
  if (fewest === undefined) fewest = most === undefined ? initial : Math.min(initial, most);
  if (most === undefined) most = Math.max(largest, fewest);
  if (fewest > most) throw new RangeError("maximumFractionDigits value is out of range.");
  return { fewest, most };
}

function grouping(value, what) {
  if (value === undefined) return "auto";
  if (value === true) return "always";
  if (!value) return false;
  return value === "true" || value === "false" ? "auto" : oneOf(what, { useGrouping: value }, "useGrouping", ["min2", "auto", "always"], "auto");
}

// rounded works on the shortest decimal text of a number, as people read it; ties go away
// from zero. shift moves the point to the right.
function rounded(value, most, shift) {
  const [mantissa, exponent] = typeof value === "bigint" ? [`${value}`, null] : value.toExponential().split("e");
  const [head, tail = ""] = mantissa.split(".");
  const all = head + tail;
  const point = (exponent === null ? all.length : Number(exponent) + 1) + (value == 0 ? 0 : shift);
  const text = point <= 0 ? "0".repeat(1 - point) + all : all.padEnd(point, "0");
  const cut = Math.max(point, 1) + most;
  let scaled = BigInt(text.slice(0, cut).padEnd(cut, "0"));
  if (text.length > cut && text.charCodeAt(cut) >= 53) scaled++;
  const found = scaled.toString().padStart(most + 1, "0");
  return [found.slice(0, found.length - most), found.slice(found.length - most)];
}

function formatNumber(f, given) {
  const value = typeof given === "bigint" ? given : Number(given);
  const negative = value < 0 || Object.is(value, -0);
  const [before, behind] = f.forms[negative ? 1 : 0];
  if (Number.isNaN(value)) return (f.forms[2] ?? [before, behind]).join(f.nan);
  if (value === Infinity || value === -Infinity) return (f.forms[negative ? 3 : 2] ?? [before, behind]).join("∞");
  const [integer, part] = rounded(negative ? -value : value, f.most, f.style === "percent" ? 2 : 0);
  const shown = part.replace(/0+$/, "").padEnd(f.fewest, "0");
  const least = f.grouping === "auto" ? f.least : f.grouping === "min2" ? 2 : 1;
  const padded = integer.padStart(f.whole, "0");
  const text = f.grouping === false || padded.length < 3 + least ? padded : padded.replace(/\B(?=(\d{3})+$)/g, f.group);
  return before + text + (shown === "" ? "" : f.decimal + shown) + behind;
}

function NumberFormat(locales, options) {
  if (new.target === undefined) return new NumberFormat(locales, options);
  const record = numberFormat(locales, options, "Intl.NumberFormat");
  record.format = (value) => formatNumber(record, value);
  records.set(this, record);
}

const own = (object, name) => {
  const record = records.get(object);
  if (record === undefined) throw new TypeError(`Method get Intl.${name}.prototype.format called on incompatible receiver`);
  return record;
};

Object.defineProperties(NumberFormat.prototype, {
  format: { get() { return own(this, "NumberFormat").format; }, configurable: true },
  resolvedOptions: {
    value() {
      const f = own(this, "NumberFormat");
      return { locale: f.tag, numberingSystem: "latn", style: f.style, ...(f.currency && { currency: f.currency, currencyDisplay: f.currencyDisplay, currencySign: "standard" }),
        minimumIntegerDigits: f.whole, minimumFractionDigits: f.fewest, maximumFractionDigits: f.most, useGrouping: f.grouping, notation: "standard", signDisplay: "auto" };
    },
    writable: true, configurable: true,
  },
});

// ---- dates

const widths = { weekday: ["", "short", "long"], year: ["", "numeric", "2-digit"], month: ["", "numeric", "2-digit", "short", "long"], day: ["", "numeric", "2-digit"],
  hour: ["", "numeric", "2-digit"], minute: ["", "numeric", "2-digit"], second: ["", "numeric", "2-digit"] };
const days = ["weekday", "year", "month", "day"];
const clock = ["hour", "minute", "second"];
const dateOnly = { localeMatcher: ["lookup", "best fit"], formatMatcher: ["basic", "best fit"], calendar: ["gregory"], numberingSystem: ["latn"], era: [], dayPeriod: [],
  fractionalSecondDigits: [], timeZoneName: [] };

// dateFormat reads options. need says which parts must be there, and initial which are
// shown when none of those is chosen: "date", "time" or both, "any" and "all".
function dateFormat(locales, given, what, need, initial) {
  const options = optionsOf(given);
  const { tag, data } = localeOf(locales, what);
  only(what, options, dateOnly);
  const styles = { date: oneOf(what, options, "dateStyle", ["full", "long", "medium", "short"]), time: oneOf(what, options, "timeStyle", ["full", "long", "medium", "short"]) };
  const format = { tag, data: data.date, zone: zoneOf(options.timeZone), cycle: cycleOf(options, what), styles, parts: {} };
  for (const name of [...days, ...clock]) format.parts[name] = widthOf(what, options, name);
  if (styles.date === undefined && styles.time === undefined) complete(format.parts, need, initial);
  else checkStyles(format, need, what);
  format.pattern = patternOf(format, what);
  return format;
}

function widthOf(what, options, name) {
  if (options[name] === undefined) return "";
  const value = `${options[name]}`;
  if (value === "narrow" && (name === "month" || name === "weekday")) throw refused(`${what}: the ${name} narrow`);
  if (value === "" || !widths[name].includes(value)) throw new RangeError(`Value ${value} out of range for ${what} options property ${name}`);
  return value;
}

function complete(parts, need, initial) {
  const wanted = { date: days, time: clock, any: [...days, ...clock] }[need];
  if (wanted.some((name) => parts[name] !== "")) return;
  if (initial !== "time") for (const name of ["year", "month", "day"]) parts[name] = "numeric";
  if (initial !== "date") for (const name of clock) parts[name] = "numeric";
}

function checkStyles({ styles, parts }, need, what) {
  for (const [style, kind] of [["date", "time"], ["time", "date"]]) {
    if (styles[style] !== undefined && need === kind) throw new TypeError(`Invalid option : ${style}Style`);
  }
  const name = [...days, ...clock].find((one) => parts[one] !== "");
  if (name !== undefined) throw new TypeError(`Can't set option ${name} when ${styles.date === undefined ? "timeStyle" : "dateStyle"} is used`);
  if (styles.time === "full" || styles.time === "long") throw refused(`${what}: the timeStyle ${styles.time}, which names the time zone,`);
}

function cycleOf(options, what) {
  if (options.hour12 !== undefined) return options.hour12 ? "t" : "f";
  const cycle = oneOf(what, options, "hourCycle", ["h11", "h12", "h23", "h24"], "");
  if (cycle === "h11" || cycle === "h24") throw refused(`${what}: the hourCycle ${cycle}`);
  return cycle;
}

function zoneOf(zone) {
  if (zone === undefined) return null;
  const name = host.call("intl.zone", `${zone}`);
  if (name === null || name === undefined) throw new RangeError(`Invalid time zone specified: ${zone}`);
  return name;
}

// patternOf joins the pattern of a date and that of a time.
function patternOf({ data, styles, parts, cycle }, what) {
  const missing = () => refused(`${what}: this choice of parts`);
  if (styles.time !== undefined) return data.style[`${styles.date ?? ""} ${styles.time}${cycle}`];
  if (styles.date !== undefined) return data.style[styles.date];
  let date, glue, time;
  const key = days.map((name) => widths[name].indexOf(parts[name])).join("");
  if (key !== "0000") {
    if (data.date[key] === undefined) throw missing();
    [date, glue] = data.date[key];
  }
  const at = clock.map((name) => widths[name].indexOf(parts[name])).join("");
  if (at !== "000") {
    time = data.time[at + cycle];
    if (time === undefined) throw missing();
  }
  if (date === undefined || time === undefined) return date ?? time;
  if (glue === null) throw missing();
  return date + glue + time;
}

const two = (n) => `${n}`.padStart(2, "0");
const names = { m: "month", w: "weekday", h: "hour", p: "dayPeriod", y: "year", d: "day", M: "month", mm: "minute", ss: "second" };

function textOf(token, d, pools) {
  const [, pool, index] = /^([a-z]+)(\d*)$/i.exec(token);
  if (index !== "") {
    const at = { m: () => d.getUTCMonth(), w: () => d.getUTCDay(), h: () => d.getUTCHours(), p: () => d.getUTCHours() }[pool]();
    return [names[pool], pools[pool][index][at]];
  }
  const year = d.getUTCFullYear() > 0 ? d.getUTCFullYear() : 1 - d.getUTCFullYear();
  const value = { y: year, yy: year % 100, M: d.getUTCMonth() + 1, MM: d.getUTCMonth() + 1, d: d.getUTCDate(), dd: d.getUTCDate(), mm: d.getUTCMinutes(), ss: d.getUTCSeconds() }[pool];
  return [names[pool] ?? names[pool[0]], pool.length === 2 ? two(value) : `${value}`];
}

function partsOf(f, given) {
  const ms = given === undefined ? Date.now() : Number(given instanceof Date ? given.getTime() : given);
  const date = new Date(ms); // which cuts fractions
  if (Number.isNaN(date.getTime())) throw new RangeError("Invalid time value");
  const offset = f.zone === null ? -date.getTimezoneOffset() * 60 : host.call("intl.offset", f.zone, date.getTime());
  const shifted = new Date(date.getTime() + offset * 1000);
  const parts = [];
  for (const piece of f.pattern.split(/(\{\w+\})/)) {
    if (piece === "") continue;
    const [type, value] = piece[0] === "{" && piece.length > 2 ? textOf(piece.slice(1, -1), shifted, f.data.pools) : ["literal", piece];
    parts.push({ type, value });
  }
  return parts;
}

// formatDate writes plain spaces before AM and PM, as V8 does for those who compare texts.
const formatDate = (f, value) => partsOf(f, value).map((part) => part.value).join("").replaceAll("\u202f", " ");

function DateTimeFormat(locales, options) {
  if (new.target === undefined) return new DateTimeFormat(locales, options);
  const record = dateFormat(locales, options, "Intl.DateTimeFormat", "any", "date");
  record.format = (value) => formatDate(record, value);
  records.set(this, record);
}

Object.defineProperties(DateTimeFormat.prototype, {
  format: { get() { return own(this, "DateTimeFormat").format; }, configurable: true },
  formatToParts: { value(date) { return partsOf(own(this, "DateTimeFormat"), date); }, writable: true, configurable: true },
  resolvedOptions: {
    value() {
      const f = own(this, "DateTimeFormat");
      const chosen = Object.fromEntries(Object.entries(f.parts).filter(([, value]) => value !== ""));
      return { locale: f.tag, calendar: "gregory", numberingSystem: "latn", timeZone: f.zone ?? host.call("intl.zone", null), ...chosen,
        ...(f.styles.date && { dateStyle: f.styles.date }), ...(f.styles.time && { timeStyle: f.styles.time }) };
    },
    writable: true, configurable: true,
  },
});

// ---- Intl itself

const Intl = {};
Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });

function add(name, Class, locales) {
  Object.defineProperty(Class, "supportedLocalesOf", { value: locales, writable: true, configurable: true });
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
  Object.defineProperty(Intl, name, { value: Class, writable: true, configurable: true });
}

add("NumberFormat", NumberFormat, supported);
add("DateTimeFormat", DateTimeFormat, supported);
for (const name of ["Collator", "DisplayNames", "DurationFormat", "ListFormat", "Locale", "PluralRules", "RelativeTimeFormat", "Segmenter"]) {
  const Class = { [name]: function () { throw refused(`Intl.${name}`); } }[name];
  add(name, Class, () => []);
}
Object.defineProperty(Intl, "getCanonicalLocales", { value: listOf, writable: true, configurable: true });

exports.Intl = Intl;
exports.intl = { numberFormat, formatNumber, dateFormat, formatDate };
