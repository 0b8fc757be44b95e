package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/auth/signing"
)

func (s *site) refresh(in answer) answer {
	s.Helper()
	return s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": in.text("refresh_token")})
}

// TestSessionLimits holds each limit of [auth.sessions]: within it sessions go on,
// beyond it they are over for refreshing and for the API.
func TestSessionLimits(t *testing.T) {
	for name, c := range map[string]struct{ env, within, beyond string }{
		"timebox": {"GALLEY_AUTH_SESSIONS_TIMEBOX=24h", "created_at = now() - interval '23 hours'", "created_at = now() - interval '25 hours'"},
		// One that is refreshed counts from there on.
		"inactivity_timeout": {"GALLEY_AUTH_SESSIONS_INACTIVITY_TIMEOUT=1h",
			"created_at = now() - interval '9 days', refreshed_at = now() at time zone 'UTC' - interval '50 minutes'",
			"created_at = now() - interval '9 days', refreshed_at = now() at time zone 'UTC' - interval '70 minutes'"},
		"not_after": {"GALLEY_LOG_LEVEL=info", "not_after = now() + interval '1 hour'", "not_after = now() - interval '1 second'"},
	} {
		t.Run(name, func(t *testing.T) {
			onEngines(t, []string{c.env}, func(t *testing.T, s *site) {
				in := s.member("ada@example.org")
				s.sql("update auth.sessions set " + c.within)
				s.sql("update auth.refresh_tokens set updated_at = now() - interval '9 days'")
				in = s.want(s.refresh(in), 200, "")
				s.sql("update auth.sessions set " + c.beyond)
				s.sql("update auth.refresh_tokens set updated_at = now() - interval '9 days'")
				s.want(s.do("GET", "/user", in.text("access_token"), nil), 403, "session_not_found")
				s.want(s.refresh(in), 400, "session_expired")
			})
		})
	}
}

// TestSingleSession holds that the newest session alone is refreshed.
func TestSingleSession(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_SESSIONS_SINGLE_PER_USER=true"}, func(t *testing.T, s *site) {
		first := s.member("ada@example.org")
		other := s.member("bob@example.org")
		s.sql("update auth.sessions set created_at = now() - interval '1 hour'")
		second := s.signIn("ada@example.org")
		s.sql("update auth.refresh_tokens set updated_at = now() - interval '2 hours'")
		if a := s.want(s.refresh(first), 400, "session_expired"); !strings.Contains(a.text("msg"), "Newer Login") {
			t.Errorf("%v", a.body)
		}
		s.want(s.refresh(second), 200, "")
		s.want(s.refresh(other), 200, "")
	})
}

// TestLowAAL holds that a session in which the user's second factor was not proven
// ends.
func TestLowAAL(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_SESSIONS_ALLOW_LOW_AAL=10m"}, func(t *testing.T, s *site) {
		in := s.member("ada@example.org")
		s.sql("update auth.sessions set created_at = now() - interval '1 hour'")
		in = s.want(s.refresh(in), 200, "") // there is no factor
		s.sql("insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at) values " +
			"('00000000-0000-4000-8000-00000000f001', '" + in.text("user", "id") + "', 'totp', 'unverified', now(), now())")
		in = s.want(s.refresh(in), 200, "") // one that does not count
		s.sql("update auth.mfa_factors set status = 'verified'")
		s.want(s.refresh(in), 400, "session_expired")
		s.sql("update auth.sessions set aal = 'aal2'")
		s.want(s.refresh(in), 200, "")
	})
}

// TestImportedToken holds that the plain refresh token of an imported database is
// good for one refresh, and that what follows it is kept as a hash.
func TestImportedToken(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		s.member("ada@example.org")
		const plain = "AbCdEfGhIjKlMnOpQrStUv"
		s.sql("update auth.refresh_tokens set token = '" + plain + "'")
		old := object{"refresh_token": plain}
		next := s.want(s.do("POST", "/token?grant_type=refresh_token", "", old), 200, "")
		again := s.want(s.do("POST", "/token?grant_type=refresh_token", "", old), 200, "")
		if next.text("refresh_token") != again.text("refresh_token") {
			t.Error("the same token was followed by two")
		}
		if a := s.want(s.refresh(next), 200, ""); a.text("refresh_token") == plain {
			t.Error("it came back")
		}
		s.sql("update auth.refresh_tokens set updated_at = now() - interval '1 hour'")
		s.want(s.do("POST", "/token?grant_type=refresh_token", "", old), 400, "refresh_token_already_used")
		if n := s.count("select count(*) from auth.refresh_tokens where token not like 'sha256:%'"); n != 1 {
			t.Errorf("%d tokens are kept as they are", n)
		}
		// A hash that somebody read is no token.
		s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": "sha256:" + strings.Repeat("0", 64)}), 400, "refresh_token_not_found")
	})
}

