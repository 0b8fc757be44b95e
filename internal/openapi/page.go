package openapi

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strconv"

	"github.com/galleyhq/galley/internal/httpapi"
)

// The page's files. It is our own: plain HTML, CSS and JavaScript without a build
// step. Scalar's bundle (1.72.1) would add 1.2 MB compressed to the binary.
var (
	//go:embed page/index.html
	pageHTML []byte
	//go:embed page/docs.css
	pageCSS []byte
	//go:embed page/docs.js
	pageJS []byte
)

// pagePolicy lets the page load nothing from elsewhere, and be framed by nobody.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Page returns the handler of the page that shows /openapi.json, lets a person
// search it and try requests with a key. It loads PageFiles.
func Page() http.Handler { return file(pageHTML, "text/html; charset=utf-8") }

// PageFiles are the files that the page loads, by their paths.
func PageFiles() map[string]http.Handler {
	return map[string]http.Handler{
		"/galley/docs.css": file(pageCSS, "text/css; charset=utf-8"),
		"/galley/docs.js":  file(pageJS, "text/javascript; charset=utf-8"),
	}
}

func file(content []byte, contentType string) http.Handler {
	sum := sha256.Sum256(content)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
	return httpapi.Handler(func(w http.ResponseWriter, r *http.Request) error {
		h := w.Header()
		h.Set("ETag", etag)
		h.Set("Cache-Control", "no-cache")
		if matches(r.Header.Values("If-None-Match"), etag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		h.Set("Content-Type", contentType)
		h.Set("Content-Length", strconv.Itoa(len(content)))
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		_, _ = w.Write(content) // a client that left is no error
		return nil
	})
}
