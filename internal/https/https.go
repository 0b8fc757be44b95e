// Package https serves HTTPS: with certificates that it gets and renews by itself
// (ACME, RFC 8555: the HTTP-01 challenge of section 8.3 and TLS-ALPN-01 of RFC 8737),
// or with those of files, which it reads again when they change. What it gets lies
// sealed in the project's database, so that all nodes share it.
//
//	s, err := https.New(https.Config{Settings: c.Server.HTTPS, DB: db, Secret: secret, Logger: log})
//	tls, plain, err := s.Listen(ctx)
//	s.Start()
//	// serve tls with s.TLS() and s.Secure(handler), plain with s.Redirect()
//	s.Close()
package https

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/https/vault"
	"github.com/galleyhq/galley/internal/metrics"
	"github.com/galleyhq/galley/internal/migrate"
)

// Config is what a server of HTTPS needs to know.
type Config struct {
	Settings config.HTTPS
	DB       database.DB  // where certificates are kept; not used with those of files
	Secret   string       // the project's
	Logger   *slog.Logger // nil means slog.Default

	// Look is how often certificates are looked at, whether they are to be renewed; 0
	// means 10 min.
	Look time.Duration
}

// Part is the tables of certificates, for migrate.Own.
func Part() migrate.Part { return vault.Part() }

// source is where certificates come from.
type source interface {
	tls() *tls.Config
	// challenges answers a request of a certificate authority, or tells that it is none.
	challenges(http.ResponseWriter, *http.Request) bool
	bound(secure, plain net.Addr) // where the server listens; plain may be nil
	start()
	stop()
	expiry() map[string]time.Time // of the certificates there are, by domain
}

// Server serves HTTPS.
type Server struct {
	config Config
	source source
}

// New looks at certificates and roots that are files; its error tells what is wrong
// with them. Nothing is asked for before Start.
func New(c Config) (*Server, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	var from source
	var err error
	if c.Settings.Cert != "" {
		from, err = newFiles(c)
	} else {
		from, err = newAutomatic(c)
	}
	if err != nil {
		return nil, err
	}
	return &Server{config: c, source: from}, nil
}

// Start begins to get certificates and to keep them valid. The server's listeners must
// be served by then: the authority calls them.
func (s *Server) Start() { s.source.start() }

// Close ends that.
func (s *Server) Close() { s.source.stop() }

// TLS is the settings of connections: TLS 1.2 or newer, HTTP/2 or HTTP/1.1.
func (s *Server) TLS() *tls.Config {
	c := s.source.tls()
	c.MinVersion = tls.VersionTLS12
	c.NextProtos = append([]string{"h2", "http/1.1"}, c.NextProtos...)
	return c
}

// Secure tells browsers to come by HTTPS only from now on (HSTS, RFC 6797), as long as
// the settings say; not for certificates of a test authority.
func (s *Server) Secure(next http.Handler) http.Handler {
	age := int64(s.config.Settings.HSTS / time.Second)
	if age == 0 || s.config.Settings.Staging() {
		return next
	}
	value := "max-age=" + strconv.FormatInt(age, 10)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", value)
		next.ServeHTTP(w, r)
	})
}

// Redirect answers plain HTTP: challenges of the authority, and for all else the same
// address with https. A name that is none of the project's leads to its first one.
func (s *Server) Redirect() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.source.challenges(w, r) {
			return
		}
		w.Header().Set("Connection", "close")
		path := r.URL.RequestURI()
		if !strings.HasPrefix(path, "/") { // OPTIONS *
			path = "/"
		}
		http.Redirect(w, r, "https://"+s.name(r.Host)+path, http.StatusPermanentRedirect)
	})
}

// name is the domain that a request was for.
func (s *Server) name(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, d := range s.config.Settings.Domains {
		parent, wild := strings.CutPrefix(d, "*.")
		label, rest, _ := strings.Cut(host, ".")
		if host == d || wild && rest == parent && plainLabel(label) {
			return host
		}
	}
	return strings.TrimPrefix(s.config.Settings.Domains[0], "*.")
}

// plainLabel tells whether a label is of letters, digits and hyphens.
func plainLabel(label string) bool {
	return label != "" && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// WriteMetrics implements metrics.Source.
func (s *Server) WriteMetrics(w *metrics.Writer) {
	for domain, at := range s.source.expiry() {
		w.Gauge("galley_certificate_expiry_timestamp_seconds", "When the certificate of a domain ends to be valid.", float64(at.Unix()), "domain", domain)
	}
}

// Listen binds the addresses of HTTPS and of plain HTTP, which is nil when there is
// none. Its error says what may help.
func (s *Server) Listen(ctx context.Context) (secure, plain net.Listener, err error) {
	settings := s.config.Settings
	secure, err = listen(ctx, "server.https.listen", settings.Listen)
	if err != nil {
		return nil, nil, err
	}
	if settings.Redirect == "" {
		s.source.bound(secure.Addr(), nil)
		return secure, nil, nil
	}
	plain, err = listen(ctx, "server.https.redirect", settings.Redirect)
	if err != nil {
		_ = secure.Close()
		return nil, nil, err
	}
	s.source.bound(secure.Addr(), plain.Addr())
	return secure, plain, nil
}
