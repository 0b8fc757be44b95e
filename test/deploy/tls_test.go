package deploy

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate writes a certificate of its own for shop.example.org, which a user may
// read.
func certificate(t *testing.T, dir string, user int) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"shop.example.org"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: raw}, key: {Type: "PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, user, user); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// secured: HTTPS at port 443 of an address, with HSTS, and port 80 leads there.
func secured(t *testing.T, address, cert string) {
	t.Helper()
	roots := x509.NewCertPool()
	raw, err := os.ReadFile(cert)
	if err != nil || !roots.AppendCertsFromPEM(raw) {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, asked string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(asked)
			return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(address, port))
		},
	}}
	response, err := client.Get("http://shop.example.org/health")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Request.URL.Scheme != "https" || response.ProtoMajor != 2 || response.StatusCode != http.StatusOK {
		t.Errorf("%s by %s: %s", response.Request.URL, response.Proto, response.Status)
	}
	if hsts := response.Header.Get("Strict-Transport-Security"); hsts != "max-age=15552000" {
		t.Errorf("HSTS: %q", hsts)
	}
}

// asRootBeside: an administrator's commands on the data of a running server leave it
// with files that it can write.
func asRootBeside(t *testing.T, dir, state string) {
	t.Helper()
	cmd := exec.Command(binary, "sql", "--project", dir, "--data", state, "insert into notes (body) values ('by root')")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("galley sql as root: %v: %s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(state, "data.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		out, err := exec.Command("stat", "-c", "%u", f).Output()
		if err != nil || strings.TrimSpace(string(out)) != "61234" {
			t.Errorf("%s belongs to %s now (%v)", f, out, err)
		}
	}
}
