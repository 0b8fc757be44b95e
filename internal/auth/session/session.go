// Package session begins, continues and ends the sessions of users: access tokens
// with GoTrue's claims, and refresh tokens each of which is good for one refresh.
//
//	tokens, err := sessions.Issue(ctx, tx, user, session.Request{Method: "password", IP: ip})
//	tokens, err = sessions.Refresh(ctx, refreshToken, session.Request{IP: ip})
//
// A refresh token that is used a second time was stolen, or its successor was lost
// on the way: within the reuse interval, and while its successor is not used yet,
// the same successor is given again; later the whole session's tokens are revoked.
// Only hashes of the tokens are kept. So that the same successor can be given
// again, each is made of the one before it and a key of the project's (HMAC-SHA256).
// What decides between two refreshes at once is one statement, on any node.
package session

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/commit"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
)

// Config is what the service needs to know.
type Config struct {
	DB            database.DB
	Sign          func(ctx context.Context, claims map[string]any) (string, error)
	Key           []byte // that refresh tokens are made with
	Issuer        string
	Expiry        time.Duration // of access tokens
	Rotation      bool          // a token that is used again ends its family
	ReuseInterval time.Duration
	Timebox       time.Duration // 0: none
	Inactivity    time.Duration // 0: none
	Single        bool          // only the newest session of a user is refreshed
	AllowLow      time.Duration // of aal1 while the user has a second factor; 0: for ever
	Hook          ClaimsHook    // may be nil
	Now           func() time.Time
}

// ClaimsHook changes the claims of an access token before it is signed.
type ClaimsHook interface {
	CustomAccessToken(ctx context.Context, userID string, claims map[string]any, method string) (map[string]any, error)
}

// Service issues and refreshes. It may be used from any goroutine.
type Service struct{ config Config }

// New returns a service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{c}
}

// Request is how and from where somebody signs in or refreshes.
type Request struct {
	Method    string // password, otp, oauth, anonymous, totp, …: GoTrue's names
	UserAgent string
	IP        string
	FactorID  string // that was proven with it, for aal2
	AAL       string // "" is aal1
	Tag       string
}

// Issue begins a session, notes the sign-in and returns its tokens, in the caller's
// transaction, which is the owner's. With a hook, the access token is there once
// that is committed (package commit); one that the hook refuses ends the session.
func (s *Service) Issue(ctx context.Context, q database.Querier, u *store.User, r Request) (*wire.Tokens, error) {
	now := s.now()
	if r.AAL == "" {
		r.AAL = "aal1"
	}
	one := &store.Session{UserID: u.ID, AAL: r.AAL, FactorID: r.FactorID, UserAgent: clip(r.UserAgent), IP: r.IP, Tag: r.Tag}
	if err := store.InsertSession(ctx, q, one, now); err != nil {
		return nil, err
	}
	if err := store.AddMethod(ctx, q, one, r.Method, now); err != nil {
		return nil, err
	}
	refresh := random()
	if err := store.InsertRefreshToken(ctx, q, one, Kept(refresh), now); err != nil {
		return nil, err
	}
	if err := store.UpdateUser(ctx, q, u, now, store.Set("last_sign_in_at", now)); err != nil {
		return nil, err
	}
	return s.tokens(ctx, q, u, one, refresh, r.Method, func(ctx context.Context) {
		_, _ = store.DeleteSession(ctx, database.Owner{DB: s.config.DB}, u.ID, one.ID) // nobody has its tokens
	})
}

// Upgrade notes that the user of a session proved a factor, makes the session of a
// higher level, and returns new tokens for it. Those before are gone: revoked ones
// are good for a moment still, and whoever has one has not proven the factor.
func (s *Service) Upgrade(ctx context.Context, q database.Querier, u *store.User, one *store.Session, r Request) (*wire.Tokens, error) {
	now := s.now()
	if err := store.AddMethod(ctx, q, one, r.Method, now); err != nil {
		return nil, err
	}
	changes := []store.Change{store.Set("aal", r.AAL)}
	if r.FactorID != "" {
		changes = append(changes, store.Set("factor_id", r.FactorID))
	}
	if err := store.UpdateSession(ctx, q, one, now, changes...); err != nil {
		return nil, err
	}
	return s.Renew(ctx, q, u, one, r.Method)
}

