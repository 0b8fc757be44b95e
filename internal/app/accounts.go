package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/limit"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/mail"
)

// accountRoutes are the paths of accounts. It opens the keys that sign access
// tokens, and has keys find them.
func accountRoutes(ctx context.Context, db database.DB, c config.Config, keys *Keys, post *mail.Service, log *slog.Logger) (func(*token.Verifier) ([]route, error), error) {
	if !c.Auth.Enabled {
		return func(*token.Verifier) ([]route, error) { return []route{{"/auth/v1/", absent("Accounts")}}, nil }, nil
	}
	signer, err := openSigner(ctx, db, c, keys.JWTSecret, log)
	if err != nil {
		return nil, err
	}
	keys.lookup = signer.Lookup
	captcha, err := newCaptcha(c)
	if err != nil {
		return nil, err
	}
	return func(v *token.Verifier) ([]route, error) {
		h, err := auth.New(auth.Config{DB: db, Settings: c, URL: externalURL(c), Secret: keys.JWTSecret, Keys: signer, Verifier: v,
			Messages: messages{post}, Captcha: captcha, Logger: log})
		if err != nil {
			return nil, err
		}
		return []route{{"/auth/v1/", httpapi.Chain(http.StripPrefix("/auth/v1", h), httpapi.Compress())}}, nil
	}, nil
}

// newCaptcha returns the check of CAPTCHAs, nil when none is asked for.
func newCaptcha(c config.Config) (core.Captcha, error) {
	if !c.Auth.Captcha.Enabled {
		return nil, nil
	}
	guard, err := newGuard(c)
	if err != nil {
		return nil, err
	}
	return limit.NewCaptcha(guard, c.Auth.Captcha.Provider, c.Auth.Captcha.Secret)
}

// openSigner opens the keys of auth.signing_keys_path, or those of the database.
func openSigner(ctx context.Context, db database.DB, c config.Config, secret string, log *slog.Logger) (*signing.Keys, error) {
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

// externalURL is where clients reach the server. What a request says of it is never
// believed.
func externalURL(c config.Config) string {
	if c.Auth.ExternalURL != "" {
		return strings.TrimRight(c.Auth.ExternalURL, "/")
	}
	return serverURL(c.Server.Listen)
}

// messages sends what accounts have to say.
type messages struct{ service *mail.Service }

// SendMail implements core.Messages.
func (m messages) SendMail(ctx context.Context, q database.Querier, r core.Mail) error {
	v := mail.Variables{ConfirmationURL: r.ConfirmationURL, Token: r.Token, TokenHash: r.TokenHash, Email: r.Email,
		NewEmail: r.NewEmail, SendingTo: r.To, RedirectTo: r.RedirectTo, Data: r.Data}
	_, err := m.service.Send(ctx, q, mail.Request{To: mail.List{r.To}, Template: r.Template, Language: languages(r), Variables: v, ExpiresAt: r.ExpiresAt})
	return err
}

func languages(r core.Mail) mail.List {
	if r.Language == "" {
		return nil
	}
	return mail.List{r.Language}
}

// SendSMS implements core.Messages.
func (m messages) SendSMS(ctx context.Context, q database.Querier, r core.SMS) error {
	user, err := json.Marshal(wire.UserOf(r.User))
	if err != nil {
		return fault.Internal(err)
	}
	_, err = m.service.SendSMS(ctx, q, mail.SMS{To: r.To, Text: r.Text, Code: r.Code, User: user, ExpiresAt: r.ExpiresAt})
	return err
}
