// What Node answers for plurals, lists, times from now, the order of texts, and the numbers
// and zones that intl.js leaves out; see web/js/intl.
const locales = ["en-US", "en-GB", "en-CA", "en-AU", "en-IE", "en-NZ", "en-IN", "en-ZA", "de-DE", "de-AT", "de-CH", "fr-FR", "fr-CH", "fr-CA", "es-ES", "es-MX", "es-AR", "es-CO", "es-CL", "it-IT", "nl-NL",
  "pt-BR", "pt-PT", "pl-PL", "cs-CZ", "sv-SE", "da-DK", "nb-NO", "fi-FI", "tr-TR", "hu-HU", "ro-RO", "ja-JP", "zh-CN", "zh-TW", "ko-KR", "ru-RU", "uk-UA", "el-GR", "bg-BG", "hr-HR", "sk-SK", "sl-SI", "lt-LT", "lv-LV", "et-EE", "id-ID", "vi-VN", "ca-ES"];
let state = 4711;
const random = (n) => {
  state = (state * 69069 + 12345) % 4294967296;
  return Math.floor(state / 65536) % n;
};
const pick = (list) => list[random(list.length)];
const maybe = (options, name, values) => { if (random(2) === 1) options[name] = pick(values); };
const tell = (run) => { try { return run(); } catch (e) { return e.name; } };

const counts = [0, 1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22, 23, 25, 80, 100, 101, 102, 103, 111, 112, 121, 800, 1000, 1001, 1000000, 2000000, 0.5, 1.5, 1.1, 2.25, -1, -2.5, 1.01, 10.11, NaN];
for (const locale of locales) {
  for (const type of ["cardinal", "ordinal"]) {
    const rules = new Intl.PluralRules(locale, { type });
    console.log(locale, type, counts.map((n) => rules.select(n)).join(), rules.resolvedOptions().pluralCategories.slice().sort().join());
  }
  console.log(locale, counts.slice(0, 12).map((n) => new Intl.PluralRules(locale, { minimumFractionDigits: 1 }).select(n)).join());
}

const words = [[], ["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d", "e"], ["x", "iglesia"], ["x", "hielo"], ["x", "oro"], ["x", "y", "Isla"], ["x", "hora"]];
for (const locale of locales) for (const type of ["conjunction", "disjunction", "unit"]) {
  console.log(locale, type, ["long", "short", "narrow"].map((style) => words.map((list) => new Intl.ListFormat(locale, { type, style }).format(list)).join(" | ")).join(" || "));
}
console.log(JSON.stringify(new Intl.ListFormat("en").formatToParts(["a", "b", "c"])), tell(() => new Intl.ListFormat("en").format([1])), tell(() => Intl.ListFormat("en")), tell(() => new Intl.ListFormat("en", { type: "x" })));

const units = ["second", "minute", "hours", "day", "weeks", "month", "quarter", "years"];
for (const locale of locales) for (const style of ["long", "short", "narrow"]) for (const numeric of ["always", "auto"]) {
  const f = new Intl.RelativeTimeFormat(locale, { style, numeric });
  console.log(locale, style, numeric, units.map((unit) => f.format(pick([0, -0, 1, -1, 2, -2, 3, 5, -5, 1.5, 10, 21, -22, 1234.5, 100000]), unit)).join(" | "));
}
console.log(JSON.stringify(new Intl.RelativeTimeFormat("en").formatToParts(-1234.5, "day")), JSON.stringify(new Intl.RelativeTimeFormat("de", { numeric: "auto" }).formatToParts(1, "day")),
  tell(() => new Intl.RelativeTimeFormat("en").format(1, "eon")), tell(() => new Intl.RelativeTimeFormat("en").format(Infinity, "day")));

