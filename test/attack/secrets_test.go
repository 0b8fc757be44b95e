package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// TestSecretsStayInside goes through ways in, and looks for each password, code,
// link and token in the log, in other answers and in the tables.
func TestSecretsStayInside(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *server) {
		secrets := map[string]string{"password": strong, "project's secret": secret}
		keep := func(name, value string) {
			t.Helper()
			if value == "" {
				t.Fatal(name, "is empty")
			}
			secrets[name] = value
		}
		s.want(s.do("POST", "/signup", "", object{"email": "ada@example.org", "password": strong}), 200, "")
		m := s.mail("ada@example.org", 0)
		keep("confirmation link", m.Link.Query().Get("token"))
		s.want(s.do("POST", "/verify", "", object{"type": "signup", "email": "ada@example.org", "token": m.Code}), 200, "")
		in := s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": strong}), 200, "")
		wrong := "a-wrong-guess-that-is-a-password-elsewhere"
		keep("wrong password", wrong)
		s.want(s.do("POST", "/token?grant_type=password", "", object{"email": "ada@example.org", "password": wrong}), 400, "invalid_credentials")
		keep("access token", in.text("access_token"))
		keep("refresh token", in.text("refresh_token"))
		next := s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": in.text("refresh_token")}), 200, "")
		keep("next refresh token", next.text("refresh_token"))
		access := next.text("access_token")
		keep("next access token", access)
		const better = "another-walrus-71-parasol"
		keep("new password", better)
		s.want(s.do("PUT", "/user", access, object{"password": better}), 200, "")
		s.want(s.do("POST", "/recover", "", object{"email": "ada@example.org", "code_challenge": strings.Repeat("c", 43), "code_challenge_method": "s256"}), 200, "")
		r := s.mail("ada@example.org", m.ID)
		keep("recovery link", r.Link.Query().Get("token"))
		a := s.send(request{method: "GET", path: "/auth/v1/verify?" + r.Link.RawQuery})
		_, code, _ := strings.Cut(a.header.Get("Location"), "code=")
		keep("code of PKCE", code)
		s.want(s.do("POST", "/otp", "", object{"email": "new@example.org"}), 200, "")
		o := s.mail("new@example.org", 0)
		keep("link of a code", o.Link.Query().Get("token"))
		factor := s.want(s.do("POST", "/factors", access, object{"factor_type": "totp", "friendly_name": "app"}), 200, "")
		keep("secret of an app", factor.text("totp", "secret"))
		for _, path := range []string{"/user", "/sessions", "/settings", "/.well-known/jwks.json"} {
			holds(t, secrets, "GET "+path, s.do("GET", path, access, nil).raw)
		}
		for _, path := range []string{"/admin/users", "/admin/audit"} {
			holds(t, secrets, "GET "+path, s.do("GET", path, s.key("service_role", nil), nil).raw)
		}
		db := s.database()
		holds(t, secrets, "the log", s.log.text())
		codes := map[string]string{"code of a mail": `"` + r.Code + `"`, "code of a sign-up": `"` + m.Code + `"`}
		for _, table := range kept() {
			text := dump(t, db, table)
			delete(secrets, "project's secret")
			holds(t, secrets, table, text)
			holds(t, codes, table, text)
		}
	})
}

func holds(t *testing.T, secrets map[string]string, where, text string) {
	t.Helper()
	for name, value := range secrets {
		if i := strings.Index(text, value); i >= 0 {
			t.Errorf("the %s is in %s: …%.200s", name, where, text[max(0, i-150):])
		}
	}
}

// kept are the tables that accounts keep something in, and the settings.
func kept() []string {
	out := []string{"galley.settings", "galley.auth_limits", "galley.auth_attempts", "galley.auth_signing_keys"}
	for _, name := range []string{"users", "identities", "sessions", "refresh_tokens", "mfa_amr_claims", "mfa_factors", "mfa_challenges", "one_time_tokens",
		"flow_state", "audit_log_entries", "webauthn_credentials", "webauthn_challenges", "sso_providers", "sso_domains"} {
		out = append(out, "auth."+name)
	}
	return out
}

