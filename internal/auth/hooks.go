package auth

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/galleyhq/galley/internal/auth/commit"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/hook"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/outgoing"
)

// PrepareHooks makes the role that hooks in SQL run as. It comes before the
// project's migrations, which name it.
func PrepareHooks(ctx context.Context, db database.DB) error { return hook.Prepare(ctx, db) }

// NewHooks returns the hooks of the settings, nil when there are none. Their
// problems name the key.
func NewHooks(db database.DB, guard *outgoing.Guard, c config.Auth, log *slog.Logger) (*hook.Hooks, error) {
	points := map[hook.Name]hook.Point{}
	for name, h := range c.Hooks {
		if h.Enabled {
			points[hook.Name(name)] = hook.Point{URI: h.URI, Secrets: h.Secrets}
		}
	}
	if len(points) == 0 {
		return nil, nil
	}
	h, err := hook.New(hook.Config{DB: db, Guard: guard, Points: points, Logger: log})
	if err != nil {
		return nil, config.Problems{{Key: "auth.hook", Message: err.Error()}}
	}
	return h, nil
}

// wireHooks makes the hooks of the settings those of a core, unless it has others.
func wireHooks(c *core.Config) error {
	if c.Hooks != nil {
		return nil
	}
	h, err := NewHooks(c.DB, c.Guard, c.Settings.Auth, c.Logger)
	if err != nil || h == nil {
		return err
	}
	all := hooks{h, c.DB}
	c.Hooks = all
	c.Messages = hookedMessages{c.Messages, all, c.URL + "/auth/v1"}
	return nil
}

// hooks are core's and session's, by package hook.
type hooks struct {
	*hook.Hooks
	db database.DB
}

func userJSON(u *store.User) (json.RawMessage, error) {
	raw, err := json.Marshal(wire.UserOf(u))
	if err != nil {
		return nil, fault.Internal(err)
	}
	return raw, nil
}

// BeforeUserCreated implements core.Hooks.
func (h hooks) BeforeUserCreated(ctx context.Context, u *store.User, address string) error {
	raw, err := userJSON(u)
	if err != nil {
		return err
	}
	return h.Hooks.BeforeUserCreated(ctx, address, raw)
}

// PasswordVerified implements core.Hooks.
func (h hooks) PasswordVerified(ctx context.Context, userID string, valid bool) error {
	logout, err := h.PasswordVerificationAttempt(ctx, core.AddressOf(ctx), userID, valid)
	if logout {
		if err := store.DeleteSessions(ctx, database.Owner{DB: h.db}, userID, ""); err != nil {
			return err
		}
	}
	return err
}

// FactorVerified implements core.Hooks.
func (h hooks) FactorVerified(ctx context.Context, a core.FactorAttempt) error {
	return h.MFAVerificationAttempt(ctx, a.IP, a.UserID, a.FactorID, a.Type, a.Valid)
}

// CustomAccessToken implements session.ClaimsHook.
func (h hooks) CustomAccessToken(ctx context.Context, userID string, claims map[string]any, method string) (map[string]any, error) {
	return h.Hooks.CustomAccessToken(ctx, core.AddressOf(ctx), userID, claims, method)
}

// hookedMessages sends by hooks what they are there for.
type hookedMessages struct {
	core.Messages
	hooks hooks
	url   string // of the API of accounts
}

// action is GoTrue's name of a mail.
func action(template string) string {
	switch template {
	case "confirmation":
		return "signup"
	case "magic_link":
		return "magiclink"
	case core.PasswordChanged, core.EmailChanged, core.PhoneChanged, core.IdentityLinked, core.IdentityUnlinked, core.FactorEnrolled, core.FactorUnenrolled:
		return template + "_notification"
	}
	return template
}

// SendMail implements core.Messages. The hook of a change that is confirmed on both
// ends gets what GoTrue sends it: the hashes stand crosswise to the codes (Supabase
// documentation, "Send Email Hook").
func (m hookedMessages) SendMail(ctx context.Context, q database.Querier, mail core.Mail) error {
	switch {
	case !m.hooks.Enabled(hook.SendEmail) || mail.User == nil:
		return m.Messages.SendMail(ctx, q, mail)
	case mail.Half: // the other one has both codes
		return nil
	}
	user, err := userJSON(mail.User)
	if err != nil {
		return err
	}
	e := hook.Email{Token: mail.Token, TokenHash: mail.TokenHash, RedirectTo: mail.RedirectTo, Action: action(mail.Template), SiteURL: m.url,
		OldEmail: mail.OldEmail, OldPhone: mail.OldPhone, Provider: mail.Provider, FactorType: mail.FactorType}
	if mail.Current.Digits != "" {
		e.Token, e.TokenNew, e.TokenHashNew = mail.Current.Digits, mail.Token, mail.Current.Link
	}
	return commit.After(ctx, q, func(ctx context.Context) error { return m.hooks.SendEmail(ctx, core.AddressOf(ctx), user, e) })
}

// SendSMS implements core.Messages.
func (m hookedMessages) SendSMS(ctx context.Context, q database.Querier, s core.SMS) error {
	if !m.hooks.Enabled(hook.SendSMS) {
		return m.Messages.SendSMS(ctx, q, s)
	}
	kind := "sms"
	if s.Factor {
		kind = "mfa"
	}
	return commit.After(ctx, q, func(ctx context.Context) error {
		return m.hooks.SendSMS(ctx, core.AddressOf(ctx), s.User, hook.SMS{OTP: s.Code, Type: kind, Phone: s.To})
	})
}

// addressed lets whatever serves a request know where it comes from.
func addressed(c *core.Core) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(core.WithAddress(r.Context(), c.Address(r))))
		})
	}
}
