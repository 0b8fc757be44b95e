package config

import (
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
