// toLocaleString and its like, which are Intl's: the engine's own would pass over locales
// and options, and so show a wrong time or a wrong amount.
const method = (Class, name, run) => {
  const holder = { [name](locales, options) { return run(this, locales, options); } };
  Object.defineProperty(Class.prototype, name, { value: holder[name], writable: true, configurable: true, enumerable: false });
};

for (const Class of [Number, BigInt]) {
  const what = `${Class.name}.toLocaleString`;
  method(Class, "toLocaleString", (self, locales, options) => {
    const value = Class.prototype.valueOf.call(self);
    return exports.numbers.formatNumber(exports.numbers.numberFormat(locales, options, what), value);
  });
}

for (const [name, need, initial] of [["toLocaleString", "any", "all"], ["toLocaleDateString", "date", "date"], ["toLocaleTimeString", "time", "time"]]) {
  method(Date, name, (self, locales, options) => {
    const time = Date.prototype.getTime.call(self);
    if (Number.isNaN(time)) return "Invalid Date";
    return exports.dates.formatDate(exports.dates.dateFormat(locales, options, `Date.${name}`, need, initial), time);
  });
}

// localeCompare is Intl's, too: the engine's own compares the numbers of characters.
Object.defineProperty(String.prototype, "localeCompare", {
  value: { localeCompare(that, locales, options) {
    if (this === undefined || this === null) throw new TypeError("String.prototype.localeCompare called on null or undefined");
    return exports.collation.compare(this, that, locales, options);
  } }.localeCompare,
  writable: true, configurable: true, enumerable: false,
});

// toLocaleUpperCase and toLocaleLowerCase of Turkish and Azeri: their i keeps its dot.
for (const [name, plain, letters] of [["toLocaleUpperCase", "toUpperCase", { i: "İ", ı: "I" }], ["toLocaleLowerCase", "toLowerCase", { I: "ı", İ: "i" }]]) {
  const run = String.prototype[plain];
  const turkish = new RegExp(`[${Object.keys(letters).join("")}]`, "g");
  Object.defineProperty(String.prototype, name, {
    value: { [name](locales) {
      if (this === undefined || this === null) throw new TypeError(`String.prototype.${name} called on null or undefined`);
      const tag = locales === undefined ? "" : `${typeof locales === "string" ? locales : locales[0] ?? ""}`;
      if (!/^(tr|az)(-|$)/i.test(tag)) return run.call(this);
      return run.call(`${this}`.replace(turkish, (letter) => letters[letter]));
    } }[name],
    writable: true, configurable: true, enumerable: false,
  });
}
