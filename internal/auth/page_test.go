package auth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/auth"
)

// TestHandOver takes a session from the sign-in page to an app by a code.
func TestHandOver(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_ADDITIONAL_REDIRECT_URLS=com.example.app://callback"}, func(t *testing.T, s *site) {
		in := s.member("ada@example.org")
		access := in.text("access_token")
		verifier := strings.Repeat("v", 43)
		sum := sha256.Sum256([]byte(verifier))
		body := func(changes object) object {
			b := object{"redirect_to": "https://app.example.org/in?x=1", "code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256"}
			for name, v := range changes {
				b[name] = v
			}
			return b
		}
		ask := func(bearer string, changes object) answer {
			s.Helper()
			page := *s
			page.handler = s.handler.(*auth.API).Page
			return page.do("POST", "/auth/ui/code", bearer, body(changes))
		}
		s.want(ask("", nil), 401, "no_authorization")
		s.want(ask(access+"x", nil), 403, "bad_jwt")
		for _, to := range []string{"", "https://evil.example.org", "https://app.example.org.evil.example", "javascript:alert(1)", "//evil.example",
			"https://app.example.org@evil.example/", "https://api.example.org/auth/ui", "https://api.example.org/auth/ui?x=1", "com.example.app://other"} {
			s.want(ask(access, object{"redirect_to": to}), 400, "validation_failed")
		}
		s.want(ask(access, object{"code_challenge": "", "code_challenge_method": ""}), 400, "validation_failed")
		s.want(ask(access, object{"code_challenge": "short"}), 400, "validation_failed")
		s.want(ask(access, object{"code_challenge_method": "none"}), 400, "validation_failed")
		if to := s.want(ask(access, object{"redirect_to": "com.example.app://callback"}), 200, "").text("url"); !strings.HasPrefix(to, "com.example.app://callback?code=") {
			t.Error(to)
		}

		code := func() string {
			s.Helper()
			to, err := url.Parse(s.want(ask(access, nil), 200, "").text("url"))
			if err != nil || to.Host != "app.example.org" || to.Query().Get("x") != "1" || to.Query().Get("code") == "" {
				s.Fatal(to, err)
			}
			return to.Query().Get("code")
		}
		exchange := func(code, verifier string) answer {
			return s.do("POST", "/token?grant_type=pkce", "", object{"auth_code": code, "code_verifier": verifier})
		}
		stolen := code()
		s.want(exchange(stolen, strings.Repeat("w", 43)), 400, "bad_code_verifier")
		s.want(exchange(stolen, verifier), 404, "flow_state_not_found") // one try

		good := code()
		out := s.want(exchange(good, verifier), 200, "")
		s.want(exchange(good, verifier), 404, "flow_state_not_found")
		if a, b := sessionOf(s, access), sessionOf(s, out.text("access_token")); a == "" || a != b {
			t.Errorf("session %s became %s", a, b)
		}
		s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": out.text("refresh_token")}), 200, "")

		late := code()
		s.want(s.do("POST", "/logout?scope=local", access, nil), 204, "")
		s.want(exchange(late, verifier), 403, "session_not_found")
	})
}

// TestHandedOverTwice holds that the page's own refresh token is dead after the app
// has the session.
func TestHandedOverTwice(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		in := s.member("ada@example.org")
		verifier := strings.Repeat("v", 43)
		page := *s
		page.handler = s.handler.(*auth.API).Page
		to, err := url.Parse(s.want(page.do("POST", "/auth/ui/code", in.text("access_token"), object{
			"redirect_to": "https://app.example.org", "code_challenge": verifier, "code_challenge_method": "plain"}), 200, "").text("url"))
		if err != nil {
			t.Fatal(err)
		}
		s.want(s.do("POST", "/token?grant_type=pkce", "", object{"auth_code": to.Query().Get("code"), "code_verifier": verifier}), 200, "")
		s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": in.text("refresh_token")}), 400, "refresh_token_not_found")
	})
}

// sessionOf is the session of an access token.
func sessionOf(s *site, access string) string {
	s.Helper()
	id, err := s.verifier.Verify(s.Context(), access)
	if err != nil {
		s.Fatal(err)
	}
	_, rest, _ := strings.Cut(id.Claims, `"session_id":"`)
	session, _, _ := strings.Cut(rest, `"`)
	return session
}

