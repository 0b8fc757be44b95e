package account

import (
	"context"
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// signupBody is the body of POST /signup.
type signupBody struct {
	Email    string         `json:"email"`
	Phone    string         `json:"phone"`
	Password string         `json:"password"`
	Data     map[string]any `json:"data"`
	Channel  string         `json:"channel"`
	core.Security
	flow.PKCE

	byCode bool // they come in by a code or link, not at once
}

func (b *signupBody) provider() string {
	if b.Email != "" {
		return "email"
	}
	return "phone"
}

// confirmed tells whether a user has proven the address or number of a body.
func (b *signupBody) confirmed(u *store.User) bool {
	return u != nil && (b.Email != "" && u.EmailConfirmedAt != nil || b.Phone != "" && u.PhoneConfirmedAt != nil)
}

// signup is POST /signup. Without an address and a number it makes an anonymous
// user.
func (h *Handlers) signup(w http.ResponseWriter, r *http.Request) error {
	var b signupBody
	if err := core.Read(r, &b); err != nil {
		return err
	}
	if !h.Auth().Signup {
		return autherr.New(http.StatusUnprocessableEntity, autherr.SignupDisabled, "Signups not allowed for this instance")
	}
	if b.Email == "" && b.Phone == "" && b.Password == "" {
		return h.signupAnonymously(w, r, b)
	}
	if err := h.Allow(r.Context(), "sign_in_sign_ups", h.Address(r)); err != nil {
		return err
	}
	if err := h.Human(r.Context(), b.Meta.CaptchaToken, h.Address(r)); err != nil {
		return err
	}
	if err := h.checkSignup(&b); err != nil {
		return err
	}
	if err := h.Allow(r.Context(), "account", b.Email+b.Phone); err != nil {
		return err
	}
	// The hash is made in any case, so that both answers take as long.
	hash, err := h.newPassword(r.Context(), b.Password, b.Email, b.Phone)
	if err != nil {
		return err
	}
	u, err := h.find(r.Context(), &b)
	if err != nil {
		return err
	}
	out, err := h.join(r, &b, u, hash)
	if fault.Code(err) == fault.UniqueViolation { // somebody was faster
		if u, err = h.find(r.Context(), &b); err == nil {
			out, err = h.join(r, &b, u, hash)
		}
	}
	if err != nil {
		return err
	}
	return core.JSON(w, out)
}

func (h *Handlers) checkSignup(b *signupBody) (err error) {
	a := h.Auth()
	switch {
	case b.Password == "":
		return core.Invalid("Signup requires a valid password")
	case b.Email != "" && b.Phone != "":
		return core.Invalid("Only an email address or phone number should be provided on signup.")
	case b.Email == "" && b.Phone == "":
		return core.Invalid("Sign up only available with email or phone provider")
	case b.Phone != "" && b.Challenge != "":
		return core.Invalid("PKCE not supported for phone signups")
	case b.Email != "" && !a.Email.Signup:
		return autherr.New(http.StatusBadRequest, autherr.EmailProviderDisabled, "Email signups are disabled")
	case b.Phone != "" && !a.SMS.Signup:
		return autherr.New(http.StatusBadRequest, autherr.PhoneProviderDisabled, "Phone signups are disabled")
	}
	if b.Email != "" {
		b.Email, err = core.Email(b.Email)
	} else if b.Phone, err = core.Phone(b.Phone); err == nil {
		err = h.Channel(b.Channel)
	}
	if err != nil {
		return err
	}
	return b.Check()
}

func (h *Handlers) find(ctx context.Context, b *signupBody) (*store.User, error) {
	if b.Email != "" {
		return store.UserByEmail(ctx, h.Owner(), b.Email)
	}
	return store.UserByPhone(ctx, h.Owner(), b.Phone)
}

// kind is what confirms the address or number of a body.
func (b *signupBody) kind() flow.Kind {
	if b.Phone != "" {
		return flow.PhoneConfirmation()
	}
	return flow.Confirmation()
}

// confirms tells whether the address or number of a body has to be proven.
func (h *Handlers) confirms(b *signupBody) bool {
	if b.Phone != "" {
		return h.Auth().SMS.Confirmations
	}
	return h.Auth().Email.Confirmations
}

// join makes the user, or for one that is there answers as if it did.
func (h *Handlers) join(r *http.Request, b *signupBody, u *store.User, hash string) (any, error) {
	confirmed := b.confirmed(u)
	// Counted for those that are known too: when no mail goes out any more, all are
	// told so.
	if h.confirms(b) && (u == nil || confirmed || h.flow.Soon(u, b.kind()) == nil) {
		if err := h.flow.MaySend(r.Context(), b.kind(), b.Phone); err != nil {
			return nil, err
		}
	}
	if confirmed {
		return h.repeated(r, b, u)
	}
	fresh := u == nil
	if fresh {
		u = h.draft(b, hash)
		if h.Hooks != nil {
			if err := h.Hooks.BeforeUserCreated(r.Context(), u, h.Address(r)); err != nil {
				return nil, err
			}
		}
	}
	var tokens *wire.Tokens
	err := h.InTx(r.Context(), func(tx database.Tx) error {
		if fresh {
			if err := h.insert(r.Context(), tx, u, b.provider(), b.Data); err != nil {
				return err
			}
		} else if err := h.replace(r.Context(), tx, b, u, hash); err != nil {
			return err
		}
		done, err := h.begin(r, tx, b, u)
		if err == nil && done && !b.byCode {
			tokens, err = h.Sessions.Issue(r.Context(), tx, u, h.From(r, "password"))
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case tokens != nil:
		return tokens, nil
	case !fresh: // what is known of them is theirs alone
		return h.pretended(b), nil
	}
	return wire.UserOf(u), nil
}

// draft is the user that a body asks for. What the body says of roles and
// app_metadata has no field to come by.
func (h *Handlers) draft(b *signupBody, hash string) *store.User {
	return &store.User{ID: store.NewID(), Aud: audience, Role: audience, Email: b.Email, Phone: b.Phone, EncryptedPassword: hash,
		UserMetaData: h.metadata(b), AppMetaData: store.Object{"provider": b.provider(), "providers": []any{b.provider()}}}
}

// audience is the aud and the role of users.
const audience = "authenticated"

func (h *Handlers) metadata(b *signupBody) store.Object {
	if b.Data == nil {
		return store.Object{}
	}
	return b.Data
}

func (h *Handlers) insert(ctx context.Context, tx database.Querier, u *store.User, provider string, data map[string]any) error {
	now := h.Time()
	if err := store.InsertUser(ctx, tx, u, now); err != nil {
		return err
	}
	_, err := store.InsertIdentity(ctx, tx, u, provider, u.ID, identityData(u, provider, data), now)
	return err
}

// identityData is what an identity of an address or number says; the user's own
// data cannot stand in for what is known.
func identityData(u *store.User, provider string, data map[string]any) store.Object {
	out := store.Merge(nil, data)
	out["sub"], out["email_verified"], out["phone_verified"] = u.ID, false, false
	delete(out, "email")
	delete(out, "phone")
	if provider == "email" {
		out["email"] = u.Email
	} else {
		out["phone"] = u.Phone
	}
	return out
}

// begin confirms the user where that is automatic, which done tells, or sends what
// confirms.
func (h *Handlers) begin(r *http.Request, tx database.Tx, b *signupBody, u *store.User) (done bool, err error) {
	ctx, confirms, action := r.Context(), h.confirms(b), store.UserSignedUp
	if confirms {
		action = store.ConfirmationRequested
	}
	if err := h.audit(ctx, tx, r, u, action, store.Object{"provider": b.provider()}); err != nil {
		return false, err
	}
	switch {
	case !confirms && b.Email != "":
		return true, h.flow.ConfirmEmail(ctx, tx, u)
	case !confirms:
		return true, h.flow.ConfirmPhone(ctx, tx, u)
	}
	// A second sign-up in short order is answered as the first, and sends nothing.
	kind, to := b.kind(), flow.To{Address: b.Email + b.Phone, Redirect: h.Redirect(r, "")}
	if h.flow.Soon(u, kind) != nil {
		return false, nil
	}
	if to.PKCE, err = h.flow.Begin(ctx, tx, u, "email/signup", b.PKCE); err != nil {
		return false, err
	}
	return false, h.flow.Send(ctx, tx, u, kind, to)
}

// replace makes the password of somebody who signs up again, and proved nothing yet,
// that of the mail that follows: whoever signed up first with an address of somebody
// else does not know the password of what its owner confirms.
func (h *Handlers) replace(ctx context.Context, tx database.Tx, b *signupBody, u *store.User, hash string) error {
	if !h.confirms(b) || u.InvitedAt != nil || h.flow.Soon(u, b.kind()) != nil {
		return nil
	}
	return store.UpdateUser(ctx, tx, u, h.Time(), store.Set("encrypted_password", hash))
}

// repeated answers a sign-up with an address that somebody has: with confirmation as
// for anyone else.
func (h *Handlers) repeated(r *http.Request, b *signupBody, u *store.User) (any, error) {
	if err := h.audit(r.Context(), h.Owner(), r, u, store.RepeatedSignUp, store.Object{"provider": b.provider()}); err != nil {
		return nil, err
	}
	if !h.confirms(b) {
		return nil, autherr.New(http.StatusUnprocessableEntity, autherr.UserAlreadyExists, "User already registered")
	}
	return h.pretended(b), nil
}

// pretended is what a new user of a body would look like.
func (h *Handlers) pretended(b *signupBody) *wire.User {
	u, now := h.draft(b, ""), store.Time{Time: h.Time()}
	u.CreatedAt, u.UpdatedAt, u.ConfirmationSentAt = now, now, &now
	data := identityData(u, b.provider(), b.Data)
	u.Identities = []store.Identity{{ID: store.NewID(), ProviderID: u.ID, UserID: u.ID, Data: data, Provider: b.provider(),
		LastSignInAt: &now, CreatedAt: now, UpdatedAt: now, Email: u.Email}}
	return wire.UserOf(u)
}

func (h *Handlers) signupAnonymously(w http.ResponseWriter, r *http.Request, b signupBody) error {
	if !h.Auth().AnonymousSignIns {
		return autherr.New(http.StatusUnprocessableEntity, autherr.AnonymousProviderDisabled, "Anonymous sign-ins are disabled")
	}
	if err := h.Allow(r.Context(), "anonymous_users", h.Address(r)); err != nil {
		return err
	}
	if err := h.Human(r.Context(), b.Meta.CaptchaToken, h.Address(r)); err != nil {
		return err
	}
	u := &store.User{ID: store.NewID(), Aud: audience, Role: audience, IsAnonymous: true, UserMetaData: h.metadata(&b), AppMetaData: store.Object{}}
	if h.Hooks != nil {
		if err := h.Hooks.BeforeUserCreated(r.Context(), u, h.Address(r)); err != nil {
			return err
		}
	}
	var out *wire.Tokens
	err := h.InTx(r.Context(), func(tx database.Tx) (err error) {
		if err = store.InsertUser(r.Context(), tx, u, h.Time()); err != nil {
			return err
		}
		if err = h.audit(r.Context(), tx, r, u, store.UserSignedUp, store.Object{"provider": "anonymous"}); err != nil {
			return err
		}
		out, err = h.Sessions.Issue(r.Context(), tx, u, h.From(r, "anonymous"))
		return err
	})
	if err != nil {
		return err
	}
	return core.JSON(w, out)
}
