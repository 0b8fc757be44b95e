package bundle

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/*.json from the answers of node")

// TestShims runs the scripts of testdata with our modules. Their answers are those of
// Node 20 with its own, which stand in the files beside them.
func TestShims(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join("testdata", "*.js"))
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		t.Run(filepath.Base(script), func(t *testing.T) {
			source, err := os.ReadFile(script)
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(script, ".js") + ".json"
			if *update {
				write(t, golden, byNode(t, script))
			}
			b := mustBuild(t, project(t, map[string]string{"functions/f/index.js": string(source)}), "f/index.js")
			compare(t, golden, answer(t, b))
		})
	}
}

// compare compares lists value by value.
func compare(t *testing.T, golden, got string) {
	t.Helper()
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	values := func(text []byte) (list []string) {
		var raw []json.RawMessage
		if err := json.Unmarshal(text, &raw); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, v := range raw {
			var line bytes.Buffer
			if err := json.Compact(&line, v); err != nil {
				t.Fatal(err)
			}
			list = append(list, line.String())
		}
		return list
	}
	w, g := values(want), values([]byte(got))
	if len(w) != len(g) || len(w) < 10 {
		t.Fatalf("%d answers, wanted %d\n%s", len(g), len(w), got)
	}
	for i := range w {
		if w[i] != g[i] {
			t.Errorf("%d: %s, wanted %s (after %s)", i, g[i], w[i], w[max(0, i-1)])
		}
	}
}

// byNode runs a script in Node, and gives its answers, each on a line.
func byNode(t *testing.T, script string) string {
	t.Helper()
	abs, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	const call = `const m = await import(process.argv[1]); console.log("[\n" + (await m.default()).map((v) => JSON.stringify(v) ?? "null").join(",\n") + "\n]");`
	text, err := os.ReadFile(abs)
	if err != nil {
		t.Fatal(err)
	}
	module := filepath.Join(t.TempDir(), "script.mjs")
	write(t, module, string(text))
	out, err := exec.CommandContext(t.Context(), "node", "--input-type=module", "-e", call, module).Output()
	if err != nil {
		t.Fatal(err, string(out))
	}
	return string(out)
}

// TestShimFiles checks that each shim stands for a module of Node's.
func TestShimFiles(t *testing.T) {
	entries, err := shims.ReadDir("node")
	if err != nil || len(entries) < 10 {
		t.Fatal(entries, err)
	}
	for _, e := range entries {
		is := func(name string) bool { return shimFile(name) == "node/"+e.Name() }
		if !slices.ContainsFunc(builtins, is) {
			t.Errorf("%s is no module of Node's", e.Name())
		}
	}
}
