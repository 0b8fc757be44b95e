package auth_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/factor/factortest"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
)

// app is somebody's app with the codes of a factor.
type app struct {
	*site
	id, secret string
}

// enrollTOTP begins a factor.
func (s *site) enrollTOTP(access, name string) app {
	s.Helper()
	a := s.want(s.do("POST", "/factors", access, object{"factor_type": "totp", "friendly_name": name}), 200, "")
	return app{s, a.text("id"), a.text("totp", "secret")}
}

// code is the code of a step: 0 is that of now, 1 the next, which is good already.
func (a app) code(step int) string {
	a.Helper()
	code, err := totp.GenerateCode(a.secret, time.Now().Add(time.Duration(step)*30*time.Second))
	if err != nil {
		a.Fatal(err)
	}
	return code
}

// answer asks for the factor and answers with a code.
func (a app) answer(access, code string) answer {
	a.Helper()
	c := a.want(a.do("POST", "/factors/"+a.id+"/challenge", access, object{}), 200, "")
	return a.do("POST", "/factors/"+a.id+"/verify", access, object{"challenge_id": c.text("id"), "code": code})
}

// claims are those of an access token.
func (s *site) claims(access string) (c struct {
	AAL string                    `json:"aal"`
	AMR []struct{ Method string } `json:"amr"`
}) {
	s.Helper()
	identity, err := s.verifier.Verify(s.Context(), access)
	if err == nil {
		err = json.Unmarshal([]byte(identity.Claims), &c)
	}
	if err != nil {
		s.Fatal(err)
	}
	return c
}

func (s *site) signIn(email string) answer {
	s.Helper()
	return s.want(s.do("POST", "/token?grant_type=password", "", object{"email": email, "password": strong}), 200, "")
}

// sql runs a statement as the owner.
func (s *site) sql(sql string, args ...any) []database.Record {
	s.Helper()
	rows, err := database.Records(s.Context(), database.Owner{DB: s.db}, sql, args...)
	if err != nil {
		s.Fatal(err)
	}
	return rows
}

func TestTOTP(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		first := s.member("ada@example.org")
		other := s.signIn("ada@example.org").text("access_token")
		access := first.text("access_token")
		made := s.want(s.do("POST", "/factors", access, object{"factor_type": "totp", "friendly_name": "phone", "issuer": "The app"}), 200, "")
		for name, begins := range map[string]string{"qr_code": "<svg", "uri": "otpauth://totp/The%20app:ada@example.org?"} {
			if !strings.HasPrefix(made.text("totp", name), begins) {
				t.Errorf("%s: %s", name, made.text("totp", name))
			}
		}
		a := app{s, made.text("id"), made.text("totp", "secret")}
		if kept := s.sql("select secret from auth.mfa_factors")[0].Text(0); strings.Contains(kept, a.secret) || !strings.HasPrefix(kept, "sealed:") {
			t.Errorf("the secret is kept as %q", kept)
		}
		s.want(s.do("POST", "/factors/"+a.id+"/verify", access, object{"challenge_id": store.NewID(), "code": "123456"}), 422, "mfa_factor_not_found")
		s.want(a.answer(access, "000 00"), 422, "mfa_verification_failed")
		if c := s.claims(access); c.AAL != "aal1" {
			t.Errorf("%+v", c)
		}
		used := a.code(0)
		in := s.want(a.answer(access, used), 200, "")
		if c := s.claims(in.text("access_token")); c.AAL != "aal2" || len(c.AMR) != 2 || c.AMR[0].Method != "totp" {
			t.Errorf("%+v", c)
		}
		if f, _ := in.body["user"].(object)["factors"].([]any); len(f) != 1 || f[0].(object)["status"] != "verified" || f[0].(object)["secret"] != nil {
			t.Errorf("%v", f)
		}
		s.want(s.do("GET", "/user", other, nil), 403, "session_not_found") // it has not proven the factor
		s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": first.text("refresh_token")}), 400, "refresh_token_not_found")
		next := s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": in.text("refresh_token")}), 200, "")
		if c := s.claims(next.text("access_token")); c.AAL != "aal2" {
			t.Errorf("%+v", c)
		}
		s.secondSession(a, used)
	})
}

