package session

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// maxToken bounds what is looked up, in bytes.
const maxToken = 255

// attempts bounds how often a refresh that lost against another one looks again.
const attempts = 4

// Refresh gives new tokens for a refresh token: two statements, no transaction.
func (s *Service) Refresh(ctx context.Context, refresh string, r Request) (*wire.Tokens, error) {
	if refresh == "" {
		return nil, autherr.OAuth("invalid_request", "refresh_token required")
	}
	if len(refresh) > maxToken || strings.HasPrefix(refresh, hashed) {
		return nil, notFound()
	}
	q := database.Owner{DB: s.config.DB}
	for range attempts {
		g, err := store.GrantByToken(ctx, q, Kept(refresh), refresh)
		if err != nil {
			return nil, err
		}
		if err := s.check(ctx, q, g); err != nil {
			return nil, err
		}
		next, err := s.next(ctx, q, g, refresh, r)
		if err != nil {
			return nil, err
		}
		if next != "" {
			return s.tokens(ctx, q, g.User, g.Session, next, "token_refresh", func(context.Context) {})
		}
	}
	return nil, autherr.New(http.StatusConflict, autherr.Conflict, "Too many concurrent token refresh requests on the same session or refresh token")
}

func notFound() error {
	return autherr.New(http.StatusBadRequest, autherr.RefreshTokenNotFound, "Invalid Refresh Token: Refresh Token Not Found")
}

func expired(why string) error {
	return autherr.New(http.StatusBadRequest, autherr.SessionExpired, "Invalid Refresh Token: Session Expired%s", why)
}

// check refuses a grant that is no longer good.
func (s *Service) check(ctx context.Context, q database.Querier, g *store.Grant) error {
	if g == nil || g.User.DeletedAt != nil {
		return notFound()
	}
	now := s.now()
	if g.User.Banned(now) {
		return autherr.New(http.StatusBadRequest, autherr.UserBanned, "Invalid Refresh Token: User Banned")
	}
	used := lastUsed(g.Session)
	if g.Token.UpdatedAt.After(used) {
		used = g.Token.UpdatedAt.Time
	}
	switch {
	case g.Session.NotAfter != nil && now.After(g.Session.NotAfter.Time), s.timedOut(g.Session, now):
		return expired("")
	case s.config.Inactivity > 0 && now.After(used.Add(s.config.Inactivity)):
		return expired(" (Inactivity)")
	case s.config.AllowLow > 0 && g.Session.AAL <= "aal1" && g.User.HasFactor() && now.After(g.Session.CreatedAt.Add(s.config.AllowLow)):
		return expired(" (Low AAL: User Needs MFA Verification)")
	case !s.config.Single:
		return nil
	}
	all, err := store.Sessions(ctx, q, g.User.ID)
	for i := range all {
		other := &all[i]
		if other.ID != g.Session.ID && other.Tag == g.Session.Tag && s.Valid(other) && lastUsed(other).After(used) {
			return expired(" (Revoked by Newer Login)")
		}
	}
	return err
}

func (s *Service) timedOut(one *store.Session, now time.Time) bool {
	return s.config.Timebox > 0 && now.After(one.CreatedAt.Add(s.config.Timebox))
}

// Valid tells whether a session has not reached its limits.
func (s *Service) Valid(one *store.Session) bool {
	now := s.now()
	return !(one.NotAfter != nil && now.After(one.NotAfter.Time)) && !s.timedOut(one, now) &&
		!(s.config.Inactivity > 0 && now.After(lastUsed(one).Add(s.config.Inactivity)))
}

func lastUsed(one *store.Session) time.Time {
	if one.RefreshedAt != nil && one.RefreshedAt.After(one.CreatedAt.Time) {
		return one.RefreshedAt.Time
	}
	return one.CreatedAt.Time
}

// next finds or makes the refresh token that follows; "" when another refresh was
// faster, and what the database says has changed.
func (s *Service) next(ctx context.Context, q database.Querier, g *store.Grant, refresh string, r Request) (string, error) {
	if g.Token.Revoked {
		return s.again(ctx, q, g, refresh, r)
	}
	child := s.child(refresh)
	return child, s.swap(ctx, q, g, &child, r)
}

// swap revokes the grant's token for a new one, which it empties when another
// refresh was faster.
func (s *Service) swap(ctx context.Context, q database.Querier, g *store.Grant, child *string, r Request) error {
	ok, err := store.SwapRefreshToken(ctx, q, store.Swap{Grant: g, Kept: Kept(*child), UserAgent: clip(r.UserAgent), IP: r.IP,
		Entry: store.Entry{Action: store.TokenRefreshed}}, s.now())
	switch {
	case fault.Code(err) == fault.ForeignKeyViolation: // signed out meanwhile
		return notFound()
	case err != nil:
		return err
	case !ok:
		*child = ""
	}
	return nil
}

// again is the use of a token that was used before.
func (s *Service) again(ctx context.Context, q database.Querier, g *store.Grant, refresh string, r Request) (string, error) {
	active, err := store.ActiveToken(ctx, q, g.Session.ID)
	if err != nil {
		return "", err
	}
	parent := active != nil && active.Parent == g.Token.Token
	if !parent && s.now().After(g.Token.UpdatedAt.Add(s.config.ReuseInterval)) || active == nil {
		return "", s.reused(ctx, q, g, r)
	}
	// Those that follow are found by making them again.
	for next, i := refresh, 0; i < attempts*2; i++ {
		next = s.child(next)
		if Kept(next) == active.Token {
			return next, nil
		}
	}
	// The secret has changed, or the session came from elsewhere.
	g.Token = active
	child := random()
	return child, s.swap(ctx, q, g, &child, r)
}

// reused answers a token that was used before, and ends its family.
func (s *Service) reused(ctx context.Context, q database.Querier, g *store.Grant, r Request) error {
	if s.config.Rotation {
		now := s.now()
		if err := store.RevokeFamily(ctx, q, g.Session.ID, now); err != nil {
			return err
		}
		if err := store.Audit(ctx, q, g.User, store.Entry{Action: store.TokenRevoked, IP: r.IP, Traits: store.Object{"reason": "reuse", "session_id": g.Session.ID}}, now); err != nil {
			return err
		}
	}
	return autherr.New(http.StatusBadRequest, autherr.RefreshTokenAlreadyUsed, "Invalid Refresh Token: Already Used")
}
