package auth_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/database"
)

func TestSignUpAndIn(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		up := s.want(s.do("POST", "/signup", "", object{"email": "Ada@Example.org", "password": strong, "data": object{"full_name": "Ada"},
			"role": "service_role", "app_metadata": object{"admin": true}}), 200, "")
		if up.text("email") != "ada@example.org" || up.text("role") != "authenticated" || up.body["access_token"] != nil ||
			up.body["app_metadata"].(object)["admin"] != nil {
			t.Fatalf("%v", up.body)
		}
		signIn := object{"email": "ada@example.org", "password": strong}
		s.want(s.do("POST", "/token?grant_type=password", "", signIn), 400, "email_not_confirmed")
		m := s.mail()
		if m.Template != "confirmation" || !strings.HasPrefix(m.ConfirmationURL, "https://api.example.org/auth/v1/verify?") {
			t.Fatalf("%+v", m)
		}
		s.want(s.do("POST", "/verify", "", object{"type": "signup", "email": "ada@example.org", "token": "000000" + m.Token}), 403, "otp_expired")
		s.want(s.do("POST", "/verify", "", object{"type": "signup", "email": "ADA@example.org", "token": m.Token}), 200, "")
		s.want(s.do("POST", "/verify", "", object{"type": "signup", "email": "ada@example.org", "token": m.Token}), 403, "otp_expired")
		in := s.want(s.do("POST", "/token?grant_type=password", "", signIn), 200, "")
		checkClaims(s, in, up.text("id"))
		got := s.want(s.do("GET", "/user", in.text("access_token"), nil), 200, "")
		if got.text("id") != up.text("id") || got.body["email_confirmed_at"] == nil || got.text("user_metadata", "full_name") != "Ada" {
			t.Errorf("%v", got.body)
		}
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": "x"}), 400, "invalid_credentials")
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "nobody@example.org", "password": "x"}), 400, "invalid_credentials")
		s.want(s.do("POST", "/logout", in.text("access_token"), nil), 204, "")
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 403, "session_not_found")
		s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": in.text("refresh_token")}), 400, "refresh_token_not_found")
	})
}

// checkClaims holds that an access token says what GoTrue's says, and that the
// published keys verify it.
func checkClaims(s *site, in answer, id string) {
	s.Helper()
	access := in.text("access_token")
	identity, err := s.verifier.Verify(s.Context(), access)
	if err != nil {
		s.Fatal(err)
	}
	var c object
	if err := json.Unmarshal([]byte(identity.Claims), &c); err != nil {
		s.Fatal(err)
	}
	wants := object{"sub": id, "aud": "authenticated", "role": "authenticated", "email": "ada@example.org", "phone": "", "aal": "aal1",
		"is_anonymous": false, "iss": "https://api.example.org/auth/v1"}
	for name, want := range wants {
		if c[name] != want {
			s.Errorf("claim %s is %v, want %v", name, c[name], want)
		}
	}
	for _, name := range []string{"app_metadata", "user_metadata", "amr", "session_id", "exp", "iat"} {
		if c[name] == nil {
			s.Errorf("no claim %s", name)
		}
	}
	parsed, _, err := jwt.NewParser().ParseUnverified(access, jwt.MapClaims{})
	if err != nil {
		s.Fatal(err)
	}
	set := s.want(s.do("GET", "/.well-known/jwks.json", "", nil), 200, "")
	raw, _ := json.Marshal(set.body)
	if parsed.Header["alg"] != "ES256" || !strings.Contains(string(raw), parsed.Header["kid"].(string)) || strings.Contains(string(raw), `"d"`) {
		s.Errorf("%v is not among %s", parsed.Header, raw)
	}
}

// TestEqualAnswers holds that a sign-up tells nobody whether an address is known.
func TestEqualAnswers(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		s.member("known@example.org")
		shape := func(email string) string {
			a := s.want(s.do("POST", "/signup", "", object{"email": email, "password": strong, "data": object{"a": 1}}), 200, "")
			for _, name := range []string{"id", "email", "created_at", "updated_at", "confirmation_sent_at"} {
				if a.body[name] == nil {
					t.Errorf("%s: no %s", email, name)
				}
				a.body[name] = ""
			}
			i := a.body["identities"].([]any)[0].(object)
			for _, name := range []string{"identity_id", "id", "user_id", "last_sign_in_at", "created_at", "updated_at", "email"} {
				i[name] = ""
			}
			data := i["identity_data"].(object)
			data["sub"], data["email"] = "", ""
			raw, _ := json.Marshal(a.body)
			return string(raw)
		}
		fresh, again, known := shape("new@example.org"), shape("new@example.org"), shape("known@example.org")
		if fresh != known || fresh != again {
			t.Errorf("answers differ:\n%s\n%s\n%s", fresh, again, known)
		}
		for _, email := range []string{"known@example.org", "unknown@example.org"} {
			if a := s.want(s.do("POST", "/recover", "", object{"email": email}), 200, ""); len(a.body) != 0 {
				t.Errorf("%v", a.body)
			}
		}
	})
}

