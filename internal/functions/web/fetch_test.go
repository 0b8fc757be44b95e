package web

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/functions/engine"
)

// network answers fetch as the host does: what a URL ends with says how.
type network struct {
	mu       sync.Mutex
	requests []string
	pieces   map[float64][]string // of bodies, by handle
	aborted  chan struct{}
}

func (n *network) fetch(ctx context.Context, given []engine.Value) (engine.Value, error) {
	a := engine.Args(given)
	n.mu.Lock()
	n.requests = append(n.requests, strings.Join([]string{a.Text(0), a.Text(1), a.Text(2), string(a.Bytes(3)), a.Text(4)}, " "))
	n.mu.Unlock()
	switch {
	case strings.HasSuffix(a.Text(1), "/refused"):
		return nil, errors.New("private addresses are blocked")
	case strings.HasSuffix(a.Text(1), "/slow"):
		select {
		case <-n.aborted:
		case <-ctx.Done():
		}
		return nil, errors.New("canceled")
	case strings.HasSuffix(a.Text(1), "/empty"):
		return engine.JSON(`{"status":204,"statusText":"No Content","headers":[],"url":"http://x/empty","redirected":false,"handle":null}`), nil
	}
	return engine.JSON(`{"status":201,"statusText":"Created","headers":[["Content-Type","text/plain"],["Set-Cookie","a=1"],["Set-Cookie","b=2"]],"url":"http://x/after#f","redirected":true,"handle":7}`), nil
}

func (n *network) read(_ context.Context, given []engine.Value) (engine.Value, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := n.pieces[engine.Args(given).Number(0)]
	if len(list) == 0 {
		return nil, nil
	}
	n.pieces[engine.Args(given).Number(0)] = list[1:]
	return []byte(list[0]), nil
}

func TestFetch(t *testing.T) {
	in := begin(t)
	for name, c := range map[string]struct{ script, want string }{
		"answer": {`
			const r = await fetch("http://x/a?b#c", { method: "put", headers: { A: "b" }, body: "hällo", redirect: "manual" });
			console.log(r.status, r.statusText, r.ok, r.url, r.redirected, r.type, r.headers.getSetCookie().join(), await r.text(), r.bodyUsed);`,
			"201 Created true http://x/after true basic a=1,b=2 one two true\n"},
		"stream": {`
			const r = await fetch("http://x/a");
			const seen = [];
			for await (const piece of r.body) seen.push(new TextDecoder().decode(piece));
			console.log(seen.join("|"));`, "one |two\n"},
		"clone": {`
			const r = await fetch("http://x/a");
			const c = r.clone();
			console.log(await r.text(), await c.text());`, "one two one two\n"},
		"cancel": {`
			const r = await fetch("http://x/a");
			const reader = r.body.getReader();
			await reader.read();
			await reader.cancel();
			console.log("cancelled");`, "cancel 7\ncancelled\n"},
		"no body":        {`const r = await fetch("http://x/empty"); console.log(r.status, r.body, await r.text());`, "204 null \n"},
		"refused":        {`try { await fetch("http://x/refused"); } catch (e) { console.log(e instanceof TypeError, e.message, e.cause.name); }`, "true fetch failed: private addresses are blocked HostError\n"},
		"immutable":      {`try { (await fetch("http://x/a")).headers.set("a", "b"); } catch (e) { console.log(e.name); }`, "TypeError\n"},
		"bad url":        {`try { await fetch("/a"); } catch (e) { console.log(e.name); }`, "TypeError\n"},
		"aborted before": {`try { await fetch("http://x/a", { signal: AbortSignal.abort("no") }); } catch (e) { console.log(e); }`, "no\n"},
		"aborted meanwhile": {`
			const c = new AbortController();
			setTimeout(() => c.abort(), 1);
			try { await fetch("http://x/slow", { signal: c.signal }); } catch (e) { console.log(e.name); }`, "abort 1\nAbortError\n"},
		"aborted in the body": {`
			const c = new AbortController();
			const r = await fetch("http://x/a", { signal: c.signal });
			c.abort();
			try { await r.text(); } catch (e) { console.log(e.name); }`, "abort 1\nAbortError\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			ops := printing(&out)
			n := &network{pieces: map[float64][]string{7: {"one ", "two"}}, aborted: make(chan struct{})}
			ops.Async = map[string]Operation{"fetch": n.fetch, "body.read": n.read}
			ops.Sync["fetch.abort"] = func(_ context.Context, given []engine.Value) (engine.Value, error) {
				out.WriteString("abort 1\n")
				close(n.aborted)
				return nil, nil
			}
			ops.Sync["body.cancel"] = func(_ context.Context, given []engine.Value) (engine.Value, error) {
				out.WriteString("cancel 7\n")
				return nil, nil
			}
			if err := in.start(t, ops, "(async () => {"+c.script+"})()").Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if out.String() != c.want {
				t.Errorf("got %q, want %q", out.String(), c.want)
			}
			if name == "answer" && n.requests[0] != `PUT http://x/a?b#c [["a","b"],["content-type","text/plain;charset=UTF-8"]] hällo manual` {
				t.Errorf("sent %q", n.requests)
			}
		})
	}
}

// TestNothingLeaks looks for ways from a project's script to the host.
func TestNothingLeaks(t *testing.T) {
	in := begin(t, File{"module", `exports.modules.own = { answer: 42 };`})
	for name, c := range map[string]struct{ script, want string }{
		"host":         {`console.log(typeof __host, typeof host, typeof exports)`, "undefined undefined undefined\n"},
		"modules":      {`console.log(__modules.own.answer, Object.isFrozen(__modules)); try { "use strict"; __modules = 1; } catch {} console.log(typeof __modules)`, "42 true\nobject\n"},
		"globals":      {`console.log(Object.getOwnPropertyNames(globalThis).filter((n) => n.startsWith("_")).join())`, "__modules\n"},
		"push":         {`Array.prototype.push = () => { throw 1; }; console.log(new Headers({ a: "b" }).get("a"))`, "b\n"},
		"then":         {`Promise.prototype.then = () => { throw 1; }; new Response("x").text(); console.log("calm")`, "calm\n"},
		"constructors": {`for (const C of [AbortSignal, CryptoKey, Crypto, SubtleCrypto]) try { new C(); console.log("made"); } catch (e) { console.log(e.name); }`, "TypeError\nTypeError\nTypeError\nTypeError\n"},
		"key's bytes":  {`crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt"]).then((k) => console.log(JSON.stringify(k), Reflect.ownKeys(k).length))`, "{} 0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := in.start(t, printing(&out), c.script).Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if out.String() != c.want {
				t.Errorf("got %q, want %q", out.String(), c.want)
			}
		})
	}
}

// TestExcessive holds that no address keeps the parser busy: each of these took it
// seconds.
func TestExcessive(t *testing.T) {
	in := begin(t)
	var out strings.Builder
	script := `
		console.log(URL.canParse("http://a/" + "a/".repeat(50000) + "\""), URL.canParse("http://" + "a@".repeat(50000) + "b/"), URL.canParse("a/".repeat(50000), "http://x/\""));
		const u = new URL("http://a/b");
		u.pathname = "?/".repeat(50000);
		console.log(u.href, URL.canParse("http://a/?" + "/@".repeat(50000)), URL.canParse("http://a/" + "a/".repeat(4000) + "\""), URL.canParse("http://a.b/" + "a/".repeat(5000)));
		u.hash = "/@".repeat(50000);
		console.log(u.hash.length);`
	if err := in.start(t, printing(&out), script).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := "false false false\nhttp://a/b true true false\n100001\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
