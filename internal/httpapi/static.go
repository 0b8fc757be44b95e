package httpapi

import (
	"cmp"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// StaticConfig says which files are served.
type StaticConfig struct {
	Dir string
	// Reserved are path prefixes that belong to others ("/rest/"): a path below
	// one is never answered with a page.
	Reserved []string
	// NoFallback answers an unknown path with 404 instead of the front page of
	// a single-page app.
	NoFallback bool
	// Headers are headers of the files by the request's path, which may end in * for
	// all that begin so. A longer path's counts before a shorter one's; an empty one
	// is not sent.
	Headers map[string]map[string]string
}

// Static serves the files of a folder: index.html for a folder, and for an
// unknown path without extension that a browser navigates to. Responses have a
// strong ETag, ranges, gzip or zstd. Files and folders whose name begins with a
// dot are hidden, but for .well-known; a link that leads out of the folder is
// refused.
type Static struct {
	config StaticConfig
	root   *os.Root
	cache  fileCache
	rules  []headerRule
}

// NewStatic opens the folder. An error wraps fs.ErrNotExist when there is none.
func NewStatic(c StaticConfig) (*Static, error) {
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return nil, err
	}
	return &Static{config: c, root: root, rules: headerRules(c.Headers)}, nil
}

// headerRule has the headers of a path.
type headerRule struct {
	path    string // without its *
	begins  bool   // it had one
	headers map[string]string
}

// headerRules sorts rules so that the one that counts most is the last.
func headerRules(headers map[string]map[string]string) []headerRule {
	var out []headerRule
	for pattern, values := range headers {
		prefix, begins := strings.CutSuffix(pattern, "*")
		out = append(out, headerRule{prefix, begins, values})
	}
	slices.SortFunc(out, func(a, b headerRule) int {
		if a.path == b.path && a.begins {
			return -1
		}
		return cmp.Compare(len(a.path), len(b.path))
	})
	return out
}

// setHeaders adds the project's headers to a response. The path is the one that the
// file was found by.
func (s *Static) setHeaders(h http.Header, urlPath string) {
	clean := path.Clean("/" + urlPath)
	if strings.HasSuffix(urlPath, "/") && clean != "/" {
		clean += "/"
	}
	for _, rule := range s.rules {
		if clean != rule.path && !(rule.begins && strings.HasPrefix(clean, rule.path)) {
			continue
		}
		for name, value := range rule.headers {
			if value == "" {
				h.Del(name)
			} else {
				h.Set(name, value)
			}
		}
	}
}

// Close closes the folder.
func (s *Static) Close() error { return s.root.Close() }

// ServeHTTP implements http.Handler.
func (s *Static) ServeHTTP(w http.ResponseWriter, r *http.Request) { Handler(s.serve).ServeHTTP(w, r) }

func (s *Static) serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return fault.New("method_not_allowed", "Unsupported HTTP method: %s", r.Method).WithStatus(http.StatusMethodNotAllowed)
	}
	name, ok := s.fileName(r.URL.Path)
	if !ok {
		return notFound()
	}
	info, err := s.root.Stat(name)
	if err == nil && info.IsDir() {
		if !strings.HasSuffix(r.URL.Path, "/") {
			return s.redirect(w, r, name)
		}
		name = path.Join(name, "index.html")
		info, err = s.root.Stat(name)
	}
	if err != nil || !info.Mode().IsRegular() {
		return s.fallback(w, r)
	}
	return s.send(w, r, name, info)
}

// fileName returns the name of a file for a path, relative to the folder, and
// false when the path names none.
func (s *Static) fileName(urlPath string) (string, bool) {
	if strings.ContainsAny(urlPath, "\\\x00") {
		return "", false
	}
	clean := path.Clean("/" + urlPath)
	for _, prefix := range s.config.Reserved {
		if strings.HasPrefix(clean+"/", prefix) {
			return "", false
		}
	}
	for segment := range strings.SplitSeq(clean[1:], "/") {
		if strings.HasPrefix(segment, ".") && segment != ".well-known" {
			return "", false
		}
	}
	if clean == "/" {
		return ".", true
	}
	return clean[1:], true
}

// Has tells whether a path names a file, or a folder with a page.
func (s *Static) Has(urlPath string) bool {
	name, ok := s.fileName(urlPath)
	if !ok {
		return false
	}
	info, err := s.root.Stat(name)
	if err == nil && info.IsDir() {
		info, err = s.root.Stat(path.Join(name, "index.html"))
	}
	return err == nil && info.Mode().IsRegular()
}

// redirect sends a folder's path to itself with a slash, so that the relative
// links of its page work.
func (s *Static) redirect(w http.ResponseWriter, r *http.Request, name string) error {
	if _, err := s.root.Stat(path.Join(name, "index.html")); err != nil {
		return s.fallback(w, r)
	}
	target := path.Clean("/"+r.URL.Path) + "/"
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	http.Redirect(w, r, target, http.StatusMovedPermanently)
	return nil
}

// fallback answers a path that names no file: with the front page when a
// browser navigates there, for the app to route.
func (s *Static) fallback(w http.ResponseWriter, r *http.Request) error {
	if s.config.NoFallback || path.Ext(r.URL.Path) != "" || !isNavigation(r) {
		return notFound()
	}
	info, err := s.root.Stat("index.html")
	if err != nil || !info.Mode().IsRegular() {
		return notFound()
	}
	return s.send(w, r, "index.html", info)
}

// isNavigation tells whether a browser wants a page (Fetch metadata; else its
// Accept header, which scripts and images leave without text/html).
func isNavigation(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

func notFound() error {
	return fault.New("not_found", "Not found").WithStatus(http.StatusNotFound)
}

func (s *Static) send(w http.ResponseWriter, r *http.Request, name string, info fs.FileInfo) error {
	f, err := s.cache.get(s.root, name, info)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return notFound()
	}
	if err != nil {
		return fault.Internal(err)
	}
	content, done, err := f.open(s.root)
	if err != nil {
		return fault.Internal(err)
	}
	defer done()
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Set("Cache-Control", cacheControl(name))
	h.Set("X-Content-Type-Options", "nosniff")
	s.setHeaders(h, r.URL.Path)
	tag := f.tag
	if f.compressible() {
		h.Set("Vary", "Accept-Encoding")
		if encoding := f.choose(r); encoding != "" {
			body := f.encoded(encoding)
			content, tag = body.reader(), f.tag+"-"+encoding
			h.Set("Content-Encoding", encoding)
			h.Set("Content-Length", strconv.Itoa(len(body)))
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, name, time.Time{}, content)
	return nil
}
