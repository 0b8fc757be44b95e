package httpapi

import (
	"net/http"
	"slices"
	"strings"
)

const (
	corsMethods = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD"
	corsMaxAge  = "86400" // seconds

	// corsHeaders is what a preflight allows that asks for no headers.
	corsHeaders = "Authorization, Accept, Accept-Language, Content-Language, Content-Type, Accept-Profile, Apikey, Content-Profile, Prefer, Range, Range-Unit, X-Client-Info"

	// exposed is what PostgREST lets a script read; exposedToo what Galley adds.
	exposed    = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit"
	exposedToo = "Content-Length, Content-Profile, ETag, Link, Preference-Applied, Proxy-Status, Retry-After, X-Request-Id, X-Sb-Error-Code, X-Supabase-Api-Version, X-Total-Count"
)

// CORS lets scripts of other origins use the API (Fetch standard, "CORS
// protocol"): those of the given origins with credentials, or of any origin
// without when none is given. It answers preflight requests itself.
func CORS(origins ...string) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			origin := r.Header.Get("Origin")
			if origin == "" || !allowOrigin(w.Header(), origins, origin) {
				next.ServeHTTP(w, r)
				return
			}
			if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
				preflight(w, r)
				return
			}
			w.Header()["Access-Control-Expose-Headers"] = []string{exposed, exposedToo}
			next.ServeHTTP(w, r)
		})
	}
}

// AllowOrigin lets scripts of an origin read an answer, as CORS does, for handlers
// that CORS does not stand before.
func AllowOrigin(h http.Header, origins []string, origin string) {
	if origin != "" && allowOrigin(h, origins, origin) {
		h["Access-Control-Expose-Headers"] = []string{exposed, exposedToo}
	}
}

// Unless leaves requests that skip tells of to a handler without a middleware.
func Unless(skip func(*http.Request) bool, m Middleware) Middleware {
	return func(next http.Handler) http.Handler {
		with := m(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if skip(r) {
				next.ServeHTTP(w, r)
				return
			}
			with.ServeHTTP(w, r)
		})
	}
}

func allowOrigin(h http.Header, origins []string, origin string) bool {
	if len(origins) == 0 {
		h.Set("Access-Control-Allow-Origin", "*")
		return true
	}
	h.Add("Vary", "Origin")
	if !slices.Contains(origins, origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	return true
}

// preflight allows the headers that are asked for: which of them mean something
// is for the handlers to say, and none of them grants anything here.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", allowedHeaders(r.Header.Get("Access-Control-Request-Headers")))
	h.Set("Access-Control-Max-Age", corsMaxAge)
	h.Add("Vary", "Access-Control-Request-Headers")
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
}

func allowedHeaders(requested string) string {
	var names []string
	for name := range strings.SplitSeq(requested, ",") {
		if name = strings.TrimSpace(name); isToken(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return corsHeaders
	}
	return "Authorization, " + strings.Join(names, ", ") + ", Accept, Accept-Language, Content-Language"
}

// isToken tells whether s is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if ('a' > c || c > 'z') && ('A' > c || c > 'Z') && ('0' > c || c > '9') && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
