package account

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
)

func (h *Handlers) getUser(w http.ResponseWriter, r *http.Request) error {
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	return core.JSON(w, wire.UserOf(caller.User))
}

// change is the body of PUT /user.
type change struct {
	Email           string         `json:"email"`
	Phone           string         `json:"phone"`
	Password        *string        `json:"password"`
	CurrentPassword string         `json:"current_password"`
	Nonce           string         `json:"nonce"`
	Channel         string         `json:"channel"`
	Data            map[string]any `json:"data"`
	AppMetaData     map[string]any `json:"app_metadata"`
	flow.PKCE

	hash string // of Password
}

func (c *change) password() string {
	if c.Password == nil {
		return ""
	}
	return *c.Password
}

// putUser is PUT /user.
func (h *Handlers) putUser(w http.ResponseWriter, r *http.Request) error {
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	var b change
	if err := core.Read(r, &b); err != nil {
		return err
	}
	if b.password() != "" || b.Email != "" || b.Phone != "" { // hashing and sending cost something
		if err := h.Allow(r.Context(), "account", "user "+caller.User.ID); err != nil {
			return err
		}
	}
	if err := h.checkChange(r.Context(), caller, &b); err != nil {
		return err
	}
	if b.password() != "" {
		if err := h.checkNewPassword(r, caller, &b); err != nil {
			return err
		}
	}
	if err := h.mayChange(r.Context(), caller.User, &b); err != nil {
		return err
	}
	err = h.InTx(r.Context(), func(tx database.Tx) error { return h.apply(r, tx, caller, &b) })
	if err != nil {
		return err
	}
	return core.JSON(w, wire.UserOf(caller.User))
}

func (h *Handlers) checkChange(ctx context.Context, caller *core.Caller, b *change) (err error) {
	u := caller.User
	if b.Email != "" {
		if b.Email, err = core.Email(b.Email); err != nil {
			return err
		}
	}
	if b.Phone != "" {
		if b.Phone, err = core.Phone(b.Phone); err == nil {
			err = h.Channel(b.Channel)
		}
		if err != nil {
			return err
		}
	}
	if err := b.Check(); err != nil {
		return err
	}
	if b.Email == u.Email {
		b.Email = ""
	}
	if b.Phone == u.Phone {
		b.Phone = ""
	}
	sensitive := b.password() != "" || b.Email != "" || b.Phone != ""
	switch {
	case b.AppMetaData != nil:
		return autherr.New(http.StatusForbidden, autherr.NotAdmin, "Updating app_metadata requires admin privileges")
	case sensitive && u.IsSSOUser:
		return autherr.New(http.StatusUnprocessableEntity, autherr.UserSSOManaged, "Updating email, phone, password of a SSO account only possible via SSO")
	case sensitive && u.HasFactor() && !caller.Strong():
		return autherr.New(http.StatusUnauthorized, autherr.InsufficientAAL, "AAL2 session is required to update email or password when MFA is enabled.")
	case u.IsAnonymous && b.password() != "" && b.Email == "" && b.Phone == "":
		return autherr.New(http.StatusUnprocessableEntity, autherr.ValidationFailed, "Updating password of an anonymous user without an email or phone is not allowed")
	}
	return h.checkFree(ctx, b)
}

// checkFree refuses an address or a number that somebody else has. Where it has to
// be confirmed, its owner alone is told.
func (h *Handlers) checkFree(ctx context.Context, b *change) error {
	if b.Email != "" && !h.Auth().Email.Confirmations {
		if other, err := store.UserByEmail(ctx, h.Owner(), b.Email); err != nil {
			return err
		} else if other != nil {
			return autherr.New(http.StatusUnprocessableEntity, autherr.EmailExists, "A user with this email address has already been registered")
		}
	}
	if b.Phone != "" && !h.Auth().SMS.Confirmations {
		if other, err := store.UserByPhone(ctx, h.Owner(), b.Phone); err != nil {
			return err
		} else if other != nil {
			return autherr.New(http.StatusUnprocessableEntity, autherr.PhoneExists, "A user with this phone number has already been registered")
		}
	}
	return nil
}

// mayChange tells whether the messages of a change may go out.
func (h *Handlers) mayChange(ctx context.Context, u *store.User, b *change) error {
	if b.Email != "" {
		if err := h.flow.Soon(u, flow.EmailChangeNew()); err != nil {
			return err
		}
		if h.mailsChange(u) {
			if err := h.flow.MayChangeEmail(ctx, u); err != nil {
				return err
			}
		}
	}
	if b.Phone != "" {
		if err := h.flow.Soon(u, flow.PhoneChange()); err != nil {
			return err
		}
		if h.Auth().SMS.Confirmations {
			return h.flow.MaySend(ctx, flow.PhoneChange(), b.Phone)
		}
	}
	return nil
}

// mailsChange tells whether a change of address has to be confirmed. That of an
// anonymous user is the first one.
func (h *Handlers) mailsChange(u *store.User) bool {
	return !u.IsAnonymous || h.Auth().Email.Confirmations
}

