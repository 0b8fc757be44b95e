package auth_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/mail"
	"github.com/galleyhq/galley/internal/migrate"
)

// key signs a key of a role, as the project's own keys are.
func (s *site) key(role string) string {
	s.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"role": role, "iss": "galley"}).SignedString([]byte(secret))
	if err != nil {
		s.Fatal(err)
	}
	return text
}

// list sends a request of an admin that is answered with an array.
func (s *site) list(path string) []object {
	s.Helper()
	r := httptest.NewRequest("GET", path, nil).WithContext(s.Context())
	r.Header.Set("Authorization", "Bearer "+s.key("service_role"))
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	var out []object
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		s.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return out
}

func TestAdminIsClosed(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		in := s.member("ada@example.org")
		id := in.text("user", "id")
		for _, path := range []string{"GET /admin/users", "POST /admin/users", "GET /admin/users/" + id, "PUT /admin/users/" + id, "DELETE /admin/users/" + id,
			"GET /admin/audit", "POST /admin/generate_link", "POST /invite", "GET /admin/users/" + id + "/factors", "GET /admin/users/" + id + "/passkeys",
			"GET /admin/users/" + id + "/identities", "PUT /admin/users/" + id + "/factors/" + id} {
			method, path, _ := strings.Cut(path, " ")
			s.want(s.do(method, path, "", nil), 401, "no_authorization")
			s.want(s.do(method, path, in.text("access_token"), nil), 403, "not_admin")
			s.want(s.do(method, path, s.key("anon"), nil), 403, "not_admin")
			s.want(s.do(method, path, s.key("service_role")+"x", nil), 403, "bad_jwt")
		}
		s.want(s.do("GET", "/admin/users/"+id, s.key("supabase_admin"), nil), 200, "")
	})
}

