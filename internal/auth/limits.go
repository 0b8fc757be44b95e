package auth

import (
	"context"
	"net/netip"
	"time"

	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/limit"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
)

// limits are core's, by package limit.
type limits struct {
	limiter *limit.Limiter
	rules   limit.Rules
	lockout limit.Lockout
}

// newLimits returns the limits of the settings.
func newLimits(db database.DB, l config.AuthLimits) core.Limits {
	return limits{limit.New(db), limit.NewRules(limit.Rates{EmailSent: int(l.EmailSent), SMSSent: int(l.SMSSent),
		AnonymousUsers: int(l.AnonymousUsers), TokenRefresh: int(l.TokenRefresh), SignInSignUps: int(l.SignInSignUps),
		Verifications: int(l.Verifications)}), limit.NewLockout(int(l.LockAfter), l.LockFor)}
}

// Allow implements core.Limits.
func (l limits) Allow(ctx context.Context, action, address string) error {
	rule := l.rules.SignIn
	switch action {
	case "token_refresh":
		rule = l.rules.TokenRefresh
	case "token_verifications":
		rule = l.rules.Verify
	case "anonymous_users":
		rule = l.rules.Anonymous
	case "factor_challenge", "factor_verify":
		rule = l.rules.Factor
		rule.Name = action // each has its own count, as in GoTrue
	case "passkey":
		rule = l.rules.Passkey
	case "account":
		rule = l.rules.Account
	case "email_sent":
		return l.limiter.Allow(ctx, limit.Check{Rule: l.rules.Emails})
	case "sms_sent":
		return l.limiter.Allow(ctx, limit.Check{Rule: l.rules.SMS})
	}
	subject := address
	if at, err := netip.ParseAddr(address); err == nil {
		subject = limit.Subject(at)
	}
	return l.limiter.Allow(ctx, limit.Check{Rule: rule, Subject: subject})
}

// Attempt implements core.Limits. It counts before the secret is looked at, so that
// guesses at once are counted too.
func (l limits) Attempt(ctx context.Context, secret string) (bool, error) {
	a, err := l.limiter.Attempt(ctx, l.lockout, secret)
	return a.Locks, err
}

// Succeeded implements core.Limits.
func (l limits) Succeeded(ctx context.Context, secret string) error {
	return l.limiter.Reset(ctx, secret)
}

// Once implements core.Limits.
func (l limits) Once(ctx context.Context, name, subject string, within time.Duration) (bool, error) {
	return l.limiter.Once(ctx, name, subject, within)
}
