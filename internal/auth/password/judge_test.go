package password

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/outgoing"
)

func TestJudge(t *testing.T) {
	all, err := Required("lower_upper_letters_digits_symbols")
	if err != nil {
		t.Fatal(err)
	}
	strong, plain := Policy{MinLength: 8, Strength: 3}, Policy{MinLength: 6}
	for _, c := range []struct {
		policy   Policy
		password string
		known    []string
		want     string // reasons
	}{
		{strong, "", nil, "length pwned"},
		{strong, "hG7-x", nil, "length pwned"},
		{strong, "password", nil, "pwned"},
		{strong, "P4ssw0rd!", nil, "pwned"},
		{strong, "qwertyuiop123", nil, "pwned"},
		{strong, "11111111", nil, "pwned"},
		{strong, "Summer2024", nil, "pwned"},
		{strong, "drowssap12", nil, "pwned"},
		{strong, strings.Repeat("abc", 24), nil, "pwned"},
		{strong, "correct horse battery staple", nil, ""},
		{strong, "rianong-harbor-91", nil, ""},
		{strong, "rianong.harbor1", []string{"Rianong.Harbor@example.com"}, "pwned"},
		{strong, "HarborRianong", []string{"Rianong.Harbor@example.com"}, "pwned"},
		{strong, "rianong-harbor", nil, ""},
		{strong, "пароль-верблюда-7", nil, ""},
		{strong, "éééé", nil, "length pwned"}, // four characters, eight bytes
		{strong, "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", nil, "pwned"},
		{plain, "secret", nil, ""},
		{plain, "pass", nil, "length"},
		{Policy{Required: all}, "aA1!", nil, ""},
		{Policy{Required: all}, "aA1", nil, "characters"},
		{Policy{Required: all}, `aA1\`, nil, ""},
		{Policy{Required: []string{""}}, "x", nil, ""},
		{Policy{MinLength: 8, Required: all, Strength: 1}, "password", nil, "characters pwned"},
		{Policy{MinLength: 8, Required: all, Strength: 4}, "pw", nil, "length characters pwned"},
	} {
		err := NewJudge(c.policy, newPool(t, Config{}), nil).Check(t.Context(), c.password, c.known...)
		if got := reasons(t, err); got != c.want {
			t.Errorf("%q under %+v: %q, want %q", c.password, c.policy, got, c.want)
		}
	}
}

func TestJudgeBounds(t *testing.T) {
	judge := NewJudge(Policy{Strength: 1}, newPool(t, Config{}), nil)
	long := strings.Repeat("4@8({[<361!|17|0$5+7%2z", 9)[:MaxLength]
	if err := judge.Check(t.Context(), long, slices.Repeat([]string{long}, 1000)...); reasons(t, err) != "pwned" {
		t.Errorf("a password that is known: %v", err)
	}
	if err := judge.Check(t.Context(), long+"x"); !errors.Is(err, ErrTooLong) {
		t.Errorf("73 bytes: %v", err)
	}
	if n := len(words(slices.Repeat([]string{"a.bcd@ef.example"}, 1000))); n != maxWords {
		t.Errorf("%d words", n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := judge.Check(ctx, "rianong-harbor"); !errors.Is(err, context.Canceled) {
		t.Errorf("a done context: %v", err)
	}
	if _, err := Required("letters"); err == nil {
		t.Error("unknown requirements are taken")
	}
}

func reasons(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	weak, ok := errors.AsType[*autherr.Error](err)
	if !ok || weak.Message == "" || weak.Code != autherr.WeakPassword {
		t.Fatalf("not weak: %v", err)
	}
	return strings.Join(weak.Reasons, " ")
}

// The hash of "password" is 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8, as the
// documentation of the service has it.
const answer = "003D68EB55068C33ACE09247EE4C639306B:3\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\r\n" +
	"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF:0\r\n"

func TestLeaks(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		closed bool
		want   string // reasons, or the start of an error
	}{
		"leaked":            {200, answer, true, "pwned"},
		"padding":           {200, strings.ReplaceAll(answer, ":9545824", ":0"), true, ""},
		"another":           {200, "003D68EB55068C33ACE09247EE4C639306B:3\r\n", true, ""},
		"nothing":           {200, "", true, ""},
		"other line ends":   {200, strings.ReplaceAll(strings.ToLower(answer), "\r\n", "\n"), true, "pwned"},
		"down, open":        {503, answer, false, ""},
		"down, closed":      {503, answer, true, "!"},
		"too long, closed":  {200, strings.Repeat(answer, 30000), true, "!"},
		"broken count":      {200, strings.ReplaceAll(answer, "9545824", "many"), true, ""},
		"redirected, close": {302, "", true, "!"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked *http.Request
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			}))
			defer server.Close()
			leaks := &Leaks{Guard: loopback(t), URL: server.URL + "/range/", FailClosed: c.closed, Log: slog.New(slog.DiscardHandler)}
			err := NewJudge(Policy{}, newPool(t, Config{}), leaks).Check(t.Context(), "password")
			if c.want == "!" {
				if !errors.Is(err, ErrUnchecked) {
					t.Errorf("%v", err)
				}
			} else if got := reasons(t, err); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if asked.URL.Path != "/range/5BAA6" || asked.Header.Get("Add-Padding") != "true" {
				t.Errorf("asked for %s with %v", asked.URL, asked.Header)
			}
		})
	}
}

func loopback(t *testing.T) *outgoing.Guard {
	guard, err := outgoing.New(outgoing.Config{Allow: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guard.Close)
	return guard
}

// FuzzScore looks for a password that the library does not come to an end with.
func FuzzScore(f *testing.F) {
	for _, s := range []string{"", "password", "4@8({[<361!|17|0$5+7%2z", "13/3/1997", "\xff\x00", "ẞẞẞ", "aaaaaaaaaaaaaaaaaaaaaaaa", "qwertyuiop"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, password, known string) {
		password = password[:min(len(password), MaxLength)]
		got := score(password, []string{known})
		if got < 0 || got > 4 || got > 0 && !utf8.ValidString(password) {
			t.Errorf("%q scores %d", password, got)
		}
	})
}