// Renew returns new tokens of a session; those before are good no more. method is
// why, for the claims hook.
func (s *Service) Renew(ctx context.Context, q database.Querier, u *store.User, one *store.Session, method string) (*wire.Tokens, error) {
	now := s.now()
	if err := store.DeleteTokens(ctx, q, one.ID); err != nil {
		return nil, err
	}
	refresh := random()
	if err := store.InsertRefreshToken(ctx, q, one, Kept(refresh), now); err != nil {
		return nil, err
	}
	return s.tokens(ctx, q, u, one, refresh, method, func(context.Context) {})
}

// tokens makes the answer to a sign-in or a refresh. refused is called when a hook
// says no.
func (s *Service) tokens(ctx context.Context, q database.Querier, u *store.User, one *store.Session, refresh, method string, refused func(context.Context)) (*wire.Tokens, error) {
	now := s.now()
	expires := now.Add(s.config.Expiry)
	claims := s.claims(u, one, now, expires)
	out := &wire.Tokens{TokenType: "bearer", ExpiresIn: int64(s.config.Expiry / time.Second), ExpiresAt: expires.Unix(),
		RefreshToken: refresh, User: wire.UserOf(u)}
	if s.config.Hook == nil {
		var err error
		out.AccessToken, err = s.config.Sign(ctx, claims)
		return out, err
	}
	return out, commit.After(ctx, q, func(ctx context.Context) error {
		claims, err := s.config.Hook.CustomAccessToken(ctx, u.ID, claims, method)
		if err == nil {
			out.AccessToken, err = s.config.Sign(ctx, claims)
		}
		if err != nil {
			refused(context.WithoutCancel(ctx))
		}
		return err
	})
}

// claims are those of GoTrue's access tokens.
func (s *Service) claims(u *store.User, one *store.Session, now, expires time.Time) map[string]any {
	amr := []map[string]any{}
	methods := slices.Clone(one.Methods)
	slices.SortFunc(methods, func(a, b store.Method) int { return b.UpdatedAt.Compare(a.UpdatedAt.Time) })
	aal := "aal1"
	for _, m := range methods {
		amr = append(amr, map[string]any{"method": m.Name, "timestamp": m.UpdatedAt.Unix()})
		if secondFactor(m.Name) {
			aal = "aal2"
		}
	}
	return map[string]any{
		"iss": s.config.Issuer, "sub": u.ID, "aud": u.Aud, "exp": expires.Unix(), "iat": now.Unix(),
		"email": u.Email, "phone": u.Phone, "app_metadata": object(u.AppMetaData), "user_metadata": object(u.UserMetaData),
		"role": u.Role, "aal": aal, "amr": amr, "session_id": one.ID, "is_anonymous": u.IsAnonymous,
	}
}

// secondFactor tells whether a method makes a session one of aal2.
func secondFactor(method string) bool {
	return method == "totp" || method == "mfa/phone" || method == "mfa/webauthn"
}

func object(o store.Object) store.Object {
	if o == nil {
		return store.Object{}
	}
	return o
}

func (s *Service) now() time.Time { return s.config.Now().UTC().Truncate(time.Microsecond) }

// tokenBytes makes refresh tokens of 24 characters, which nobody guesses.
const tokenBytes = 18

func random() string {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// child is the one token that follows another.
func (s *Service) child(refresh string) string {
	mac := hmac.New(sha256.New, s.config.Key)
	mac.Write([]byte(refresh))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:tokenBytes])
}

// hashed begins what is kept of a token. What a client shows never does, or a
// hash that leaked would be as good as its token.
const hashed = "sha256:"

// Kept is what the database keeps of a refresh token.
func Kept(refresh string) string {
	sum := sha256.Sum256([]byte(refresh))
	return hashed + hex.EncodeToString(sum[:])
}

func clip(agent string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(agent[:min(len(agent), 512)], "\x00", ""), "")
}
