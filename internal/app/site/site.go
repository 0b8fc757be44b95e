// Package site puts the routes of a server together: APIs, functions, and the files of
// the project with all that is asked before them.
//
//	s := site.New(data, files, httpapi.CORS())
//	s.Add([]site.Route{{Pattern: "GET /health", Handler: httpapi.Health()}})
//	h := s.Handler(proxies, observe, limit)
package site

import (
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/functions"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Route is a path and who answers it; or, without a pattern, what is asked before
// the project's files or stands around everything.
type Route struct {
	Pattern string // of http.ServeMux
	Handler http.Handler
	Before  func(files http.Handler) http.Handler
	Around  httpapi.Middleware
	// Own tells requests whose handlers say themselves which scripts may read their
	// answers.
	Own func(*http.Request) bool
}

// Site is what answers all requests of a server.
type Site struct {
	mux    *http.ServeMux
	heads  map[string]bool // first segments of the mux's patterns
	data   http.Handler
	called http.Handler // functions, by their names; may be nil
	files  http.Handler // with all that comes before them
	cors   httpapi.Middleware
	around []httpapi.Middleware
}

// New makes a site of the data API and of files.
func New(data, files http.Handler, cors httpapi.Middleware) *Site {
	return &Site{mux: http.NewServeMux(), heads: map[string]bool{}, data: data, files: files, cors: cors}
}

// Add takes routes into the site.
func (s *Site) Add(routes []Route) {
	for _, r := range routes {
		switch {
		case r.Before != nil:
			s.files = r.Before(s.files)
		case r.Around != nil:
			s.around = append(s.around, r.Around)
		case r.Own != nil:
			s.cors = httpapi.Unless(ofScripts(r.Own), s.cors)
		default:
			if r.Pattern == functions.Prefix {
				s.called = r.Handler
			}
			s.mux.Handle(r.Pattern, r.Handler)
			s.heads[headOf(r.Pattern)] = true
		}
	}
}

// Handler is the site with what stands around it: CORS comes after what observes, so
// that its answers are seen, and before what may refuse, so that scripts can read that.
func (s *Site) Handler(proxies, observe, limit httpapi.Middleware) http.Handler {
	s.mux.Handle("/", s.files)
	return httpapi.Chain(s.direct(), append([]httpapi.Middleware{proxies, observe, s.cors, limit}, s.around...)...)
}

// ofScripts leaves requests of no script out, which CORS does nothing with.
func ofScripts(own func(*http.Request) bool) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Header.Get("Origin") != "" && own(r) }
}

// direct serves the data API, functions, and files with all that comes before them,
// without the mux, which takes longer to find them than anything else on the way. Paths
// that the mux would clean up, and functions' with escapes that count, go through it.
func (s *Site) direct() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		switch {
		case !strings.HasPrefix(path, "/") || strings.Contains(path, "//") || strings.Contains(path, "/."):
			s.mux.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/rest/v1/"):
			r.Pattern = "/rest/v1/{relation}"
			if strings.HasPrefix(path[len("/rest/v1/"):], "rpc/") {
				r.Pattern = "/rest/v1/rpc/{function}"
			}
			s.data.ServeHTTP(w, r)
		case s.called != nil && r.URL.RawPath == "" && strings.HasPrefix(path, functions.Prefix):
			s.called.ServeHTTP(w, r)
		case s.heads[head(path)] || r.Method == http.MethodConnect:
			s.mux.ServeHTTP(w, r)
		default:
			r.Pattern = "/"
			s.files.ServeHTTP(w, r)
		}
	})
}

// headOf is the first segment of a pattern, which has no parameter there.
func headOf(pattern string) string { return head(pattern[strings.IndexByte(pattern, '/'):]) }

// head is the first segment of a path.
func head(path string) string {
	segment, _, _ := strings.Cut(path[1:], "/")
	return segment
}
