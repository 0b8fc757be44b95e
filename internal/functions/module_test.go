package functions_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/functions/nodes"
)

const module = `package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if s := os.Getenv("HTTP_X_STATUS"); s != "" {
		fmt.Printf("Status: %s\n", s)
	}
	switch os.Getenv("QUERY_STRING") {
	case "fail":
		os.Exit(3)
	case "spin":
		for {
		}
	case "large":
		fmt.Print("Content-Type: text/plain\n\n")
		for range 300 {
			fmt.Print(strings.Repeat("x", 1000))
		}
	case "count":
		n, _ := io.Copy(io.Discard, os.Stdin)
		fmt.Printf("Content-Type: text/plain\n\n%d", n)
	default:
		body, _ := io.ReadAll(os.Stdin)
		fmt.Printf("Content-Type: text/plain\nSet-Cookie: a=1\nSet-Cookie: b=2\n\n%s %s %s|%s|%s|%s|%s", os.Getenv("REQUEST_METHOD"), os.Getenv("PATH_INFO"),
			os.Getenv("QUERY_STRING"), os.Getenv("HTTP_X_ADDED"), os.Getenv("GALLEY_ROLE"), body, os.Getenv("GALLEY_PARAM_name"))
	}
}
`

// modules is a project with a module in WebAssembly at functions/mod.
func modules(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"main.go": module})
	out := filepath.Join(dir, "main.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", out, filepath.Join(dir, "main.go"))
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	binary, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	files["functions/mod/main.wasm"] = string(binary)
	files["functions/mod/function.json"] = `{"path": "/mod/:name", "verifyJwt": false}`
	return files
}

// TestMiddlewareOfModules has middleware stand around a module in WebAssembly.
func TestMiddlewareOfModules(t *testing.T) {
	p := begin(t, modules(t, map[string]string{
		"functions/_middleware.ts": `export default async (req, next, ctx) => {
			if (req.headers.get("x-stop")) return new Response("stopped", { status: 403 });
			try {
				const res = await next();
				res.headers.set("x-outer", ctx.function + " " + res.status);
				return res;
			} catch (e) {
				if (req.headers.get("x-catch")) return new Response(e.code + ": " + e.message, { status: 500 });
				throw e;
			}
		}`,
		"functions/mod/_middleware.ts": `export default async (req, next) => {
			const url = new URL(req.url);
			if (req.headers.get("x-change")) {
				return next(new Request(url.href.replace("/old", "/new") + "?q", { method: "PUT", headers: { "x-added": "yes" }, body: "changed " + (await req.text()) }));
			}
			return next();
		}`,
	}), func(c *config.Config) { c.Functions.CPUTime = 15 * time.Second })
	plain := func(a answer) string { return a.body + " " + a.header.Get("X-Outer") }
	a := p.ask("POST", "/functions/v1/mod/a%20b?c=d", "body", "Authorization", "")
	if a.status != 200 || plain(a) != "POST /a b c=d||anon|body| mod 200" || strings.Join(a.header["Set-Cookie"], " ") != "a=1 b=2" || a.header.Get("Content-Length") == "" {
		t.Errorf("%d %s %v", a.status, plain(a), a.header)
	}
	for _, c := range []struct {
		method, path, body string
		header             []string
		status             int
		want               string
	}{
		{"GET", "/mod/ann?x", "", nil, 200, "GET /mod/ann x||anon||ann mod 200"},
		{"POST", "/functions/v1/mod/old", "body", []string{"X-Change", "1"}, 200, "PUT /new q|yes|anon|changed body| mod 200"},
		{"GET", "/functions/v1/mod", "", []string{"X-Status", "404 Not Found"}, 404, "GET  ||anon|| mod 404"},
		{"GET", "/functions/v1/mod", "", []string{"X-Stop", "1"}, 403, "stopped "},
		{"GET", "/functions/v1/mod?fail", "", []string{"X-Catch", "1"}, 500, "WORKER_ERROR: The function failed "},
		{"GET", "/functions/v1/mod?fail", "", nil, 500, `{"code":"WORKER_ERROR","message":"The function failed"} `},
		{"GET", "/functions/v1/mod?large", "", nil, 200, strings.Repeat("x", 300_000) + " mod 200"},
		{"POST", "/functions/v1/mod?count", strings.Repeat("0123456789", 300_000), nil, 200, "3000000 mod 200"},
		{"HEAD", "/functions/v1/mod?large", "", nil, 200, " mod 200"},
	} {
		if a := p.ask(c.method, c.path, c.body, append(c.header, "Authorization", "")...); a.status != c.status || plain(a) != c.want {
			t.Errorf("%s %s %v: %d %.200s, want %d %.200s", c.method, c.path, c.header, a.status, plain(a), c.status, c.want)
		}
	}
	if !strings.Contains(p.log.String(), "it ended with status 3") {
		t.Errorf("the log does not tell of the failure: %s", p.log)
	}
	write(t, p.dir, map[string]string{"functions/_middleware.ts": `export default () => { throw new Error("never") }`})
	waitFor(t, "the new middleware", func() bool { return p.ask("GET", "/functions/v1/mod", "").status == 500 })
}

// TestLimitsOfModules ends a module behind middleware as one without it.
func TestLimitsOfModules(t *testing.T) {
	p := begin(t, modules(t, map[string]string{"functions/_middleware.ts": `export default (req, next) => next()`}), func(c *config.Config) { c.Functions.CPUTime = 2 * time.Second })
	if err := p.service.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := p.ask("GET", "/functions/v1/mod?spin", ""); a.status != 546 || !strings.Contains(a.body, "computed for longer") {
		t.Errorf("%d %s", a.status, a.body)
	}
	p.want("GET", "/functions/v1/mod?count", "", "0")
}

// TestNodes has two nodes on one database, with folders of their own.
func TestNodes(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if db.Engine() == "embedded" { // which has one node
			return
		}
		files := func(text string) map[string]string {
			return map[string]string{"functions/_shared/x.ts": `export const x = "` + text + `"`, "functions/a/index.ts": `import { x } from "../_shared/x.ts"; export default () => new Response(x)`,
				"functions/b/index.ts": `export default () => new Response("b")`, "functions/bad/index.ts": `export default (`}
		}
		first, second := beginOn(t, db, files("one")), beginOn(t, db, files("one"))
		told := func(text string) func() bool {
			return func() bool {
				rows, err := database.Records(t.Context(), database.Owner{DB: db}, `SELECT count(*), count(DISTINCT versions->>'a') FROM galley.function_nodes`)
				if err != nil {
					t.Fatal(err)
				}
				return rows[0].Text(0)+" "+rows[0].Text(1) == text
			}
		}
		waitFor(t, "both nodes", told("2 1"))
		if list, err := nodes.Differing(t.Context(), db); err != nil || len(list) != 0 {
			t.Errorf("the same files in two folders: %+v %v", list, err)
		}
		write(t, second.dir, files("two"))
		waitFor(t, "the new version", told("2 2"))
		if list, err := nodes.Differing(t.Context(), db); err != nil || len(list) != 1 || list[0].Function != "a" || len(list[0].Nodes) != 2 {
			t.Errorf("one file differs: %+v %v", list, err)
		}
		write(t, first.dir, files("two"))
		waitFor(t, "the other node", told("2 1"))
	})
}
