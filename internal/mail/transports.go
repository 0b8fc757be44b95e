package mail

import (
	"context"
	"crypto/x509"
	"os"
	"strings"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/mail/inbox"
	"github.com/galleyhq/galley/internal/mail/sms"
	"github.com/galleyhq/galley/internal/mail/transport"
)

// newTransport returns what mails go by.
func (s *Service) newTransport(m config.Mail) (transport.Transport, error) {
	switch m.Chosen() {
	case "smtp":
		return newSMTP(m.SMTP)
	case "sendgrid":
		return transport.SendGrid{API: s.api(m.SendGrid.Key), URL: base(m.SendGrid.URL), Key: m.SendGrid.Key}, nil
	case "postmark":
		return transport.Postmark{API: s.api(m.Postmark.Key), URL: base(m.Postmark.URL), Token: m.Postmark.Key, Stream: m.Postmark.Stream}, nil
	case "resend":
		return transport.Resend{API: s.api(m.Resend.Key), URL: base(m.Resend.URL), Key: m.Resend.Key}, nil
	case "ses":
		return s.newSES(m.SES), nil
	}
	return s.inbox, nil
}

func (s *Service) newSES(c config.SES) transport.Transport {
	url := base(c.URL)
	if url == "" {
		url = "https://email." + c.Region + ".amazonaws.com"
	}
	return transport.SES{API: s.api(c.SecretAccessKey, c.SessionToken), URL: url, ConfigurationSet: c.ConfigurationSet,
		Key: transport.AWSKey{ID: c.AccessKeyID, Secret: c.SecretAccessKey, Token: c.SessionToken, Region: c.Region}}
}

// api calls a provider; secrets stay out of what is recorded.
func (s *Service) api(secrets ...string) transport.API {
	return transport.API{Client: s.config.HTTP, Secrets: secrets}
}

func base(url string) string { return strings.TrimSuffix(url, "/") }

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

// newSMS returns what text messages go by.
func (s *Service) newSMS(c config.SMS) sms.Transport {
	switch t := c.Twilio; c.Chosen() {
	case "twilio":
		return sms.Twilio{API: s.api(t.AuthToken), URL: base(t.URL), AccountSID: t.AccountSID, AuthToken: t.AuthToken,
			From: t.From, MessagingServiceSID: t.MessageService}
	case "hook":
		return sms.Hook{API: s.api(c.Hook.Secret), URL: c.Hook.URL, Secret: c.Hook.Secret}
	}
	return smsInbox{s.inbox}
}

// smsInbox puts text messages into the development inbox.
type smsInbox struct{ inbox.Store }

// Send implements sms.Transport.
func (i smsInbox) Send(ctx context.Context, m sms.Message) (transport.Receipt, error) {
	return transport.Receipt{ID: m.ID}, i.Add(ctx, inbox.Entry{Channel: SMSKind, Message: m.ID, To: []string{"+" + m.To},
		Text: m.Text, Code: m.Code}, []string{m.To})
}
