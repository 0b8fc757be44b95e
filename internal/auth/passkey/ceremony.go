package passkey

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/factor"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/auth/wire"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// begun is the answer to both paths options.
type begun struct {
	ChallengeID string          `json:"challenge_id"`
	Options     json.RawMessage `json:"options"`
	ExpiresAt   int64           `json:"expires_at"` // Unix seconds
}

// answer is the body of both paths verify.
type answer struct {
	ChallengeID string          `json:"challenge_id"`
	Credential  json.RawMessage `json:"credential"`
}

// begin keeps a ceremony of a type and answers with its options.
func (h *Handlers) begin(w http.ResponseWriter, r *http.Request, kind, userID string, b *factor.Begun) error {
	now := h.Time()
	c := &store.Ceremony{UserID: userID, Type: kind, SessionData: b.Session, ExpiresAt: store.Time{Time: now.Add(expiry)}}
	if err := store.InsertCeremony(r.Context(), h.Owner(), c, now); err != nil {
		return err
	}
	return core.JSON(w, begun{c.ID, b.Options, c.ExpiresAt.Unix()})
}

// take returns the ceremony that a body answers, which is then gone.
func (h *Handlers) take(r *http.Request, kind, userID string) (*answer, *store.Ceremony, error) {
	var b answer
	if err := core.Read(r, &b); err != nil {
		return nil, nil, err
	}
	switch {
	case b.ChallengeID == "":
		return nil, nil, core.Invalid("challenge_id is required")
	case b.Credential == nil:
		return nil, nil, core.Invalid("credential is required")
	case !core.IsUUID(b.ChallengeID):
		return nil, nil, core.Invalid("challenge_id must be a valid UUID")
	}
	c, err := store.TakeCeremony(r.Context(), h.Owner(), b.ChallengeID, kind, userID)
	switch {
	case err != nil:
		return nil, nil, err
	case c == nil:
		return nil, nil, autherr.New(http.StatusBadRequest, autherr.WebAuthnChallengeNotFound, "Challenge not found or already used")
	case h.Now().After(c.ExpiresAt.Time):
		return nil, nil, autherr.New(http.StatusBadRequest, autherr.WebAuthnChallengeExpired, "Challenge has expired")
	}
	return &b, c, nil
}

// registrant is who may add a passkey, with those that they have.
func (h *Handlers) registrant(r *http.Request) (*store.User, []store.Passkey, error) {
	caller, err := h.Member(r)
	switch {
	case err != nil:
		return nil, nil, err
	case caller.User.IsSSOUser:
		return nil, nil, autherr.New(http.StatusUnprocessableEntity, autherr.ValidationFailed, "SSO users cannot register passkeys")
	}
	if err := checkLevel(caller); err != nil {
		return nil, nil, err
	}
	keys, err := store.Passkeys(r.Context(), h.Owner(), caller.User.ID)
	return caller.User, keys, err
}

func checkRoom(keys []store.Passkey) error {
	if len(keys) >= most {
		return autherr.New(http.StatusUnprocessableEntity, autherr.TooManyPasskeys, "Maximum number of passkeys reached")
	}
	return nil
}

// register is POST /passkeys/registration/options.
func (h *Handlers) register(w http.ResponseWriter, r *http.Request) error {
	u, keys, err := h.registrant(r)
	if err != nil {
		return err
	}
	if err := h.Allow(r.Context(), "passkey", h.Address(r)); err != nil {
		return err
	}
	if err := checkRoom(keys); err != nil {
		return err
	}
	b, err := h.ceremonies.Register(holderOf(u, keys))
	if err != nil {
		return fault.Internal(err)
	}
	return h.begin(w, r, store.PasskeyRegistration, u.ID, b)
}

// registered is POST /passkeys/registration/verify.
func (h *Handlers) registered(w http.ResponseWriter, r *http.Request) error {
	u, keys, err := h.registrant(r)
	if err != nil {
		return err
	}
	b, c, err := h.take(r, store.PasskeyRegistration, u.ID)
	if err != nil {
		return err
	}
	made, err := h.ceremonies.Registered(holderOf(u, keys), c.SessionData, b.Credential)
	if err != nil {
		return err
	}
	row := rowOf(u.ID, factor.KeptOf(made))
	err = h.InTx(r.Context(), func(tx database.Tx) error { return h.keep(r, tx, u, row) })
	if fault.Code(err) == fault.UniqueViolation {
		err = autherr.New(http.StatusUnprocessableEntity, autherr.WebAuthnCredentialExists, "This credential is already registered")
	}
	if err != nil {
		return err
	}
	return core.JSON(w, row.Item())
}