// secondSession signs in anew to an account with a factor, and takes the factor
// away.
func (s *site) secondSession(a app, used string) {
	s.Helper()
	access := s.signIn("ada@example.org").text("access_token")
	s.want(a.answer(access, used), 422, "mfa_verification_failed")
	s.node()
	s.want(a.answer(access, used), 422, "mfa_verification_failed") // on another node too
	for _, change := range []object{{"password": strong + "-2"}, {"email": "eve@example.org"}, {"phone": "+15550000001"}} {
		s.want(s.do("PUT", "/user", access, change), 401, "insufficient_aal")
	}
	s.want(s.do("POST", "/factors", access, object{"factor_type": "totp", "friendly_name": "another"}), 403, "insufficient_aal")
	s.want(s.do("DELETE", "/factors/"+a.id, access, nil), 422, "insufficient_aal")
	in := s.want(a.answer(access, a.code(1)), 200, "")
	access = in.text("access_token")
	s.want(s.do("PUT", "/user", access, object{"data": object{"a": 1}, "email": "new@example.org"}), 200, "")
	if d := s.want(s.do("DELETE", "/factors/"+a.id, access, nil), 200, ""); d.text("id") != a.id {
		s.Error(d.body)
	}
	next := s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": in.text("refresh_token")}), 200, "")
	if c := s.claims(next.text("access_token")); c.AAL != "aal1" || len(c.AMR) != 1 {
		s.Errorf("%+v", c)
	}
	s.want(s.do("DELETE", "/factors/"+a.id, access, nil), 404, "mfa_factor_not_found")
	for _, action := range []string{"factor_in_progress", "challenge_created", "verification_attempted", "login_failed", "factor_unenrolled"} {
		if s.sql("select count(*) from auth.audit_log_entries where payload->>'action' = $1", action)[0].Int(0) == 0 {
			s.Errorf("no event %s", action)
		}
	}
}

// TestFactorLimits holds who may begin factors, and how many.
func TestFactorLimits(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_MFA_MAX_ENROLLED_FACTORS=2", "GALLEY_AUTH_ENABLE_ANONYMOUS_SIGN_INS=true"}, func(t *testing.T, s *site) {
		access := s.member("ada@example.org").text("access_token")
		enroll := func(bearer string, body object) answer { return s.do("POST", "/factors", bearer, body) }
		s.want(enroll("", object{"factor_type": "totp"}), 401, "no_authorization")
		anonymous := s.want(s.do("POST", "/signup", "", object{}), 200, "").text("access_token")
		s.want(enroll(anonymous, object{"factor_type": "totp"}), 403, "no_authorization")
		s.want(enroll(access, object{"factor_type": "voice"}), 400, "validation_failed")
		s.want(enroll(access, object{"factor_type": "phone", "phone": "+15550000001"}), 422, "mfa_phone_enroll_not_enabled")
		s.want(enroll(access, object{"factor_type": "webauthn"}), 422, "mfa_webauthn_enroll_not_enabled")
		s.want(enroll(access, object{"factor_type": "totp", "issuer": strings.Repeat("x", 5000)}), 400, "validation_failed")
		a := s.enrollTOTP(access, "a")
		s.want(enroll(access, object{"factor_type": "totp", "friendly_name": "a"}), 422, "mfa_factor_name_conflict")
		s.enrollTOTP(access, "b")
		s.want(enroll(access, object{"factor_type": "totp", "friendly_name": "c"}), 422, "too_many_enrolled_mfa_factors")
		s.sql("update auth.mfa_factors set created_at = created_at - interval '6 minutes' where friendly_name = 'b'")
		s.enrollTOTP(access, "c") // in the place of the one that was never finished

		s.want(s.do("POST", "/factors/1/challenge", access, object{}), 404, "validation_failed")
		s.want(s.do("POST", "/factors/"+store.NewID()+"/challenge", access, object{}), 404, "mfa_factor_not_found")
		bob := s.member("bob@example.org").text("access_token")
		s.want(s.do("POST", "/factors/"+a.id+"/challenge", bob, object{}), 404, "mfa_factor_not_found") // not his
		in := s.want(a.answer(access, a.code(0)), 200, "")
		if n := s.sql("select count(*) from auth.mfa_factors")[0].Int(0); n != 1 {
			t.Errorf("%d factors are left, those that were not finished among them", n)
		}
		access = in.text("access_token")
		s.enrollTOTP(access, "d") // with aal2
	})
}

