package store

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/galleyhq/galley/internal/database"
)

// Entry is an event of the audit log.
type Entry struct {
	Action string // one of the constants
	IP     string
	Traits Object // what there is to know beside the user
}

// The actions of GoTrue, and after them Galley's own.
const (
	Login                 = "login"
	Logout                = "logout"
	InviteAccepted        = "invite_accepted"
	UserSignedUp          = "user_signedup"
	UserInvited           = "user_invited"
	UserDeleted           = "user_deleted"
	UserModified          = "user_modified"
	RecoveryRequested     = "user_recovery_requested"
	ReauthenticateAsked   = "user_reauthenticate_requested"
	ConfirmationRequested = "user_confirmation_requested"
	RepeatedSignUp        = "user_repeated_signup"
	PasswordUpdated       = "user_updated_password"
	TokenRevoked          = "token_revoked"
	TokenRefreshed        = "token_refreshed"
	FactorEnrolled        = "factor_in_progress"
	FactorUnenrolled      = "factor_unenrolled"
	ChallengeCreated      = "challenge_created"
	FactorVerified        = "verification_attempted"
	FactorDeleted         = "factor_deleted"
	FactorUpdated         = "factor_updated"
	IdentityLinked        = "identity_linked"
	IdentityUnlinked      = "identity_unlinked"
	PasskeyCreated        = "passkey_created"
	PasskeyUpdated        = "passkey_updated"
	PasskeyDeleted        = "passkey_deleted"
	LoginFailed           = "login_failed" // Galley's, as are those that follow: a password or code that was wrong
	AccountLocked         = "account_locked"
	AccountUnlocked       = "account_unlocked"
	UserExported          = "user_exported"
	UserErased            = "user_erased"
)

func logType(action string) string {
	switch action {
	case Login, Logout, InviteAccepted, LoginFailed, AccountLocked, AccountUnlocked:
		return "account"
	case UserSignedUp, UserInvited, UserDeleted:
		return "team"
	case TokenRevoked, TokenRefreshed:
		return "token"
	case FactorEnrolled, FactorUnenrolled, ChallengeCreated, FactorVerified, FactorDeleted, FactorUpdated:
		return "factor"
	}
	return "user"
}

// payload is an entry as GoTrue writes it.
func (e Entry) payload(actor *User) string {
	p := Object{"action": e.Action, "log_type": logType(e.Action)}
	if actor != nil {
		username := actor.Email
		if actor.Phone != "" {
			username = actor.Phone
		}
		p["actor_id"], p["actor_username"], p["actor_via_sso"] = actor.ID, username, actor.IsSSOUser
		if name, ok := actor.UserMetaData["full_name"].(string); ok {
			p["actor_name"] = name
		}
	}
	if e.Traits != nil {
		p["traits"] = e.Traits
	}
	raw, _ := json.Marshal(plain(p)) // texts and what JSON gave
	return string(raw)
}

// maxText bounds a text of an entry, in bytes.
const maxText = 512

// plain takes out of texts what could make one entry look like two, or like another
// one, where they are printed: control characters, and those that turn the
// direction of writing. Long ones are cut.
func plain(v any) any {
	switch v := v.(type) {
	case string:
		if len(v) > maxText {
			v = strings.ToValidUTF8(v[:maxText], "")
		}
		return strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
				return -1
			}
			return r
		}, v)
	case Object:
		return plain(map[string]any(v))
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = plain(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = plain(value)
		}
		return out
	}
	return v
}

// Audit adds an event to the audit log; actor may be nil.
func Audit(ctx context.Context, q database.Querier, actor *User, e Entry, now time.Time) error {
	_, err := exec(ctx, q, `insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
		values ($1, $2, $3, $4, $5)`, Instance, NewID(), e.payload(actor), now, e.IP)
	return err
}
