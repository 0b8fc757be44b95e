package flow

import (
	"context"
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// Routes are the paths below /auth/v1, for http.ServeMux.
func (f *Flow) Routes() map[string]autherr.Handler {
	return map[string]autherr.Handler{
		"GET /verify":         f.verifyGet,
		"POST /verify":        f.verifyPost,
		"POST /recover":       f.Evenly(f.recover),
		"POST /resend":        f.Evenly(f.resend),
		"GET /reauthenticate": f.reauthenticate,
	}
}

// way is the body of a request for a code.
type way struct {
	Type  string `json:"type"`
	Email string `json:"email"`
	Phone string `json:"phone"`
	core.Security
	PKCE
}

func (f *Flow) read(r *http.Request) (b way, err error) {
	if err = core.Read(r, &b); err != nil {
		return b, err
	}
	if err = f.Allow(r.Context(), "sign_in_sign_ups", f.Address(r)); err != nil {
		return b, err
	}
	if err = f.Human(r.Context(), b.Meta.CaptchaToken, f.Address(r)); err != nil {
		return b, err
	}
	switch {
	case b.Email != "":
		b.Email, err = core.Email(b.Email)
	case b.Phone != "":
		b.Phone, err = core.Phone(b.Phone)
	}
	if err == nil {
		err = b.Check()
	}
	if account := b.Email + b.Phone; err == nil && account != "" {
		err = f.Allow(r.Context(), "account", account)
	}
	return b, err
}

// quietly answers a request for a code the same whether or not there is a user, or
// one was sent a moment ago.
func quietly(w http.ResponseWriter, err error) error {
	if e := autherr.From(err); err != nil && e.Code != autherr.OverEmailSendRateLimit && e.Code != autherr.OverSMSSendRateLimit {
		return err
	}
	return core.JSON(w, map[string]string{})
}

// ready tells whether a message may go out now: none of its kind did a moment ago,
// and the project has not sent too many.
func (f *Flow) ready(ctx context.Context, u *store.User, k Kind, address string) error {
	if err := f.Soon(u, k); err != nil {
		return err
	}
	return f.MaySend(ctx, k, address)
}

// recover is POST /recover.
func (f *Flow) recover(w http.ResponseWriter, r *http.Request) error {
	b, err := f.read(r)
	if err != nil {
		return err
	}
	if b.Email == "" {
		return core.Invalid("Password recovery requires an email")
	}
	u, err := store.UserByEmail(r.Context(), f.Owner(), b.Email)
	if err == nil && u != nil {
		err = f.ready(r.Context(), u, Recovery(), u.Email)
	}
	if err != nil || u == nil {
		return quietly(w, err)
	}
	return quietly(w, f.InTx(r.Context(), func(tx database.Tx) error {
		if err := f.audit(r.Context(), tx, r, u, store.RecoveryRequested, nil); err != nil {
			return err
		}
		pkce, err := f.Begin(r.Context(), tx, u, "recovery", b.PKCE)
		if err != nil {
			return err
		}
		return f.Send(r.Context(), tx, u, Recovery(), To{Address: u.Email, Redirect: f.Redirect(r, ""), PKCE: pkce})
	}))
}

// resend is POST /resend.
func (f *Flow) resend(w http.ResponseWriter, r *http.Request) error {
	b, err := f.read(r)
	if err != nil {
		return err
	}
	byPhone := b.Type == "sms" || b.Type == "phone_change"
	switch {
	case b.Type != "signup" && b.Type != "email_change" && !byPhone:
		return core.Invalid("Missing one of these types: signup, email_change, sms, phone_change")
	case byPhone && b.Phone == "", !byPhone && b.Email == "":
		return core.Invalid("Type provided requires an email address or a phone number")
	}
	var u *store.User
	if byPhone {
		u, err = store.UserByPhone(r.Context(), f.Owner(), b.Phone)
	} else {
		u, err = store.UserByEmail(r.Context(), f.Owner(), b.Email)
	}
	if err == nil && u != nil {
		err = f.readyAgain(r.Context(), b.Type, u)
	}
	if err != nil || u == nil {
		return quietly(w, err)
	}
	return quietly(w, f.InTx(r.Context(), func(tx database.Tx) error { return f.again(r, tx, b, u) }))
}

// readyAgain is ready for what again sends.
func (f *Flow) readyAgain(ctx context.Context, kind string, u *store.User) error {
	switch {
	case kind == "signup" && u.EmailConfirmedAt == nil:
		return f.ready(ctx, u, Confirmation(), u.Email)
	case kind == "email_change" && u.EmailChange != "":
		if err := f.Soon(u, EmailChangeNew()); err != nil {
			return err
		}
		return f.MayChangeEmail(ctx, u)
	case kind == "sms" && u.PhoneConfirmedAt == nil:
		return f.ready(ctx, u, PhoneConfirmation(), u.Phone)
	case kind == "phone_change" && u.PhoneChange != "":
		return f.ready(ctx, u, PhoneChange(), u.PhoneChange)
	}
	return nil
}

// again sends what a user waits for once more; nothing when they do not.
func (f *Flow) again(r *http.Request, tx database.Tx, b way, u *store.User) error {
	ctx := r.Context()
	if err := f.audit(ctx, tx, r, u, store.ConfirmationRequested, store.Object{"type": b.Type}); err != nil {
		return err
	}
	to := To{Redirect: f.Redirect(r, "")}
	switch {
	case b.Type == "signup" && u.EmailConfirmedAt == nil:
		pkce, err := f.Begin(ctx, tx, u, methodSignup, b.PKCE)
		if err != nil {
			return err
		}
		to.Address, to.PKCE = u.Email, pkce
		return f.Send(ctx, tx, u, Confirmation(), to)
	case b.Type == "email_change" && u.EmailChange != "":
		pkce, err := f.Begin(ctx, tx, u, "email_change", b.PKCE)
		if err != nil {
			return err
		}
		to.PKCE = pkce
		return f.SendEmailChange(ctx, tx, u, to)
	case b.Type == "sms" && u.PhoneConfirmedAt == nil:
		return f.Send(ctx, tx, u, PhoneConfirmation(), To{Address: u.Phone})
	case b.Type == "phone_change" && u.PhoneChange != "":
		return f.Send(ctx, tx, u, PhoneChange(), To{Address: u.PhoneChange})
	}
	return nil
}

// SendEmailChange sends the codes of a change to users.email_change: to the new
// address, and with auth.email.double_confirm_changes to the one until then.
func (f *Flow) SendEmailChange(ctx context.Context, tx database.Querier, u *store.User, to To) error {
	// Both ends begin anew: otherwise one of them could prove itself twice.
	if err := store.UpdateUser(ctx, tx, u, f.Time(), store.Set("email_change_confirm_status", 0)); err != nil {
		return err
	}
	var current core.Code
	if f.Auth().Email.DoubleConfirm && u.Email != "" {
		to.Address = u.Email
		m, code, err := f.compose(ctx, tx, u, EmailChangeCurrent(), to)
		if err != nil {
			return err
		}
		m.Half, current = true, code
		if err := f.Messages.SendMail(ctx, tx, m); err != nil {
			return err
		}
	}
	to.Address = u.EmailChange
	m, _, err := f.compose(ctx, tx, u, EmailChangeNew(), to)
	if err != nil {
		return err
	}
	m.Current = current
	return f.Messages.SendMail(ctx, tx, m)
}

// reauthenticate is GET /reauthenticate: a code for the caller.
func (f *Flow) reauthenticate(w http.ResponseWriter, r *http.Request) error {
	caller, err := f.Caller(r)
	if err != nil {
		return err
	}
	u, kind, to := caller.User, Reauthentication(), caller.User.Email
	switch {
	case u.Email == "" && u.Phone == "":
		return core.Invalid("Reauthentication requires the user to have an email or a phone number")
	case u.Email != "" && u.EmailConfirmedAt == nil:
		return autherr.New(http.StatusUnprocessableEntity, autherr.EmailNotConfirmed, "Please verify your email first.")
	case u.Email == "" && u.PhoneConfirmedAt == nil:
		return autherr.New(http.StatusUnprocessableEntity, autherr.PhoneNotConfirmed, "Please verify your phone first.")
	case u.Email == "":
		kind, to = PhoneReauthentication(), u.Phone
	}
	if err := f.ready(r.Context(), u, kind, to); err != nil {
		return err
	}
	err = f.InTx(r.Context(), func(tx database.Tx) error {
		if err := f.audit(r.Context(), tx, r, u, store.ReauthenticateAsked, nil); err != nil {
			return err
		}
		return f.Send(r.Context(), tx, u, kind, To{Address: to})
	})
	if err != nil {
		return err
	}
	return core.JSON(w, map[string]string{})
}

// Reauthenticated takes the code of a reauthentication.
func (f *Flow) Reauthenticated(ctx context.Context, u *store.User, digits string) error {
	wrong := autherr.New(http.StatusUnprocessableEntity, autherr.ReauthenticationNotValid, "Nonce has expired or is invalid")
	kind, to := Reauthentication(), u.Email
	if to == "" {
		kind, to = PhoneReauthentication(), u.Phone
	}
	return f.Try(ctx, core.CodesFor(to), wrong, func() (bool, error) {
		kept := core.Kept(f.LinkOf(to, digits))
		t, err := store.OneTimeTokenByHash(ctx, f.Owner(), [2]string{kept, kept}, [2]string{store.ReauthenticationToken, store.ReauthenticationToken})
		if err != nil || t == nil || t.UserID != u.ID || f.Now().After(t.CreatedAt.Add(f.expiry(kind))) {
			return false, err
		}
		return store.TakeOneTimeToken(ctx, f.Owner(), t)
	})
}
