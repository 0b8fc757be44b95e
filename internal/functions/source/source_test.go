package source

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// folder writes empty files.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	dir := folder(t, "hello/index.ts", "b-2/index.mjs", "b-2/_middleware.ts", "page/index.tsx", "off/index.ts", "two/index.js", "two/index.ts",
		"_shared/index.ts", ".git/index.ts", "node_modules/index.js", "empty/readme.md", "1st/index.ts", "index.ts",
		"_middleware.js", "other/main.ts", "module/main.wasm", "both/index.ts", "both/main.wasm", "indexed/index.wasm", "nomodule/other.wasm")
	no := false
	found, err := Find(dir, map[string]Settings{
		"off":     {Disabled: true},
		"hello":   {VerifyJWT: &no},
		"away":    {Entrypoint: filepath.Join(dir, "other", "main.ts")},
		"missing": {Entrypoint: filepath.Join(dir, "nowhere.ts")},
		"ghost":   {VerifyJWT: &no},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		rel := func(path string) string { return strings.TrimPrefix(path, dir+string(filepath.Separator)) }
		line := f.Name + " " + filepath.ToSlash(rel(f.Entry))
		for _, m := range f.Middleware {
			line += " " + filepath.ToSlash(rel(m))
		}
		if f.Err != nil {
			line += " !"
		}
		got = append(got, line)
	}
	want := []string{
		"1st 1st/index.ts _middleware.js !",
		"away other/main.ts _middleware.js",
		"b-2 b-2/index.mjs _middleware.js b-2/_middleware.ts",
		"both both/index.ts _middleware.js",
		"hello hello/index.ts _middleware.js",
		"indexed indexed/index.wasm _middleware.js",
		"missing nowhere.ts _middleware.js !",
		"module module/main.wasm _middleware.js",
		"page page/index.tsx _middleware.js",
		"two two/index.ts _middleware.js",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if i := slices.IndexFunc(found, func(f Function) bool { return f.Name == "hello" }); found[i].Settings.VerifyJWT != &no {
		t.Error("the settings of a function are lost")
	}
}

func TestNoFolder(t *testing.T) {
	found, err := Find(filepath.Join(t.TempDir(), "none"), nil)
	if err != nil || len(found) > 0 {
		t.Errorf("%v %v", found, err)
	}
}
