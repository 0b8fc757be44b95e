package bundle

import (
	"maps"
	"path/filepath"
	"testing"
)

// packages are stand-ins that say who they are.
func packages() map[string]string {
	files := map[string]string{}
	add := func(folder, version string) {
		files[folder+"/package.json"] = `{"version": "` + version + `", "exports": {".": "./index.js", "./mini": "./mini.js", "./jsx/": "./jsx/"}}`
		files[folder+"/index.js"] = `export default "` + folder + `"`
		files[folder+"/mini.js"] = `export default "` + folder + `/mini"`
	}
	add("node_modules/zod", "4.1.0")
	add("node_modules/stripe", "12.5.1")
	add("node_modules/@supabase/supabase-js", "2.109.0")
	add("node_modules/@jsr/std__encoding", "1.0.5")
	add("node_modules/@std/assert", "1.0.5")
	add("node_modules/events", "3.3.0")
	add("functions/node_modules/hono", "4.2.0")
	add("node_modules/hono", "3.0.0")
	add("functions/f/node_modules/own", "1.0.0-beta.1")
	return files
}

func TestSpecifiers(t *testing.T) {
	tests := map[string]string{
		`zod`:                         "node_modules/zod",
		`zod/mini`:                    "node_modules/zod/mini",
		`npm:zod`:                     "node_modules/zod",
		`npm:zod@4`:                   "node_modules/zod",
		`npm:/zod@4.1.0/mini`:         "node_modules/zod/mini",
		`npm:zod@^4.0.1`:              "node_modules/zod",
		`npm:zod@~4.1`:                "node_modules/zod",
		`npm:zod@>=3 <5`:              "node_modules/zod",
		`npm:zod@3 || 4`:              "node_modules/zod",
		`npm:zod@latest`:              "node_modules/zod",
		`npm:zod@*`:                   "node_modules/zod",
		`npm:@supabase/supabase-js@2`: "node_modules/@supabase/supabase-js",
		`jsr:@supabase/supabase-js@2`: "node_modules/@supabase/supabase-js",
		`jsr:@std/encoding@1/mini`:    "node_modules/@jsr/std__encoding/mini",
		`jsr:@std/assert`:             "node_modules/@std/assert",
		`https://esm.sh/zod@4`:        "node_modules/zod",
		`https://esm.sh/v135/zod@4.1.0/mini?target=deno`:        "node_modules/zod/mini",
		`https://esm.sh/stable/*zod@4&dev`:                      "node_modules/zod",
		`https://esm.sh/v135/stripe@12.5.1/denonext/stripe.mjs`: "node_modules/stripe",
		`https://esm.sh/@supabase/supabase-js@2.109.0`:          "node_modules/@supabase/supabase-js",
		`https://esm.sh/jsr/@std/encoding@1`:                    "node_modules/@jsr/std__encoding",
		`https://cdn.skypack.dev/zod`:                           "node_modules/zod",
		`https://cdn.jsdelivr.net/npm/zod@4/+esm`:               "node_modules/zod",
		`https://deno.land/x/zod@v4.1.0/mod.ts`:                 "node_modules/zod",
		`jsr:@zod/zod@4/mini`:                                   "node_modules/zod/mini",
		`events`:                                                "node_modules/events", // the package comes before Node's module
		`hono`:                                                  "functions/node_modules/hono",
		`npm:own`:                                               "functions/f/node_modules/own",
	}
	for specifier, want := range tests {
		t.Run(specifier, func(t *testing.T) {
			t.Parallel()
			files := one(`import x from "`+specifier+`"; export default () => x`, packages())
			if got := answer(t, mustBuild(t, project(t, files), "f/index.ts")); got != `"`+want+`"` {
				t.Errorf("got %s, want %q", got, want)
			}
		})
	}
}

// TestFromShared checks that a shared file finds the packages of the function.
func TestFromShared(t *testing.T) {
	files := one(`import x from "../_shared/x.ts"; export default () => x`, packages())
	files["functions/_shared/x.ts"] = `export { default } from "own"`
	if got := answer(t, mustBuild(t, project(t, files), "f/index.ts")); got != `"functions/f/node_modules/own"` {
		t.Error(got)
	}
}

// TestVersions checks that each file gets the version that it asks for, where it is
// installed for the project or for the function alone.
func TestVersions(t *testing.T) {
	files := one(`import old from "npm:zod@3"; import own from "../_shared/x.ts"; import xhr from "../_shared/xhr.ts"; export default () => [old, own, xhr]`, packages())
	files["functions/_shared/x.ts"] = `import now from "npm:zod@4"; import old from "https://esm.sh/zod@3.22.4"; export default [now, old]`
	files["functions/_shared/xhr.ts"] = `import "https://deno.land/x/xhr@0.1.0/mod.ts"; export default 1`
	files["functions/f/node_modules/zod/package.json"] = `{"version":"3.22.4"}`
	files["functions/f/node_modules/zod/index.js"] = `module.exports = "old"`
	if got := answer(t, mustBuild(t, project(t, files), "f/index.ts")); got != `["old",["node_modules/zod","old"],1]` {
		t.Error(got)
	}
}

