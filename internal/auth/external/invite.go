package external

import (
	"context"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// accept lets somebody in who was invited, and comes from a provider that tells the
// address that the invitation was sent to. Who has the link has shown to read what is
// sent there, so it need not vouch for it.
func (a *arrival) accept(ctx context.Context, tx database.Tx) error {
	t, u, err := a.flow.FindInvite(ctx, tx, a.invite)
	if err != nil {
		return err
	}
	if !a.hasEmail(u.Email) {
		return autherr.New(http.StatusBadRequest, autherr.ValidationFailed, "Invited email does not match emails from external provider")
	}
	if u.Banned(a.Now()) {
		return autherr.New(http.StatusForbidden, autherr.UserBanned, "User is banned")
	}
	taken, err := store.TakeOneTimeToken(ctx, tx, t)
	switch {
	case err != nil:
		return err
	case !taken: // another browser was faster
		return autherr.New(http.StatusNotFound, autherr.InviteNotFound, "Invite not found")
	}
	owner, err := store.UserByIdentity(ctx, tx, a.provider, a.person.Subject())
	switch {
	case err != nil:
		return err
	case owner != nil:
		return autherr.New(http.StatusUnprocessableEntity, autherr.IdentityAlreadyExists, "Identity is already linked to another user")
	}
	a.user = u
	if err := a.addIdentity(ctx, tx); err != nil {
		return err
	}
	if err := a.audit(ctx, tx, store.InviteAccepted, store.Object{"provider": a.provider}); err != nil {
		return err
	}
	given := u.UserMetaData // by whoever invited
	if !u.Confirmed() {     // other ways in were not proven
		if err := a.removeUnconfirmed(ctx, tx); err != nil {
			return err
		}
	}
	u.UserMetaData = given
	if err := a.noteData(ctx, tx); err != nil {
		return err
	}
	return a.confirmed(ctx, tx)
}

func (a *arrival) hasEmail(address string) bool {
	for _, e := range a.person.Emails[:min(len(a.person.Emails), maxEmails)] {
		if strings.EqualFold(e.Address, address) {
			return true
		}
	}
	return false
}
