package exhaustion

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/galleyhq/galley/test/galleytest"
)

const greeter = `package main

import ("fmt"; "os")

func main() {
	if os.Getenv("QUERY_STRING") == "spin" {
		for {}
	}
	fmt.Printf("Content-Type: text/plain\n\n%s %s %s %s", os.Getenv("GREETING"), os.Getenv("GALLEY_PARAM_name"), os.Getenv("PATH_INFO"), os.Getenv("GALLEY_ROLE"))
}
`

// TestModule has a whole server answer by a function in WebAssembly, at its name and at
// a path of its own, and ends it at the limit of its settings.
func TestModule(t *testing.T) {
	project := galleytest.Project(t, "select 1;")
	dir := filepath.Join(project, "functions", "greet")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"main.go": greeter,
		"function.json": `{"path": "/greet/:name", "verifyJwt": false, "methods": ["GET"], "env": {"GREETING": "hi"}}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, "main.wasm"), filepath.Join(dir, "main.go"))
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := galleytest.Start(t, galleytest.Options{Project: project, Env: []string{"GALLEY_FUNCTIONS_CPU_TIME=5s"}})
	for path, want := range map[string]answer{
		"/greet/ada":               {status: 200, body: "hi ada /greet/ada anon"},
		"/functions/v1/greet/x":    {status: 200, body: "hi  /x anon"},
		"/functions/v1/greet?spin": {status: 546, body: "WORKER_LIMIT"},
		"/functions/v1/greeting":   {status: 404, body: "NOT_FOUND"},
	} {
		if a := get(t.Context(), s.URL+path); a.status != want.status || !strings.Contains(a.body, want.body) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}
