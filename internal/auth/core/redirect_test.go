package core

import (
	"testing"

	"github.com/galleyhq/galley/internal/auth/redirect"
	"github.com/galleyhq/galley/internal/config"
)

// TestPages holds which URLs are those of the sign-in page.
func TestPages(t *testing.T) {
	for _, c := range []struct {
		url, asked string
		want       bool
	}{
		{"https://api.example.org", "https://api.example.org/auth/ui", true},
		{"https://api.example.org", "https://api.example.org/auth/ui?view=password&redirect_to=https%3A%2F%2Fevil.example", true},
		{"https://api.example.org", "https://api.example.org/auth/ui/x", false},
		{"https://api.example.org", "https://api.example.org/auth/uix?", false},
		{"https://api.example.org", "http://api.example.org/auth/ui", false},
		{"https://api.example.org", "https://apixexample.org/auth/ui", false},
		{"https://api.example.org", "https://evil.example/?https://api.example.org/auth/ui", false},
		{"https://api.example.org/{a,b}", "https://api.example.org/a/auth/ui", false},
		{"https://api.example.org", "http://localhost:8000/auth/ui", false},
		{"http://127.0.0.1:8000", "http://localhost:8000/auth/ui", true},
		{"http://127.0.0.1:8000", "http://localhost:8000/auth/ui?view=password", true},
		{"http://127.0.0.1:8000", "http://localhost:8000/other", false},
		{"http://127.0.0.1:8000", "http://localhost.evil.example:8000/auth/ui", false},
	} {
		var settings config.Config
		settings.Auth.UI.Enabled = true
		core := Core{Config: Config{URL: c.url, Settings: settings}}
		list, err := redirect.New("https://app.example.org", core.pages())
		if err != nil {
			t.Fatal(err)
		}
		if got := list.Allowed(c.asked); got != c.want {
			t.Errorf("at %s, %s: %v", c.url, c.asked, got)
		}
		settings.Auth.UI.Enabled = false
		core.Settings = settings
		if len(core.pages()) != 0 {
			t.Error("a page that is off")
		}
	}
}