func TestAdminUsers(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		admin := s.key("service_role")
		made := s.want(s.do("POST", "/admin/users", admin, object{"email": "Ada@Example.org", "phone": "+4915112345678", "password": strong,
			"email_confirm": true, "user_metadata": object{"full_name": "Ada"}, "app_metadata": object{"roles": []string{"admin"}}, "role": "editor"}), 200, "")
		id := made.text("id")
		if made.text("email") != "ada@example.org" || made.body["email_confirmed_at"] == nil || made.body["phone_confirmed_at"] != nil ||
			made.text("role") != "editor" || made.text("app_metadata", "provider") != "email" || len(made.body["identities"].([]any)) != 2 ||
			made.text("user_metadata", "full_name") != "Ada" || made.body["app_metadata"].(object)["roles"] == nil {
			t.Fatalf("%v", made.body)
		}
		in := s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": strong}), 200, "")
		s.want(s.do("POST", "/admin/users", admin, object{"email": "ada@example.org"}), 422, "email_exists")
		s.want(s.do("POST", "/admin/users", admin, object{"phone": "4915112345678"}), 422, "phone_exists")
		s.want(s.do("POST", "/admin/users", admin, object{"password": strong}), 400, "validation_failed")
		s.want(s.do("POST", "/admin/users", admin, object{"email": "a@example.org", "id": "x"}), 400, "validation_failed")
		s.want(s.do("POST", "/admin/users", admin, object{"email": "a@example.org", "id": store.Instance}), 400, "validation_failed")
		s.want(s.do("POST", "/admin/users", admin, object{"email": "a@example.org", "id": id}), 409, "conflict")
		s.want(s.do("POST", "/admin/users", admin, object{"email": "a@example.org", "password": "short"}), 422, "weak_password")
		s.want(s.do("POST", "/admin/users", admin, object{"email": "a@example.org", "password_hash": "plain"}), 400, "validation_failed")
		s.want(s.do("POST", "/admin/users", admin, object{"email": "a@example.org", "ban_duration": "long"}), 400, "validation_failed")

		got := s.want(s.do("PUT", "/admin/users/"+id, admin, object{"email": "lovelace@example.org", "phone_confirm": true,
			"app_metadata": object{"roles": nil, "plan": "pro"}, "user_metadata": object{"city": "London"}}), 200, "")
		if got.text("email") != "lovelace@example.org" || got.body["phone_confirmed_at"] == nil || got.text("app_metadata", "plan") != "pro" ||
			got.body["app_metadata"].(object)["roles"] != nil || got.text("user_metadata", "full_name") != "Ada" {
			t.Errorf("%v", got.body)
		}
		if i := got.body["identities"].([]any)[0].(object); i["email"] != "lovelace@example.org" && i["identity_data"].(object)["phone"] == nil {
			t.Errorf("%v", i)
		}
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 200, "")
		s.want(s.do("PUT", "/admin/users/"+id, admin, object{"password": "short"}), 422, "weak_password")
		s.want(s.do("PUT", "/admin/users/"+id, admin, object{"password": strong + "-2"}), 200, "")
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 403, "session_not_found")
		signIn := object{"email": "lovelace@example.org", "password": strong + "-2"}
		in = s.want(s.do("POST", "/token?grant_type=password", "", signIn), 200, "")

		banned := s.want(s.do("PUT", "/admin/users/"+id, admin, object{"ban_duration": "24h"}), 200, "")
		if until, err := time.Parse(time.RFC3339, banned.text("banned_until")); err != nil || time.Until(until) < 23*time.Hour {
			t.Errorf("%v", banned.body)
		}
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 403, "user_banned")
		s.want(s.do("POST", "/token?grant_type=password", "", signIn), 400, "user_banned")
		s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": in.text("refresh_token")}), 400, "user_banned")
		if free := s.want(s.do("PUT", "/admin/users/"+id, admin, object{"ban_duration": "none"}), 200, ""); free.body["banned_until"] != nil {
			t.Errorf("%v", free.body)
		}
		s.sql("update auth.users set banned_until = 'infinity' where id = '" + id + "'")
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 403, "user_banned")
		s.sql("update auth.users set banned_until = '-infinity' where id = '" + id + "'")
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 200, "")

		other := s.want(s.do("POST", "/admin/users", admin, object{"email": "bob@example.org"}), 200, "")
		s.want(s.do("PUT", "/admin/users/"+other.text("id"), admin, object{"email": "lovelace@example.org"}), 422, "email_exists")
		s.want(s.do("GET", "/admin/users/nobody", admin, nil), 404, "validation_failed")
		s.want(s.do("GET", "/admin/users/"+store.NewID(), admin, nil), 404, "user_not_found")
		s.want(s.do("DELETE", "/admin/users/"+other.text("id"), admin, nil), 200, "")
		s.want(s.do("GET", "/admin/users/"+other.text("id"), admin, nil), 404, "user_not_found")
	})
}

func TestAdminSoftDelete(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		in, admin := s.member("ada@example.org"), s.key("service_role")
		id := in.text("user", "id")
		s.want(s.do("DELETE", "/admin/users/"+id, admin, object{"should_soft_delete": true}), 200, "")
		s.want(s.do("DELETE", "/admin/users/"+id, admin, object{"should_soft_delete": true}), 200, "")
		got := s.want(s.do("GET", "/admin/users/"+id, admin, nil), 200, "")
		raw, _ := json.Marshal(got.body)
		if got.body["deleted_at"] == nil || strings.Contains(string(raw), "ada@") {
			t.Errorf("%s", raw)
		}
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 403, "user_not_found")
		s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": in.text("refresh_token")}), 400, "refresh_token_not_found")
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": got.text("email"), "password": strong}), 400, "invalid_credentials")
		s.member("ada@example.org") // the address is free
	})
}