func TestRefresh(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_REFRESH_TOKEN_REUSE_INTERVAL=0"}, func(t *testing.T, s *site) {
		refresh := func(token string) answer {
			return s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": token})
		}
		first := s.member("ada@example.org").text("refresh_token")
		second := s.want(refresh(first), 200, "").text("refresh_token")
		if again := s.want(refresh(first), 200, "").text("refresh_token"); again != second {
			t.Error("a lost answer is given another token")
		}
		s.node()
		third := s.want(refresh(second), 200, "").text("refresh_token")
		s.want(refresh(first), 400, "refresh_token_already_used")
		s.want(refresh(third), 400, "refresh_token_already_used") // the family is revoked
		s.want(refresh("nothing"), 400, "refresh_token_not_found")
		rows, err := database.Records(t.Context(), database.Owner{DB: s.db}, "select token from auth.refresh_tokens")
		if err != nil || len(rows) != 3 {
			t.Fatal(len(rows), err)
		}
		for _, r := range rows { // what is kept is no token
			s.want(refresh(r.Text(0)), 400, "refresh_token_not_found")
		}
	})
}

// TestRefreshRace holds that of refreshes at once, on two nodes, all get the one
// token that follows.
func TestRefreshRace(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		first := s.member("ada@example.org").text("refresh_token")
		one := *s
		s.node()
		got := make(chan string, 16)
		var wg sync.WaitGroup
		for i := range cap(got) {
			node := &one
			if i%2 == 0 {
				node = s
			}
			wg.Go(func() {
				a := node.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": first})
				if a.status != 200 {
					t.Errorf("%d %v", a.status, a.body)
				}
				got <- a.text("refresh_token")
			})
		}
		wg.Wait()
		want := <-got
		for range cap(got) - 1 {
			if next := <-got; next != want {
				t.Errorf("%q and %q", next, want)
			}
		}
		rows, err := database.Records(t.Context(), database.Owner{DB: s.db}, "select count(*) from auth.refresh_tokens where not revoked")
		if err != nil || rows[0].Int(0) != 1 {
			t.Error(rows[0].Int(0), err)
		}
	})
}

func TestLink(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_ADDITIONAL_REDIRECT_URLS=https://*.example.net/**"}, func(t *testing.T, s *site) {
		for to, want := range map[string]string{
			"https://app.example.org/welcome": "https://app.example.org/welcome", "https://a.example.net/x/y": "https://a.example.net/x/y",
			"https://evil.example.com/": "https://app.example.org", "https://app.example.org@evil.example.com/": "https://app.example.org",
			"//evil.example.com": "https://app.example.org", "javascript:alert(1)": "https://app.example.org", `https://evil.com\.example.net/`: "https://app.example.org",
		} {
			email := "u" + strings.ToLower(strings.Map(func(r rune) rune {
				if r >= 'a' && r <= 'z' {
					return r
				}
				return -1
			}, to)) + "@example.org"
			s.want(s.do("POST", "/signup?redirect_to="+url.QueryEscape(to), "", object{"email": email, "password": strong}), 200, "")
			link, err := url.Parse(s.mail().ConfirmationURL)
			if err != nil {
				t.Fatal(err)
			}
			path := strings.TrimPrefix(link.RequestURI(), "/auth/v1")
			a := s.want(s.do("GET", path, "", nil), 303, "")
			got, fragment, _ := strings.Cut(a.header.Get("Location"), "#")
			values, _ := url.ParseQuery(fragment)
			if got != want || values.Get("access_token") == "" || values.Get("type") != "signup" {
				t.Errorf("%s: %s", to, a.header.Get("Location"))
			}
			a = s.want(s.do("GET", path, "", nil), 303, "")
			if !strings.Contains(a.header.Get("Location"), "error_code=otp_expired") {
				t.Errorf("a link was good twice: %s", a.header.Get("Location"))
			}
		}
	})
}

