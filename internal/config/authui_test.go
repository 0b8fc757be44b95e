package config

import (
	"errors"
	"testing"
)

// TestSignInPageSettings tries values that would end a rule of the page's style or
// policy.
func TestSignInPageSettings(t *testing.T) {
	load := func(variable string) error {
		_, _, err := Load(Source{Project: t.TempDir(), Env: []string{"GALLEY_AUTH_UI_" + variable}})
		return err
	}
	for _, good := range []string{"TITLE=Ada & Söhne <3", "LOGO_URL=/logo.svg", "LOGO_URL=https://cdn.example.org:8443/a/b.png?v=1", "ACCENT_COLOR=#A1b2C3",
		"FRAME_ANCESTORS=https://a.example,http://localhost:5173", "ENABLED=false"} {
		if err := load(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"ACCENT_COLOR=red", "ACCENT_COLOR=#fff", "ACCENT_COLOR=#ffffff;}", "BACKGROUND_COLOR=#12345g", "DARK_ACCENT_COLOR=url(x)", "DARK_BACKGROUND_COLOR= #000000",
		"LOGO_URL=//evil.example/x", "LOGO_URL=http://cdn.example.org/l.svg", "LOGO_URL=javascript:alert(1)", "LOGO_URL=https://a;script-src *", "LOGO_URL=https://u@a.example/", "LOGO_URL=logo.svg",
		"LOGO_URL=/a b", `LOGO_URL=/\evil.example`, "LOGO_URL=data:image/svg+xml,x", "FRAME_ANCESTORS=*", "FRAME_ANCESTORS=https://a.example/path", "FRAME_ANCESTORS=https://*.example", "FRAME_ANCESTORS='self'",
		"FRAME_ANCESTORS=https://a.example;script-src *", "TITLE=a\nb", "TITLE=" + string(make([]byte, 3)), "ENABLED=perhaps"} {
		err := load(bad)
		if _, ok := errors.AsType[Problems](err); !ok {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
