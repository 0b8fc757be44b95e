package signin

import (
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/galleyhq/galley/test/galleytest"
	"github.com/galleyhq/galley/test/nodetest"
)

// minimumTests is fewer than the JavaScript tests are: a run of less has not run
// them.
const minimumTests = 21

func TestMain(m *testing.M) { galleytest.Main(m) }

func TestPage(t *testing.T) {
	node := nodetest.Find(t, nodetest.Needs{Folder: "test/client", At: "..", Packages: []string{"playwright-core", "axe-core"}, Chromium: true,
		Require: "GALLEY_TEST_REQUIRE_BROWSER"})
	url, server := proxy(t)
	s := galleytest.Start(t, galleytest.Options{Project: galleytest.Project(t, "create table notes (id int primary key);"), Env: settings(url)})
	server.Store(s)
	env := []string{"GALLEY_URL=" + url, "GALLEY_SERVICE_ROLE=" + s.Keys.ServiceRole, "CHROMIUM=" + nodetest.Chromium}
	for _, name := range []string{"hcaptcha", "turnstile"} {
		s := galleytest.Start(t, galleytest.Options{Project: galleytest.Project(t, "select 1;"), Env: []string{"GALLEY_AUTH_CAPTCHA_ENABLED=true",
			"GALLEY_AUTH_CAPTCHA_PROVIDER=" + name, "GALLEY_AUTH_CAPTCHA_SECRET=x", "GALLEY_AUTH_CAPTCHA_SITE_KEY=key"}})
		env = append(env, "GALLEY_"+strings.ToUpper(name)+"="+s.URL)
	}
	files, err := filepath.Glob("*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests", err)
	}
	nodetest.Run(t, nodetest.Suite{Name: "sign-in page", Node: node, Files: files, Env: env, Least: minimumTests, Together: true})
}

// proxy listens on an address that is known before the server's own, as mails and
// passkeys need it: with a name, which is localhost.
func proxy(t *testing.T) (string, *atomic.Pointer[galleytest.Server]) {
	var server atomic.Pointer[galleytest.Server]
	p := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to, err := url.Parse(server.Load().URL)
		if err != nil {
			panic(err) // galleytest has asked it already
		}
		r.SetURL(to)
	}})
	t.Cleanup(p.Close)
	return strings.Replace(p.URL, "127.0.0.1", "localhost", 1), &server
}

// settings open what the page can show.
func settings(url string) []string {
	out := []string{"GALLEY_AUTH_EXTERNAL_URL=" + url}
	for _, s := range []string{"ADDITIONAL_REDIRECT_URLS=https://app.example.org/**", "SMS_ENABLE_SIGNUP=true", "PASSKEY_ENABLED=true",
		"EXTERNAL_GITHUB_ENABLED=true", "EXTERNAL_GITHUB_CLIENT_ID=x", "EXTERNAL_GITHUB_SECRET=y", "MFA_PHONE_ENROLL_ENABLED=true", "MFA_PHONE_VERIFY_ENABLED=true",
		"EMAIL_MAX_FREQUENCY=0s", "SMS_MAX_FREQUENCY=0s", "MFA_PHONE_MAX_FREQUENCY=0s", "RATE_LIMIT_SIGN_IN_SIGN_UPS=0", "RATE_LIMIT_TOKEN_VERIFICATIONS=0", "RATE_LIMIT_TOKEN_REFRESH=0",
		"RATE_LIMIT_EMAIL_SENT=0", "RATE_LIMIT_SMS_SENT=0", "UI_TITLE=Otter Notes"} {
		out = append(out, "GALLEY_AUTH_"+s)
	}
	return out
}
