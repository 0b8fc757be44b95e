// Intl.NumberFormat and toLocaleString of numbers.
const { localeOf, supported, only, oneOf, optionsOf, refused, holder, methods } = exports.intlBase;
const own = holder("NumberFormat");

const numberOnly = { localeMatcher: ["lookup", "best fit"], notation: ["standard", "compact"], currencySign: ["standard"], numberingSystem: ["latn"],
  roundingMode: ["halfExpand"], roundingPriority: ["auto"], roundingIncrement: [1], trailingZeroDisplay: ["auto"], unit: [] };

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
  const { decimal, group, nan, least, second, minus } = data.number;
  const format = { tag, style, decimal, group, nan, least, second, minus, forms: [["", ""], [minus, ""]], compact: null };
  if (style === "percent") format.forms = data.number.percent;
  if (options.currency !== undefined && !/^[a-z]{3}$/i.test(`${options.currency}`)) throw new RangeError(`Invalid currency code : ${options.currency}`);
  if (style === "currency") money(format, data, options, what);
  Object.assign(format, rounding(options, style, format.digits ?? 0), {
    whole: digits(options, "minimumIntegerDigits", 1, 1), grouping: grouping(options.useGrouping, what),
    sign: oneOf(what, options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto") });
  if (options.notation === "compact") compactly(format, data, options, what);
  return format;
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

function compactly(format, data, options, what) {
  if (format.style !== "decimal") throw refused(`${what}: the notation compact with the style ${format.style}`);
  format.compactDisplay = oneOf(what, options, "compactDisplay", ["short", "long"], "short");
  format.compact = data.number.compact[format.compactDisplay];
  if (options.useGrouping === undefined) format.grouping = "min2";
  const said = ["minimumFractionDigits", "maximumFractionDigits", "minimumSignificantDigits", "maximumSignificantDigits"].some((name) => options[name] !== undefined);
  if (!said) Object.assign(format, { fewest: 0, most: 0, significant: [1, 2], wider: true });
}

// rounding is how many digits are shown (ECMA-402, 15.1.3): fewest and most after the point,
// or a number of significant ones.
function rounding(options, style, of) {
  const [initial, largest] = style === "currency" ? [of, of] : style === "percent" ? [0, 0] : [0, 3];
  const significant = options.minimumSignificantDigits !== undefined || options.maximumSignificantDigits !== undefined;
  const least = digits(options, "minimumSignificantDigits", 1, 1);
  const mostly = digits(options, "maximumSignificantDigits", 1, 21);
  if (least > mostly) throw new RangeError("maximumSignificantDigits value is out of range.");
  let fewest = digits(options, "minimumFractionDigits", 0, undefined);
  let most = digits(options, "maximumFractionDigits", 0, undefined);
  if (fewest === undefined) fewest = most === undefined ? initial : Math.min(initial, most);
  if (most === undefined) most = Math.max(largest, fewest);
  if (fewest > most) throw new RangeError("maximumFractionDigits value is out of range.");
  return { fewest, most, significant: significant ? [least, mostly] : null, wider: false };
}

function grouping(value, what) {
  if (value === undefined) return "auto";
  if (value === true) return "always";
  if (!value) return false;
  return value === "true" || value === "false" ? "auto" : oneOf(what, { useGrouping: value }, "useGrouping", ["min2", "auto", "always"], "auto");
}

// decimalOf is the shortest decimal text of a number, as people read it: its digits, and how
// many of them stand before the point. shift moves that to the right.
function decimalOf(value, shift) {
  const [mantissa, exponent] = typeof value === "bigint" ? [`${value}`, null] : value.toExponential().split("e");
  const [head, tail = ""] = mantissa.split(".");
  const all = head + tail;
  const point = (exponent === null ? all.length : Number(exponent) + 1) + (value == 0 ? 0 : shift);
  return [all, point];
}

// rounded gives the digits before and after the point, of which most are shown; ties go away
// from zero.
function rounded([all, point], most) {
  const text = point <= 0 ? "0".repeat(1 - point) + all : all.padEnd(point, "0");
  const cut = Math.max(point, 1) + most;
  let scaled = BigInt(text.slice(0, cut).padEnd(cut, "0"));
  if (text.length > cut && text.charCodeAt(cut) >= 53) scaled++;
  const found = scaled.toString().padStart(most + 1, "0");
  return [found.slice(0, found.length - most), found.slice(found.length - most)];
}

// significantly is the same by significant digits.
function significantly([all, point], [least, most]) {
  if (/^0+$/.test(all)) return ["0", "0".repeat(least - 1)];
  let kept = all;
  if (all.length > most) {
    const up = (BigInt(all.slice(0, most)) + (all.charCodeAt(most) >= 53 ? 1n : 0n)).toString();
    if (up.length > most) point++;
    kept = up;
  }
  kept = kept.replace(/0+$/, "").padEnd(least, "0");
  return point <= 0 ? ["0", "0".repeat(-point) + kept] : [kept.slice(0, point).padEnd(point, "0"), kept.slice(point)];
}

// shown are the digits of a number, without separators.
function shown(f, decimal) {
  const byFraction = () => {
    const [integer, part] = rounded(decimal, f.most);
    return [integer, part.replace(/0+$/, "").padEnd(f.fewest, "0")];
  };
  if (f.significant === null || (f.wider && decimal[1] > f.significant[1])) return byFraction();
  return significantly(decimal, f.significant);
}

// shortened is a number in compact notation: its digits, and what stands around them.
function shortened(f, value) {
  for (let size = decimalOf(value, 0)[1] - 1; ; size++) {
    const [cut, forms] = size < 3 || value == 0 ? [0, { other: ["", ""] }] : f.compact[Math.min(size, 14) - 3];
    const [all, point] = decimalOf(value, 0);
    const [integer, part] = shown(f, [all, value == 0 ? point : point - cut]);
    const grew = value != 0 && integer !== "0" && integer.length + cut > size + 1; // 999,999 is 1M
    if (grew && size < 14 && (size >= 2)) continue;
    const word = forms[`=${integer}`];
    if (part === "" && word !== undefined) return { digits: ["", ""], around: [word, ""] };
    const around = Object.keys(forms).length === 1 ? forms.other : forms[exports.plurals.category(f.tag, "cardinal", integer, part)] ?? forms.other ?? Object.values(forms)[0];
    return { digits: [integer, part], around };
  }
}

const sepGroups = (integer, f) => {
  const [tail, rest] = [integer.slice(-3), integer.slice(0, -3)];
  const size = f.second ?? 3;
  const list = [];
  for (let end = rest.length; end > 0; end -= size) list.unshift(rest.slice(Math.max(0, end - size), end));
  return [...list, tail].filter((part) => part !== "");
};

// pieces are what a number is shown by: the groups of its digits, those behind the point,
// and what stands around it.
function pieces(f, given) {
  const value = typeof given === "bigint" ? given : Number(given);
  const minus = value < 0 || Object.is(value, -0);
  if (Number.isNaN(value)) return { groups: [f.nan], part: "", kind: "nan", around: signed(f, false, f.sign === "exceptZero", 2, true), inner: ["", ""] };
  if (value === Infinity || value === -Infinity) return { groups: ["∞"], part: "", kind: "infinity", around: signed(f, minus, false, 2, false), inner: ["", ""] };
  const size = minus ? -value : value;
  const short = f.compact === null ? null : shortened(f, size);
  const [integer, part] = short === null ? shown(f, decimalOf(size, f.style === "percent" ? 2 : 0)) : short.digits;
  const zero = !/[1-9]/.test(integer + part) && integer !== "";
  const padded = integer === "" ? "" : integer.padStart(f.whole, "0");
  const least = f.grouping === "auto" ? f.least : f.grouping === "min2" ? 2 : 1;
  const groups = f.grouping === false || padded.length < 3 + least ? [padded] : sepGroups(padded, f);
  return { groups, part, kind: "integer", around: signed(f, minus, zero, 0, false), inner: short === null ? ["", ""] : short.around };
}

// signed is what stands around a number, by its sign and how that is shown; at is where the
// forms of infinity are, for those that have some.
function signed(f, minus, zero, at, nan) {
  const plus = f.sign === "always" || (f.sign === "exceptZero" && !zero);
  const negative = !nan && minus && (f.sign === "auto" || f.sign === "always" || (f.sign === "exceptZero" && !zero) || (f.sign === "negative" && !zero));
  const [above, below] = [f.forms[at] ?? f.forms[0], f.forms[at + 1] ?? f.forms[1]];
  if (nan) return plus ? below.map((text) => text.replace(f.minus, "+")) : f.forms[2] ?? f.forms[0];
  if (negative) return below;
  return plus ? below.map((text) => text.replace(f.minus, "+")) : above;
}

function formatNumber(f, given) {
  const { groups, part, around, inner } = pieces(f, given);
  return around[0] + inner[0] + groups.join(f.group) + (part === "" ? "" : f.decimal + part) + inner[1] + around[1];
}

// affix cuts what stands before or behind a number into its parts.
function affix(f, text, symbol, type) {
  const out = [];
  let plain = "";
  const flush = () => { if (plain !== "") out.push({ type: "literal", value: plain }); plain = ""; };
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const found = symbol !== "" && rest.startsWith(symbol) ? [type, symbol] : rest.startsWith(f.minus) ? ["minusSign", f.minus] : rest[0] === "+" ? ["plusSign", "+"] : null;
    if (found === null) plain += text[at++];
    else {
      flush();
      out.push({ type: found[0], value: found[1] });
      at += found[1].length;
    }
  }
  flush();
  return out;
}

function partsOf(f, value) {
  const { groups, part, kind, around, inner } = pieces(f, value);
  const symbol = f.forms[0].join("").trim();
  const outer = (text) => affix(f, text, symbol, f.style === "percent" ? "percentSign" : "currency");
  const word = (text) => affix(f, text, text.trim(), "compact");
  const number = groups.flatMap((digits, k) => [...(k === 0 ? [] : [{ type: "group", value: f.group }]), { type: kind, value: digits }]);
  if (part !== "") number.push({ type: "decimal", value: f.decimal }, { type: "fraction", value: part });
  return [...outer(around[0]), ...word(inner[0]), ...(groups[0] === "" ? [] : number), ...word(inner[1]), ...outer(around[1])];
}

function NumberFormat(locales, options) {
  if (new.target === undefined) return new NumberFormat(locales, options);
  const record = numberFormat(locales, options, "Intl.NumberFormat");
  record.format = (value) => formatNumber(record, value);
  own.set(this, record);
}

Object.defineProperty(NumberFormat.prototype, "format", { get() { return own.of(this).format; }, configurable: true });
methods(NumberFormat, {
  formatToParts(value) { return partsOf(own.of(this), value); },
  formatRange() { throw refused("Intl.NumberFormat.formatRange"); },
  formatRangeToParts() { throw refused("Intl.NumberFormat.formatRangeToParts"); },
  resolvedOptions() {
    const f = own.of(this);
    const rounds = f.significant === null || f.wider ? { minimumFractionDigits: f.fewest, maximumFractionDigits: f.most } : {};
    const counts = f.significant === null ? {} : { minimumSignificantDigits: f.significant[0], maximumSignificantDigits: f.significant[1] };
    return { locale: f.tag, numberingSystem: "latn", style: f.style, ...(f.currency && { currency: f.currency, currencyDisplay: f.currencyDisplay, currencySign: "standard" }),
      minimumIntegerDigits: f.whole, ...rounds, ...counts, useGrouping: f.grouping, notation: f.compact === null ? "standard" : "compact",
      ...(f.compact !== null && { compactDisplay: f.compactDisplay }), signDisplay: f.sign, roundingIncrement: 1, roundingMode: "halfExpand",
      roundingPriority: f.wider ? "morePrecision" : "auto", trailingZeroDisplay: "auto" };
  },
});

exports.numbers = { NumberFormat, numberFormat, formatNumber, rounding, pieces, supported };
