package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// grabs are fields that nobody sets for themselves.
func grabs() object {
	const other = "11111111-1111-4111-8111-111111111111"
	return object{"id": other, "user_id": other, "instance_id": other, "role": "service_role", "aud": "service_role", "is_super_admin": true,
		"is_sso_user": true, "is_anonymous": true, "email_confirmed_at": "2020-01-01T00:00:00Z", "phone_confirmed_at": "2020-01-01T00:00:00Z",
		"confirmed_at": "2020-01-01T00:00:00Z", "email_confirm": true, "phone_confirm": true, "banned_until": nil, "ban_duration": "none",
		"raw_app_meta_data": object{"grabbed": true}, "raw_user_meta_data": object{"grabbed": true}, "encrypted_password": "x", "password_hash": "x",
		"confirmation_token": "x", "recovery_token": "x", "identities": []object{{"provider": "google", "id": "1"}}, "factors": []object{}, "aal": "aal2",
		"Role": "service_role", "ROLE": "service_role", "__proto__": object{"grabbed": true}}
}

func with(base, more object) object {
	out := object{}
	for _, from := range []object{more, base} {
		for k, v := range from {
			out[k] = v
		}
	}
	return out
}

// ordinary holds that somebody got no more than anybody has.
func (s *server) ordinary(what string, u object) {
	s.Helper()
	app, _ := u["app_metadata"].(object)
	if u["role"] != "authenticated" || u["aud"] != "authenticated" || u["id"] == "11111111-1111-4111-8111-111111111111" || app["grabbed"] != nil ||
		app["provider"] != "email" || u["is_super_admin"] != nil || u["is_anonymous"] != false {
		s.Errorf("%s: %v", what, u)
	}
}

func TestMassAssignment(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *server) {
		up := s.want(s.do("POST", "/signup", "", with(object{"email": "a@example.org", "password": strong, "app_metadata": object{"grabbed": true},
			"data": grabs()}, grabs())), 200, "")
		s.ordinary("signup", up.body)
		if up.body["email_confirmed_at"] != nil {
			t.Error("an address was confirmed by its sign-up")
		}
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "a@example.org", "password": strong}), 400, "email_not_confirmed")
		in := s.want(s.do("POST", "/verify", "", with(object{"type": "signup", "email": "a@example.org", "token": s.mail("a@example.org", 0).Code}, grabs())), 200, "")
		s.ordinary("verify", in.body["user"].(object))
		access := in.text("access_token")
		changed := s.want(s.do("PUT", "/user", access, with(object{"data": grabs()}, grabs())), 200, "")
		s.ordinary("PUT /user", changed.body)
		s.want(s.do("PUT", "/user", access, object{"app_metadata": object{"grabbed": true}}), 403, "not_admin")
		s.want(s.do("POST", "/otp", "", with(object{"email": "b@example.org", "data": grabs(), "app_metadata": object{"grabbed": true}}, grabs())), 200, "")
		in = s.want(s.do("POST", "/verify", "", object{"type": "email", "email": "b@example.org", "token": s.mail("b@example.org", 0).Code}), 200, "")
		s.ordinary("otp", in.body["user"].(object))
		again := s.want(s.do("POST", "/token?grant_type=refresh_token", "", with(object{"refresh_token": in.text("refresh_token")}, grabs())), 200, "")
		s.ordinary("refresh", again.body["user"].(object))
		if a := s.send(request{method: "GET", path: "/auth/v1/admin/users", bearer: again.text("access_token")}); a.status != 403 {
			t.Errorf("a user with a role of their own in the metadata is admin: %d", a.status)
		}
		for _, path := range []string{"/invite", "/admin/users", "/admin/generate_link"} {
			s.want(s.do("POST", path, again.text("access_token"), object{"email": "c@example.org", "type": "signup", "password": strong}), 403, "not_admin")
		}
	})
}

// evilTexts are put into every field.
var evilTexts = []string{
	"x\r\nBcc: evil@example.org", "x\nSet-Cookie: a=b", "' or '1'='1", `"; drop table auth.users; --`, "$1", "\\", "%s%n%d", "{{ .Token }}", "{{ .SiteURL }}",
	"${jndi:ldap://127.0.0.1/x}", "<script>alert(1)</script>", "<a href=\"https://evil.example\">x</a>", "\u202e\u2028\u2029", "\ufffe", "\x01\x1b[31m",
	strings.Repeat("é", 5000), strings.Repeat("{", 50), "../../etc/passwd", "http://127.0.0.1:1/", "file:///etc/passwd", "-1", "1e999", "null", "🦦",
}

