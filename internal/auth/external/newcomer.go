package external

import (
	"context"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// errChanged tells that an arrival who had an account has none any more, or that
// somebody took the address of the account that the hook agreed to.
var errChanged = autherr.New(http.StatusConflict, autherr.Conflict, "Another request has just changed this account")

// announce tells the hook of an account that is about to be made. That is before the
// transaction, which holds locks, on the embedded engine that of all writers.
func (a *arrival) announce(ctx context.Context) error {
	a.draft = nil
	if a.target != nil || a.invite != "" {
		return nil
	}
	u, _, err := a.whose(ctx, a.Owner())
	if err != nil || u != nil {
		return err
	}
	draft, err := a.newcomer(ctx, a.Owner())
	if err == nil && a.Hooks != nil {
		err = a.Hooks.BeforeUserCreated(ctx, draft, a.Address(a.r))
	}
	if err == nil {
		a.draft = draft
	}
	return err
}

// newcomer is the account that is made for somebody who has none. An address that
// somebody has, and that nobody vouches for, does not become the account's.
func (a *arrival) newcomer(ctx context.Context, q database.Querier) (*store.User, error) {
	if !a.Auth().Signup {
		return nil, autherr.New(http.StatusUnprocessableEntity, autherr.SignupDisabled, "Signups not allowed for this instance")
	}
	address, err := a.freeAddress(ctx, q)
	if err != nil {
		return nil, err
	}
	return &store.User{ID: store.NewID(), Aud: audience, Role: audience, Email: address, UserMetaData: a.data(),
		AppMetaData: store.Object{"provider": a.provider, "providers": []any{a.provider}}}, nil
}

// freeAddress is the address of who arrives, "" if somebody has it.
func (a *arrival) freeAddress(ctx context.Context, q database.Querier) (string, error) {
	email := a.person.Email()
	address := strings.ToLower(email.Address)
	if email.Verified { // one that somebody has would have found their account
		return address, nil
	}
	taken, err := a.taken(ctx, q, address)
	if err != nil || taken {
		return "", err
	}
	return address, nil
}

// create makes the account that the hook agreed to.
func (a *arrival) create(ctx context.Context, tx database.Tx) error {
	address, err := a.freeAddress(ctx, tx)
	switch {
	case err != nil:
		return err
	case a.draft == nil || a.draft.Email != address:
		return errChanged
	}
	a.user = a.draft
	if err := store.InsertUser(ctx, tx, a.user, a.Time()); err != nil {
		return err
	}
	return a.addIdentity(ctx, tx)
}

// taken tells whether an account has an address, itself or by an identity.
func (a *arrival) taken(ctx context.Context, q database.Querier, address string) (bool, error) {
	if address == "" {
		return false, nil
	}
	owners := map[string]bool{}
	err := a.addOwners(ctx, q, address, owners, func(store.Identity) bool { return true })
	return len(owners) > 0, err
}
