package store

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// The types of one-time tokens.
const (
	ConfirmationToken       = "confirmation_token"
	ReauthenticationToken   = "reauthentication_token"
	RecoveryToken           = "recovery_token"
	EmailChangeTokenNew     = "email_change_token_new"
	EmailChangeTokenCurrent = "email_change_token_current"
	PhoneChangeToken        = "phone_change_token"
)

// OneTimeToken is a row of auth.one_time_tokens. The times are in UTC.
type OneTimeToken struct {
	ID        string `json:"id"`
	UserID    string `json:"user_id"`
	Type      string `json:"token_type"`
	Hash      string `json:"token_hash"`
	RelatesTo string `json:"relates_to"` // the address or number it was sent to
	CreatedAt Time   `json:"created_at"`
	UpdatedAt Time   `json:"updated_at"`
}

const naive = "2006-01-02 15:04:05.999999"

// PutOneTimeToken makes a hash the user's token of a type; it takes the place of
// an earlier one.
func PutOneTimeToken(ctx context.Context, q database.Querier, userID, kind, hash, relatesTo string, now time.Time) error {
	at := now.UTC().Format(naive)
	_, err := exec(ctx, q, `insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $6)
		on conflict (user_id, token_type) do update set token_hash = excluded.token_hash, relates_to = excluded.relates_to,
			created_at = excluded.created_at, updated_at = excluded.updated_at`, NewID(), userID, kind, hash, relatesTo, at)
	return err
}

// OneTimeTokenByHash returns the token of one of two types that has one of two
// hashes, nil when there is none. Pass the same twice for one.
func OneTimeTokenByHash(ctx context.Context, q database.Querier, hashes, kinds [2]string) (*OneTimeToken, error) {
	return one[OneTimeToken](ctx, q, `select row_to_json(o) from auth.one_time_tokens o
		where token_hash in ($1, $2) and token_type in ($3, $4)`, hashes[0], hashes[1], kinds[0], kinds[1])
}

// OneTimeTokenOf returns the user's token of a type, nil when there is none.
func OneTimeTokenOf(ctx context.Context, q database.Querier, userID, kind string) (*OneTimeToken, error) {
	return one[OneTimeToken](ctx, q, "select row_to_json(o) from auth.one_time_tokens o where user_id = $1 and token_type = $2", userID, kind)
}

// TakeOneTimeToken removes a token and tells whether it was this call that did, so
// that each is used once.
func TakeOneTimeToken(ctx context.Context, q database.Querier, t *OneTimeToken) (bool, error) {
	n, err := exec(ctx, q, "delete from auth.one_time_tokens where id = $1 and token_hash = $2", t.ID, t.Hash)
	return n > 0, err
}

// DeleteOneTimeTokens removes all tokens of a user.
func DeleteOneTimeTokens(ctx context.Context, q database.Querier, userID string) error {
	_, err := exec(ctx, q, "delete from auth.one_time_tokens where user_id = $1", userID)
	return err
}

// FlowState is a row of auth.flow_state: a sign-in with PKCE on its way.
type FlowState struct {
	ID                   string `json:"id"`
	UserID               string `json:"user_id"`
	AuthCode             string `json:"auth_code"` // its hash, as Hash makes it
	ChallengeMethod      string `json:"code_challenge_method"`
	Challenge            string `json:"code_challenge"`
	ProviderType         string `json:"provider_type"`
	ProviderAccessToken  string `json:"provider_access_token"`
	ProviderRefreshToken string `json:"provider_refresh_token"`
	CreatedAt            Time   `json:"created_at"`
	Method               string `json:"authentication_method"`
	AuthCodeIssuedAt     *Time  `json:"auth_code_issued_at"`
	InviteToken          string `json:"invite_token"`
	Referrer             string `json:"referrer"`
	LinkingTargetID      string `json:"linking_target_id"`
	EmailOptional        bool   `json:"email_optional"`
}

// InsertFlowState adds a flow, which gets an id.
func InsertFlowState(ctx context.Context, q database.Querier, f *FlowState, now time.Time) error {
	made, err := insert[FlowState](ctx, q, "flow_state", Set("id", NewID()), Set("user_id", none(f.UserID)), Set("auth_code", none(f.AuthCode)),
		Set("code_challenge_method", none(f.ChallengeMethod)), Set("code_challenge", none(f.Challenge)), Set("provider_type", f.ProviderType),
		Set("authentication_method", f.Method), Set("invite_token", none(f.InviteToken)), Set("referrer", none(f.Referrer)),
		Set("linking_target_id", none(f.LinkingTargetID)), Set("email_optional", f.EmailOptional), Set("created_at", now), Set("updated_at", now))
	if err == nil {
		*f = *made
	}
	return err
}

// UpdateFlowState changes columns of a flow; nil when it is gone.
func UpdateFlowState(ctx context.Context, q database.Querier, id string, now time.Time, changes ...Change) (*FlowState, error) {
	return update[FlowState](ctx, q, "flow_state", id, append(changes[:len(changes):len(changes)], Set("updated_at", now)))
}

// FlowStateByID returns a flow, nil when there is none.
func FlowStateByID(ctx context.Context, q database.Querier, id string) (*FlowState, error) {
	return one[FlowState](ctx, q, "select row_to_json(f) from auth.flow_state f where id = $1", id)
}

// NewestFlow returns the newest flow that a user began by a method and that has no
// code yet, nil when there is none.
func NewestFlow(ctx context.Context, q database.Querier, userID, method string) (*FlowState, error) {
	return one[FlowState](ctx, q, `select row_to_json(f) from auth.flow_state f where user_id = $1 and authentication_method = $2
		and auth_code is null order by created_at desc, id limit 1`, userID, method)
}

// TakeFlowState removes the flow that a code was issued for and returns it; nil
// when there is none, so that each code is used once.
func TakeFlowState(ctx context.Context, q database.Querier, code string) (*FlowState, error) {
	return one[FlowState](ctx, q, "delete from auth.flow_state where auth_code = $1 returning row_to_json(flow_state)", code)
}
