package external_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestOneBrowser: a sign-in without PKCE ends in the browser that began it.
func TestOneBrowser(t *testing.T) {
	eachEngine(t, func(s *site) {
		refused := func(what string, q url.Values) {
			s.Helper()
			to, v := s.back(url.Values{"state": {q.Get("state")}, "code": {"good"}})
			if to != app || v.Get("error_code") != "bad_oauth_state" || v.Get("access_token") != "" {
				s.Error(what, to, v)
			}
		}
		eve := s.begin("")
		s.party.is("eve", "eve@example.org", true, eve.Get("nonce"))
		if len(s.cookies) != 1 {
			s.Fatal(s.cookies)
		}
		c := s.cookies[0]
		if c.Name != "__Host-galley-signin" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 300 {
			s.Errorf("%+v", c)
		}
		s.cookies = nil
		refused("a browser without a cookie:", eve)

		eve = s.begin("")
		s.cookies = nil
		s.begin("") // somebody else is signing in as well
		refused("a browser of somebody else:", eve)

		eve = s.begin("")
		eve.Set("state", strings.Split(eve.Get("state"), ".")[0])
		refused("a state without its proof:", eve)
		if n := s.users(); n != 0 {
			s.Errorf("%d users", n)
		}

		// Two tabs at once.
		one, two := s.begin(""), s.begin("")
		for _, q := range []url.Values{one, two} {
			s.party.is("ada", "ada@example.org", true, q.Get("nonce"))
			_, v := s.back(url.Values{"state": {q.Get("state")}, "code": {"good"}})
			s.me(v)
		}
		// With PKCE the client is what counts: an app may open another browser.
		q := s.begin(challenge())
		s.cookies = nil
		s.party.is("ada", "ada@example.org", true, q.Get("nonce"))
		if _, v := s.back(url.Values{"state": {q.Get("state")}, "code": {"good"}}); v.Get("code") == "" {
			s.Error(v)
		}
	})
}

// TestHomeward: a cookie is given at the host where the browser comes back, and
// nobody is sent there twice.
func TestHomeward(t *testing.T) {
	eachEngine(t, func(s *site) {
		ask := func(host, query string) string {
			r := httptest.NewRequest("GET", "/authorize?provider=mine"+query, nil)
			r.Host = host
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r.WithContext(s.Context()))
			return w.Header().Get("Location")
		}
		const home = "https://api.example.org/auth/v1/authorize?homeward=1&provider=mine&redirect_to="
		for query, want := range map[string]string{"&scopes=x": home + url.QueryEscape(app) + "&scopes=x", "&redirect_to=https://evil.example": home + url.QueryEscape(app),
			"&redirect_to=" + url.QueryEscape(app+"/in?x=1"): home + url.QueryEscape(app+"/in?x=1")} {
			if to := ask("localhost:8000", query); to != want {
				s.Error(query, to)
			}
		}
		for host, query := range map[string]string{"localhost:8000": "&homeward=1", "API.example.org:443": "", "other.example.org": "&" + challenge()} {
			if to := ask(host, query); !strings.HasPrefix(to, s.party.URL+"/auth?") || strings.Contains(to, "homeward") {
				s.Error(host, query, to)
			}
		}
	})
}
