package auth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/auth/password"
	"github.com/galleyhq/galley/internal/migrate"
)

// older takes from the tables what GoTrue added to its own from 2025 on: what an
// attached database of before is like.
const older = `
alter table auth.flow_state drop column invite_token, drop column referrer, drop column oauth_client_state_id, drop column linking_target_id,
	drop column email_optional, alter column code_challenge set not null, alter column code_challenge_method set not null, alter column auth_code set not null;
alter table auth.sessions drop column oauth_client_id, drop column refresh_token_hmac_key, drop column refresh_token_counter, drop column scopes;
alter table auth.mfa_factors drop column last_webauthn_challenge_data;
drop table auth.webauthn_credentials, auth.webauthn_challenges;
delete from galley.settings where key = 'schema.auth';
insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at) values
	('00000000-0000-0000-0000-000000000000', '11111111-1111-4111-8111-111111111111', 'authenticated', 'authenticated', 'old@example.org', '{{hash}}', now(),
	'{"provider": "email", "providers": ["email"]}', '{"full_name": "Old"}', now(), now());
insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at) values ('11111111-1111-4111-8111-111111111111',
	'11111111-1111-4111-8111-111111111111', '{"sub": "11111111-1111-4111-8111-111111111111", "email": "old@example.org"}', 'email', now(), now());
insert into auth.sessions (id, user_id, created_at, updated_at, aal) values ('22222222-2222-4222-8222-222222222222', '11111111-1111-4111-8111-111111111111', now(), now(), 'aal1');
insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, session_id) values ('00000000-0000-0000-0000-000000000000', 'AbCdEfGhIjKl',
	'11111111-1111-4111-8111-111111111111', false, now(), now(), '22222222-2222-4222-8222-222222222222')`

// TestAttached: the database of an older GoTrue is brought up to date, its users sign
// in with the hashes they have, and sessions go on.
func TestAttached(t *testing.T) {
	db := onPostgres(t)
	if err := migrate.Own(t.Context(), db, auth.Parts(db.Engine())...); err != nil {
		t.Fatal(err)
	}
	pool, err := password.NewPool(password.Config{Cost: 4})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := pool.Hash(t.Context(), strong)
	if err != nil {
		t.Fatal(err)
	}
	before := &site{T: t, db: db}
	for statement := range strings.SplitSeq(strings.ReplaceAll(older, "{{hash}}", hash), ";\n") {
		before.sql(statement)
	}
	s := newSite(t, db)
	if in := s.signIn("old@example.org"); in.text("user", "user_metadata", "full_name") != "Old" {
		t.Errorf("%v", in.body)
	}
	s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": "AbCdEfGhIjKl"}), 200, "")
	verifier := strings.Repeat("v", 50)
	sum := sha256.Sum256([]byte(verifier))
	s.want(s.do("POST", "/recover", "", object{"email": "old@example.org", "code_challenge_method": "s256",
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:])}), 200, "")
	code := s.landed(s.awaitMail("recovery").ConfirmationURL).Query().Get("code")
	s.want(s.do("POST", "/token?grant_type=pkce", "", object{"auth_code": code, "code_verifier": verifier}), 200, "")
	if n := s.count("select count(*) from pg_indexes where schemaname = 'auth' and tablename = 'users'"); n < 10 {
		t.Errorf("%d indexes of users are left", n)
	}
}
