// Package web is the Web platform of functions: Request, Response, Headers, URL,
// streams, fetch, Blob, FormData, crypto, timers, console and what else scripts
// for servers expect, over an engine that knows only the language.
//
// Most of it is JavaScript (folder js), each file a function body of (host,
// globalThis, exports). Source joins the files to one script, which runs once in
// each new instance; what is rarely used is evaluated when a script first names
// it. The rest are operations in Go, which the script reaches by host.call: see
// [Operations].
//
// The standards: https://fetch.spec.whatwg.org, https://url.spec.whatwg.org,
// https://streams.spec.whatwg.org, https://encoding.spec.whatwg.org,
// https://www.w3.org/TR/webcrypto-2, https://dom.spec.whatwg.org.
package web
