package auth

import (
	"context"
	"log/slog"
	"os"

	"github.com/galleyhq/galley/internal/auth/clean"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/limit"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/outgoing"
)

// What whoever puts the parts together has to know.
type (
	Keys   = signing.Keys // that sign access tokens
	KeySet = signing.Set  // what anybody may know of them (RFC 7517, section 5)
	Mail   = core.Mail
	SMS    = core.SMS
)

// OpenKeys opens the keys of auth.signing_keys_path, or those of the database, which
// are made at the first call. secret is the project's.
func OpenKeys(ctx context.Context, db database.DB, c config.Config, secret string, log *slog.Logger) (*Keys, error) {
	s := signing.Config{DB: db, Secret: secret, Logger: log}
	if path := c.Auth.SigningKeys; path != "" {
		raw, err := os.ReadFile(path)
		if err == nil {
			s.Keys, err = signing.Parse(raw)
		}
		if err != nil {
			return nil, config.Problems{{Key: "auth.signing_keys_path", Message: err.Error()}}
		}
	}
	return signing.Open(ctx, s)
}

// NewCleaner returns what removes, once it is started, what accounts have no more use
// for.
func NewCleaner(db database.DB, c config.Auth, log *slog.Logger) *clean.Cleaner {
	return clean.New(clean.Config{DB: db, Settings: c, Logger: log})
}

// NewCaptcha returns the check of CAPTCHAs, nil when the settings ask for none.
func NewCaptcha(guard *outgoing.Guard, c config.Captcha) (core.Captcha, error) {
	if !c.Enabled {
		return nil, nil
	}
	return limit.NewCaptcha(guard, c.Provider, c.Secret)
}
