// Package core is what every handler of the API of accounts stands on: the
// project's settings, its keys and sessions, who calls, and the small interfaces
// that other parts are attached by.
//
//	func (h handlers) get(w http.ResponseWriter, r *http.Request) error {
//		caller, err := h.Caller(r)
//		…
//		return core.JSON(w, wire.UserOf(caller.User))
//	}
package core

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/commit"
	"github.com/galleyhq/galley/internal/auth/password"
	"github.com/galleyhq/galley/internal/auth/redirect"
	"github.com/galleyhq/galley/internal/auth/session"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/outgoing"
	"github.com/galleyhq/galley/internal/remote"
)

// Config is what accounts need to know. All but Guard, Hooks, Limits and Captcha is
// required.
type Config struct {
	DB       database.DB
	Settings config.Config // its section auth, and sms
	URL      string        // where clients reach the server, without a slash at the end
	Secret   string        // the project's
	Keys     *signing.Keys
	Verifier *token.Verifier
	Messages Messages
	Guard    *outgoing.Guard // calls providers; nil serves none
	Pool     *password.Pool
	Judge    *password.Judge
	Hooks    Hooks
	Limits   Limits
	Captcha  Captcha
	// Pace is how long answers take at least that could tell by their time whether
	// there is an account.
	Pace   time.Duration
	Logger *slog.Logger // nil means slog.Default
	Now    func() time.Time
}

// Mail is a mail of a template of package mail.
type Mail struct {
	To, Template, Language string
	ConfirmationURL        string
	Token, TokenHash       string // a code, and what links carry
	Email, NewEmail        string
	RedirectTo             string
	Data                   map[string]any // the user's user_metadata
	ExpiresAt              time.Time
	Notice                 // of those that tell of a change

	// For the hook send_email, which is asked once for both mails of a change that
	// is confirmed on both ends: with the one to the new address, which has the
	// other's code.
	User    *store.User
	Half    bool // this is the one to the address until then
	Current Code
}

// SMS is a text message with a code.
type SMS struct {
	To, Text, Code string
	Factor         bool            // the code is of a second factor
	User           json.RawMessage // as the API gives it, for hooks
	ExpiresAt      time.Time
}

// Messages sends mail and SMS when the caller's transaction, the owner's, is
// committed.
type Messages interface {
	SendMail(ctx context.Context, q database.Querier, m Mail) error
	SendSMS(ctx context.Context, q database.Querier, m SMS) error
}

// Hooks are the project's own functions (GoTrue's auth hooks). A refusal is an
// *autherr.Error.
type Hooks interface {
	session.ClaimsHook
	BeforeUserCreated(ctx context.Context, u *store.User, ip string) error
	PasswordVerified(ctx context.Context, userID string, valid bool) error
	// FactorVerified is told of an answer to a challenge, right or wrong. A refusal
	// with the code autherr.MFAVerificationRejected ends the user's sessions.
	FactorVerified(ctx context.Context, a FactorAttempt) error
}

// FactorAttempt is an answer to the challenge of a factor.
type FactorAttempt struct {
	UserID, FactorID string
	Type             string // totp, phone or webauthn
	IP               string
	Valid            bool
}

// Limits are shared by all nodes. A refusal is an *autherr.Error of status 429.
// Actions are the keys of [auth.rate_limit]: sign_in_sign_ups, token_refresh,
// token_verifications, anonymous_users, email_sent, sms_sent; account, which is
// sign_in_sign_ups of an account in the place of an address; and factor_challenge,
// factor_verify and passkey, which have no key.
type Limits interface {
	// Allow counts an action of an address. Messages are the project's: of "".
	Allow(ctx context.Context, action, address string) error
	// Attempt counts an attempt at a secret, and refuses it while the secret is
	// locked. locks tells that this one, if it is wrong, has locked it. Succeeded
	// forgets the wrong ones.
	Attempt(ctx context.Context, secret string) (locks bool, err error)
	Succeeded(ctx context.Context, secret string) error
	// Once tells whether this is the first time within a span that something
	// happens to a subject.
	Once(ctx context.Context, name, subject string, within time.Duration) (bool, error)
}

// Captcha checks what a CAPTCHA gave the browser.
type Captcha interface {
	Verify(ctx context.Context, answer, address string) error
}

// Core is a Config made ready. It may be used from any goroutine.
type Core struct {
	Config
	Sessions  *session.Service
	codes     []byte // key that codes are hashed with
	redirects *redirect.List
	proxies   remote.Proxies
	locked    func(ctx context.Context, secret string)
}

// New returns a core. The error names what is wrong with the settings.
func New(c Config) (*Core, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	a := c.Settings.Auth
	out := &Core{Config: c, codes: signing.Derive(c.Secret, "one-time codes")}
	s := session.Config{DB: c.DB, Sign: c.Keys.Sign, Key: signing.Derive(c.Secret, "refresh tokens"), Issuer: out.Issuer(),
		Expiry: seconds(a.JWTExpiry), Rotation: a.RefreshTokenRotation, ReuseInterval: seconds(a.RefreshTokenReuse),
		Timebox: a.Sessions.Timebox, Inactivity: a.Sessions.Inactivity, Single: a.Sessions.Single, AllowLow: a.Sessions.AllowLow, Now: c.Now}
	if c.Hooks != nil {
		s.Hook = c.Hooks
	}
	out.Sessions = session.New(s)
	var err error
	if out.redirects, err = redirect.New(out.SiteURL(), append(out.pages(), a.AdditionalRedirectURLs...)); err != nil {
		return nil, config.Problems{{Key: "auth.additional_redirect_urls", Message: err.Error()}}
	}
	if out.proxies, err = a.Limits.Proxies(); err != nil {
		return nil, err
	}
	return out, nil
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

// Auth is the section [auth] of the settings.
func (c *Core) Auth() config.Auth { return c.Settings.Auth }

// Issuer is the iss claim of access tokens.
func (c *Core) Issuer() string { return cmp.Or(c.Auth().JWTIssuer, c.URL+"/auth/v1") }

// SiteURL is where the app is.
func (c *Core) SiteURL() string {
	if c.Auth().SiteURL != "" {
		return c.Auth().SiteURL
	}
	return c.URL
}

// Time is the present as the database keeps it.
func (c *Core) Time() time.Time { return c.Now().UTC().Truncate(time.Microsecond) }

// Owner runs single statements.
func (c *Core) Owner() database.Querier { return database.Owner{DB: c.DB} }

// InTx runs a transaction as the owner, and then what package commit put off: mail
// and access tokens by hooks are there when it returns, not before.
func (c *Core) InTx(ctx context.Context, fn func(database.Tx) error) error {
	return commit.InTx(ctx, c.DB, fn)
}

// Allow counts an action against its limit.
func (c *Core) Allow(ctx context.Context, action, address string) error {
	if c.Limits == nil {
		return nil
	}
	return c.Limits.Allow(ctx, action, address)
}

// Audit notes an event of a request.
func (c *Core) Audit(ctx context.Context, q database.Querier, r *http.Request, u *store.User, action string, traits store.Object) error {
	return store.Audit(ctx, q, u, store.Entry{Action: action, IP: c.Address(r), Traits: traits}, c.Time())
}

// Human checks what a CAPTCHA gave, where the settings ask for one.
func (c *Core) Human(ctx context.Context, answer, address string) error {
	if !c.Auth().Captcha.Enabled {
		return nil
	}
	if c.Captcha == nil {
		return autherr.New(500, autherr.UnexpectedFailure, "captcha verification process failed")
	}
	return c.Captcha.Verify(ctx, answer, address)
}
