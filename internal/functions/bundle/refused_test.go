package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
)

// refuse builds what must fail, and gives the message and the detail.
func refuse(t *testing.T, p *Project, entry string) *fault.Error {
	t.Helper()
	b, err := p.Build(t.Context(), entry)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatalf("not refused: %v", err)
	}
	if f.Code != Code || b != nil && b.Source != "" {
		t.Errorf("%+v", f)
	}
	return f
}

func TestRefused(t *testing.T) {
	zod := map[string]string{"node_modules/zod/package.json": `{"version":"4.1.0"}`, "node_modules/zod/index.js": "export default 1"}
	tests := []struct {
		source  string
		message string // part of it
	}{
		{`import x from "./nope.ts"; export default x`, `Could not resolve "./nope.ts"`},
		{`import { a } from "./b.ts"; export default a`, `No matching export in "functions/f/b.ts" for import "a"`},
		{`export default = 1`, `Unexpected "="`},
		{`import x from "npm:nope@^2"; export default x`, `"npm:nope@^2" is not installed: run 'npm install nope@^2'`},
		{`import x from "nope"; export default x`, `"nope" is not installed: run 'npm install nope'`},
		{`import x from "npm:zod@3"; export default x`, `"npm:zod@3" asks for version 3 of zod, but node_modules has 4.1.0: run 'npm install zod@3', or 'npm install --prefix functions/f zod@3' for this function alone`},
		{`import x from "jsr:@panva/jose@6"; export default x`, `"jsr:@panva/jose@6" is not installed: run 'npm install jose@6'`},
		{`import x from "https://deno.land/x/openai@v4.53.2/mod.ts"; export default x`, `run 'npm install openai@4.53.2'`},
		{`import x from "https://deno.land/x/oak@v1/mod.ts"; export default x`, `nothing is downloaded; run 'npx jsr add @oak/oak'`},
		{`import x from "https://deno.land/x/postgres@v0.17.0/mod.ts"; export default x`, `nothing is downloaded; functions have no sockets: use sql of module galley`},
		{`import x from "npm:zod@>=3 <4"; export default x`, `run 'npm install "zod@>=3 <4"'`},
		{`import x from "https://esm.sh/zod@3.22.4/mini"; export default x`, `asks for version 3.22.4 of zod`},
		{`import x from "zod@4"; export default x`, `write "npm:zod@4"`},
		{`import x from "jsr:@std/encoding@1/base64"; export default x`, `run 'npx jsr add @std/encoding@1'`},
		{`import x from "jsr:@supabase/supabase-js@2"; export default x`, `run 'npm install @supabase/supabase-js@2'`},
		{`import x from "https://deno.land/std@0.1.0/encoding/base64.ts"; export default x`, `run 'npx jsr add @std/encoding'`},
		{`import x from "https://deno.land/x/ok@v1/mod.ts"; export default x`, `nothing is downloaded; install it with npm`},
		{`import x from "https://esm.sh/gh/a/b"; export default x`, `nothing is downloaded`},
		{`import x from "http://169.254.169.254/"; export default x`, `nothing is downloaded`},
		{`import x from "file:///etc/passwd"; export default x`, `addresses of this kind are not supported`},
		{`import fs from "node:fs"; export default fs`, `module "node:fs" is not available in functions (imported by functions/f/index.ts)`},
		{`import { exec } from "child_process"; export default exec`, `module "node:child_process" is not available`},
		{`import x from "node:nonsense"; export default x`, `module "node:nonsense" is not available`},
		{`import x from "./m.wasm"; export default x`, `functions/f/m.wasm cannot be imported: scripts have no WebAssembly`},
		{`import x from "./t.html"; export default x`, `functions/f/t.html is no script: import it with { type: "text" }`},
		{`import x from "./b.ts" with { type: "css" }; export default x`, `imports with { type: "css" } are not supported`},
		{`import x from "./broken.json"; export default x`, `Expected`},
		{`import x from "/etc/passwd"; export default x`, `lies outside the project's folder`},
		{`import x from "../../../x.ts"; export default x`, `lies outside the project's folder`},
		{`import x from "/etc/passwd" with { type: "text" }; export default x`, `lies outside the project's folder`},
		{`import http from "http"; export default http`, `module "node:http" is not available in functions (imported by functions/f/index.ts): a function answers by Deno.serve`},
		{`import { Transform } from "node:stream"; export default Transform`, `run 'npm install readable-stream', which is taken for it`},
	}
	for _, tt := range tests {
		t.Run(tt.source, func(t *testing.T) {
			t.Parallel()
			files := one(tt.source, map[string]string{
				"functions/f/b.ts": "export const b = 1", "functions/f/t.html": "<p>", "functions/f/broken.json": "{", "functions/f/m.wasm": "\x00asm",
			})
			maps.Copy(files, zod)
			p := project(t, files)
			write(t, filepath.Join(p.Root, "..", "x.ts"), "export default 1")
			if f := refuse(t, p, "f/index.ts"); !strings.Contains(f.Message, tt.message) {
				t.Errorf("%s\n%s", f.Message, f.Detail)
			}
		})
	}
}

