// Package passkey is passkeys over HTTP (WebAuthn): credentials that an authenticator
// finds by itself, by which people sign in without typing anything. The paths and
// the JSON are GoTrue's, for auth.passkey of the clients.
//
//	POST   /passkeys/registration/options     begins to make one, for who is signed in
//	POST   /passkeys/registration/verify      keeps it
//	POST   /passkeys/authentication/options   begins a sign-in of whoever it will be
//	POST   /passkeys/authentication/verify    signs in
//	GET    /passkeys                          lists one's own
//	PATCH  /passkeys/{id}                     names one
//	DELETE /passkeys/{id}                     removes one
//
// A sign-in by passkey is of the level aal1, as in GoTrue: who has a second factor
// proves it too.
package passkey

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/factor"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/config"
)

// GoTrue's own: how long a ceremony waits for its answer, how many passkeys a user
// may have, and how long their names may be, in bytes.
const (
	expiry  = 5 * time.Minute
	most    = 10
	maxName = 120
)

// Handlers are those of this package.
type Handlers struct {
	*core.Core
	ceremonies *factor.Passkeys
}

// New returns them, or what is wrong with the settings.
func New(c *core.Core) (*Handlers, error) {
	h := &Handlers{Core: c}
	if c.Auth().Passkeys.Enabled {
		var err error
		if h.ceremonies, err = factor.NewPasskeys(c.Party()); err != nil {
			return nil, config.Problems{{Key: "auth.webauthn.rp_id", Message: err.Error()}}
		}
	}
	return h, nil
}

// Routes are the paths below /auth/v1, for http.ServeMux.
func (h *Handlers) Routes() map[string]autherr.Handler {
	routes := map[string]autherr.Handler{
		"POST /passkeys/registration/options":   h.register,
		"POST /passkeys/registration/verify":    h.registered,
		"POST /passkeys/authentication/options": h.authenticate,
		"POST /passkeys/authentication/verify":  h.authenticated,
		"GET /passkeys":                         h.list,
		"PATCH /passkeys/{id}":                  h.rename,
		"DELETE /passkeys/{id}":                 h.remove,
	}
	if !h.Auth().Passkeys.Enabled {
		for pattern := range routes {
			routes[pattern] = disabled
		}
	}
	return routes
}

func disabled(http.ResponseWriter, *http.Request) error {
	return autherr.New(http.StatusNotFound, autherr.PasskeyDisabled, "Passkeys are disabled")
}

// checkLevel asks of who has a second factor a session that has proven it, before a
// passkey is added or removed.
func checkLevel(c *core.Caller) error {
	if c.User.HasFactor() && !c.Strong() {
		return autherr.New(http.StatusForbidden, autherr.InsufficientAAL, "AAL2 session is required to manage passkeys when MFA is enabled")
	}
	return nil
}

func notFound() error {
	return autherr.New(http.StatusNotFound, autherr.ValidationFailed, "Passkey not found")
}

// holderOf is a user as a ceremony knows them.
func holderOf(u *store.User, keys []store.Passkey) factor.Holder {
	h := factor.Holder{ID: u.ID, Name: cmp.Or(u.Email, u.Phone)}
	if name, ok := u.UserMetaData["name"].(string); ok {
		h.DisplayName = name
	}
	for _, k := range keys {
		h.Credentials = append(h.Credentials, factor.Kept{ID: k.CredentialID, PublicKey: k.PublicKey, AAGUID: bytesOf(k.AAGUID),
			AttestationType: k.AttestationType, Transports: k.Transports, SignCount: k.SignCount,
			BackupEligible: k.BackupEligible, BackedUp: k.BackedUp}.Credential())
	}
	return h
}

// rowOf is a new credential as the table keeps it.
func rowOf(userID string, k factor.Kept) *store.Passkey {
	return &store.Passkey{UserID: userID, CredentialID: k.ID, PublicKey: k.PublicKey, AttestationType: k.AttestationType, AAGUID: uuidOf(k.AAGUID),
		SignCount: k.SignCount, Transports: k.Transports, BackupEligible: k.BackupEligible, BackedUp: k.BackedUp, FriendlyName: factor.PasskeyName(k.AAGUID)}
}

func uuidOf(raw []byte) string {
	if len(raw) != 16 {
		return ""
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}

func bytesOf(uuid string) []byte {
	raw, err := hex.DecodeString(strings.ReplaceAll(uuid, "-", ""))
	if err != nil {
		return nil
	}
	return raw
}
