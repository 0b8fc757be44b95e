// What the classes of Intl share: locales, whose data package web has, and options. What is
// not there is refused by name, so that nobody gets a wrong amount or a wrong time.
const files = host.call("intl.locales");
const loaded = new Map();

const advice = "use a library such as date-fns or dinero.js, or format it yourself";
const refused = (what) => new RangeError(`${what} is not supported here: ${advice}`);

// ---- locales

// Regions whose locale is the language's own, and languages that stand for one region.
const home = { de: "DE", fr: "FR", es: "ES", it: "IT", nl: "NL", pl: "PL", cs: "CZ", sv: "SE", da: "DK", nb: "NO", fi: "FI", tr: "TR", hu: "HU", ro: "RO", ja: "JP",
  ko: "KR", ru: "RU", uk: "UA", el: "GR", bg: "BG", hr: "HR", sk: "SK", sl: "SI", lt: "LT", lv: "LV", et: "EE", id: "ID", vi: "VN", ca: "ES" };
const whole = { en: "en-US", pt: "pt-BR", zh: "zh-CN", no: "nb", "no-NO": "nb" };

function canonical(tag) {
  if (typeof tag !== "string") throw new TypeError("Incorrect locale information provided");
  const found = /^([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?$/i.exec(tag);
  if (found === null) {
    if (/^[a-z]{2,8}(-[a-z\d]{1,8})+$/i.test(tag)) throw refused(`Intl: the locale ${tag}`);
    throw new RangeError(`Incorrect locale information provided: ${tag}`);
  }
  const [, language, script, region] = found;
  return [language.toLowerCase(), script && script[0].toUpperCase() + script.slice(1).toLowerCase(), region?.toUpperCase()].filter(Boolean).join("-");
}

function fileOf(tag) {
  if (files.includes(tag)) return tag;
  if (Object.hasOwn(whole, tag)) return whole[tag];
  const [language, region] = tag.split("-");
  return Object.hasOwn(home, language) && home[language] === region ? language : null;
}

const listOf = (locales) => (locales === undefined ? [] : typeof locales === "string" ? [locales] : Array.from(locales)).map(canonical);

function localeOf(locales, what) {
  const wanted = listOf(locales);
  if (wanted.length === 0) wanted.push("en-US");
  const tag = wanted.find((one) => fileOf(one) !== null);
  if (tag === undefined) throw new RangeError(`${what}: the locale ${wanted[0]} is not there; these are: ${files.join(", ")}`);
  const file = fileOf(tag);
  if (!loaded.has(file)) loaded.set(file, host.call("intl.locale", file));
  return { tag, file, data: loaded.get(file) };
}

const supported = (locales) => listOf(locales).filter((tag) => fileOf(tag) !== null);

// only refuses options whose other values are not there.
function only(what, options, allowed) {
  for (const name of Object.keys(allowed)) {
    const value = options[name];
    if (value === undefined || allowed[name].includes(value)) continue;
    throw refused(`${what}: the option ${name}${typeof value === "string" ? `: ${value}` : ""}`);
  }
}

function oneOf(what, options, name, values, initial) {
  if (options[name] === undefined) return initial;
  const value = `${options[name]}`;
  if (!values.includes(value)) throw new RangeError(`Value ${value} out of range for ${what} options property ${name}`);
  return value;
}

const optionsOf = (options) => {
  if (options === null) throw new TypeError("Cannot convert undefined or null to object");
  return options === undefined ? {} : Object(options);
};

// holder keeps what an object of a class was made of, and gives it back.
function holder(name) {
  const records = new WeakMap();
  return {
    set: (object, record) => records.set(object, record),
    of(object) {
      const record = records.get(object);
      if (record === undefined) throw new TypeError(`Method of Intl.${name}.prototype called on incompatible receiver`);
      return record;
    },
  };
}

// methods gives a class methods, and getters of what is named get….
function methods(Class, list) {
  for (const name of Object.keys(list)) Object.defineProperty(Class.prototype, name, { value: list[name], writable: true, configurable: true });
}

exports.intlBase = { files, tagsOf: listOf, localeOf, supported, only, oneOf, optionsOf, refused, holder, methods };
