package static

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func newFolder(t *testing.T) (*Folder, string) {
	t.Helper()
	outside := t.TempDir()
	dir := filepath.Join(outside, "public")
	for name, text := range map[string]string{
		"../secret.txt":            "secret",
		"index.html":               "<h1>front</h1>",
		"big.css":                  strings.Repeat("a { color: red }\n", 1000),
		"assets/index-DiwrgT9a.js": "code",
		"docs/index.html":          "docs",
		".env":                     "hidden",
		".git/config":              "hidden",
		".well-known/security.txt": "contact",
		"empty.txt":                "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.txt", filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	s, err := Open(Config{Dir: dir, Reserved: []string{"/rest/"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, dir
}

func ask(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://test/", nil)
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(target, "?")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPaths(t *testing.T) {
	s, _ := newFolder(t)
	page := []string{"Accept", "text/html,*/*"}
	for _, c := range []struct {
		target string
		header []string
		status int
		body   string
	}{
		{"/", nil, 200, "<h1>front</h1>"},
		{"/index.html", nil, 200, "<h1>front</h1>"},
		{"/docs/", nil, 200, "docs"},
		{"/docs", nil, 301, ""},
		{"/empty.txt", nil, 200, ""},
		{"/.well-known/security.txt", nil, 200, "contact"},
		{"/.env", nil, 404, ""},
		{"/.git/config", nil, 404, ""},
		{"/link.txt", nil, 404, ""},
		{"/../secret.txt", nil, 404, ""},
		{"/docs/../../secret.txt", nil, 404, ""},
		{"/..\\secret.txt", nil, 404, ""},
		{"/a\x00b", page, 404, ""},
		{"/some/route", page, 200, "<h1>front</h1>"},
		{"/some/route", []string{"Sec-Fetch-Mode", "navigate"}, 200, "<h1>front</h1>"},
		{"/some/route", []string{"Sec-Fetch-Mode", "cors", "Accept", "text/html"}, 404, ""},
		{"/some/route", nil, 404, ""},
		{"/missing.js", page, 404, ""},
		{"/rest/v1/todos", page, 404, ""},
		{"/rest", page, 404, ""},
		{"/resting", page, 200, "<h1>front</h1>"},
	} {
		w := ask(s, "GET", c.target, c.header...)
		if w.Code != c.status || c.status == 200 && w.Body.String() != c.body {
			t.Errorf("GET %q: %d %q, want %d %q", c.target, w.Code, w.Body, c.status, c.body)
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("GET %q shows what is outside", c.target)
		}
	}
	if w := ask(s, "POST", "/"); w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestHeaders(t *testing.T) {
	_, dir := newFolder(t)
	s, err := Open(Config{Dir: dir, Reserved: []string{"/rest/"}, Headers: map[string]map[string]string{
		"/*":              {"X-Frame-Options": "DENY", "X-Rule": "all"},
		"/docs/*":         {"X-Rule": "below", "X-Frame-Options": ""},
		"/docs/":          {"X-Rule": "page"},
		"/big.css":        {"Cache-Control": "no-store", "X-Content-Type-Options": ""},
		"/docs/page.html": {"X-Rule": "never"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	page := []string{"Accept", "text/html"}
	for _, c := range []struct {
		target, rule, frame string
		header              []string
	}{
		{"/", "all", "DENY", nil},
		{"/some/route", "all", "DENY", page},
		{"/docs/", "page", "", nil},
		{"/docs/index.html", "below", "", nil},
		{"//docs/./index.html", "below", "", nil},
		{"/x/../docs/", "page", "", nil},
		{"/docs/route", "below", "", page},
		{"/docs", "", "", nil}, // leads to the one with a slash
		{"/missing.js", "", "", nil},
		{"/rest/v1/x", "", "", page},
	} {
		h := ask(s, "GET", c.target, c.header...).Header()
		if h.Get("X-Rule") != c.rule || h.Get("X-Frame-Options") != c.frame {
			t.Errorf("%s: %v", c.target, h)
		}
	}
	w := ask(s, "GET", "/big.css")
	if h := w.Header(); h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "" || h.Get("X-Frame-Options") != "DENY" {
		t.Errorf("%v", h)
	}
	again := ask(s, "GET", "/big.css", "If-None-Match", w.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Header().Get("X-Frame-Options") != "DENY" {
		t.Errorf("%d %v", again.Code, again.Header())
	}
}

func TestValidation(t *testing.T) {
	s, dir := newFolder(t)
	w := ask(s, "GET", "/big.css")
	tag := w.Header().Get("ETag")
	if tag == "" || strings.HasPrefix(tag, "W/") {
		t.Fatalf("ETag %q is not strong", tag)
	}
	if w := ask(s, "GET", "/big.css", "If-None-Match", tag); w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("revalidation: %d with %d bytes", w.Code, w.Body.Len())
	}
	if w := ask(s, "GET", "/big.css", "Range", "bytes=4-8"); w.Code != 206 || w.Body.String() != "color"[:5] {
		t.Errorf("range: %d %q", w.Code, w.Body)
	}
	if w := ask(s, "HEAD", "/big.css"); w.Header().Get("Content-Length") != "17000" || w.Body.Len() > 0 {
		t.Errorf("HEAD: %v", w.Header())
	}
	if err := os.WriteFile(filepath.Join(dir, "big.css"), []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	if w := ask(s, "GET", "/big.css", "If-None-Match", tag); w.Code != 200 || w.Body.String() != "changed" {
		t.Errorf("after a change: %d %q", w.Code, w.Body)
	}
}

func TestEncodings(t *testing.T) {
	s, _ := newFolder(t)
	plain := ask(s, "GET", "/big.css")
	for _, name := range []string{"gzip", "zstd"} {
		w := ask(s, "GET", "/big.css", "Accept-Encoding", name)
		if w.Header().Get("Content-Encoding") != name || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Fatalf("%s: header %v", name, w.Header())
		}
		if w.Header().Get("ETag") == plain.Header().Get("ETag") {
			t.Errorf("%s has the ETag of other bytes", name)
		}
		if again := ask(s, "GET", "/big.css", "Accept-Encoding", name, "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
			t.Errorf("%s: revalidation gives %d", name, again.Code)
		}
		if got := decompress(t, name, w.Body); got != plain.Body.String() {
			t.Errorf("%s does not decode to the file", name)
		}
	}
	if w := ask(s, "GET", "/big.css", "Accept-Encoding", "gzip;q=0, zstd;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("a refused coding was used")
	}
	if w := ask(s, "GET", "/big.css", "Accept-Encoding", "gzip", "Range", "bytes=0-0"); w.Code != 206 || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("a range of a coding: %d %v", w.Code, w.Header())
	}
}

func decompress(t *testing.T, name string, r io.Reader) string {
	t.Helper()
	var in io.Reader
	var err error
	if name == "gzip" {
		in, err = gzip.NewReader(r)
	} else {
		in, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCacheControl(t *testing.T) {
	for name, kept := range map[string]bool{
		"index.html":                 false,
		"assets/index-DiwrgT9a.js":   true,
		"assets/index-DiwrgTda.js":   true,
		"assets/main.3f2a91bc.css":   true,
		"index-DiwrgT9a.js":          false,
		"assets/my-document.pdf":     false,
		"assets/Report-Overview.pdf": false,
		"assets/data-20240101.csv":   false,
	} {
		if got := strings.Contains(cacheControl(name), "immutable"); got != kept {
			t.Errorf("%s: immutable %v", name, got)
		}
	}
}
