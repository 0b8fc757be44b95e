package auth_test

import (
	"slices"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// TestOTPConfirmedAtOnce holds that where confirmation is automatic somebody new gets
// a code too, and no session without it.
func TestOTPConfirmedAtOnce(t *testing.T) {
	env := []string{"GALLEY_AUTH_EMAIL_ENABLE_CONFIRMATIONS=false", "GALLEY_AUTH_SMS_ENABLE_CONFIRMATIONS=false", "GALLEY_AUTH_SMS_ENABLE_SIGNUP=true"}
	onEngines(t, env, func(t *testing.T, s *site) {
		a := s.want(s.do("POST", "/otp", "", object{"email": "new@example.org"}), 200, "")
		if len(a.body) != 0 || s.mail().Template != "magic_link" {
			t.Fatalf("%v %+v", a.body, s.mail())
		}
		in := s.want(s.do("POST", "/verify", "", object{"type": "email", "email": "new@example.org", "token": s.mail().Token}), 200, "")
		all := s.want(s.do("GET", "/sessions", in.text("access_token"), nil), 200, "").body["sessions"].([]any)
		if len(all) != 1 {
			t.Errorf("%d sessions", len(all))
		}
		s.want(s.do("POST", "/otp", "", object{"phone": "491512345678"}), 200, "")
		s.want(s.do("POST", "/verify", "", object{"type": "sms", "phone": "491512345678", "token": s.outbox.texts[0].Code}), 200, "")
	})
}

// TestEmailChangeSentAgain holds that neither end of a change of address counts for
// both, though it was proven, sent anew and proven again.
func TestEmailChangeSentAgain(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_EMAIL_MAX_FREQUENCY=0s"}, func(t *testing.T, s *site) {
		access := s.member("ada@example.org").text("access_token")
		prove := func(email string) {
			t.Helper()
			s.outbox.mu.Lock()
			mails := slices.Clone(s.outbox.mails)
			s.outbox.mu.Unlock()
			for _, m := range slices.Backward(mails) {
				if m.To == email {
					s.want(s.do("POST", "/verify", "", object{"type": "email_change", "email": email, "token": m.Token}), 200, "")
					return
				}
			}
			t.Fatalf("no mail to %s", email)
		}
		s.want(s.do("PUT", "/user", access, object{"email": "other@example.org"}), 200, "")
		prove("ada@example.org")
		s.want(s.do("POST", "/resend", "", object{"type": "email_change", "email": "ada@example.org"}), 200, "")
		prove("ada@example.org")
		if got := s.do("GET", "/user", access, nil); got.text("email") != "ada@example.org" {
			t.Fatalf("the new address was never proven: %v", got.body)
		}
		prove("other@example.org")
		if got := s.do("GET", "/user", access, nil); got.text("email") != "other@example.org" {
			t.Errorf("%v", got.body)
		}
	})
}

// TestReauthenticationByPhone changes the password of somebody without an address.
func TestReauthenticationByPhone(t *testing.T) {
	env := []string{"GALLEY_AUTH_SMS_ENABLE_CONFIRMATIONS=false", "GALLEY_AUTH_SMS_ENABLE_SIGNUP=true", "GALLEY_AUTH_ENABLE_ANONYMOUS_SIGN_INS=true",
		"GALLEY_AUTH_SMS_MAX_FREQUENCY=0s"}
	onEngines(t, env, func(t *testing.T, s *site) {
		nobody := s.want(s.do("POST", "/signup", "", object{}), 200, "").text("access_token")
		s.want(s.do("GET", "/reauthenticate", nobody, nil), 400, "validation_failed")
		access := s.want(s.do("POST", "/signup", "", object{"phone": "491512345678", "password": strong}), 200, "").text("access_token")
		s.want(s.do("GET", "/reauthenticate", access, nil), 200, "")
		code := s.outbox.texts[0].Code
		if _, err := database.Records(t.Context(), database.Owner{DB: s.db}, "update auth.sessions set created_at = created_at - interval '2 days' returning id"); err != nil {
			t.Fatal(err)
		}
		s.want(s.do("PUT", "/user", access, object{"password": strong + "-2"}), 400, "reauthentication_needed")
		s.want(s.do("PUT", "/user", access, object{"password": strong + "-2", "nonce": "x" + code}), 422, "reauthentication_not_valid")
		s.want(s.do("PUT", "/user", access, object{"password": strong + "-2", "nonce": code}), 200, "")
		s.want(s.do("POST", "/token?grant_type=password", "", object{"phone": "491512345678", "password": strong + "-2"}), 200, "")
	})
}

// TestChannel holds that a code is not promised by a way that there is not.
func TestChannel(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_SMS_ENABLE_SIGNUP=true", "GALLEY_SMS_TRANSPORT=none", "GALLEY_SMS_TEST_NUMBERS=4915100000000=123456"},
		func(t *testing.T, s *site) {
			s.want(s.do("POST", "/otp", "", object{"phone": "491512345678", "channel": "whatsapp"}), 400, "validation_failed")
			s.want(s.do("POST", "/signup", "", object{"phone": "491512345678", "password": strong, "channel": "whatsapp"}), 400, "validation_failed")
			s.want(s.do("POST", "/otp", "", object{"phone": "491512345678", "channel": "sms"}), 500, "unexpected_failure")
			s.want(s.do("POST", "/otp", "", object{"phone": "4915100000000"}), 200, "") // which nothing is sent to
			s.want(s.do("POST", "/verify", "", object{"type": "sms", "phone": "4915100000000", "token": "123456"}), 200, "")
			if len(s.outbox.texts) != 0 {
				t.Errorf("%+v", s.outbox.texts)
			}
		})
}

// TestAbsent holds that what is not there is refused as GoTrue does where it is
// switched off.
func TestAbsent(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		s.want(s.do("POST", "/token?grant_type=web3", "", object{"chain": "solana"}), 422, "web3_provider_disabled")
		for _, path := range []string{"/sso", "/sso/saml/metadata", "/admin/sso/providers"} {
			s.want(s.do("POST", path, "", object{}), 404, "saml_provider_disabled")
		}
		for _, path := range []string{"/oauth/token", "/admin/oauth/clients", "/user/oauth/grants"} {
			s.want(s.do("GET", path, "", nil), 404, "feature_disabled")
		}
		d := s.want(s.do("GET", "/.well-known/openid-configuration", "", nil), 200, "").body
		if d["issuer"] != "https://api.example.org/auth/v1" || d["jwks_uri"] != "https://api.example.org/auth/v1/.well-known/jwks.json" ||
			!slices.Equal(d["id_token_signing_alg_values_supported"].([]any), []any{"ES256"}) {
			t.Errorf("%v", d)
		}
	})
}
