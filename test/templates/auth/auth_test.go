// Package auth tests the starter app of accounts.
package auth

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/test/galleytest"
	"github.com/galleyhq/galley/test/templates/starter"
)

func TestMain(m *testing.M) { starter.Main(m) }

func TestAuth(t *testing.T) {
	starter.Each(t, "auth", []string{"GALLEY_AUTH_EMAIL_MAX_FREQUENCY=0s"}, func(t *testing.T, a *starter.App) {
		a.Suite(t, 12, "auth.test.js")
		a.Browser(t, 10, "walk.js")
		a.Doctor(t)
		firstAdmin(t, a)
	})
}

const email, password = "root@example.org", "tangible-otter-42-umbrella"

// firstAdmin makes one by the command line, who needs an account that was used; and
// tries to delete it with a token of a sign-in that is long ago.
func firstAdmin(t *testing.T, a *starter.App) {
	grant := func() string {
		return string(galleytest.Command(t, a.Options, "sql", "select make_admin('ROOT@example.org')"))
	}
	_, body := post(t, a, "/auth/v1/admin/users", a.Keys.ServiceRole, map[string]any{"email": email, "password": password, "email_confirm": true})
	if out := grant(); !strings.Contains(out, "nobody with the address ROOT@example.org has signed in yet") {
		t.Error(out)
	}
	var user struct{ ID string }
	if err := json.Unmarshal(body, &user); err != nil || user.ID == "" {
		t.Fatalf("%s", body)
	}
	if status, body := post(t, a, "/auth/v1/token?grant_type=password", a.Keys.Anon, map[string]any{"email": email, "password": password}); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if out := grant(); !strings.Contains(out, "ROOT@example.org is an admin") {
		t.Error(out)
	}
	claims := func(ago time.Duration) map[string]any {
		return map[string]any{"aal": "aal1", "amr": []any{map[string]any{"method": "password", "timestamp": time.Now().Add(-ago).Unix()}}}
	}
	old := a.Token(t, user.ID, claims(time.Hour))
	if status, body := post(t, a, "/rest/v1/rpc/people", old, map[string]any{"search": email}); status != 200 || !bytes.Contains(body, []byte(`"admin"`)) {
		t.Errorf("people: %d %s", status, body)
	}
	if status, body := post(t, a, "/rest/v1/rpc/delete_account", old, map[string]any{}); status != 403 || !bytes.Contains(body, []byte("Enter your password again")) {
		t.Errorf("deleted by an old sign-in: %d %s", status, body)
	}
}

func post(t *testing.T, a *starter.App, path, token string, body any) (int, []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Apikey", a.Keys.Anon)
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, out
}