// TestChallenges holds when an answer is not taken, right as it is.
func TestChallenges(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		access := s.member("ada@example.org").text("access_token")
		a := s.enrollTOTP(access, "")
		verify := func(challenge, code string) answer {
			return s.do("POST", "/factors/"+a.id+"/verify", access, object{"challenge_id": challenge, "code": code})
		}
		challenge := func() string {
			return s.want(s.do("POST", "/factors/"+a.id+"/challenge", access, nil), 200, "").text("id")
		}
		s.want(verify(challenge(), ""), 400, "validation_failed")
		s.want(verify("x", a.code(0)), 400, "bad_json")
		elsewhere := challenge()
		s.sql("update auth.mfa_challenges set ip_address = '203.0.113.9' where id = $1", elsewhere)
		s.want(verify(elsewhere, a.code(0)), 422, "mfa_ip_address_mismatch")
		late := challenge()
		s.sql("update auth.mfa_challenges set created_at = created_at - interval '301 seconds' where id = $1", late)
		s.want(verify(late, a.code(0)), 422, "mfa_challenge_expired")
		s.want(verify(late, a.code(0)), 422, "mfa_factor_not_found")
		once := challenge()
		var wg sync.WaitGroup
		statuses := make([]int, 4)
		for i := range statuses {
			wg.Go(func() { statuses[i] = verify(once, a.code(0)).status })
		}
		wg.Wait()
		right := 0
		for _, status := range statuses {
			if status == http.StatusOK {
				right++
			}
		}
		if right != 1 {
			t.Errorf("one code was taken %d times: %v", right, statuses)
		}
	})
}

// TestGuessing holds that codes are not guessed, by however many challenges.
func TestGuessing(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		access := s.member("ada@example.org").text("access_token")
		a := s.enrollTOTP(access, "")
		for range 4 {
			s.want(a.answer(access, "x"), 422, "mfa_verification_failed")
		}
		late := s.want(a.answer(access, a.code(0)), 429, "over_request_rate_limit")
		if late.header.Get("Retry-After") == "" {
			t.Error("it does not tell when to come again")
		}
	})
}

// TestStrangersFactor holds that a factor somebody else began, knowing the password,
// is no way around the one that the owner has.
func TestStrangersFactor(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_MFA_PHONE_ENROLL_ENABLED=true", "GALLEY_AUTH_MFA_PHONE_VERIFY_ENABLED=true"}, func(t *testing.T, s *site) {
		owner := s.member("ada@example.org").text("access_token")
		stranger := s.signIn("ada@example.org").text("access_token")
		theirs := s.want(s.do("POST", "/factors", stranger, object{"factor_type": "phone", "friendly_name": "x", "phone": "+15550000666"}), 200, "").text("id")
		c := s.want(s.do("POST", "/factors/"+theirs+"/challenge", stranger, object{}), 200, "")
		a := s.enrollTOTP(owner, "mine")
		s.want(a.answer(owner, a.code(0)), 200, "")
		s.want(s.do("POST", "/factors/"+theirs+"/verify", stranger, object{"challenge_id": c.text("id"), "code": s.text().Code}), 403, "session_not_found")
		stranger = s.signIn("ada@example.org").text("access_token")
		s.want(s.do("POST", "/factors/"+theirs+"/verify", stranger, object{"challenge_id": c.text("id"), "code": s.text().Code}), 403, "insufficient_aal")
		s.want(s.do("POST", "/factors/"+theirs+"/challenge", stranger, object{}), 403, "insufficient_aal")
	})
}

// text is the newest text message.
func (s *site) text() core.SMS {
	s.Helper()
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	if len(s.outbox.texts) == 0 {
		s.Fatal("no text was sent")
	}
	return s.outbox.texts[len(s.outbox.texts)-1]
}

