package adminapi

import (
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/password"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// body is what an admin says of a user.
type body struct {
	ID           string         `json:"id"`
	Aud          string         `json:"aud"`
	Role         string         `json:"role"`
	Email        string         `json:"email"`
	Phone        string         `json:"phone"`
	Password     *string        `json:"password"`
	PasswordHash string         `json:"password_hash"`
	EmailConfirm bool           `json:"email_confirm"`
	PhoneConfirm bool           `json:"phone_confirm"`
	UserMetaData map[string]any `json:"user_metadata"`
	AppMetaData  map[string]any `json:"app_metadata"`
	BanDuration  string         `json:"ban_duration"` // of time.ParseDuration, or none

	ban  *time.Duration
	hash string // of Password, or PasswordHash
}

// read reads a body and checks what can be without the database. Hashing takes its
// time, so it is done before there is a transaction.
func (h *Handlers) read(r request) (b body, err error) {
	if err = core.Read(r.Request, &b); err != nil {
		return b, err
	}
	if b.Email != "" {
		if b.Email, err = core.Email(b.Email); err != nil {
			return b, err
		}
	}
	if b.Phone != "" {
		if b.Phone, err = core.Phone(b.Phone); err != nil {
			return b, err
		}
	}
	if b.BanDuration != "" {
		d := time.Duration(0)
		if b.BanDuration != "none" {
			if d, err = time.ParseDuration(b.BanDuration); err != nil {
				return b, core.Invalid("invalid format for ban duration: %v", err)
			}
		}
		b.ban = &d
	}
	if b.Password != nil && b.PasswordHash != "" {
		return b, core.Invalid("Only a password or a password hash should be provided")
	}
	if len(b.Role) > 63 || len(b.Aud) > 255 {
		return b, core.Invalid("role and aud are names")
	}
	return b, nil
}

// setHash makes the hash to keep of a password.
func (h *Handlers) setHash(r request, b *body, known ...string) (err error) {
	if b.PasswordHash != "" {
		b.hash = b.PasswordHash
		if err := password.Acceptable(b.hash); err != nil {
			return core.Invalid("the password hash is in none of the forms bcrypt, argon2 and fbscrypt")
		}
		return nil
	}
	if b.Password == nil {
		return nil
	}
	if err := h.Judge.Check(r.Context(), *b.Password, known...); err != nil {
		return err
	}
	b.hash, err = h.Pool.Hash(r.Context(), *b.Password)
	return err
}

// create is POST /admin/users.
func (h *Handlers) create(w http.ResponseWriter, r request) error {
	b, err := h.read(r)
	switch {
	case err != nil:
		return err
	case b.Email == "" && b.Phone == "":
		return core.Invalid("Cannot create a user without either an email or phone")
	case b.ID != "" && !core.IsUUID(b.ID):
		return core.Invalid("ID must conform to the uuid v4 format")
	case b.ID == store.Instance:
		return core.Invalid("ID cannot be a nil uuid")
	}
	if b.Password != nil && *b.Password == "" { // as GoTrue has it: nobody knows a password
		b.Password = nil
	}
	if err := h.free(r, b.Email, b.Phone, ""); err != nil {
		return err
	}
	if err := h.setHash(r, &b, b.Email, b.Phone); err != nil {
		return err
	}
	u := h.draft(r, &b)
	err = h.InTx(r.Context(), func(tx database.Tx) error { return h.insert(r, tx, u, &b) })
	if fault.Code(err) == fault.UniqueViolation { // somebody was faster, or the id is taken
		if ferr := h.free(r, b.Email, b.Phone, ""); ferr != nil {
			return ferr
		}
	}
	if err != nil {
		return err
	}
	return core.JSON(w, wire.UserOf(u))
}

func (h *Handlers) draft(r request, b *body) *store.User {
	u := &store.User{ID: b.ID, Aud: audience(r), Role: authenticated, Email: b.Email, Phone: b.Phone, EncryptedPassword: b.hash,
		UserMetaData: store.Merge(nil, b.UserMetaData)}
	if b.Aud != "" {
		u.Aud = b.Aud
	}
	if b.Role != "" {
		u.Role = b.Role
	}
	var providers []any
	for _, p := range []struct{ name, value string }{{"email", b.Email}, {"phone", b.Phone}} {
		if p.value != "" {
			providers = append(providers, p.name)
		}
	}
	u.AppMetaData = store.Merge(store.Object{"provider": providers[0], "providers": providers}, b.AppMetaData)
	return u
}

func (h *Handlers) insert(r request, tx database.Tx, u *store.User, b *body) error {
	ctx := r.Context()
	if err := store.InsertUser(ctx, tx, u, h.Time()); err != nil {
		return err
	}
	if u.Email != "" {
		if err := h.setIdentity(r, tx, u, "email", u.Email, b.EmailConfirm); err != nil {
			return err
		}
	}
	if u.Phone != "" {
		if err := h.setIdentity(r, tx, u, "phone", u.Phone, b.PhoneConfirm); err != nil {
			return err
		}
	}
	traits := store.Merge(ofAddress(u), map[string]any{"provider": u.AppMetaData["provider"]})
	if err := h.log(r, tx, store.UserSignedUp, u, traits); err != nil {
		return err
	}
	return h.confirm(r, tx, u, b)
}

// confirm does what a body says of confirmations and of a ban.
func (h *Handlers) confirm(r request, tx database.Tx, u *store.User, b *body) error {
	if b.EmailConfirm {
		if err := h.flow.ConfirmEmail(r.Context(), tx, u); err != nil {
			return err
		}
	}
	if b.PhoneConfirm {
		if err := h.flow.ConfirmPhone(r.Context(), tx, u); err != nil {
			return err
		}
	}
	if b.ban == nil {
		return nil
	}
	var until any
	if *b.ban != 0 {
		until = h.Time().Add(*b.ban)
	}
	return store.UpdateUser(r.Context(), tx, u, h.Time(), store.Set("banned_until", until))
}

// setIdentity gives a user the identity of their address or number.
func (h *Handlers) setIdentity(r request, tx database.Tx, u *store.User, provider, value string, verified bool) error {
	changes := map[string]any{provider: value, provider + "_verified": verified}
	if i := u.Identity(provider); i != nil {
		return store.UpdateIdentity(r.Context(), tx, u, i.ID, h.Time(), store.Set("identity_data", store.Merge(i.Data, changes)))
	}
	data := store.Merge(store.Object{"sub": u.ID, "email_verified": false, "phone_verified": false}, changes)
	_, err := store.InsertIdentity(r.Context(), tx, u, provider, u.ID, data, h.Time())
	return err
}

// update is PUT /admin/users/{user}.
func (h *Handlers) update(w http.ResponseWriter, r request, u *store.User) error {
	b, err := h.read(r)
	if err != nil {
		return err
	}
	if err := h.free(r, b.Email, b.Phone, u.ID); err != nil {
		return err
	}
	if err := h.setHash(r, &b, u.Email, b.Email, u.Phone); err != nil {
		return err
	}
	if err := h.InTx(r.Context(), func(tx database.Tx) error { return h.change(r, tx, u, &b) }); err != nil {
		return err
	}
	return core.JSON(w, wire.UserOf(u))
}

func (h *Handlers) change(r request, tx database.Tx, u *store.User, b *body) error {
	ctx, now := r.Context(), h.Time()
	var changes []store.Change
	if b.Role != "" {
		changes = append(changes, store.Set("role", b.Role))
	}
	if b.AppMetaData != nil {
		changes = append(changes, store.Set("raw_app_meta_data", store.Merge(u.AppMetaData, b.AppMetaData)))
	}
	if b.UserMetaData != nil {
		changes = append(changes, store.Set("raw_user_meta_data", store.Merge(u.UserMetaData, b.UserMetaData)))
	}
	if u.IsAnonymous && (b.Email != "" && b.EmailConfirm || b.Phone != "" && b.PhoneConfirm) {
		changes = append(changes, store.Set("is_anonymous", false))
	}
	for column, value := range map[string]string{"email": b.Email, "phone": b.Phone} {
		if value == "" {
			continue
		}
		if err := h.setIdentity(r, tx, u, column, value, column == "email" && b.EmailConfirm || column == "phone" && b.PhoneConfirm); err != nil {
			return err
		}
		changes = append(changes, store.Set(column, value))
	}
	if b.hash != "" {
		changes = append(changes, store.Set("encrypted_password", b.hash))
		if err := store.DeleteSessions(ctx, tx, u.ID, ""); err != nil { // whoever knew the old one is out
			return err
		}
	}
	if err := store.UpdateUser(ctx, tx, u, now, changes...); err != nil {
		return err
	}
	if b.hash != "" && u.Email != "" && u.Identity("email") == nil { // the password is a way in by the address
		if err := h.setIdentity(r, tx, u, "email", u.Email, u.EmailConfirmedAt != nil); err != nil {
			return err
		}
	}
	if err := h.confirm(r, tx, u, b); err != nil {
		return err
	}
	return h.log(r, tx, store.UserModified, u, ofAddress(u))
}

// delete is DELETE /admin/users/{user}.
func (h *Handlers) delete(w http.ResponseWriter, r request, u *store.User) error {
	var b struct {
		Soft bool `json:"should_soft_delete"`
	}
	if err := core.Read(r.Request, &b); err != nil {
		return err
	}
	err := h.InTx(r.Context(), func(tx database.Tx) error {
		if err := h.log(r, tx, store.UserDeleted, u, ofAddress(u)); err != nil {
			return err
		}
		switch {
		case !b.Soft:
			return store.DeleteUser(r.Context(), tx, u.ID)
		case u.DeletedAt != nil: // so they are already
			return nil
		}
		return store.SoftDelete(r.Context(), tx, u, h.Time(), hider(u.ID))
	})
	if fault.Code(err) == fault.ForeignKeyViolation {
		return autherr.New(http.StatusConflict, autherr.Conflict, "Database error deleting user: rows of other tables refer to it").Because(err)
	}
	if err != nil {
		return err
	}
	return core.JSON(w, struct{}{})
}
