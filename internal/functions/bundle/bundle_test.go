package bundle

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/fault"
)

// project writes files of a project, and gives it.
func project(t *testing.T, files map[string]string) *Project {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(root, filepath.FromSlash(name)), text)
	}
	return &Project{Dir: filepath.Join(root, "functions"), Root: root}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mustBuild(t *testing.T, p *Project, entry string) *Bundle {
	t.Helper()
	b, err := p.Build(t.Context(), entry)
	if err != nil {
		t.Fatal(explain(err))
	}
	return b
}

func explain(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Message + "\n" + f.Detail
	}
	return err.Error()
}

// one is a project with a single function.
func one(text string, more map[string]string) map[string]string {
	files := map[string]string{"functions/f/index.ts": text}
	for name, content := range more {
		files[name] = content
	}
	return files
}

func TestBuild(t *testing.T) {
	tests := []struct {
		name  string
		entry string
		files map[string]string
		want  string
	}{
		{"types go", "f/index.ts", one(`interface A { a: number } export default (x: A = { a: 1 }): A => x;`, nil), `{"a":1}`},
		{"top-level await", "f/index.ts", one(`const x = await new Promise<number>((r) => setTimeout(() => r(7), 1)); export default () => x;`, nil), "7"},
		{"strict", "f/index.ts", one(`export default () => (function () { return this === undefined; })();`, nil), "true"},
		{"own, shared and JSON", "f/index.ts", one(`import { a } from "./a.ts"; import b from "../_shared/b"; import c from "./c.json" with { type: "json" };
export default () => [a, b, c.c];`, map[string]string{
			"functions/f/a.ts": `export const a = "a";`, "functions/_shared/b.ts": `export default "b";`, "functions/f/c.json": `{"c": "c"}`,
		}), `["a","b","c"]`},
		{"text", "f/index.ts", one(`import t from "./t.html" with { type: "text" }; export default () => t;`, map[string]string{"functions/f/t.html": "<p>ä\n"}), `"<p>ä\n"`},
		{"bytes", "f/index.ts", one(`import b from "./b.bin" with { type: "bytes" }; export default () => b;`, map[string]string{"functions/f/b.bin": "\x00\xff\n"}), `{"bytes":[0,255,10]}`},
		{"a script as text", "f/index.ts", one(`import t from "./a.ts" with { type: "text" }; export default () => t;`, map[string]string{"functions/f/a.ts": "let a: number"}), `"let a: number"`},
		{"dynamic", "f/index.ts", one(`export default async () => (await import("./a.ts")).a;`, map[string]string{"functions/f/a.ts": `export const a = 1;`}), "1"},
		{"await in a module of a package of CommonJS", "f/index.js", map[string]string{"package.json": `{"type":"commonjs"}`,
			"functions/f/index.js": `import { add } from "./x.js"; import { one } from "./one.ts"; import old from "./old.js"; export default () => [add(2), one, old.three];`,
			"functions/f/x.js":     `export const add = (a) => a + n; const n = await Promise.resolve(3);`,
			"functions/f/one.ts":   `export const one: number = await 1;`,
			"functions/f/old.js":   `exports.three = require("./three.js");`,
			"functions/f/three.js": `module.exports = 3`}, "[5,1,3]"},
		{"import.meta of a file", "f/index.ts", one(`const m = import.meta; export default () => [m.filename, m.dirname, m.resolve("./x"), m.resolve("../_shared/y.ts"), m.resolve("npm:zod@4")];`, nil),
			`["/functions/f/index.ts","/functions/f","file:///functions/f/x","file:///functions/_shared/y.ts","npm:zod@4"]`},
		{"import.meta", "f/index.ts", one(`export default () => [import.meta.url, import.meta.main, new URL("./x", import.meta.url).href];`, nil),
			`["file:///functions/f/index.ts",true,"file:///functions/f/x"]`},
		{"a declaration called as ours", "f/index.ts", one(`const __exported = 1, __meta = 2; export default () => [__exported, __meta];`, nil), "[1,2]"},
		{"CommonJS", "f/index.js", map[string]string{"functions/f/index.js": `module.exports = () => require("./a.cjs").a;`, "functions/f/a.cjs": `exports.a = 1;`}, "1"},
		{"a file alone", "_middleware.ts", map[string]string{"functions/_middleware.ts": `export default () => "m";`}, `"m"`},
		{"an entry elsewhere", "../src/main.ts", map[string]string{"functions/.keep": "", "src/main.ts": `export default () => import.meta.url;`}, `"file:///src/main.ts"`},
		{"galley", "f/index.ts", one(`import { sql } from "galley"; import * as g from "galley"; import d from "galley"; export default () => [sql, g.sql, d.sql];`, nil),
			`["the database","the database","the database"]`},
		{"types of Supabase", "f/index.ts", one(`import "jsr:@supabase/functions-js/edge-runtime.d.ts"; import "https://esm.sh/@supabase/functions-js/src/edge-runtime.d.ts"; export default () => 1;`, nil), "1"},
		{"serve of the standard library", "f/index.ts", one(`import { serve } from "https://deno.land/std@0.168.0/http/server.ts"; serve(() => "served"); export default () => served();`, nil), `"served"`},
		{"globals of Node", "f/index.ts", one(`export default () => [typeof Buffer.from, process.env.HOME, process.env.NODE_ENV, typeof global.setTimeout];`, nil), `["function","/home","production","function"]`},
		{"decorators and using", "f/index.ts", one(`let log: string[] = [];
function d(v: any, c: any) { log.push(c.name); }
class A { @d m() {} }
export default () => { { using x = { [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() { log.push("disposed"); } } as any; } return log; };`, nil), `["m","disposed"]`},
		{"JSX, classic", "f/index.tsx", map[string]string{
			"functions/f/index.tsx":  `const h = (...a: any[]) => a; const F = "frag"; export default () => <><b id="1">x</b></>;`,
			"functions/f/deno.jsonc": `{ /* as deno */ "compilerOptions": { "jsx": "react", "jsxFactory": "h", "jsxFragmentFactory": "F", }, }`,
		}, `["frag",null,["b",{"id":"1"},"x"]]`},
		{"JSX, automatic", "f/index.tsx", map[string]string{
			"functions/f/index.tsx":                    `export default () => <b id="1">x</b>;`,
			"functions/deno.json":                      `{"imports": {"p": "npm:preact@10"}, "compilerOptions": {"jsx": "precompile", "jsxImportSource": "p"}}`,
			"node_modules/preact/package.json":         `{"version": "10.1.0"}`,
			"node_modules/preact/jsx-runtime/index.js": `export const jsx = (tag, props) => [tag, props];`,
		}, `["b",{"id":"1","children":"x"}]`},
		{"JSX, by pragma", "f/index.tsx", map[string]string{
			"functions/f/index.tsx": "/** @jsx h */\nconst h = (...a: any[]) => a; export default () => <i/>;",
			"tsconfig.json":         `{"compilerOptions": {"jsx": "preserve"}}`,
		}, `["i",null]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := mustBuild(t, project(t, tt.files), tt.entry)
			if got := answer(t, b); got != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, b.Source)
			}
		})
	}
}

func TestName(t *testing.T) {
	for entry, want := range map[string]string{"hello/index.ts": "hello", "a/b/c.ts": "a/b/c", "hello/_middleware.ts": "hello/_middleware", "../src/main.ts": "src/main", "_middleware.ts": "_middleware", "./x/index.js": "x"} {
		if got := scriptName(entry); got != want {
			t.Errorf("%s: %q, want %q", entry, got, want)
		}
	}
}

// TestInputs checks that what a build read is told, and what would change it.
func TestInputs(t *testing.T) {
	p := project(t, one(`import a from "./a.ts"; import z from "npm:zod"; import m from "./missing"; export default [a, z, m]`, map[string]string{
		"functions/f/a.ts": "export default 1", "node_modules/zod/package.json": `{"version":"1.0.0"}`, "node_modules/zod/index.js": "export default 1",
	}))
	b, err := p.Build(t.Context(), "f/index.ts")
	if err == nil {
		t.Fatal("a missing file was not noticed")
	}
	root, _ := filepath.EvalSymlinks(p.Root)
	for _, want := range []string{"functions/f/index.ts", "functions/f/a.ts", "functions/f/missing.ts", "functions/f/missing/index.ts", "node_modules/zod/package.json",
		"functions/node_modules/zod/package.json", "functions/f/deno.json", "deno.jsonc", "functions/import_map.json"} {
		if !slices.Contains(b.Inputs, filepath.Join(root, filepath.FromSlash(want))) {
			t.Errorf("%s is not told\n%s", want, strings.Join(b.Inputs, "\n"))
		}
	}
	write(t, filepath.Join(p.Dir, "f", "missing.ts"), "export default 2")
	if b = mustBuild(t, p, "f/index.ts"); !slices.Contains(b.Inputs, filepath.Join(root, "node_modules", "zod", "index.js")) {
		t.Errorf("the package's file is not told\n%s", strings.Join(b.Inputs, "\n"))
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := project(t, one("export default 1", nil)).Build(ctx, "f/index.ts"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
