package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/config"
)

// issued is a certificate for a name, signed by itself.
func issued(t *testing.T, name string, from, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: from, NotAfter: until}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}
}

func TestJudge(t *testing.T) {
	now, day := time.Now(), 24*time.Hour
	for _, c := range []struct {
		name        string
		from, until time.Duration
		want        Severity
		says        string
	}{
		{"a.example.org", -60 * day, 30 * day, Warning, "does not trust"},
		{"a.example.org", -80 * day, 10 * day, Warning, "ends on"},
		{"a.example.org", -2 * day, 5 * day, Warning, "does not trust"}, // short-lived ones
		{"a.example.org", -90 * day, -day, Error, "ended on"},
		{"b.example.org", -60 * day, 30 * day, Error, "is for b.example.org"},
	} {
		cert := issued(t, c.name, now.Add(c.from), now.Add(c.until))
		if f := judge([]*x509.Certificate{cert.Leaf}, "a.example.org", now); f.Severity != c.want || !strings.Contains(f.Message, c.says) {
			t.Errorf("%s from %v until %v: %+v", c.name, c.from, c.until, f)
		}
	}
}

// TestHTTPS asks a server for its certificate, one that has none, and none at all.
func TestHTTPS(t *testing.T) {
	var cert *tls.Certificate
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return cert, nil }})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = c.(*tls.Conn).Handshake()
				_ = c.Close()
			}()
		}
	}()
	settings := config.HTTPS{Domains: []string{"localhost"}, Listen: l.Addr().String()}
	expect := func(when string, severity Severity, says string) {
		t.Helper()
		found, err := https(t.Context(), Patient{Config: config.Config{Server: config.Server{HTTPS: settings}}})
		if err != nil || len(found) != 1 || found[0].Severity != severity || !strings.Contains(found[0].Message, says) {
			t.Errorf("%s: %+v, %v", when, found, err)
		}
	}
	expect("without a certificate", Error, "has no certificate for localhost")
	now := issued(t, "localhost", time.Now().Add(-time.Hour), time.Now().Add(90*24*time.Hour))
	cert = &now
	expect("with one", Warning, "does not trust")
	old := issued(t, "localhost", time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour))
	cert = &old
	expect("with an old one", Error, "ended on")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	expect("without a server", Info, "were not looked at")
	settings.Domains = nil
	if found, err := https(t.Context(), Patient{Config: config.Config{Server: config.Server{HTTPS: settings}}}); err != nil || len(found) > 0 {
		t.Errorf("without domains: %v, %v", found, err)
	}
	for listen, want := range map[string]string{":443": "localhost:443", "0.0.0.0:443": "localhost:443", "[::]:443": "localhost:443", "192.0.2.1:443": "192.0.2.1:443"} {
		if got := dialed(listen); got != want {
			t.Errorf("%s: %s", listen, got)
		}
	}
}
