// Package static serves files over HTTP: those of a folder, compressed where that
// pays, and single ones that are part of the program. Each has its media type, a
// strong entity tag, and how long browsers may keep it.
//
//	files, err := static.Open(static.Config{Dir: "public", Reserved: []string{"/rest/"}})
//	mux.Handle("/", files)
package static

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Config says which files are served.
type Config struct {
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

// Folder serves the files of a folder: index.html for a folder, and for an
// unknown path without extension that a browser navigates to. Responses have a
// strong ETag, ranges, gzip or zstd. Files and folders whose name begins with a
// dot are hidden, but for .well-known; a link that leads out of the folder is
// refused.
type Folder struct {
	config Config
	root   *os.Root
	cache  fileCache
	rules  headerRules
}

// Open opens the folder. An error wraps fs.ErrNotExist when there is none.
func Open(c Config) (*Folder, error) {
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return nil, err
	}
	return &Folder{config: c, root: root, rules: newHeaderRules(c.Headers)}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// ServeHTTP implements http.Handler.
func (f *Folder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	httpapi.Handler(f.serve).ServeHTTP(w, r)
}

func (f *Folder) serve(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return fault.New("method_not_allowed", "Unsupported HTTP method: %s", r.Method).WithStatus(http.StatusMethodNotAllowed)
	}
	name, ok := f.fileName(r.URL.Path)
	if !ok {
		return notFound()
	}
	info, err := f.root.Stat(name)
	if err == nil && info.IsDir() {
		if !strings.HasSuffix(r.URL.Path, "/") {
			return f.redirect(w, r, name)
		}
		name = path.Join(name, "index.html")
		info, err = f.root.Stat(name)
	}
	if err != nil || !info.Mode().IsRegular() {
		return f.fallback(w, r)
	}
	return f.send(w, r, name, info)
}

// fileName returns the name of a file for a path, relative to the folder, and
// false when the path names none.
func (f *Folder) fileName(urlPath string) (string, bool) {
	if strings.ContainsAny(urlPath, "\\\x00") {
		return "", false
	}
	clean := path.Clean("/" + urlPath)
	for _, prefix := range f.config.Reserved {
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
func (f *Folder) Has(urlPath string) bool {
	name, ok := f.fileName(urlPath)
	if !ok {
		return false
	}
	info, err := f.root.Stat(name)
	if err == nil && info.IsDir() {
		info, err = f.root.Stat(path.Join(name, "index.html"))
	}
	return err == nil && info.Mode().IsRegular()
}

// redirect sends a folder's path to itself with a slash, so that the relative
// links of its page work.
func (f *Folder) redirect(w http.ResponseWriter, r *http.Request, name string) error {
	if _, err := f.root.Stat(path.Join(name, "index.html")); err != nil {
		return f.fallback(w, r)
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
func (f *Folder) fallback(w http.ResponseWriter, r *http.Request) error {
	if f.config.NoFallback || path.Ext(r.URL.Path) != "" || !isNavigation(r) {
		return notFound()
	}
	info, err := f.root.Stat("index.html")
	if err != nil || !info.Mode().IsRegular() {
		return notFound()
	}
	return f.send(w, r, "index.html", info)
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

func (f *Folder) send(w http.ResponseWriter, r *http.Request, name string, info fs.FileInfo) error {
	kept, err := f.cache.get(f.root, name, info)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return notFound()
	}
	if err != nil {
		return fault.Internal(err)
	}
	content, done, err := kept.open(f.root)
	if err != nil {
		return fault.Internal(err)
	}
	defer done()
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Set("Cache-Control", cacheControl(name))
	h.Set("X-Content-Type-Options", "nosniff")
	f.rules.set(h, r.URL.Path)
	tag := kept.tag
	if kept.compressible() {
		h.Set("Vary", "Accept-Encoding")
		if encoding := kept.choose(r); encoding != "" {
			body := kept.encoded(encoding)
			content, tag = bytes.NewReader(body), kept.tag+"-"+encoding
			h.Set("Content-Encoding", encoding)
			h.Set("Content-Length", strconv.Itoa(len(body)))
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, name, time.Time{}, content)
	return nil
}
