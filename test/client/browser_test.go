package client

import (
	_ "embed"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/test/galleytest"
	"github.com/galleyhq/galley/test/nodetest"
)

// page is the app's: the official client, and nothing else.
const page = `<!doctype html><html lang="en"><title>app</title><script src="/supabase.js"></script></html>`

// minimumBrowserTests is how many the tests in the browser are.
const minimumBrowserTests = 4

// TestBrowser runs the official client in Chromium, on an app's page, with a virtual
// authenticator: what people do with passkeys and security keys.
func TestBrowser(t *testing.T) {
	node := findBrowser(t)
	for name, url := range map[string]func(testing.TB) string{"embedded": func(testing.TB) string { return "" }, "postgres": pgtest.Database} {
		t.Run(name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = w.Write([]byte(page))
			})
			mux.HandleFunc("GET /supabase.js", func(w http.ResponseWriter, r *http.Request) {
				http.ServeFile(w, r, "node_modules/@supabase/supabase-js/dist/umd/supabase.js")
			})
			app := httptest.NewServer(mux)
			t.Cleanup(app.Close)
			// An address of numbers is no domain that passkeys could be bound to.
			site := strings.Replace(app.URL, "127.0.0.1", "localhost", 1)
			s := galleytest.Start(t, galleytest.Options{Project: galleytest.Project(t, schema), DatabaseURL: url(t), Env: []string{
				"GALLEY_AUTH_SITE_URL=" + site, "GALLEY_AUTH_EMAIL_ENABLE_CONFIRMATIONS=false", "GALLEY_AUTH_PASSKEY_ENABLED=true",
				"GALLEY_AUTH_MFA_WEB_AUTHN_ENROLL_ENABLED=true", "GALLEY_AUTH_MFA_WEB_AUTHN_VERIFY_ENABLED=true",
			}})
			nodetest.Run(t, nodetest.Suite{Name: "official client", Node: node, Files: []string{"browser.js"}, Least: minimumBrowserTests, Env: []string{
				"GALLEY_URL=" + s.URL, "GALLEY_ANON=" + s.Keys.Anon, "GALLEY_APP=" + site, "GALLEY_CHROMIUM=" + nodetest.Chromium}})
		})
	}
}

// findBrowser returns the Node that drives Chromium, or skips the test.
func findBrowser(t *testing.T) string {
	t.Helper()
	findNode(t)
	return nodetest.Find(t, nodetest.Needs{Folder: "test/client", At: ".", Packages: []string{"playwright-core"}, Chromium: true, Require: "GALLEY_TEST_REQUIRE_BROWSER"})
}
