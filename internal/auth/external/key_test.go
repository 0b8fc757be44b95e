package external

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/auth/provider"
	"github.com/galleyhq/galley/internal/auth/store"
	"github.com/galleyhq/galley/internal/config"
	"github.com/galleyhq/galley/internal/outgoing"
)

// TestPrivateKey: a key is in the settings, on lines or on one, or in a file.
func TestPrivateKey(t *testing.T) {
	const pem = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----"
	dir := t.TempDir()
	path := filepath.Join(dir, "apple.p8")
	if err := os.WriteFile(path, []byte(pem), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{pem, `-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----`, "apple.p8", path} {
		if got, err := privateKey(dir, text); err != nil || got != pem {
			t.Errorf("%.20q: %q, %v", text, got, err)
		}
	}
	if got, err := privateKey(dir, ""); err != nil || got != "" {
		t.Errorf("none: %q, %v", got, err)
	}
	if _, err := privateKey(dir, "other.p8"); err == nil {
		t.Error("a file that is not there")
	}
}

// TestSettings: what a section says reaches the provider.
func TestSettings(t *testing.T) {
	c, _, err := config.Load(config.Source{Project: t.TempDir(), Env: []string{"GALLEY_AUTH_EXTERNAL_APPLE_CLIENT_ID=a, b",
		"GALLEY_AUTH_EXTERNAL_APPLE_TEAM_ID=T", "GALLEY_AUTH_EXTERNAL_APPLE_KEY_ID=K", "GALLEY_AUTH_EXTERNAL_APPLE_PRIVATE_KEY=P",
		"GALLEY_AUTH_EXTERNAL_APPLE_CUSTOM_CLAIMS=team,level"}})
	if err != nil {
		t.Fatal(err)
	}
	got := configOf("apple", c.Auth.External["apple"])
	if got.Apple.TeamID != "T" || got.Apple.KeyID != "K" || got.Apple.PrivateKey != "P" || !slices.Equal(got.CustomClaims, []string{"team", "level"}) ||
		!slices.Equal(got.ClientIDs, []string{"a", "b"}) {
		t.Errorf("%+v", got)
	}
}

// TestMarkOfForms: a browser that comes back by a form of another site brings only
// cookies that are for all sites.
func TestMarkOfForms(t *testing.T) {
	guard, err := outgoing.New(outgoing.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(guard.Close)
	set, err := provider.New(provider.Options{Guard: guard, Callback: "https://api.example.org/auth/v1/callback", Providers: []provider.Config{
		{Name: "apple", Enabled: true, ClientIDs: []string{"x"}}, {Name: "google", Enabled: true, ClientIDs: []string{"x"}},
		{Name: "github", Enabled: true, ClientIDs: []string{"x"}, RedirectURI: "https://app.example.org/signed-in"},
		{Name: "gitlab", Enabled: true, ClientIDs: []string{"x"}, RedirectURI: "http://localhost:8000/auth/v1/callback"}}})
	if err != nil {
		t.Fatal(err)
	}
	h := &Handlers{key: []byte("key")}
	for name, want := range map[string]string{"apple": "__Host-galley-signin Secure SameSite=None", "google": "__Host-galley-signin Secure SameSite=Lax", "gitlab": "galley-signin SameSite=Lax"} {
		p, err := set.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		state := h.mark(w, httptest.NewRequest("GET", "/", nil), p, "id")
		r := httptest.NewRequest("POST", "/", nil)
		c := w.Result().Cookies()[0]
		r.AddCookie(c)
		got := c.Name
		for _, word := range []string{"Secure", "SameSite=None", "SameSite=Lax"} {
			if strings.Contains(c.Raw, word) {
				got += " " + word
			}
		}
		if got != want || !bound(&store.FlowState{}, p) || !h.marked(r, p, "id", strings.TrimPrefix(state, "id.")) || h.marked(r, p, "other", strings.TrimPrefix(state, "id.")) {
			t.Errorf("%s: %s, %s", name, c.Raw, state)
		}
	}
	if p, err := set.Find("github"); err != nil || bound(&store.FlowState{}, p) {
		t.Error("the cookie would be given where nobody comes back:", err)
	}
}
