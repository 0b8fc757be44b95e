package app

import (
	"log/slog"

	"github.com/galleyhq/galley/internal/app/site"
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
func mailRoutes(s *mail.Service, c config.Config) func(*token.Verifier) ([]site.Route, error) {
	return func(v *token.Verifier) ([]site.Route, error) {
		inbox := api(s.Inbox(c.Dev && c.Server.Loopback()), v)
		admin := api(s.Admin(), v)
		return []site.Route{{Pattern: "/admin/v1/mail/", Handler: admin}, {Pattern: "POST /hooks/mail/{provider}", Handler: s.Reports()},
			{Pattern: "/dev/inbox", Handler: inbox}, {Pattern: "/dev/inbox.json", Handler: inbox}, {Pattern: "/dev/inbox/", Handler: inbox}}, nil
	}
}
