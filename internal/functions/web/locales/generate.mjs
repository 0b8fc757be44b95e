// Writes what package web knows of each locale, from the answers of Node 20:
//
//   node generate.mjs
//
// A file has the number signs of a locale, its currencies, and the patterns of dates by
// which of their parts are shown. {x1} in a pattern stands for a part, whose texts are in
// the pool of that name and number: of months 12, of weekdays 7, of hours 24.
import { writeFileSync } from "node:fs"

const locales = ["en-US", "en-GB", "en-CA", "en-AU", "en-IE", "de", "de-AT", "de-CH", "fr", "fr-CH", "fr-CA", "es", "es-MX", "it", "nl",
  "pt-BR", "pt-PT", "pl", "cs", "sv", "da", "nb", "fi", "tr", "hu", "ro", "ja", "zh-CN"]
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
      else if (type === "minute") text += value === "06" ? "{mm}" : bad(locale, options, type)
      else if (type === "second") text += value === "07" ? "{ss}" : bad(locale, options, type)
      else bad(locale, options, type)
    }
    return text
  }
  const out = { pools, date: {}, time: {}, style: {} }
  const widths = { weekday: ["", "short", "long"], year: ["", "numeric", "2-digit"], month: ["", "numeric", "2-digit", "short", "long"], day: ["", "numeric", "2-digit"] }
  const given = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== ""))
  const clock = pattern({ hour: "numeric", minute: "numeric" })
  const glue = (date, both) => {
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
  return out
}

function bad(locale, options, type) {
  throw new Error(`${locale}: ${JSON.stringify(options)} has a ${type} that is not understood`)
}

for (const locale of locales) {
  const text = JSON.stringify({ locale, number: numbers(locale), date: dates(locale) })
  writeFileSync(new URL(`${locale}.json`, import.meta.url), text + "\n")
  console.log(locale, text.length)
}