// TestPageIsAllowed holds that links in mail may lead back to the page, wherever the
// app is, and that there is no page when it is off.
func TestPageIsAllowed(t *testing.T) {
	s := newSite(t, onEmbedded(t))
	s.want(s.do("POST", "/recover?redirect_to="+url.QueryEscape("https://api.example.org/auth/ui?view=password&redirect_to=x"), "", object{"email": "nobody@example.org"}), 200, "")
	s.want(s.do("POST", "/signup?redirect_to="+url.QueryEscape("https://api.example.org/auth/ui?view=password&redirect_to=x"), "", object{"email": "ada@example.org", "password": strong}), 200, "")
	if to := s.mail().RedirectTo; to != "https://api.example.org/auth/ui?view=password&redirect_to=x" {
		t.Error(to)
	}
	for _, to := range []string{"https://api.example.org/auth/uix", "https://api.example.org/auth/ui/x", "https://api.example.org/", "https://api.example.orgx/auth/ui"} {
		s.want(s.do("POST", "/signup?redirect_to="+url.QueryEscape(to), "", object{"email": "bob" + to[len(to)-1:] + "@example.org", "password": strong}), 200, "")
		if got := s.mail().RedirectTo; got != "https://app.example.org" {
			t.Errorf("%s leads to %s", to, got)
		}
	}
	off := newSite(t, onEmbedded(t), "GALLEY_AUTH_UI_ENABLED=false")
	if off.handler.(*auth.API).Page != nil {
		t.Error("a page that is off")
	}
}

// TestPageRequests looks at what the page says to a browser before it runs.
func TestPageRequests(t *testing.T) {
	s := newSite(t, onEmbedded(t), "GALLEY_AUTH_UI_TITLE=</script><b>Ada's", "GALLEY_AUTH_UI_LOGO_URL=https://cdn.example.org/l.svg",
		"GALLEY_AUTH_UI_ACCENT_COLOR=#808080", "GALLEY_AUTH_UI_FRAME_ANCESTORS=https://app.example.org")
	get := func(path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		s.handler.(*auth.API).Page.ServeHTTP(w, r)
		return w
	}
	for header, lang := range map[string]string{"": "en", "de": "de", "de-AT,en;q=0.5": "de", "fr, en;q=0.2, de;q=0.4": "de", "xx": "en", "de;q=0": "en",
		"de;q=x": "en", "en;q=0.1,de;q=0.9": "de", "*": "en", strings.Repeat("fr,", 500) + "de": "en", "../../de": "en"} {
		if w := get("/auth/ui", "Accept-Language", header); w.Code != 200 || w.Header().Get("Content-Language") != lang || !strings.Contains(w.Body.String(), `<html lang="`+lang+`">`) {
			t.Errorf("%.40s: %d %s", header, w.Code, w.Header())
		}
	}
	w := get("/auth/ui?lang=de")
	body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
	if !strings.Contains(body, "Anmelden") || strings.Contains(body, "<b>Ada") || strings.Count(body, "</script>") != 2 {
		t.Error(body)
	}
	for _, part := range []string{"default-src 'none'; script-src 'self'; style-src 'self'", "img-src 'self' data: https://cdn.example.org;", "frame-ancestors https://app.example.org;"} {
		if !strings.Contains(policy, part) {
			t.Errorf("no %s in %s", part, policy)
		}
	}
	for to, says := range map[string]string{"https://app.example.org/a": `"returnTo":"https://app.example.org/a","refused":false`, "https://evil.example": `"returnTo":"","refused":true`,
		"": `"returnTo":"","refused":false`, "https://api.example.org/auth/ui": `"returnTo":"","refused":false`, "javascript:alert(1)": `"returnTo":"","refused":true`} {
		if body := get("/auth/ui?redirect_to=" + url.QueryEscape(to)).Body.String(); !strings.Contains(body, says) {
			t.Errorf("%s: %s", to, body)
		}
	}
	style := get("/auth/ui/theme.css")
	if !strings.Contains(style.Body.String(), "--accent: #808080;\n\t--on-accent: #000000;") || style.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Error(style.Body)
	}
	if w := get("/auth/ui/app.js", "If-None-Match", get("/auth/ui/app.js").Header().Get("ETag")); w.Code != 304 || w.Body.Len() > 0 {
		t.Error(w.Code)
	}
	for path, status := range map[string]int{"/auth/ui/page.html": 404, "/auth/ui/en.json": 404, "/auth/ui/x": 404, "/auth/ui/": 308} {
		if w := get(path); w.Code != status {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
