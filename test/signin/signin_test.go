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
const minimumTests = 15

func TestMain(m *testing.M) { galleytest.Main(m) }

func TestPage(t *testing.T) {
	node, chromium := find(t)
	url, server := proxy(t)
	s := galleytest.Start(t, galleytest.Options{Project: galleytest.Project(t, "create table notes (id int primary key);"), Env: settings(url)})
	server.Store(s)
	files, err := filepath.Glob("*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, append([]string{"--test", "--test-reporter=tap"}, files...)...)
	cmd.Env = append(os.Environ(), "GALLEY_URL="+url, "GALLEY_SERVICE_ROLE="+s.Keys.ServiceRole, "CHROMIUM="+chromium)
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

// find returns Node and Chromium, or skips the test.
func find(t *testing.T) (node, chromium string) {
	t.Helper()
	missing := "npm playwright-core is not installed (npm ci in test/signin)"
	if _, err := os.Stat("node_modules/playwright-core"); err == nil {
		missing = "there is no Node 20 or newer"
		if node, err = exec.LookPath("node"); err == nil && recent(t, node) {
			missing = "there is no chromium (apt install chromium)"
			for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
				if chromium, err = exec.LookPath(name); err == nil {
					return node, chromium
				}
			}
		}
	}
	if os.Getenv("GALLEY_TEST_REQUIRE_CHROMIUM") == "1" {
		t.Fatal(missing)
	}
	t.Skip("the sign-in page is not tried: " + missing)
	return "", ""
}

func recent(t *testing.T, node string) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), node, "--version").Output()
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	n, _ := strconv.Atoi(major)
	return err == nil && n >= 20
}
