package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// Bytes is a bytea.
type Bytes []byte

// UnmarshalJSON implements json.Unmarshaler.
func (b *Bytes) UnmarshalJSON(raw []byte) (err error) {
	text, ok := strings.CutPrefix(strings.Trim(string(raw), `"`), `\\x`)
	if !ok {
		return fmt.Errorf("%.20q is no bytea", raw)
	}
	*b, err = hex.DecodeString(text)
	return err
}

// text is the bytes as a parameter.
func (b Bytes) text() string { return `\x` + hex.EncodeToString(b) }

// Passkey is a row of auth.webauthn_credentials.
type Passkey struct {
	ID              string   `json:"id"`
	UserID          string   `json:"user_id"`
	CredentialID    Bytes    `json:"credential_id"`
	PublicKey       Bytes    `json:"public_key"`
	AttestationType string   `json:"attestation_type"`
	AAGUID          string   `json:"aaguid"`
	SignCount       uint32   `json:"sign_count"`
	Transports      []string `json:"transports"`
	BackupEligible  bool     `json:"backup_eligible"`
	BackedUp        bool     `json:"backed_up"`
	FriendlyName    string   `json:"friendly_name"`
	CreatedAt       Time     `json:"created_at"`
	LastUsedAt      *Time    `json:"last_used_at"`
}

// Item is what lists say of a passkey.
func (p *Passkey) Item() PasskeyItem {
	return PasskeyItem{ID: p.ID, FriendlyName: p.FriendlyName, CreatedAt: p.CreatedAt, LastUsedAt: p.LastUsedAt}
}

// PasskeyItem is what a list says of a row of auth.webauthn_credentials.
type PasskeyItem struct {
	ID           string `json:"id"`
	FriendlyName string `json:"friendly_name,omitempty"`
	CreatedAt    Time   `json:"created_at"`
	LastUsedAt   *Time  `json:"last_used_at,omitempty"`
}

// PasskeyItems lists the passkeys of a user, the oldest first.
func PasskeyItems(ctx context.Context, q database.Querier, userID string) ([]PasskeyItem, error) {
	return many[PasskeyItem](ctx, q, `select json_build_object('id', id, 'friendly_name', friendly_name, 'created_at', created_at, 'last_used_at', last_used_at)
		from auth.webauthn_credentials where user_id = $1 order by created_at, id`, userID)
}

// DeletePasskey takes a passkey from a user, and tells whether there was one.
func DeletePasskey(ctx context.Context, q database.Querier, userID, id string) (bool, error) {
	n, err := exec(ctx, q, "delete from auth.webauthn_credentials where id = $1 and user_id = $2", id, userID)
	return n > 0, err
}

// Passkeys returns the passkeys of a user, the oldest first.
func Passkeys(ctx context.Context, q database.Querier, userID string) ([]Passkey, error) {
	return many[Passkey](ctx, q, "select row_to_json(p) from auth.webauthn_credentials p where user_id = $1 order by created_at, id", userID)
}

// InsertPasskey adds a passkey, which gets an id. A credential that is registered,
// whosesoever it is, is 23505.
func InsertPasskey(ctx context.Context, q database.Querier, p *Passkey, now time.Time) error {
	transports, err := json.Marshal(append([]string{}, p.Transports...))
	if err != nil { // texts
		return err
	}
	made, err := insert[Passkey](ctx, q, "webauthn_credentials", Set("id", NewID()), Set("user_id", p.UserID),
		Set("credential_id", p.CredentialID.text()), Set("public_key", p.PublicKey.text()), Set("attestation_type", p.AttestationType),
		Set("aaguid", none(p.AAGUID)), Set("sign_count", int64(p.SignCount)), Set("transports", string(transports)),
		Set("backup_eligible", p.BackupEligible), Set("backed_up", p.BackedUp), Set("friendly_name", p.FriendlyName),
		Set("created_at", now), Set("updated_at", now))
	if err == nil {
		*p = *made
	}
	return err
}

// UsePasskey notes that a passkey signed, and its counter; false when it is gone.
func UsePasskey(ctx context.Context, q database.Querier, p *Passkey, now time.Time) (bool, error) {
	made, err := update[Passkey](ctx, q, "webauthn_credentials", p.ID, []Change{Set("sign_count", int64(p.SignCount)), Set("backed_up", p.BackedUp),
		Set("last_used_at", now), Set("updated_at", now)})
	return made != nil, err
}

// RenamePasskey names a passkey of a user, nil when there is none.
func RenamePasskey(ctx context.Context, q database.Querier, userID, id, name string, now time.Time) (*Passkey, error) {
	return one[Passkey](ctx, q, `update auth.webauthn_credentials p set friendly_name = $3, updated_at = $4 where id = $1 and user_id = $2
		returning row_to_json(p)`, id, userID, name, now)
}

// The types of ceremonies.
const (
	PasskeyRegistration   = "registration"
	PasskeyAuthentication = "authentication"
)

// Ceremony is a row of auth.webauthn_challenges: a ceremony of passkeys that waits
// for its answer.
type Ceremony struct {
	ID          string          `json:"id"`
	UserID      string          `json:"user_id"` // "" for authentication: it is not known whose
	Type        string          `json:"challenge_type"`
	SessionData json.RawMessage `json:"session_data"`
	ExpiresAt   Time            `json:"expires_at"`
}

// maxSwept bounds the rows that one call removes.
const maxSwept = 100

// InsertCeremony adds a ceremony, which gets an id, and removes some that nobody
// answered in time.
func InsertCeremony(ctx context.Context, q database.Querier, c *Ceremony, now time.Time) error {
	_, err := exec(ctx, q, `delete from auth.webauthn_challenges where id in (select id from auth.webauthn_challenges where expires_at < $1
		order by expires_at limit $2)`, now, maxSwept)
	if err != nil {
		return err
	}
	made, err := insert[Ceremony](ctx, q, "webauthn_challenges", Set("id", NewID()), Set("user_id", none(c.UserID)), Set("challenge_type", c.Type),
		Set("session_data", string(c.SessionData)), Set("created_at", now), Set("expires_at", c.ExpiresAt))
	if err == nil {
		*c = *made
	}
	return err
}

// TakeCeremony removes a ceremony and returns it, once: nil when there is none of the
// type and the user, who is "" for authentication.
func TakeCeremony(ctx context.Context, q database.Querier, id, kind, userID string) (*Ceremony, error) {
	return one[Ceremony](ctx, q, `delete from auth.webauthn_challenges c where id = $1 and challenge_type = $2
		and ($3::uuid is null and user_id is null or user_id = $3::uuid) returning row_to_json(c)`, id, kind, none(userID))
}
