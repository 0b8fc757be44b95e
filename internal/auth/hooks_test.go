package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/galleyhq/galley/internal/auth/hook"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/outgoing"
)

// hookFunctions are a project's: who may join, what tokens say, and a door that
// closes at the second wrong password. They run as supabase_auth_admin.
const hookFunctions = `
create table public.roles (user_id uuid primary key references auth.users (id) on delete cascade, role text not null);
create table public.attempts (user_id uuid, valid boolean, address text);
revoke all on public.roles, public.attempts from anon, authenticated;
grant select on public.roles to supabase_auth_admin;
grant select, insert on public.attempts to supabase_auth_admin;
create function public.vet(event jsonb) returns jsonb language sql as $$
  select case when event->'user'->>'email' like '%@example.org' then '{}'::jsonb
    else '{"error": {"http_code": 403, "message": "only example.org"}}'::jsonb end
$$;
create function public.claims(event jsonb) returns jsonb language sql stable as $$
  select case when event->'claims'->>'email' like 'locked@%' then '{"error": {"http_code": 403, "message": "not today"}}'::jsonb
    else jsonb_build_object('claims', (event->'claims') || jsonb_build_object('method', event->>'authentication_method',
      'user_role', (select role from public.roles where user_id = (event->>'user_id')::uuid))) end
$$;
create function public.attempt(event jsonb) returns jsonb language sql as $$
  insert into public.attempts values ((event->>'user_id')::uuid, (event->>'valid')::boolean, event->'metadata'->>'ip_address');
  select case when (select count(*) from public.attempts where not valid and user_id = (event->>'user_id')::uuid) > 1
    then '{"decision": "reject", "message": "ask the admin", "should_logout_user": true}'::jsonb
    else '{"decision": "continue"}'::jsonb end
$$;
`

// withHooks gives a site hooks at addresses.
func (s *site) withHooks(at map[hook.Name]string) {
	s.Helper()
	s.settings.Auth.Hooks = map[string]config.AuthHook{}
	for name, uri := range at {
		s.settings.Auth.Hooks[string(name)] = config.AuthHook{Enabled: true, URI: uri, Secrets: "v1,whsec_" + base64.StdEncoding.EncodeToString([]byte(secret))}
	}
	s.node()
}

func (s *site) script(sql string) {
	s.Helper()
	err := database.InTx(s.Context(), s.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error { return tx.Script(s.Context(), sql, nil) })
	if err != nil {
		s.Fatal(err)
	}
}

// count is the one number of a query.
func (s *site) count(sql string) int64 {
	s.Helper()
	rows, err := database.Records(s.Context(), database.Owner{DB: s.db}, sql)
	if err != nil {
		s.Fatal(err)
	}
	return rows[0].Int(0)
}

func TestHooksInSQL(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_EMAIL_ENABLE_CONFIRMATIONS=false", "GALLEY_AUTH_ENABLE_ANONYMOUS_SIGN_INS=true"}, func(t *testing.T, s *site) {
		if err := hook.Prepare(t.Context(), s.db); err != nil {
			t.Fatal(err)
		}
		s.script(hookFunctions)
		const functions = "pg-functions://postgres/public/"
		s.withHooks(map[hook.Name]string{hook.BeforeUserCreated: functions + "vet", hook.CustomAccessToken: functions + "claims",
			hook.PasswordVerificationAttempt: functions + "attempt"})
		admin, signIn := s.key("service_role"), func(email, password string) answer {
			return s.do("POST", "/token?grant_type=password", "", object{"email": email, "password": password})
		}
		for _, path := range []string{"/signup", "/invite", "/otp"} {
			if a := s.want(s.do("POST", path, admin, object{"email": "eve@example.com", "password": strong}), 403, ""); a.text("msg") != "only example.org" {
				t.Errorf("%s: %v", path, a.body)
			}
		}
		s.want(s.do("POST", "/signup", "", object{}), 403, "") // nobody without an address either
		if n := s.count("select count(*) from auth.users"); n != 0 {
			t.Errorf("%d users", n)
		}
		in := s.want(s.do("POST", "/signup", "", object{"email": "ada@example.org", "password": strong}), 200, "")
		if in.text("access_token") == "" || claim(t, in.text("access_token"), "method") != "password" {
			t.Errorf("%v", in.body)
		}
		s.script("insert into public.roles select id, 'editor' from auth.users")
		in = s.want(s.do("POST", "/token?grant_type=refresh_token", "", object{"refresh_token": in.text("refresh_token")}), 200, "")
		if a := in.text("access_token"); claim(t, a, "user_role") != "editor" || claim(t, a, "method") != "token_refresh" {
			t.Errorf("%v", in.body)
		}
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 200, "")

		// Who gets no token has no session.
		s.want(s.do("POST", "/admin/users", admin, object{"email": "locked@example.org", "password": strong, "email_confirm": true}), 200, "")
		if a := s.want(signIn("locked@example.org", strong), 403, ""); a.text("msg") != "not today" || a.body["refresh_token"] != nil {
			t.Errorf("%v", a.body)
		}
		if n := s.count("select count(*) from auth.sessions s join auth.users u on u.id = s.user_id where u.email like 'locked%'"); n != 0 {
			t.Errorf("%d sessions", n)
		}

		s.want(signIn("ada@example.org", "wrong"), 400, "invalid_credentials")
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 200, "")
		if a := s.want(signIn("ada@example.org", "wrong"), 400, "invalid_credentials"); a.text("msg") != "ask the admin" {
			t.Errorf("%v", a.body)
		}
		s.want(signIn("ada@example.org", strong), 400, "invalid_credentials")
		s.want(s.do("GET", "/user", in.text("access_token"), nil), 403, "session_not_found")
		if n := s.count("select count(*) from public.attempts where address = '192.0.2.1'"); n != 4 {
			t.Errorf("%d attempts", n)
		}
	})
}

