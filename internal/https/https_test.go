package https

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/metrics"
)

// pair writes a certificate of its own for a domain, and returns the files.
func pair(t *testing.T, dir, domain string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{domain}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
	write(t, key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
	return cert, key
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFiles: a pair of files is served, taken up when it changes, and kept while what
// is there is half of one.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	cert, key := pair(t, dir, "a.example.org", 1)
	var log bytes.Buffer
	f, err := newFiles(Config{Settings: config.HTTPS{Domains: []string{"a.example.org", "b.example.org"}, Cert: cert, Key: key}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "b.example.org") || strings.Contains(log.String(), "domain=a.example.org") {
		t.Errorf("which domain the certificate is not for: %s", log.String())
	}
	now := time.Now()
	f.now = func() time.Time { return now }
	expect := func(when string, serial int64) {
		t.Helper()
		now = now.Add(fresh)
		if c, err := f.current(nil); err != nil || c.Leaf.SerialNumber.Int64() != serial {
			t.Errorf("%s: certificate %v, %v", when, c.Leaf.SerialNumber, err)
		}
	}
	expect("at first", 1)
	old, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	pair(t, dir, "a.example.org", 2)
	fresh, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, key, old)
	expect("when only the certificate is new", 1)
	if n := strings.Count(log.String(), "was not read again"); n != 1 {
		t.Errorf("told %d times", n)
	}
	expect("still", 1)
	if n := strings.Count(log.String(), "was not read again"); n != 1 {
		t.Errorf("told %d times", n)
	}
	write(t, key, fresh)
	expect("when both are", 2)
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	expect("when it is gone", 2)
	pair(t, dir, "a.example.org", 3)
	expect("when it is there again", 3)
	if at := f.expiry()["a.example.org"]; time.Until(at) > time.Hour || time.Until(at) < 50*time.Minute {
		t.Errorf("expiry %v", at)
	}
}

func TestWrongFiles(t *testing.T) {
	dir := t.TempDir()
	cert, key := pair(t, dir, "a.example.org", 1)
	other, otherKey := pair(t, t.TempDir(), "a.example.org", 2)
	for _, c := range []struct{ cert, key, says string }{
		{filepath.Join(dir, "none"), key, "server.https.cert"},
		{cert, filepath.Join(dir, "none"), "server.https.key"},
		{cert, otherKey, "server.https.cert and server.https.key"},
		{key, key, "server.https.cert and server.https.key"},
		{other, key, "server.https.cert and server.https.key"},
	} {
		_, err := New(Config{Settings: config.HTTPS{Domains: []string{"a.example.org"}, Cert: c.cert, Key: c.key}})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s, %s: %v", c.cert, c.key, err)
		}
	}
	roots := filepath.Join(dir, "roots.pem")
	write(t, roots, []byte("no certificate"))
	for _, path := range []string{roots, filepath.Join(dir, "none")} {
		if _, err := New(Config{Settings: config.HTTPS{Domains: []string{"a.example.org"}, CARoots: path}}); err == nil || !strings.Contains(err.Error(), "server.https.ca_roots") {
			t.Errorf("roots %s: %v", path, err)
		}
	}
}

