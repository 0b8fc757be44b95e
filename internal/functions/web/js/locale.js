// toLocaleString and its like, in the one locale that is there: en-US, which stands in
// for others as ECMA-402 allows. The engine's own would pass over their options, and so
// show a wrong time or a wrong amount: one that is not known here is refused.
const method = (Class, name, run) => {
  const holder = { [name](locales, options) { return run(this, options); } };
  Object.defineProperty(Class.prototype, name, { value: holder[name], writable: true, configurable: true, enumerable: false });
};

function refuse(options, known, what) {
  if (options === undefined) return;
  for (const key of Object.keys(Object(options))) {
    if (options[key] === undefined || known.includes(key)) continue;
    throw new RangeError(`${what}: the option ${key} is not supported, as there is no Intl here; use a library such as date-fns, or format it yourself`);
  }
}

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

function digits(options, name, initial) {
  const given = options?.[name];
  if (given === undefined) return initial;
  const number = Math.floor(Number(given));
  if (!(number >= 0 && number <= 100)) throw new RangeError(`${name} value is out of range.`);
  return number;
}

// number shows at least and at most so many digits after the point; ties go away from zero.
function number(value, options) {
  const what = "Number.toLocaleString";
  refuse(options, ["minimumFractionDigits", "maximumFractionDigits", "useGrouping", "style"], what);
  if (options?.style !== undefined && options.style !== "decimal") throw new RangeError(`${what}: the style ${options.style} is not supported`);
  const least = digits(options, "minimumFractionDigits", 0);
  const most = digits(options, "maximumFractionDigits", Math.max(3, least));
  if (least > most) throw new RangeError("maximumFractionDigits value is out of range.");
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (Math.abs(value) === Infinity) return `${sign}∞`;
  const [whole, fraction] = rounded(Math.abs(value), most);
  const shown = fraction.replace(/0+$/, "").padEnd(least, "0");
  const text = options?.useGrouping === false ? whole : grouped(whole);
  return sign + text + (shown === "" ? "" : "." + shown);
}

// rounded works on the shortest decimal text of a number, as people read it.
function rounded(value, most) {
  const [mantissa, exponent] = value.toExponential().split("e");
  const [head, tail = ""] = mantissa.split(".");
  const all = head + tail;
  const point = Number(exponent) + 1;
  const text = point <= 0 ? "0".repeat(1 - point) + all : all.padEnd(point, "0");
  const cut = Math.max(point, 1) + most;
  let scaled = BigInt(text.slice(0, cut).padEnd(cut, "0"));
  if (text.length > cut && text.charCodeAt(cut) >= 53) scaled++;
  const found = scaled.toString().padStart(most + 1, "0");
  return [found.slice(0, found.length - most), found.slice(found.length - most)];
}

method(Number, "toLocaleString", (self, options) => number(Number.prototype.valueOf.call(self), options));
method(BigInt, "toLocaleString", (self, options) => {
  refuse(options, [], "BigInt.toLocaleString");
  const value = BigInt.prototype.valueOf.call(self);
  return (value < 0n ? "-" : "") + grouped(`${value < 0n ? -value : value}`);
});

// date reads the fields of a time in the server's zone, or in UTC.
function date(self, options, what) {
  const time = Date.prototype.getTime.call(self);
  refuse(options, ["timeZone"], what);
  const zone = options?.timeZone === undefined ? undefined : `${options.timeZone}`.toUpperCase();
  if (zone !== undefined && zone !== "UTC" && zone !== "GMT") {
    throw new RangeError(`${what}: the time zone ${options.timeZone} is not supported, as there is no Intl here; only UTC is`);
  }
  const shifted = zone === undefined ? time - self.getTimezoneOffset() * 60000 : time;
  return Number.isNaN(time) ? null : new Date(shifted);
}

const day = (d) => `${d.getUTCMonth() + 1}/${d.getUTCDate()}/${d.getUTCFullYear()}`;
const two = (n) => `${n}`.padStart(2, "0");
const clock = (d) => `${d.getUTCHours() % 12 || 12}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${d.getUTCHours() < 12 ? "AM" : "PM"}`;

for (const [name, show] of [["toLocaleString", (d) => `${day(d)}, ${clock(d)}`], ["toLocaleDateString", day], ["toLocaleTimeString", clock]]) {
  method(Date, name, (self, options) => {
    const d = date(self, options, `Date.${name}`);
    return d === null ? "Invalid Date" : show(d);
  });
}