// quiet holds that an answer is a refusal or a success, and tells nothing of the
// inside.
func (s *server) quiet(what string, a answer) {
	s.Helper()
	if a.status >= 500 {
		s.Errorf("%s: %d %.500s", what, a.status, a.raw)
	}
	for _, word := range []string{"goroutine ", ".go:", "SQLSTATE", "pq:", "internal/", "signupBody", "otpBody", "account.", "Go struct", "Go value", "auth.users", "syntax error at", "/root/", "/tmp/"} {
		if strings.Contains(a.raw, word) && !strings.Contains(what, word) {
			s.Errorf("%s: the answer tells %q: %.500s", what, word, a.raw)
		}
	}
	if a.header.Get("Set-Cookie") != "" || a.header.Get("Bcc") != "" {
		s.Errorf("%s: a header came in: %v", what, a.header)
	}
}

func TestInjection(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_RATE_LIMIT_LOCK_AFTER=0", "GALLEY_AUTH_SMS_ENABLE_SIGNUP=true"}, func(t *testing.T, s *server) {
		access := s.member("ada@example.org").text("access_token")
		for i, evil := range evilTexts {
			t.Run(fmt.Sprintf("text %d", i), func(t *testing.T) {
				t.Parallel()
				s.in(t).inject(i, evil, access)
			})
		}
	})
}

func (s *server) inject(i int, evil, access string) {
	var all []request
	add := func(method, path, bearer string, body any) {
		all = append(all, request{method: method, path: "/auth/v1" + path, bearer: bearer, body: body})
	}
	for path, fields := range map[string][]string{
		"/otp":                            {"email", "phone", "code_challenge", "code_challenge_method", "channel"},
		"/token?grant_type=password":      {"email", "phone", "password"},
		"/token?grant_type=refresh_token": {"refresh_token"}, "/token?grant_type=pkce": {"auth_code", "code_verifier"},
		"/token?grant_type=id_token": {"id_token", "provider", "nonce", "issuer", "client_id", "access_token"},
		"/verify":                    {"type", "token", "token_hash", "email", "phone", "redirect_to"}, "/recover": {"email", "code_challenge"},
		"/resend": {"type", "email", "phone"},
	} {
		body := object{"type": "signup", "email": "ada@example.org", "token": "000000"}
		for _, field := range fields {
			add("POST", path, "", with(object{field: evil}, body))
		}
	}
	for _, path := range []string{"/verify?type=signup&token=", "/verify?token=x&type=", "/authorize?provider=", "/callback?state=", "/callback?code=x&state=",
		"/callback?error=x&error_description=", "/settings?x=", "/authorize?provider=google&code_challenge_method=s256&code_challenge="} {
		add("GET", path+url.QueryEscape(evil), "", nil)
	}
	for method, path := range map[string]string{"DELETE": "/sessions/", "GET": "/admin/users/", "POST": "/factors/"} {
		add(method, path+url.PathEscape(evil), access, nil)
		add(method, path+url.PathEscape(evil), s.key("service_role", nil), nil)
	}
	for n, a := range s.sendAll(all) {
		s.quiet(fmt.Sprintf("%s %s %v", all[n].method, all[n].path, all[n].body), a)
	}
	if a := s.do("PUT", "/user", access, object{"data": object{"full_name": evil, evil: evil}}); a.status != 200 {
		s.Errorf("PUT /user %.40q: %d %.300s", evil, a.status, a.raw) // it is their own, and comes back
	}
	email := fmt.Sprintf("n%d@example.org", i)
	s.want(s.send(request{method: "POST", path: "/auth/v1/signup", body: object{"email": email, "password": strong, "data": object{"full_name": evil, "name": evil}},
		header: map[string]string{"User-Agent": strings.Map(printable, evil)}}), 200, "")
	m := s.mail(email, 0)
	if strings.Contains(m.HTML, "<script>alert") || strings.Contains(m.HTML, "evil.example\"") || strings.Contains(m.raw, "Bcc: evil") || m.Link == nil {
		s.Errorf("%.40q in a mail: %.1000s", evil, m.raw)
	}
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// TestBodies sends what is no body for any of the endpoints.
func TestBodies(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_RATE_LIMIT_LOCK_AFTER=0"}, func(t *testing.T, s *server) {
		access := s.member("ada@example.org").text("access_token")
		deep := func(n int) string {
			return `{"email":"d@example.org","password":"` + strong + `","data":` + strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) + "}"
		}
		for name, body := range map[string]string{
			"deep": deep(200), "deeper": deep(9000), "unclosed": strings.Repeat("[", 500_000), "too large": `{"data":{"a":"` + strings.Repeat("x", 2<<20) + `"}}`,
			"not UTF-8": "{\"email\":\"a\xff@example.org\"}", "zero": `{"email":"a\u0000@example.org"}`, "text": `"text"`, "list": "[]", "two": "{}{}", "form": "email=a%40example.org&password=x",
			"number": `{"data":{"n":1e999}}`, "surrogate": `{"data":{"a":"\ud800"},"email":1}`, "wrong types": `{"email":{"a":1},"password":[1],"data":"x","gotrue_meta_security":7}`,
			"XML": `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`, "comment": "{/**/}", "single quotes": "{'email':'a'}", "byte order": "\ufeff{}",
		} {
			var all []request
			for path, method := range map[string]string{"/signup": "POST", "/otp": "POST", "/recover": "POST", "/resend": "POST", "/verify": "POST",
				"/token?grant_type=password": "POST", "/token?grant_type=refresh_token": "POST", "/token?grant_type=pkce": "POST", "/user": "PUT", "/factors": "POST"} {
				all = append(all, request{method: method, path: "/auth/v1" + path, bearer: access, body: body})
			}
			for n, a := range s.sendAll(all) {
				s.quiet(name+" to "+all[n].path, a)
				if a.status < 400 {
					t.Errorf("%s to %s is taken: %d %.200s", name, all[n].path, a.status, a.raw)
				}
			}
		}
		// Of a name that is there twice no two readers see different values.
		s.want(s.do("POST", "/signup", "", `{"email":"evil@example.org","email":"good@example.org","password":"`+strong+`"}`), 200, "")
		s.mail("good@example.org", 0)
		s.want(s.do("POST", "/signup", "", deep(90)), 200, "")
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"} {
			a := s.send(request{method: "POST", path: "/auth/v1/signup", body: "email=a", header: map[string]string{"Content-Type": kind}})
			if a.status < 400 || a.status >= 500 {
				t.Errorf("%s: %d %s", kind, a.status, a.raw)
			}
		}
	})
}

