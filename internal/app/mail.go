package app

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/mail"
)

// newMail returns what sends mail and SMS.
func newMail(db database.DB, c config.Config, log *slog.Logger) (*mail.Service, error) {
	return mail.New(mail.Config{DB: db, Settings: c, SiteURL: serverURL(c.Server.Listen), Logger: log,
		HTTP: &http.Client{Timeout: time.Minute}})
}

// mailRoutes are the paths of mail. The inbox is open without a key on a
// developer's own machine only.
func mailRoutes(s *mail.Service, c config.Config) func(*token.Verifier) []route {
	return func(v *token.Verifier) []route {
		inbox := api(s.Inbox(c.Dev && c.Server.Loopback()), v)
		return []route{{"/dev/inbox", inbox}, {"/dev/inbox.json", inbox}, {"/dev/inbox/", inbox}}
	}
}