func TestChangeOfAccount(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		in := s.member("ada@example.org")
		access := in.text("access_token")
		other := s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": strong}), 200, "")
		s.want(s.do("PUT", "/user", access, object{"app_metadata": object{"admin": true}}), 403, "not_admin")
		s.want(s.do("PUT", "/user", access, object{"password": strong}), 422, "same_password")
		s.want(s.do("PUT", "/user", access, object{"password": "short"}), 422, "weak_password")
		got := s.want(s.do("PUT", "/user", access, object{"password": strong + "-2", "data": object{"a": 1, "role": "x"}, "role": "service_role"}), 200, "")
		if got.text("role") != "authenticated" || got.body["user_metadata"].(object)["a"] != 1.0 {
			t.Errorf("%v", got.body)
		}
		s.want(s.do("GET", "/user", other.text("access_token"), nil), 403, "session_not_found") // signed out by it
		s.want(s.do("GET", "/user", access, nil), 200, "")
		s.want(s.do("PUT", "/user", access, object{"email": "new@example.org"}), 200, "")
		s.outbox.mu.Lock()
		mails := s.outbox.mails[len(s.outbox.mails)-2:]
		s.outbox.mu.Unlock()
		if mails[0].To != "ada@example.org" || mails[1].To != "new@example.org" {
			t.Fatalf("%+v", mails)
		}
		s.want(s.do("POST", "/verify", "", object{"type": "email_change", "email": "ada@example.org", "token": mails[0].Token}), 200, "")
		if got := s.do("GET", "/user", access, nil); got.text("email") != "ada@example.org" || got.text("new_email") != "new@example.org" {
			t.Errorf("changed by one end: %v", got.body)
		}
		s.want(s.do("POST", "/verify", "", object{"type": "email_change", "email": "new@example.org", "token": mails[1].Token}), 200, "")
		if got := s.do("GET", "/user", access, nil); got.text("email") != "new@example.org" {
			t.Errorf("%v", got.body)
		}
	})
}

func TestAnonymous(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_ENABLE_ANONYMOUS_SIGN_INS=true"}, func(t *testing.T, s *site) {
		in := s.want(s.do("POST", "/signup", "", object{}), 200, "")
		access := in.text("access_token")
		if in.body["user"].(object)["is_anonymous"] != true {
			t.Fatalf("%v", in.body)
		}
		s.want(s.do("PUT", "/user", access, object{"password": strong}), 422, "validation_failed")
		s.want(s.do("PUT", "/user", access, object{"email": "ada@example.org"}), 200, "")
		got := s.want(s.do("POST", "/verify", "", object{"type": "email_change", "email": "ada@example.org", "token": s.mail().Token}), 200, "")
		if u := got.body["user"].(object); u["is_anonymous"] != false || u["email"] != "ada@example.org" || u["id"] != in.text("user", "id") {
			t.Errorf("%v", u)
		}
		s.want(s.do("PUT", "/user", got.text("access_token"), object{"password": strong}), 200, "")
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": strong}), 200, "")
	})
}

func TestSessions(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		one := s.member("ada@example.org").text("access_token")
		two := s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": strong}), 200, "").text("access_token")
		bob := s.member("bob@example.org").text("access_token")
		list := s.want(s.do("GET", "/sessions", one, nil), 200, "").body["sessions"].([]any)
		if len(list) != 2 {
			t.Fatalf("%v", list)
		}
		for _, v := range list {
			id := v.(object)["id"].(string)
			s.want(s.do("DELETE", "/sessions/"+id, bob, nil), 404, "session_not_found")
			if v.(object)["current"] == false {
				s.want(s.do("DELETE", "/sessions/"+id, one, nil), 204, "")
			}
		}
		s.want(s.do("GET", "/user", two, nil), 403, "session_not_found")
		s.want(s.do("GET", "/user", one, nil), 200, "")
		s.want(s.do("POST", "/logout?scope=nothing", one, nil), 400, "validation_failed")
		s.want(s.do("POST", "/logout?scope=others", one, nil), 204, "")
		s.want(s.do("GET", "/user", one, nil), 200, "")
	})
}

// TestRotation holds that a node takes tokens of a key that another one has put in
// use, and that a secret that changed makes new keys.
func TestRotation(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		old := s.member("ada@example.org").text("access_token")
		reader := s.verifier
		s.node()
		for range 2 {
			if err := s.keys.Rotate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		fresh := s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": strong}), 200, "").text("access_token")
		for name, token := range map[string]string{"old": old, "fresh": fresh} {
			if _, err := s.verifier.Verify(t.Context(), token); err != nil {
				t.Errorf("%s here: %v", name, err)
			}
		}
		if _, err := reader.Verify(t.Context(), old); err != nil {
			t.Error(err)
		}
		if ids, err := s.keys.Forget(t.Context(), time.Hour); err != nil || len(ids) != 0 {
			t.Fatalf("keys of a moment ago are forgotten: %v, %v", ids, err)
		}
		if ids, err := s.keys.Forget(t.Context(), 0); err != nil || len(ids) != 2 {
			t.Fatal(ids, err)
		}
		// This node remembers what it verified, but not for ever.
		if _, err := s.verifier.Verify(t.Context(), old); err == nil {
			t.Error("a token of a forgotten key is still taken where it was known")
		}
		if _, err := s.verifier.Verify(t.Context(), fresh); err != nil {
			t.Error(err)
		}
		s.node()
		s.want(s.do("GET", "/user", old, nil), 403, "bad_jwt")
		s.want(s.do("GET", "/user", fresh, nil), 200, "")
	})
}

