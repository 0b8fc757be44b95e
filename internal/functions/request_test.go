package functions_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
)

func open(files map[string]string) map[string]string {
	out := map[string]string{}
	for name, text := range files {
		out["functions/"+name] = "export const verifyJwt = false;\n" + text
	}
	return out
}

func TestKindsOfHandlers(t *testing.T) {
	p := begin(t, open(map[string]string{
		"serve/index.ts":   `Deno.serve((req: Request) => new Response("serve " + req.method));`,
		"options/index.ts": `Deno.serve({ port: 1, onError: (e: Error) => new Response("caught " + e.message) }, () => { throw new Error("x") });`,
		"object/index.js":  `Deno.serve({ handler: () => new Response("object") });`,
		"std/index.ts":     `import { serve } from "https://deno.land/std@0.168.0/http/server.ts"; serve(() => new Response("std"));`,
		"plain/index.mjs":  `export default () => new Response("plain");`,
		"fetch/index.tsx":  `export default { async fetch(req) { return new Response(await req.text()) } };`,
		"later/index.ts":   `await new Promise((r) => setTimeout(r, 10)); export default () => new Response("later");`,
		"_shared/text.ts":  `export const text: string = "shared";`,
		"import/index.ts":  `import { text } from "../_shared/text.ts"; export default () => new Response(text);`,
	}))
	for name, want := range map[string]string{"serve": "serve POST", "options": "caught x", "object": "object", "std": "std", "plain": "plain", "fetch": "body", "later": "later", "import": "shared"} {
		p.want("POST", "/functions/v1/"+name, "body", want)
	}
	if a := p.ask("GET", "/functions/v1/_shared", ""); a.status != 404 {
		t.Errorf("what functions share is served: %d", a.status)
	}
}

func TestRequestAsItCame(t *testing.T) {
	p := begin(t, open(map[string]string{"mirror/index.ts": `
		export default async (req, ctx) => Response.json({
			url: req.url, method: req.method, custom: req.headers.get("x-custom"), from: req.headers.get("x-forwarded-for"),
			type: req.headers.get("content-type"), body: await req.text(), id: ctx.requestId, role: ctx.role, sub: ctx.claims?.sub ?? null,
			params: ctx.params, address: ctx.remoteAddr.hostname, fn: ctx.function, secret: Deno.env.get("SUPABASE_URL"),
		}, { status: 201, headers: [["x-a", "1"], ["set-cookie", "a=1"], ["set-cookie", "b=2"]] })`}))
	a := p.ask("POST", "/functions/v1/mirror/a%20b?c=%C3%A9", "höf", "X-Custom", "caf\xe9", "Content-Type", "text/x", "X-Request-Id", "r-1", "Authorization", "Bearer authenticated")
	got := decode(t, a.body)
	host := strings.TrimPrefix(p.url, "http://")
	for name, want := range map[string]any{"url": "http://" + host + "/mirror/a%20b?c=%C3%A9", "method": "POST", "custom": "café", "from": "127.0.0.1", "type": "text/x",
		"body": "höf", "id": "r-1", "role": "authenticated", "sub": "u1", "address": "127.0.0.1", "fn": "mirror", "secret": p.url} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if a.status != 201 || a.header.Get("X-A") != "1" || strings.Join(a.header["Set-Cookie"], " ") != "a=1 b=2" || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("answer %d %v", a.status, a.header)
	}
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		if got := decode(t, p.ask(method, "/functions/v1/mirror", "").body); got["method"] != method {
			t.Errorf("%s arrived as %v", method, got["method"])
		}
	}
	if a := p.ask("HEAD", "/functions/v1/mirror", ""); a.status != 201 || a.body != "" {
		t.Errorf("HEAD: %d %q", a.status, a.body)
	}
}

