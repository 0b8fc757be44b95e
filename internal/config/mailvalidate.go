package config

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
)

// absolute resolves the paths of the section.
func (m *Mail) absolute(project string) {
	m.Dir = under(project, m.Dir)
	m.SMTP.CA = under(project, m.SMTP.CA)
	for name, t := range m.Templates {
		t.File = under(project, t.File)
		m.Templates[name] = t
	}
}

// configured are the transports that the section has what it takes for.
func (m Mail) configured() []string {
	var out []string
	for _, t := range []struct {
		name string
		is   bool
	}{
		{"smtp", m.SMTP.Host != ""}, {"sendgrid", m.SendGrid.Key != ""}, {"postmark", m.Postmark.Key != ""},
		{"resend", m.Resend.Key != ""}, {"ses", m.SES.Region != "" && m.SES.AccessKeyID != "" && m.SES.SecretAccessKey != ""},
	} {
		if t.is {
			out = append(out, t.name)
		}
	}
	return out
}

// Chosen is the transport that mails take.
func (m Mail) Chosen() string { return chosen(m.Transport, m.configured()) }

func (s SMS) configured() []string {
	var out []string
	if s.Twilio.AccountSID != "" && s.Twilio.AuthToken != "" && (s.Twilio.From != "" || s.Twilio.MessageService != "") {
		out = append(out, "twilio")
	}
	if s.Hook.URL != "" && s.Hook.Secret != "" {
		out = append(out, "hook")
	}
	return out
}

// Chosen is the transport that SMS take.
func (s SMS) Chosen() string { return chosen(s.Transport, s.configured()) }

func chosen(named string, configured []string) string {
	switch {
	case named != "":
		return named
	case len(configured) > 0:
		return configured[0]
	}
	return "inbox"
}

func (l *loader) validateMail() {
	m, s := l.config.Mail, l.config.SMS
	l.transport("mail", m.Transport, m.configured(), "mail."+m.Transport+" lacks what this transport needs")
	l.transport("sms", s.Transport, s.configured(), "sms."+s.Transport+" lacks what this transport needs")
	for name, text := range map[string]string{"mail.from": m.From, "mail.reply_to": m.ReplyTo} {
		if _, err := mail.ParseAddress(text); text != "" && err != nil {
			l.wrong(name, `expected an address such as "Galley <mail@example.org>"`)
		}
	}
	if m.From == "" && m.Chosen() != "inbox" {
		l.wrong("mail.from", "needed to send mail by "+m.Chosen())
	}
	for name, text := range map[string]string{"mail.sendgrid.url": m.SendGrid.URL, "mail.postmark.url": m.Postmark.URL,
		"mail.resend.url": m.Resend.URL, "mail.ses.url": m.SES.URL, "sms.twilio.url": s.Twilio.URL, "sms.hook.url": s.Hook.URL} {
		u, err := url.Parse(text)
		if text != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil) {
			l.wrong(name, "expected a URL such as https://api.example.org, without a password")
		}
	}
	for _, entry := range s.TestNumbers {
		number, code, ok := strings.Cut(entry, "=")
		if !ok || !digits(strings.TrimPrefix(number, "+")) || !digits(code) {
			l.wrong("sms.test_numbers", `expected entries such as "4915112345678=123456"`)
		}
	}
}

// transport checks that the named transport is one that is configured, or that
// there is no doubt which is meant.
func (l *loader) transport(section, named string, configured []string, lacks string) {
	switch {
	case named == "" && len(configured) > 1:
		l.wrong(section+".transport", "several are configured: "+strings.Join(configured, ", ")+"; name one of them")
	case named != "" && named != "inbox" && named != "none" && !slices.Contains(configured, named):
		l.wrong(section+".transport", lacks)
	}
}

func digits(s string) bool {
	return s != "" && len(s) <= 20 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
