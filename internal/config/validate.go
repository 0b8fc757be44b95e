package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/outgoing"
)

// internal are schemas that no API may expose.
var internal = []string{"galley", "auth", "supabase_migrations", "pg_catalog", "information_schema", "pg_toast"}

// above are roles that no policy holds, and so none for a request without a key.
// PostgreSQL reads none as the role that Galley connects as.
var above = []string{"none", "postgres", "service_role"}

// validate looks at values that are well-formed but make no sense.
func (l *loader) validate() {
	c := l.config
	l.address("server.listen", c.Server.Listen)
	l.https()
	l.metrics(c.Metrics)
	l.telemetry(c.Telemetry)
	if len(c.API.Schemas) == 0 {
		l.wrong("api.schemas", "at least one schema must be exposed")
	}
	for i, name := range c.API.Schemas {
		switch {
		case name == "":
			l.wrong("api.schemas", "a schema's name is empty")
		case slices.Contains(internal, name):
			l.wrong("api.schemas", "schema "+name+" is internal and cannot be exposed")
		case slices.Contains(c.API.Schemas[:i], name):
			l.wrong("api.schemas", "schema "+name+" is named twice")
		}
	}
	if slices.Contains(above, c.API.AnonRole) {
		l.wrong("api.anon_role", c.API.AnonRole+" bypasses row-level security: everybody would have every row")
	}
	if to := c.Backup.To; strings.Contains(to, "://") && !strings.HasPrefix(to, "s3://") {
		l.wrong("backup.to", "expected a folder or s3://bucket/prefix")
	}
	if c.Backup.Continuous && c.Backup.To == "" {
		l.wrong("backup.continuous", "needs backup.to, the place that it ships to")
	}
	if c.Backup.Continuous && (c.Backup.Interval < 100*time.Millisecond || c.Backup.Interval > time.Hour) {
		l.wrong("backup.interval", "expected between 100ms and 1h")
	}
	switch url := c.Backup.TestURL; {
	case url != "" && !postgresURL(url):
		l.wrong("backup.test_url", "expected postgres://user:password@host/database")
	case url != "" && url == c.Database.URL:
		l.wrong("backup.test_url", "expected another database than the project's: an empty one, into which backups are restored for trial")
	}
	if c.Backup.PassphraseFile != "" && len(c.Backup.Recipients) > 0 {
		l.wrong("backup.passphrase_file", "backups are encrypted for backup.recipients or with a passphrase, not both")
	}
	l.validateMail()
	l.validateAuth()
	l.reports()
	if c.Database.URL != "" && !postgresURL(c.Database.URL) {
		l.wrong("database.url", "expected postgres://user:password@host/database or key=value pairs")
	}
	l.outgoing()
	l.functions()
	l.integrations()
	l.redirects()
}

func (l *loader) outgoing() {
	o := l.config.Outgoing
	for name, part := range map[string]outgoing.Config{
		"outgoing.allow": {Allow: o.Allow}, "outgoing.ports": {Ports: o.Ports}, "outgoing.proxy": {Proxy: o.Proxy},
	} {
		if err := part.Validate(); err != nil {
			l.wrong(name, err.Error())
		}
	}
	if o.Timeout == 0 {
		l.wrong("outgoing.timeout", "every call needs a time to end at")
	}
}

// address looks at host:port.
func (l *loader) address(key, value string) {
	if host, port, err := net.SplitHostPort(value); err != nil {
		l.wrong(key, `expected host:port, such as "127.0.0.1:8000"`)
	} else if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 || strings.ContainsAny(host, " /") {
		l.wrong(key, "expected host:port with a port from 0 to 65535")
	}
}

// minToken is the length of a token that cannot be guessed.
const minToken = 16

// metrics looks at [metrics]: what is open to other machines asks for a token.
func (l *loader) metrics(m Metrics) {
	if m.Listen != "" {
		l.address("metrics.listen", m.Listen)
		if m.Token == "" && !loopback(m.Listen) {
			l.wrong("metrics.token", "metrics.listen is open to other machines: a token is required there")
		}
	}
	if m.Token != "" && len(m.Token) < minToken {
		l.wrong("metrics.token", "expected at least 16 characters; make one with openssl rand -hex 32")
	}
}

// telemetry looks at [telemetry].
func (l *loader) telemetry(t Telemetry) {
	if t.Endpoint != "" {
		if u, err := url.Parse(t.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			l.wrong("telemetry.otlp_endpoint", "expected the URL of a collector, such as http://127.0.0.1:4318")
		}
	}
	for _, h := range t.Headers {
		if name, _, ok := strings.Cut(h, "="); !ok || strings.TrimSpace(name) == "" {
			l.wrong("telemetry.headers", "expected name=value")
		}
	}
}

func postgresURL(url string) bool {
	if strings.Contains(url, "://") {
		return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
	}
	return strings.Contains(url, "=")
}

// Loopback tells whether the server can be reached from this machine only.
func (s Server) Loopback() bool {
	return loopback(s.Listen) && (!s.HTTPS.On() || loopback(s.HTTPS.Listen))
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
