package auth_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/auth/factor/factortest"
	"github.com/galleyhq/galley/internal/auth/store"
)

// ceremony begins one of passkeys and returns its challenge and options.
func (s *site) ceremony(kind, access string) (string, json.RawMessage) {
	s.Helper()
	a := s.want(s.do("POST", "/passkeys/"+kind+"/options", access, object{}), 200, "")
	raw, _ := json.Marshal(a.body["options"])
	if a.body["expires_at"] == nil {
		s.Errorf("%v", a.body)
	}
	return a.text("challenge_id"), raw
}

func (s *site) finish(kind, access, challenge string, credential json.RawMessage) answer {
	s.Helper()
	return s.do("POST", "/passkeys/"+kind+"/verify", access, object{"challenge_id": challenge, "credential": credential})
}

func (s *site) authenticator() *factortest.Authenticator {
	return factortest.New(s, "app.example.org", "https://app.example.org")
}

// registerPasskey makes a passkey for who is signed in.
func (s *site) registerPasskey(access string) (*factortest.Authenticator, answer) {
	s.Helper()
	key := s.authenticator()
	challenge, options := s.ceremony("registration", access)
	return key, s.want(s.finish("registration", access, challenge, key.Create(options)), 200, "")
}

const passkeysOn = "GALLEY_AUTH_PASSKEY_ENABLED=true"

func TestPasskeys(t *testing.T) {
	onEngines(t, []string{passkeysOn}, func(t *testing.T, s *site) {
		member := s.member("ada@example.org")
		access := member.text("access_token")
		challenge, options := s.ceremony("registration", access)
		key := s.authenticator()
		made := s.want(s.finish("registration", access, challenge, key.Create(options)), 200, "")
		if made.text("friendly_name") != "Passkey" || made.text("created_at") == "" {
			t.Errorf("%v", made.body)
		}
		s.want(s.finish("registration", access, challenge, key.Create(options)), 400, "webauthn_challenge_not_found") // once
		challenge, options = s.ceremony("registration", access)
		if o := key.Options(options); len(o.Exclude) != 1 {
			t.Errorf("%s", options)
		}
		s.want(s.finish("registration", access, challenge, key.Create(options)), 422, "webauthn_credential_exists")
		handle := key.Handle
		bob := s.member("bob@example.org").text("access_token")
		challenge, options = s.ceremony("registration", bob)
		s.want(s.finish("registration", access, challenge, key.Create(options)), 400, "webauthn_challenge_not_found") // another's
		s.want(s.finish("registration", bob, challenge, key.Create(options)), 422, "webauthn_credential_exists")
		key.Handle = handle

		challenge, options = s.ceremony("authentication", "")
		signed := key.Get(options)
		in := s.want(s.finish("authentication", "", challenge, signed), 200, "")
		if c := s.claims(in.text("access_token")); c.AAL != "aal1" || c.AMR[0].Method != "passkey" || in.text("user", "id") != member.text("user", "id") {
			t.Errorf("%+v", c)
		}
		s.want(s.finish("authentication", "", challenge, signed), 400, "webauthn_challenge_not_found")
		challenge, _ = s.ceremony("authentication", "")
		s.want(s.finish("authentication", "", challenge, signed), 400, "webauthn_verification_failed") // replayed
		s.managePasskeys(access, bob, made.text("id"), key)
	})
}

// managePasskeys lists, renames and removes the one passkey of a user.
func (s *site) managePasskeys(access, bob, id string, key *factortest.Authenticator) {
	s.Helper()
	list := func(access string) []store.PasskeyItem {
		w := s.raw("GET", "/passkeys", access, nil)
		var items []store.PasskeyItem
		if err := json.Unmarshal(w.Body.Bytes(), &items); err != nil || w.Code != 200 {
			s.Fatal(w.Code, w.Body, err)
		}
		return items
	}
	if all := list(access); len(all) != 1 || all[0].ID != id || all[0].LastUsedAt == nil {
		s.Errorf("%+v", all)
	}
	if all := list(bob); all == nil || len(all) != 0 {
		s.Errorf("%+v", all)
	}
	for _, r := range []struct {
		who, id, name, code string
		status              int
	}{{access, id, "My phone", "", 200}, {bob, id, "mine", "validation_failed", 404}, {access, "x", "y", "validation_failed", 404}, {access, store.NewID(), "y", "validation_failed", 404},
		{access, id, "", "validation_failed", 400}, {access, id, strings.Repeat("x", 121), "validation_failed", 400}, {"", id, "y", "no_authorization", 401}} {
		s.want(s.do("PATCH", "/passkeys/"+r.id, r.who, object{"friendly_name": r.name}), r.status, r.code)
	}
	if all := list(access); all[0].FriendlyName != "My phone" {
		s.Errorf("%+v", all)
	}
	s.want(s.do("DELETE", "/passkeys/"+id, bob, nil), 404, "validation_failed")
	s.want(s.do("DELETE", "/passkeys/"+id, access, nil), 204, "")
	challenge, options := s.ceremony("authentication", "")
	s.want(s.finish("authentication", "", challenge, key.Get(options)), 400, "webauthn_verification_failed")
	for _, action := range []string{"passkey_created", "passkey_updated", "passkey_deleted", "login", "login_failed"} {
		if s.sql("select count(*) from auth.audit_log_entries where payload->>'action' = $1", action)[0].Int(0) == 0 {
			s.Errorf("no event %s", action)
		}
	}
}

