package signin

import (
	"bytes"
	"context"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/test/galleytest"
)

// minimumTests is fewer than the JavaScript tests are: a run of less has not run
// them.
const minimumTests = 21

func TestMain(m *testing.M) { galleytest.Main(m) }

func TestPage(t *testing.T) {
	node := find(t)
	url, server := proxy(t)
	s := galleytest.Start(t, galleytest.Options{Project: galleytest.Project(t, "create table notes (id int primary key);"), Env: settings(url)})
	server.Store(s)
	env := append(os.Environ(), "GALLEY_URL="+url, "GALLEY_SERVICE_ROLE="+s.Keys.ServiceRole, "CHROMIUM="+browser)
	for _, name := range []string{"hcaptcha", "turnstile"} {
		s := galleytest.Start(t, galleytest.Options{Project: galleytest.Project(t, "select 1;"), Env: []string{"GALLEY_AUTH_CAPTCHA_ENABLED=true",
			"GALLEY_AUTH_CAPTCHA_PROVIDER=" + name, "GALLEY_AUTH_CAPTCHA_SECRET=x", "GALLEY_AUTH_CAPTCHA_SITE_KEY=key"}})
		env = append(env, "GALLEY_"+strings.ToUpper(name)+"="+s.URL)
	}
	files, err := filepath.Glob("*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, append([]string{"--test", "--test-reporter=tap"}, files...)...)
	cmd.Env = env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	counts := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^# (tests|pass|fail|skipped|todo|cancelled) (\d+)$`).FindAllStringSubmatch(out.String(), -1) {
		counts[m[1]], _ = strconv.Atoi(m[2])
	}
	t.Logf("sign-in page: %d of %d tests passed", counts["pass"], counts["tests"])
	if err != nil || counts["pass"] < minimumTests || counts["pass"] != counts["tests"] {
		t.Errorf("%v\n%s", err, out.Bytes())
	}
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

// browser is where Debian's is.
const browser = "/usr/bin/chromium"

// find returns the Node that drives Chromium, or skips the test.
func find(t *testing.T) string {
	t.Helper()
	missing := "npm playwright-core or axe-core (scripts/install-npm.sh test/client)"
	_, err := os.Stat("../node_modules/playwright-core")
	if err == nil {
		_, err = os.Stat("../node_modules/axe-core")
	}
	if err == nil {
		missing = "chromium (apt-get install chromium)"
		_, err = os.Stat(browser)
	}
	if err == nil {
		missing = "Node 20 or newer"
		for _, name := range []string{"../node_modules/.bin/node", "node"} {
			if node, err := exec.LookPath(name); err == nil && recent(t, node) {
				return node
			}
		}
	}
	if os.Getenv("GALLEY_TEST_REQUIRE_BROWSER") == "1" {
		t.Fatal("there is no " + missing)
	}
	t.Skip("the sign-in page is not tried: there is no " + missing)
	return ""
}

func recent(t *testing.T, node string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), node, "--version").Output()
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	n, _ := strconv.Atoi(major)
	return err == nil && n >= 20
}