func dump(t *testing.T, db database.DB, table string) string {
	t.Helper()
	rows, err := database.Records(t.Context(), database.Owner{DB: db}, "select row_to_json(t) from "+table+" t")
	if err != nil {
		t.Fatal(table, err)
	}
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r.Text(0) + "\n")
	}
	return b.String()
}

// TestTablesAreClosed reads and changes the tables of accounts as roles of the API,
// by REST and in SQL, directly and by what a project may have.
func TestTablesAreClosed(t *testing.T) {
	onEngines(t, nil, func(t *testing.T, s *server) {
		access := s.member("ada@example.org").text("access_token")
		names := []string{"users", "identities", "sessions", "refresh_tokens", "mfa_factors", "mfa_challenges", "one_time_tokens", "flow_state", "audit_log_entries"}
		for _, name := range append(names, "auth_attempts", "auth_limits", "settings") {
			for who, bearer := range map[string]string{"anon": s.key("anon", nil), "a user": access} {
				for _, schema := range []string{"auth", "galley", "public"} {
					for method, body := range map[string]any{"GET": nil, "POST": object{"id": "11111111-1111-4111-8111-111111111111"}, "PATCH": object{"role": "service_role"}, "DELETE": nil} {
						a := s.send(request{method: method, path: "/rest/v1/" + name + "?id=eq.11111111-1111-4111-8111-111111111111", bearer: bearer, body: body,
							header: map[string]string{"Accept-Profile": schema, "Content-Profile": schema}})
						if a.status < 400 || a.status >= 500 {
							t.Errorf("%s as %s: %s %s.%s: %d %.200s", t.Name(), who, method, schema, name, a.status, a.raw)
						}
					}
				}
			}
		}
		db := s.database()
		for _, role := range []string{"anon", "authenticated"} {
			for _, table := range kept() {
				for _, sql := range []string{"select * from %s", "delete from %s", "update %s set created_at = now()", "insert into %s default values", "select count(*) from (select 1 from %s) x",
					"with x as (select * from %s) select * from x", "copy %s to stdout"} {
					refused(t, db, role, fmt.Sprintf(sql, table))
				}
			}
		}
	})
}

func refused(t *testing.T, db database.DB, role, sql string) {
	t.Helper()
	rows, err := database.Collect(db.Query(t.Context(), database.Session{Role: role}, database.Statement{SQL: sql}))
	if err == nil {
		t.Errorf("%s may do %s: %d rows", role, sql, len(rows))
	}
}

// TestFlood sends more sign-ins at once than are judged at once: all are answered,
// those too many at once are told so, and reading goes on meanwhile.
func TestFlood(t *testing.T) {
	engines(t, false, []string{"GALLEY_AUTH_PASSWORD_WORKERS=1", "GALLEY_AUTH_RATE_LIMIT_LOCK_AFTER=0"}, func(t *testing.T, s *server) {
		access := s.member("ada@example.org").text("access_token")
		var all []request
		for i := range 120 {
			all = append(all, request{method: "POST", path: "/auth/v1/token?grant_type=password", body: object{"email": fmt.Sprintf("f%d@example.org", i), "password": "x"}})
		}
		done := make(chan map[int]int)
		go func() {
			count := map[int]int{}
			for _, a := range s.sendMany(all, len(all)) {
				count[a.status]++
			}
			done <- count
		}()
		reads := 0
		for {
			select {
			case count := <-done:
				if count[400] == 0 || count[429]+count[503] == 0 || count[400]+count[429]+count[503] != len(all) {
					t.Errorf("answers by status: %v", count)
				}
				if reads < 3 {
					t.Errorf("%d reads meanwhile", reads)
				}
				return
			default:
			}
			begun := time.Now()
			if a := s.do("GET", "/user", access, nil); a.status != http.StatusOK {
				t.Fatalf("%d %s", a.status, a.raw)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("a read took %v", took)
			}
			reads++
		}
	})
}
