// What Node answers for many values, locales and options; see web/js/intl.js.
const locales = ["en-US", "en", "en-GB", "en-CA", "en-AU", "en-IE", "de", "de-DE", "de-AT", "de-CH", "fr-FR", "fr-CH", "fr-CA", "es-ES", "es-MX", "it-IT", "nl-NL",
  "pt-BR", "pt-PT", "pl-PL", "cs-CZ", "sv-SE", "da-DK", "nb-NO", "fi-FI", "tr-TR", "hu-HU", "ro-RO", "ja-JP", "zh-CN", "DE-de"];
let state = 12345;
const random = (n) => { // the same everywhere
  state = (state * 69069 + 12345) % 4294967296;
  return Math.floor(state / 65536) % n;
};
const pick = (list) => list[random(list.length)];
const maybe = (options, name, values) => { if (random(2) === 1) options[name] = pick(values); };
const tell = (run) => { try { return run(); } catch (e) { return e.name; } };

const numbers = [0, -0, 1, -1, 0.5, 1.005, 2.5, -2.5, 0.045, 999, 999.995, 1000, 1234, -1234.5, 9999.99, 12345, 123456.789, 1e9, -98765432.1, 1e21, 1e-7, NaN, Infinity, -Infinity, 12345678901234567890n, -5n];
const currencies = ["USD", "EUR", "GBP", "CHF", "JPY", "CNY", "KRW", "INR", "CAD", "BRL", "SEK", "PLN", "CZK", "HUF", "TRY", "usd", "NOK", "DKK", "RON", "MXN", "ARS", "CLP", "ISK", "UAH"];
for (let i = 0; i < 800; i++) {
  const options = {};
  maybe(options, "style", ["decimal", "percent", "currency"]);
  if (options.style === "currency") options.currency = pick(currencies);
  maybe(options, "currencyDisplay", ["symbol", "narrowSymbol", "code"]);
  maybe(options, "minimumFractionDigits", [0, 1, 2, 3, 5]);
  maybe(options, "maximumFractionDigits", [0, 1, 2, 3, 5]);
  if (random(4) === 0) options.minimumIntegerDigits = pick([1, 2, 5]);
  if (random(3) === 0) options.useGrouping = pick([true, false, "always", "auto", "min2"]);
  const locale = pick(locales), value = pick(numbers);
  console.log(locale, JSON.stringify(options), `${value}`, tell(() => new Intl.NumberFormat(locale, options).format(value)), tell(() => value.toLocaleString(locale, options)));
}

const times = [0, 1e12, 1700000000000, 951782400000, 1709294400000, 1711846800000, 1711850400000, 1729990800000, 43200000, 1735689599999, 915148800000, -86400000, 4102444800000, 1718409600000.7, 86399999];
const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Auckland", "europe/paris"];
const shapes = [
  {}, { dateStyle: "full" }, { dateStyle: "long" }, { dateStyle: "medium" }, { dateStyle: "short" }, { timeStyle: "short" }, { timeStyle: "medium" },
  { dateStyle: "full", timeStyle: "short" }, { dateStyle: "long", timeStyle: "short" }, { dateStyle: "medium", timeStyle: "medium" }, { dateStyle: "short", timeStyle: "short" },
  { year: "numeric", month: "long", day: "numeric" }, { year: "numeric", month: "2-digit", day: "2-digit" }, { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  { month: "short", day: "numeric" }, { month: "long", year: "numeric" }, { month: "long" }, { month: "short" }, { year: "numeric" }, { day: "numeric" }, { weekday: "short" }, { weekday: "long" },
  { hour: "numeric", minute: "2-digit" }, { hour: "2-digit", minute: "2-digit" }, { hour: "2-digit", minute: "2-digit", second: "2-digit" }, { hour: "numeric" },
  { year: "2-digit", month: "numeric", day: "numeric" }, { weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" },
  { year: "numeric", month: "long", day: "numeric", hour: "numeric", minute: "2-digit" }, { year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  { year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit" },
];
for (let i = 0; i < 1200; i++) {
  const options = { ...pick(shapes), timeZone: pick(zones) };
  if (random(3) === 0 && options.dateStyle === undefined) options.hour12 = random(2) === 1;
  if (random(5) === 0) options.hourCycle = pick(["h12", "h23"]);
  const locale = pick(locales), time = pick(times), date = new Date(time);
  const f = tell(() => new Intl.DateTimeFormat(locale, options));
  console.log(locale, JSON.stringify(options), time, tell(() => f.format(time)), "|", tell(() => date.toLocaleString(locale, options)), "|", tell(() => date.toLocaleDateString(locale, options)), "|",
    options.weekday && !options.month ? "" : tell(() => date.toLocaleTimeString(locale, options)), "|", i % 20 === 0 ? tell(() => JSON.stringify(f.formatToParts(time))) : "");
}

console.log(tell(() => new Intl.NumberFormat("de", { style: "currency" })), tell(() => new Intl.NumberFormat("de", { style: "currency", currency: "EURO" })), tell(() => new Intl.NumberFormat("x")),
  tell(() => new Intl.NumberFormat("de", { minimumFractionDigits: 3, maximumFractionDigits: 2 })), tell(() => new Intl.NumberFormat("de", { style: "no" })), tell(() => new Intl.DateTimeFormat("de", { timeZone: "Mars/Base" })),
  tell(() => new Intl.DateTimeFormat("de", { timeZone: "" })), tell(() => new Intl.DateTimeFormat("de", { timeZone: "Local" })), tell(() => new Intl.DateTimeFormat("de", { month: "wide" })), tell(() => new Intl.DateTimeFormat("de", { dateStyle: "short", month: "long" })),
  tell(() => new Intl.DateTimeFormat("de").format(NaN)), tell(() => new Date(0).toLocaleTimeString("de", { dateStyle: "short" })), tell(() => Intl.NumberFormat("de").format("1234.5")), [1, 2.5].map(Intl.NumberFormat("de").format).join(" "),
  Intl.DateTimeFormat("de-DE", { timeZone: "Europe/Berlin" }).resolvedOptions().timeZone, Intl.NumberFormat("de-DE").resolvedOptions().locale, Intl.NumberFormat.supportedLocalesOf(["de", "fr-CA"]).join(), `${Intl}`,
  new Intl.NumberFormat(["de-AT", "en"]).format(1234.5), new Date(NaN).toLocaleString("de"), typeof Intl.NumberFormat);
