package flow

import (
	"context"
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// FindInvite returns whom an invitation is for, by what is kept of its link
// (core.Kept). One that nobody waits for, or that is too old, is invite_not_found.
func (f *Flow) FindInvite(ctx context.Context, q database.Querier, kept string) (*store.OneTimeToken, *store.User, error) {
	gone := autherr.New(http.StatusNotFound, autherr.InviteNotFound, "Invite not found")
	t, err := store.OneTimeTokenByHash(ctx, q, [2]string{kept, kept}, [2]string{store.ConfirmationToken, store.ConfirmationToken})
	if err != nil {
		return nil, nil, err
	}
	if t == nil || f.Now().After(t.CreatedAt.Add(f.expiry(Invite()))) {
		return nil, nil, gone
	}
	u, err := store.UserByID(ctx, q, t.UserID)
	if err != nil {
		return nil, nil, err
	}
	if u == nil || u.DeletedAt != nil || u.InvitedAt == nil || u.Email == "" || u.Email != t.RelatesTo {
		return nil, nil, gone
	}
	return t, u, nil
}
