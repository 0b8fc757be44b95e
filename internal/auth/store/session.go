package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Session is a row of auth.sessions with its methods.
type Session struct {
	ID          string `json:"id"`
	UserID      string `json:"user_id"`
	CreatedAt   Time   `json:"created_at"`
	UpdatedAt   Time   `json:"updated_at"`
	FactorID    string `json:"factor_id"`
	AAL         string `json:"aal"` // aal1, aal2 or aal3
	NotAfter    *Time  `json:"not_after"`
	RefreshedAt *Time  `json:"refreshed_at"`
	UserAgent   string `json:"user_agent"`
	IP          string `json:"ip"`
	Tag         string `json:"tag"`

	Methods []Method `json:"-"`
}

// Method is a row of auth.mfa_amr_claims: how, and when last, the session's user
// proved who they are.
type Method struct {
	Name      string `json:"authentication_method"`
	UpdatedAt Time   `json:"updated_at"`
}

// RefreshToken is a row of auth.refresh_tokens. Token is a hash, unless the row was
// imported.
type RefreshToken struct {
	ID        int64  `json:"id"`
	Token     string `json:"token"`
	UserID    string `json:"user_id"`
	Revoked   bool   `json:"revoked"`
	CreatedAt Time   `json:"created_at"`
	UpdatedAt Time   `json:"updated_at"`
	Parent    string `json:"parent"`
	SessionID string `json:"session_id"`
}

// Grant is what a refresh token stands for.
type Grant struct {
	User    *User // with identities and factors
	Session *Session
	Token   *RefreshToken
}

const methodsOf = `(select json_agg(row_to_json(a)) from auth.mfa_amr_claims a where a.session_id = s.id)`

// GrantByToken returns what a refresh token stands for, given as it may be kept: by
// its hash or as it is. nil when there is none.
func GrantByToken(ctx context.Context, q database.Querier, kept, plain string) (*Grant, error) {
	rows, err := database.Records(ctx, q, `select row_to_json(u),
		(select json_agg(row_to_json(i)) from auth.identities i where i.user_id = u.id),
		(select json_agg(row_to_json(f)) from auth.mfa_factors f where f.user_id = u.id),
		row_to_json(s), `+methodsOf+`, row_to_json(t)
		from auth.refresh_tokens t join auth.sessions s on s.id = t.session_id join auth.users u on u.id = s.user_id
		where t.token in ($1, $2)`, kept, plain)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	g := &Grant{Session: &Session{}, Token: &RefreshToken{}}
	if g.User, err = readUser(rows[0]); err != nil {
		return nil, err
	}
	return g, decode(rows[0][3:], g.Session, &g.Session.Methods, g.Token)
}

func decode(r database.Record, to ...any) error {
	for i, v := range to {
		if r[i] == nil {
			continue
		}
		if err := json.Unmarshal([]byte(*r[i]), v); err != nil {
			return fault.Internal(err)
		}
	}
	return nil
}

// UserOfSession returns a user and a session of theirs; the user is nil when there
// is none, the session when it ended or is another's.
func UserOfSession(ctx context.Context, q database.Querier, userID, sessionID string) (*User, *Session, error) {
	rows, err := database.Records(ctx, q, `select row_to_json(u),
		(select json_agg(row_to_json(i)) from auth.identities i where i.user_id = u.id),
		(select json_agg(row_to_json(f)) from auth.mfa_factors f where f.user_id = u.id),
		row_to_json(s), `+methodsOf+`
		from auth.users u left join auth.sessions s on s.id = $2 and s.user_id = u.id where u.id = $1`, userID, none(sessionID))
	if err != nil || len(rows) == 0 {
		return nil, nil, err
	}
	u, err := readUser(rows[0])
	if err != nil || rows[0][3] == nil {
		return u, nil, err
	}
	s := &Session{}
	return u, s, decode(rows[0][3:], s, &s.Methods)
}

// Sessions lists the sessions of a user, the newest first, without their methods.
func Sessions(ctx context.Context, q database.Querier, userID string) ([]Session, error) {
	return many[Session](ctx, q, "select row_to_json(s) from auth.sessions s where user_id = $1 order by created_at desc, id", userID)
}

// InsertSession adds a session, which gets an id.
func InsertSession(ctx context.Context, q database.Querier, s *Session, now time.Time) error {
	if s.ID == "" {
		s.ID = NewID()
	}
	made, err := insert[Session](ctx, q, "sessions", Set("id", s.ID), Set("user_id", s.UserID), Set("created_at", now), Set("updated_at", now),
		Set("aal", s.AAL), Set("factor_id", none(s.FactorID)), Set("not_after", s.NotAfter),
		Set("user_agent", none(s.UserAgent)), Set("ip", none(s.IP)), Set("tag", none(s.Tag)))
	if err == nil {
		made.Methods = s.Methods
		*s = *made
	}
	return err
}

// UpdateSession changes columns of a session.
func UpdateSession(ctx context.Context, q database.Querier, s *Session, now time.Time, changes ...Change) error {
	made, err := update[Session](ctx, q, "sessions", s.ID, append(changes[:len(changes):len(changes)], Set("updated_at", now)))
	if err == nil && made != nil {
		made.Methods = s.Methods
		*s = *made
	}
	return err
}

