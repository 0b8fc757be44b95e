// Package mail sends mail and SMS, always through the queue: by SMTP, SendGrid,
// Postmark, Resend, Amazon SES, Twilio or a hook of the project's. Without any of
// them messages go to the development inbox, and never outside. Nothing is sent
// to an address that bounced for good.
//
//	service, err := mail.New(mail.Config{DB: db, Settings: c, HTTP: client})
//	id, err := service.Send(ctx, tx, mail.Request{To: []string{"ada@example.org"}, Template: "recovery",
//		Variables: mail.Variables{ConfirmationURL: link}})
//
// A request may be enqueued from SQL as well: select galley.enqueue('mail',
// '{"to": "ada@example.org", "subject": "Hello", "text": "…"}'). docs/mail.md
// tells the rest.
package mail

import (
	"context"
	_ "embed" // the tables
	"errors"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/mail/inbox"
	"github.com/galleyhq/galley/internal/mail/message"
	"github.com/galleyhq/galley/internal/mail/sms"
	"github.com/galleyhq/galley/internal/mail/template"
	"github.com/galleyhq/galley/internal/mail/transport"
)

// The kinds of the jobs that this package does, and the names of their queues.
const (
	MailKind = "mail"
	SMSKind  = "sms"
)

var (
	//go:embed sql/tables.sql
	tables string
	//go:embed sql/inbox.sql
	inboxOnce string
)

// Schema is the steps that build the tables of this package, for migrate.Own.
func Schema() []string { return []string{tables, inboxOnce} }

// Variables are what a template may show.
type Variables = template.Variables

// Config is what the service needs to know.
type Config struct {
	DB       database.DB
	Settings config.Config // its sections mail and sms
	SiteURL  string        // where the project is, for templates that are not told
	HTTP     *http.Client  // that providers are called with; required if there is one
	Logger   *slog.Logger  // nil means slog.Default
}

// Service sends. Its methods may be called from any goroutine.
type Service struct {
	config    Config
	store     store
	templates *template.Set
	from      message.Address
	replyTo   []message.Address
	mail      transport.Transport
	sms       sms.Transport
	inbox     inbox.Store
	cleaned   atomic.Int64 // when old messages were last deleted, Unix seconds
}

// New returns a service. The error names every mistake in the project's templates.
func New(c Config) (*Service, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	s := &Service{config: c, store: store{c.DB}, inbox: inbox.Store{DB: c.DB}}
	var err error
	if s.templates, err = loadTemplates(c.Settings); err != nil {
		return nil, err
	}
	if err := s.addresses(c.Settings.Mail); err != nil {
		return nil, err
	}
	if s.mail, err = s.newTransport(c.Settings.Mail); err != nil {
		return nil, err
	}
	s.sms = s.newSMS(c.Settings.SMS)
	return s, nil
}

// defaultFrom is the sender in the inbox of a project that configured none.
const defaultFrom = "Galley <noreply@localhost>"

func (s *Service) addresses(m config.Mail) (err error) {
	from := m.From
	if from == "" {
		from = defaultFrom
	}
	if s.from, err = message.ParseAddress(from); err != nil {
		return err
	}
	if m.ReplyTo != "" {
		to, err := message.ParseAddress(m.ReplyTo)
		if err != nil {
			return err
		}
		s.replyTo = []message.Address{to}
	}
	return nil
}

func loadTemplates(c config.Config) (*template.Set, error) {
	set := template.Config{Overrides: map[string]template.Override{}, Language: c.Mail.Language, Reload: c.Dev}
	if c.Mail.Dir != "" {
		set.Files = os.DirFS(c.Mail.Dir)
	}
	for name, t := range c.Mail.Templates {
		o := template.Override{Subject: t.Subject}
		if t.File != "" {
			raw, err := os.ReadFile(t.File)
			if err != nil {
				return nil, config.Problems{{Key: "mail.templates." + name + ".content_path", Message: err.Error()}}
			}
			o.HTML = string(raw)
		}
		set.Overrides[name] = o
	}
	return template.Load(set)
}

// Handlers are what does the jobs of this package, by kind.
func (s *Service) Handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{MailKind: s.deliverMail, SMSKind: s.deliverSMS}
}

// Prepare tells the queues how fast they may be.
func (s *Service) Prepare(ctx context.Context) error {
	m, sms := s.config.Settings.Mail, s.config.Settings.SMS
	return errors.Join(s.store.queue(ctx, MailKind, m.Concurrency, m.Rate), s.store.queue(ctx, SMSKind, m.Concurrency, sms.Rate))
}

// Inbox serves the development inbox. open lets this machine in without a key.
func (s *Service) Inbox(open bool) http.Handler { return inbox.NewHandler(s.inbox, open) }

// Describe says, for the log at the start, where messages go.
func (s *Service) Describe() []any { return []any{"mail", s.mail.Name(), "sms", s.sms.Name()} }

// keep is how long the record of a message is kept.
const keep = 30 * 24 * time.Hour

// clean deletes old records now and then, as part of other work.
func (s *Service) clean(ctx context.Context) {
	now := time.Now().Unix()
	if last := s.cleaned.Load(); now-last < 600 || !s.cleaned.CompareAndSwap(last, now) {
		return
	}
	if err := s.store.forget(ctx, keep); err != nil {
		s.config.Logger.WarnContext(ctx, "mail: old records were not deleted", "error", err)
	}
}