func TestImportMaps(t *testing.T) {
	shared := map[string]string{
		"functions/lib/a.ts":   `export default "lib/a"`,
		"functions/lib/b/c.ts": `export default "lib/b/c"`,
		"functions/other.ts":   `export default "other"`,
		"functions/f/in/x.ts":  `export { default } from "a"`,
		"functions/f/in/y.ts":  `export { default } from "../../lib/a.ts"`,
	}
	maps.Copy(shared, packages())
	tests := []struct {
		name, file, config, specifier, want string
	}{
		{"a name", "functions/import_map.json", `{"imports": {"a": "./lib/a.ts"}}`, "a", "lib/a"},
		{"a folder", "functions/import_map.json", `{"imports": {"@/": "./lib/"}}`, "@/b/c.ts", "lib/b/c"},
		{"the longest", "functions/import_map.json", `{"imports": {"@/": "./nope/", "@/b/": "./lib/b/"}}`, "@/b/c.ts", "lib/b/c"},
		{"deno.json", "functions/f/deno.json", `{"imports": {"z": "npm:zod@4"}}`, "z", "node_modules/zod"},
		{"below a package", "functions/f/deno.json", `{"imports": {"z": "npm:zod@4"}}`, "z/mini", "node_modules/zod/mini"},
		{"the project's", "deno.jsonc", "{\n// comment\n\"imports\": {\"a\": \"./functions/lib/a.ts\",},}", "a", "lib/a"},
		{"named in deno.json", "functions/deno.json", `{"importMap": "f/map.json"}`, "m", "lib/a"},
		{"an address", "functions/import_map.json", `{"imports": {"https://example.com/a.ts": "./lib/a.ts"}}`, "https://example.com/a.ts", "lib/a"},
		{"a path", "functions/import_map.json", `{"imports": {"./lib/a.ts": "./other.ts"}}`, "../lib/a.ts", "other"},
		{"a path, from elsewhere", "functions/import_map.json", `{"imports": {"./lib/a.ts": "./other.ts"}}`, "./in/y.ts", "other"},
		{"a scope", "functions/import_map.json", `{"imports": {"a": "./lib/a.ts"}, "scopes": {"./f/in/": {"a": "./other.ts"}}}`, "./in/x.ts", "other"},
		{"outside the scope", "functions/import_map.json", `{"imports": {"a": "./lib/a.ts"}, "scopes": {"./f/in/": {"a": "./other.ts"}}}`, "a", "lib/a"},
		{"to esm.sh", "functions/import_map.json", `{"imports": {"zz": "https://esm.sh/zod@4.1.0"}}`, "zz", "node_modules/zod"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := one(`import x from "`+tt.specifier+`"; export default () => x`, shared)
			files["functions/f/map.json"] = `{"imports": {"m": "../lib/a.ts"}}`
			files[tt.file] = tt.config
			if got := answer(t, mustBuild(t, project(t, files), "f/index.ts")); got != `"`+tt.want+`"` {
				t.Errorf("got %s, want %q", got, tt.want)
			}
		})
	}
}

// TestOwnMapFirst checks that a function's map comes before the shared one, and the
// one that the configuration names before both.
func TestOwnMapFirst(t *testing.T) {
	files := one(`import a from "a"; import b from "b"; import c from "c"; export default () => [a, b, c]`, map[string]string{
		"functions/1.ts": "export default 1", "functions/2.ts": "export default 2", "functions/3.ts": "export default 3",
		"functions/import_map.json": `{"imports": {"a": "./1.ts", "b": "./1.ts", "c": "./1.ts"}}`,
		"functions/f/deno.json":     `{"imports": {"a": "../2.ts", "b": "../2.ts"}}`,
		"config/map.json":           `{"imports": {"a": "../functions/3.ts"}}`,
	})
	p := project(t, files)
	for _, maps := range []map[string]string{{"f": "config/map.json"}, {"f/index.ts": "config/map.json"}, {"f": filepath.Join(p.Root, "config", "map.json")}} {
		p.ImportMaps = maps
		if got := answer(t, mustBuild(t, p, "f/index.ts")); got != "[3,2,1]" {
			t.Error(maps, got)
		}
	}
}

func TestWrongConfig(t *testing.T) {
	for name, text := range map[string]string{"functions/deno.json": "{", "deno.jsonc": `{"imports": 1}`, "functions/f/import_map.json": `[]`, "functions/f/deno.json": `{"importMap": "../../../x.json"}`} {
		f := refuse(t, project(t, one("export default 1", map[string]string{name: text})), "f/index.ts")
		if f.Message == "" {
			t.Error(name)
		}
	}
	p := project(t, one("export default 1", nil))
	p.ImportMaps = map[string]string{"f": filepath.Join("config", "nope.json")}
	refuse(t, p, "f/index.ts")
}
