// Package acme proves Galley's own HTTPS against Pebble, the authority that Let's
// Encrypt makes for tests, which validates domains as theirs does: a certificate is
// got by each kind of challenge, served, renewed, shared by two nodes on one
// PostgreSQL, and kept over a restart. It is a module of its own, so that Pebble is no
// part of Galley's.
package acme

import (
	"crypto/x509"
	"encoding/pem"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// domain is the name of all servers here, which the authority's DNS knows.
const domain = "app.galley.test"

// ninetyDays is how long a certificate of Let's Encrypt is valid, in seconds. Of one that is
// valid for an hour, the authority may suggest that it is renewed at once (RFC 9773).
const ninetyDays = 90 * 24 * 3600

// authority is a certificate authority in this process.
type authority struct {
	directory string // its URL
	rootsFile string // of its own address
	roots     *x509.CertPool
	orders    atomic.Int64 // that were finalized: certificates given
}

// newAuthority starts an authority that validates domains at the given ports of
// loopback, and gives certificates that are valid for some seconds.
func newAuthority(t *testing.T, httpPort, tlsPort int, validity uint64) *authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	a := &authority{}
	logger := log.New(&testLog{t: t}, "", 0)
	store := db.NewMemoryStore()
	issuer := ca.New(logger, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "for tests", ValidityPeriod: validity}})
	validator := va.New(logger, httpPort, tlsPort, true, nameServer(t), store)
	front := wfe.New(logger, store, validator, issuer, []string{"pebble.galley.test"}, true, false, 1, 1)
	handler := front.Handler()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorded := &statusWriter{ResponseWriter: w}
		handler.ServeHTTP(recorded, r)
		// Pebble refuses a nonce now and then, to see that clients try again (RFC 8555, section 6.5).
		if strings.HasPrefix(r.URL.Path, "/finalize-order/") && recorded.status == http.StatusOK {
			a.orders.Add(1)
		}
	}))
	t.Cleanup(server.Close)
	a.directory = server.URL + wfe.DirectoryPath
	a.rootsFile = filepath.Join(t.TempDir(), "roots.pem")
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(a.rootsFile, own, 0o600); err != nil {
		t.Fatal(err)
	}
	a.roots = x509.NewCertPool()
	a.roots.AppendCertsFromPEM(issuer.GetRootCert(0).PEM())
	return a
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// testLog is Pebble's log, kept for a test that fails.
type testLog struct{ t *testing.T }

func (l *testLog) Write(p []byte) (int, error) {
	if l.t.Context().Err() == nil {
		l.t.Logf("pebble: %s", strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// nameServer is a DNS server that knows every name of galley.test but nowhere's, at
// 127.0.0.1.
func nameServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(r)
		for _, q := range r.Question {
			switch {
			case strings.HasPrefix(q.Name, "nowhere."):
				m.Rcode = dns.RcodeNameError
			case q.Qtype == dns.TypeA:
				m.Answer = append(m.Answer, &dns.A{A: net.IPv4(127, 0, 0, 1),
					Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}})
			}
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return l.Addr().String()
}
