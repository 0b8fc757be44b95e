package mail_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/admin"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/mail"
	"github.com/galleyhq/galley/test/contract"
)

// service returns a request's answer as the service role.
func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r = r.WithContext(httpapi.WithIdentity(r.Context(), httpapi.Identity{Role: "service_role", Authenticated: true}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const token = "postmark-token-nobody-sees"

// TestProvider sends through a provider that is away, limits, refuses, bounces.
func TestProvider(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		var calls atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			switch n := calls.Add(1); {
			case strings.Contains(string(raw), "inactive@"):
				w.WriteHeader(422)
				_, _ = io.WriteString(w, `{"ErrorCode":406,"Message":"inactive"}`)
			case strings.Contains(string(raw), "bad@"):
				w.WriteHeader(422)
				_, _ = io.WriteString(w, `{"ErrorCode":300,"Message":"bad, says `+token+`"}`)
			case strings.Contains(string(raw), "slow@") && n == 1:
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(429)
			default:
				_, _ = fmt.Fprintf(w, `{"MessageID":"id-%d","ErrorCode":0}`, n)
			}
		}))
		defer server.Close()
		s := f.service(mail.Config{HTTP: server.Client(), Settings: f.settings("GALLEY_MAIL_POSTMARK_TOKEN="+token, "GALLEY_MAIL_POSTMARK_URL="+server.URL,
			"GALLEY_MAIL_FROM=app@example.org", "GALLEY_MAIL_POSTMARK_WEBHOOK_SECRET=hook secret", "GALLEY_MAIL_RATE=6000")})
		say := func(to ...string) mail.Request { return mail.Request{To: to, Subject: "Hello", Text: "Hi"} }

		slow := f.send(s, say("slow@example.org"))
		f.state(slow, "sent")
		if got := f.rows(`SELECT attempt FROM galley.jobs`); got != "2" {
			t.Errorf("attempt %s", got)
		}
		f.state(f.send(s, say("inactive@example.org")), "failed")
		f.until("bounce,postmark", `SELECT reason, source FROM galley.mail_suppressions WHERE address = 'inactive@example.org'`)
		f.until("discarded", `SELECT j.state FROM galley.jobs j JOIN galley.mail_messages m ON m.job = j.id WHERE m.state = 'failed'`)
		before := calls.Load()
		f.state(f.send(s, say("Inactive <INACTIVE@example.org>")), "suppressed")
		if calls.Load() != before {
			t.Error("a suppressed address was sent to")
		}
		f.state(f.send(s, say("bad@example.org")), "failed")
		if got := f.rows(`SELECT count(*) FROM galley.mail_suppressions`); got != "1" {
			t.Errorf("%s suppressions", got)
		}
		if got := f.rows(`SELECT detail FROM galley.mail_messages WHERE detail LIKE '%300%'`); !strings.Contains(got, "bad, says …") {
			t.Errorf("detail %s", got)
		}
		f.reports(s, slow)
		if strings.Contains(f.log.String(), token) || strings.Contains(f.log.String(), "hook secret") {
			t.Error("a secret is in the log")
		}
		if got := f.rows(`SELECT count(*) FROM galley.jobs WHERE errors::text LIKE '%` + token + `%'`); got != "0" {
			t.Error("a secret is with a job")
		}
		if got := f.rows(`SELECT concurrency, rate FROM galley.queues WHERE name = 'mail'`); got != "5,100" {
			t.Errorf("queue %s", got)
		}
	})
}