// TestDetail checks what a mistake looks like.
func TestDetail(t *testing.T) {
	p := project(t, one("// first\n\timport x from \"./nope.ts\";\nimport y from \"node:fs\";\nexport default [x, y]\n", nil))
	f := refuse(t, p, "f/index.ts")
	want := `functions/f/index.ts:2:16: Could not resolve "./nope.ts"
2 | 	import x from "./nope.ts";
  | 	              ^

functions/f/index.ts:3:15: module "node:fs" is not available in functions (imported by functions/f/index.ts): functions have no files: import text from "./page.html" with { type: "text" }
3 | import y from "node:fs";
  |               ^`
	if f.Detail != want {
		t.Errorf("%s", f.Detail)
	}
	if !strings.HasSuffix(f.Message, "(and 1 more)") {
		t.Error(f.Message)
	}
}

// TestLazily checks that a package which could use Node's files is built, and fails
// only where it does.
func TestLazily(t *testing.T) {
	const fs = `module "node:fs" is not available in functions (%s by node_modules/p/index.js): functions have no files: import text from "./page.html" with { type: "text" }`
	imported, required := fmt.Sprintf(fs, "imported"), fmt.Sprintf(fs, "required")
	tests := []struct{ source, want string }{
		{`module.exports = () => { try { return require("fs").x } catch (e) { return e.message } }`, required},
		{`export default () => import("fs").catch((e) => e.message)`, required},
		{`const http = require("http"), agent = new http.Agent({ keepAlive: true }); class Own extends http.Agent { own() { return 1 } }
			module.exports = () => [typeof agent, new Own().own(), agent instanceof http.Agent, http.Agent === http.Agent]`, `["object",1,true,true]`},
		{`const fs = require("fs"); module.exports = () => { try { fs.promises.readFile("a") } catch (e) { return e.message } }`, "fs.promises.readFile: " + imported},
		{`import { readFile } from "node:fs"; export default () => { try { readFile("a") } catch (e) { return e.message } }`, "fs.readFile: " + imported},
		{`import fs from "node:fs"; export default () => { try { new fs.Dir().close() } catch (e) { return e.message } }`, "fs.Dir.prototype.close: " + imported},
		{`import fs from "node:fs"; export default () => { try { return "" + fs.constants } catch (e) { return e.message } }`, "fs.constants: " + imported},
		{`export default () => import("other/deep").catch((e) => e.message)`, `"other/deep" is not installed: run 'npm install other' (imported by node_modules/p/index.js)`},
		{`module.exports = () => { let a = 1; try { a = require("@other/one") } catch { a = 2 } return [a] }`, `[2]`},
		{`let exec; try { exec = require('child_process').exec } catch (e) { if (e.code !== 'MODULE_NOT_FOUND') throw e } module.exports = () => [typeof exec]`, `["undefined"]`},
		{`var imported = (m) => m && m.__esModule ? m : { default: m }; const http = imported(require("http"));
			module.exports = () => { try { http.default.get() } catch (e) { return [e.message.startsWith("http.get: ")] } }`, `[true]`},
		{`import { fine } from "./own.mjs"; export default () => [fine]`, `[true]`},
		{`import * as fs from "node:fs"; export default () => ["then" in fs, fs.then === undefined, JSON.stringify(new fs.Dir())]`, `[false,true,"{}"]`},
	}
	for _, tt := range tests {
		p := project(t, one(`import p from "p"; export default () => p()`, map[string]string{
			"node_modules/p/package.json": `{"version":"1.0.0"}`, "node_modules/p/index.js": tt.source,
			"node_modules/p/own.mjs": `import { Agent } from "node:https"; export const fine = typeof Agent === "function"`,
		}))
		var want bytes.Buffer
		if tt.want[0] == '[' {
			want.WriteString(tt.want)
		} else if err := json.NewEncoder(&want).Encode(tt.want); err != nil {
			t.Fatal(err)
		}
		if got := answer(t, mustBuild(t, p, "f/index.ts")); got != strings.TrimSpace(want.String()) {
			t.Errorf("%s\n%s, wanted %s", tt.source, got, want.String())
		}
	}
}

// TestNamesWithoutScheme checks that modules of Node's which are called like a scheme of
// addresses are none.
func TestNamesWithoutScheme(t *testing.T) {
	p := project(t, one(`import p from "p"; import data from "data"; export default () => [typeof p, data]`, map[string]string{
		"node_modules/p/package.json": `{"version":"1.0.0"}`, "node_modules/p/index.js": `module.exports = require("https").request`,
		"node_modules/data/package.json": `{"version":"1.0.0"}`, "node_modules/data/index.js": `export default 7`,
	}))
	if got := answer(t, mustBuild(t, p, "f/index.ts")); got != `["function",7]` {
		t.Error(got)
	}
}

