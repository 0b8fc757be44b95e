package external

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/galleyhq/galley/internal/config"
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
