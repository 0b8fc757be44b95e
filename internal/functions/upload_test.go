package functions_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/outgoing"
)

// receiver is a server that others send bodies to.
func receiver(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/length", func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, strconv.FormatInt(n, 10)+" "+strconv.FormatInt(r.ContentLength, 10)+" "+strconv.FormatBool(err == nil))
	})
	mux.HandleFunc("/early", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	})
	mux.HandleFunc("/again", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/length", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/other", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/length", http.StatusSeeOther) })
	mux.HandleFunc("/never", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }) // until the client is gone
	mux.HandleFunc("/turns", func(w http.ResponseWriter, r *http.Request) {                                       // answers each piece before it takes the next
		c := http.NewResponseController(w)
		_ = c.EnableFullDuplex()
		b := make([]byte, 1)
		for {
			n, err := r.Body.Read(b)
			_, _ = w.Write(b[:n])
			_ = c.Flush()
			if err != nil {
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// TestUploads sends streams as the bodies of fetch.
func TestUploads(t *testing.T) {
	to := receiver(t)
	const send = `
		const to = "` + "TO" + `";
		const piece = new Uint8Array(65536);
		const pieces = (n, last) => { let i = 0; return new ReadableStream({ pull(c) { if (i++ < n) c.enqueue(piece); else last(c); } }, { highWaterMark: 0 }); };
		const send = (path, body, more) => fetch(to + path, { method: "POST", body, duplex: "half", ...more });
		const told = async (promise) => { try { const r = await promise; return r.status + " " + (await r.text()); } catch (e) { return e.name + ": " + e.message + " | " + (e.cause?.message ?? e.cause); } };
		const cases = {
			large: () => send("/length", pieces(1600, (c) => c.close())),
			empty: () => send("/length", pieces(0, (c) => c.close())),
			iterator: () => send("/length", (async function* () { yield new TextEncoder().encode("abc"); yield new Uint8Array(0); yield new TextEncoder().encode("de"); })()),
			request: () => fetch(new Request(to + "/length", { method: "PUT", body: pieces(3, (c) => c.close()), duplex: "half" })),
			fails: () => send("/length", pieces(3, (c) => c.error(new Error("no more")))),
			text: () => send("/length", new ReadableStream({ start(c) { c.enqueue("text"); c.close(); } })),
			again: () => send("/again", pieces(2, (c) => c.close())),
			other: () => send("/other", pieces(2, (c) => c.close())),
			early: () => send("/early", pieces(1e9, (c) => c.close())),
			turns: async () => {
				let give; const stream = new ReadableStream({ start(c) { give = c; } });
				give.enqueue(new Uint8Array([65]));
				const r = await send("/turns", stream), reader = r.body.getReader(); let text = "";
				for (const next of [66, 67]) { text += new TextDecoder().decode((await reader.read()).value); give.enqueue(new Uint8Array([next])); }
				give.close();
				for (let p = await reader.read(); !p.done; p = await reader.read()) text += new TextDecoder().decode(p.value);
				return new Response(text);
			},
			abort: async () => {
				const controller = new AbortController(); let cancelled;
				const stream = new ReadableStream({ pull(c) { c.enqueue(piece); }, cancel(reason) { cancelled = reason; } });
				setTimeout(() => controller.abort(new Error("enough")), 50);
				const said = await told(send("/never", stream, { signal: controller.signal }));
				return new Response(said + ", " + cancelled?.message);
			},
		};
		export default async (req) => {
			const name = new URL(req.url).searchParams.get("case");
			return new Response(await told(name === "proxy" ? send("/length", req.body) : cases[name]()));
		};`
	p := begin(t, open(map[string]string{"send/index.ts": strings.ReplaceAll(send, "TO", to.URL)}), func(c *config.Config) {
		c.Outgoing.Allow = []string{outgoing.Endpoint(to.URL)}
		c.Functions.Memory, c.Functions.CPUTime = 16<<20, 20*time.Second // less than what is sent
		c.Functions.Concurrency = 1                                      // the same instance goes on
	})
	for _, c := range []struct{ name, want string }{
		{"large", "200 104857600 -1 true"},
		{"empty", "200 0 -1 true"},
		{"iterator", "200 5 -1 true"},
		{"request", "200 196608 -1 true"},
		{"fails", "TypeError: fetch failed: no more | no more"},
		{"text", "TypeError: fetch failed: a chunk of the body's stream is no Uint8Array | a chunk of the body's stream is no Uint8Array"},
		{"again", "TypeError: fetch failed: the server redirects, and a body that was streamed cannot be sent again"},
		{"other", "200 0 0 true"},
		{"early", "413 "},
		{"turns", "200 ABC"},
		{"abort", "200 Error: enough | undefined, enough"},
		{"empty", "200 0 -1 true"},
	} {
		if a := p.ask("GET", "/functions/v1/send?case="+c.name, ""); a.status != 200 || !strings.HasPrefix(a.body, c.want) {
			t.Errorf("%s: %d %s, want %s", c.name, a.status, a.body, c.want)
		}
	}
	p.want("POST", "/functions/v1/send?case=proxy", strings.Repeat("0123456789", 400_000), "200 4000000 -1 true")
}
