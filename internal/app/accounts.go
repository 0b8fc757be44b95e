package app

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/app/site"
	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/mail"
)

// accountRoutes are the paths of accounts. It opens the keys that sign access
// tokens, and has keys find them.
func accountRoutes(ctx context.Context, db database.DB, c config.Config, keys *Keys, post *mail.Service, log *slog.Logger) (func(*token.Verifier) ([]site.Route, error), error) {
	if !c.Auth.Enabled {
		return func(*token.Verifier) ([]site.Route, error) {
			return []site.Route{{Pattern: "/auth/v1/", Handler: absent("Accounts")}}, nil
		}, nil
	}
	signer, err := auth.OpenKeys(ctx, db, c, keys.JWTSecret, log)
	if err != nil {
		return nil, err
	}
	keys.lookup, keys.revision, keys.public = signer.Lookup, signer.Revision, signer.Set
	guard, err := newGuard(c)
	if err != nil {
		return nil, err
	}
	captcha, err := auth.NewCaptcha(guard, c.Auth.Captcha)
	if err != nil {
		return nil, err
	}
	return func(v *token.Verifier) ([]site.Route, error) {
		h, err := auth.New(auth.Config{DB: db, Settings: c, URL: externalURL(c), Secret: keys.JWTSecret, Keys: signer, Verifier: v,
			Messages: messages{post}, Guard: guard, Captcha: captcha, Pace: pace, Logger: log})
		if err != nil {
			return nil, err
		}
		routes := []site.Route{{Pattern: "/auth/v1/", Handler: httpapi.Chain(http.StripPrefix("/auth/v1", h), httpapi.Compress())}}
		if h.Page != nil {
			page := httpapi.Chain(h.Page, httpapi.Compress())
			routes = append(routes, site.Route{Pattern: "/auth/ui", Handler: page}, site.Route{Pattern: "/auth/ui/", Handler: page})
		}
		return routes, nil
	}, nil
}

// Accounts is the API of accounts for a command, below /auth/v1, and the key of the
// service role for it.
func Accounts(ctx context.Context, db database.DB, c config.Config, log *slog.Logger) (http.Handler, string, error) {
	c.Auth.Enabled = true // for those who look after the accounts, it is
	keys, err := LoadKeys(ctx, db, c)
	if err != nil {
		return nil, "", err
	}
	post, err := newMail(db, c, log)
	if err != nil {
		return nil, "", err
	}
	open, err := accountRoutes(ctx, db, c, &keys, post, log)
	if err != nil {
		return nil, "", err
	}
	v, err := verifier(db, c, keys)
	if err != nil {
		return nil, "", err
	}
	routes, err := open(v)
	if err != nil {
		return nil, "", err
	}
	return routes[0].Handler, keys.ServiceRole, nil
}

// pace is longer than signing up takes on a slow core, and too short for people to
// mind.
const pace = 250 * time.Millisecond

// externalURL is where clients reach the server. What a request says of it is never
// believed.
func externalURL(c config.Config) string {
	if c.Auth.ExternalURL != "" {
		return strings.TrimRight(c.Auth.ExternalURL, "/")
	}
	return publicURL(c)
}

// messages sends what accounts have to say.
type messages struct{ service *mail.Service }

// SendMail implements auth.Config.Messages.
func (m messages) SendMail(ctx context.Context, q database.Querier, r auth.Mail) error {
	v := mail.Variables{ConfirmationURL: r.ConfirmationURL, Token: r.Token, TokenHash: r.TokenHash, Email: r.Email,
		NewEmail: r.NewEmail, SendingTo: r.To, RedirectTo: r.RedirectTo, Data: r.Data,
		OldEmail: r.OldEmail, OldPhone: r.OldPhone, Provider: r.Provider, FactorType: r.FactorType}
	if r.User != nil {
		v.Phone = r.User.Phone
	}
	_, err := m.service.Send(ctx, q, mail.Request{To: mail.List{r.To}, Template: r.Template, Language: languages(r), Variables: v, ExpiresAt: r.ExpiresAt})
	return err
}

func languages(r auth.Mail) mail.List {
	if r.Language == "" {
		return nil
	}
	return mail.List{r.Language}
}

// SendSMS implements auth.Config.Messages.
func (m messages) SendSMS(ctx context.Context, q database.Querier, r auth.SMS) error {
	_, err := m.service.SendSMS(ctx, q, mail.SMS{To: r.To, Text: r.Text, Code: r.Code, User: r.User, ExpiresAt: r.ExpiresAt})
	return err
}
