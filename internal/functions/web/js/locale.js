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
    return exports.intl.formatNumber(exports.intl.numberFormat(locales, options, what), value);
  });
}

for (const [name, need, initial] of [["toLocaleString", "any", "all"], ["toLocaleDateString", "date", "date"], ["toLocaleTimeString", "time", "time"]]) {
  method(Date, name, (self, locales, options) => {
    const time = Date.prototype.getTime.call(self);
    if (Number.isNaN(time)) return "Invalid Date";
    return exports.intl.formatDate(exports.intl.dateFormat(locales, options, `Date.${name}`, need, initial), time);
  });
}