// TestPasskeyRefused holds who does not get in by a passkey.
func TestPasskeyRefused(t *testing.T) {
	onEngines(t, []string{passkeysOn, "GALLEY_AUTH_ENABLE_ANONYMOUS_SIGN_INS=true"}, func(t *testing.T, s *site) {
		access := s.member("ada@example.org").text("access_token")
		key, _ := s.registerPasskey(access)
		bob := s.member("bob@example.org")
		signIn := func(a *factortest.Authenticator) answer {
			challenge, options := s.ceremony("authentication", "")
			return s.finish("authentication", "", challenge, a.Get(options))
		}
		other := func(change func(a *factortest.Authenticator)) *factortest.Authenticator {
			a := *key
			change(&a)
			return &a
		}
		for name, a := range map[string]*factortest.Authenticator{
			"as another user":  other(func(a *factortest.Authenticator) { a.Handle = []byte(bob.text("user", "id")) }),
			"as nobody":        other(func(a *factortest.Authenticator) { a.Handle = []byte(store.NewID()) }),
			"as no id":         other(func(a *factortest.Authenticator) { a.Handle = []byte("' or true --") }),
			"on another page":  other(func(a *factortest.Authenticator) { a.Origin = "https://evil.example" }),
			"for another site": other(func(a *factortest.Authenticator) { a.Party = "evil.example" }),
			"by another key": func() *factortest.Authenticator {
				a := s.authenticator()
				a.ID, a.Handle = key.ID, key.Handle
				return a
			}(),
		} {
			if a := signIn(a); a.status != 400 || a.text("error_code") != "webauthn_verification_failed" {
				t.Errorf("%s: %d %v", name, a.status, a.body)
			}
		}
		s.want(signIn(key), 200, "")
		key.Counter--
		s.want(signIn(key), 400, "webauthn_verification_failed") // a copy
		key.Counter++
		challenge, options := s.ceremony("authentication", "")
		s.sql("update auth.webauthn_challenges set expires_at = created_at - interval '1 second'")
		s.want(s.finish("authentication", "", challenge, key.Get(options)), 400, "webauthn_challenge_expired")
		s.want(s.finish("authentication", "", "x", key.Get(options)), 400, "validation_failed")
		s.want(s.do("POST", "/passkeys/authentication/verify", "", object{"challenge_id": challenge}), 400, "validation_failed")

		for set, code := range map[string]string{"banned_until = now() + interval '1 hour'": "user_banned", "banned_until = null, email_confirmed_at = null": "email_not_confirmed"} {
			s.sql("update auth.users set " + set + " where email = 'ada@example.org'")
			s.want(signIn(key), 403, code)
			s.sql("update auth.users set banned_until = null, email_confirmed_at = now() where email = 'ada@example.org'")
		}
		s.want(signIn(key), 200, "")
		s.sql("update auth.users set deleted_at = now() where email = 'ada@example.org'")
		s.want(signIn(key), 400, "webauthn_verification_failed")

		anonymous := s.want(s.do("POST", "/signup", "", object{}), 200, "").text("access_token")
		s.want(s.do("POST", "/passkeys/registration/options", anonymous, nil), 403, "no_authorization")
		s.want(s.do("POST", "/passkeys/registration/options", "", nil), 401, "no_authorization")
	})
}

// TestPasskeyAndFactor holds that a passkey does not stand in for a second factor,
// and that it takes one to change passkeys.
func TestPasskeyAndFactor(t *testing.T) {
	onEngines(t, []string{passkeysOn}, func(t *testing.T, s *site) {
		access := s.member("ada@example.org").text("access_token")
		key, made := s.registerPasskey(access)
		a := s.enrollTOTP(access, "")
		s.want(a.answer(access, a.code(0)), 200, "")
		challenge, options := s.ceremony("authentication", "")
		access = s.want(s.finish("authentication", "", challenge, key.Get(options)), 200, "").text("access_token")
		if c := s.claims(access); c.AAL != "aal1" {
			t.Errorf("%+v", c)
		}
		s.want(s.do("POST", "/passkeys/registration/options", access, nil), 403, "insufficient_aal")
		s.want(s.do("DELETE", "/passkeys/"+made.text("id"), access, nil), 403, "insufficient_aal")
		s.want(s.do("PUT", "/user", access, object{"password": strong + "-2"}), 401, "insufficient_aal")
		access = s.want(a.answer(access, a.code(1)), 200, "").text("access_token")
		s.want(s.do("DELETE", "/passkeys/"+made.text("id"), access, nil), 204, "")
	})
}

// TestPasskeyLimit holds how many a user may have, however many they make at once.
func TestPasskeyLimit(t *testing.T) {
	onEngines(t, []string{passkeysOn}, func(t *testing.T, s *site) {
		access := s.member("ada@example.org").text("access_token")
		for range 8 {
			s.registerPasskey(access)
		}
		type begun struct {
			challenge string
			response  json.RawMessage
		}
		var all []begun
		for range 4 {
			challenge, options := s.ceremony("registration", access)
			all = append(all, begun{challenge, s.authenticator().Create(options)})
		}
		statuses := make([]string, len(all))
		var wg sync.WaitGroup
		for i, b := range all {
			wg.Go(func() {
				a := s.finish("registration", access, b.challenge, b.response)
				statuses[i] = fmt.Sprint(a.status, a.text("error_code"))
			})
		}
		wg.Wait()
		if n := s.sql("select count(*) from auth.webauthn_credentials")[0].Int(0); n != 10 {
			t.Errorf("%d passkeys: %v", n, statuses)
		}
		s.want(s.do("POST", "/passkeys/registration/options", access, nil), 422, "too_many_passkeys")
	})
}

func TestPasskeysOff(t *testing.T) {
	s := newSite(t, onEmbedded(t))
	for _, path := range []string{"POST /passkeys/authentication/options", "GET /passkeys", "DELETE /passkeys/1"} {
		method, path, _ := strings.Cut(path, " ")
		s.want(s.do(method, path, "", nil), 404, "passkey_disabled")
	}
}
