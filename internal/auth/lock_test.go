package auth_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/database"
)

// awaitMail waits for a mail of a template.
func (s *site) awaitMail(template string) core.Mail {
	s.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		s.outbox.mu.Lock()
		for _, m := range s.outbox.mails {
			if m.Template == template {
				s.outbox.mu.Unlock()
				return m
			}
		}
		s.outbox.mu.Unlock()
	}
	s.Fatalf("no mail %s was sent", template)
	return core.Mail{}
}

// mails counts those of a template.
func (s *site) mails(template string) (n int) {
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	for _, m := range s.outbox.mails {
		if m.Template == template {
			n++
		}
	}
	return n
}

// landed is where a link of a mail leads.
func (s *site) landed(link string) *url.URL {
	s.Helper()
	u, err := url.Parse(link)
	if err != nil {
		s.Fatal(err)
	}
	a := s.do("GET", strings.TrimPrefix(u.RequestURI(), "/auth/v1"), "", nil)
	if a.status != 303 {
		s.Fatalf("status %d: %v", a.status, a.body)
	}
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		s.Fatal(err)
	}
	return to
}

func TestLockedAndOpened(t *testing.T) {
	env := []string{"GALLEY_AUTH_RATE_LIMIT_LOCK_AFTER=3", "GALLEY_AUTH_RATE_LIMIT_LOCK_FOR=1h"}
	onEngines(t, env, func(t *testing.T, s *site) {
		s.member("ada@example.org")
		right := object{"email": "ada@example.org", "password": strong}
		for _, email := range []string{"ada@example.org", "nobody@example.org"} {
			for range 3 {
				s.want(s.do("POST", "/token?grant_type=password", "", object{"email": email, "password": "x"}), 400, "invalid_credentials")
			}
			locked := s.want(s.do("POST", "/token?grant_type=password", "", object{"email": email, "password": strong}), 429, "over_request_rate_limit")
			if locked.header.Get("Retry-After") == "" {
				t.Errorf("%v", locked.header)
			}
		}
		// Codes have a count of their own: the owner gets in by one meanwhile.
		s.want(s.do("POST", "/otp", "", object{"email": "ada@example.org"}), 200, "")
		code := s.awaitMail("magic_link").Token
		s.want(s.do("POST", "/verify", "", object{"type": "magiclink", "email": "ada@example.org", "token": code}), 200, "")
		s.want(s.do("POST", "/token?grant_type=password", "", right), 429, "")

		m := s.awaitMail("unlock")
		if m.To != "ada@example.org" || s.mails("unlock") != 1 || !strings.HasPrefix(m.ConfirmationURL, "https://api.example.org/auth/v1/verify?") {
			t.Fatalf("%+v", m)
		}
		forged := strings.Replace(m.ConfirmationURL, "token=", "token=0", 1)
		if to := s.landed(forged); !strings.Contains(to.Fragment, "otp_expired") {
			t.Errorf("a forged link lands at %s", to)
		}
		s.want(s.do("POST", "/token?grant_type=password", "", right), 429, "")
		if to := s.landed(m.ConfirmationURL); to.Host != "app.example.org" || !strings.Contains(to.Fragment, "message=") {
			t.Errorf("the link lands at %s", to)
		}
		s.want(s.do("POST", "/token?grant_type=password", "", right), 200, "")
		if to := s.landed(m.ConfirmationURL); !strings.Contains(to.Fragment, "otp_expired") {
			t.Errorf("used again it lands at %s", to)
		}
		for action, want := range map[string]int64{"account_locked": 1, "account_unlocked": 1} {
			rows, err := database.Records(t.Context(), database.Owner{DB: s.db},
				"select count(*) from auth.audit_log_entries where payload ->> 'action' = $1", action)
			if err != nil || rows[0].Int(0) != want {
				t.Errorf("%s: %v, %v", action, rows, err)
			}
		}
	})
}

// TestMailLimit holds that the project's mails are bounded, in whatever way they are
// asked for, and that being refused tells nobody who has an account.
func TestMailLimit(t *testing.T) {
	onEngines(t, []string{"GALLEY_AUTH_RATE_LIMIT_EMAIL_SENT=2"}, func(t *testing.T, s *site) {
		tokens := s.member("ada@example.org")
		s.want(s.do("POST", "/signup", "", object{"email": "bob@example.org", "password": strong}), 200, "")
		for _, email := range []string{"ada@example.org", "carol@example.org"} {
			s.want(s.do("POST", "/signup", "", object{"email": email, "password": strong}), 429, "over_email_send_rate_limit")
			s.want(s.do("POST", "/otp", "", object{"email": email}), 429, "over_email_send_rate_limit")
			s.want(s.do("POST", "/recover", "", object{"email": email}), 200, "")
		}
		s.want(s.do("PUT", "/user", tokens.text("access_token"), object{"email": "new@example.org"}), 429, "over_email_send_rate_limit")
		if n := len(s.outbox.mails); n != 2 {
			t.Errorf("%d mails were sent", n)
		}
	})
}

// recoverFrom asks for recovery from an address, by a trusted proxy, and returns the
// status.
func (s *site) recoverFrom(address, email string) int {
	s.Helper()
	r := httptest.NewRequest("POST", "/recover", strings.NewReader(`{"email": "`+email+`"}`)).WithContext(s.Context())
	r.Header.Set("X-Forwarded-For", address)
	return s.serve(r).Code
}

// TestAccountLimit holds that an account is asked for mails only so often, from
// however many addresses.
func TestAccountLimit(t *testing.T) {
	env := []string{"GALLEY_AUTH_RATE_LIMIT_SIGN_IN_SIGN_UPS=40", "GALLEY_AUTH_RATE_LIMIT_TRUSTED_PROXIES=192.0.2.0/24"}
	onEngines(t, env, func(t *testing.T, s *site) {
		refused := 0
		for i := range 60 {
			if s.recoverFrom(fmt.Sprintf("198.51.100.%d", i), "nobody@example.org") == 429 {
				refused++
			}
		}
		if refused == 0 || refused > 30 {
			t.Errorf("%d of 60 were refused", refused)
		}
		if status := s.recoverFrom("203.0.113.9", "other@example.org"); status != 200 {
			t.Errorf("another account: %d", status)
		}
	})
}
