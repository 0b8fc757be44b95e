package attack

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestStateOfAnotherBrowser: eve begins a sign-in at a provider, comes back with her
// own code up to where it counts, and gives the address to ada, whose browser is not
// to be signed in as eve. Nor is an app with a verifier of its own.
func TestStateOfAnotherBrowser(t *testing.T) {
	party := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var out any = object{"access_token": "at", "token_type": "bearer"}
		switch r.URL.Path {
		case "/api/v3/user":
			out = object{"id": 1, "login": "eve", "name": "Eve"}
		case "/api/v3/user/emails":
			out = []any{object{"email": "eve@example.org", "primary": true, "verified": true}}
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(party.Close)
	env := []string{"GALLEY_AUTH_EXTERNAL_GITHUB_ENABLED=true", "GALLEY_AUTH_EXTERNAL_GITHUB_CLIENT_ID=x", "GALLEY_AUTH_EXTERNAL_GITHUB_SECRET=x",
		"GALLEY_AUTH_EXTERNAL_GITHUB_URL=" + party.URL, "GALLEY_OUTGOING_ALLOW=127.0.0.1"}
	onEngines(t, env, func(t *testing.T, s *server) {
		begin := func(query string, cookie string) (state, given string) {
			a := s.send(request{method: "GET", path: "/auth/v1/authorize?provider=github" + query, header: map[string]string{"Host": "api.example.org", "Cookie": cookie}})
			to, err := url.Parse(a.header.Get("Location"))
			if err != nil || !strings.HasPrefix(to.String(), party.URL) {
				t.Fatal(a.status, to, a.raw)
			}
			given, _, _ = strings.Cut(a.header.Get("Set-Cookie"), ";")
			return to.Query().Get("state"), given
		}
		back := func(state, cookie string) string {
			a := s.send(request{method: "GET", path: "/auth/v1/callback?code=of-eve&state=" + url.QueryEscape(state), header: map[string]string{"Host": "api.example.org", "Cookie": cookie}})
			return a.header.Get("Location")
		}
		_, ada := begin("", "")
		for name, cookie := range map[string]string{"none": "", "ada's": ada, "empty": "__Host-galley-signin=", "unprefixed": "galley-signin=x"} {
			state, eve := begin("", "")
			if eve == "" || eve == ada {
				t.Fatal(eve)
			}
			if to := back(state, cookie); !strings.Contains(to, "error_code=bad_oauth_state") || strings.Contains(to, "token") {
				t.Errorf("eve's state with the cookie %s: %s", name, to)
			}
			if to := back(state, eve); !strings.Contains(to, "error_code=bad_oauth_state") {
				t.Errorf("a state that was refused is good again: %s", to)
			}
		}
		state, eve := begin("", "")
		if to := back(state[:36], eve); !strings.Contains(to, "error_code=bad_oauth_state") {
			t.Errorf("without its proof: %s", to)
		}
		other, _ := begin("", "")
		if to := back(other[:36]+state[36:], eve); !strings.Contains(to, "error_code=bad_oauth_state") {
			t.Errorf("with the proof of another: %s", to)
		}
		if state, eve = begin("", ""); !strings.Contains(back(state, eve), "#access_token=") {
			t.Error("eve herself is not signed in")
		}
		// An app with PKCE is told a code, and has another secret than eve.
		state, _ = begin("&code_challenge_method=plain&code_challenge="+strings.Repeat("e", 43), "")
		to, err := url.Parse(back(state, ada))
		if err != nil || to.Query().Get("code") == "" || to.Fragment != "" {
			t.Fatal(to, err)
		}
		a := s.do("POST", "/token?grant_type=pkce", "", object{"auth_code": to.Query().Get("code"), "code_verifier": strings.Repeat("a", 43)})
		s.in(t).want(a, 400, "bad_code_verifier")
	})
}
