package clean

import "time"

// What is kept beyond its time: a day of answers that say "too late" and not "never
// heard of", which tells people more.
const grace = 24 * time.Hour

// How long a used refresh token is remembered, so that using it again is noticed.
const used = 72 * time.Hour

// kinds are what is cleaned, as the settings have it.
func (c *Cleaner) kinds() []kind {
	a, now := c.c.Settings, c.c.Now().UTC().Truncate(time.Microsecond)
	codes := time.Duration(max(a.Email.OTPExpiry, a.SMS.OTPExpiry)) * time.Second
	access := time.Duration(a.JWTExpiry) * time.Second
	out := []kind{
		{"auth.flow_state", "uuid", "r.created_at < $1", now.Add(-codes - grace), false},
		{"auth.one_time_tokens", "uuid", "r.created_at < $1", now.Add(-codes - grace), true},
		{"auth.mfa_challenges", "uuid", "r.created_at < $1", now.Add(-grace), false},
		{"auth.webauthn_challenges", "uuid", "r.expires_at < $1", now.Add(-grace), false},
		// The one before a token that is still good stays: its owner may not have got
		// the answer, and asks again.
		{"auth.refresh_tokens", "bigint", `r.revoked and r.updated_at < $1 and not exists (
			select 1 from auth.refresh_tokens t where t.parent = r.token and not t.revoked)`, now.Add(-used), false},
		{"auth.sessions", "uuid", "r.not_after < $1", now.Add(-grace), false},
		// Nobody can refresh those, and what access tokens they had has expired. A newer
		// GoTrue, whose database this may have been, keeps tokens in the session itself.
		{"auth.sessions", "uuid", `r.created_at < $1 and r.updated_at < $1 and row_to_json(r) ->> 'refresh_token_hmac_key' is null and not exists (
			select 1 from auth.refresh_tokens t where t.session_id = r.id and not t.revoked)`, now.Add(-access - grace), false},
	}
	if d := a.Sessions.Timebox; d > 0 {
		out = append(out, kind{"auth.sessions", "uuid", "r.created_at < $1", now.Add(-d - grace), false})
	}
	if d := a.Sessions.Inactivity; d > 0 {
		out = append(out, kind{"auth.sessions", "uuid", "r.created_at < $1 and r.updated_at < $1", now.Add(-d - grace), false})
	}
	if d := a.AuditRetention; d > 0 {
		out = append(out, kind{"auth.audit_log_entries", "uuid", "r.created_at < $1", now.Add(-d), false})
	}
	return out
}
