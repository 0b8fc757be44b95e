package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Instance is what GoTrue writes to the columns instance_id.
const Instance = "00000000-0000-0000-0000-000000000000"

// User is a row of auth.users, and with those functions that say so its identities
// and factors. A text that is NULL is "".
type User struct {
	ID                 string `json:"id"`
	Aud                string `json:"aud"`
	Role               string `json:"role"`
	Email              string `json:"email"`
	EncryptedPassword  string `json:"encrypted_password"`
	EmailConfirmedAt   *Time  `json:"email_confirmed_at"`
	InvitedAt          *Time  `json:"invited_at"`
	ConfirmationSentAt *Time  `json:"confirmation_sent_at"`
	RecoverySentAt     *Time  `json:"recovery_sent_at"`
	EmailChange        string `json:"email_change"`
	EmailChangeSentAt  *Time  `json:"email_change_sent_at"`
	EmailChangeStatus  int    `json:"email_change_confirm_status"`
	LastSignInAt       *Time  `json:"last_sign_in_at"`
	AppMetaData        Object `json:"raw_app_meta_data"`
	UserMetaData       Object `json:"raw_user_meta_data"`
	CreatedAt          Time   `json:"created_at"`
	UpdatedAt          Time   `json:"updated_at"`
	Phone              string `json:"phone"`
	PhoneConfirmedAt   *Time  `json:"phone_confirmed_at"`
	PhoneChange        string `json:"phone_change"`
	PhoneChangeSentAt  *Time  `json:"phone_change_sent_at"`
	ConfirmedAt        *Time  `json:"confirmed_at"`
	BannedUntil        *Time  `json:"banned_until"`
	ReauthSentAt       *Time  `json:"reauthentication_sent_at"`
	IsSSOUser          bool   `json:"is_sso_user"`
	DeletedAt          *Time  `json:"deleted_at"`
	IsAnonymous        bool   `json:"is_anonymous"`

	Identities []Identity `json:"-"`
	Factors    []Factor   `json:"-"`
}

// Banned tells whether the user is kept out at a time.
func (u *User) Banned(now time.Time) bool {
	return u.BannedUntil != nil && now.Before(u.BannedUntil.Time)
}

// Confirmed tells whether the user has proven to own an address.
func (u *User) Confirmed() bool { return u.EmailConfirmedAt != nil || u.PhoneConfirmedAt != nil }

// Identity is the user's identity of a provider, nil when there is none.
func (u *User) Identity(provider string) *Identity {
	i := slices.IndexFunc(u.Identities, func(i Identity) bool { return i.Provider == provider })
	if i < 0 {
		return nil
	}
	return &u.Identities[i]
}

// Factor is the user's factor with an id, nil when there is none.
func (u *User) Factor(id string) *Factor {
	i := slices.IndexFunc(u.Factors, func(f Factor) bool { return f.ID == id })
	if i < 0 {
		return nil
	}
	return &u.Factors[i]
}

// HasFactor tells whether the user has a second factor that counts.
func (u *User) HasFactor() bool {
	return slices.ContainsFunc(u.Factors, func(f Factor) bool { return f.Verified() })
}

// wholeUser selects a user with what belongs to it.
const wholeUser = `select row_to_json(u),
	(select json_agg(row_to_json(i)) from auth.identities i where i.user_id = u.id),
	(select json_agg(row_to_json(f)) from auth.mfa_factors f where f.user_id = u.id)
	from auth.users u where `

// UserByID returns a user with identities and factors, nil when there is none.
func UserByID(ctx context.Context, q database.Querier, id string) (*User, error) {
	return user(ctx, q, wholeUser+"u.id = $1", id)
}

// LockUser returns a user as UserByID does, and keeps others from it until the
// transaction ends.
func LockUser(ctx context.Context, tx database.Querier, id string) (*User, error) {
	if _, err := database.Records(ctx, tx, "select 1 from auth.users where id = $1 for update", id); err != nil {
		return nil, err
	}
	return UserByID(ctx, tx, id)
}

// UserByEmail returns the user that has an address and is of no SSO provider, with
// identities and factors; nil when there is none. Addresses are kept in lower case.
func UserByEmail(ctx context.Context, q database.Querier, email string) (*User, error) {
	return user(ctx, q, wholeUser+"u.email = $1 and u.is_sso_user = false", strings.ToLower(email))
}