func TestIdentity(t *testing.T) {
	const who = `export default (req, ctx) => new Response(ctx.role);`
	p := begin(t, map[string]string{"functions/closed/index.ts": who, "functions/open/index.ts": "export const verifyJwt = false;" + who, "functions/named/index.ts": who,
		"galley.toml": "[functions.named]\nverify_jwt = false\n"})
	for _, c := range []struct {
		name, token, want string
		status            int
	}{
		{"closed", "Bearer anon", "anon", 200},
		{"closed", "bearer authenticated", "authenticated", 200},
		{"closed", "", `{"code":401,"message":"Missing authorization header","msg":"Error: Missing authorization header"}`, 401},
		{"closed", "Basic eDp5", `{"code":401,"message":"Auth header is not 'Bearer {token}'","msg":"Error: Auth header is not 'Bearer {token}'"}`, 401},
		{"closed", "Bearer wrong", `{"code":401,"message":"Invalid JWT","msg":"Invalid JWT"}`, 401},
		{"open", "", "anon", 200},
		{"open", "Bearer wrong", "anon", 200},
		{"open", "Bearer authenticated", "authenticated", 200},
		{"named", "", "anon", 200},
	} {
		a := p.ask("GET", "/functions/v1/"+c.name, "", "Authorization", c.token)
		if a.status != c.status || a.body != c.want || (a.header.Get("X-Relay-Error") == "true") != (c.status == 401) {
			t.Errorf("%s with %q: %d %s %v", c.name, c.token, a.status, a.body, a.header)
		}
	}
	// What a browser asks beforehand shows no token, and is for the function to answer.
	if a := p.ask("OPTIONS", "/functions/v1/closed", "", "Authorization", "", "Origin", "http://a.example", "Access-Control-Request-Method", "POST"); a.body != "anon" || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("OPTIONS: %d %s %v", a.status, a.body, a.header)
	}
	if a := p.ask("GET", "/functions/v1/none", "", "Origin", "http://a.example"); a.status != 404 || a.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("an answer of the server's own: %d %v", a.status, a.header)
	}
}

func TestStreams(t *testing.T) {
	p := begin(t, open(map[string]string{
		"events/index.ts": `export default () => {
			let n = 0;
			return new Response(new ReadableStream({ async pull(c) {
				if (n === 3) return c.close();
				await new Promise((r) => setTimeout(r, 1));
				c.enqueue(new TextEncoder().encode("data: " + ++n + "\n\n"));
			} }), { headers: { "content-type": "text/event-stream" } });
		}`,
		"echo/index.ts": `export default (req) => new Response(req.body);`,
		"hash/index.ts": `export default async (req) => { let n = 0; for await (const chunk of req.body) n += chunk.length; return new Response(String(n)); }`,
		"cut/index.ts":  `export default () => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([65])); }, pull(c) { c.error(new Error("cut")); } }));`,
		"text/index.ts": `export default () => new Response(new ReadableStream({ start(c) { c.enqueue("no bytes"); c.close(); } }));`,
	}))
	p.want("GET", "/functions/v1/events", "", "data: 1\n\ndata: 2\n\ndata: 3\n\n")
	big := strings.Repeat("0123456789", 300_000)
	p.want("POST", "/functions/v1/echo", big, big)
	p.want("POST", "/functions/v1/hash", big, "3000000")
	unknown := struct{ io.Reader }{strings.NewReader(big)}
	if a, err := p.try("POST", "/functions/v1/hash", unknown); err != nil || a.body != "3000000" {
		t.Errorf("a body of unknown length: %v %v", a, err)
	}
	for _, name := range []string{"cut", "text"} {
		if a, err := p.try("GET", "/functions/v1/"+name, nil); err == nil {
			t.Errorf("%s: an answer that was cut off looks complete: %v", name, a)
		}
	}
	if a := p.ask("POST", "/functions/v1/hash", strings.Repeat("x", 9<<20)); a.status != 413 {
		t.Errorf("a body beyond the bound: %d %s", a.status, a.body)
	}
	p.want("GET", "/functions/v1/events", "", "data: 1\n\ndata: 2\n\ndata: 3\n\n")
}

// TestFirstBytesComeFirst reads the beginning of a stream that does not end before it
// was read.
func TestFirstBytesComeFirst(t *testing.T) {
	p := begin(t, open(map[string]string{
		"talk/index.ts": `export default async (req) => {
			const { readable, writable } = new TransformStream();
			const reader = req.body.getReader(), writer = writable.getWriter();
			(async () => {
				await writer.write(new TextEncoder().encode("ready\n"));
				const { value } = await reader.read();
				await writer.write(value);
				await writer.close();
			})();
			return new Response(readable);
		}`}))
	in, out := io.Pipe()
	r, _ := http.NewRequestWithContext(t.Context(), "POST", p.url+"/functions/v1/talk", in)
	go func() { _, _ = out.Write([]byte("")) }()
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewReader(resp.Body)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q %v", line, err)
	}
	go func() { _, _ = out.Write([]byte("hello\n")); _ = out.Close() }()
	if line, err := lines.ReadString('\n'); line != "hello\n" {
		t.Fatalf("%q %v", line, err)
	}
}

