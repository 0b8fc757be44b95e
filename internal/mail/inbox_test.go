package mail_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/mail"
)

// local asks a handler as a program on this machine does.
func local(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host, r.RemoteAddr = "127.0.0.1:8000", "127.0.0.1:40000"
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

type listed struct {
	Messages []struct {
		ID                     int64
		To                     []string
		Subject, Text, HTML    string
		Channel, Code, From    string
		Template, MessageIDKey string
		Headers                []struct{ Name, Value string }
	}
}

func list(t *testing.T, h http.Handler, query string) listed {
	t.Helper()
	w := local(h, "GET", "/dev/inbox.json"+query)
	var out listed
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		t.Fatalf("%s: %d %s", query, w.Code, w.Body)
	}
	return out
}

func TestInbox(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		s := f.service(mail.Config{Settings: f.settings()})
		h := s.Inbox(true)
		link := "https://app.example.org/auth/v1/verify?token=abc&type=signup"
		id := f.send(s, mail.Request{To: mail.List{"Ada <Ada@Example.org>"}, Template: "confirmation", Language: mail.List{"de-AT"},
			Variables: mail.Variables{ConfirmationURL: link, Token: "123456"}})
		f.state(id, "captured")
		f.rows(`SELECT galley.enqueue('mail', '{"to": "bob@example.org", "subject": "Hello", "text": "Hi Bob"}')`)
		f.until("captured", `SELECT state FROM galley.mail_messages WHERE subject = 'Hello'`)
		if got := f.rows(`SELECT count(*) FROM galley.mail_messages WHERE content IS NOT NULL`); got != "0" {
			t.Errorf("%s messages kept their content", got)
		}

		all := list(t, h, "")
		if len(all.Messages) != 2 || all.Messages[0].Subject != "Hello" || all.Messages[0].Text != "Hi Bob" {
			t.Fatalf("%+v", all)
		}
		ada := list(t, h, "?to=ADA@example.ORG").Messages
		if len(ada) != 1 || ada[0].Subject != "Bestätigen Sie Ihre E-Mail-Adresse" || ada[0].To[0] != "Ada <Ada@example.org>" ||
			!strings.Contains(ada[0].Text, link) || !strings.Contains(ada[0].HTML, strings.ReplaceAll(link, "&", "&amp;")) {
			t.Fatalf("%+v", ada)
		}
		if len(ada[0].Headers) < 5 || ada[0].From != `"Galley" <noreply@localhost>` {
			t.Errorf("%+v", ada[0])
		}
		if len(list(t, h, "?to=nobody@example.org").Messages) != 0 || len(list(t, h, "?channel=sms").Messages) != 0 ||
			len(list(t, h, "?limit=1").Messages) != 1 || len(list(t, h, fmt.Sprintf("?after=%d", ada[0].ID)).Messages) != 1 {
			t.Error("a filter does not filter")
		}
		page := local(h, "GET", fmt.Sprintf("/dev/inbox/%d", ada[0].ID), "Accept", "text/html")
		if body := page.Body.String(); page.Code != 200 || !strings.Contains(body, `sandbox="allow-popups allow-popups-to-escape-sandbox"`) ||
			!strings.Contains(page.Header().Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("%d %v %s", page.Code, page.Header(), body)
		}
		html := local(h, "GET", fmt.Sprintf("/dev/inbox/%d/html", ada[0].ID))
		if csp := html.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox ") || strings.Contains(csp, "allow-scripts") ||
			strings.Contains(csp, "allow-same-origin") || html.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v", html.Header())
		}
		if w := local(h, "DELETE", "/dev/inbox?to=bob@example.org"); w.Code != 204 {
			t.Errorf("delete: %d %s", w.Code, w.Body)
		}
		if n := len(list(t, h, "").Messages); n != 1 {
			t.Errorf("%d messages are left", n)
		}
		if w := local(h, "DELETE", "/dev/inbox"); w.Code != 204 || len(list(t, h, "").Messages) != 0 {
			t.Errorf("delete all: %d", w.Code)
		}
		for path, want := range map[string]int{"/dev/inbox/999": 404, "/dev/inbox/x": 404, "/dev/inbox/1/html": 404, "/dev/inbox?channel=pigeon": 400,
			"/dev/inbox.json?after=-1": 400, "/dev/inbox/assets/css": 200, "/dev/inbox/assets/js": 200, "/dev/other": 404} {
			if w := local(h, "GET", path); w.Code != want {
				t.Errorf("%s: %d, want %d", path, w.Code, want)
			}
		}
	})
}

// TestInboxIsBounded: what is too old or too much goes.
func TestInboxIsBounded(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		s := f.service(mail.Config{Settings: f.settings()})
		f.rows(`INSERT INTO galley.mail_inbox (channel, recipients, content, size) SELECT 'mail', '{}', '{"to": []}', 10 FROM generate_series(1, 600)`)
		f.state(f.send(s, mail.Request{To: mail.List{"a@example.org"}, Subject: "x", Text: "x"}), "captured")
		if got := f.rows(`SELECT count(*) FROM galley.mail_inbox`); got != "500" {
			t.Errorf("%s messages", got)
		}
		f.rows(`UPDATE galley.mail_inbox SET size = 33554432`)
		f.state(f.send(s, mail.Request{To: mail.List{"a@example.org"}, Subject: "y", Text: "y"}), "captured")
		if got := f.rows(`SELECT count(*) FROM galley.mail_inbox`); got != "1" {
			t.Errorf("%s messages", got)
		}
	})
}

