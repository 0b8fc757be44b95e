// Intl.DateTimeFormat and toLocaleString of dates.
const { localeOf, supported, only, oneOf, optionsOf, refused, holder, methods } = exports.intlBase;
const own = holder("DateTimeFormat");

const widths = { weekday: ["", "short", "long"], year: ["", "numeric", "2-digit"], month: ["", "numeric", "2-digit", "short", "long"], day: ["", "numeric", "2-digit"],
  hour: ["", "numeric", "2-digit"], minute: ["", "numeric", "2-digit"], second: ["", "numeric", "2-digit"] };
const days = ["weekday", "year", "month", "day"];
const clock = ["hour", "minute", "second"];
const dateOnly = { localeMatcher: ["lookup", "best fit"], formatMatcher: ["basic", "best fit"], calendar: ["gregory"], numberingSystem: ["latn"], era: ["short"], dayPeriod: [],
  timeZoneName: ["short", "long", "shortOffset", "longOffset"] };

// dateFormat reads options. need says which parts must be there, and initial which are
// shown when none of those is chosen: "date", "time" or both, "any" and "all".
function dateFormat(locales, given, what, need, initial) {
  const options = optionsOf(given);
  const { tag, file, data } = localeOf(locales, what);
  only(what, options, dateOnly);
  const styles = { date: oneOf(what, options, "dateStyle", ["full", "long", "medium", "short"]), time: oneOf(what, options, "timeStyle", ["full", "long", "medium", "short"]) };
  const format = { tag, file, data: data.date, zone: zoneOf(options.timeZone), cycle: cycleOf(options, what), styles, parts: {}, called: options.timeZoneName, era: options.era, fraction: fractionOf(options, what) };
  for (const name of [...days, ...clock]) format.parts[name] = widthOf(what, options, name);
  if (styles.date === undefined && styles.time === undefined) complete(format.parts, need, initial);
  else checkStyles(format, need, what);
  format.pattern = extended(format, patternOf(format, what), what);
  return format;
}

function fractionOf(options, what) {
  if (options.fractionalSecondDigits === undefined) return 0;
  const count = Math.floor(Number(options.fractionalSecondDigits));
  if (!(count >= 1 && count <= 3)) throw new RangeError("fractionalSecondDigits value is out of range.");
  if (options.second === undefined) throw refused(`${what}: fractionalSecondDigits without second`);
  return count;
}

// extended adds to a pattern the era, parts of a second and the name of the time zone.
function extended({ tag, data, styles, parts, called, era, fraction }, pattern, what) {
  let out = pattern;
  if (era !== undefined) {
    if (tag !== "en-US" && tag !== "en") throw refused(`${what}: the era, of other locales than en-US,`);
    if (!/\{yy?\}/.test(out) || parts.month === "" || parts.day === "" || parts.weekday !== "") throw refused(`${what}: the era with this choice of parts`);
    out = out.replace(/\{yy?\}/, "$& {G}");
  }
  if (fraction > 0) out = out.replace(/\{ss?\}/, `$&${data.fraction}{f}`);
  if (called !== undefined && (styles.date !== undefined || styles.time !== undefined)) {
    throw new TypeError(`Can't set option timeZoneName when ${styles.date === undefined ? "timeStyle" : "dateStyle"} is used`);
  }
  return out;
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
function patternOf({ data, styles, parts, cycle, called }, what) {
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
    if (called !== undefined) time = data.time[at + cycle + called] === undefined ? data.time[`${at}${cycle}longOffset`] : data.time[at + cycle + called];
    if (time === undefined || time === null) throw missing();
  }
  const wordy = ["short", "long"].includes(parts.month);
  if (date === undefined) return time;
  if (time === undefined) {
    const behind = called === undefined ? "" : data.zone[called][wordy ? 3 : 2];
    if (behind === null) throw missing();
    return date + behind;
  }
  if (glue === null || (called !== undefined && !data.zone[called][wordy ? 1 : 0])) throw missing();
  return glue.startsWith("<") ? time + glue.slice(1) + date : date + glue + time;
}

const two = (n) => `${n}`.padStart(2, "0");
const names = { m: "month", w: "weekday", h: "hour", p: "dayPeriod", y: "year", d: "day", M: "month", mm: "minute", n: "minute", ss: "second", s: "second" };

