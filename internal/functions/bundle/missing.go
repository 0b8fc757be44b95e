package bundle

import (
	_ "embed" // the script
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// missingScript makes what stands in a package for a module of Node's that is not there.
//
//go:embed missing.js
var missingScript string

// keysScript is a part of node:crypto.
//
//go:embed keys.js
var keysScript string

// Shims of modules that are not there: missingShim refuses when something of the module
// is used, throwingShim when it is loaded. The file that asks for it and the name of the
// module follow, the name last: esbuild takes what ends as ".mjs" does for an ES module.
const (
	missingFile     = "missing"
	keysFile        = "keys"
	missingShim     = "missing:"
	throwingShim    = "throwing:"
	uninstalledShim = "uninstalled:" // of a package, when it is loaded
)

// onNPM are modules of Node's that a package of npm is: it is taken where it is installed.
var onNPM = map[string]string{"stream": "readable-stream", "zlib": "browserify-zlib"}

// instead says of Node's modules what a function does without them.
var instead = map[string]string{
	"async_hooks":   "an instance does one thing at a time, so a variable of the module will often do",
	"child_process": programs, "cluster": programs, "worker_threads": programs,
	"dgram": sockets, "dns": sockets, "net": sockets, "tls": sockets,
	"fs":   `functions have no files: import text from "./page.html" with { type: "text" }`,
	"http": server, "https": server, "http2": server,
	"stream": "run 'npm install readable-stream', which is taken for it",
	"zlib":   "use CompressionStream and DecompressionStream, or run 'npm install browserify-zlib', which is taken for it",
}

const (
	programs = "functions start no programs"
	sockets  = "functions have no sockets: use fetch"
	server   = "a function answers by Deno.serve, as with the package hono, and calls others by fetch"
)

// notThere says that a module of Node's is not to be had, and who asked how for it.
func notThere(name, how, importer string) string {
	text := fmt.Sprintf("module %q is not available in functions (%s by %s)", "node:"+name, how, importer)
	base, _, _ := strings.Cut(name, "/")
	if say := instead[base]; say != "" {
		text += ": " + say
	}
	return text
}

// absent is the shim for a module that a package asks for and that is not there. Where
// the package expects that it may fail, it does.
func (b *build) absent(a api.OnResolveArgs, name string) string {
	kind := missingShim
	if a.Kind == api.ResolveJSDynamicImport || a.Kind == api.ResolveJSRequireCall && b.tries(a.Importer, name) {
		kind = throwingShim
	}
	return kind + b.relative(a.Importer) + "|" + name
}

// tried is the beginning of a block that is left when something in it fails.
var tried = regexp.MustCompile(`\btry\s*\{[^{}]{0,200}\brequire\s*\(\s*["'](?:node:)?([a-z0-9_/]+)["']`)

// tries is whether a file requires a module of Node's in a block that catches.
func (b *build) tries(file, name string) bool {
	rel, inside := relativeTo(b.root, filepath.FromSlash(file))
	if !inside {
		return false
	}
	text, err := b.readSmall(rel)
	if err != nil {
		return false
	}
	for _, found := range tried.FindAllSubmatch(text, -1) {
		if string(found[1]) == name {
			return true
		}
	}
	return false
}

// optional resolves what a package imports or requires as it runs: a package that is not
// there is told then, as those expect that can do without.
func (b *build) optional(a api.OnResolveArgs, text string) api.OnResolveResult {
	running := a.Kind == api.ResolveJSDynamicImport || a.Kind == api.ResolveJSRequireCall
	if !running || isPath(text) || strings.HasPrefix(text, "#") || len(b.byNodeErrors(a, text)) == 0 || b.find(a, packageOf(text)) != nil {
		return api.OnResolveResult{} // esbuild says what is wrong
	}
	return shim(uninstalledShim + b.relative(a.Importer) + "|" + text)
}

// packageOf is the package of an import: "@a/b" of "@a/b/c".
func packageOf(text string) string {
	parts := strings.SplitN(text, "/", 3)
	if strings.HasPrefix(text, "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// missing is the text of such a shim.
func missing(shim string) (string, bool) {
	switch shim {
	case missingFile:
		return missingScript, true
	case keysFile:
		return keysScript, true
	}
	kind, asked, _ := strings.Cut(shim, ":")
	at := strings.LastIndexByte(asked, '|')
	if at < 0 {
		return "", false
	}
	importer, name := asked[:at], asked[at+1:]
	switch kind + ":" {
	case missingShim:
		return fmt.Sprintf("module.exports = require(%q)(%s, %s)", missingFile, strconv.Quote(name), strconv.Quote(notThere(name, "imported", importer))), true
	case throwingShim:
		return notFound(notThere(name, "required", importer)), true
	case uninstalledShim:
		return notFound(fmt.Sprintf("%q is not installed: run 'npm install %s' (imported by %s)", name, packageOf(name), importer)), true
	}
	return "", false
}

// notFound is a module that cannot be loaded, with the code by which packages know that.
func notFound(message string) string {
	return fmt.Sprintf("throw Object.assign(new Error(%s), { code: %q })", strconv.Quote(message), "MODULE_NOT_FOUND")
}