func TestPhoneFactor(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_MFA_PHONE_ENROLL_ENABLED=true", "GALLEY_AUTH_MFA_PHONE_VERIFY_ENABLED=true", "GALLEY_AUTH_MFA_PHONE_TEMPLATE=It is {{ .Code }}!",
		"GALLEY_AUTH_MFA_PHONE_OTP_LENGTH=8"}, func(t *testing.T, s *site) {
		access := s.member("ada@example.org").text("access_token")
		enroll := func(name, number string) answer {
			return s.do("POST", "/factors", access, object{"factor_type": "phone", "friendly_name": name, "phone": number})
		}
		s.want(enroll("a", ""), 400, "validation_failed")
		s.want(enroll("a", "0x"), 400, "validation_failed")
		replaced := s.want(enroll("a", "+15550000001"), 200, "").text("id")
		made := s.want(enroll("b", "+1 555 0000001"), 200, "")
		if made.text("phone") != "+1 555 0000001" || made.text("type") != "phone" || made.body["totp"] != nil {
			t.Errorf("%v", made.body)
		}
		path := "/factors/" + made.text("id")
		s.want(s.do("POST", "/factors/"+replaced+"/challenge", access, object{}), 404, "mfa_factor_not_found")
		s.want(s.do("POST", path+"/challenge", access, object{"channel": "pigeon"}), 400, "validation_failed")
		c := s.want(s.do("POST", path+"/challenge", access, object{"channel": "sms"}), 200, "")
		s.want(s.do("POST", path+"/challenge", access, object{}), 429, "over_sms_send_rate_limit")
		m := s.text()
		if m.To != "15550000001" || m.Text != "It is "+m.Code+"!" || len(m.Code) != 8 {
			t.Fatalf("%+v", m)
		}
		if kept := s.sql("select otp_code from auth.mfa_challenges")[0].Text(0); strings.Contains(kept, m.Code) || kept == "" {
			t.Errorf("the code is kept as %q", kept)
		}
		s.want(s.do("POST", path+"/verify", access, object{"challenge_id": c.text("id"), "code": "1" + m.Code}), 422, "mfa_verification_failed")
		in := s.want(s.do("POST", path+"/verify", access, object{"challenge_id": c.text("id"), "code": m.Code}), 200, "")
		if got := s.claims(in.text("access_token")); got.AAL != "aal2" || got.AMR[0].Method != "mfa/phone" {
			t.Errorf("%+v", got)
		}
		access = in.text("access_token")
		s.want(s.do("POST", path+"/verify", access, object{"challenge_id": c.text("id"), "code": m.Code}), 422, "mfa_ip_address_mismatch")
		s.want(enroll("c", "15550000001"), 422, "mfa_verified_factor_exists")
		another := s.want(enroll("c", "+15550000002"), 200, "").text("id")
		s.want(s.do("POST", "/factors/"+another+"/challenge", access, object{}), 429, "over_sms_send_rate_limit") // whatever factor it is
	})
}

// TestImportedSecret holds that a factor of a Supabase database works, and that its
// secret is sealed with the first right code.
func TestImportedSecret(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		access := s.member("ada@example.org").text("access_token")
		a := s.enrollTOTP(access, "")
		s.sql("update auth.mfa_factors set secret = $1, status = 'verified'", a.secret)
		s.want(a.answer(access, a.code(0)), 200, "")
		if kept := s.sql("select secret from auth.mfa_factors")[0].Text(0); !strings.HasPrefix(kept, "sealed:") {
			t.Errorf("%q", kept)
		}
		s.want(a.answer(s.signIn("ada@example.org").text("access_token"), a.code(1)), 200, "")
	})
}

// gate is a project's hooks, which refuse after a wrong code.
type gate struct {
	mu    sync.Mutex
	heard []core.FactorAttempt
}

