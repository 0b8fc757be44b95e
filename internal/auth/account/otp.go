package account

import (
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// otpBody is the body of POST /otp.
type otpBody struct {
	signupBody
	CreateUser *bool `json:"create_user"`
}

// otp is POST /otp and POST /magiclink: a link and a code for somebody who has an
// account, or who gets one by it. All are answered the same.
func (h *Handlers) otp(w http.ResponseWriter, r *http.Request) error {
	var b otpBody
	if err := core.Read(r, &b); err != nil {
		return err
	}
	b.Password, b.byCode = "-", true // nobody has one here
	if err := h.checkSignIn(r, &b.signupBody); err != nil {
		return err
	}
	if err := h.checkSignup(&b.signupBody); err != nil {
		return err
	}
	if err := h.Allow(r.Context(), "account", b.Email+b.Phone); err != nil {
		return err
	}
	u, err := h.find(r.Context(), &b.signupBody)
	if err != nil {
		return err
	}
	if u == nil && (b.CreateUser != nil && !*b.CreateUser || !h.Auth().Signup) {
		if !h.confirms(&b.signupBody) {
			return autherr.New(http.StatusUnprocessableEntity, autherr.OTPDisabled, "Signups not allowed for otp")
		}
		err = h.flow.MaySend(r.Context(), b.kind(), b.Phone) // it is not told who has an account
	} else {
		err = h.invite(r, &b.signupBody, u)
	}
	if err != nil {
		return err
	}
	return core.JSON(w, map[string]string{})
}

// invite sends a code to somebody, who is made a user before if there is none.
func (h *Handlers) invite(r *http.Request, b *signupBody, u *store.User) (err error) {
	if !b.confirmed(u) {
		if _, err = h.join(r, b, u, ""); err != nil || h.confirms(b) {
			return err
		}
		// Confirmation is automatic, so no code was sent.
		if u, err = h.find(r.Context(), b); err != nil || u == nil {
			return err
		}
	}
	return h.letIn(r, b, u)
}

// letIn sends a way in to somebody who has an account, unless that was done a moment
// ago: as for somebody who is not known, a second request sends nothing and says
// nothing.
func (h *Handlers) letIn(r *http.Request, b *signupBody, u *store.User) error {
	kind := flow.MagicLink()
	if b.Phone != "" {
		kind = flow.PhoneConfirmation()
	}
	soon := h.flow.Soon(u, kind) != nil
	if !soon {
		if err := h.flow.MaySend(r.Context(), kind, b.Email+b.Phone); err != nil {
			return err
		}
	}
	return h.InTx(r.Context(), func(tx database.Tx) error { return h.sendOTP(r, tx, b, u, soon) })
}

func (h *Handlers) sendOTP(r *http.Request, tx database.Tx, b *signupBody, u *store.User, soon bool) error {
	ctx := r.Context()
	err := h.audit(ctx, tx, r, u, store.RecoveryRequested, store.Object{"provider": b.provider()})
	if err != nil || soon {
		return err
	}
	if b.Phone != "" {
		return h.flow.Send(ctx, tx, u, flow.PhoneConfirmation(), flow.To{Address: u.Phone})
	}
	pkce, err := h.flow.Begin(ctx, tx, u, "magiclink", b.PKCE)
	if err != nil {
		return err
	}
	return h.flow.Send(ctx, tx, u, flow.MagicLink(), flow.To{Address: u.Email, Redirect: h.Redirect(r, ""), PKCE: pkce})
}