// receiver takes the calls of hooks over HTTP.
type receiver struct {
	mu     sync.Mutex
	calls  []object
	answer string
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	raw, _ := io.ReadAll(r.Body)
	var call object
	if json.Unmarshal(raw, &call) != nil || r.Header.Get("Webhook-Signature") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	v.calls = append(v.calls, call)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, v.answer)
}

// last is the one call since the last time.
func (v *receiver) last(t *testing.T) object {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.calls) != 1 {
		t.Fatalf("%d calls: %v", len(v.calls), v.calls)
	}
	out := v.calls[0]
	v.calls = nil
	return out
}

func (v *receiver) answers(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer = text
}

func TestHooksSend(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_SMS_ENABLE_SIGNUP=true", "GALLEY_AUTH_SMS_ENABLE_CONFIRMATIONS=true"}, func(t *testing.T, s *site) {
		v := &receiver{answer: `{}`}
		server := httptest.NewServer(v)
		defer server.Close()
		guard, err := outgoing.New(outgoing.Config{Allow: []string{"127.0.0.1"}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(guard.Close)
		s.guard = guard
		s.withHooks(map[hook.Name]string{hook.SendEmail: server.URL, hook.SendSMS: server.URL})
		verify := func(b object) answer { return s.want(s.do("POST", "/verify", "", b), 200, "") }

		up := s.want(s.do("POST", "/signup?redirect_to=https://app.example.org/in", "", object{"email": "ada@example.org", "password": strong}), 200, "")
		call := v.last(t)
		mail, user := call["email_data"].(object), call["user"].(object)
		if user["id"] != up.text("id") || user["email"] != "ada@example.org" || mail["email_action_type"] != "signup" || mail["site_url"] != "https://api.example.org/auth/v1" ||
			mail["redirect_to"] != "https://app.example.org/in" || len(mail["token"].(string)) != 6 || call["metadata"].(object)["ip_address"] != "192.0.2.1" {
			t.Errorf("%v", call)
		}
		if raw, _ := json.Marshal(user); strings.Contains(string(raw), "$2a$") {
			t.Errorf("a hash is sent: %s", raw)
		}
		in := verify(object{"type": "signup", "token_hash": mail["token_hash"]})

		s.want(s.do("PUT", "/user", in.text("access_token"), object{"email": "new@example.org"}), 200, "")
		mail = v.last(t)["email_data"].(object) // one call for both ends
		if mail["email_action_type"] != "email_change" {
			t.Errorf("%v", mail)
		}
		// Crosswise, as GoTrue sends them.
		verify(object{"type": "email_change", "email": "ada@example.org", "token": mail["token"]})
		verify(object{"type": "email_change", "token_hash": mail["token_hash"]})
		if got := s.do("GET", "/user", in.text("access_token"), nil); got.text("email") != "new@example.org" {
			t.Errorf("%v", got.body)
		}

		s.want(s.do("POST", "/signup", "", object{"phone": "4915112345678", "password": strong}), 200, "")
		call = v.last(t)
		sms := call["sms"].(object)
		if sms["phone"] != "4915112345678" || sms["sms_type"] != "sms" || call["user"].(object)["phone"] != "4915112345678" {
			t.Errorf("%v", call)
		}
		verify(object{"type": "sms", "phone": "4915112345678", "token": sms["otp"]})

		v.answers(`{"error": {"http_code": 429, "message": "the post is closed"}}`)
		if a := s.want(s.do("POST", "/signup", "", object{"email": "bob@example.org", "password": strong}), 429, ""); a.text("msg") != "the post is closed" {
			t.Errorf("%v", a.body)
		}
		if s.outbox.mails != nil || s.outbox.texts != nil {
			t.Error("the hooks were passed by")
		}
	})
}