func TestRefusals(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		for name, c := range map[string]struct {
			method, path string
			body         any
			status       int
			code         string
		}{
			"no password":     {"POST", "/signup", object{"email": "a@example.org"}, 400, "validation_failed"},
			"both":            {"POST", "/signup", object{"email": "a@example.org", "phone": "4915112345678", "password": strong}, 400, "validation_failed"},
			"bad address":     {"POST", "/signup", object{"email": "a@b@c", "password": strong}, 400, "validation_failed"},
			"header in it":    {"POST", "/signup", object{"email": "a@example.org\r\nBcc: b@example.org", "password": strong}, 400, "validation_failed"},
			"zero in it":      {"POST", "/signup", object{"email": "a\x00@example.org", "password": strong}, 400, "bad_json"},
			"phone is closed": {"POST", "/signup", object{"phone": "4915112345678", "password": strong}, 400, "phone_provider_disabled"},
			"weak":            {"POST", "/signup", object{"email": "a@example.org", "password": "password1"}, 422, "weak_password"},
			"anonymous":       {"POST", "/signup", object{}, 422, "anonymous_provider_disabled"},
			"no token":        {"GET", "/user", nil, 401, "no_authorization"},
			"no list":         {"POST", "/signup", []int{1}, 400, "bad_json"},
			"unknown type":    {"POST", "/verify", object{"type": "x", "token": "1", "email": "a@example.org"}, 400, "validation_failed"},
			"unknown path":    {"GET", "/nothing", nil, 404, "validation_failed"},
			"half a PKCE":     {"POST", "/signup", object{"email": "a@example.org", "password": strong, "code_challenge": "x"}, 400, "validation_failed"},
		} {
			t.Run(name, func(t *testing.T) {
				if a := s.do(c.method, c.path, "", c.body); a.status != c.status || a.text("error_code") != c.code {
					t.Errorf("%d %v", a.status, a.body)
				}
			})
		}
		if a := s.do("POST", "/token?grant_type=x", "", object{}); a.status != 400 || a.text("error") != "unsupported_grant_type" {
			t.Errorf("%v", a.body)
		}
	})
}

// TestOTP signs in by codes of mails and messages, with an account and without.
func TestOTP(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_SMS_ENABLE_SIGNUP=true", "GALLEY_SMS_TEST_NUMBERS=4915100000000=123456"}, func(t *testing.T, s *site) {
		known := s.member("ada@example.org").text("user", "id")
		s.want(s.do("POST", "/otp", "", object{"email": "ada@example.org"}), 200, "")
		if m := s.mail(); m.Template != "magic_link" || m.To != "ada@example.org" {
			t.Fatalf("%+v", m)
		}
		in := s.want(s.do("POST", "/verify", "", object{"type": "email", "email": "ada@example.org", "token": s.mail().Token}), 200, "")
		if in.text("user", "id") != known {
			t.Errorf("%v", in.body)
		}
		s.want(s.do("POST", "/otp", "", object{"email": "new@example.org", "data": object{"a": 1}}), 200, "")
		s.want(s.do("POST", "/verify", "", object{"type": "email", "email": "new@example.org", "token": s.mail().Token}), 200, "")
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "new@example.org", "password": ""}), 400, "invalid_credentials")
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "new@example.org", "password": "-"}), 400, "invalid_credentials")
		s.want(s.do("POST", "/otp", "", object{"email": "none@example.org", "create_user": false}), 200, "")
		s.want(s.do("POST", "/otp", "", object{"phone": "+49 151 2345678"}), 200, "")
		m := s.outbox.texts[0]
		s.want(s.do("POST", "/verify", "", object{"type": "sms", "phone": "491512345678", "token": m.Code}), 200, "")
		s.want(s.do("POST", "/otp", "", object{"phone": "4915100000000"}), 200, "")
		s.want(s.do("POST", "/verify", "", object{"type": "sms", "phone": "4915100000000", "token": "123456"}), 200, "")
		if len(s.outbox.texts) != 1 || m.To != "491512345678" || !strings.Contains(m.Text, m.Code) {
			t.Errorf("%+v", s.outbox.texts)
		}
	})
}