// TestWhereLinksLead tries to have mails and browsers lead elsewhere.
func TestWhereLinksLead(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *server) {
		evils := []string{"https://evil.example/", "//evil.example", "https:evil.example", "https://app.example.org.evil.example/", "https://app.example.org@evil.example/",
			`https://evil.example\@app.example.org`, "https://evil.example#@app.example.org", "javascript:alert(1)//https://app.example.org", "data:text/html,x",
			"https://app.example.org:8443/", "http://app.example.org/", "evil://127.0.0.1/", "https://0x7f.1/", "https://app.example.org%2eevil.example/",
			"https://app.example.org\t.evil.example/", "\thttps://evil.example", "https://аpp.example.org/", "intent://evil.example#Intent;scheme=https;end"}
		for i, evil := range evils {
			email := fmt.Sprintf("u%d@example.org", i)
			a := s.send(request{method: "POST", path: "/auth/v1/signup?redirect_to=" + url.QueryEscape(evil),
				body: object{"email": email, "password": strong, "redirect_to": evil, "options": object{"emailRedirectTo": evil}},
				header: map[string]string{"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Original-Host": "evil.example",
					"Forwarded": "host=evil.example", "Redirect_to": strings.Map(printable, evil), "Referer": "https://evil.example/", "Origin": "https://evil.example"}})
			s.want(a, 200, "")
			m := s.mail(email, 0)
			if strings.Contains(m.raw, "evil") && !strings.Contains(email, "evil") {
				t.Errorf("%q is in the mail: %.1500s", evil, m.raw)
			}
			if m.Link == nil || m.Link.Host != "api.example.org" || m.Link.Query().Get("redirect_to") != "https://app.example.org" {
				t.Fatalf("%q: %v", evil, m.Link)
			}
			// Whoever passes the link on puts in another end.
			q := m.Link.Query()
			q.Set("redirect_to", evil)
			head := s.send(request{method: "HEAD", path: "/auth/v1/verify?" + q.Encode()})
			if head.status != http.StatusMethodNotAllowed {
				t.Errorf("HEAD of a link: %d", head.status)
			}
			a = s.send(request{method: "GET", path: "/auth/v1/verify?" + q.Encode(), header: map[string]string{"Host": "evil.example", "Referer": "https://evil.example/"}})
			if to := a.header.Get("Location"); !strings.HasPrefix(to, "https://app.example.org#access_token=") {
				t.Errorf("%q: a link ends at %q (%d)", evil, to, a.status)
			}
			a = s.send(request{method: "GET", path: "/auth/v1/callback?state=x&redirect_to=" + url.QueryEscape(evil), header: map[string]string{"Referer": evil[:5]}})
			if to := a.header.Get("Location"); !strings.HasPrefix(to, "https://app.example.org?") && !strings.HasPrefix(to, "https://app.example.org#") && !strings.HasPrefix(to, "https://app.example.org/?") {
				t.Errorf("%q: a callback ends at %q (%d)", evil, to, a.status)
			}
		}
	})
}