func (*gate) CustomAccessToken(_ context.Context, _ string, claims map[string]any, _ string) (map[string]any, error) {
	return claims, nil
}
func (*gate) BeforeUserCreated(context.Context, *store.User, string) error { return nil }
func (*gate) PasswordVerified(context.Context, string, bool) error         { return nil }
func (g *gate) FactorVerified(_ context.Context, a core.FactorAttempt) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.heard = append(g.heard, a); a.Valid {
		return nil
	}
	return autherr.New(http.StatusForbidden, autherr.MFAVerificationRejected, "no more")
}

func TestFactorHook(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		g := &gate{}
		s.hooks = g
		s.node()
		access := s.member("ada@example.org").text("access_token")
		a := s.enrollTOTP(access, "")
		access = s.want(a.answer(access, a.code(0)), 200, "").text("access_token")
		if a := s.want(a.answer(access, "x"), 403, "mfa_verification_rejected"); a.text("msg") != "no more" {
			t.Error(a.body)
		}
		s.want(s.do("GET", "/user", access, nil), 403, "session_not_found")
		if len(g.heard) != 2 || !g.heard[0].Valid || g.heard[1].Valid || g.heard[1].Type != "totp" || g.heard[1].FactorID != a.id || g.heard[1].IP != "192.0.2.1" {
			t.Errorf("%+v", g.heard)
		}
	})
}

func TestWebAuthnFactor(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_MFA_WEB_AUTHN_ENROLL_ENABLED=true", "GALLEY_AUTH_MFA_WEB_AUTHN_VERIFY_ENABLED=true"}, func(t *testing.T, s *site) {
		access := s.member("ada@example.org").text("access_token")
		id := s.want(s.do("POST", "/factors", access, object{"factor_type": "webauthn", "friendly_name": "key"}), 200, "").text("id")
		key := factortest.New(t, "app.example.org", "https://app.example.org")
		ask := func(access, kind string) (string, json.RawMessage) {
			c := s.want(s.do("POST", "/factors/"+id+"/challenge", access, object{"webauthn": object{"rpId": "evil.example"}}), 200, "")
			if c.text("webauthn", "type") != kind {
				t.Fatalf("%v", c.body)
			}
			raw, _ := json.Marshal(c.body["webauthn"].(object)["credential_options"])
			return c.text("id"), raw
		}
		verify := func(access, challenge, kind string, response json.RawMessage) answer {
			return s.do("POST", "/factors/"+id+"/verify", access, object{"challenge_id": challenge, "webauthn": object{"type": kind, "credential_response": response}})
		}
		challenge, options := ask(access, "create")
		s.want(s.do("POST", "/factors/"+id+"/verify", access, object{"challenge_id": challenge}), 400, "validation_failed")
		elsewhere := factortest.New(t, "app.example.org", "https://evil.example")
		s.want(verify(access, challenge, "create", elsewhere.Create(options)), 422, "mfa_verification_failed")
		in := s.want(verify(access, challenge, "create", key.Create(options)), 200, "")
		if c := s.claims(in.text("access_token")); c.AAL != "aal2" || c.AMR[0].Method != "mfa/webauthn" {
			t.Errorf("%+v", c)
		}

		access = s.signIn("ada@example.org").text("access_token")
		challenge, options = ask(access, "request")
		stranger := factortest.New(t, "app.example.org", "https://app.example.org")
		stranger.Handle = key.Handle
		s.want(verify(access, challenge, "request", stranger.Get(options)), 422, "mfa_verification_failed")
		// A new authenticator of one's own proves nothing about the owner's.
		fresh, _ := json.Marshal(object{"publicKey": object{"challenge": key.Options(options).Challenge, "rpId": "app.example.org", "user": object{"id": ""}}})
		s.want(verify(access, challenge, "create", stranger.Create(fresh)), 400, "validation_failed")
		signed := key.Get(options)
		in = s.want(verify(access, challenge, "request", signed), 200, "")
		s.want(verify(in.text("access_token"), challenge, "request", signed), 422, "mfa_ip_address_mismatch")

		// A copy of the authenticator is behind with its counter.
		challenge, options = ask(in.text("access_token"), "request")
		key.Counter--
		s.want(verify(in.text("access_token"), challenge, "request", key.Get(options)), 422, "mfa_verification_failed")
	})
}