// reports has the provider report a delivery, then a complaint.
func (f *fixture) reports(s *mail.Service, id string) {
	f.Helper()
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/mail/{provider}", s.Reports())
	report := func(path, password, body string) int {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.SetBasicAuth("x", password)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code
	}
	name := f.rows(`SELECT transport_id FROM galley.mail_messages WHERE id = $1::uuid`, id)
	complaint := `{"RecordType":"SpamComplaint","Email":"Slow@Example.org","MessageID":"` + name + `"}`
	delivery := `{"RecordType":"Delivery","Recipient":"slow@example.org","MessageID":"` + name + `"}`
	for _, c := range []struct {
		path, password, body string
		want                 int
		state                string
	}{
		{"/hooks/mail/postmark", "wrong", complaint, 403, "sent"},
		{"/hooks/mail/sendgrid", "hook secret", complaint, 404, "sent"},
		{"/hooks/mail/postmark", "hook secret", "{", 403, "sent"},
		{"/hooks/mail/postmark", "hook secret", delivery, 204, "delivered"},
		{"/hooks/mail/postmark", "hook secret", complaint, 204, "complained"},
		{"/hooks/mail/postmark", "hook secret", delivery, 204, "complained"},
	} {
		if got := report(c.path, c.password, c.body); got != c.want {
			f.Errorf("%s %s: %d", c.path, c.body, got)
		}
		f.state(id, c.state)
	}
	if got := f.rows(`SELECT reason FROM galley.mail_suppressions WHERE address = 'slow@example.org'`); got != "complaint" {
		f.Errorf("suppression %s", got)
	}
}

// TestSMS: to the inbox, to test numbers, from SQL.
func TestSMS(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		s := f.service(mail.Config{Settings: f.settings("GALLEY_SMS_TEST_NUMBERS=4915112345678=123456, +15005550006=000000")})
		f.rows(`SELECT galley.enqueue('sms', '{"to": "+49 171 5550100", "text": "Your code is 7", "code": "7"}')`)
		f.rows(`SELECT galley.enqueue('sms', '{"to": "+49 151 12345678", "text": "Your code is 8"}')`)
		f.until("captured,|suppressed,a test number", `SELECT state, coalesce(detail, '') FROM galley.mail_messages ORDER BY state`)
		got := list(t, s.Inbox(true), "?to=%2B491715550100").Messages
		if len(got) != 1 || got[0].Code != "7" || got[0].Channel != "sms" || got[0].To[0] != "+491715550100" {
			t.Errorf("%+v", got)
		}
		for number, want := range map[string]string{"+4915112345678": "123456", "1 500 555 0006": "000000", "+491715550100": "", "x": ""} {
			if code, ok := s.TestCode(number); code != want || ok != (want != "") {
				t.Errorf("%s: %q", number, code)
			}
		}
		f.rows(`SELECT galley.enqueue('sms', '{"to": "nobody", "text": "x"}')`)
		f.until("discarded", `SELECT state FROM galley.jobs WHERE payload::text LIKE '%nobody%'`)
	})
}

// TestAdmin: the service role's API, and that nobody else's is.
func TestAdmin(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		s := f.service(mail.Config{Settings: f.settings()})
		h := s.Admin()
		described := contract.New(t, admin.Document())
		ask := func(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
			w := ask(h, method, target, body)
			described.Check(method, target, w.Code, w.Body.String())
			return w
		}
		var sent struct{ ID string }
		w := ask(h, "POST", "/admin/v1/mail/test", `{"to": "ada@example.org", "language": "fr"}`)
		if err := json.Unmarshal(w.Body.Bytes(), &sent); err != nil || w.Code != 202 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		f.state(sent.ID, "captured")
		f.until("completed", `SELECT state FROM galley.jobs`)
		w = ask(h, "GET", "/admin/v1/mail/messages/"+sent.ID, "")
		for _, part := range []string{`"captured"`, `"Un message d’essai"`, `"ada@example.org"`, `"completed"`} {
			if w.Code != 200 || !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: %d %s", part, w.Code, w.Body)
			}
		}
		for target, want := range map[string]int{"?to=ADA@example.org": 1, "?to=bob@example.org": 0, "?state=captured": 1, "?state=sent": 0, "?channel=sms": 0, "?offset=1": 0, "?limit=0": 0} {
			var page struct{ Messages []any }
			w := ask(h, "GET", "/admin/v1/mail/messages"+target, "")
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Messages) != want {
				t.Errorf("%s: %d %s", target, w.Code, w.Body)
			}
		}
		for _, c := range []struct {
			method, target, body string
			want                 int
			part                 string
		}{
			{"POST", "/admin/v1/mail/suppressions", `{"address": "Ada@example.org", "detail": "asked"}`, 201, "ada@example.org"},
			{"GET", "/admin/v1/mail/suppressions?address=ADA@example.org", "", 200, `"manual"`},
			{"POST", "/admin/v1/mail/suppressions", `{"address": "no address"}`, 400, "no address"},
			{"POST", "/admin/v1/mail/suppressions", `{"addres": "x"}`, 400, "addres"},
			{"POST", "/admin/v1/mail/test", `{"to": "ada@example.org", "template": "nope"}`, 400, "nope"},
			{"POST", "/admin/v1/mail/test", `{"to": "+491715550100", "channel": "sms"}`, 202, "id"},
			{"GET", "/admin/v1/mail/messages", "", 200, "sms"},
			{"GET", "/admin/v1/mail/messages?limit=x", "", 400, "limit"},
			{"GET", "/admin/v1/mail/messages/nope", "", 404, "no such message"},
			{"GET", "/admin/v1/mail/nope", "", 404, "Invalid path"},
			{"DELETE", "/admin/v1/mail/suppressions/ADA@example.org", "", 204, ""},
			{"DELETE", "/admin/v1/mail/suppressions/ADA@example.org", "", 404, "not suppressed"},
		} {
			if w := ask(h, c.method, c.target, c.body); w.Code != c.want || !strings.Contains(w.Body.String(), c.part) {
				t.Errorf("%s %s %s: %d %s", c.method, c.target, c.body, w.Code, w.Body)
			}
		}
		described.Complete(func(path string) bool { return strings.HasPrefix(path, "/admin/v1/mail/") })
		for role, want := range map[string]int{"": 401, "anon": 403, "authenticated": 403} {
			r := httptest.NewRequest("GET", "/admin/v1/mail/messages", nil)
			r = r.WithContext(httpapi.WithIdentity(r.Context(), httpapi.Identity{Role: role, Authenticated: role != ""}))
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != want {
				t.Errorf("%s: %d", role, w.Code)
			}
		}
	})
}

