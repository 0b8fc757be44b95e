package app

import (
	"log/slog"

	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/mail"
)

// newMail returns what sends mail and SMS.
func newMail(db database.DB, c config.Config, log *slog.Logger) (*mail.Service, error) {
	guard, err := newGuard(c)
	if err != nil {
		return nil, err
	}
	return mail.New(mail.Config{DB: db, Settings: c, SiteURL: publicURL(c), Logger: log, HTTP: guard.Client()})
}

// mailRoutes are the paths of mail. The inbox is open without a key on a
// developer's own machine only.
func mailRoutes(s *mail.Service, c config.Config) func(*token.Verifier) ([]route, error) {
	return func(v *token.Verifier) ([]route, error) {
		inbox := api(s.Inbox(c.Dev && c.Server.Loopback()), v)
		admin := api(s.Admin(), v)
		return []route{{pattern: "/admin/v1/mail/", handler: admin}, {pattern: "POST /hooks/mail/{provider}", handler: s.Reports()},
			{pattern: "/dev/inbox", handler: inbox}, {pattern: "/dev/inbox.json", handler: inbox}, {pattern: "/dev/inbox/", handler: inbox}}, nil
	}
}
