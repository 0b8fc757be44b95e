// What stands in a package for one of Node's modules that functions have not. Packages for
// several kinds of servers name such modules and use them in Node only, so it refuses when
// something of it is called, not when it is loaded. What it holds can be extended and made
// instances of, as packages do while they are loaded; a method of an instance refuses.
const function_ = Function.prototype;
const absent = ["then", "toJSON", "__esModule", "default"]; // looked for in anything, and not there

module.exports = (module, why) => {
  // beneath is the prototype of what is refused: it has every name that nothing else has.
  const beneath = (target, path) => {
    const known = new Map();
    return new Proxy(target, {
      get(_, name, receiver) {
        if (name === Symbol.toPrimitive) return () => refuse(path);
        if (typeof name === "symbol" || name in target || absent.includes(name)) return Reflect.get(target, name, receiver);
        if (!known.has(name)) known.set(name, refusal(`${path}.${name}`));
        return known.get(name);
      },
    });
  };
  const refuse = (path) => { throw new Error(`${path}: ${why}`); };
  const refusal = (path) => {
    const refused = function () { if (new.target === undefined) refuse(path); };
    Object.setPrototypeOf(refused, beneath(function_, path));
    Object.setPrototypeOf(refused.prototype, beneath(Object.prototype, `${path}.prototype`));
    return refused;
  };
  const whole = refusal(module);
  // An ES module with any name: what TypeScript makes of "import" then takes it as it is.
  return Object.assign(whole, { __esModule: true, default: whole });
};
