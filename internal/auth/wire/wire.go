// Package wire is the JSON of the API of accounts: users, identities and factors as
// GoTrue's clients expect them. Nothing that is secret has a field here.
package wire

import (
	"time"

	"github.com/galleyhq/galley/internal/auth/store"
)

// User is a user as its owner and the admin see it.
type User struct {
	ID                 string       `json:"id"`
	Aud                string       `json:"aud"`
	Role               string       `json:"role"`
	Email              string       `json:"email"`
	EmailConfirmedAt   *time.Time   `json:"email_confirmed_at,omitempty"`
	InvitedAt          *time.Time   `json:"invited_at,omitempty"`
	Phone              string       `json:"phone"`
	PhoneConfirmedAt   *time.Time   `json:"phone_confirmed_at,omitempty"`
	ConfirmationSentAt *time.Time   `json:"confirmation_sent_at,omitempty"`
	ConfirmedAt        *time.Time   `json:"confirmed_at,omitempty"`
	RecoverySentAt     *time.Time   `json:"recovery_sent_at,omitempty"`
	NewEmail           string       `json:"new_email,omitempty"`
	EmailChangeSentAt  *time.Time   `json:"email_change_sent_at,omitempty"`
	NewPhone           string       `json:"new_phone,omitempty"`
	PhoneChangeSentAt  *time.Time   `json:"phone_change_sent_at,omitempty"`
	ReauthSentAt       *time.Time   `json:"reauthentication_sent_at,omitempty"`
	LastSignInAt       *time.Time   `json:"last_sign_in_at,omitempty"`
	AppMetaData        store.Object `json:"app_metadata"`
	UserMetaData       store.Object `json:"user_metadata"`
	Factors            []Factor     `json:"factors,omitempty"`
	Identities         []Identity   `json:"identities"`
	CreatedAt          time.Time    `json:"created_at"`
	UpdatedAt          time.Time    `json:"updated_at"`
	BannedUntil        *time.Time   `json:"banned_until,omitempty"`
	DeletedAt          *time.Time   `json:"deleted_at,omitempty"`
	IsAnonymous        bool         `json:"is_anonymous"`
}

// Identity is an identity; its id is the provider's.
type Identity struct {
	IdentityID   string       `json:"identity_id"`
	ID           string       `json:"id"`
	UserID       string       `json:"user_id"`
	Data         store.Object `json:"identity_data,omitempty"`
	Provider     string       `json:"provider"`
	LastSignInAt *time.Time   `json:"last_sign_in_at,omitempty"`
	CreatedAt    time.Time    `json:"created_at"`
	UpdatedAt    time.Time    `json:"updated_at"`
	Email        string       `json:"email,omitempty"`
}

// Factor is a factor without its secret.
type Factor struct {
	ID               string     `json:"id"`
	CreatedAt        time.Time  `json:"created_at"`
	UpdatedAt        time.Time  `json:"updated_at"`
	Status           string     `json:"status"`
	FriendlyName     string     `json:"friendly_name,omitempty"`
	Type             string     `json:"factor_type"`
	Phone            string     `json:"phone,omitempty"`
	LastChallengedAt *time.Time `json:"last_challenged_at,omitempty"`
}

func at(t *store.Time) *time.Time {
	if t == nil {
		return nil
	}
	return &t.Time
}

// UserOf is the JSON of a user.
func UserOf(u *store.User) *User {
	out := &User{
		ID: u.ID, Aud: u.Aud, Role: u.Role, Email: u.Email, EmailConfirmedAt: at(u.EmailConfirmedAt), InvitedAt: at(u.InvitedAt),
		Phone: u.Phone, PhoneConfirmedAt: at(u.PhoneConfirmedAt), ConfirmationSentAt: at(u.ConfirmationSentAt), ConfirmedAt: at(u.ConfirmedAt),
		RecoverySentAt: at(u.RecoverySentAt), NewEmail: u.EmailChange, EmailChangeSentAt: at(u.EmailChangeSentAt),
		NewPhone: u.PhoneChange, PhoneChangeSentAt: at(u.PhoneChangeSentAt), ReauthSentAt: at(u.ReauthSentAt),
		LastSignInAt: at(u.LastSignInAt), AppMetaData: u.AppMetaData, UserMetaData: u.UserMetaData, Identities: []Identity{},
		CreatedAt: u.CreatedAt.Time, UpdatedAt: u.UpdatedAt.Time, BannedUntil: at(u.BannedUntil), DeletedAt: at(u.DeletedAt), IsAnonymous: u.IsAnonymous,
	}
	if out.AppMetaData == nil {
		out.AppMetaData = store.Object{}
	}
	if out.UserMetaData == nil {
		out.UserMetaData = store.Object{}
	}
	for _, i := range u.Identities {
		out.Identities = append(out.Identities, IdentityOf(i))
	}
	for _, f := range u.Factors {
		out.Factors = append(out.Factors, FactorOf(f))
	}
	return out
}

// IdentityOf is the JSON of an identity.
func IdentityOf(i store.Identity) Identity {
	return Identity{IdentityID: i.ID, ID: i.ProviderID, UserID: i.UserID, Data: i.Data, Provider: i.Provider,
		LastSignInAt: at(i.LastSignInAt), CreatedAt: i.CreatedAt.Time, UpdatedAt: i.UpdatedAt.Time, Email: i.Email}
}

// FactorOf is the JSON of a factor.
func FactorOf(f store.Factor) Factor {
	return Factor{ID: f.ID, CreatedAt: f.CreatedAt.Time, UpdatedAt: f.UpdatedAt.Time, Status: f.Status, FriendlyName: f.FriendlyName,
		Type: f.Type, Phone: f.Phone, LastChallengedAt: at(f.LastChallengedAt)}
}

// Tokens is the answer to every sign-in (GoTrue's AccessTokenResponse).
type Tokens struct {
	AccessToken          string `json:"access_token"`
	TokenType            string `json:"token_type"` // bearer
	ExpiresIn            int64  `json:"expires_in"` // seconds
	ExpiresAt            int64  `json:"expires_at"` // Unix seconds
	RefreshToken         string `json:"refresh_token"`
	User                 *User  `json:"user"`
	ProviderToken        string `json:"provider_token,omitempty"`
	ProviderRefreshToken string `json:"provider_refresh_token,omitempty"`
	WeakPassword         any    `json:"weak_password,omitempty"`
}