func (h *Handlers) keep(r *http.Request, tx database.Tx, u *store.User, row *store.Passkey) error {
	if _, err := store.LockUser(r.Context(), tx, u.ID); err != nil { // so that the count holds
		return err
	}
	keys, err := store.Passkeys(r.Context(), tx, u.ID)
	if err != nil {
		return err
	}
	if err := checkRoom(keys); err != nil {
		return err
	}
	if err := store.InsertPasskey(r.Context(), tx, row, h.Time()); err != nil {
		return err
	}
	return h.Audit(r.Context(), tx, r, u, store.PasskeyCreated, store.Object{"passkey_id": row.ID})
}

// authenticate is POST /passkeys/authentication/options.
func (h *Handlers) authenticate(w http.ResponseWriter, r *http.Request) error {
	if err := h.Allow(r.Context(), "passkey", h.Address(r)); err != nil {
		return err
	}
	var b core.Security
	if err := core.Read(r, &b); err != nil {
		return err
	}
	if err := h.Human(r.Context(), b.Meta.CaptchaToken, h.Address(r)); err != nil {
		return err
	}
	options, err := h.ceremonies.Request()
	if err != nil {
		return fault.Internal(err)
	}
	return h.begin(w, r, store.PasskeyAuthentication, "", options)
}

// authenticated is POST /passkeys/authentication/verify.
func (h *Handlers) authenticated(w http.ResponseWriter, r *http.Request) error {
	if err := h.Allow(r.Context(), "token_verifications", h.Address(r)); err != nil {
		return err
	}
	b, c, err := h.take(r, store.PasskeyAuthentication, "")
	if err != nil {
		return err
	}
	var who owner
	_, used, err := h.ceremonies.Requested(c.SessionData, b.Credential, func(id string) (factor.Holder, error) {
		return h.find(r.Context(), id, &who)
	})
	switch {
	case who.failed != nil:
		return who.failed
	case err != nil && who.user != nil:
		if aerr := h.Audit(r.Context(), h.Owner(), r, who.user, store.LoginFailed, store.Object{"reason": "passkey"}); aerr != nil {
			return aerr
		}
		return err
	case err != nil:
		return err
	}
	if err := h.checkUser(who.user); err != nil {
		return err
	}
	key := who.key(used.ID)
	if key == nil {
		return fault.Internal(fmt.Errorf("a passkey signed that user %s does not have", who.user.ID))
	}
	key.SignCount, key.BackedUp = used.Authenticator.SignCount, used.Flags.BackupState
	out, err := h.signIn(r, who.user, key)
	if err != nil {
		return err
	}
	return core.JSON(w, out)
}

// owner is whom an authenticator says that it signs for.
type owner struct {
	user   *store.User
	keys   []store.Passkey
	failed error // of the database
}

func (o *owner) key(id []byte) *store.Passkey {
	for i := range o.keys {
		if bytes.Equal(o.keys[i].CredentialID, id) {
			return &o.keys[i]
		}
	}
	return nil
}

func (h *Handlers) find(ctx context.Context, id string, o *owner) (factor.Holder, error) {
	none := fmt.Errorf("no user %.40q with passkeys", id)
	if !core.IsUUID(id) {
		return factor.Holder{}, none
	}
	u, err := store.UserByID(ctx, h.Owner(), id)
	if err == nil && u != nil && u.DeletedAt == nil {
		o.user = u
		o.keys, err = store.Passkeys(ctx, h.Owner(), u.ID)
	}
	if o.failed = err; err != nil {
		return factor.Holder{}, err
	}
	if len(o.keys) == 0 {
		return factor.Holder{}, none
	}
	return holderOf(u, o.keys), nil
}

func (h *Handlers) checkUser(u *store.User) error {
	switch {
	case u.Email != "" && u.EmailConfirmedAt == nil:
		return autherr.New(http.StatusForbidden, autherr.EmailNotConfirmed, "Email not confirmed")
	case u.Phone != "" && u.PhoneConfirmedAt == nil:
		return autherr.New(http.StatusForbidden, autherr.PhoneNotConfirmed, "Phone not confirmed")
	case u.Banned(h.Now()):
		return autherr.New(http.StatusForbidden, autherr.UserBanned, "User is banned")
	}
	return nil
}

func (h *Handlers) signIn(r *http.Request, u *store.User, key *store.Passkey) (out *wire.Tokens, err error) {
	err = h.InTx(r.Context(), func(tx database.Tx) error {
		there, err := store.UsePasskey(r.Context(), tx, key, h.Time())
		if err != nil {
			return err
		}
		if !there { // it was removed meanwhile
			return autherr.New(http.StatusBadRequest, autherr.WebAuthnVerificationFailed, "Credential verification failed")
		}
		if err := h.Audit(r.Context(), tx, r, u, store.Login, store.Object{"provider": "passkey", "passkey_id": key.ID}); err != nil {
			return err
		}
		out, err = h.Sessions.Issue(r.Context(), tx, u, h.From(r, "passkey"))
		return err
	})
	return out, err
}
