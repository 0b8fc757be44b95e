package token

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/httpapi"
)

func TestMiddleware(t *testing.T) {
	v := newVerifier(t, newSigners(t))
	user, service := hs(t, m{"role": "authenticated"}), hs(t, m{"role": "service_role"})
	expired := hs(t, m{"role": "authenticated", "exp": 1})
	for name, c := range map[string]struct {
		header    http.Header
		status    int
		role      string
		challenge string
	}{
		"nothing":                 {nil, 200, "anon", ""},
		"bearer":                  {http.Header{"Authorization": {"Bearer " + user}}, 200, "authenticated", ""},
		"bearer in lower case":    {http.Header{"Authorization": {"bearer " + user}}, 200, "authenticated", ""},
		"apikey":                  {http.Header{"Apikey": {service}}, 200, "service_role", ""},
		"bearer before apikey":    {http.Header{"Authorization": {"Bearer " + user}, "Apikey": {service}}, 200, "authenticated", ""},
		"another scheme":          {http.Header{"Authorization": {"Basic eDp5"}}, 200, "anon", ""},
		"empty bearer":            {http.Header{"Authorization": {"Bearer "}}, 401, "", `Bearer error="invalid_token", error_description="Empty JWT is sent in Authorization header"`},
		"bad bearer, good apikey": {http.Header{"Authorization": {"Bearer x"}, "Apikey": {service}}, 401, "", `Bearer error="invalid_token", error_description="Expected 3 parts in JWT; got 1"`},
		"bad apikey":              {http.Header{"Apikey": {"x.y"}}, 401, "", `Bearer error="invalid_token", error_description="Expected 3 parts in JWT; got 2"`},
		"expired":                 {http.Header{"Authorization": {"Bearer " + expired}}, 401, "", `Bearer error="invalid_token", error_description="JWT expired"`},
	} {
		t.Run(name, func(t *testing.T) {
			var got httpapi.Identity
			h := v.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = httpapi.IdentityFrom(r.Context()) }))
			r := httptest.NewRequest("GET", "/", nil)
			r.Header = c.header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status || got.Role != c.role || w.Header().Get("WWW-Authenticate") != c.challenge {
				t.Errorf("status %d, role %q, challenge %q", w.Code, got.Role, w.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

func TestMiddlewareWithoutAnonymousRole(t *testing.T) {
	v := New(Config{Keys: Keys{Secret(testSecret)}, Now: func() time.Time { return now }})
	w := httptest.NewRecorder()
	v.Middleware(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 401 || w.Header().Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("status %d, challenge %q", w.Code, w.Header().Get("WWW-Authenticate"))
	}
}
