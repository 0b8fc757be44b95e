// Writes what package web knows of each locale, from the answers of Node 20:
//
//   node generate.mjs
//
// A file has the number signs of a locale, its currencies, and the patterns of dates by
// which of their parts are shown. {x1} in a pattern stands for a part, whose texts are in
// the pool of that name and number: of months 12, of weekdays 7, of hours 24.
import { mkdirSync, writeFileSync } from "node:fs"

const locales = ["en-US", "en-GB", "en-CA", "en-AU", "en-IE", "de", "de-AT", "de-CH", "fr", "fr-CH", "fr-CA", "es", "es-MX", "it", "nl",
  "pt-BR", "pt-PT", "pl", "cs", "sv", "da", "nb", "fi", "tr", "hu", "ro", "ja", "zh-CN",
  "en-NZ", "en-IN", "en-ZA", "es-AR", "es-CO", "es-CL", "zh-TW", "ko", "ru", "uk", "el", "bg", "hr", "sk", "sl", "lt", "lv", "et", "id", "vi", "ca"]
const currencies = ["USD", "EUR", "GBP", "CHF", "JPY", "CNY", "KRW", "INR", "CAD", "AUD", "NZD", "BRL", "MXN", "SEK", "NOK", "DKK", "PLN", "CZK",
  "HUF", "RON", "TRY", "BGN", "ISK", "ILS", "ZAR", "SGD", "HKD", "TWD", "THB", "AED", "UAH", "CLP", "COP", "ARS"]

const part = (parts, type) => parts.find((p) => p.type === type)?.value

// around is what stands before and behind a number, its sign included.
function around(format, value) {
  const parts = format.formatToParts(value)
  const number = (p) => ["integer", "group", "decimal", "fraction", "infinity"].includes(p.type)
  const first = parts.findIndex(number)
  const last = parts.findLastIndex(number)
  const text = (list) => list.map((p) => p.value).join("")
  return [text(parts.slice(0, first)), text(parts.slice(last + 1))]
}

function numbers(locale) {
  const format = new Intl.NumberFormat(locale)
  const parts = format.formatToParts(-1234567.5)
  const percent = new Intl.NumberFormat(locale, { style: "percent" })
  const out = {
    decimal: part(parts, "decimal"), group: part(parts, "group"), minus: part(parts, "minusSign"),
    nan: new Intl.NumberFormat(locale).format(NaN), least: format.format(1234).length === 4 ? 2 : 1, // digits before the first separator
    percent: [around(percent, 0.5), around(percent, -0.5)], currency: {},
    second: /^12.34.56.789$/.test(format.format(123456789)) ? 2 : 3, // digits between further separators
    compact: { short: compact(locale, "short"), long: compact(locale, "long") },
  }
  for (const currency of currencies) {
    const forms = ["symbol", "narrowSymbol", "code"].map((currencyDisplay) => {
      const f = new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay })
      const all = [around(f, 1), around(f, -1), around(f, Infinity), around(f, -Infinity)] // some put a space before digits only
      return JSON.stringify(all.slice(0, 2)) === JSON.stringify(all.slice(2)) ? all.slice(0, 2) : all
    })
    const f = new Intl.NumberFormat(locale, { style: "currency", currency })
    const money = f.formatToParts(-1234567.5)
    out.currency[currency] = { digits: f.resolvedOptions().maximumFractionDigits, forms,
      decimal: part(new Intl.NumberFormat(locale, { style: "currency", currency, minimumFractionDigits: 1 }).formatToParts(1.5), "decimal"), group: part(money, "group"), least: f.formatToParts(1234).some((p) => p.type === "group") ? 1 : 2 }
  }
  return out
}

// compact is, for 10^3 to 10^14, by how many digits a number is cut, and what stands around
// it by its plural: "K" for 10^3 and 10^4 and 10^5.
function compact(locale, compactDisplay) {
  const f = new Intl.NumberFormat(locale, { notation: "compact", compactDisplay, maximumFractionDigits: 1 })
  const plural = new Intl.PluralRules(locale)
  return Array.from({ length: 12 }, (_, k) => k + 3).map((size) => {
    const whole = f.formatToParts(2 * 10 ** size).filter((p) => p.type === "integer").map((p) => p.value).join("")
    const cut = size + 1 - whole.length
    if (cut === 0) return [0, { other: ["", ""] }]
    const forms = {}
    for (const n of [1, 2, 3, 4, 5, 7, 1.1, 1.5, 2.5, 10.5, 100.5, 10, 11, 12, 15, 20, 21, 22, 25, 100, 101, 102, 105, 111, 122, 200, 500, 1000, 1001, 2000, 5000, 10000, 12000, 20000, 100000, 120000, 200000, 1000000, 2000000]) {
      if (Math.floor(Math.log10(n * 10 ** cut) + 1e-9) !== size) continue
      if (f.formatToParts(n * 10 ** cut).some((p) => p.type === "integer")) forms[plural.select(n)] ??= around(f, n * 10 ** cut)
      else forms[`=${n}`] = f.format(n * 10 ** cut) // a word for one of them: mille
    }
    const all = Object.values(forms).map((form) => JSON.stringify(form))
    return [cut, all.every((form) => form === all[0]) ? { other: JSON.parse(all[0]) } : forms]
  })
}

