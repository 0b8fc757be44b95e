package flow

import (
	"context"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// ConfirmEmail notes that the user owns the address.
func (f *Flow) ConfirmEmail(ctx context.Context, tx database.Querier, u *store.User) error {
	now := f.Time()
	err := store.UpdateUser(ctx, tx, u, now, store.Set("confirmation_token", ""), store.Set("email_confirmed_at", now),
		store.Set("raw_user_meta_data", store.Merge(u.UserMetaData, map[string]any{"email_verified": true})))
	if err != nil {
		return err
	}
	for _, i := range u.Identities {
		if i.Email == "" || i.Email != u.Email {
			continue
		}
		data := store.Merge(i.Data, map[string]any{"email_verified": true})
		if err := store.UpdateIdentity(ctx, tx, u, i.ID, now, store.Set("identity_data", data)); err != nil {
			return err
		}
	}
	return store.DeleteOneTimeTokens(ctx, tx, u.ID)
}

// ConfirmPhone notes that the user owns the number.
func (f *Flow) ConfirmPhone(ctx context.Context, tx database.Querier, u *store.User) error {
	now := f.Time()
	if err := store.UpdateUser(ctx, tx, u, now, store.Set("confirmation_token", ""), store.Set("phone_confirmed_at", now)); err != nil {
		return err
	}
	if i := u.Identity("phone"); i != nil {
		data := store.Merge(i.Data, map[string]any{"phone_verified": true})
		if err := store.UpdateIdentity(ctx, tx, u, i.ID, now, store.Set("identity_data", data)); err != nil {
			return err
		}
	}
	return store.DeleteOneTimeTokens(ctx, tx, u.ID)
}

// ChangeEmail makes the address that a user asked for theirs: an anonymous user
// becomes a permanent one by it.
func (f *Flow) ChangeEmail(ctx context.Context, tx database.Querier, u *store.User) error {
	now, address, old := f.Time(), u.EmailChange, u.Email
	other, err := store.UserByEmail(ctx, tx, address)
	if err != nil {
		return err
	}
	if other != nil && other.ID != u.ID {
		return autherr.New(http.StatusUnprocessableEntity, autherr.EmailExists, "A user with this email address has already been registered")
	}
	if err := f.setIdentity(ctx, tx, u, "email", map[string]any{"sub": u.ID, "email": address, "email_verified": true}, now); err != nil {
		return err
	}
	err = store.UpdateUser(ctx, tx, u, now, store.Set("email", address), store.Set("email_change", ""), store.Set("email_change_token_new", ""),
		store.Set("email_change_token_current", ""), store.Set("email_change_confirm_status", 0), store.Set("email_confirmed_at", now),
		store.Set("is_anonymous", false), store.Set("raw_user_meta_data", store.Merge(u.UserMetaData, map[string]any{"email_verified": true})))
	if err != nil {
		return err
	}
	if old != "" && old != address {
		if err := f.Notify(ctx, tx, u, core.EmailChanged, core.Notice{OldEmail: old}); err != nil {
			return err
		}
	}
	return store.DeleteOneTimeTokens(ctx, tx, u.ID)
}

// ChangePhone makes the number that a user asked for theirs.
func (f *Flow) ChangePhone(ctx context.Context, tx database.Querier, u *store.User) error {
	now, phone, old := f.Time(), u.PhoneChange, u.Phone
	other, err := store.UserByPhone(ctx, tx, phone)
	if err != nil {
		return err
	}
	if other != nil && other.ID != u.ID {
		return autherr.New(http.StatusUnprocessableEntity, autherr.PhoneExists, "A user with this phone number has already been registered")
	}
	if err := f.setIdentity(ctx, tx, u, "phone", map[string]any{"sub": u.ID, "phone": phone, "phone_verified": true}, now); err != nil {
		return err
	}
	err = store.UpdateUser(ctx, tx, u, now, store.Set("phone", phone), store.Set("phone_change", ""), store.Set("phone_change_token", ""),
		store.Set("phone_confirmed_at", now), store.Set("is_anonymous", false))
	if err != nil {
		return err
	}
	if old != phone {
		if err := f.Notify(ctx, tx, u, core.PhoneChanged, core.Notice{OldPhone: old}); err != nil {
			return err
		}
	}
	return store.DeleteOneTimeTokens(ctx, tx, u.ID)
}

// setIdentity gives a user the identity of a provider, or brings it up to date.
func (f *Flow) setIdentity(ctx context.Context, tx database.Querier, u *store.User, provider string, data map[string]any, now time.Time) error {
	if i := u.Identity(provider); i != nil {
		return store.UpdateIdentity(ctx, tx, u, i.ID, now, store.Set("identity_data", store.Merge(i.Data, data)))
	}
	_, err := store.InsertIdentity(ctx, tx, u, provider, u.ID, data, now)
	return err
}

// audit adds an event of a request.
func (f *Flow) audit(ctx context.Context, tx database.Querier, r *http.Request, u *store.User, action string, traits store.Object) error {
	return f.Audit(ctx, tx, r, u, action, traits)
}
