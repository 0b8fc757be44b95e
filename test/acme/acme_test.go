package acme

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/https"
	"github.com/galleyhq/galley/internal/migrate"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "galley-acme-")
	if err == nil {
		err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// project is a folder with a page.
func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	public := filepath.Join(dir, "public")
	if err := os.Mkdir(public, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(public, "index.html"), []byte("a page"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func environment(a *authority, more ...string) []string {
	return append([]string{"GALLEY_SERVER_HTTPS_DOMAINS=" + domain, "GALLEY_SERVER_HTTPS_LISTEN=127.0.0.1:0", "GALLEY_SERVER_HTTPS_REDIRECT=127.0.0.1:0",
		"GALLEY_SERVER_HTTPS_CA=" + a.directory, "GALLEY_SERVER_HTTPS_CA_ROOTS=" + a.rootsFile}, more...)
}

// client speaks to the node at an address as if it were there under its domain.
func client(a *authority, address string) *http.Client {
	return &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			ForceAttemptHTTP2: true, DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{RootCAs: a.roots},
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				var d net.Dialer
				return d.DialContext(ctx, "tcp", address)
			},
		},
	}
}

func get(t *testing.T, c *http.Client, url string) (*http.Response, string) {
	t.Helper()
	response, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// TestChallenges gets a certificate by each kind of challenge, and serves with it.
func TestChallenges(t *testing.T) {
	for _, c := range []struct {
		name        string
		plain       bool // what the authority reaches: plain HTTP, or else HTTPS
		environment string
	}{
		{name: "HTTP-01", plain: true},
		{name: "TLS-ALPN-01", environment: "GALLEY_SERVER_HTTPS_REDIRECT="},
	} {
		t.Run(c.name, func(t *testing.T) {
			plain, secure := newRelay(t), newRelay(t)
			a := newAuthority(t, plain.port, secure.port, ninetyDays)
			n := start(t, project(t), environment(a, c.environment)...)
			listening := n.said(t, "serving HTTPS")
			if c.plain {
				plain.to(listening.Redirect)
				secure.to()
			} else {
				plain.to()
				secure.to(listening.Address)
			}
			n.said(t, "https: there is a new certificate")
			waitSerial(t, a, listening.Address) // it is said when it is stored, just before it is shown

			response, body := get(t, client(a, listening.Address), "https://"+domain+"/")
			if response.ProtoMajor != 2 || body != "a page" {
				t.Errorf("%s, %q", response.Proto, body)
			}
			if s := response.Header.Get("Strict-Transport-Security"); s != "" {
				t.Errorf("an authority that nobody trusts, and browsers are to come by HTTPS only: %q", s)
			}
			old := client(a, listening.Address)
			old.Transport.(*http.Transport).TLSClientConfig.MaxVersion = tls.VersionTLS11
			if _, err := old.Get("https://" + domain + "/"); err == nil {
				t.Error("TLS 1.1 is spoken")
			}
			if c.plain {
				redirects(t, a, listening.Redirect)
			}
		})
	}
}

// redirects: plain HTTP leads to the same address by HTTPS, and to no other host.
func redirects(t *testing.T, a *authority, address string) {
	t.Helper()
	for from, want := range map[string]string{
		"http://" + domain + "/a?b=c%20d":                    "https://" + domain + "/a?b=c%20d",
		"http://APP.galley.test:8080/":                       "https://" + domain + "/",
		"http://evil.example/a":                              "https://" + domain + "/a",
		"http://" + domain + "//evil.example/":               "https://" + domain + "//evil.example/",
		"http://" + domain + "/.well-known/acme-challenge/x": "https://" + domain + "/.well-known/acme-challenge/x",
	} {
		response, _ := get(t, client(a, address), from)
		if got := response.Header.Get("Location"); response.StatusCode != http.StatusPermanentRedirect || got != want {
			t.Errorf("%s: %d to %q", from, response.StatusCode, got)
		}
	}
}

// TestRestart: a certificate is kept in the embedded database and used again, when
// the authority is gone too; the file tells no key.
func TestRestart(t *testing.T) {
	plain, secure := newRelay(t), newRelay(t)
	a := newAuthority(t, plain.port, secure.port, ninetyDays)
	dir := project(t)
	n := start(t, dir, environment(a)...)
	listening := n.said(t, "serving HTTPS")
	plain.to(listening.Redirect)
	secure.to(listening.Address)
	n.said(t, "https: there is a new certificate")
	first := waitSerial(t, a, listening.Address)
	n.stop()
	files, err := filepath.Glob(filepath.Join(dir, ".galley", "data.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if raw, err := os.ReadFile(f); err != nil || strings.Contains(string(raw), "PRIVATE KEY") {
			t.Errorf("%s holds a private key in the clear (%v)", f, err)
		}
	}

	plain.to()
	secure.to()
	n = start(t, dir, environment(a, "GALLEY_SERVER_HTTPS_CA="+a.directory)...)
	listening = n.said(t, "serving HTTPS")
	n.said(t, "listening")
	if again := waitSerial(t, a, listening.Address); again != first || a.orders.Load() != 1 {
		t.Errorf("certificate %s before, %s after, %d were ordered", first, again, a.orders.Load())
	}
}

// waitSerial is the number of the certificate that a node shows, as soon as it does.
func waitSerial(t *testing.T, a *authority, address string) string {
	t.Helper()
	limit := time.Now().Add(patience)
	for {
		response, err := client(a, address).Get("https://" + domain + "/health")
		if err == nil {
			_ = response.Body.Close()
			return response.TLS.PeerCertificates[0].SerialNumber.String()
		}
		if time.Now().After(limit) {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// TestTwoNodes: two nodes on one PostgreSQL that start at once order one certificate,
// though the authority's calls reach the one that did not ask as often as the other.
func TestTwoNodes(t *testing.T) {
	url := pgtest.Database(t)
	plain, secure := newRelay(t), newRelay(t)
	a := newAuthority(t, plain.port, secure.port, ninetyDays)
	dir := project(t)
	var nodes []*node
	var addresses, redirect []string
	for range 2 {
		nodes = append(nodes, start(t, dir, environment(a, "DATABASE_URL="+url)...))
	}
	for _, n := range nodes {
		l := n.said(t, "serving HTTPS")
		addresses, redirect = append(addresses, l.Address), append(redirect, l.Redirect)
	}
	secure.to(addresses...)
	plain.to(redirect...)
	serials := []string{waitSerial(t, a, addresses[0]), waitSerial(t, a, addresses[1])}
	if serials[0] != serials[1] || a.orders.Load() != 1 {
		t.Errorf("certificates %q, %d were ordered", serials, a.orders.Load())
	}
}

// TestRefused: who cannot be reached has no certificate, is told why, and is served
// by plain HTTP meanwhile.
func TestRefused(t *testing.T) {
	a := newAuthority(t, 1, 1, ninetyDays)
	n := start(t, project(t), environment(a, "GALLEY_SERVER_HTTPS_DOMAINS=nowhere.galley.test")...)
	plain := n.said(t, "listening")
	told := n.said(t, "https: there is no new certificate; it is tried again")
	if told.Level != "ERROR" || told.Domain != "nowhere.galley.test" {
		t.Errorf("%+v", told)
	}
	for _, want := range []string{"nowhere.galley.test", "DNS record", "ports 80 and 443"} {
		if !strings.Contains(told.Why, want) {
			t.Errorf("the reason does not say %q: %s", want, told.Why)
		}
	}
	if response, body := get(t, http.DefaultClient, plain.URL+"/"); response.StatusCode != 200 || body != "a page" {
		t.Errorf("%d %q", response.StatusCode, body)
	}
}

// TestRenewal: a certificate is renewed in time, and connections get the new one.
func TestRenewal(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		if err := migrate.Own(t.Context(), db, https.Part()); err != nil {
			t.Fatal(err)
		}
		plain, secure := newRelay(t), newRelay(t)
		a := newAuthority(t, plain.port, secure.port, 45)
		s, err := https.New(https.Config{DB: db, Secret: "a secret of a test that is long enough", Look: time.Second, Settings: config.HTTPS{
			Domains: []string{domain}, Listen: "127.0.0.1:0", Redirect: "127.0.0.1:0", CA: a.directory, CARoots: a.rootsFile}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		l, redirect, err := s.Listen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, server := range []*http.Server{{Handler: s.Redirect()}, {TLSConfig: s.TLS(), Handler: http.NotFoundHandler()}} {
			go func() {
				if server.TLSConfig == nil {
					_ = server.Serve(redirect)
				} else {
					_ = server.ServeTLS(l, "", "")
				}
			}()
			t.Cleanup(func() { _ = server.Close() })
		}
		plain.to(redirect.Addr().String())
		secure.to(l.Addr().String())
		s.Start()
		var serials []string
		for limit := time.Now().Add(3 * patience); len(serials) < 2; {
			if got := waitSerial(t, a, l.Addr().String()); !slices.Contains(serials, got) {
				serials = append(serials, got)
			}
			if time.Now().After(limit) {
				t.Fatalf("it was not renewed: %q, %d were ordered", serials, a.orders.Load())
			}
			time.Sleep(200 * time.Millisecond)
		}
	})
}
