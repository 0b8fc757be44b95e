package bundle

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// shims are our modules in the place of Node's, as far as npm packages for servers
// without Node need them.
//
//go:embed node/*.js
var shims embed.FS

const (
	shimNamespace = "galley"
	emptyShim     = "empty"
	globals       = "galley-globals"
)

// generated are shims of one line.
var generated = map[string]string{
	emptyShim: "",
	// A CommonJS module: what it exports is known when it runs.
	"galley": "module.exports = globalThis.__modules.galley",
	// Globals of Node that packages use; they are only in a bundle that does.
	globals:     `export { Buffer } from "node:buffer"; export { default as process } from "node:process"; export { setImmediate, clearImmediate } from "node:timers";`,
	"deno:http": `export const serve = (handler, options) => Deno.serve(options ?? {}, handler);`,
}

func shim(name string) api.OnResolveResult {
	return api.OnResolveResult{Path: name, Namespace: shimNamespace, SideEffects: api.SideEffectsFalse}
}

// shimFile is the file of one of Node's modules: node:timers/promises is timers_promises.js.
func shimFile(name string) string {
	return "node/" + strings.ReplaceAll(strings.TrimPrefix(name, "node:"), "/", "_") + ".js"
}

func hasShim(name string) bool {
	f, err := shims.Open(shimFile(name))
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}

func loadShim(name string) (api.OnLoadResult, error) {
	text, ok := generated[name]
	if !ok {
		text, ok = missing(name)
	}
	if !ok {
		data, err := shims.ReadFile(shimFile(name))
		if err != nil {
			return api.OnLoadResult{}, fmt.Errorf("%q is not available in functions", name)
		}
		text = string(data)
	}
	return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
}

// builtins are the names of Node's modules (nodejs.org/api).
var builtins = strings.Fields(`assert assert/strict async_hooks buffer child_process cluster console constants
crypto dgram diagnostics_channel dns dns/promises domain events fs fs/promises http http2 https inspector
module net os path path/posix path/win32 perf_hooks process punycode querystring readline readline/promises
repl stream stream/consumers stream/promises stream/web string_decoder sys timers timers/promises tls tty
url util util/types v8 vm wasi worker_threads zlib`)

func isBuiltin(name string) bool { return slices.Contains(builtins, name) }
