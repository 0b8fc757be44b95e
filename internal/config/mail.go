package config

import (
	"math"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/config/value"
)

// Mail is the section [mail].
type Mail struct {
	Transport    string // smtp, sendgrid, postmark, resend, ses or inbox; "" is the one that is configured, else inbox
	From         string // "Name <address>"
	ReplyTo      string
	Language     string // of the templates, when a message asks for none
	Dir          string // folder of the project's templates
	Templates    map[string]MailTemplate
	Rate         int64 // messages a minute, of all nodes together; 0 is no bound
	Concurrency  int64 // messages being handed over at once, of all nodes together
	PerRecipient int64 // messages an address gets in an hour; 0 is no bound
	SMTP         SMTP
	SendGrid     MailService
	Postmark     MailService
	Resend       MailService
	SES          SES
}

// MailTemplate is the section [mail.templates.NAME].
type MailTemplate struct {
	Subject string
	File    string // HTML
}

// MailTemplates are the names of the templates that a configuration may name, which
// are those of GoTrue, and Galley's own.
var mailTemplates = []string{"confirmation", "invite", "magic_link", "recovery", "email_change", "reauthentication", "unlock",
	"password_changed", "email_changed", "phone_changed", "identity_linked", "identity_unlinked", "mfa_factor_enrolled", "mfa_factor_unenrolled"}

// SMTP is the section [mail.smtp].
type SMTP struct {
	Host     string
	Port     int64  // 0: 587, or 465 with implicit TLS
	TLS      string // starttls, implicit, opportunistic or none; "" decides by the port
	Username string
	Password string
	Hello    string // the name this side says
	CA       string // file with the certificates to trust, in PEM; "" is the system's
}

// MailService is a service that takes mails over HTTP.
type MailService struct {
	Key           string // API key or token
	URL           string
	Stream        string // Postmark's message stream
	WebhookSecret string // of the reports of bounces
}

// SES is the section [mail.ses].
type SES struct {
	Region           string
	AccessKeyID      string
	SecretAccessKey  string
	SessionToken     string
	ConfigurationSet string
	URL              string
	TopicARN         string // of SNS, by which bounces are reported
}

// SMS is the section [sms].
type SMS struct {
	Transport    string // twilio, hook, inbox or none; "" is the one that is configured, else inbox
	Rate         int64  // messages a minute; 0 is no bound
	PerRecipient int64  // messages a number gets in an hour; 0 is no bound
	TestNumbers  []string
	Twilio       Twilio
	Hook         Hook
}

// Twilio is the section [sms.twilio].
type Twilio struct {
	AccountSID     string
	AuthToken      string
	From           string
	MessageService string
	URL            string
}

// Hook is the section [sms.hook].
type Hook struct {
	URL    string
	Secret string
}

func mailDefaults() Mail {
	return Mail{
		Language: "en", Dir: "templates/mail", Concurrency: 5, PerRecipient: 30,
		Templates: map[string]MailTemplate{},
		SendGrid:  MailService{URL: "https://api.sendgrid.com"},
		Postmark:  MailService{URL: "https://api.postmarkapp.com", Stream: "outbound"},
		Resend:    MailService{URL: "https://api.resend.com"},
	}
}

func smsDefaults() SMS {
	return SMS{PerRecipient: 10, Twilio: Twilio{URL: "https://api.twilio.com"}}
}

// mailKeys are the keys of [mail] and [sms].
func mailKeys() []key {
	return slices.Concat([]key{
		{"mail.transport", choice(func(c *Config) *string { return &c.Mail.Transport },
			"smtp", "sendgrid", "postmark", "resend", "ses", "inbox")},
		{"mail.from", text(func(c *Config) *string { return &c.Mail.From })},
		{"mail.reply_to", text(func(c *Config) *string { return &c.Mail.ReplyTo })},
		{"mail.language", text(func(c *Config) *string { return &c.Mail.Language })},
		{"mail.dir", text(func(c *Config) *string { return &c.Mail.Dir })},
		{"mail.rate", integer(func(c *Config) *int64 { return &c.Mail.Rate }, 0, 1_000_000)},
		{"mail.concurrency", integer(func(c *Config) *int64 { return &c.Mail.Concurrency }, 1, 1000)},
		{"mail.per_recipient", integer(func(c *Config) *int64 { return &c.Mail.PerRecipient }, 0, math.MaxInt32)},
	}, mailTemplateKeys(), smtpKeys(), mailServiceKeys(), smsKeys())
}

// mailTemplateKeys are two keys for each template.
func mailTemplateKeys() []key {
	template := namedIn("mail.templates", func(c *Config) map[string]MailTemplate { return c.Mail.Templates })
	subject := template("subject", func(t *MailTemplate, v any) error { return put(&t.Subject, v, value.Text) })
	file := template("content_path", func(t *MailTemplate, v any) error { return put(&t.File, v, value.Text) })
	var out []key
	for _, name := range mailTemplates {
		out = append(out, subject.key(name), file.key(name))
	}
	return out
}