// TestTakenFromNPM checks that a package stands for a module of Node's that it is.
func TestTakenFromNPM(t *testing.T) {
	p := project(t, one(`import { own } from "node:stream"; import p from "p"; export default () => [own, p]`, map[string]string{
		"node_modules/p/package.json": `{"version":"1.0.0"}`, "node_modules/p/index.js": `module.exports = require("stream").own`,
		"node_modules/readable-stream/package.json": `{"version":"4.0.0"}`, "node_modules/readable-stream/index.js": `exports.own = 4`,
	}))
	if got := answer(t, mustBuild(t, p, "f/index.ts")); got != `[4,4]` {
		t.Error(got)
	}
}

// TestSwitchedOff checks that a package's field "browser" is followed.
func TestSwitchedOff(t *testing.T) {
	p := project(t, one(`import p from "p"; export default () => p`, map[string]string{
		"node_modules/p/package.json": `{"version":"1.0.0","browser":{"fs":false,"./server.js":false}}`,
		"node_modules/p/index.js":     `module.exports = [Object.keys(require("fs")), Object.keys(require("./server.js"))]`,
		"node_modules/p/server.js":    `exports.a = 1`,
	}))
	if got := answer(t, mustBuild(t, p, "f/index.ts")); got != "[[],[]]" {
		t.Error(got)
	}
}

// TestOwnMaps checks that what files say of their own source maps is left alone: it may
// name any file.
func TestOwnMaps(t *testing.T) {
	const comment = "//# sourceMappingURL=../../../outside.json"
	p := project(t, one(`import p from "p"; import "./o.js"; export default () => p`, map[string]string{
		"functions/f/o.js":            "globalThis.o = 1\n" + comment,
		"node_modules/p/package.json": `{"version":"1.0.0"}`,
		"node_modules/p/index.js":     "export default \"" + comment + "\"\n" + comment + "\n\n",
	}))
	write(t, filepath.Join(p.Root, "..", "outside.json"), `{"version":3,"sources":["secret.js"],"names":[],"mappings":"AAAA"}`)
	b := mustBuild(t, p, "f/index.ts")
	if got := answer(t, b); got != `"`+comment+`"` {
		t.Error(got)
	}
	if strings.Contains(string(b.Map.text), "secret.js") {
		t.Errorf("a map was read: %s", b.Map.text)
	}
}

// TestOutside checks that symbolic links lead to nothing outside of the project.
func TestOutside(t *testing.T) {
	const secret = `export default "secret"`
	tests := []struct{ name, link, source string }{
		{"a file", "functions/f/link.ts", `import x from "./link.ts"; export default x`},
		{"a file as text", "functions/f/link.txt", `import x from "./link.txt" with { type: "text" }; export default x`},
		{"a folder", "functions/f/folder", `import x from "./folder/secret.ts"; export default x`},
		{"a package", "node_modules/p", `import x from "p"; export default x`},
		{"an import map", "functions/f/import_map.json", `export default 1`},
		{"a manifest", "functions/f/node_modules/p/package.json", `import x from "./node_modules/p"; export default x`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := project(t, one(tt.source, nil))
			outside := t.TempDir()
			for _, name := range []string{"secret.ts", "index.js"} {
				write(t, filepath.Join(outside, name), secret)
			}
			write(t, filepath.Join(outside, "package.json"), `{"version": "1.0.0" secret}`)
			target := outside
			switch filepath.Ext(tt.link) {
			case ".ts", ".txt":
				target = filepath.Join(outside, "secret.ts")
			case ".json":
				target = filepath.Join(outside, "package.json")
			}
			link := filepath.Join(p.Root, filepath.FromSlash(tt.link))
			if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(target, link); err != nil {
				t.Skip("no symbolic links here:", err)
			}
			if f := refuse(t, p, "f/index.ts"); strings.Contains(f.Message+f.Detail, "secret}") || strings.Contains(f.Message+f.Detail, `"secret"`) {
				t.Errorf("%s\n%s", f.Message, f.Detail)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	files := one(`import a from "./a.ts"; import b from "./b.ts"; export default a + b`, map[string]string{
		"functions/f/a.ts": `export default "0123456789"`, "functions/f/b.ts": `export default "0123456789"`,
	})
	tests := []struct {
		limits  Limits
		message string
	}{
		{Limits{Files: 2}, "more than 2 files"},
		{Limits{Bytes: 80}, "more than 80 bytes together"},
		{Limits{Script: 100}, "at most 100 are allowed"},
	}
	for _, tt := range tests {
		p := project(t, files)
		p.Limits = tt.limits
		if f := refuse(t, p, "f/index.ts"); !strings.Contains(f.Message, tt.message) {
			t.Errorf("%+v: %s", tt.limits, f.Message)
		}
	}
	p := project(t, files)
	p.Limits = Limits{Files: 3, Bytes: 200, Script: 10_000}
	mustBuild(t, p, "f/index.ts")
}

func TestEntries(t *testing.T) {
	p := project(t, one("export default 1", nil))
	for _, entry := range []string{"../secret.ts", "/etc/passwd", "", "f/nope.ts", "f"} {
		if b, err := p.Build(t.Context(), entry); err == nil {
			t.Errorf("%q: %s", entry, b.Source)
		}
	}
}
