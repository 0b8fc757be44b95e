package config

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/config/value"
)

// The authorities that are known by name.
const (
	LetsEncrypt        = "letsencrypt"
	LetsEncryptStaging = "letsencrypt-staging"
)

// HTTPS is the section [server.https].
type HTTPS struct {
	Domains   []string      // that the server is reached by; none serves no HTTPS
	Email     string        // that the authority writes to
	Listen    string        // host:port
	Redirect  string        // host:port of plain HTTP; "" for none
	Cert, Key string        // files of a certificate; "" gets one
	CA        string        // LetsEncrypt, LetsEncryptStaging or the URL of a directory
	CARoots   string        // file of certificates that the authority's own is signed by; "" is the system's
	HSTS      time.Duration // for browsers to come by HTTPS only; 0 does not tell them
}

// On tells whether the server speaks HTTPS.
func (h HTTPS) On() bool { return len(h.Domains) > 0 }

// Staging tells whether no browser trusts the certificates.
func (h HTTPS) Staging() bool { return h.Cert == "" && h.CA != LetsEncrypt }

func httpsDefaults() HTTPS {
	return HTTPS{Listen: ":443", Redirect: ":80", CA: LetsEncrypt, HSTS: 180 * 24 * time.Hour}
}

func httpsKeys() []key {
	return []key{
		{"server.https.domains", list(func(c *Config) *[]string { return &c.Server.HTTPS.Domains })},
		{"server.https.email", text(func(c *Config) *string { return &c.Server.HTTPS.Email })},
		{"server.https.listen", text(func(c *Config) *string { return &c.Server.HTTPS.Listen })},
		{"server.https.redirect", text(func(c *Config) *string { return &c.Server.HTTPS.Redirect })},
		{"server.https.cert", text(func(c *Config) *string { return &c.Server.HTTPS.Cert })},
		{"server.https.key", text(func(c *Config) *string { return &c.Server.HTTPS.Key })},
		{"server.https.ca", text(func(c *Config) *string { return &c.Server.HTTPS.CA })},
		{"server.https.ca_roots", text(func(c *Config) *string { return &c.Server.HTTPS.CARoots })},
		{"server.https.hsts", duration(func(c *Config) *time.Duration { return &c.Server.HTTPS.HSTS })},
	}
}

func (h *HTTPS) absolute(project string) {
	h.Cert, h.Key, h.CARoots = under(project, h.Cert), under(project, h.Key), under(project, h.CARoots)
	for i, d := range h.Domains {
		h.Domains[i] = strings.ToLower(strings.TrimSuffix(d, "."))
	}
}

// domainName is a name of DNS, of letters, digits and hyphens (RFC 1123, section 2.1).
var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// https looks at [server.https].
func (l *loader) https() {
	h := l.config.Server.HTTPS
	if (h.Cert == "") != (h.Key == "") {
		l.wrong("server.https.cert", "a certificate needs its key and a key its certificate: server.https.cert and server.https.key")
	}
	if !h.On() {
		if h.Cert != "" || h.Email != "" {
			l.wrong("server.https.domains", "expected the names that the server is reached by, such as app.example.org")
		}
		return
	}
	for _, d := range h.Domains {
		l.domain(h, d)
	}
	if h.Email != "" && !strings.Contains(h.Email, "@") {
		l.wrong("server.https.email", "expected an address that the certificate authority can write to")
	}
	l.address("server.https.listen", h.Listen)
	if h.Redirect != "" {
		l.address("server.https.redirect", h.Redirect)
	}
	if u, err := url.Parse(h.CA); h.CA != LetsEncrypt && h.CA != LetsEncryptStaging && (err != nil || u.Scheme != "https" || u.Host == "") {
		l.wrong("server.https.ca", "expected letsencrypt, letsencrypt-staging, or the https URL of an ACME directory")
	}
}

// domain looks at one name.
func (l *loader) domain(h HTTPS, d string) {
	name, wild := strings.CutPrefix(d, "*.")
	switch {
	case len(d) > 253 || !domainName.MatchString(name):
		l.wrong("server.https.domains", "expected a name such as app.example.org, without scheme, port and path; those of other scripts in their xn-- form; got "+value.Describe(d))
	case h.Cert != "":
	case wild:
		l.wrong("server.https.domains", "a certificate for "+d+" is not got by itself: name each domain, or give server.https.cert and server.https.key")
	case !h.Staging() && !public(name):
		l.wrong("server.https.domains", "no public authority gives a certificate for "+d+": give server.https.cert and server.https.key, or an authority of your own in server.https.ca")
	}
}

// public tells whether a name can be one of the public DNS (RFC 6761, RFC 6762, RFC
// 8375; .internal is reserved by ICANN).
func public(name string) bool {
	for _, local := range []string{"localhost", "local", "internal", "test", "example", "invalid", "home.arpa"} {
		if name == local || strings.HasSuffix(name, "."+local) {
			return false
		}
	}
	return strings.Contains(name, ".")
}

// headersSection are the headers of the files in server.public: by name, or by a
// quoted path and name.
const headersSection = "server.headers"

// headerDefaults are the headers of all files: types are not guessed, addresses are
// not told to other sites, and those show no page in a frame.
func headerDefaults() map[string]map[string]string {
	return map[string]map[string]string{"/*": {
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "X-Frame-Options": "SAMEORIGIN",
	}}
}

// headerName is one of letters, digits and hyphens: fewer than HTTP has (RFC 9110,
// section 5.6.2), and all that are in use.
var headerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,99}$`)

// ownHeaders are those that come of the file, of the request or of other settings.
var ownHeaders = []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Range", "Accept-Ranges", "Transfer-Encoding", "Trailer", "Connection",
	"Keep-Alive", "Upgrade", "Te", "Date", "Etag", "Last-Modified", "Vary", "Location", "Set-Cookie", "Strict-Transport-Security"}

const maxHeader = 8 << 10 // bytes of a value

// headerKey is the key of a header of files: server.headers.NAME for all of them,
// server.headers."/path/*".NAME for some.
func headerKey(full string) (key, bool) {
	name, ok := strings.CutPrefix(full, headersSection+".")
	pattern := "/*"
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		pattern, name = name[:i], name[i+1:]
	}
	if !ok || name == "" || !strings.HasPrefix(pattern, "/") {
		return key{}, false
	}
	return key{full, func(c *Config, v any) error { return setHeader(c, pattern, name, v) }}, true
}

func setHeader(c *Config, pattern, name string, v any) error {
	content, ok := v.(string)
	canonical := http.CanonicalHeaderKey(name)
	switch {
	case !headerName.MatchString(name):
		return errors.New("expected the name of a header, of letters, digits and hyphens")
	case slices.Contains(ownHeaders, canonical) || strings.HasPrefix(canonical, "Access-Control-"):
		return fmt.Errorf("%s is Galley's own: it comes of the file, or of another setting (server.cors_origins, server.https.hsts)", canonical)
	case strings.Contains(strings.TrimSuffix(pattern, "*"), "*") || strings.ContainsAny(pattern, "?#\\"):
		return errors.New("expected a path, with a * at its end for all that begin so, such as /admin/*")
	case !ok:
		return fmt.Errorf("expected a string, got %s", value.Describe(v))
	case len(content) > maxHeader || strings.ContainsFunc(content, func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') }):
		return errors.New("expected one line of at most 8 KiB in printable ASCII")
	}
	if c.Server.Headers[pattern] == nil {
		c.Server.Headers[pattern] = map[string]string{}
	}
	c.Server.Headers[pattern][canonical] = strings.TrimSpace(content)
	return nil
}