func smtpKeys() []key {
	return []key{
		{"mail.smtp.host", text(func(c *Config) *string { return &c.Mail.SMTP.Host })},
		{"mail.smtp.port", integer(func(c *Config) *int64 { return &c.Mail.SMTP.Port }, 0, 65535)},
		{"mail.smtp.tls", choice(func(c *Config) *string { return &c.Mail.SMTP.TLS }, "starttls", "implicit", "opportunistic", "none")},
		{"mail.smtp.username", text(func(c *Config) *string { return &c.Mail.SMTP.Username })},
		{"mail.smtp.password", text(func(c *Config) *string { return &c.Mail.SMTP.Password })},
		{"mail.smtp.hello", text(func(c *Config) *string { return &c.Mail.SMTP.Hello })},
		{"mail.smtp.ca", text(func(c *Config) *string { return &c.Mail.SMTP.CA })},
	}
}

func mailServiceKeys() []key {
	return []key{
		{"mail.sendgrid.api_key", text(func(c *Config) *string { return &c.Mail.SendGrid.Key })},
		{"mail.sendgrid.url", text(func(c *Config) *string { return &c.Mail.SendGrid.URL })},
		{"mail.sendgrid.webhook_key", text(func(c *Config) *string { return &c.Mail.SendGrid.WebhookSecret })},
		{"mail.postmark.token", text(func(c *Config) *string { return &c.Mail.Postmark.Key })},
		{"mail.postmark.stream", text(func(c *Config) *string { return &c.Mail.Postmark.Stream })},
		{"mail.postmark.url", text(func(c *Config) *string { return &c.Mail.Postmark.URL })},
		{"mail.postmark.webhook_secret", text(func(c *Config) *string { return &c.Mail.Postmark.WebhookSecret })},
		{"mail.resend.api_key", text(func(c *Config) *string { return &c.Mail.Resend.Key })},
		{"mail.resend.url", text(func(c *Config) *string { return &c.Mail.Resend.URL })},
		{"mail.resend.webhook_secret", text(func(c *Config) *string { return &c.Mail.Resend.WebhookSecret })},
		{"mail.ses.region", text(func(c *Config) *string { return &c.Mail.SES.Region })},
		{"mail.ses.access_key_id", text(func(c *Config) *string { return &c.Mail.SES.AccessKeyID })},
		{"mail.ses.secret_access_key", text(func(c *Config) *string { return &c.Mail.SES.SecretAccessKey })},
		{"mail.ses.session_token", text(func(c *Config) *string { return &c.Mail.SES.SessionToken })},
		{"mail.ses.configuration_set", text(func(c *Config) *string { return &c.Mail.SES.ConfigurationSet })},
		{"mail.ses.url", text(func(c *Config) *string { return &c.Mail.SES.URL })},
		{"mail.ses.topic_arn", text(func(c *Config) *string { return &c.Mail.SES.TopicARN })},
	}
}

func smsKeys() []key {
	return []key{
		{"sms.transport", choice(func(c *Config) *string { return &c.SMS.Transport }, "twilio", "hook", "inbox", "none")},
		{"sms.rate", integer(func(c *Config) *int64 { return &c.SMS.Rate }, 0, 1_000_000)},
		{"sms.per_recipient", integer(func(c *Config) *int64 { return &c.SMS.PerRecipient }, 0, math.MaxInt32)},
		{"sms.test_numbers", list(func(c *Config) *[]string { return &c.SMS.TestNumbers })},
		{"sms.twilio.account_sid", text(func(c *Config) *string { return &c.SMS.Twilio.AccountSID })},
		{"sms.twilio.auth_token", text(func(c *Config) *string { return &c.SMS.Twilio.AuthToken })},
		{"sms.twilio.from", text(func(c *Config) *string { return &c.SMS.Twilio.From })},
		{"sms.twilio.message_service_sid", text(func(c *Config) *string { return &c.SMS.Twilio.MessageService })},
		{"sms.twilio.url", text(func(c *Config) *string { return &c.SMS.Twilio.URL })},
		{"sms.hook.url", text(func(c *Config) *string { return &c.SMS.Hook.URL })},
		{"sms.hook.secret", text(func(c *Config) *string { return &c.SMS.Hook.Secret })},
	}
}

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
	l.transport("mail", m.Transport, m.configured())
	l.transport("sms", s.Transport, s.configured())
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
func (l *loader) transport(section, named string, configured []string) {
	switch {
	case named == "" && len(configured) > 1:
		l.wrong(section+".transport", "several are configured: "+strings.Join(configured, ", ")+"; name one of them")
	case named != "" && named != "inbox" && named != "none" && !slices.Contains(configured, named):
		l.wrong(section+".transport", named+" needs "+transportKeys[section+"."+named])
	}
}

// transportKeys are what each transport cannot do without.
var transportKeys = map[string]string{
	"mail.smtp": "mail.smtp.host", "mail.sendgrid": "mail.sendgrid.api_key", "mail.postmark": "mail.postmark.token", "mail.resend": "mail.resend.api_key",
	"mail.ses":   "mail.ses.region, mail.ses.access_key_id and mail.ses.secret_access_key",
	"sms.twilio": "sms.twilio.account_sid, sms.twilio.auth_token and sms.twilio.from (or message_service_sid)",
	"sms.hook":   "sms.hook.url and sms.hook.secret",
}

func digits(s string) bool {
	return s != "" && len(s) <= 20 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}