// TestSigningFile signs with keys of auth.signing_keys_path.
func TestSigningFile(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	scalar, err := ec.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]object{
		"RS256": {"kty": "RSA", "kid": "r", "alg": "RS256", "n": encode(rsaKey.N.Bytes()), "e": "AQAB", "d": encode(rsaKey.D.Bytes()),
			"p": encode(rsaKey.Primes[0].Bytes()), "q": encode(rsaKey.Primes[1].Bytes())},
		"HS256": {"kty": "oct", "kid": "h", "alg": "HS256", "k": encode([]byte(strings.Repeat("Zq7", 5) + "x9Lm2Vb8Nc4Kd6Jf1Hg3"))},
		"ES256": {"kty": "EC", "kid": "e", "crv": "P-256", "d": encode(scalar)},
	}
	for alg, key := range keys {
		t.Run(alg, func(t *testing.T) {
			raw, _ := json.Marshal([]object{key})
			parsed, err := signing.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			s := newSite(t, onEmbedded(t))
			s.file = parsed
			s.node()
			in := s.member("ada@example.org")
			s.want(s.do("GET", "/user", in.text("access_token"), nil), 200, "")
			token, _, err := jwt.NewParser().ParseUnverified(in.text("access_token"), jwt.MapClaims{})
			if err != nil || token.Header["alg"] != alg || token.Header["kid"] != key["kid"] {
				t.Fatalf("%v, %v", token.Header, err)
			}
			set := s.want(s.do("GET", "/.well-known/jwks.json", "", nil), 200, "").body["keys"].([]any)
			if want := map[bool]int{true: 0, false: 1}[alg == "HS256"]; len(set) != want {
				t.Errorf("%d keys are public: %v", len(set), set)
			}
			if err := s.keys.Rotate(t.Context()); err == nil {
				t.Error("keys of a file are rotated")
			}
		})
	}
	weak, _ := json.Marshal(object{"kty": "oct", "kid": "h", "alg": "HS256", "k": encode([]byte("short"))})
	for _, text := range []string{string(weak), `[]`, `{}`, `x`, `{"kty": "EC", "kid": "e", "crv": "P-256", "d": "AA"}`, `{"kty": "RSA", "kid": "r", "n": "AQ", "e": "AQAB", "d": "AQ"}`} {
		if _, err := signing.Parse([]byte(text)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

// TestNotices holds that owners are told of changes, at the address until then, and
// only where the settings say so.
func TestNotices(t *testing.T) {
	env := []string{"GALLEY_AUTH_EMAIL_NOTIFICATION_PASSWORD_CHANGED_ENABLED=true", "GALLEY_AUTH_EMAIL_NOTIFICATION_EMAIL_CHANGED_ENABLED=true",
		"GALLEY_AUTH_EMAIL_DOUBLE_CONFIRM_CHANGES=false"}
	onEngines(t, env, func(t *testing.T, s *site) {
		in := s.member("ada@example.org").text("access_token")
		s.want(s.do("PUT", "/user", in, object{"data": object{"name": "Ada"}}), 200, "")
		if s.mails("password_changed") != 0 {
			t.Error("told of a password that did not change")
		}
		s.want(s.do("PUT", "/user", in, object{"password": strong + "-2"}), 200, "")
		if m := s.awaitMail("password_changed"); m.To != "ada@example.org" || m.ConfirmationURL != "" || m.Token != "" {
			t.Errorf("%+v", m)
		}
		s.want(s.do("PUT", "/user", in, object{"email": "new@example.org"}), 200, "")
		s.landed(s.awaitMail("email_change").ConfirmationURL)
		if m := s.awaitMail("email_changed"); m.To != "ada@example.org" || m.Email != "new@example.org" || m.OldEmail != "ada@example.org" {
			t.Errorf("%+v", m)
		}
	})
	onEngines(t, nil, func(t *testing.T, s *site) {
		in := s.member("ada@example.org").text("access_token")
		s.want(s.do("PUT", "/user", in, object{"password": strong + "-2"}), 200, "")
		if s.mails("password_changed") != 0 {
			t.Error("told although nobody asked for it")
		}
	})
}
