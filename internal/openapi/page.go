package openapi

import (
	_ "embed"
	"net/http"

	"github.com/galleyhq/galley/internal/static"
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
	asset := static.Asset(content, contentType)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		asset.ServeHTTP(w, r)
	})
}