// TestInboxAccess: who may see links to sign in as anybody.
func TestInboxAccess(t *testing.T) {
	f := newFixture(t, enginetest.Embedded(t))
	s := f.service(mail.Config{Settings: f.settings()})
	as := func(h http.Handler, id httpapi.Identity) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r.WithContext(httpapi.WithIdentity(r.Context(), id)))
		})
	}
	open, closed := s.Inbox(true), s.Inbox(false)
	service := httpapi.Identity{Role: "service_role", Authenticated: true}
	for name, c := range map[string]struct {
		h      http.Handler
		method string
		header []string
		want   int
	}{
		"a program here":             {open, "GET", nil, 200},
		"a browser here":             {open, "GET", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200},
		"its own script":             {open, "GET", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		"a link from elsewhere":      {open, "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200},
		"a frame elsewhere":          {open, "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 401},
		"a script elsewhere":         {open, "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Origin", "https://evil.example"}, 401},
		"another port's script":      {open, "GET", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors", "Origin", "http://127.0.0.1:9"}, 401},
		"an old browser elsewhere":   {open, "GET", []string{"Origin", "https://evil.example"}, 401},
		"a sandboxed page":           {open, "GET", []string{"Origin", "null"}, 401},
		"a form elsewhere":           {open, "DELETE", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 401},
		"by a name of somebody else": {open, "GET", []string{"Host", "evil.example:8000"}, 401},
		"by localhost":               {open, "GET", []string{"Host", "localhost:8000"}, 200},
		"by IPv6":                    {open, "GET", []string{"Host", "[::1]:8000"}, 200},
		"through a proxy":            {open, "GET", []string{"X-Forwarded-For", "203.0.113.9"}, 401},
		"production":                 {closed, "GET", nil, 401},
		"production, signed in":      {as(closed, httpapi.Identity{Role: "authenticated", Authenticated: true}), "GET", nil, 403},
		"production, service role":   {as(closed, service), "GET", nil, 200},
		"signed in":                  {as(open, httpapi.Identity{Role: "authenticated", Authenticated: true}), "GET", nil, 403},
	} {
		if w := local(c.h, c.method, "/dev/inbox.json", c.header...); w.Code != c.want && !(w.Code == 204 && c.want == 200) {
			t.Errorf("%s: %d, want %d: %s", name, w.Code, c.want, w.Body)
		}
	}
	r := httptest.NewRequest("GET", "/dev/inbox", nil)
	r.Host, r.RemoteAddr = "127.0.0.1:8000", "192.0.2.1:40000"
	w := httptest.NewRecorder()
	if open.ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("from another machine: %d", w.Code)
	}
}

// TestRequests are refused at once when they make no mail.
func TestRequests(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		s := f.service(mail.Config{Settings: f.settings("GALLEY_MAIL_PER_RECIPIENT=2")})
		ok := mail.Request{To: mail.List{"a@example.org"}, Subject: "Hello", Text: "Hi"}
		for name, change := range map[string]func(*mail.Request){
			"nobody":            func(r *mail.Request) { r.To = nil },
			"no address":        func(r *mail.Request) { r.To = mail.List{"ada"} },
			"two in one":        func(r *mail.Request) { r.To = mail.List{"a@example.org, b@example.org"} },
			"another header":    func(r *mail.Request) { r.To = mail.List{"a@example.org\r\nBcc: b@example.org"} },
			"a line in subject": func(r *mail.Request) { r.Subject = "Hello\r\nBcc: b@example.org" },
			"a bare newline":    func(r *mail.Request) { r.Subject = "Hello\nX: y" },
			"nothing to say":    func(r *mail.Request) { r.Text = " " },
			"no such template":  func(r *mail.Request) { r.Text, r.Template = "", "nope" },
			"both":              func(r *mail.Request) { r.Template = "invite" },
		} {
			r := ok
			change(&r)
			if _, err := f.trySend(s, r); fault.Code(err) != fault.InvalidParameter && fault.Code(err) != fault.UndefinedObject {
				t.Errorf("%s: %v", name, err)
			}
		}
		f.send(s, ok)
		f.send(s, mail.Request{To: mail.List{"A@EXAMPLE.ORG"}, Subject: "Hello", Text: "Hi"})
		if _, err := f.trySend(s, ok); err == nil || fault.Status(fault.From(err), true) != http.StatusTooManyRequests {
			t.Errorf("one too many: %v", err)
		}
		if got := f.rows(`SELECT count(*) FROM galley.mail_messages`); got != "2" {
			t.Errorf("%s messages", got)
		}
		rolledBack := database.InTx(f.Context(), f.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
			if _, err := s.Send(f.Context(), tx, mail.Request{To: mail.List{"b@example.org"}, Subject: "x", Text: "x"}); err != nil {
				t.Error(err)
			}
			return fault.New(fault.InvalidParameter, "no")
		})
		if got := f.rows(`SELECT count(*) FROM galley.jobs`); got != "2" || rolledBack == nil {
			t.Errorf("%s jobs after a rollback", got)
		}
		f.rows(`SELECT galley.enqueue('mail', '{"to": "c@example.org", "subjekt": "typo"}')`)
		f.until("discarded", `SELECT state FROM galley.jobs WHERE payload::text LIKE '%subjekt%'`)
	})
}

// TestTablesAreClosed: no role of the API reads what is sent.
func TestTablesAreClosed(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		for _, role := range []string{"anon", "authenticated", "service_role"} {
			for _, table := range []string{"mail_messages", "mail_recipients", "mail_suppressions", "mail_inbox"} {
				_, err := database.Exec(f.db.Query(f.Context(), database.Session{Role: role}, database.Statement{SQL: "SELECT * FROM galley." + table}))
				if fault.Code(err) != fault.InsufficientPrivilege {
					t.Errorf("%s reads %s: %v", role, table, err)
				}
			}
		}
	})
}
