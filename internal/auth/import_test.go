package auth_test

import (
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// imported are rows as GoTrue writes them and pg_dump --column-inserts prints them:
// somebody with a bcrypt hash and a session, one with argon2, one by number, one of
// another party without a password, one who never confirmed, and one who is banned.
const imported = `
INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, invited_at, confirmation_token, confirmation_sent_at, recovery_token, recovery_sent_at, email_change_token_new, email_change, email_change_sent_at, last_sign_in_at, raw_app_meta_data, raw_user_meta_data, is_super_admin, created_at, updated_at, phone, phone_confirmed_at, phone_change, phone_change_token, phone_change_sent_at, email_change_token_current, email_change_confirm_status, banned_until, reauthentication_token, reauthentication_sent_at, is_sso_user, deleted_at, is_anonymous) VALUES ('00000000-0000-0000-0000-000000000000', '3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0001', 'authenticated', 'authenticated', 'ada@example.org', 'BCRYPT', '2025-03-01 10:00:00.123456+00', NULL, '', '2025-03-01 09:59:00+00', '', NULL, '', '', NULL, '2025-06-01 08:00:00+00', '{"provider": "email", "providers": ["email"], "plan": "pro"}', '{"sub": "3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0001", "email": "ada@example.org", "full_name": "Ada O''Hara", "email_verified": true}', NULL, '2025-03-01 09:59:00+00', '2025-06-01 08:00:00+00', NULL, NULL, '', '', NULL, '', 0, NULL, '', NULL, false, NULL, false);
INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token, recovery_token, email_change_token_new, email_change, raw_app_meta_data, raw_user_meta_data, created_at, updated_at) VALUES ('00000000-0000-0000-0000-000000000000', '3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0002', 'authenticated', 'authenticated', 'argon@example.org', '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc', '2025-03-01 10:00:00+00', '', '', '', '', '{"provider": "email", "providers": ["email"]}', '{}', '2025-03-01 09:59:00+00', '2025-03-01 09:59:00+00');
INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, raw_app_meta_data, raw_user_meta_data, created_at, updated_at, phone, phone_confirmed_at) VALUES ('00000000-0000-0000-0000-000000000000', '3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0003', 'authenticated', 'authenticated', NULL, 'BCRYPT', '{"provider": "phone", "providers": ["phone"]}', '{}', '2025-03-01 09:59:00+00', '2025-03-01 09:59:00+00', '4915112345678', '2025-03-01 10:00:00+00');
INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at) VALUES ('00000000-0000-0000-0000-000000000000', '3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0004', 'authenticated', 'authenticated', 'github@example.org', NULL, '2025-03-01 10:00:00+00', '{"provider": "github", "providers": ["github"]}', '{"user_name": "octo"}', '2025-03-01 09:59:00+00', '2025-03-01 09:59:00+00');
INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, raw_app_meta_data, raw_user_meta_data, created_at, updated_at) VALUES ('00000000-0000-0000-0000-000000000000', '3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0005', 'authenticated', 'authenticated', 'never@example.org', 'BCRYPT', '{"provider": "email", "providers": ["email"]}', '{}', '2025-03-01 09:59:00+00', '2025-03-01 09:59:00+00');
INSERT INTO auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at, banned_until) VALUES ('00000000-0000-0000-0000-000000000000', '3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0006', 'authenticated', 'authenticated', 'banned@example.org', 'BCRYPT', '2025-03-01 10:00:00+00', '{"provider": "email", "providers": ["email"]}', '{}', '2025-03-01 09:59:00+00', '2025-03-01 09:59:00+00', '2125-03-01 09:59:00+00');
INSERT INTO auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at, id) VALUES ('3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0001', '3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0001', '{"sub": "3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0001", "email": "Ada@example.org", "email_verified": true, "phone_verified": false}', 'email', '2025-03-01 09:59:00+00', '2025-03-01 09:59:00+00', '2025-03-01 09:59:00+00', 'c0a4e9de-1111-4222-8333-444455556666');
INSERT INTO auth.sessions (id, user_id, created_at, updated_at, factor_id, aal, not_after, refreshed_at, user_agent, ip, tag) VALUES ('5e550000-0000-4000-8000-000000000001', '3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0001', '2025-06-01 08:00:00+00', '2025-06-01 09:00:00+00', NULL, 'aal1', NULL, '2025-06-01 09:00:00.5', 'Mozilla/5.0', '203.0.113.7', NULL);
INSERT INTO auth.mfa_amr_claims (session_id, created_at, updated_at, authentication_method, id) VALUES ('5e550000-0000-4000-8000-000000000001', '2025-06-01 08:00:00+00', '2025-06-01 08:00:00+00', 'password', 'a0000000-0000-4000-8000-000000000001');
INSERT INTO auth.refresh_tokens (instance_id, id, token, user_id, revoked, created_at, updated_at, parent, session_id) VALUES ('00000000-0000-0000-0000-000000000000', 1, 'kq3v7vbwx2ma', '3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0001', true, '2025-06-01 08:00:00+00', '2025-06-01 09:00:00+00', NULL, '5e550000-0000-4000-8000-000000000001');
INSERT INTO auth.refresh_tokens (instance_id, id, token, user_id, revoked, created_at, updated_at, parent, session_id) VALUES ('00000000-0000-0000-0000-000000000000', 2, 'w7n5zk2pd4qe', '3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0001', false, '2025-06-01 09:00:00+00', '2025-06-01 09:00:00+00', 'kq3v7vbwx2ma', '5e550000-0000-4000-8000-000000000001');
SELECT pg_catalog.setval('auth.refresh_tokens_id_seq', 2, true);
`

// TestImport holds that the people of a Supabase project go on as they did.
func TestImport(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("their old password"), 10) // as GoTrue makes them
	if err != nil {
		t.Fatal(err)
	}
	onEngines(t, []string{"GALLEY_AUTH_SMS_ENABLE_SIGNUP=true"}, func(t *testing.T, s *site) {
		s.script(strings.ReplaceAll(imported, "BCRYPT", string(hash)))
		signIn := func(by, who, password string) answer {
			return s.do("POST", "/token?grant_type=password", "", object{by: who, "password": password})
		}
		in := s.want(signIn("email", "Ada@example.org", "their old password"), 200, "")
		if in.text("user", "id") != "3a9f0c52-6f0b-4f49-9d1c-6f2f5b1c0001" || in.text("user", "app_metadata", "plan") != "pro" ||
			in.text("user", "user_metadata", "full_name") != "Ada O'Hara" || in.text("user", "email_confirmed_at") != "2025-03-01T10:00:00.123456Z" {
			t.Errorf("%v", in.body)
		}
		s.want(signIn("email", "ada@example.org", "another password"), 400, "invalid_credentials")
		for range 2 { // by the hash as it came, and by the one that took its place
			s.want(signIn("email", "argon@example.org", "password"), 200, "")
		}
		if n := s.count("select count(*) from auth.users where email = 'argon@example.org' and encrypted_password like '$2%'"); n != 1 {
			t.Error("the argon2 hash stays")
		}
		s.want(signIn("phone", "+4915112345678", "their old password"), 200, "")
		s.want(signIn("email", "github@example.org", ""), 400, "invalid_credentials")
		s.want(signIn("email", "never@example.org", "their old password"), 400, "email_not_confirmed")
		s.want(signIn("email", "banned@example.org", "their old password"), 400, "user_banned")

		// A browser that has a session goes on with it: the token that is kept as it
		// is, is good once, and the one after it is kept as a hash.
		refresh := func(token string) answer {
			return s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": token})
		}
		next := s.want(refresh("w7n5zk2pd4qe"), 200, "")
		if claim(t, next.text("access_token"), "session_id") != "5e550000-0000-4000-8000-000000000001" {
			t.Errorf("%v", next.body)
		}
		if n := s.count("select count(*) from auth.refresh_tokens where revoked = false and session_id = '5e550000-0000-4000-8000-000000000001' and token like 'sha256:%'"); n != 1 {
			t.Error("the next token is not kept as a hash")
		}
		s.want(refresh(next.text("refresh_token")), 200, "")
		s.want(refresh("kq3v7vbwx2ma"), 400, "refresh_token_already_used")

		s.want(s.do("POST", "/recover", "", object{"email": "github@example.org"}), 200, "")
		got := s.want(s.do("POST", "/verify", "", object{"type": "recovery", "email": "github@example.org", "token": s.mail().Token}), 200, "")
		s.want(s.do("PUT", "/user", got.text("access_token"), object{"password": strong}), 200, "")
		s.want(signIn("email", "github@example.org", strong), 200, "")
		if a := s.want(s.do("GET", "/admin/users", s.key("service_role"), nil), 200, ""); len(a.body["users"].([]any)) != 6 {
			t.Errorf("%v", a.body)
		}
		s.member("new@example.org") // ids go on behind those that came
	})
}
