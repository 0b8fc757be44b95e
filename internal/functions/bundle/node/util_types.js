// Node's util.types (nodejs.org/api/util.html#utiltypes).
const tag = (v) => Object.prototype.toString.call(v).slice(8, -1);
const typedArray = Object.getPrototypeOf(Uint8Array);
const kind = (name) => (v) => typeof v === "object" && v !== null && tag(v) === name;

export const isDate = (v) => v instanceof Date;
export const isRegExp = (v) => v instanceof RegExp;
export const isPromise = (v) => v instanceof Promise;
export const isMap = (v) => v instanceof Map;
export const isSet = (v) => v instanceof Set;
export const isWeakMap = (v) => v instanceof WeakMap;
export const isWeakSet = (v) => v instanceof WeakSet;
export const isNativeError = (v) => v instanceof Error;
export const isTypedArray = (v) => v instanceof typedArray;
export const isUint8Array = (v) => v instanceof Uint8Array;
export const isDataView = (v) => v instanceof DataView;
export const isArrayBufferView = (v) => ArrayBuffer.isView(v);
export const isArrayBuffer = (v) => v instanceof ArrayBuffer;
export const isSharedArrayBuffer = kind("SharedArrayBuffer");
export const isAnyArrayBuffer = (v) => isArrayBuffer(v) || isSharedArrayBuffer(v);
export const isGeneratorObject = kind("Generator");
export const isMapIterator = kind("Map Iterator");
export const isSetIterator = kind("Set Iterator");
export const isAsyncFunction = (v) => typeof v === "function" && /^Async/.test(tag(v));
export const isGeneratorFunction = (v) => typeof v === "function" && /GeneratorFunction$/.test(tag(v));
export const isBoxedPrimitive = (v) => typeof v === "object" && v !== null && [Number, String, Boolean, Symbol, BigInt].some((c) => v instanceof c);
export default {
  isDate, isRegExp, isPromise, isMap, isSet, isWeakMap, isWeakSet, isNativeError, isTypedArray, isUint8Array, isDataView,
  isArrayBufferView, isArrayBuffer, isSharedArrayBuffer, isAnyArrayBuffer, isGeneratorObject, isMapIterator, isSetIterator,
  isAsyncFunction, isGeneratorFunction, isBoxedPrimitive,
};
