package config

import (
	"errors"
	"maps"
	"strings"
	"testing"
)

func TestHTTPS(t *testing.T) {
	for _, c := range []struct {
		env  string // of GALLEY_SERVER_HTTPS_, separated by ;
		says string // "" for no mistake
	}{
		{"DOMAINS=app.example.org,www.example.org;EMAIL=me@example.org", ""},
		{"DOMAINS=APP.Example.org.", ""},
		{"DOMAINS=xn--bcher-kva.example.org;CA=letsencrypt-staging;REDIRECT=", ""},
		{"DOMAINS=*.example.org;CERT=c.pem;KEY=k.pem", ""},
		{"DOMAINS=localhost;CERT=c.pem;KEY=k.pem", ""},
		{"DOMAINS=app.internal;CA=https://ca.internal/acme/directory", ""},
		{"DOMAINS=https://app.example.org", "without scheme"},
		{"DOMAINS=app.example.org:443", "without scheme"},
		{"DOMAINS=192.0.2.1", "expected a name"},
		{"DOMAINS=bücher.example.org", "xn--"},
		{"DOMAINS=-a.example.org", "expected a name"},
		{"DOMAINS=a..example.org", "expected a name"},
		{"DOMAINS=*.example.org", "not got by itself"},
		{"DOMAINS=localhost", "no public authority"},
		{"DOMAINS=server", "no public authority"},
		{"DOMAINS=nas.local", "no public authority"},
		{"DOMAINS=app.example.org;CERT=c.pem", "a certificate needs its key"},
		{"DOMAINS=app.example.org;KEY=k.pem", "a certificate needs its key"},
		{"CERT=c.pem;KEY=k.pem", "expected the names"},
		{"EMAIL=me@example.org", "expected the names"},
		{"DOMAINS=app.example.org;EMAIL=me", "the certificate authority can write to"},
		{"DOMAINS=app.example.org;LISTEN=443", "expected host:port"},
		{"DOMAINS=app.example.org;REDIRECT=:x", "expected host:port"},
		{"DOMAINS=app.example.org;CA=http://ca.example.org", "ACME directory"},
		{"DOMAINS=app.example.org;HSTS=1 year", "expected a duration"},
	} {
		var env []string
		for part := range strings.SplitSeq(c.env, ";") {
			env = append(env, "GALLEY_SERVER_HTTPS_"+part)
		}
		_, _, err := Load(Source{Project: t.TempDir(), Env: env})
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", c.env, err)
		}
	}
}

// TestHTTPSIsNotLoopback: what is open on a developer's own machine only is closed on
// one that serves a domain.
func TestHTTPSIsNotLoopback(t *testing.T) {
	for env, want := range map[string]bool{"": true, "GALLEY_SERVER_HTTPS_DOMAINS=app.example.org": false} {
		c, _, err := Load(Source{Project: t.TempDir(), Env: []string{env}, Dev: true})
		if err != nil || c.Server.Loopback() != want {
			t.Errorf("%q: %t, %v", env, c.Server.Loopback(), err)
		}
	}
}

func TestHeaders(t *testing.T) {
	c, _, err := Load(Source{Project: project(t, map[string]string{"galley.toml": `
[server.headers]
x-frame-options = ""
Content-Security-Policy = "default-src 'self'; img-src *"
[server.headers."/a.b/c.html"]
Cache-Control = " no-store "
[server.headers."/admin/*"]
X-Frame-Options = "DENY"
`}), Env: []string{"GALLEY_SERVER_HEADERS_PERMISSIONS_POLICY=camera=()"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{
		"/*": {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "X-Frame-Options": "",
			"Content-Security-Policy": "default-src 'self'; img-src *", "Permissions-Policy": "camera=()"},
		"/a.b/c.html": {"Cache-Control": "no-store"},
		"/admin/*":    {"X-Frame-Options": "DENY"},
	}
	if !maps.EqualFunc(c.Server.Headers, want, maps.Equal) {
		t.Errorf("%v", c.Server.Headers)
	}
}

func TestHeaderMistakes(t *testing.T) {
	for text, says := range map[string]string{
		`X-A = "a\r\nSet-Cookie: b=c"`: "one line",
		`X-A = "a\nb"`:                 "one line",
		`X-A = "a\u0000"`:              "one line",
		`X-A = "é"`:                    "one line",
		`X-A = "` + strings.Repeat("a", 9000) + `"`: "one line",
		`X-A = 5`:                             "expected a string",
		`"X A" = "a"`:                         "name of a header",
		`"X:A" = "a"`:                         "name of a header",
		`"" = "a"`:                            "unknown key",
		`"X-A\r\nX-B" = "a"`:                  "name of a header",
		`content-type = "text/html"`:          "Galley's own",
		`"Access-Control-Allow-Origin" = "*"`: "Galley's own",
		`Set-Cookie = "a=b"`:                  "Galley's own",
		`[server.headers."admin/*"]` + "\nX-A = '1'":   "unknown key",
		`[server.headers."/a/*/b"]` + "\nX-A = '1'":    "* at its end",
		`[server.headers."/a?b"]` + "\nX-A = '1'":      "* at its end",
		`[server.headers."/a/*"]` + "\nETag = '\"1\"'": "Galley's own",
	} {
		_, _, err := Load(Source{Project: project(t, map[string]string{"galley.toml": "[server.headers]\n" + text})})
		problems, ok := errors.AsType[Problems](err)
		if !ok || len(problems) != 1 || !strings.Contains(problems[0].Message, says) || problems[0].Line < 2 {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}
