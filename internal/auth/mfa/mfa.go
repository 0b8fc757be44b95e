// Package mfa is second factors over HTTP: codes of an app (TOTP), codes sent to a
// phone, and authenticators (WebAuthn). A session in which one was proven is of the
// level aal2, which its access tokens tell; the user's sessions that are not end.
//
//	POST   /factors                   begins a factor
//	POST   /factors/{id}/challenge    asks for it
//	POST   /factors/{id}/verify       answers, which also finishes a new one
//	DELETE /factors/{id}              removes it
//
// Beyond GoTrue, who has a factor needs a session of aal2 not only to begin another
// one but also to finish it: a factor that somebody began with the password alone,
// before the owner had one, is no way around the owner's. A code of an app is good
// once (RFC 6238, section 5.2), and wrong codes lock as wrong passwords do.
package mfa

import (
	"context"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/factor"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
)

// The types of factors.
const (
	totp     = "totp"
	phone    = "phone"
	webauthn = "webauthn"
)

// GoTrue's own: how long a challenge waits for its answer, and a factor for its
// first one.
const (
	challengeExpiry = 5 * time.Minute
	factorExpiry    = 5 * time.Minute
)

// Handlers are those of this package.
type Handlers struct {
	*core.Core
	web *factor.SecondFactor // nil where authenticators are off
}

// New returns them, or what is wrong with the settings.
func New(c *core.Core) (*Handlers, error) {
	h := &Handlers{Core: c}
	if kind := c.Auth().MFA.WebN; kind.Enroll || kind.Verify {
		var err error
		if h.web, err = factor.NewSecondFactor(c.Party()); err != nil {
			return nil, config.Problems{{Key: "auth.webauthn.rp_id", Message: err.Error()}}
		}
	}
	return h, nil
}

// Routes are the paths below /auth/v1, for http.ServeMux.
func (h *Handlers) Routes() map[string]autherr.Handler {
	return map[string]autherr.Handler{
		"POST /factors":                h.enroll,
		"POST /factors/{id}/challenge": h.challenge,
		"POST /factors/{id}/verify":    h.verify,
		"DELETE /factors/{id}":         h.unenroll,
	}
}

// request is one about a factor.
type request struct {
	*http.Request
	*core.Caller
	factor *store.Factor
}

func (h *Handlers) caller(r *http.Request) (request, error) {
	caller, err := h.Member(r)
	if err == nil && caller.Session == nil {
		err = autherr.New(http.StatusForbidden, autherr.SessionNotFound, "A valid session and a registered user are required")
	}
	return request{Request: r, Caller: caller}, err
}

// ofFactor is the request about the factor that the path names.
func (h *Handlers) ofFactor(r *http.Request) (request, error) {
	q, err := h.caller(r)
	if err != nil {
		return q, err
	}
	id := r.PathValue("id")
	if !core.IsUUID(id) {
		return q, autherr.New(http.StatusNotFound, autherr.ValidationFailed, "factor_id must be an UUID")
	}
	if q.factor = q.User.Factor(id); q.factor == nil {
		err = factorNotFound()
	}
	return q, err
}

func factorNotFound() error {
	return autherr.New(http.StatusNotFound, autherr.MFAFactorNotFound, "Factor not found")
}

// checkLevel refuses to go on with a new factor in a session that has not proven
// one of those that u has.
func checkLevel(u *store.User, f *store.Factor, c *core.Caller) error {
	if !f.Verified() && u.HasFactor() && !c.Strong() {
		return autherr.New(http.StatusForbidden, autherr.InsufficientAAL, "AAL2 required to enroll a new factor")
	}
	return nil
}

// kind is what is known of a type of factors.
type kind struct {
	config.FactorKind
	name           string // in messages
	method         string // in claims
	enroll, verify string // codes of what is off
}

func (h *Handlers) kind(name string) (kind, error) {
	m := h.Auth().MFA
	switch name {
	case totp:
		return kind{m.TOTP, "TOTP", "totp", autherr.MFATOTPEnrollDisabled, autherr.MFATOTPVerifyDisabled}, nil
	case phone:
		return kind{m.Phone, "Phone", "mfa/phone", autherr.MFAPhoneEnrollDisabled, autherr.MFAPhoneVerifyDisabled}, nil
	case webauthn:
		return kind{m.WebN, "WebAuthn", "mfa/webauthn", autherr.MFAWebAuthnEnrollDisabled, autherr.MFAWebAuthnVerifyDisabled}, nil
	}
	return kind{}, core.Invalid("factor_type needs to be totp, phone, or webauthn")
}

// verifiable is the kind of a factor whose challenges may be answered.
func (h *Handlers) verifiable(f *store.Factor) (kind, error) {
	k, err := h.kind(f.Type)
	if err == nil && !k.Verify {
		err = autherr.New(http.StatusUnprocessableEntity, k.verify, "MFA verification is disabled for %s", k.name)
	}
	return k, err
}

// unenroll is DELETE /factors/{id}.
func (h *Handlers) unenroll(w http.ResponseWriter, r *http.Request) error {
	q, err := h.ofFactor(r)
	if err != nil {
		return err
	}
	f := q.factor
	if f.Verified() && !q.Strong() {
		return autherr.New(http.StatusUnprocessableEntity, autherr.InsufficientAAL, "AAL2 required to unenroll verified factor")
	}
	err = h.InTx(r.Context(), func(tx database.Tx) error { return h.remove(r.Context(), tx, q) })
	if err != nil {
		return err
	}
	return core.JSON(w, map[string]string{"id": f.ID})
}

func (h *Handlers) remove(ctx context.Context, tx database.Tx, q request) error {
	u, err := store.LockUser(ctx, tx, q.User.ID)
	if err != nil {
		return err
	}
	var now *store.Factor
	if u != nil {
		now = u.Factor(q.factor.ID)
	}
	switch {
	case now == nil:
		return factorNotFound()
	case now.Verified() && !q.Strong(): // since a moment ago
		return autherr.New(http.StatusUnprocessableEntity, autherr.InsufficientAAL, "AAL2 required to unenroll verified factor")
	}
	if err := store.DeleteFactor(ctx, tx, now.ID); err != nil {
		return err
	}
	if err := store.WeakenSessions(ctx, tx, now.ID, h.Time()); err != nil {
		return err
	}
	if now.Verified() {
		if err := h.Notify(ctx, tx, u, core.FactorUnenrolled, core.Notice{FactorType: now.Type}); err != nil {
			return err
		}
	}
	return h.Audit(ctx, tx, q.Request, u, store.FactorUnenrolled,
		store.Object{"factor_id": now.ID, "factor_status": now.Status, "session_id": q.Session.ID})
}