const numbers = [0, -0, 1, -1, 0.5, 1.005, -2.5, 0.00045, 99.95, 999, 999.4, 999.5, 1000, 1050, 1234, -1234.5, 9999.99, 12345, 99950, 99999, 123456.789, 999499, 999999, 1e6, 1.55e6, 2e6, 1e9, 1.25e9, -98765432.1, 1e12, 5e14, 1e15, 1e21, 1e-7, NaN, Infinity, -Infinity, 12345678901234567890n, -5n];
for (let i = 0; i < 500; i++) {
  const options = {};
  maybe(options, "style", ["decimal", "percent", "currency"]);
  if (options.style === "currency") options.currency = pick(["USD", "EUR", "JPY", "GBP", "CHF"]);
  maybe(options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"]);
  if (random(3) === 0) options.minimumSignificantDigits = pick([1, 2, 3, 5]);
  if (random(3) === 0) options.maximumSignificantDigits = pick([1, 2, 3, 5, 8]);
  if (random(4) === 0) options.maximumFractionDigits = pick([0, 1, 2]);
  if (random(6) === 0) options.minimumIntegerDigits = pick([2, 5]);
  if (random(3) === 0 && (options.style ?? "decimal") === "decimal") {
    options.notation = "compact";
    maybe(options, "compactDisplay", ["short", "long"]);
  }
  const locale = pick(locales), value = pick(numbers);
  const f = tell(() => new Intl.NumberFormat(locale, options));
  console.log(locale, JSON.stringify(options), `${value}`, tell(() => f.format(value)), i % 4 > 0 ? "" : tell(() => JSON.stringify(f.formatToParts(value).map((part) => [part.type, part.value]))));
}

const zones = ["UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Moscow", "Europe/Kyiv", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "America/St_Johns", "US/Eastern", "America/Phoenix", "Pacific/Honolulu",
  "Asia/Tokyo", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Shanghai", "Asia/Dubai", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Africa/Johannesburg", "Africa/Lagos", "Etc/GMT+5"];
// Those of which every choice below is there; others refuse some.
const named = locales.filter((locale) => !/^(el|vi)/.test(locale));
const times = [1704110400000, 1720008000000, 1735689599123, 1710028800000, 1730000000000];
const shapes = [
  { hour: "numeric", minute: "2-digit" }, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }, { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit" },
  { year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit" }, { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
];
for (let i = 0; i < 400; i++) {
  const locale = pick(named), timeZone = pick(zones), time = pick(times);
  const options = { timeZone, ...(random(3) === 0 ? { timeStyle: pick(["long", "full"]), ...(random(2) === 1 && { dateStyle: pick(["full", "long", "medium", "short"]) }) } : { ...pick(shapes), timeZoneName: pick(["short", "long", "shortOffset", "longOffset"]) }) };
  console.log(locale, JSON.stringify(options), time, tell(() => new Intl.DateTimeFormat(locale, options).format(time)));
}
// As date-fns-tz, dayjs and luxon ask.
for (const timeZone of zones) for (const time of times.slice(1, 4)) {
  const numeric = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  console.log(timeZone, time, [{ ...numeric, hour12: false, era: "short" }, { ...numeric, hourCycle: "h23" }, { ...numeric, hour12: false, timeZoneName: "short" }, { timeZoneName: "longOffset" }, { ...numeric, fractionalSecondDigits: 3, hour12: false }]
    .map((options) => JSON.stringify(new Intl.DateTimeFormat("en-US", { ...options, timeZone }).formatToParts(time).map((part) => part.value))).join(" "));
}
for (const locale of locales) console.log(locale, new Intl.DateTimeFormat(locale, { minute: "2-digit", second: "2-digit", hour: "2-digit", fractionalSecondDigits: 2, timeZone: "UTC" }).format(times[2]), tell(() => new Date(times[0]).toLocaleString(locale, { timeZone: "Asia/Tokyo" })));

const letters = ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "äöüßéèêñçåøæœşğıİčšžřőűłńóąęțăâî", "ÄÖÜÉÑÇÅØÆŠŽ", " -_.,'()!?/&@#+", "日本語かなカナ", "абвгдежя", "αβγδω"].map((text) => Array.from(text));
const word = () => Array.from({ length: 1 + random(5) }, () => pick(random(10) < 6 ? letters[0] : pick(letters))).join("");
const other = (text) => {
  const all = Array.from(text), at = random(all.length);
  all[at] = pick([all[at].toUpperCase(), pick(pick(letters)), "", `${all[at]} `]);
  return all.join("");
};
for (const locale of ["en", "de", "fr", "es", "it", "nl", "pt", "pl", "cs", "sv", "da", "nb", "fi", "tr", "hu", "ro", "sk", "sl", "ca", "vi", "id", "he", "en-IN", "de-AT", "es-MX"]) for (let i = 0; i < 40; i++) {
  const options = { numeric: random(4) === 0, sensitivity: pick(["variant", "variant", "base", "accent"]) };
  maybe(options, "caseFirst", ["upper", "false"]);
  const a = word(), b = random(2) ? other(a) : word();
  console.log(locale, JSON.stringify(options), a, b, new Intl.Collator(locale, options).compare(a, b), a.localeCompare(b, locale), a.localeCompare(b, locale, options));
}
console.log(["b", "a", "ä", "A", "Z", "z", "a10", "a2"].sort((a, b) => a.localeCompare(b)).join(), ["a10", "a2", "a02", "a1b", "a"].sort(new Intl.Collator("en", { numeric: true }).compare).join(), "a".localeCompare("Á", "en", { sensitivity: "base" }),
  ["z", "ä", "a"].sort(Intl.Collator("sv").compare).join(), JSON.stringify(new Intl.Collator("de", { numeric: true }).resolvedOptions()), "x".localeCompare(undefined), "i".toLocaleUpperCase("tr"), "İI".toLocaleLowerCase("tr-TR"), "iß".toLocaleUpperCase("de"), "I".toLocaleLowerCase());
const locale = new Intl.Locale("en-Latn-us");
console.log(locale.language, locale.script, locale.region, locale.baseName, `${locale}`, new Intl.Locale("de", { region: "AT" }).baseName, tell(() => Intl.Locale("de")), Intl.getCanonicalLocales("EN-us").join());
