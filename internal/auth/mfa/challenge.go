package mfa

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// challenged is the answer to POST /factors/{id}/challenge.
type challenged struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	ExpiresAt int64     `json:"expires_at"` // Unix seconds
	WebAuthn  *ceremony `json:"webauthn,omitempty"`
}

// challenge is POST /factors/{id}/challenge.
func (h *Handlers) challenge(w http.ResponseWriter, r *http.Request) error {
	q, err := h.ofFactor(r)
	if err != nil {
		return err
	}
	if err := h.Allow(r.Context(), "factor_challenge", h.Address(r)); err != nil {
		return err
	}
	if _, err := h.verifiable(q.factor); err != nil {
		return err
	}
	if err := checkLevel(q.User, q.factor, q.Caller); err != nil {
		return err
	}
	var b struct {
		Channel string `json:"channel"`
	}
	if err := core.Read(r, &b); err != nil {
		return err
	}
	out, err := h.ask(q, b.Channel)
	if err != nil {
		return err
	}
	return core.JSON(w, out)
}

// ask makes a challenge and, for a number, sends it.
func (h *Handlers) ask(q request, channel string) (*challenged, error) {
	f, now := q.factor, h.Time()
	c := &store.Challenge{ID: store.NewID(), FactorID: f.ID, IP: h.ip(q.Request)}
	out := &challenged{ID: c.ID, Type: f.Type, ExpiresAt: now.Add(challengeExpiry).Unix()}
	since, code := now, core.Code{}
	switch f.Type {
	case phone:
		if channel != "" && channel != "sms" {
			return nil, core.Invalid("Invalid channel, supported values are 'sms'")
		}
		since = now.Add(-h.Auth().MFA.PhoneMaxFrequency)
		code = h.NewCode(h.Auth().MFA.PhoneOTPLength, c.ID, false)
		c.OTPCode = code.Kept
		if err := h.maySend(q, since); err != nil {
			return nil, err
		}
	case webauthn:
		var err error
		if out.WebAuthn, c.SessionData, err = h.ceremony(q); err != nil {
			return nil, err
		}
	}
	err := h.InTx(q.Context(), func(tx database.Tx) error {
		free, err := store.TouchFactor(q.Context(), tx, f.ID, now, since)
		if err != nil {
			return err
		}
		if !free && f.Type == phone {
			return tooSoon(h.Auth().MFA.PhoneMaxFrequency)
		}
		if err := h.keep(q, tx, c, now); err != nil || f.Type != phone {
			return err
		}
		return h.text(q, tx, code)
	})
	if fault.Code(err) == fault.ForeignKeyViolation {
		err = factorNotFound() // it was removed meanwhile
	}
	return out, err
}

// maySend tells whether the factor's number may be sent a code. It is asked before
// the transaction, which two of at once are told apart in. A user has one message in
// a while, whatever factors they begin and remove meanwhile: each costs the project.
func (h *Handlers) maySend(q request, since time.Time) error {
	if last := q.factor.LastChallengedAt; last != nil && last.After(since) {
		return tooSoon(last.Sub(since))
	}
	every := h.Auth().MFA.PhoneMaxFrequency
	if first, err := h.Once(q.Context(), "factor_sms", q.User.ID, every); err != nil {
		return err
	} else if !first {
		return tooSoon(every)
	}
	return h.Allow(q.Context(), "sms_sent", "")
}

func tooSoon(left time.Duration) error {
	n := max(1, int(math.Ceil(left.Seconds())))
	return autherr.TooMany(autherr.OverSMSSendRateLimit, n, "For security purposes, you can only request this after %d seconds.", n)
}

func (h *Handlers) keep(q request, tx database.Querier, c *store.Challenge, now time.Time) error {
	ctx := q.Context()
	if err := store.DeleteChallenges(ctx, tx, c.FactorID, now.Add(-challengeExpiry)); err != nil {
		return err
	}
	if err := store.InsertChallenge(ctx, tx, c, now); err != nil {
		return err
	}
	return h.Audit(ctx, tx, q.Request, q.User, store.ChallengeCreated, store.Object{"factor_id": c.FactorID, "factor_status": q.factor.Status})
}

// text sends a code to the factor's number.
func (h *Handlers) text(q request, tx database.Querier, code core.Code) error {
	text := strings.NewReplacer("{{ .Code }}", code.Digits, "{{.Code}}", code.Digits).Replace(h.Auth().MFA.PhoneTemplate)
	user, err := json.Marshal(wire.UserOf(q.User))
	if err != nil {
		return fault.Internal(err)
	}
	return h.Messages.SendSMS(q.Context(), tx, core.SMS{Factor: true, To: q.factor.Phone, Text: text, Code: code.Digits, User: user, ExpiresAt: h.Time().Add(challengeExpiry)})
}

// ip is the address of a request as challenges keep it; one without an address
// (of a Unix socket) is the unspecified one.
func (h *Handlers) ip(r *http.Request) string {
	if at := h.Address(r); at != "" {
		return at
	}
	return "0.0.0.0"
}

// find returns the challenge that an answer names, while it is good.
func (h *Handlers) find(ctx context.Context, q request, id string) (*store.Challenge, error) {
	if !core.IsUUID(id) {
		return nil, autherr.New(http.StatusBadRequest, autherr.BadJSON, "Could not parse request body as JSON: challenge_id must be a UUID")
	}
	c, err := store.ChallengeByID(ctx, h.Owner(), id, q.factor.ID)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		return nil, autherr.New(http.StatusUnprocessableEntity, autherr.MFAFactorNotFound, "MFA factor with the provided challenge ID not found")
	case c.VerifiedAt != nil || c.IP != h.ip(q.Request):
		return nil, mismatch()
	case !h.Now().Before(c.CreatedAt.Add(challengeExpiry)):
		if err := store.DeleteChallenge(ctx, h.Owner(), c.ID); err != nil {
			return nil, err
		}
		return nil, autherr.New(http.StatusUnprocessableEntity, autherr.MFAChallengeExpired, "MFA challenge %s has expired, verify against another challenge or create a new challenge.", c.ID)
	}
	return c, nil
}

// mismatch is GoTrue's answer to a challenge of another address, and to one that
// was answered.
func mismatch() error {
	return autherr.New(http.StatusUnprocessableEntity, autherr.MFAIPAddressMismatch, "Challenge and verify IP addresses mismatch.")
}
