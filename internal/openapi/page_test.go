package openapi_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/openapi"
)

// TestPage: the page names its own files only, and each is there.
func TestPage(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("GET /docs", openapi.Page())
	for path, h := range openapi.PageFiles() {
		mux.Handle("GET "+path, h)
	}
	get := func(path, etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		if etag != "" {
			r.Header.Set("If-None-Match", etag)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
	page := get("/docs", "")
	if page.Code != http.StatusOK || !strings.Contains(page.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Fatalf("%d %v", page.Code, page.Header())
	}
	if again := get("/docs", page.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("%d with its entity tag", again.Code)
	}
	loaded := regexp.MustCompile(`(?:src|href)="(/galley/[^"]*)"`).FindAllStringSubmatch(page.Body.String(), -1)
	if len(loaded) != len(openapi.PageFiles()) {
		t.Errorf("the page loads %v", loaded)
	}
	text := page.Body.String()
	for _, l := range loaded {
		w := get(l[1], "")
		if w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: %d", l[1], w.Code)
		}
		text += w.Body.String()
	}
	if elsewhere := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+\.[a-z]{2,}`).FindString(text); elsewhere != "" {
		t.Errorf("the page names another server: %s", elsewhere)
	}
	if strings.Contains(text, "innerHTML") {
		t.Error("the page sets markup from text")
	}
}