// UserByPhone returns the user that has a number, as digits only, with identities
// and factors; nil when there is none.
func UserByPhone(ctx context.Context, q database.Querier, phone string) (*User, error) {
	return user(ctx, q, wholeUser+"u.phone = $1", phone)
}

// UserByIdentity returns the user that an identity of a provider belongs to, with
// identities and factors; nil when there is none.
func UserByIdentity(ctx context.Context, q database.Querier, provider, providerID string) (*User, error) {
	return user(ctx, q, wholeUser+`u.id = (select user_id from auth.identities where provider_id = $1 and provider = $2)`, providerID, provider)
}

func user(ctx context.Context, q database.Querier, sql string, args ...any) (*User, error) {
	rows, err := database.Records(ctx, q, sql, args...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return readUser(rows[0])
}

// readUser reads a user, its identities and its factors from three columns.
func readUser(r database.Record) (*User, error) {
	u := &User{}
	for i, to := range []any{u, &u.Identities, &u.Factors} {
		if r[i] == nil {
			continue
		}
		if err := json.Unmarshal([]byte(*r[i]), to); err != nil {
			return nil, fault.Internal(err)
		}
	}
	slices.SortFunc(u.Identities, func(a, b Identity) int { return a.CreatedAt.Compare(b.CreatedAt.Time) })
	slices.SortFunc(u.Factors, func(a, b Factor) int { return a.CreatedAt.Compare(b.CreatedAt.Time) })
	return u, nil
}

// InsertUser adds a user, who has an id, a role and an audience unless given, and
// fills in what the database made. A taken address or number is 23505.
func InsertUser(ctx context.Context, q database.Querier, u *User, now time.Time) error {
	if u.ID == "" {
		u.ID = NewID()
	}
	if u.AppMetaData == nil {
		u.AppMetaData = Object{}
	}
	if u.UserMetaData == nil {
		u.UserMetaData = Object{}
	}
	made, err := insert[User](ctx, q, "users",
		Set("instance_id", Instance), Set("id", u.ID), Set("aud", u.Aud), Set("role", u.Role),
		Set("email", none(strings.ToLower(u.Email))), Set("phone", none(u.Phone)), Set("encrypted_password", u.EncryptedPassword),
		Set("email_confirmed_at", u.EmailConfirmedAt), Set("phone_confirmed_at", u.PhoneConfirmedAt), Set("invited_at", u.InvitedAt),
		Set("confirmation_token", ""), Set("recovery_token", ""), Set("email_change_token_new", ""), Set("email_change", ""),
		Set("raw_app_meta_data", u.AppMetaData), Set("raw_user_meta_data", u.UserMetaData), Set("banned_until", u.BannedUntil),
		Set("is_sso_user", u.IsSSOUser), Set("is_anonymous", u.IsAnonymous), Set("created_at", now), Set("updated_at", now))
	if err != nil {
		return err
	}
	made.Identities, made.Factors = u.Identities, u.Factors
	*u = *made
	return nil
}

// UpdateUser changes columns of a user, and updated_at, and fills in what the
// database made of it.
func UpdateUser(ctx context.Context, q database.Querier, u *User, now time.Time, changes ...Change) error {
	made, err := update[User](ctx, q, "users", u.ID, append(slices.Clone(changes), Set("updated_at", now)))
	if err != nil {
		return err
	}
	if made == nil {
		return fault.New("P0002", "the user %s is gone", u.ID)
	}
	made.Identities, made.Factors = u.Identities, u.Factors
	*u = *made
	return nil
}

// DeleteUser removes a user with all that belongs to it.
func DeleteUser(ctx context.Context, q database.Querier, id string) error {
	// Tokens of before there were sessions belong to no session.
	if _, err := exec(ctx, q, "delete from auth.refresh_tokens where user_id = $1", id); err != nil {
		return err
	}
	_, err := exec(ctx, q, "delete from auth.users where id = $1", id)
	return err
}

// Merge changes keys of an object: a null takes one away.
func Merge(into Object, changes map[string]any) Object {
	out := Object{}
	for k, v := range into {
		out[k] = v
	}
	for k, v := range changes {
		if v == nil {
			delete(out, k)
			continue
		}
		out[k] = v
	}
	return out
}