// served is a server with a certificate of files.
func served(t *testing.T, change func(*config.HTTPS)) *Server {
	t.Helper()
	settings := config.HTTPS{Domains: []string{"app.example.org", "*.tenants.example.org"}, HSTS: 24 * time.Hour, Listen: "127.0.0.1:0", Redirect: "127.0.0.1:0", CA: config.LetsEncrypt}
	settings.Cert, settings.Key = pair(t, t.TempDir(), "app.example.org", 1)
	if change != nil {
		change(&settings)
	}
	s, err := New(Config{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestRedirect(t *testing.T) {
	h := served(t, nil).Redirect()
	for _, c := range []struct{ host, target, want string }{
		{"app.example.org", "/a/b?c=d%2Fe", "https://app.example.org/a/b?c=d%2Fe"},
		{"APP.example.org.:80", "/", "https://app.example.org/"},
		{"shop.tenants.example.org", "/", "https://shop.tenants.example.org/"},
		{"a.b.tenants.example.org", "/", "https://app.example.org/"},
		{"x@evil.tenants.example.org", "/", "https://app.example.org/"},
		{`evil.example\.tenants.example.org`, "/", "https://app.example.org/"},
		{"evil.example", "/", "https://app.example.org/"},
		{"", "/", "https://app.example.org/"},
		{"[::1]:80", "/x", "https://app.example.org/x"},
		{"app.example.org.evil.example", "/", "https://app.example.org/"},
		{"app.example.org", "http://evil.example/x", "https://app.example.org/x"},
		{"app.example.org", "//evil.example/x", "https://app.example.org//evil.example/x"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		if u, err := r.URL.Parse(c.target); err == nil && !strings.HasPrefix(c.target, "//") {
			r.URL = u
			r.URL.Scheme, r.URL.Host = "", ""
		} else {
			r.URL.Path = c.target
		}
		r.Host = c.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Location"); w.Code != http.StatusPermanentRedirect || got != c.want {
			t.Errorf("%s %s: %d to %q, expected %q", c.host, c.target, w.Code, got, c.want)
		}
	}
}

func TestHSTS(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, c := range []struct {
		change func(*config.HTTPS)
		want   string
	}{
		{nil, "max-age=86400"},
		{func(h *config.HTTPS) { h.HSTS = 0 }, ""},
		{func(h *config.HTTPS) { h.Cert, h.CA = "", config.LetsEncryptStaging }, ""},
		{func(h *config.HTTPS) { h.Cert, h.CA = "", "https://ca.example.org/dir" }, ""},
		{func(h *config.HTTPS) { h.Cert = "" }, "max-age=86400"},
	} {
		w := httptest.NewRecorder()
		served(t, c.change).Secure(page).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if got := w.Header().Get("Strict-Transport-Security"); got != c.want || w.Code != http.StatusTeapot {
			t.Errorf("%q, expected %q", got, c.want)
		}
	}
}

// TestServe: HTTP/2 with the file's certificate, and when it ends in the metrics.
func TestServe(t *testing.T) {
	s := served(t, nil)
	secure, plain, err := s.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	server := &http.Server{TLSConfig: s.TLS(), Handler: http.NotFoundHandler()}
	go func() { _ = server.ServeTLS(secure, "", "") }()
	defer server.Close()
	c, err := tls.Dial("tcp", secure.Addr().String(), &tls.Config{InsecureSkipVerify: true, ServerName: "app.example.org", NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if state := c.ConnectionState(); state.NegotiatedProtocol != "h2" || state.PeerCertificates[0].DNSNames[0] != "app.example.org" {
		t.Errorf("%q with a certificate of %q", state.NegotiatedProtocol, state.PeerCertificates[0].DNSNames)
	}
	var all metrics.Registry
	all.Add(s.WriteMetrics)
	if text := string(all.Text()); !strings.Contains(text, `galley_certificate_expiry_timestamp_seconds{domain="app.example.org"} 1`) {
		t.Errorf("metrics: %s", text)
	}
}

// TestTakenPort: an address that cannot be bound is told with its key and what to do,
// and leaves none of the others bound.
func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := served(t, func(h *config.HTTPS) { h.Redirect = taken.Addr().String() })
	_, _, err = s.Listen(t.Context())
	if err == nil || !strings.Contains(err.Error(), "server.https.redirect: listen on "+taken.Addr().String()) || !strings.Contains(err.Error(), "Another program listens there") {
		t.Errorf("%v", err)
	}
	s = served(t, func(h *config.HTTPS) { h.Listen = taken.Addr().String() })
	if _, _, err = s.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), "server.https.listen") {
		t.Errorf("%v", err)
	}
}

func TestExplain(t *testing.T) {
	problem := acme.Problem{Type: "urn:ietf:params:acme:error:connection", Detail: "10.0.0.1: Fetching http://a/: Connection refused."}
	got := explain(t.Context(), "name.invalid", true, errors.Join(errors.New("x"), problem))
	for _, want := range []string{"Connection refused. No address is found for name.invalid", "ports 80 and 443"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in: %s", want, got)
		}
	}
	limited := describe(acme.Problem{Type: "urn:ietf:params:acme:error:rateLimited", Detail: "too many certificates"})
	if !strings.Contains(limited, "letsencrypt-staging") {
		t.Error(limited)
	}
	nested := describe(acme.Problem{Detail: "several", Subproblems: []acme.Subproblem{{Problem: acme.Problem{Detail: "CAA forbids it."}}}})
	if nested != "several: CAA forbids it" {
		t.Error(nested)
	}
}
