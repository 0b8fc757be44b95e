package site

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestDirect: what is served without the mux is what the mux would serve.
func TestDirect(t *testing.T) {
	say := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("By", text+" "+r.Pattern) })
	}
	s := New(say("data"), say("files"), nil)
	for _, pattern := range []string{"/rest/v1", "/rest/v1/", "/api/", "GET /health", "GET /health/live", "POST /hooks/mail/{provider}", "/auth/ui"} {
		s.Add([]Route{{Pattern: pattern, Handler: say("api")}})
	}
	mux := s.mux
	mux.Handle("/", s.files)
	h := s.direct()
	for _, target := range []string{"/", "/a", "/a/", "/a/b", "/rest", "/rest/", "/rest/v2/x", "/restful", "/api", "/api/", "/api/x", "/apis", "/health", "/health/", "/health/x",
		"/hooks", "/hooks/mail/x", "/auth", "/auth/ui", "/auth/ui/x", "/%61pi/x", "/api%2Fx", "/a%2Fb", "/%2Fapi/x", "/a%2F%2Fb", "//api/x", "/a//b", "/./api/", "/a/../api/x",
		"/.well-known/x", "/%2E%2E/api/", "/a/..", "/a/.b", "/ü", "/a?b=/api/"} {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "CONNECT"} {
			want, got := httptest.NewRecorder(), httptest.NewRecorder()
			mux.ServeHTTP(want, httptest.NewRequest(method, "http://example.org"+target, nil))
			h.ServeHTTP(got, httptest.NewRequest(method, "http://example.org"+target, nil))
			if got.Code != want.Code || got.Header().Get("By") != want.Header().Get("By") || got.Header().Get("Location") != want.Header().Get("Location") {
				t.Errorf("%s %s: %d %v, by the mux %d %v", method, target, got.Code, got.Header(), want.Code, want.Header())
			}
		}
	}
}