func TestAdminList(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		admin := s.key("service_role")
		for _, name := range []string{"a", "b", "c_d", "ced"} {
			s.want(s.do("POST", "/admin/users", admin, object{"email": name + "@example.org", "user_metadata": object{"full_name": "Name " + strings.ToUpper(name)}}), 200, "")
		}
		emails := func(a answer) string {
			var out []string
			for _, u := range a.body["users"].([]any) {
				name, _, _ := strings.Cut(u.(object)["email"].(string), "@")
				out = append(out, name)
			}
			return strings.Join(out, " ")
		}
		for query, want := range map[string]string{
			"": "ced c_d b a", "?sort=created_at+asc": "a b c_d ced", "?page=2&per_page=3": "a", "?page=9": "", "?filter=c_d": "c_d",
			"?filter=name+C": "ced c_d", "?filter=%25": "", "?filter='or+1=1--": "", "?per_page=0": "ced", "?page=0&per_page=2": "ced c_d",
		} {
			if got := emails(s.want(s.do("GET", "/admin/users"+query, admin, nil), 200, "")); got != want {
				t.Errorf("%q: %q, want %q", query, got, want)
			}
		}
		a := s.do("GET", "/admin/users?page=1&per_page=3", admin, nil)
		if got := a.header.Get("Link"); got != `</admin/users?page=2&per_page=3>; rel="next", </admin/users?page=2&per_page=3>; rel="last"` || a.header.Get("X-Total-Count") != "4" {
			t.Errorf("%s, %s", got, a.header.Get("X-Total-Count"))
		}
		for _, query := range []string{"?page=x", "?per_page=-1", "?sort=email", "?sort=created_at+down", "?page=99999999999999999999"} {
			s.want(s.do("GET", "/admin/users"+query, admin, nil), 400, "validation_failed")
		}
	})
}

// TestAdminLinks follows the links that an admin gets.
func TestAdminLinks(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		admin := s.key("service_role")
		link := func(b object) answer {
			return s.want(s.do("POST", "/admin/generate_link", admin, b), 200, "")
		}
		follow := func(a answer) url.Values {
			u, err := url.Parse(a.text("action_link"))
			if err != nil || u.Query().Get("token") != a.text("hashed_token") {
				t.Fatalf("%v", a.body)
			}
			landed := s.want(s.do("GET", strings.TrimPrefix(u.RequestURI(), "/auth/v1"), "", nil), 303, "")
			_, fragment, _ := strings.Cut(landed.header.Get("Location"), "#")
			values, _ := url.ParseQuery(fragment)
			return values
		}
		up := link(object{"type": "signup", "email": "ada@example.org", "password": strong, "data": object{"n": 1}, "redirect_to": "https://evil.example.com"})
		if up.text("verification_type") != "signup" || up.text("redirect_to") != "https://app.example.org" || len(up.text("email_otp")) != 6 || follow(up).Get("access_token") == "" {
			t.Errorf("%v", up.body)
		}
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": strong}), 200, "")
		for _, kind := range []string{"magiclink", "recovery"} {
			if a := link(object{"type": kind, "email": "ada@example.org"}); follow(a).Get("access_token") == "" {
				t.Errorf("%s: %v", kind, a.body)
			}
		}
		byCode := link(object{"type": "magiclink", "email": "new@example.org"})
		if byCode.text("verification_type") != "signup" {
			t.Errorf("%v", byCode.body)
		}
		s.want(s.do("POST", "/verify", "", object{"type": "signup", "email": "new@example.org", "token": byCode.text("email_otp")}), 200, "")
		if a := link(object{"type": "invite", "email": "guest@example.org"}); a.body["invited_at"] == nil || follow(a).Get("type") != "invite" {
			t.Errorf("%v", a.body)
		}
		current := link(object{"type": "email_change_current", "email": "ada@example.org", "new_email": "lovelace@example.org"})
		fresh := link(object{"type": "email_change_new", "email": "ada@example.org", "new_email": "lovelace@example.org"})
		if follow(current).Get("message") == "" || follow(fresh).Get("access_token") == "" {
			t.Errorf("%v %v", current.body, fresh.body)
		}
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "lovelace@example.org", "password": strong}), 200, "")
		for body, want := range map[*object]string{
			{"type": "recovery", "email": "nobody@example.org"}:                                           "user_not_found",
			{"type": "signup", "email": "lovelace@example.org", "password": strong}:                       "email_exists",
			{"type": "invite", "email": "lovelace@example.org"}:                                           "email_exists",
			{"type": "signup", "email": "x@example.org"}:                                                  "validation_failed",
			{"type": "x", "email": "lovelace@example.org"}:                                                "validation_failed",
			{"type": "email_change_new", "email": "lovelace@example.org"}:                                 "validation_failed",
			{"type": "email_change_new", "email": "lovelace@example.org", "new_email": "new@example.org"}: "email_exists",
		} {
			if a := s.do("POST", "/admin/generate_link", admin, *body); a.text("error_code") != want {
				t.Errorf("%v: %v", *body, a.body)
			}
		}
		s.outbox.mu.Lock()
		defer s.outbox.mu.Unlock()
		if len(s.outbox.mails) > 0 {
			t.Errorf("mail was sent: %+v", s.outbox.mails)
		}
	})
}

