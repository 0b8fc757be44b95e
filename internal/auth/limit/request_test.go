package limit

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/outgoing"
)

func TestSubject(t *testing.T) {
	for addr, want := range map[string]string{
		"203.0.113.9": "203.0.113.9", "::ffff:203.0.113.9": "203.0.113.9",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2:ffff::": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := Subject(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s counts as %s", addr, got)
		}
	}
	if Subject(netip.Addr{}) == "" {
		t.Error("a request of nowhere counts as the whole project")
	}
}

func TestRules(t *testing.T) {
	r := NewRules(Rates{EmailSent: 2, SMSSent: 0, SignInSignUps: 60, TokenRefresh: 150})
	if step, room := r.SignIn.seconds(); step != 5 || room != 150 {
		t.Errorf("sign-ins: %v, %v", step, room)
	}
	if step, room := r.Emails.seconds(); step != 1800 || room != 3600 {
		t.Errorf("mails: %v, %v", step, room)
	}
	if e := r.Emails.exceeded(90*time.Second + 1); e.Code != "over_email_send_rate_limit" || e.RetryAfter != 91 || e.Status != 429 {
		t.Errorf("%+v", e)
	}
	if err := New(nil).Allow(t.Context(), Check{Rule: r.SMS}, Check{Rule: r.Verify}); err != nil {
		t.Errorf("no limit at all: %v", err)
	}
}

func TestCaptcha(t *testing.T) {
	guard, err := outgoing.New(outgoing.Config{Allow: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	var status int
	var body, form string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form = r.Method + " " + r.PostForm.Encode()
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	c, err := NewCaptcha(guard, "turnstile", " s&cret ")
	if err != nil || c.url != "https://challenges.cloudflare.com/turnstile/v0/siteverify" {
		t.Fatal(c, err)
	}
	c.url = server.URL
	for _, x := range []struct {
		status      int
		body, token string
		want        string // "" for a yes, "!" for no answer, otherwise the message
	}{
		{200, `{"success":true,"challenge_ts":"2026-01-01T00:00:00Z","hostname":"example.com","error-codes":[]}`, "tok=en", ""},
		{200, `{"success":false,"error-codes":["invalid-input-response","timeout-or-duplicate"]}`, "x", "invalid-input-response, timeout-or-duplicate"},
		{200, `{"success":false,"error-codes":["<script>","bad-request"]}`, "x", "(bad-request)"},
		{400, `{"success":false,"error-codes":["missing-input-secret"]}`, "x", "missing-input-secret"},
		{400, `{"success":true}`, "x", "()"},
		{200, `{}`, "x", "()"}, {200, `{"success":"true"}`, "x", "!"}, {200, `null`, "x", "()"}, {200, `true`, "x", "!"},
		{200, ``, "x", "!"}, {500, `{"success":true}`, "x", "!"}, {200, `{"success":true}` + strings.Repeat(" ", captchaAnswer), "x", "!"},
		{200, `{"success":true}`, " ", "no captcha_token found"},
		{200, `{"success":true}`, strings.Repeat("x", maxToken+1), "invalid-input-response"},
	} {
		status, body, form = x.status, x.body, ""
		err := c.Verify(t.Context(), x.token, "203.0.113.9")
		e, _ := errors.AsType[*autherr.Error](err)
		switch {
		case x.want == "" && err != nil, x.want == "!" && !errors.Is(err, ErrCaptcha):
			t.Errorf("%d %.60s: %v", x.status, x.body, err)
		case x.want != "" && x.want != "!" && (e == nil || e.Code != autherr.CaptchaFailed || e.Status != 400 || !strings.Contains(e.Message, x.want)):
			t.Errorf("%d %.60s: %v, want %s", x.status, x.body, err, x.want)
		}
		if x.token == "tok=en" && form != "POST remoteip=203.0.113.9&response=tok%3Den&secret=s%26cret" {
			t.Errorf("asked with %s", form)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Verify(ctx, "x", ""); !errors.Is(err, ErrCaptcha) {
		t.Errorf("a done context: %v", err)
	}
	for _, bad := range [][2]string{{"recaptcha", "x"}, {"hcaptcha", " "}, {"", "x"}} {
		if _, err := NewCaptcha(guard, bad[0], bad[1]); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

// FuzzCaptcha lets nothing pass but success: true.
func FuzzCaptcha(f *testing.F) {
	for _, s := range []string{`{"success":true}`, `{"success":false,"error-codes":["a-b"]}`, `{"success":1}`, `[]`, `{"Success":true}`} {
		f.Add([]byte(s), 200)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		err := readCaptcha(status, false, body)
		if err == nil && (status != 200 || !strings.Contains(strings.ToLower(string(body)), "true")) {
			t.Errorf("%d %q passes", status, body)
		}
		if e, ok := errors.AsType[*autherr.Error](err); err != nil && (!ok || strings.ContainsAny(e.Message, "<>\r\n\"")) {
			t.Errorf("%d %q: %v", status, body, err)
		}
	})
}
