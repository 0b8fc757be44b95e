package mfa

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/factor"
	"github.com/galleyhq/galley/internal/auth/session"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
)

// answer is the body of POST /factors/{id}/verify.
type answer struct {
	ChallengeID string     `json:"challenge_id"`
	Code        string     `json:"code"`
	WebAuthn    *performed `json:"webauthn"`
}

// verify is POST /factors/{id}/verify.
func (h *Handlers) verify(w http.ResponseWriter, r *http.Request) error {
	q, err := h.ofFactor(r)
	if err != nil {
		return err
	}
	if err := h.Allow(r.Context(), "factor_verify", h.Address(r)); err != nil {
		return err
	}
	var b answer
	if err := core.Read(r, &b); err != nil {
		return err
	}
	if b.Code == "" && q.factor.Type != webauthn {
		return core.Invalid("Code needs to be non-empty")
	}
	k, err := h.verifiable(q.factor)
	if err != nil {
		return err
	}
	if err := checkLevel(q.User, q.factor, q.Caller); err != nil {
		return err
	}
	c, err := h.find(r.Context(), q, b.ChallengeID)
	if err != nil {
		return err
	}
	changes, err := h.prove(q, c, &b)
	if err != nil {
		return err
	}
	var out *wire.Tokens
	err = h.InTx(r.Context(), func(tx database.Tx) (err error) {
		out, err = h.admit(r.Context(), tx, q, c, k, changes)
		return err
	})
	if err != nil {
		return err
	}
	return core.JSON(w, out)
}

// prove checks an answer, and returns what the factor is to keep of it.
func (h *Handlers) prove(q request, c *store.Challenge, b *answer) (changes []store.Change, err error) {
	if q.factor.Type == webauthn {
		changes, err = h.proveCredential(q, c, b.WebAuthn)
		if wrong, ok := errors.AsType[*autherr.Error](err); ok && wrong.Code == autherr.MFAVerificationFailed {
			if herr := h.attempted(q, false); herr != nil {
				return nil, herr
			}
		}
		if err == nil {
			err = h.attempted(q, true)
		}
		return changes, err
	}
	message, check := "Invalid TOTP code entered", h.checkTOTP
	if q.factor.Type == phone {
		message, check = "Invalid MFA Phone code entered", h.checkPhone
	}
	wrong := autherr.New(http.StatusUnprocessableEntity, autherr.MFAVerificationFailed, "%s", message)
	// The count is the user's: more factors or challenges give no more guesses.
	err = h.Try(q.Context(), core.FactorsOf(q.User.ID), wrong, func() (ok bool, err error) {
		if ok, changes, err = check(q, c, strings.TrimSpace(b.Code)); err != nil {
			return false, err
		}
		return ok, h.attempted(q, ok)
	})
	return changes, err
}

// usedFor is longer than a code of an app is taken.
const usedFor = 2 * time.Minute

// checkTOTP tells whether a code is the app's and was not used. A secret that was
// imported is sealed with the first right one.
func (h *Handlers) checkTOTP(q request, _ *store.Challenge, code string) (bool, []store.Change, error) {
	secret, sealed, err := h.unseal(q.factor)
	if err != nil {
		return false, nil, err
	}
	step, ok := factor.CheckTOTP(secret, code, h.Now())
	if !ok {
		return false, nil, nil
	}
	ok, err = h.Once(q.Context(), "totp", q.factor.ID+" "+strconv.FormatUint(step, 10), usedFor)
	if err != nil || sealed {
		return ok, nil, err
	}
	return ok, []store.Change{store.Set("secret", h.seal(q.factor.ID, secret))}, nil
}

func (h *Handlers) checkPhone(_ request, c *store.Challenge, code string) (bool, []store.Change, error) {
	kept := core.Kept(h.LinkOf(c.ID, code))
	return subtle.ConstantTimeCompare([]byte(kept), []byte(c.OTPCode)) == 1, nil, nil
}

// attempted tells the hook of an answer, and the log of a wrong one.
func (h *Handlers) attempted(q request, valid bool) error {
	ctx, f := q.Context(), q.factor
	if !valid {
		if err := h.Audit(ctx, h.Owner(), q.Request, q.User, store.LoginFailed, store.Object{"reason": "factor", "factor_id": f.ID, "factor_type": f.Type}); err != nil {
			return err
		}
	}
	if h.Hooks == nil {
		return nil
	}
	err := h.Hooks.FactorVerified(ctx, core.FactorAttempt{UserID: q.User.ID, FactorID: f.ID, Type: f.Type, IP: h.Address(q.Request), Valid: valid})
	if refusal, ok := errors.AsType[*autherr.Error](err); ok && refusal.Code == autherr.MFAVerificationRejected {
		if serr := store.DeleteSessions(ctx, h.Owner(), q.User.ID, ""); serr != nil {
			return serr
		}
	}
	return err
}

// admit makes the caller's session one of aal2, in a transaction, and ends those
// that are not.
func (h *Handlers) admit(ctx context.Context, tx database.Tx, q request, c *store.Challenge, k kind, changes []store.Change) (*wire.Tokens, error) {
	now := h.Time()
	u, err := store.LockUser(ctx, tx, q.User.ID)
	if err != nil {
		return nil, err
	}
	var f *store.Factor
	if u != nil {
		f = u.Factor(q.factor.ID)
	}
	if f == nil || f.Status != q.factor.Status {
		return nil, factorNotFound() // somebody else was faster
	}
	if err := checkLevel(u, f, q.Caller); err != nil {
		return nil, err
	}
	if first, err := store.TakeChallenge(ctx, tx, c.ID, now); err != nil {
		return nil, err
	} else if !first {
		return nil, mismatch()
	}
	if err := h.Audit(ctx, tx, q.Request, u, store.FactorVerified, store.Object{"factor_id": f.ID, "challenge_id": c.ID, "factor_type": f.Type}); err != nil {
		return nil, err
	}
	if !f.Verified() {
		changes = append(changes, store.Set("status", "verified"))
		if err := h.Notify(ctx, tx, u, core.FactorEnrolled, core.Notice{FactorType: f.Type}); err != nil {
			return nil, err
		}
	}
	if len(changes) > 0 {
		if _, err := store.UpdateFactor(ctx, tx, f.ID, now, changes...); err != nil {
			return nil, err
		}
	}
	if err := store.DeleteUnfinishedFactors(ctx, tx, u.ID, f.Type); err != nil {
		return nil, err
	}
	return h.upgrade(ctx, tx, q, session.Request{Method: k.method, AAL: "aal2", FactorID: f.ID})
}

func (h *Handlers) upgrade(ctx context.Context, tx database.Tx, q request, to session.Request) (*wire.Tokens, error) {
	u, one, err := store.UserOfSession(ctx, tx, q.User.ID, q.Session.ID)
	switch {
	case err != nil:
		return nil, err
	case one == nil:
		return nil, autherr.New(http.StatusForbidden, autherr.SessionNotFound, "Session from session_id claim in JWT does not exist")
	}
	out, err := h.Sessions.Upgrade(ctx, tx, u, one, to)
	if err != nil {
		return nil, err
	}
	return out, store.DeleteWeakSessions(ctx, tx, u.ID)
}