// recent is how long after a sign-in a password may be changed without a code.
const recent = 24 * time.Hour

func (h *Handlers) checkNewPassword(r *http.Request, caller *core.Caller, b *change) error {
	ctx, u := r.Context(), caller.User
	e := h.Auth().Email
	if e.SecurePassword && !u.IsAnonymous && (caller.Session == nil || h.Now().After(caller.Session.CreatedAt.Add(recent))) {
		if b.Nonce == "" {
			return autherr.New(http.StatusBadRequest, autherr.ReauthenticationNeeded, "Password update requires reauthentication")
		}
		if err := h.flow.Reauthenticated(ctx, u, b.Nonce); err != nil {
			return err
		}
	}
	if u.EncryptedPassword != "" {
		if e.CurrentPassword && !recovered(caller.Session) {
			if b.CurrentPassword == "" {
				return autherr.New(http.StatusBadRequest, autherr.CurrentPasswordRequired, "Current password required when setting new password.")
			}
			wrong := autherr.New(http.StatusBadRequest, autherr.CurrentPasswordMismatch, "Current password required when setting new password.")
			err := h.Try(ctx, core.PasswordOf(cmp.Or(u.Email, u.Phone)), wrong, func() (bool, error) { return h.matches(r, u, b.CurrentPassword) })
			if err != nil {
				return err
			}
		}
		same, err := h.Pool.Compare(ctx, u.EncryptedPassword, b.password())
		if err != nil {
			return err
		}
		if same {
			return autherr.New(http.StatusUnprocessableEntity, autherr.SamePassword, "New password should be different from the old password.")
		}
	}
	hash, err := h.newPassword(ctx, b.password(), u.Email, u.Phone)
	b.hash = hash
	return err
}

// recovered tells whether a session began with a mail or a code, as that of
// somebody who forgot the password.
func recovered(s *store.Session) bool {
	if s == nil {
		return false
	}
	for _, m := range s.Methods {
		if m.Name == "otp" || m.Name == "recovery" {
			return true
		}
	}
	return false
}

// apply makes the changes.
func (h *Handlers) apply(r *http.Request, tx database.Tx, caller *core.Caller, b *change) error {
	ctx, u, now := r.Context(), caller.User, h.Time()
	if b.hash != "" {
		if err := store.UpdateUser(ctx, tx, u, now, store.Set("encrypted_password", b.hash), store.Set("reauthentication_token", "")); err != nil {
			return err
		}
		keep := ""
		if caller.Session != nil {
			keep = caller.Session.ID
		}
		if err := store.DeleteSessions(ctx, tx, u.ID, keep); err != nil { // whoever knew the old one is out
			return err
		}
		if err := h.audit(ctx, tx, r, u, store.PasswordUpdated, nil); err != nil {
			return err
		}
		if err := h.Notify(ctx, tx, u, core.PasswordChanged, core.Notice{}); err != nil {
			return err
		}
	}
	if b.Data != nil {
		if err := store.UpdateUser(ctx, tx, u, now, store.Set("raw_user_meta_data", store.Merge(u.UserMetaData, b.Data))); err != nil {
			return err
		}
	}
	if b.Email != "" {
		if err := h.changeEmail(r, tx, u, b); err != nil {
			return err
		}
	}
	if b.Phone != "" {
		if err := h.changePhone(r, tx, u, b); err != nil {
			return err
		}
	}
	return h.audit(ctx, tx, r, u, store.UserModified, nil)
}

// changeEmail begins a change of address, or makes it where an anonymous user needs
// no confirmation.
func (h *Handlers) changeEmail(r *http.Request, tx database.Tx, u *store.User, b *change) error {
	ctx := r.Context()
	err := store.UpdateUser(ctx, tx, u, h.Time(), store.Set("email_change", b.Email), store.Set("email_change_confirm_status", 0))
	if err != nil {
		return err
	}
	if !h.mailsChange(u) {
		if err := h.flow.ChangeEmail(ctx, tx, u); err != nil {
			return err
		}
		return store.RefreshProviders(ctx, tx, u, h.Time())
	}
	pkce, err := h.flow.Begin(ctx, tx, u, "email_change", b.PKCE)
	if err != nil {
		return err
	}
	return h.flow.SendEmailChange(ctx, tx, u, flow.To{Redirect: h.Redirect(r, ""), PKCE: pkce})
}

func (h *Handlers) changePhone(r *http.Request, tx database.Tx, u *store.User, b *change) error {
	ctx := r.Context()
	if err := store.UpdateUser(ctx, tx, u, h.Time(), store.Set("phone_change", b.Phone)); err != nil {
		return err
	}
	if !h.Auth().SMS.Confirmations {
		if err := h.flow.ChangePhone(ctx, tx, u); err != nil {
			return err
		}
		return store.RefreshProviders(ctx, tx, u, h.Time())
	}
	return h.flow.Send(ctx, tx, u, flow.PhoneChange(), flow.To{Address: b.Phone})
}