func TestErrors(t *testing.T) {
	files := open(map[string]string{
		"throws/index.ts":  "\n// a comment\nfunction inner(): never { throw new TypeError('boom') }\nexport default () => inner();",
		"rejects/index.ts": `export default async () => { await null; throw "a text" };`,
		"nothing/index.ts": `export default () => undefined;`,
		"stuck/index.ts":   `export default () => new Promise(() => {});`,
		"syntax/index.ts":  `export default () => {`,
		"import/index.ts":  `import { x } from "./nowhere.ts"; export default () => x;`,
		"loading/index.ts": `throw new Error("at the start");`,
		"none/index.ts":    `export const x = 1;`,
		"export/index.ts":  `export const methods = ["FETCH"]; export default () => new Response("");`,
		"good/index.ts":    `export default () => new Response("good");`,
	})
	for _, dev := range []bool{false, true} {
		p := begin(t, files, func(c *config.Config) { c.Dev = dev })
		for name, want := range map[string]struct {
			status int
			code   string
			detail string
		}{
			"throws":  {500, "WORKER_ERROR", "TypeError: boom"},
			"rejects": {500, "WORKER_ERROR", "a text"},
			"nothing": {500, "WORKER_ERROR", "returned no Response"},
			"stuck":   {500, "WORKER_ERROR", "cannot happen"},
			"syntax":  {503, "BOOT_ERROR", "index.ts:2:"},
			"import":  {503, "BOOT_ERROR", "nowhere.ts"},
			"loading": {503, "BOOT_ERROR", "at the start"},
			"none":    {503, "BOOT_ERROR", "no handler"},
			"export":  {503, "BOOT_ERROR", "FETCH"},
		} {
			a := p.ask("GET", "/functions/v1/"+name, "")
			got := decode(t, a.body)
			if a.status != want.status || got["code"] != want.code {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
			if told := strings.Contains(fmt.Sprint(got["details"]), want.detail); told != dev {
				t.Errorf("dev %v: %s tells %s", dev, name, a.body)
			}
		}
		p.want("GET", "/functions/v1/good", "", "good")
		if log := p.log.String(); !strings.Contains(log, `at inner (functions/throws/index.ts:4:`) {
			t.Errorf("the log has no trace by the source: %s", log)
		}
		if a := p.ask("GET", "/functions/v1/throws", ""); strings.Contains(a.body, "index.ts:4") != dev {
			t.Errorf("dev %v: %s", dev, a.body)
		}
	}
}

func TestLimits(t *testing.T) {
	p := begin(t, open(map[string]string{
		"spin/index.ts":   `export default () => { for (;;); }`,
		"memory/index.ts": `export default () => { const all = []; for (;;) all.push(new Array(1000).fill(all.length)); }`,
		"large/index.ts":  `export default () => new Response("x".repeat(2 << 20));`,
		"wide/index.ts":   `export default () => new Response("ä".repeat(600 << 10));`,
		"bytes/index.ts":  `export default async () => new Response(new Uint8Array(2 << 20));`,
		"most/index.ts":   `export default () => new Response("x".repeat(1 << 20));`,
		"stream/index.ts": `export default () => new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)); } }));`,
		"deep/index.ts":   `const f = (n) => f(n + 1) + 1; export default () => new Response(String(f(0)));`,
		"start/index.ts":  `for (;;);`,
		"good/index.ts":   `export default () => new Response("good");`,
	}), func(c *config.Config) {
		c.Functions.Memory, c.Functions.CPUTime, c.Functions.Timeout, c.Functions.MaxResponse = 32<<20, 500*time.Millisecond, 2*time.Minute, 1<<20
	})
	for name, want := range map[string]struct {
		status int
		code   string
	}{
		"spin": {546, "WORKER_LIMIT"}, "memory": {546, "WORKER_LIMIT"}, "large": {546, "WORKER_LIMIT"}, "wide": {546, "WORKER_LIMIT"}, "bytes": {546, "WORKER_LIMIT"},
		"deep": {500, "WORKER_ERROR"}, "start": {503, "BOOT_ERROR"},
	} {
		a := p.ask("GET", "/functions/v1/"+name, "")
		if got := decode(t, a.body); a.status != want.status || got["code"] != want.code {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a, err := p.try("GET", "/functions/v1/stream", nil); err == nil {
		t.Errorf("a stream without end ended well: %d bytes", len(a.body))
	}
	p.want("GET", "/functions/v1/good", "", "good")
	p.want("GET", "/functions/v1/most", "", strings.Repeat("x", 1<<20))
}

// TestTimeout ends a call that computes nothing.
func TestTimeout(t *testing.T) {
	p := begin(t, open(map[string]string{"sleep/index.ts": `export default async (req) => { await new Promise((r) => setTimeout(r, 60000)); return new Response("late"); }`}),
		func(c *config.Config) { c.Functions.Timeout = time.Second })
	if a := p.ask("GET", "/functions/v1/sleep", ""); a.status != 504 || decode(t, a.body)["code"] != "WORKER_LIMIT" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestInstancesAreIsolated has requests at the same time, each of which must find its
// own state and no other function's.
func TestInstancesAreIsolated(t *testing.T) {
	const counter = `let n = 0; let busy = false;
		export default async () => {
			if (busy) return new Response("shared", { status: 500 });
			busy = true; n++;
			await new Promise((r) => setTimeout(r, 2));
			busy = false;
			globalThis.leak = (globalThis.leak ?? "") + NAME;
			return Response.json({ n, leak: globalThis.leak.replaceAll(NAME, "") });
		}`
	p := begin(t, open(map[string]string{"a/index.ts": "const NAME = 'a';" + counter, "b/index.ts": "const NAME = 'b';" + counter}),
		func(c *config.Config) { c.Functions.Concurrency, c.Functions.QueueTimeout = 4, time.Minute })
	results := make(chan string, 100)
	for i := range 100 {
		go func() {
			a, err := p.try("GET", "/functions/v1/"+[]string{"a", "b"}[i%2], nil)
			if err != nil || a.status != 200 || !strings.Contains(a.body, `"leak":""`) {
				results <- fmt.Sprint(a, err)
				return
			}
			results <- ""
		}()
	}
	for range 100 {
		if problem := <-results; problem != "" {
			t.Error(problem)
		}
	}
}

func TestBusy(t *testing.T) {
	p := begin(t, open(map[string]string{"wait/index.ts": `export default async (req) => { console.log("begun"); await req.text(); return new Response("done"); }`}),
		func(c *config.Config) { c.Functions.Concurrency, c.Functions.QueueTimeout = 1, 50*time.Millisecond })
	if err := p.service.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	in, out := io.Pipe()
	first := make(chan answer)
	go func() {
		a, _ := p.try("POST", "/functions/v1/wait", in)
		first <- a
	}()
	if _, err := out.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the first to be served", func() bool { return strings.Contains(p.log.String(), "begun") })
	a := p.ask("POST", "/functions/v1/wait", "")
	if a.status != 503 || a.header.Get("Retry-After") == "" || decode(t, a.body)["code"] != "WORKER_BUSY" {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	_ = out.Close()
	if a := <-first; a.body != "done" {
		t.Errorf("the first: %v", a)
	}
	waitFor(t, "the instance to be free", func() bool { return p.ask("POST", "/functions/v1/wait", "").body == "done" })
}

func TestClientGoes(t *testing.T) {
	p := begin(t, open(map[string]string{
		"watch/index.ts": `let left = 0;
			export default async (req) => {
				if (new URL(req.url).searchParams.has("left")) return new Response(String(left));
				const away = new Promise((r) => req.signal.addEventListener("abort", r));
				console.log("begun");
				await away;
				left++;
				return new Response("nobody reads this");
			}`}), func(c *config.Config) { c.Functions.Concurrency = 1 })
	ctx, leave := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, "GET", p.url+"/functions/v1/watch", nil)
	done := make(chan error)
	go func() {
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		done <- err
	}()
	waitFor(t, "the call", func() bool { return strings.Contains(p.log.String(), "begun") })
	leave()
	if err := <-done; err == nil {
		t.Error("the client did not go")
	}
	p.want("GET", "/functions/v1/watch?left", "", "1") // by the same instance
}

func TestWaitUntil(t *testing.T) {
	p := begin(t, open(map[string]string{
		"later/index.ts": `let n = 0;
			addEventListener("beforeunload", (e) => console.log("unload " + e.detail.reason));
			export default (req) => {
				if (req.method === "GET") return new Response(String(n));
				EdgeRuntime.waitUntil((async () => { await new Promise((r) => setTimeout(r, 20)); n++; console.log("worked later"); })());
				return new Response("at once");
			}`}), func(c *config.Config) { c.Functions.Concurrency = 1 })
	p.want("POST", "/functions/v1/later", "", "at once")
	p.want("GET", "/functions/v1/later", "", "1") // the one instance is free once the work is done
	waitFor(t, "the log", func() bool { return strings.Contains(p.log.String(), "worked later") })
	p.service.Stop()
	if log := p.log.String(); !strings.Contains(log, "unload retire") {
		t.Errorf("nobody was told of the end: %s", log)
	}
}

func TestLargeBodiesArriveWhole(t *testing.T) {
	p := begin(t, open(map[string]string{"sum/index.ts": `export default async (req) => {
		const digest = await crypto.subtle.digest("SHA-256", await req.arrayBuffer());
		return new Response([...new Uint8Array(digest)].map((b) => b.toString(16).padStart(2, "0")).join(""));
	}`}), func(c *config.Config) { c.Functions.CPUTime = 20 * time.Second })
	for _, n := range []int{0, 1, 65535, 65536, 65537, 5 << 20} {
		body := strings.Repeat("\x00\xff\x80x", n/4+1)[:n]
		p.want("POST", "/functions/v1/sum", body, fmt.Sprintf("%x", sha256.Sum256([]byte(body))))
	}
}
