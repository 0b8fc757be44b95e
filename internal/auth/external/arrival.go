package external

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/flow"
	"github.com/galleyhq/galley/internal/auth/provider"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// audience is the aud and the role of users.
const audience = "authenticated"

// maxEmails bounds the addresses of a person that accounts are looked for by.
const maxEmails = 20

// arrival is somebody who comes from a provider.
type arrival struct {
	*Handlers
	r             *http.Request
	provider      string
	emailOptional bool
	person        provider.Person
	redirect      string      // where a link in a mail ends
	target        *store.User // whose account the identity is to be linked to; nil for signing in
	invite        string      // what is kept of an invitation that is accepted by it; "" for none

	draft *store.User // of a new account, which the hook agreed to; nil for none
	outcome
}

// outcome is what letting somebody in came to.
type outcome struct {
	user     *store.User
	identity string // its id
	tokens   *wire.Tokens
	refusal  error // that is told although what was done stays done
	unproven bool  // a mail that asks for confirmation of the user's address follows
}

// run lets somebody in, in one transaction with what follows. What a refusal has
// set going, as a mail that asks for confirmation, is committed with it. If two
// arrive at once, the slower one looks again.
func (a *arrival) run(ctx context.Context, then func(context.Context, database.Tx) error) error {
	if len(a.person.Emails) == 0 && !a.emailOptional {
		return autherr.New(http.StatusInternalServerError, autherr.UnexpectedFailure, "Error getting user email from external provider")
	}
	err := a.attempt(ctx, then)
	if errors.Is(err, errChanged) || fault.Code(err) == fault.UniqueViolation {
		err = a.attempt(ctx, then)
	}
	if err == nil && a.unproven {
		err = a.askConfirmation(ctx)
	}
	if err == nil {
		err = a.refusal
	}
	return err
}

func (a *arrival) attempt(ctx context.Context, then func(context.Context, database.Tx) error) error {
	a.outcome = outcome{}
	if err := a.announce(ctx); err != nil {
		return err
	}
	return a.InTx(ctx, func(tx database.Tx) error {
		enter := a.enter
		switch {
		case a.target != nil:
			enter = a.link
		case a.invite != "":
			enter = a.accept
		}
		if err := enter(ctx, tx); err != nil || a.refusal != nil {
			return err
		}
		return then(ctx, tx)
	})
}

// whose finds the account of who arrives: that of the identity, which is known then,
// or that which has an address of theirs. It is nil when they have none.
func (a *arrival) whose(ctx context.Context, q database.Querier) (u *store.User, known bool, err error) {
	u, err = store.UserByIdentity(ctx, q, a.provider, a.person.Subject())
	if err != nil || u != nil {
		return u, true, err
	}
	u, err = a.owner(ctx, q)
	return u, false, err
}

// askConfirmation sends the mail that asks for it, in a transaction of its own: the
// limit of mails is counted before.
func (a *arrival) askConfirmation(ctx context.Context) error {
	if err := a.flow.Soon(a.user, flow.Confirmation()); err != nil {
		return err
	}
	if err := a.flow.MaySend(ctx, flow.Confirmation(), a.user.Email); err != nil {
		return err
	}
	return a.InTx(ctx, func(tx database.Tx) error {
		return a.flow.Send(ctx, tx, a.user, flow.Confirmation(), flow.To{Address: a.user.Email, Redirect: a.redirect})
	})
}

// enter finds or makes the account of who arrives.
func (a *arrival) enter(ctx context.Context, tx database.Tx) error {
	u, known, err := a.whose(ctx, tx)
	switch {
	case err != nil:
	case u == nil:
		err = a.create(ctx, tx)
	case known:
		err = a.known(ctx, tx, u)
	default:
		err = a.join(ctx, tx, u)
	}
	if err != nil {
		return err
	}
	if a.user.DeletedAt != nil || a.user.Banned(a.Now()) {
		return autherr.New(http.StatusForbidden, autherr.UserBanned, "User is banned")
	}
	if a.user.Confirmed() || a.user.Email == "" && a.emailOptional {
		return a.audit(ctx, tx, store.Login, store.Object{"provider": a.provider})
	}
	return a.confirm(ctx, tx, a.person.Email())
}

// known brings an identity that has an account up to date.
func (a *arrival) known(ctx context.Context, tx database.Tx, u *store.User) error {
	a.user = u
	i := slices.IndexFunc(u.Identities, func(i store.Identity) bool {
		return i.Provider == a.provider && i.ProviderID == a.person.Subject()
	})
	if i < 0 {
		return autherr.New(http.StatusInternalServerError, autherr.UnexpectedFailure, "The identity has just been taken away")
	}
	a.identity = u.Identities[i].ID
	now := a.Time()
	if err := store.UpdateIdentity(ctx, tx, u, a.identity, now, store.Set("identity_data", a.data()), store.Set("last_sign_in_at", now)); err != nil {
		return err
	}
	return a.noteData(ctx, tx)
}

// data is the identity_data, with the address as the database compares it.
func (a *arrival) data() store.Object {
	out := store.Merge(nil, a.person.Data)
	if email, ok := out["email"].(string); ok {
		out["email"] = strings.ToLower(email)
	}
	return out
}

// noteData adds what the provider tells to the user's own data.
func (a *arrival) noteData(ctx context.Context, tx database.Tx) error {
	err := store.UpdateUser(ctx, tx, a.user, a.Time(), store.Set("raw_user_meta_data", store.Merge(a.user.UserMetaData, a.data())))
	if err != nil {
		return err
	}
	return store.RefreshProviders(ctx, tx, a.user, a.Time())
}

