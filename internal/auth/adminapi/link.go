package adminapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
)

// hider makes what is left of the texts of a user that is deleted softly: the same
// for the same one, so that GoTrue's users deleted before look alike.
func hider(id string) func(string) string {
	return func(text string) string {
		sum := sha256.Sum256([]byte(id + text))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
}

// newcomer makes the user of an invitation or a link: with an identity of the
// address, not confirmed.
func (h *Handlers) newcomer(r request, email string, data map[string]any, hash string) (*store.User, error) {
	u := h.draft(r, &body{ID: store.NewID(), Email: email, UserMetaData: data, hash: hash})
	if h.Hooks == nil {
		return u, nil
	}
	return u, h.Hooks.BeforeUserCreated(r.Context(), u, h.Address(r.Request))
}

func (h *Handlers) join(r request, tx database.Tx, u *store.User) error {
	if err := store.InsertUser(r.Context(), tx, u, h.Time()); err != nil {
		return err
	}
	return h.setIdentity(r, tx, u, "email", u.Email, false)
}

// invite is POST /invite.
func (h *Handlers) invite(w http.ResponseWriter, r request) error {
	var b struct {
		Email string         `json:"email"`
		Data  map[string]any `json:"data"`
	}
	if err := core.Read(r.Request, &b); err != nil {
		return err
	}
	email, err := core.Email(b.Email)
	if err != nil {
		return err
	}
	u, err := store.UserByEmail(r.Context(), h.Owner(), email)
	if err != nil {
		return err
	}
	fresh := u == nil
	if fresh {
		u, err = h.newcomer(r, email, b.Data, "")
	} else if u.Confirmed() {
		err = taken()
	}
	if err == nil {
		err = h.flow.MaySend(r.Context(), flow.Invite(), email)
	}
	if err != nil {
		return err
	}
	err = h.InTx(r.Context(), func(tx database.Tx) error {
		if fresh {
			if err := h.join(r, tx, u); err != nil {
				return err
			}
		}
		if err := h.log(r, tx, store.UserInvited, u, store.Object{"user_email": u.Email}); err != nil {
			return err
		}
		return h.flow.SendInvite(r.Context(), tx, u, h.Redirect(r.Request, ""))
	})
	if err != nil {
		return err
	}
	return core.JSON(w, wire.UserOf(u))
}

// linkBody is the body of POST /admin/generate_link.
type linkBody struct {
	Type       string         `json:"type"`
	Email      string         `json:"email"`
	NewEmail   string         `json:"new_email"`
	Password   string         `json:"password"`
	Data       map[string]any `json:"data"`
	RedirectTo string         `json:"redirect_to"`

	hash  string
	fresh bool // the user is made with the link
}

// linkJSON is the answer.
type linkJSON struct {
	*wire.User
	ActionLink       string `json:"action_link"`
	EmailOTP         string `json:"email_otp"`
	HashedToken      string `json:"hashed_token"`
	VerificationType string `json:"verification_type"`
	RedirectTo       string `json:"redirect_to"`
}

// generateLink is POST /admin/generate_link: a link that the caller sends.
func (h *Handlers) generateLink(w http.ResponseWriter, r request) error {
	var b linkBody
	err := core.Read(r.Request, &b)
	if err == nil {
		b.Email, err = core.Email(b.Email)
	}
	if err != nil {
		return err
	}
	u, err := store.UserByEmail(r.Context(), h.Owner(), b.Email)
	if err == nil {
		u, err = h.checkLink(r, &b, u)
	}
	if err != nil {
		return err
	}
	to := h.Redirect(r.Request, b.RedirectTo)
	var made flow.Made
	err = h.InTx(r.Context(), func(tx database.Tx) (err error) {
		made, err = h.link(r, tx, u, &b, to)
		return err
	})
	if err != nil {
		return err
	}
	return core.JSON(w, linkJSON{wire.UserOf(u), made.URL, made.Digits, made.Link, b.Type, to})
}

// checkLink returns the user that a link is for, who may be new.
func (h *Handlers) checkLink(r request, b *linkBody, u *store.User) (*store.User, error) {
	if u == nil && b.Type == "magiclink" { // in by it for the first time
		b.Type = "signup"
	} else if u == nil && b.Type == "signup" {
		if b.Password == "" {
			return nil, core.Invalid("Signup requires a valid password")
		}
		signup := body{Password: &b.Password}
		if err := h.setHash(r, &signup, b.Email); err != nil {
			return nil, err
		}
		b.hash = signup.hash
	}
	changes := b.Type == "email_change_current" || b.Type == "email_change_new"
	switch {
	case b.Type != "signup" && b.Type != "invite" && b.Type != "magiclink" && b.Type != "recovery" && !changes:
		return nil, core.Invalid("Invalid email action link type requested: %v", b.Type)
	case u == nil && (b.Type == "signup" || b.Type == "invite"):
		b.fresh = true
		return h.newcomer(r, b.Email, b.Data, b.hash)
	case u == nil:
		return nil, autherr.New(http.StatusNotFound, autherr.UserNotFound, "User with this email not found")
	case (b.Type == "signup" || b.Type == "invite") && u.Confirmed():
		return nil, taken()
	case b.Type == "email_change_current" && !h.Auth().Email.DoubleConfirm:
		return nil, core.Invalid("Enable secure email change to generate link for current email")
	case changes:
		var err error
		if b.NewEmail, err = core.Email(b.NewEmail); err != nil {
			return nil, err
		}
		return u, h.free(r, b.NewEmail, "", u.ID)
	}
	return u, nil
}

// link notes the event and makes the link.
func (h *Handlers) link(r request, tx database.Tx, u *store.User, b *linkBody, to string) (flow.Made, error) {
	ctx, now := r.Context(), h.Time()
	kind, address, action, traits := flow.Confirmation(), u.Email, store.UserModified, ofAddress(u)
	var changes []store.Change
	switch b.Type {
	case "magiclink":
		kind, action = flow.MagicLink(), store.RecoveryRequested
	case "recovery":
		kind, action = flow.Recovery(), store.RecoveryRequested
	case "invite":
		kind, action = flow.Invite(), store.UserInvited
		changes = append(changes, store.Set("invited_at", now))
	case "signup":
		action = store.ConfirmationRequested
		if !b.fresh {
			changes = append(changes, store.Set("raw_user_meta_data", store.Merge(u.UserMetaData, b.Data)))
		}
	case "email_change_current":
		kind = flow.EmailChangeCurrent()
	case "email_change_new":
		kind, address = flow.EmailChangeNew(), b.NewEmail
	}
	if b.NewEmail != "" && (b.Type == "email_change_current" || b.Type == "email_change_new") {
		changes = append(changes, store.Set("email_change", b.NewEmail), store.Set("email_change_confirm_status", 0))
	}
	if b.fresh {
		if err := h.join(r, tx, u); err != nil {
			return flow.Made{}, err
		}
	}
	if len(changes) > 0 {
		if err := store.UpdateUser(ctx, tx, u, now, changes...); err != nil {
			return flow.Made{}, err
		}
	}
	if err := h.log(r, tx, action, u, traits); err != nil {
		return flow.Made{}, err
	}
	return h.flow.Make(ctx, tx, u, kind, flow.To{Address: address, Redirect: to})
}
