// Intl.PluralRules: the plurals of CLDR (unicode.org/reports/tr35/tr35-numbers.html, "Language
// Plural Rules"), by what is shown of a number: i before the point, v digits behind it, f
// these as a number, t without zeros at the end, and n all of it.
const { tagsOf, optionsOf, oneOf, refused, holder, methods, localeOf } = exports.intlBase;
const own = holder("PluralRules");

const within = (x, least, most) => x >= least && x <= most && Number.isInteger(x);
const single = ({ i, v }) => (i === 1 && v === 0 ? "one" : "other");
const exact = ({ n }) => (n === 1 ? "one" : "other");
const none = () => "other";
const millions = ({ i, v }) => i !== 0 && i % 1e6 === 0 && v === 0;
const romance = (one) => (o) => (one(o) ? "one" : millions(o) ? "many" : "other");
const slavic = ({ i, v }) => {
  if (v !== 0) return "other";
  if (i % 10 === 1 && i % 100 !== 11) return "one";
  if (within(i % 10, 2, 4) && !within(i % 100, 12, 14)) return "few";
  return "many";
};

const cardinal = {
  en: single, de: single, nl: single, sv: single, fi: single, et: single, tr: exact, hu: exact, nb: exact, el: exact, bg: exact,
  da: ({ n, i, t }) => (n === 1 || (t !== 0 && i <= 1) ? "one" : "other"),
  es: romance(({ n }) => n === 1), fr: romance(({ i }) => i <= 1), it: romance(({ i, v }) => i === 1 && v === 0), ca: romance(({ i, v }) => i === 1 && v === 0),
  pt: romance(({ i }) => i <= 1), "pt-PT": romance(({ i, v }) => i === 1 && v === 0),
  pl: ({ i, v }) => (v !== 0 ? "other" : i === 1 ? "one" : within(i % 10, 2, 4) && !within(i % 100, 12, 14) ? "few" : "many"),
  cs: ({ i, v }) => (v !== 0 ? "many" : i === 1 ? "one" : within(i, 2, 4) ? "few" : "other"),
  ro: ({ n, i, v }) => (i === 1 && v === 0 ? "one" : v !== 0 || n === 0 || (n !== 1 && within(n % 100, 1, 19)) ? "few" : "other"),
  hr: ({ i, v, f }) => {
    const last = v === 0 ? i : f;
    return last % 10 === 1 && last % 100 !== 11 ? "one" : within(last % 10, 2, 4) && !within(last % 100, 12, 14) ? "few" : "other";
  },
  sl: ({ i, v }) => (v !== 0 ? "few" : i % 100 === 1 ? "one" : i % 100 === 2 ? "two" : within(i % 100, 3, 4) ? "few" : "other"),
  lt: ({ n, f }) => (n % 10 === 1 && !within(n % 100, 11, 19) ? "one" : within(n % 10, 2, 9) && !within(n % 100, 11, 19) ? "few" : f !== 0 ? "many" : "other"),
  lv: ({ n, v, f }) => {
    if (n % 10 === 0 || within(n % 100, 11, 19) || (v === 2 && within(f % 100, 11, 19))) return "zero";
    return (n % 10 === 1 && n % 100 !== 11) || (v === 2 && f % 10 === 1 && f % 100 !== 11) || (v !== 2 && f % 10 === 1) ? "one" : "other";
  },
  ru: slavic, uk: slavic, ja: none, zh: none, ko: none, id: none, vi: none,
};
cardinal.sk = cardinal.cs;

const ordinal = {
  en: ({ n }) => (n % 10 === 1 && n % 100 !== 11 ? "one" : n % 10 === 2 && n % 100 !== 12 ? "two" : n % 10 === 3 && n % 100 !== 13 ? "few" : "other"),
  fr: exact, ro: exact, vi: exact, hu: ({ n }) => (n === 1 || n === 5 ? "one" : "other"),
  it: ({ n }) => ([8, 11, 80, 800].includes(n) ? "many" : "other"),
  sv: ({ n }) => ((n % 10 === 1 || n % 10 === 2) && n % 100 !== 11 && n % 100 !== 12 ? "one" : "other"),
  uk: ({ n }) => (n % 10 === 3 && n % 100 !== 13 ? "few" : "other"),
  ca: ({ n }) => (n === 1 || n === 3 ? "one" : n === 2 ? "two" : n === 4 ? "few" : "other"),
};

const order = ["zero", "one", "two", "few", "many", "other"];

function ruleOf(tag, type) {
  const rules = type === "ordinal" ? ordinal : cardinal;
  return rules[tag] ?? rules[tag.split("-")[0]] ?? (tag.startsWith("no") ? rules.nb : undefined) ?? none;
}

// category is the plural of a number by what is shown of it: its digits before and behind
// the point.
function category(tag, type, integer, part) {
  const kept = part.replace(/0+$/, "");
  return ruleOf(tag, type)({ n: Number(`${integer}.${part}0`), i: Number(integer), v: part.length, f: Number(part), t: Number(kept) });
}

// categories are those that a language has: those of many numbers.
function categories(tag, type) {
  const found = new Set(["other"]);
  for (let i = 0; i < 200; i++) for (const part of ["", "1", "2", "5", "0"]) found.add(category(tag, type, `${i}`, type === "ordinal" ? "" : part));
  for (const large of ["1000000", "800"]) found.add(category(tag, type, large, ""));
  return order.filter((name) => found.has(name));
}

function PluralRules(locales, given) {
  if (new.target === undefined) throw new TypeError("Constructor Intl.PluralRules requires 'new'");
  const options = optionsOf(given);
  const type = oneOf("Intl.PluralRules", options, "type", ["cardinal", "ordinal"], "cardinal");
  const chosen = {};
  for (const name of ["minimumIntegerDigits", "minimumFractionDigits", "maximumFractionDigits", "minimumSignificantDigits", "maximumSignificantDigits"]) chosen[name] = options[name];
  own.set(this, { type, tag: localeOf(locales, "Intl.PluralRules").tag, format: exports.numbers.numberFormat(locales, { ...chosen, useGrouping: false }, "Intl.PluralRules") });
}

methods(PluralRules, {
  select(given) {
    const { type, tag, format } = own.of(this);
    const value = Number(given);
    if (!Number.isFinite(value)) return "other";
    const { groups, part } = exports.numbers.pieces(format, Math.abs(value));
    return category(tag, type, groups.join(""), part);
  },
  selectRange() { throw refused("Intl.PluralRules.selectRange"); },
  resolvedOptions() {
    const { type, tag, format } = own.of(this);
    return { locale: tag, type, minimumIntegerDigits: format.whole, minimumFractionDigits: format.fewest, maximumFractionDigits: format.most,
      pluralCategories: categories(tag, type), roundingIncrement: 1, roundingMode: "halfExpand", roundingPriority: "auto", trailingZeroDisplay: "auto" };
  },
});

exports.plurals = { PluralRules, category, tagsOf };
