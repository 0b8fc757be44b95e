package external

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// link gives the identity to the account that asked for it.
func (a *arrival) link(ctx context.Context, tx database.Tx) error {
	a.user = a.target
	owner, err := store.UserByIdentity(ctx, tx, a.provider, a.person.Subject())
	switch {
	case err != nil:
		return err
	case owner != nil && owner.ID == a.user.ID:
		return autherr.New(http.StatusUnprocessableEntity, autherr.IdentityAlreadyExists, "Identity is already linked")
	case owner != nil:
		return autherr.New(http.StatusUnprocessableEntity, autherr.IdentityAlreadyExists, "Identity is already linked to another user")
	case a.user.Banned(a.Now()):
		return autherr.New(http.StatusForbidden, autherr.UserBanned, "User is banned")
	}
	if err := a.addIdentity(ctx, tx); err != nil {
		return err
	}
	if err := a.linked(ctx, tx); err != nil {
		return err
	}
	if err := store.RefreshProviders(ctx, tx, a.user, a.Time()); err != nil {
		return err
	}
	if e := a.person.Email(); a.user.Email == "" && e.Address != "" {
		return a.giveEmail(ctx, tx, strings.ToLower(e.Address), e.Verified)
	}
	return nil
}

// giveEmail gives an account without an address, an anonymous one mostly, that of
// its new identity.
func (a *arrival) giveEmail(ctx context.Context, tx database.Tx, address string, verified bool) error {
	if other, err := store.UserByEmail(ctx, tx, address); err != nil {
		return err
	} else if other != nil {
		return autherr.New(http.StatusBadRequest, autherr.EmailExists, "A user with this email address has already been registered")
	}
	if err := store.UpdateUser(ctx, tx, a.user, a.Time(), store.Set("email", address)); err != nil {
		return err
	}
	if verified {
		if err := a.confirmed(ctx, tx); err != nil {
			return err
		}
		return store.UpdateUser(ctx, tx, a.user, a.Time(), store.Set("is_anonymous", false))
	}
	a.unproven = true
	a.refusal = autherr.New(http.StatusUnprocessableEntity, autherr.EmailNotConfirmed,
		"Unverified email with %s. A confirmation email has been sent to your %s email", a.provider, a.provider)
	return nil
}

// unlink is DELETE /user/identities/{id}.
func (h *Handlers) unlink(w http.ResponseWriter, r *http.Request) error {
	if err := h.mayLink(); err != nil {
		return err
	}
	id := r.PathValue("id")
	if !core.IsUUID(id) {
		return autherr.New(http.StatusNotFound, autherr.ValidationFailed, "identity_id must be an UUID")
	}
	caller, err := h.Caller(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	err = h.InTx(ctx, func(tx database.Tx) error {
		// Two requests at once must not take both of two identities.
		if err := database.Run(ctx, tx, "update auth.users set updated_at = updated_at where id = $1", caller.User.ID); err != nil {
			return err
		}
		u, err := store.UserByID(ctx, tx, caller.User.ID)
		if err != nil || u == nil {
			return err
		}
		return h.takeIdentity(ctx, tx, r, u, id)
	})
	if err != nil {
		return err
	}
	return core.JSON(w, map[string]any{})
}

func (h *Handlers) takeIdentity(ctx context.Context, tx database.Tx, r *http.Request, u *store.User, id string) error {
	if len(u.Identities) <= 1 {
		return autherr.New(http.StatusUnprocessableEntity, autherr.SingleIdentityNotDeletable, "User must have at least 1 identity after unlinking")
	}
	i := slices.IndexFunc(u.Identities, func(i store.Identity) bool { return strings.EqualFold(i.ID, id) })
	if i < 0 {
		return autherr.New(http.StatusUnprocessableEntity, autherr.IdentityNotFound, "Identity doesn't exist")
	}
	gone := u.Identities[i]
	if err := h.Audit(ctx, tx, r, u, store.IdentityUnlinked,
		store.Object{"identity_id": gone.ID, "provider": gone.Provider, "provider_id": gone.ProviderID}); err != nil {
		return err
	}
	if err := store.DeleteIdentity(ctx, tx, u, gone.ID); err != nil {
		return err
	}
	err := h.Notify(ctx, tx, u, core.IdentityUnlinked, core.Notice{Provider: gone.Provider})
	if err != nil {
		return err
	}
	if gone.Provider == "phone" {
		err = store.UpdateUser(ctx, tx, u, h.Time(), store.Set("phone", nil), store.Set("phone_confirmed_at", nil))
	} else {
		err = h.keepEmail(ctx, tx, u)
	}
	if err != nil {
		return err
	}
	return store.RefreshProviders(ctx, tx, u, h.Time())
}

// keepEmail gives an account the address of one of the identities it has left,
// unless its own is among them: a verified one first.
func (h *Handlers) keepEmail(ctx context.Context, tx database.Tx, u *store.User) error {
	if slices.ContainsFunc(u.Identities, func(i store.Identity) bool { return i.Email == u.Email }) {
		return nil
	}
	left := slices.SortedStableFunc(slices.Values(u.Identities), func(a, b store.Identity) int { return cmp.Compare(rank(a), rank(b)) })
	for _, i := range left {
		if i.Email != "" {
			if other, err := store.UserByEmail(ctx, tx, i.Email); err != nil {
				return err
			} else if other != nil {
				continue
			}
		}
		return h.setEmail(ctx, tx, u, i)
	}
	return autherr.New(http.StatusUnprocessableEntity, autherr.EmailConflictIdentityNotDeletable, "Unable to unlink identity due to email conflict")
}

func rank(i store.Identity) int {
	switch {
	case i.Email == "":
		return 2
	case i.Data["email_verified"] != true:
		return 1
	}
	return 0
}

// setEmail makes the address of an identity the account's. Codes that are under way
// were meant for the one until then.
func (h *Handlers) setEmail(ctx context.Context, tx database.Tx, u *store.User, i store.Identity) error {
	var address any
	if i.Email != "" {
		address = i.Email
	}
	changes := []store.Change{store.Set("email", address), store.Set("confirmation_token", ""), store.Set("recovery_token", ""),
		store.Set("email_change", ""), store.Set("email_change_token_new", ""), store.Set("email_change_token_current", "")}
	if i.Email == "" || i.Data["email_verified"] != true && h.Auth().Email.Confirmations {
		changes = append(changes, store.Set("email_confirmed_at", nil),
			store.Set("raw_user_meta_data", store.Merge(u.UserMetaData, map[string]any{"email_verified": false})))
	}
	if err := store.UpdateUser(ctx, tx, u, h.Time(), changes...); err != nil {
		return err
	}
	return store.DeleteOneTimeTokens(ctx, tx, u.ID)
}