// AddMethod notes that the session's user proved who they are by a method, now.
func AddMethod(ctx context.Context, q database.Querier, s *Session, name string, now time.Time) error {
	made, err := one[Method](ctx, q, `insert into auth.mfa_amr_claims as a (id, session_id, authentication_method, created_at, updated_at)
		values ($1, $2, $3, $4, $4) on conflict (session_id, authentication_method) do update set updated_at = excluded.updated_at
		returning row_to_json(a)`, NewID(), s.ID, name, now)
	if err != nil {
		return err
	}
	for i, m := range s.Methods {
		if m.Name == name {
			s.Methods[i] = *made
			return nil
		}
	}
	s.Methods = append(s.Methods, *made)
	return nil
}

// DeleteSession ends a session of a user.
func DeleteSession(ctx context.Context, q database.Querier, userID, id string) (bool, error) {
	n, err := exec(ctx, q, "delete from auth.sessions where id = $1 and user_id = $2", id, userID)
	return n > 0, err
}

// DeleteSessions ends the sessions of a user, but for the one that is kept, if any.
func DeleteSessions(ctx context.Context, q database.Querier, userID, keep string) error {
	_, err := exec(ctx, q, "delete from auth.sessions where user_id = $1 and ($2::uuid is null or id <> $2::uuid)", userID, none(keep))
	return err
}

// DeleteWeakSessions ends the sessions of a user in which no second factor was
// proven.
func DeleteWeakSessions(ctx context.Context, q database.Querier, userID string) error {
	_, err := exec(ctx, q, "delete from auth.sessions where user_id = $1 and (aal is null or aal::text = 'aal1')", userID)
	return err
}

// WeakenSessions takes from the sessions that a factor was proven in what their
// second factors gave them.
func WeakenSessions(ctx context.Context, q database.Querier, factorID string, now time.Time) error {
	_, err := exec(ctx, q, `delete from auth.mfa_amr_claims where authentication_method in ('totp', 'mfa/phone', 'mfa/webauthn')
		and session_id in (select id from auth.sessions where factor_id = $1)`, factorID)
	if err != nil {
		return err
	}
	_, err = exec(ctx, q, "update auth.sessions set aal = 'aal1', factor_id = null, updated_at = $2 where factor_id = $1", factorID, now)
	return err
}

// InsertRefreshToken adds the first token of a session.
func InsertRefreshToken(ctx context.Context, q database.Querier, s *Session, kept string, now time.Time) error {
	_, err := exec(ctx, q, `insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id)
		values ($1, $2, $3, false, $4, $4, '', $5)`, Instance, kept, s.UserID, now, s.ID)
	return err
}

// Swap is a refresh token that takes the place of another one.
type Swap struct {
	Grant     *Grant
	Kept      string // of the new token
	UserAgent string
	IP        string
	Entry     Entry // of the audit log
}

// SwapRefreshToken revokes a token, adds its child and notes the session's use and
// the event, in one statement. Of two calls at once, on any nodes, one does; the
// other gets false, and so does one for a token that is revoked. A session that
// ended meanwhile is 23503.
func SwapRefreshToken(ctx context.Context, q database.Querier, s Swap, now time.Time) (bool, error) {
	rows, err := database.Records(ctx, q, `with old as (
			update auth.refresh_tokens set revoked = true, updated_at = $2 where id = $1 and revoked = false
			returning token, user_id, session_id
		), made as (
			insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id)
			select $3, $4, user_id, false, $2, $2, token, session_id from old
		), seen as (
			update auth.sessions set refreshed_at = $5::timestamp, updated_at = $2, user_agent = $6, ip = $7
			where id in (select session_id from old)
		), log as (
			insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
			select $3, $8, $9::json, $2, $10 from old
		)
		select count(*) from old`,
		s.Grant.Token.ID, database.Stamp(now), Instance, s.Kept, now.UTC().Format("2006-01-02 15:04:05.999999"), none(s.UserAgent), none(s.IP),
		NewID(), s.Entry.payload(s.Grant.User), s.IP)
	return err == nil && rows[0].Int(0) > 0, err
}

// RevokeFamily revokes all refresh tokens of a session. It repeats until it sees
// none that is good: a refresh that another node is in the middle of holds the token
// that it revokes, and an update that waited for that one finds nothing to do, though
// its child is there by then. A family that is alive shows one at any moment.
func RevokeFamily(ctx context.Context, q database.Querier, sessionID string, now time.Time) error {
	for {
		rows, err := database.Records(ctx, q, "select count(*) from auth.refresh_tokens where session_id = $1 and revoked = false", sessionID)
		if err != nil || rows[0].Int(0) == 0 {
			return err
		}
		if _, err := exec(ctx, q, "update auth.refresh_tokens set revoked = true, updated_at = $2 where session_id = $1 and revoked = false", sessionID, now); err != nil {
			return err
		}
	}
}

// DeleteTokens removes all refresh tokens of a session. It repeats until nothing is
// left: a delete that waited for a refresh takes the token that it revoked, and its
// child is seen by the next round.
func DeleteTokens(ctx context.Context, q database.Querier, sessionID string) error {
	for {
		n, err := exec(ctx, q, "delete from auth.refresh_tokens where session_id = $1", sessionID)
		if err != nil || n == 0 {
			return err
		}
	}
}

// ActiveToken returns the newest token of a session that is not revoked, nil when
// there is none.
func ActiveToken(ctx context.Context, q database.Querier, sessionID string) (*RefreshToken, error) {
	return one[RefreshToken](ctx, q, `select row_to_json(t) from auth.refresh_tokens t where session_id = $1 and revoked = false
		order by id desc limit 1`, sessionID)
}
