package functions_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions"
	"github.com/galleyhq/galley/internal/httpapi"
)

// TestLimitError answers for a limit that nobody caught: it is the caller's matter, and no
// failure of the function that would be logged.
func TestLimitError(t *testing.T) {
	p := begin(t, open(map[string]string{
		"over/index.ts":   `import { LimitError } from "galley"; export default async () => { throw new LimitError(125) };`,
		"caught/index.ts": `import { LimitError } from "galley"; export default async () => { try { throw new LimitError(1) } catch (e) { return new Response(e.message, { status: e.status }) } };`,
		"false/index.ts":  `export default async () => { throw Object.assign(new Error("x"), { name: "LimitError", retryAfter: "1\r\nx-injected: 1" }) };`,
		"asked/index.ts":  `export const rpc = { returns: "text" }; import { LimitError } from "galley"; export default async () => { throw new LimitError(7200) };`,
	}))
	a := p.ask("POST", "/functions/v1/over", "")
	if got := decode(t, a.body); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "125" || got["code"] != "PT429" || got["message"] != "That was too often. Please try again in 3 minutes." {
		t.Errorf("answer %d %v %s", a.status, a.header, a.body)
	}
	if strings.Contains(p.log.String(), "too often") {
		t.Errorf("logged: %s", p.log.String())
	}
	if a := p.ask("POST", "/functions/v1/caught", ""); a.status != http.StatusTooManyRequests || a.body != "That was too often. Please try again in 1 second." {
		t.Errorf("one that was caught: %d %s", a.status, a.body)
	}
	if a := p.ask("POST", "/functions/v1/false", ""); a.status != http.StatusInternalServerError || a.header.Get("X-Injected") != "" {
		t.Errorf("one of the same name: %d %v", a.status, a.header)
	}
	if err := p.rpc.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := p.rpc.Find("public", "asked").Call(t.Context(), database.Session{Role: "anon"}, json.RawMessage(`{}`))
	if e := fault.From(err); e.HTTPStatus != http.StatusTooManyRequests || e.Code != "PT429" || e.Message != "That was too often. Please try again in 2 hours." {
		t.Errorf("of a remote procedure: %v", err)
	}
}

// TestProcedureAddress tells a remote procedure where its caller is.
func TestProcedureAddress(t *testing.T) {
	p := begin(t, map[string]string{"functions/where/index.ts": `export const rpc = { returns: "text" }; export default (args, ctx) => ctx.remoteAddr.hostname;`})
	if err := p.rpc.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{"192.0.2.7:1234": `"192.0.2.7"`, "[2001:db8::1]:5": `"2001:db8::1"`} {
		h := httpapi.Observe(slog.New(slog.DiscardHandler))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got, err := p.rpc.Find("public", "where").Call(r.Context(), database.Session{Role: "anon"}, json.RawMessage(`{}`))
			if string(got) != want || err != nil {
				t.Errorf("%s: %s %v", from, got, err)
			}
		}))
		r := httptest.NewRequest("POST", functions.Prefix, nil)
		r.RemoteAddr = from
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
}