// lists are what stands before the first of two, between, and behind, and of several.
function lists(locale) {
  const out = {}
  for (const type of ["conjunction", "disjunction", "unit"]) for (const style of ["long", "short", "narrow"]) {
    const f = new Intl.ListFormat(locale, { type, style })
    const cut = (list) => f.format(list).split(/\d/).slice(1, -1)
    const [two, three, four] = [cut(["1", "2"]), cut(["1", "2", "3"]), cut(["1", "2", "3", "4"])]
    if (f.format(["1", "2"]) !== `1${two[0]}2` || three.length !== 2 || four[0] !== three[0] || four[2] !== three[1]) throw new Error(`${locale}: lists of ${type} ${style}`)
    out[`${type} ${style}`] = [two[0], three[0], four[1], three[1]]
  }
  return out
}

const units = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"]

// relative are the texts around a number of units, before and after now, by its plural; and
// the words for some numbers.
function relative(locale) {
  const out = {}
  const plural = new Intl.PluralRules(locale)
  for (const style of ["long", "short", "narrow"]) for (const unit of units) {
    const f = new Intl.RelativeTimeFormat(locale, { style })
    const auto = new Intl.RelativeTimeFormat(locale, { style, numeric: "auto" })
    const side = (sign) => {
      const forms = {}
      for (const n of [1, 2, 3, 5, 0, 1.5, 10, 11, 20, 21, 22, 25, 101, 1000000]) {
        const parts = f.formatToParts(sign * n, unit)
        const number = (p) => p.unit !== undefined
        const text = (list) => list.map((p) => p.value).join("")
        forms[plural.select(n)] ??= [text(parts.slice(0, parts.findIndex(number))), text(parts.slice(parts.findLastIndex(number) + 1))]
      }
      const all = Object.values(forms).map((form) => JSON.stringify(form))
      return all.every((form) => form === all[0]) ? { other: JSON.parse(all[0]) } : forms
    }
    const words = {}
    for (const n of [-3, -2, -1, 0, 1, 2, 3]) {
      const parts = auto.formatToParts(n, unit)
      if (parts.every((p) => p.unit === undefined)) words[n] = parts.map((p) => p.value).join("")
    }
    if (auto.formatToParts(-0, unit).every((p) => p.unit === undefined)) words["-0"] = auto.format(-0, unit)
    out[`${style} ${unit}`] = [side(-1), side(1), words]
  }
  return out
}

// zones have each name of a zone that some locale calls by a name of its own, and the number
// of a group that is called the same by all.
const sampled = Array.from({ length: 12 }, (_, m) => new Date(Date.UTC(2024, m, 15, 12)))
const aliases = ["UTC", "GMT", "Etc/UTC", "Etc/GMT", "Zulu", "US/Eastern", "US/Central", "US/Mountain", "US/Pacific", "US/Alaska", "US/Hawaii", "US/Arizona", "Canada/Eastern", "Canada/Central",
  "Canada/Mountain", "Canada/Pacific", "Canada/Atlantic", "Canada/Newfoundland", "GB", "Eire", "Japan", "Singapore", "Asia/Kolkata", "Asia/Ho_Chi_Minh", "Asia/Kathmandu", "Asia/Yangon",
  "Europe/Kyiv", "America/Argentina/Buenos_Aires", "America/Indiana/Indianapolis", "America/Kentucky/Louisville", "Atlantic/Faroe", "America/Nuuk", "Pacific/Kanton", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "EST", "MST", "HST"]

function named(locale, zone) {
  const ask = (timeZoneName) => {
    const f = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName, hour: "numeric" })
    return (date) => part(f.formatToParts(date), "timeZoneName")
  }
  const [short, long, near, far] = ["short", "long", "shortOffset", "longOffset"].map(ask)
  const out = {}
  for (const date of sampled) {
    const offset = far(date).replace(/^[^\d+\u2212-]*/, "").replace("\u2212", "-").replace(".", ":")
    const [hours, minutes] = offset === "" ? [0, 0] : [Math.abs(parseInt(offset, 10)), Number(offset.split(":")[1])]
    out[(offset.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60)] = [short(date) === near(date) ? null : short(date), long(date) === far(date) ? null : long(date)]
  }
  return out
}

