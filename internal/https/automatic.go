package https

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/https/vault"
)

// automatic gets certificates of an authority, by certmagic.
type automatic struct {
	config Config
	vault  *vault.Vault
	magic  *certmagic.Config
	issuer *certmagic.ACMEIssuer
	cache  *certmagic.Cache // nil before start
	roots  *x509.CertPool

	mu     sync.Mutex
	cancel context.CancelFunc
	told   map[string]string // what was last said of a domain
}

func newAutomatic(c Config) (*automatic, error) {
	a := &automatic{config: c, told: map[string]string{}}
	if c.Settings.CARoots != "" {
		pem, err := os.ReadFile(c.Settings.CARoots)
		if err != nil {
			return nil, fmt.Errorf("server.https.ca_roots: %w", err)
		}
		a.roots = x509.NewCertPool()
		if !a.roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("server.https.ca_roots: %s holds no certificate", c.Settings.CARoots)
		}
	}
	a.vault = vault.New(vault.Config{DB: c.DB, Secret: c.Secret, Logger: c.Logger})
	a.build()
	return a, nil
}

// build makes certmagic's parts, which begins the goroutine that renews.
func (a *automatic) build() {
	log := newLogger(a.config.Logger)
	a.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert:   func(certmagic.Certificate) (*certmagic.Config, error) { return a.magic, nil },
		RenewCheckInterval: a.config.Look,
		Logger:             log,
	})
	settings := a.config.Settings
	a.magic = certmagic.New(a.cache, certmagic.Config{
		Storage: a.vault, Logger: log, OnEvent: a.event, DefaultServerName: settings.Domains[0],
		OCSP: certmagic.OCSPConfig{DisableStapling: true}, // Let's Encrypt has none any more
	})
	a.issuer = certmagic.NewACMEIssuer(a.magic, certmagic.ACMEIssuer{
		CA: directory(settings), Email: settings.Email, Agreed: true, TrustedRoots: a.roots, Logger: log,
		DisableHTTPChallenge: settings.Redirect == "",
	})
	a.magic.Issuers = []certmagic.Issuer{a.issuer}
}

// directory is the address of the authority.
func directory(s config.HTTPS) string {
	switch s.CA {
	case config.LetsEncrypt:
		return certmagic.LetsEncryptProductionCA
	case config.LetsEncryptStaging:
		return certmagic.LetsEncryptStagingCA
	}
	return s.CA
}

// bound tells certmagic where the challenges arrive, lest it listen itself.
func (a *automatic) bound(secure, plain net.Addr) {
	a.issuer.ListenHost, _, _ = net.SplitHostPort(a.config.Settings.Listen)
	a.issuer.AltTLSALPNPort = port(secure)
	if plain != nil {
		a.issuer.AltHTTPPort = port(plain)
	}
}

func port(a net.Addr) int {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}

func (a *automatic) tls() *tls.Config { return a.magic.TLSConfig() }

func (a *automatic) challenges(w http.ResponseWriter, r *http.Request) bool {
	return a.issuer.HandleHTTPChallenge(w, r)
}

// start takes the certificates that there are, and gets those that are missing. It
// does not wait for them: the server serves by plain HTTP meanwhile.
func (a *automatic) start() {
	ctx, cancel := context.WithCancel(context.Background())
	a.mu.Lock()
	a.cancel = cancel
	a.mu.Unlock()
	go func() {
		defer recovered(a.config.Logger)
		if err := a.magic.ManageAsync(ctx, a.config.Settings.Domains); err != nil && ctx.Err() == nil {
			a.config.Logger.Error("https: the certificates are not managed", "error", err)
		}
	}()
}

// stop ends what is going on, and gives locks back so that other nodes need not wait.
func (a *automatic) stop() {
	a.mu.Lock()
	cancel := a.cancel
	a.cancel = nil
	a.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	a.cache.Stop()
	a.vault.Close(context.Background())
}

func (a *automatic) expiry() map[string]time.Time {
	out := map[string]time.Time{}
	for _, domain := range a.config.Settings.Domains {
		for _, c := range a.cache.AllMatchingCertificates(domain) {
			if c.Leaf != nil && c.Leaf.NotAfter.After(out[domain]) {
				out[domain] = c.Leaf.NotAfter
			}
		}
	}
	return out
}
