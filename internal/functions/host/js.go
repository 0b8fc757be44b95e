package host

import _ "embed" // the script and its types

// Script is module galley and Deno.env: the body of a function of (host, globalThis,
// exports), which runs after the prelude of the Web APIs and sets exports.galley.
//
//go:embed js/galley.js
var Script string

// Types are module galley's, for editors.
//
//go:embed js/galley.d.ts
var Types string
