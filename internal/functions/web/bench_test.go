package web

import (
	"testing"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/loop"
)

// BenchmarkNew is what a fresh instance takes until a project's script runs in it.
func BenchmarkNew(b *testing.B) {
	in := begin(b)
	limits := loop.Limits{Limits: engine.Limits{Memory: 64 << 20}}
	for b.Loop() {
		l, err := in.maker.New(b.Context(), limits, loop.Ops{Sync: Operations()}, []engine.Program{in.prelude})
		if err != nil {
			b.Fatal(err)
		}
		l.Close()
	}
}

// BenchmarkHello makes a Request, calls a handler and takes its Response apart.
func BenchmarkHello(b *testing.B) {
	in := begin(b, File{"test", `
		let handler;
		globalThis.handle = (f) => { handler = f; };
		host.expose("hello", (url, headers) => {
			const request = host.like(exports.request.one, undefined, null, false, "GET", url, headers);
			let all;
			exports.response.give(handler(request), (status, headers, body) => { all = status + headers + body; });
			return all;
		});`})
	for name, handler := range map[string]string{
		"text":    `(req) => new Response("hello")`,
		"headers": `(req) => new Response("hello", { status: 200, headers: { "Content-Type": "text/plain", "X-A": req.headers.get("x-name") } })`,
		"json":    `(req) => Response.json({ hello: new URL(req.url).searchParams.get("name") })`,
	} {
		b.Run(name, func(b *testing.B) {
			l := in.start(b, loop.Ops{Sync: Operations()}, "handle("+handler+")")
			for b.Loop() {
				if _, err := l.Call(b.Context(), "hello", "http://localhost:54321/functions/v1/hello?name=Ann", "accept\n*/*\nx-name\nAnn\nuser-agent\nbench"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