function zones() {
  const groups = new Map(), group = {}, samples = []
  for (const zone of [...new Set([...Intl.supportedValuesOf("timeZone"), ...aliases])]) {
    const text = JSON.stringify(["en-US", "de", "fr", "ja", "en-GB", "en-AU", "en-CA", "en-IN", "es"].map((locale) => named(locale, zone)))
    if (!groups.has(text)) {
      groups.set(text, samples.length)
      samples.push(zone)
    }
    group[zone] = groups.get(text)
  }
  return { group, samples }
}

// offsets are how a locale writes that of a zone: none, what stands before, the minus, and
// what stands between hours and minutes.
function offsets(locale) {
  const ask = (timeZone) => part(new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "shortOffset", hour: "numeric" }).formatToParts(at(2024, 0, 15, 12)), "timeZoneName")
  const [before] = ask("Asia/Tokyo").split("+9")
  return [ask("UTC"), before, ask("America/New_York").slice(before.length, -1), ask("Asia/Kolkata").slice(before.length + 2, -2)]
}

// at is a time of UTC, in which all is formatted.
const at = (year, month, day, hour) => new Date(Date.UTC(year, month, day, hour, 6, 7))

function dates(locale) {
  const pools = { m: [], w: [], h: [], p: [] }
  const known = { m: new Map(), w: new Map(), h: new Map(), p: new Map() }
  const pooled = (pool, list) => {
    const text = JSON.stringify(list)
    if (!known[pool].has(text)) {
      known[pool].set(text, pools[pool].length)
      pools[pool].push(list)
    }
    return `{${pool}${known[pool].get(text)}}`
  }
  const all = (options, type, times) => {
    const f = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" })
    return times.map((t) => part(f.formatToParts(t), type))
  }
  const months = Array.from({ length: 12 }, (_, m) => at(2003, m, 4, 5))
  const week = Array.from({ length: 7 }, (_, d) => at(2003, 1, 2 + d, 5)) // from Sunday
  const hours = Array.from({ length: 24 }, (_, h) => at(2003, 1, 4, h))
  const pattern = (options) => {
    const f = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" })
    let text = ""
    for (const { type, value } of f.formatToParts(at(2003, 1, 4, 5))) {
      if (type === "literal") text += value
      else if (type === "year") text += value === "2003" ? "{y}" : value === "03" ? "{yy}" : bad(locale, options, type)
      else if (type === "day") text += value === "4" ? "{d}" : value === "04" ? "{dd}" : bad(locale, options, type)
      else if (type === "month") text += value === "2" ? "{M}" : value === "02" ? "{MM}" : pooled("m", all(options, type, months))
      else if (type === "weekday") text += pooled("w", all(options, type, week))
      else if (type === "hour") text += pooled("h", all(options, type, hours))
      else if (type === "dayPeriod") text += pooled("p", all(options, type, hours))
      else if (type === "minute") text += value === "06" ? "{mm}" : value === "6" ? "{n}" : bad(locale, options, type)
      else if (type === "second") text += value === "07" ? "{ss}" : value === "7" ? "{s}" : bad(locale, options, type)
      else if (type === "timeZoneName") text += "{z}"
      else bad(locale, options, type)
    }
    return text
  }
  const out = { pools, date: {}, time: {}, style: {} }
  const widths = { weekday: ["", "short", "long"], year: ["", "numeric", "2-digit"], month: ["", "numeric", "2-digit", "short", "long"], day: ["", "numeric", "2-digit"] }
  const given = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== ""))
  const clock = pattern({ hour: "numeric", minute: "numeric" })
  const glue = (date, both) => {
    if (both.startsWith(clock) && both.endsWith(date)) return `<${both.slice(clock.length, both.length - date.length)}` // the time comes first
    if (!both.startsWith(date) || !both.endsWith(clock)) return null
    return both.slice(date.length, both.length - clock.length)
  }
  for (const weekday of widths.weekday) for (const year of widths.year) for (const month of widths.month) for (const day of widths.day) {
    if (month === "" && [weekday, year, day].filter((x) => x !== "").length !== 1) continue
    if (weekday !== "" && month !== "" && day === "") continue
    const options = given({ weekday, year, month, day })
    const date = pattern(options)
    const key = Object.entries({ weekday, year, month, day }).map(([name, value]) => widths[name].indexOf(value)).join("")
    const both = pattern({ ...options, hour: "numeric", minute: "numeric" })
    out.date[key] = [date, weekday !== "" && month === "" ? null : glue(date, both)] // a weekday alone stands before a time in ways of its own
  }
  const cycles = { "": {}, t: { hour12: true }, f: { hour12: false }, h12: { hourCycle: "h12" }, h23: { hourCycle: "h23" } }
  const clocks = { hour: widths.day, minute: widths.day, second: widths.day }
  for (const hour of ["numeric", "2-digit"]) for (const minute of clocks.minute) for (const second of minute === "" ? [""] : clocks.second) {
    const key = Object.entries({ hour, minute, second }).map(([name, value]) => clocks[name].indexOf(value)).join("")
    for (const [cycle, chosen] of Object.entries(cycles)) out.time[key + cycle] = pattern(given({ hour, minute, second, ...chosen }))
  }
  for (const [cycle, chosen] of Object.entries(cycles)) for (const timeStyle of ["medium", "short"]) {
    out.style[` ${timeStyle}${cycle}`] = pattern({ timeStyle, ...chosen })
    for (const dateStyle of ["full", "long", "medium", "short"]) {
      out.style[dateStyle] = pattern({ dateStyle })
      out.style[`${dateStyle} ${timeStyle}${cycle}`] = pattern({ dateStyle, timeStyle, ...chosen })
    }
  }
  // With the name of a time zone: its kind stands behind the key of a time, where that is not
  // as for longOffset. A date with a time has the same between them as without one, or it is
  // false; a date alone has the name behind, or null.
  const nameOf = (zone, options) => part(new Intl.DateTimeFormat(locale, { ...options, timeZone: zone }).formatToParts(at(2003, 1, 4, 5)), "timeZoneName")
  const zoned = (options, timeZoneName) => {
    const as = ["America/New_York", "Australia/Lord_Howe"].every((zone) => nameOf(zone, { ...options, timeZoneName }) === nameOf(zone, { hour: "numeric", timeZoneName }))
    return as ? pattern({ ...options, timeZoneName }) : null // some write another kind of name
  }
  const kinds = ["longOffset", "long", "shortOffset", "short"]
  for (const kind of kinds) for (const hour of ["numeric", "2-digit"]) for (const minute of clocks.minute) for (const second of minute === "" ? [""] : clocks.second) {
    const key = Object.entries({ hour, minute, second }).map(([name, value]) => clocks[name].indexOf(value)).join("")
    for (const [cycle, chosen] of Object.entries(cycles)) {
      const text = zoned(given({ hour, minute, second, ...chosen }), kind)
      if (text !== out.time[`${key}${cycle}longOffset`]) out.time[`${key}${cycle}${kind}`] = text
    }
  }
  const numeric = { year: "numeric", month: "numeric", day: "numeric" }
  const words = { year: "numeric", month: "long", day: "numeric" }
  const several = [{ hour: "numeric", minute: "2-digit" }, { hour: "numeric", minute: "2-digit", second: "2-digit" }, { hour: "2-digit", minute: "2-digit", second: "2-digit" },
    { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }]
  const same = (date, kind) => several.every((clock) => {
    const time = zoned(clock, kind)
    return time !== null && zoned({ ...date, ...clock }, kind) === pattern({ ...date, ...clock }).replace(pattern(clock), () => time)
  })
  const alone = (date, kind) => (zoned(date, kind)?.startsWith(pattern(date)) ? zoned(date, kind).slice(pattern(date).length) : null)
  out.zone = {}
  for (const kind of kinds) out.zone[kind] = [same(numeric, kind) && same({ ...numeric, month: "2-digit", day: "2-digit" }, kind), same(words, kind), alone(numeric, kind), alone(words, kind)]
  for (const [cycle, chosen] of Object.entries(cycles)) for (const timeStyle of ["long", "full"]) for (const dateStyle of ["", "full", "long", "medium", "short"]) {
    out.style[`${dateStyle} ${timeStyle}${cycle}`] = pattern(given({ dateStyle, timeStyle, ...chosen }))
  }
  out.offset = offsets(locale)
  const fraction = new Intl.DateTimeFormat(locale, { second: "numeric", fractionalSecondDigits: 3 }).formatToParts(at(2003, 1, 4, 5))
  out.fraction = fraction[1].value
  return out
}

function bad(locale, options, type) {
  throw new Error(`${locale}: ${JSON.stringify(options)} has a ${type} that is not understood`)
}

const knownZones = zones()
mkdirSync(new URL("zones", import.meta.url), { recursive: true })
writeFileSync(new URL("zones/groups.json", import.meta.url), JSON.stringify(knownZones.group) + "\n")
for (const locale of locales) {
  const text = JSON.stringify({ locale, number: numbers(locale), date: dates(locale), list: lists(locale), relative: relative(locale) })
  writeFileSync(new URL(`${locale}.json`, import.meta.url), text + "\n")
  writeFileSync(new URL(`zones/${locale}.json`, import.meta.url), JSON.stringify(knownZones.samples.map((zone) => named(locale, zone))) + "\n")
  console.log(locale, text.length)
}
