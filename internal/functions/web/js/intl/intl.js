// Intl itself. Its classes are made when they are first asked for.
const { tagsOf, supported, refused, holder } = exports.intlBase;
const own = holder("Locale");

// Locale knows the parts of a tag, without what Unicode holds likely of others.
function Locale(tag, options = {}) {
  if (new.target === undefined) throw new TypeError("Constructor Intl.Locale requires 'new'");
  if (typeof tag !== "string" && !(typeof tag === "object" && tag !== null)) throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
  const [language, ...rest] = tagsOf(`${tag}`)[0].split("-");
  const script = rest.find((part) => part.length === 4), region = rest.find((part) => part.length < 4);
  const parts = [options.language ?? language, options.script ?? script, options.region ?? region];
  const [baseName] = tagsOf(parts.filter((part) => part !== undefined).join("-"));
  const name = baseName.split("-");
  own.set(this, { baseName, language: name[0], script: name.find((part, k) => k > 0 && part.length === 4), region: name.find((part, k) => k > 0 && part.length < 4) });
}
for (const name of ["baseName", "language", "script", "region"]) {
  Object.defineProperty(Locale.prototype, name, { get() { return own.of(this)[name]; }, configurable: true });
}
Object.defineProperty(Locale.prototype, "toString", { value() { return own.of(this).baseName; }, writable: true, configurable: true });
for (const name of ["maximize", "minimize"]) {
  Object.defineProperty(Locale.prototype, name, { value() { throw refused(`Intl.Locale.${name}`); }, writable: true, configurable: true });
}

const Intl = {};
Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });

// add puts a class onto Intl; make is called when somebody asks for it.
function add(name, make, locales) {
  const put = (value) => Object.defineProperty(Intl, name, { value, writable: true, configurable: true });
  const get = () => {
    const Class = make();
    if (locales !== null) Object.defineProperty(Class, "supportedLocalesOf", { value: locales, writable: true, configurable: true });
    Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
    put(Class);
    return Class;
  };
  Object.defineProperty(Intl, name, { get, set: put, configurable: true });
}

add("NumberFormat", () => exports.numbers.NumberFormat, supported);
add("DateTimeFormat", () => exports.dates.DateTimeFormat, supported);
add("PluralRules", () => exports.plurals.PluralRules, supported);
add("ListFormat", () => exports.lists.ListFormat, supported);
add("RelativeTimeFormat", () => exports.lists.RelativeTimeFormat, supported);
add("Collator", () => exports.collation.Collator, (locales) => exports.collation.supported(locales));
add("Locale", () => Locale, null);
for (const name of ["DisplayNames", "DurationFormat", "Segmenter"]) {
  add(name, () => ({ [name]: function () { throw refused(`Intl.${name}`); } })[name], () => []);
}
Object.defineProperty(Intl, "getCanonicalLocales", { value: tagsOf, writable: true, configurable: true });
Object.defineProperty(Intl, "supportedValuesOf", { value() { throw refused("Intl.supportedValuesOf"); }, writable: true, configurable: true });

exports.Intl = Intl;