// TestRetried: a message that failed for good is sent when its job is retried.
func TestRetried(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		var well atomic.Bool
		var bodies atomic.Value
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			bodies.Store(string(raw))
			if !well.Load() {
				w.WriteHeader(400)
				return
			}
			w.Header().Set("X-Message-Id", "x")
			w.WriteHeader(202)
		}))
		defer server.Close()
		s := f.service(mail.Config{HTTP: server.Client(), Settings: f.settings("GALLEY_MAIL_SENDGRID_API_KEY=key-of-sendgrid", "GALLEY_MAIL_SENDGRID_URL="+server.URL, "GALLEY_MAIL_FROM=app@example.org")})
		id := f.send(s, mail.Request{To: mail.List{"a@example.org"}, Subject: "x", Text: "text of the mail"})
		f.until("failed,discarded", `SELECT m.state, j.state FROM galley.mail_messages m JOIN galley.jobs j ON j.id = m.job`)
		well.Store(true)
		f.rows("SELECT galley.retry_job(" + f.rows(`SELECT job FROM galley.mail_messages`) + ")")
		f.state(id, "sent")
		if !strings.Contains(bodies.Load().(string), "text of the mail") {
			t.Error(bodies.Load())
		}
		f.rows(`UPDATE galley.mail_messages SET created_at = now() - interval '31 days'`)
		expired := mail.Request{To: mail.List{"a@example.org"}, Subject: "x", Text: "x", ExpiresAt: time.Now().Add(-time.Second)}
		late := f.send(s, expired)
		f.until("discarded", `SELECT state FROM galley.jobs WHERE id = (SELECT job FROM galley.mail_messages WHERE id = $1::uuid)`, late)
		f.state(late, "queued")
	})
}

// TestMistakesOfConfiguration are found before anything starts.
func TestMistakesOfConfiguration(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t))
	for _, env := range [][]string{{"GALLEY_MAIL_SMTP_HOST=x", "GALLEY_MAIL_FROM=a@b.c", "GALLEY_MAIL_SMTP_CA=gone.pem"}, {"GALLEY_MAIL_TEMPLATES_INVITE_CONTENT_PATH=gone.html"},
		{"GALLEY_MAIL_TEMPLATES_INVITE_SUBJECT={{.Nope}}"}} {
		if _, err := mail.New(mail.Config{DB: f.db, Settings: f.settings(env...)}); err == nil || fault.Code(err) == fault.InternalError {
			t.Errorf("%v: %v", env, err)
		}
	}
}