func TestAdminInvite(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		admin := s.key("service_role")
		for range 2 { // it may be repeated at once
			s.want(s.do("POST", "/invite", admin, object{"email": "ada@example.org", "data": object{"team": "x"}}), 200, "")
		}
		if m := s.mail(); m.Template != "invite" || m.To != "ada@example.org" || m.Data["team"] != "x" {
			t.Errorf("%+v", m)
		}
		in := s.want(s.do("POST", "/verify", "", object{"type": "invite", "token_hash": s.mail().TokenHash}), 200, "")
		s.want(s.do("PUT", "/user", in.text("access_token"), object{"password": strong}), 200, "")
		s.want(s.do("POST", "/invite", admin, object{"email": "ada@example.org"}), 422, "email_exists")
		s.want(s.do("POST", "/invite", admin, object{"email": "no address"}), 400, "validation_failed")
		if got := s.list("/admin/audit?query=action:invite"); len(got) != 2 || got[0]["payload"].(object)["log_type"] != "team" {
			t.Errorf("%v", got)
		}
	})
}

func TestAdminFactors(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		admin, q, now := s.key("service_role"), database.Owner{DB: s.db}, time.Now()
		in := s.member("ada@example.org")
		id := in.text("user", "id")
		var ids []string
		for _, name := range []string{"one", "two"} {
			f := &store.Factor{UserID: id, Type: "totp", Status: "verified", FriendlyName: name, Secret: "JBSWY3DPEHPK3PXP"}
			if err := store.InsertFactor(t.Context(), q, f, now); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, f.ID)
		}
		_, session, err := store.UserOfSession(t.Context(), q, id, claim(t, in.text("access_token"), "session_id"))
		if err != nil || session == nil {
			t.Fatal(session, err)
		}
		if err := store.UpdateSession(t.Context(), q, session, now, store.Set("aal", "aal2"), store.Set("factor_id", ids[0])); err != nil {
			t.Fatal(err)
		}
		if err := store.AddMethod(t.Context(), q, session, "totp", now); err != nil {
			t.Fatal(err)
		}
		path := "/admin/users/" + id + "/factors"
		if got := s.list(path); len(got) != 2 || got[0]["secret"] != nil || got[0]["factor_type"] != "totp" {
			t.Errorf("%v", got)
		}
		s.want(s.do("PUT", path+"/"+ids[1], admin, object{"friendly_name": "one"}), 422, "mfa_factor_name_conflict")
		if got := s.want(s.do("PUT", path+"/"+ids[1], admin, object{"friendly_name": "three"}), 200, ""); got.text("friendly_name") != "three" {
			t.Errorf("%v", got.body)
		}
		s.want(s.do("PUT", path+"/x", admin, object{}), 404, "validation_failed")
		s.want(s.do("DELETE", path+"/"+store.NewID(), admin, nil), 404, "mfa_factor_not_found")
		if got := s.want(s.do("DELETE", path+"/"+ids[0], admin, nil), 200, ""); got.text("id") != ids[0] {
			t.Errorf("%v", got.body)
		}
		again := s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": in.text("refresh_token")}), 200, "")
		if aal := claim(t, again.text("access_token"), "aal"); aal != "aal1" {
			t.Errorf("still %s", aal)
		}
		if got := s.list("/admin/users/" + id + "/passkeys"); len(got) != 0 {
			t.Errorf("%v", got)
		}
		s.want(s.do("DELETE", "/admin/users/"+id+"/passkeys/x", admin, nil), 404, "validation_failed")
	})
}

