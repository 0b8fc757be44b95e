package https

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/config"
)

// fresh is how long files that were read are not looked at again.
const fresh = 2 * time.Second

// files is a certificate and its key in files, read again when they change.
type files struct {
	settings config.HTTPS
	log      *slog.Logger
	now      func() time.Time

	mu          sync.Mutex
	looked      time.Time
	cert, key   []byte
	certificate *tls.Certificate
	problem     string // with the present files; told of once
}

func newFiles(c Config) (*files, error) {
	f := &files{settings: c.Settings, log: c.Logger, now: time.Now}
	if err := f.read(); err != nil {
		return nil, err
	}
	f.looked = f.now()
	for _, domain := range c.Settings.Domains {
		if err := f.certificate.Leaf.VerifyHostname(domain); err != nil {
			c.Logger.Warn("https: the certificate is not for this domain", "domain", domain, "file", c.Settings.Cert, "error", err)
		}
	}
	return f, nil
}

// read takes up the files when they have changed.
func (f *files) read() error {
	cert, err := os.ReadFile(f.settings.Cert)
	if err != nil {
		return fmt.Errorf("server.https.cert: %w", err)
	}
	key, err := os.ReadFile(f.settings.Key)
	if err != nil {
		return fmt.Errorf("server.https.key: %w", err)
	}
	if bytes.Equal(cert, f.cert) && bytes.Equal(key, f.key) {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("server.https.cert and server.https.key: %w", err)
	}
	if f.certificate != nil {
		f.log.Info("https: the certificate was read again", "file", f.settings.Cert, "expires", pair.Leaf.NotAfter)
	}
	f.cert, f.key, f.certificate = cert, key, &pair
	return nil
}

// current is the certificate of the files. While they cannot be used, since one of
// them is written and the other not yet, it is the one before.
func (f *files) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); now.Sub(f.looked) >= fresh {
		f.looked = now
		problem := ""
		if err := f.read(); err != nil {
			problem = err.Error()
		}
		if problem != "" && problem != f.problem {
			f.log.Warn("https: the certificate was not read again; the one before is used", "error", problem)
		}
		f.problem = problem
	}
	return f.certificate, nil
}

func (f *files) tls() *tls.Config { return &tls.Config{GetCertificate: f.current} }

func (f *files) challenges(http.ResponseWriter, *http.Request) bool { return false }

func (f *files) bound(net.Addr, net.Addr) {}
func (f *files) start()                   {}
func (f *files) stop()                    {}

func (f *files) expiry() map[string]time.Time {
	out := map[string]time.Time{}
	if c, err := f.current(nil); err == nil {
		for _, domain := range f.settings.Domains {
			out[domain] = c.Leaf.NotAfter
		}
	}
	return out
}
