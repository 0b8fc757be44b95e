package account

import (
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
)

// token is POST /token.
func (h *Handlers) token(w http.ResponseWriter, r *http.Request) error {
	switch r.URL.Query().Get("grant_type") {
	case "password":
		return h.signIn(w, r)
	case "refresh_token":
		return h.refresh(w, r)
	case "pkce":
		if err := h.Allow(r.Context(), "token_refresh", h.Address(r)); err != nil {
			return err
		}
		return h.flow.Exchange(w, r)
	case "id_token":
		if h.IDToken != nil {
			return h.IDToken(w, r)
		}
	case "web3":
		return autherr.New(http.StatusUnprocessableEntity, autherr.Web3ProviderDisabled, "Web3 provider is disabled")
	}
	return autherr.OAuth("unsupported_grant_type", "")
}

func (h *Handlers) refresh(w http.ResponseWriter, r *http.Request) error {
	var b struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := core.Read(r, &b); err != nil {
		return err
	}
	from := h.From(r, "token_refresh")
	if err := h.Allow(r.Context(), "token_refresh", from.IP); err != nil {
		return err
	}
	out, err := h.Sessions.Refresh(r.Context(), b.RefreshToken, from)
	if err != nil {
		return err
	}
	return core.JSON(w, out)
}

// wrongPassword is the one answer to whatever is wrong with a sign-in.
func wrongPassword() error {
	return autherr.New(http.StatusBadRequest, autherr.InvalidCredentials, "Invalid login credentials")
}

// signIn is the grant of a password.
func (h *Handlers) signIn(w http.ResponseWriter, r *http.Request) error {
	var b signupBody
	if err := core.Read(r, &b); err != nil {
		return err
	}
	if err := h.checkSignIn(r, &b); err != nil {
		return err
	}
	ctx := r.Context()
	u, err := h.find(ctx, &b)
	if err != nil {
		return err
	}
	err = h.Try(ctx, core.PasswordOf(b.Email+b.Phone), wrongPassword(), func() (bool, error) { return h.matches(r, u, b.Password) })
	if err != nil {
		return err
	}
	switch {
	case u.Banned(h.Now()):
		return autherr.New(http.StatusBadRequest, autherr.UserBanned, "User is banned")
	case b.Email != "" && u.EmailConfirmedAt == nil:
		return autherr.New(http.StatusBadRequest, autherr.EmailNotConfirmed, "Email not confirmed")
	case b.Phone != "" && u.PhoneConfirmedAt == nil:
		return autherr.New(http.StatusBadRequest, autherr.PhoneNotConfirmed, "Phone not confirmed")
	}
	hash, changed, err := h.Pool.Rehash(ctx, u.EncryptedPassword, b.Password)
	if err != nil {
		return err
	}
	var out *wire.Tokens
	err = h.InTx(ctx, func(tx database.Tx) (err error) {
		if changed {
			if err = store.UpdateUser(ctx, tx, u, h.Time(), store.Set("encrypted_password", hash)); err != nil {
				return err
			}
		}
		if err = h.audit(ctx, tx, r, u, store.Login, store.Object{"provider": b.provider()}); err != nil {
			return err
		}
		out, err = h.Sessions.Issue(ctx, tx, u, h.From(r, "password"))
		return err
	})
	if err != nil {
		return err
	}
	return core.JSON(w, out)
}

func (h *Handlers) checkSignIn(r *http.Request, b *signupBody) (err error) {
	address := h.Address(r)
	if err := h.Allow(r.Context(), "sign_in_sign_ups", address); err != nil {
		return err
	}
	if err := h.Human(r.Context(), b.Meta.CaptchaToken, address); err != nil {
		return err
	}
	switch {
	case b.Email != "" && b.Phone != "":
		return core.Invalid("Only an email address or phone number should be provided on login.")
	case b.Email != "" && !h.Auth().Email.Signup:
		return autherr.New(http.StatusUnprocessableEntity, autherr.EmailProviderDisabled, "Email logins are disabled")
	case b.Phone != "" && !h.Auth().SMS.Signup:
		return autherr.New(http.StatusUnprocessableEntity, autherr.PhoneProviderDisabled, "Phone logins are disabled")
	case b.Email == "" && b.Phone == "":
		return core.Invalid("missing email or phone")
	case b.Email != "":
		b.Email, err = core.Email(b.Email)
	default:
		b.Phone, err = core.Phone(b.Phone)
	}
	if err != nil {
		return wrongPassword()
	}
	return nil
}

// matches tells whether a password is the user's; for none it takes as long. A
// wrong one is an event.
func (h *Handlers) matches(r *http.Request, u *store.User, text string) (bool, error) {
	ctx, hash := r.Context(), ""
	if u != nil && u.DeletedAt == nil {
		hash = u.EncryptedPassword
	}
	ok, err := h.Pool.Compare(ctx, hash, text)
	if err != nil {
		return false, err
	}
	if u != nil && h.Hooks != nil {
		if err := h.Hooks.PasswordVerified(ctx, u.ID, ok); err != nil {
			return false, err
		}
	}
	if !ok { // for somebody who is not known too, so that it takes as long
		err = h.audit(ctx, h.Owner(), r, u, store.LoginFailed, store.Object{"reason": "password"})
	}
	return ok, err
}
