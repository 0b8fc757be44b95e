package functions_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
)

func dev(c *config.Config) { c.Dev = true }

// TestDeno refuses by name what a function cannot have, and says what takes its place. Names
// that are not known are undefined, as libraries look for them.
func TestDeno(t *testing.T) {
	p := begin(t, open(map[string]string{
		"file/index.ts":   `Deno.serve(async () => new Response(await Deno.readTextFile(new URL("./a.html", import.meta.url))));`,
		"write/index.ts":  `Deno.serve(() => Deno.writeTextFile("/tmp/a", "a"));`,
		"socket/index.ts": `Deno.serve(async () => { await Deno.connect({ port: 5432 }); });`,
		"model/index.ts":  `const model = new Supabase.ai.Session("gte-small"); Deno.serve(() => model.run("x"));`,
		"know/index.ts": `Deno.serve(() => { let kind; try { Deno.openKv() } catch (e) { kind = e instanceof Deno.errors.NotSupported }
			return Response.json([kind, typeof Deno.readFile, typeof Deno.whatever, "Command" in Deno, Deno.inspect({ a: 1 }), new Deno.errors.NotFound("x").name, Deno.cwd()]) });`,
	}), dev)
	for name, want := range map[string]string{
		"file":   `NotSupported: Deno.readTextFile: "/functions/file/a.html" is none of the files that static_files of [functions.file] names. Name it there, or import it`,
		"write":  "NotSupported: Deno.writeTextFile: functions have no files: the text of one of the project's is imported",
		"socket": "NotSupported: Deno.connect: functions have no sockets: use fetch, and for the database sql of module galley",
		"model":  "NotSupported: Supabase.ai.Session: no model runs inside of functions; set ai.base_url",
	} {
		if got := decode(t, p.ask("GET", "/functions/v1/"+name, "").body); !strings.HasPrefix(got["details"].(string), want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	p.want("GET", "/functions/v1/know", "", `[true,"function","undefined",false,"{ a: 1 }","NotFound","/"]`)
}

// TestStaticFiles lets a function read what the configuration names for it, while it is
// loaded, too.
func TestStaticFiles(t *testing.T) {
	files := open(map[string]string{
		"book/index.ts": `const first = await Deno.readTextFile("./pages/a.html");
			Deno.serve(async () => {
				let missing = "";
				try { Deno.readFileSync("pages/none.html") } catch (e) { missing = e instanceof Deno.errors.NotFound ? e.message : String(e) }
				return Response.json([first, Deno.readTextFileSync(new URL("./pages/a.html", import.meta.url)), [...await Deno.readFile(import.meta.dirname + "/pages/a.html")], missing]);
			});`,
		"other/index.ts": `Deno.serve(async () => new Response(await Deno.readTextFile("../book/pages/a.html")));`,
	})
	files["functions/book/pages/a.html"] = "ä"
	files["galley.toml"] = "[functions.book]\nstatic_files = [\"./functions/book/pages/*.html\"]\n"
	p := begin(t, files, dev)
	p.want("GET", "/functions/v1/book", "", `["ä","ä",[195,164],"Deno.readFileSync: there is no file \"pages/none.html\""]`)
	if got := p.ask("GET", "/functions/v1/other", ""); got.status != http.StatusInternalServerError || !strings.Contains(got.body, "NotSupported") {
		t.Errorf("another function's: %d %s", got.status, got.body)
	}
}

// TestWebSocket answers who wants one that there is none, without --dev too.
func TestWebSocket(t *testing.T) {
	p := begin(t, open(map[string]string{
		"now/index.ts":   `Deno.serve((req) => Deno.upgradeWebSocket(req).response);`,
		"later/index.ts": `Deno.serve(async (req) => { await null; return Deno.upgradeWebSocket(req).response; });`,
	}))
	for _, name := range []string{"now", "later"} {
		a := p.ask("GET", "/functions/v1/"+name, "", "Connection", "Upgrade", "Upgrade", "websocket")
		if got := decode(t, a.body); a.status != http.StatusNotImplemented || got["code"] != "NOT_SUPPORTED" || !strings.Contains(a.body, "text/event-stream") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if !strings.Contains(p.log.String(), "Deno.upgradeWebSocket") {
		t.Error("the log does not tell")
	}
}

// TestNoResponse names who gave none: middleware sees responses only.
func TestNoResponse(t *testing.T) {
	files := open(map[string]string{
		"in/index.ts":         `export default () => {};`,
		"in/_middleware.ts":   `export default async (req, next) => { const res = await next(); res.headers.set("x", "y"); return res; }`,
		"none/index.ts":       `export default () => "text";`,
		"lost/index.ts":       `export default () => new Response("x");`,
		"lost/_middleware.ts": `export default async (req, next) => { await next(); }`,
	})
	p := begin(t, files, dev)
	for name, want := range map[string]string{
		"in": "the handler returned no Response, but undefined", "none": "the handler returned no Response, but string", "lost": "_middleware 1 returned no Response, but undefined",
	} {
		if got := decode(t, p.ask("GET", "/functions/v1/"+name, "").body); got["details"] != "TypeError: "+want {
			t.Errorf("%s: %v", name, got["details"])
		}
	}
}

// TestTraces name the places in the project where it asked for what failed later, and what
// an error was caused by; nothing of Galley's own scripts.
func TestTraces(t *testing.T) {
	p := begin(t, open(map[string]string{
		"call/index.ts":  "export default async () => {\n  await fetch('http://10.1.2.3/')\n}",
		"json/index.ts":  "export default async (req) => {\n\n  await req.json()\n}",
		"cause/index.ts": "export default async () => {\n  throw new Error('outer', { cause: new TypeError('inner', { cause: 'deep' }) })\n}",
		"hook/index.ts":  "export const rpc = { returns: 'void' };\nexport default () => { null.x }",
	}), dev)
	long := strings.Repeat(" ", 100_000) + "}"
	for _, c := range []struct{ name, body, details, stack string }{
		{"call", "", "TypeError: fetch failed: 10.1.2.3 is not a public address, and outgoing.allow does not list it", "functions/call/index.ts:3:"},
		{"json", "{", "SyntaxError", "functions/json/index.ts:4:"},
		{"json", long, "SyntaxError", "functions/json/index.ts:4:"},
		{"cause", "", "Error: outer", "functions/cause/index.ts:3:"},
		{"cause", "", "Error: outer", "\nCaused by: TypeError: inner\n"},
		{"cause", "", "Error: outer", "\nCaused by: deep"},
	} {
		got := decode(t, p.ask("POST", "/functions/v1/"+c.name, c.body).body)
		stack, _ := got["stack"].(string)
		if details, _ := got["details"].(string); !strings.HasPrefix(details, c.details) || !strings.Contains(stack, c.stack) || strings.Contains(stack, "galley:") {
			t.Errorf("%s with %d bytes: %s\n%s", c.name, len(c.body), details, stack)
		}
	}
}

// TestTracesOfTheConsole name the places in the sources in what functions write, too, and
// leave what else they write as it is.
func TestTracesOfTheConsole(t *testing.T) {
	p := begin(t, open(map[string]string{
		"say/index.ts": `interface Unused { a: string }
			const inner = () => { throw new RangeError("here") };
			export default async () => {
				try { inner() } catch (e) { console.error("failed:", e, "and more"); console.log(e.stack) }
				console.log("they meet    at (functions/x.ts:1:2)");
				setTimeout(() => { throw new TypeError("later") }, 1);
				EdgeRuntime.waitUntil(new Promise((done) => setTimeout(done, 20)));
				return new Response("said");
			}`,
	}))
	p.want("GET", "/functions/v1/say", "", "said")
	for _, want := range []string{
		`"failed: RangeError: here\n    at inner (functions/say/index.ts:3:`, ` and more"`, `"msg":"    at inner (functions/say/index.ts:3:`,
		`"they meet    at (functions/x.ts:1:2)"`, `"Uncaught TypeError: later\n    at <anonymous> (functions/say/index.ts:7:`,
	} {
		for end := time.Now().Add(time.Minute); !strings.Contains(p.log.String(), want); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s is not in the log", want)
			}
		}
	}
	if n := strings.Count(p.log.String(), "(galley:"); n > 1 { // one, that has more behind it
		t.Errorf("%d frames of Galley's own are in the log", n)
	}
}

// TestClientLeaves: that nobody waits for the end of a stream is no failure of the function,
// and it is told to stop.
func TestClientLeaves(t *testing.T) {
	var p *project
	t.Cleanup(func() { // the server is closed by then, and all requests are over
		if strings.Contains(p.log.String(), `"ERROR"`) {
			t.Error(p.log.String())
		}
	})
	p = begin(t, open(map[string]string{
		"ticks/index.ts": `export default () => { let id; return new Response(new ReadableStream({
			start(c) { id = setInterval(() => c.enqueue(new Uint8Array(70000)), 2) }, cancel() { clearInterval(id); console.log("was cancelled") } })) }`,
		"signal/index.ts": `export default async (req) => { console.log("waits"); await new Promise((_, no) => req.signal.addEventListener("abort", () => no(req.signal.reason))) }`,
	}))
	ctx, leave := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, "GET", p.url+"/functions/v1/ticks", nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadFull(res.Body, make([]byte, 100))
	leave()
	_ = res.Body.Close()
	p.logged("was cancelled")
	ctx, leave = context.WithCancel(t.Context())
	req, _ = http.NewRequestWithContext(ctx, "GET", p.url+"/functions/v1/signal", nil)
	go func() { p.logged("waits"); leave() }()
	if _, err := http.DefaultClient.Do(req); err == nil {
		t.Error("there is an answer")
	}
}

// logged waits for a line of the log.
func (p *project) logged(text string) {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(p.log.String(), text); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Errorf("the log has no %q:\n%s", text, p.log.String())
			return
		}
	}
}