// owner returns the one account that has an address which the provider vouches for,
// nil when there is none. An address that it does not vouch for finds nobody,
// whatever the settings say.
func (a *arrival) owner(ctx context.Context, q database.Querier) (*store.User, error) {
	owners := map[string]bool{}
	for _, e := range a.person.Emails[:min(len(a.person.Emails), maxEmails)] {
		if !e.Verified || e.Address == "" {
			continue
		}
		// One that nobody vouches for stands in nobody's way either: otherwise a
		// stranger who names an address could keep its owner out.
		proven := func(i store.Identity) bool { return i.Data["email_verified"] == true }
		if err := a.addOwners(ctx, q, strings.ToLower(e.Address), owners, proven); err != nil {
			return nil, err
		}
	}
	if len(owners) > 1 {
		return nil, autherr.New(http.StatusInternalServerError, autherr.UnexpectedFailure,
			"Multiple accounts with the same email address in the same linking domain detected: default")
	}
	for id := range owners {
		return store.UserByID(ctx, q, id)
	}
	return nil, nil
}

// addOwners adds the accounts of an address by those identities that count. Those
// of SSO providers stand for themselves. As in GoTrue what identities say goes
// before what users say.
func (a *arrival) addOwners(ctx context.Context, q database.Querier, email string, owners map[string]bool, counts func(store.Identity) bool) error {
	identities, err := store.IdentitiesByEmail(ctx, q, email)
	if err != nil {
		return err
	}
	for _, i := range identities {
		if !strings.HasPrefix(i.Provider, "sso:") && counts(i) {
			owners[i.UserID] = true
		}
	}
	if len(owners) > 0 {
		return nil
	}
	u, err := store.UserByEmail(ctx, q, email)
	if err == nil && u != nil {
		owners[u.ID] = true
	}
	return err
}

// join links the identity to the account that has its address.
func (a *arrival) join(ctx context.Context, tx database.Tx, u *store.User) error {
	a.user = u
	if err := a.addIdentity(ctx, tx); err != nil {
		return err
	}
	if err := a.noteData(ctx, tx); err != nil {
		return err
	}
	return a.linked(ctx, tx)
}

// linked notes that the identity belongs to an account now.
func (a *arrival) linked(ctx context.Context, tx database.Tx) error {
	if err := a.auditLink(ctx, tx, store.IdentityLinked, a.identity, a.provider, a.person.Subject()); err != nil {
		return err
	}
	return a.Notify(ctx, tx, a.user, core.IdentityLinked, core.Notice{Provider: a.provider})
}

func (a *arrival) addIdentity(ctx context.Context, tx database.Tx) error {
	i, err := store.InsertIdentity(ctx, tx, a.user, a.provider, a.person.Subject(), a.data(), a.Time())
	if err == nil {
		a.identity = i.ID
	}
	return err
}

// confirm confirms the address of an account that was not confirmed yet, or asks
// for it to be. What else could let somebody into it is taken away: whoever made it
// did not prove to own the address.
func (a *arrival) confirm(ctx context.Context, tx database.Tx, email provider.Email) error {
	if err := a.removeUnconfirmed(ctx, tx); err != nil {
		return err
	}
	vouched := email.Verified && a.user.Email != "" && strings.EqualFold(email.Address, a.user.Email)
	if vouched || !a.Auth().Email.Confirmations {
		if err := a.audit(ctx, tx, store.UserSignedUp, store.Object{"provider": a.provider}); err != nil {
			return err
		}
		return a.confirmed(ctx, tx)
	}
	sent := "Verify the email with " + a.provider + " in order to sign in"
	if a.user.Email != "" {
		a.unproven = true
		sent = "A confirmation email has been sent to your " + a.provider + " email"
	}
	a.refusal = autherr.New(http.StatusUnprocessableEntity, autherr.ProviderEmailNeedsVerification, "Unverified email with %s. %s", a.provider, sent)
	return nil
}

// confirmed notes that the account is. Only a provider that vouches for an address
// makes identity_data say so.
func (a *arrival) confirmed(ctx context.Context, tx database.Tx) error {
	now := a.Time()
	if err := store.UpdateUser(ctx, tx, a.user, now, store.Set("email_confirmed_at", now), store.Set("confirmation_token", "")); err != nil {
		return err
	}
	return store.DeleteOneTimeTokens(ctx, tx, a.user.ID)
}

func (a *arrival) removeUnconfirmed(ctx context.Context, tx database.Tx) error {
	for _, i := range slices.Clone(a.user.Identities) {
		if i.ID != a.identity {
			if err := store.DeleteIdentity(ctx, tx, a.user, i.ID); err != nil {
				return err
			}
		}
	}
	if err := store.UpdateUser(ctx, tx, a.user, a.Time(), store.Set("encrypted_password", nil), store.Set("raw_user_meta_data", a.data())); err != nil {
		return err
	}
	return store.RefreshProviders(ctx, tx, a.user, a.Time())
}

func (a *arrival) audit(ctx context.Context, tx database.Tx, action string, traits store.Object) error {
	return a.Audit(ctx, tx, a.r, a.user, action, traits)
}

func (a *arrival) auditLink(ctx context.Context, tx database.Tx, action, id, name, providerID string) error {
	return a.audit(ctx, tx, action, store.Object{"identity_id": id, "provider": name, "provider_id": providerID})
}
