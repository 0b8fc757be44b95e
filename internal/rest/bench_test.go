package rest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/httpapi"
)

func handlerOf(a *api) http.Handler { return httpapi.Handler(a.serve) }

// nowhere is a response that nobody reads.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n *nowhere) WriteHeader(int)             {}

func benchmark(b *testing.B, method, target, body string) {
	db := newFake()
	h := newTestAPI(db, nil)
	r := httptest.NewRequest(method, "/rest/v1"+target, nil)
	for name, value := range map[string]string{"Accept": "application/json", "Authorization": "Bearer " + strings.Repeat("x", 200), "Apikey": strings.Repeat("y", 200),
		"User-Agent": "bench", "Accept-Encoding": "gzip"} {
		r.Header.Set(name, value)
	}
	r = r.WithContext(httpapi.WithIdentity(r.Context(), httpapi.Identity{Role: "authenticated", Claims: `{"sub":"1"}`, Authenticated: true}))
	w := &nowhere{header: make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		if body != "" {
			r.Body = http.NoBody
			r.ContentLength = int64(len(body))
			r.Body = readCloser{strings.NewReader(body)}
		}
		h.ServeHTTP(w, r)
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func BenchmarkPointRead(b *testing.B) { benchmark(b, "GET", "/todos?id=eq.42", "") }

func BenchmarkList(b *testing.B) {
	benchmark(b, "GET", "/todos?select=id,title&done=eq.false&order=id.desc&limit=20", "")
}

func BenchmarkLogic(b *testing.B) {
	benchmark(b, "GET", "/todos?or=(id.eq.1,and(id.gt.5,title.like.*x*))&limit=20", "")
}

func BenchmarkInsert(b *testing.B) {
	benchmark(b, "POST", "/todos", `{"title":"buy milk","done":false,"data":{"a":1}}`)
}
