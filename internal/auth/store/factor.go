package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// Factor is a row of auth.mfa_factors.
type Factor struct {
	ID               string          `json:"id"`
	UserID           string          `json:"user_id"`
	FriendlyName     string          `json:"friendly_name"`
	Type             string          `json:"factor_type"` // totp, phone or webauthn
	Status           string          `json:"status"`      // unverified or verified
	CreatedAt        Time            `json:"created_at"`
	UpdatedAt        Time            `json:"updated_at"`
	Secret           string          `json:"secret"`
	Phone            string          `json:"phone"`
	LastChallengedAt *Time           `json:"last_challenged_at"`
	Credential       json.RawMessage `json:"web_authn_credential"`
	AAGUID           string          `json:"web_authn_aaguid"`
}

// Challenge is a row of auth.mfa_challenges.
type Challenge struct {
	ID          string          `json:"id"`
	FactorID    string          `json:"factor_id"`
	CreatedAt   Time            `json:"created_at"`
	VerifiedAt  *Time           `json:"verified_at"`
	IP          string          `json:"ip_address"`
	OTPCode     string          `json:"otp_code"`
	SessionData json.RawMessage `json:"web_authn_session_data"`
}

// Verified tells whether a factor counts: it was proven once.
func (f *Factor) Verified() bool { return f.Status == "verified" }

// InsertFactor adds a factor, which gets an id unless it has one. A name or number
// that the user has taken is 23505.
func InsertFactor(ctx context.Context, q database.Querier, f *Factor, now time.Time) error {
	if f.ID == "" {
		f.ID = NewID()
	}
	made, err := insert[Factor](ctx, q, "mfa_factors", Set("id", f.ID), Set("user_id", f.UserID), Set("friendly_name", f.FriendlyName),
		Set("factor_type", f.Type), Set("status", f.Status), Set("secret", none(f.Secret)), Set("phone", none(f.Phone)),
		Set("created_at", now), Set("updated_at", now))
	if err == nil {
		*f = *made
	}
	return err
}

// UpdateFactor changes columns of a factor; nil when it is gone.
func UpdateFactor(ctx context.Context, q database.Querier, id string, now time.Time, changes ...Change) (*Factor, error) {
	return update[Factor](ctx, q, "mfa_factors", id, append(slices.Clone(changes), Set("updated_at", now)))
}

// DeleteFactor removes a factor.
func DeleteFactor(ctx context.Context, q database.Querier, id string) error {
	_, err := exec(ctx, q, "delete from auth.mfa_factors where id = $1", id)
	return err
}

// DeleteUnverifiedFactors removes the factors of a user that were begun before a
// time and never finished.
func DeleteUnverifiedFactors(ctx context.Context, q database.Querier, userID string, before time.Time) error {
	_, err := exec(ctx, q, "delete from auth.mfa_factors where user_id = $1 and status = 'unverified' and created_at < $2", userID, before)
	return err
}

// DeleteUnfinishedFactors removes the factors of a type of a user that are not
// verified.
func DeleteUnfinishedFactors(ctx context.Context, q database.Querier, userID, kind string) error {
	_, err := exec(ctx, q, "delete from auth.mfa_factors where user_id = $1 and status = 'unverified' and factor_type::text = $2", userID, kind)
	return err
}

// TouchFactor notes that a factor is challenged, and tells whether it was not since
// a time: of two calls at once one is told so.
func TouchFactor(ctx context.Context, q database.Querier, id string, now, since time.Time) (bool, error) {
	n, err := exec(ctx, q, `update auth.mfa_factors set last_challenged_at = $2 where id = $1 and (last_challenged_at is null or last_challenged_at <= $3)`,
		id, now, since)
	return n > 0, err
}

// InsertChallenge adds a challenge of a factor, which gets an id unless it has one.
func InsertChallenge(ctx context.Context, q database.Querier, c *Challenge, now time.Time) error {
	if c.ID == "" {
		c.ID = NewID()
	}
	var data any
	if c.SessionData != nil {
		data = string(c.SessionData)
	}
	made, err := insert[Challenge](ctx, q, "mfa_challenges", Set("id", c.ID), Set("factor_id", c.FactorID), Set("created_at", now),
		Set("ip_address", c.IP), Set("otp_code", none(c.OTPCode)), Set("web_authn_session_data", data))
	if err == nil {
		*c = *made
	}
	return err
}

// ChallengeByID returns a challenge of a factor, nil when there is none.
func ChallengeByID(ctx context.Context, q database.Querier, id, factorID string) (*Challenge, error) {
	return one[Challenge](ctx, q, "select row_to_json(c) from auth.mfa_challenges c where id = $1 and factor_id = $2", id, factorID)
}

// TakeChallenge marks a challenge as answered and tells whether it was this call
// that did, so that each is answered once.
func TakeChallenge(ctx context.Context, q database.Querier, id string, now time.Time) (bool, error) {
	n, err := exec(ctx, q, "update auth.mfa_challenges set verified_at = $2 where id = $1 and verified_at is null", id, now)
	return n > 0, err
}

// DeleteChallenge removes a challenge.
func DeleteChallenge(ctx context.Context, q database.Querier, id string) error {
	_, err := exec(ctx, q, "delete from auth.mfa_challenges where id = $1", id)
	return err
}

// DeleteChallenges removes the challenges of a factor that were made before a time.
func DeleteChallenges(ctx context.Context, q database.Querier, factorID string, before time.Time) error {
	_, err := exec(ctx, q, "delete from auth.mfa_challenges where factor_id = $1 and created_at < $2", factorID, before)
	return err
}