func claim(t *testing.T, access, name string) string {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(access, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := parsed.Claims.(jwt.MapClaims)[name].(string)
	return text
}

// TestAuditLog holds what entries say, and what they cannot be made to say.
func TestAuditLog(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		admin := s.key("service_role")
		u := s.want(s.do("POST", "/admin/users", admin, object{"email": "ada@example.org", "password": strong, "email_confirm": true,
			"user_metadata": object{"full_name": "Ada\r\n{\"action\":\"login\"}\u202e\u001b[31m"}}), 200, "")
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": "wrong"}), 400, "invalid_credentials")
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": strong}), 200, "")
		s.want(s.do("DELETE", "/admin/users/"+u.text("id"), admin, nil), 200, "")
		log := s.list("/admin/audit")
		var actions []string
		for _, e := range log {
			p := e["payload"].(object)
			actions = append(actions, p["action"].(string))
			if e["ip_address"] == "" || p["log_type"] == "" {
				t.Errorf("%v", e)
			}
			if name, ok := p["actor_name"]; ok && name != `Ada{"action":"login"}[31m` {
				t.Errorf("%q", name)
			}
		}
		if got := strings.Join(actions, " "); got != "user_deleted login login_failed user_signedup" {
			t.Errorf("%s", got)
		}
		p := log[3]["payload"].(object)
		if p["actor_username"] != "service_role" || p["actor_id"] != store.Instance || p["traits"].(object)["user_id"] != u.text("id") {
			t.Errorf("%v", p)
		}
		raw, _ := json.Marshal(log)
		if strings.Contains(string(raw), strong) {
			t.Error("a password is logged")
		}
		for query, want := range map[string]int{"author:service": 2, "author:ADA": 2, "action:login": 2, "type:account": 2, "type:": 4, "action:%25": 0} {
			if got := s.list("/admin/audit?query=" + query); len(got) != want {
				t.Errorf("%s: %d entries, want %d", query, len(got), want)
			}
		}
		s.want(s.do("GET", "/admin/audit?query=payload:x", admin, nil), 400, "validation_failed")
		s.want(s.do("GET", "/admin/audit?query=author", admin, nil), 400, "validation_failed")
		if a := s.list("/admin/audit?page=2&per_page=3"); len(a) != 1 {
			t.Errorf("%v", a)
		}
	})
}

// TestPerson holds what the API adds to package person: who may, and the events.
func TestPerson(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *site) {
		if err := migrate.Own(t.Context(), s.db, migrate.Part{Name: "jobs", Steps: jobs.Schema(s.db.Engine())}, migrate.Part{Name: "mail", Steps: mail.Schema()}); err != nil {
			t.Fatal(err)
		}
		in, admin := s.member("ada@example.org"), s.key("service_role")
		path := "/admin/users/" + in.text("user", "id")
		s.want(s.do("GET", path+"/export", in.text("access_token"), nil), 403, "not_admin")
		s.want(s.do("POST", path+"/erase", in.text("access_token"), object{"dry_run": false}), 403, "not_admin")
		got := s.want(s.do("GET", path+"/export", admin, nil), 200, "")
		if got.text("user", "email") != "ada@example.org" || len(got.body["account"].(object)["sessions"].([]any)) != 1 {
			t.Errorf("%v", got.body)
		}
		s.want(s.do("POST", path+"/erase", admin, nil), 200, "") // dry
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 200, "")
		s.script("create table public.bills (owner uuid references auth.users (id)); insert into public.bills select id from auth.users")
		if a := s.want(s.do("POST", path+"/erase", admin, object{"dry_run": false}), 409, "conflict"); len(a.body["report"].(object)["blocking"].([]any)) != 1 {
			t.Errorf("%v", a.body)
		}
		done := s.want(s.do("POST", path+"/erase", admin, object{"dry_run": false, "cascade": true}), 200, "")
		s.want(s.do("GET", path, admin, nil), 404, "user_not_found")
		raw, _ := json.Marshal(s.list("/admin/audit"))
		if !strings.Contains(string(raw), "user_exported") || !strings.Contains(string(raw), "user_erased") || strings.Contains(string(raw), "ada@example.org") ||
			!strings.Contains(string(raw), done.text("pseudonym")) {
			t.Errorf("%s", raw)
		}
	})
}
