package store

import (
	"context"
	"slices"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// Identity is a row of auth.identities.
type Identity struct {
	ID           string `json:"id"`
	ProviderID   string `json:"provider_id"`
	UserID       string `json:"user_id"`
	Data         Object `json:"identity_data"`
	Provider     string `json:"provider"`
	LastSignInAt *Time  `json:"last_sign_in_at"`
	CreatedAt    Time   `json:"created_at"`
	UpdatedAt    Time   `json:"updated_at"`
	Email        string `json:"email"` // in lower case, of Data
}

// InsertIdentity gives a user an identity; its id is data["sub"], as in GoTrue. One
// that another user has is 23505.
func InsertIdentity(ctx context.Context, q database.Querier, u *User, provider, providerID string, data Object, now time.Time) (*Identity, error) {
	i, err := insert[Identity](ctx, q, "identities", Set("id", NewID()), Set("provider_id", providerID), Set("user_id", u.ID),
		Set("identity_data", data), Set("provider", provider), Set("last_sign_in_at", now), Set("created_at", now), Set("updated_at", now))
	if err == nil {
		u.Identities = append(u.Identities, *i)
	}
	return i, err
}

// UpdateIdentity changes columns of an identity, and of the user's copy.
func UpdateIdentity(ctx context.Context, q database.Querier, u *User, id string, now time.Time, changes ...Change) error {
	made, err := update[Identity](ctx, q, "identities", id, append(slices.Clone(changes), Set("updated_at", now)))
	if err != nil || made == nil {
		return err
	}
	if i := slices.IndexFunc(u.Identities, func(i Identity) bool { return i.ID == id }); i >= 0 {
		u.Identities[i] = *made
	}
	return nil
}

// DeleteIdentity takes an identity from a user.
func DeleteIdentity(ctx context.Context, q database.Querier, u *User, id string) error {
	_, err := exec(ctx, q, "delete from auth.identities where id = $1 and user_id = $2", id, u.ID)
	if err == nil {
		u.Identities = slices.DeleteFunc(u.Identities, func(i Identity) bool { return i.ID == id })
	}
	return err
}

// RefreshProviders brings app_metadata's provider and providers in line with the
// user's identities.
func RefreshProviders(ctx context.Context, q database.Querier, u *User, now time.Time) error {
	var providers []any
	for _, i := range u.Identities {
		if !slices.Contains(providers, any(i.Provider)) {
			providers = append(providers, i.Provider)
		}
	}
	if len(providers) == 0 {
		return nil
	}
	first := providers[0]
	if was, ok := u.AppMetaData["provider"]; ok && slices.Contains(providers, was) {
		first = was
	}
	return UpdateUser(ctx, q, u, now, Set("raw_app_meta_data", Merge(u.AppMetaData, map[string]any{"provider": first, "providers": providers})))
}
