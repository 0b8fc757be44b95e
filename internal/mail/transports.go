package mail

import (
	"crypto/x509"
	"os"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/mail/transport"
)

// newTransport returns what mails go by.
func (s *Service) newTransport(m config.Mail) (transport.Transport, error) {
	switch name := m.Chosen(); name {
	case "smtp":
		return newSMTP(m.SMTP)
	default:
		return s.inbox, nil
	}
}

func newSMTP(c config.SMTP) (transport.Transport, error) {
	out := transport.SMTPConfig{Host: c.Host, Port: int(c.Port), TLS: c.TLS, Username: c.Username, Password: c.Password, Hello: c.Hello}
	if c.CA != "" {
		raw, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, config.Problems{{Key: "mail.smtp.ca", Message: err.Error()}}
		}
		out.Roots = x509.NewCertPool()
		if !out.Roots.AppendCertsFromPEM(raw) {
			return nil, config.Problems{{Key: "mail.smtp.ca", Message: "it holds no certificate"}}
		}
	}
	return transport.NewSMTP(out)
}
