// Intl.Collator, and localeCompare by it. The languages are those whose order is that of
// Node; of any other it is the order of Unicode (CLDR's root), as of English.
const { tagsOf, optionsOf, oneOf, refused, holder, methods } = exports.intlBase;
const compareTexts = host.operation("intl.compare");
const known = "en de fr es it nl pt pl cs sv da nb no fi tr hu ro sk sl ca vi id ms he is ga cy eu af sq".split(" ");
const records = new WeakMap();

const text = (value) => (typeof value === "string" ? value : `${value}`);
const languageOf = (tag) => tag.split("-")[0];

// collator reads options; what it gives is kept by its locale and them.
function collator(locales, given, what) {
  const options = optionsOf(given);
  const tag = tagsOf(locales).find((one) => known.includes(languageOf(one))) ?? "en-US";
  if (oneOf(what, options, "usage", ["sort", "search"], "sort") === "search") throw refused(`${what}: the usage search`);
  const sensitivity = oneOf(what, options, "sensitivity", ["base", "accent", "case", "variant"], "variant");
  if (sensitivity === "case") throw refused(`${what}: the sensitivity case`);
  if (options.ignorePunctuation) throw refused(`${what}: the option ignorePunctuation`);
  const language = languageOf(tag);
  const caseFirst = oneOf(what, options, "caseFirst", ["upper", "lower", "false"], language === "da" ? "upper" : "false");
  const numeric = Boolean(options.numeric);
  const letters = (numeric ? "n" : "") + (sensitivity === "variant" ? (caseFirst === "upper" ? "U" : "") : sensitivity[0]);
  const rules = language === "nb" || language === "no" ? "da" : language;
  const number = host.call("intl.collator", rules, letters);
  return { tag, sensitivity, numeric, caseFirst, compare: (a, b) => compareTexts(number, text(a), text(b)) };
}

function Collator(locales, options) {
  if (new.target === undefined) return new Collator(locales, options);
  records.set(this, collator(locales, options, "Intl.Collator"));
}

const own = (object) => {
  const record = records.get(object);
  if (record === undefined) throw new TypeError("Method get Intl.Collator.prototype.compare called on incompatible receiver");
  return record;
};

Object.defineProperties(Collator.prototype, {
  compare: { get() { return own(this).compare; }, configurable: true },
  resolvedOptions: {
    value() {
      const { tag, sensitivity, numeric, caseFirst } = own(this);
      return { locale: tag, usage: "sort", sensitivity, ignorePunctuation: false, collation: "default", numeric, caseFirst };
    },
    writable: true, configurable: true,
  },
});

// The last of localeCompare without options, which is called for each pair of a list.
let last = null, lastLocale;

exports.collation = {
  Collator,
  supported: (locales) => tagsOf(locales).filter((tag) => known.includes(languageOf(tag))),
  compare(a, b, locales, options) {
    if (options !== undefined || (locales !== undefined && typeof locales !== "string")) return collator(locales, options, "String.localeCompare").compare(a, b);
    if (last === null || lastLocale !== locales) {
      last = collator(locales, undefined, "String.localeCompare").compare;
      lastLocale = locales;
    }
    return last(a, b);
  },
};