function textOf(token, d, pools) {
  const [, pool, index] = /^([a-z]+)(\d*)$/i.exec(token);
  if (index !== "") {
    const at = { m: () => d.getUTCMonth(), w: () => d.getUTCDay(), h: () => d.getUTCHours(), p: () => d.getUTCHours() }[pool]();
    return [names[pool], pools[pool][index][at]];
  }
  const year = d.getUTCFullYear() > 0 ? d.getUTCFullYear() : 1 - d.getUTCFullYear();
  const value = { y: year, yy: year % 100, M: d.getUTCMonth() + 1, MM: d.getUTCMonth() + 1, d: d.getUTCDate(), dd: d.getUTCDate(), mm: d.getUTCMinutes(), n: d.getUTCMinutes(), ss: d.getUTCSeconds(), s: d.getUTCSeconds() }[pool];
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
    const [type, value] = piece[0] === "{" && piece.length > 2 ? special(f, piece, shifted, offset) ?? textOf(piece.slice(1, -1), shifted, f.data.pools) : ["literal", piece];
    parts.push({ type, value });
  }
  return parts;
}

// special are the parts that not every pattern has.
function special(f, piece, d, offset) {
  if (piece === "{G}") return ["era", d.getUTCFullYear() > 0 ? "AD" : "BC"];
  if (piece === "{f}") return ["fractionalSecond", `${d.getUTCMilliseconds()}`.padStart(3, "0").slice(0, f.fraction)];
  if (piece === "{z}") return ["timeZoneName", calledZone(f, offset)];
  return null;
}

let groups; // of time zones that are called the same
const called = new Map(); // by locale

// calledZone is what a locale calls a time zone: by a name of its own, which depends on the
// offset, or else by that.
function calledZone({ file, data, zone, called: given, styles }, offset) {
  const kind = given ?? (styles.time === "full" ? "long" : "short");
  if (kind === "short" || kind === "long") {
    groups ??= host.call("intl.groups");
    if (!called.has(file)) called.set(file, host.call("intl.names", file));
    const found = called.get(file)[groups[zone ?? host.call("intl.zone", null)]]?.[offset]?.[kind === "short" ? 0 : 1];
    if (typeof found === "string") return found;
  }
  const [none, before, minus, between] = data.offset;
  if (offset === 0 && !kind.startsWith("long")) return none;
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 3600), Math.floor(Math.abs(offset) / 60) % 60];
  const long = kind.startsWith("long");
  return before + (offset < 0 ? minus : "+") + (long ? two(hours) : hours) + (long || minutes > 0 ? between + two(minutes) : "");
}

// formatDate writes plain spaces before AM and PM, as V8 does for those who compare texts.
const formatDate = (f, value) => partsOf(f, value).map((part) => part.value).join("").replaceAll("\u202f", " ");

function DateTimeFormat(locales, options) {
  if (new.target === undefined) return new DateTimeFormat(locales, options);
  const record = dateFormat(locales, options, "Intl.DateTimeFormat", "any", "date");
  record.format = (value) => formatDate(record, value);
  own.set(this, record);
}

Object.defineProperty(DateTimeFormat.prototype, "format", { get() { return own.of(this).format; }, configurable: true });
methods(DateTimeFormat, {
  formatToParts(date) { return partsOf(own.of(this), date); },
  formatRange() { throw refused("Intl.DateTimeFormat.formatRange"); },
  formatRangeToParts() { throw refused("Intl.DateTimeFormat.formatRangeToParts"); },
  resolvedOptions() {
    const f = own.of(this);
    const chosen = Object.fromEntries(Object.entries(f.parts).filter(([, value]) => value !== ""));
    const half = /\{p\d/.test(f.pattern);
    return { locale: f.tag, calendar: "gregory", numberingSystem: "latn", timeZone: f.zone ?? host.call("intl.zone", null),
      ...(/\{h\d/.test(f.pattern) && { hourCycle: half ? "h12" : "h23", hour12: half }), ...chosen,
      ...(f.called && { timeZoneName: f.called }), ...(f.styles.date && { dateStyle: f.styles.date }), ...(f.styles.time && { timeStyle: f.styles.time }) };
  },
});

exports.dates = { DateTimeFormat, dateFormat, formatDate, supported };
