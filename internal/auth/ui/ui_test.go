package ui

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/config"
)

// TestTexts holds that every language has every text, and that the modules name
// those that are there.
func TestTexts(t *testing.T) {
	files, err := fs.Sub(embedded, "files")
	if err != nil {
		t.Fatal(err)
	}
	all, err := readTexts(files)
	if err != nil {
		t.Fatal(err)
	}
	value := regexp.MustCompile(`\{\w+\}`)
	for lang, its := range all {
		for name, text := range all[fallback] {
			if its[name] == "" || len(value.FindAllString(text, -1)) != len(value.FindAllString(its[name], -1)) {
				t.Errorf("%s: %s is missing, or lacks a value", lang, name)
			}
		}
		if len(its) != len(all[fallback]) {
			t.Errorf("%s has %d texts, %s %d", lang, len(its), fallback, len(all[fallback]))
		}
	}
	var code strings.Builder
	names, err := fs.Glob(files, "*.js")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range append(names, "page.html") {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(raw)
	}
	for _, m := range regexp.MustCompile(`\bt\("([\w.]+)"`).FindAllStringSubmatch(code.String(), -1) {
		if all[fallback][m[1]] == "" {
			t.Errorf("there is no text %s", m[1])
		}
	}
	for name := range all[fallback] {
		if !strings.HasPrefix(name, "error.") && !strings.Contains(code.String(), `"`+name+`"`) && !strings.HasSuffix(name, "Sent") {
			t.Errorf("the text %s is shown nowhere", name)
		}
	}
}

// TestModules holds that nothing takes HTML or leaves this server.
func TestModules(t *testing.T) {
	lines := 0
	err := fs.WalkDir(embedded, "files", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".json") {
			return err
		}
		raw, err := fs.ReadFile(embedded, path)
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://", "style=", "<script>"} {
			if strings.Contains(string(raw), bad) {
				t.Errorf("%s: %s", path, bad)
			}
		}
		lines += strings.Count(string(raw), "\n")
		return err
	})
	if err != nil || lines == 0 || lines > 800 {
		t.Error(lines, err)
	}
}

func TestContrast(t *testing.T) {
	for pair, want := range map[[2]string]float64{{"#000000", "#ffffff"}: 21, {"#ffffff", "#ffffff"}: 1, {"#777777", "#ffffff"}: 4.48} {
		if got := contrast(pair[0], pair[1]); got < want-0.01 || got > want+0.01 {
			t.Errorf("%v: %.2f", pair, got)
		}
	}
	const digits = "0369cf"
	for _, r := range digits {
		for _, g := range digits {
			for _, b := range digits {
				color := "#" + strings.Repeat(string(r), 2) + strings.Repeat(string(g), 2) + strings.Repeat(string(b), 2)
				if c := contrast(on(color), color); c < readable {
					t.Errorf("%s on %s: %.2f", on(color), color, c)
				}
			}
		}
	}
	if css := theme(config.AuthUI{Light: config.AuthColors{Accent: "#1f5fbf", Background: "#ffffff"}, Dark: config.AuthColors{Accent: "#8ab8ff", Background: "#15181c"}}); strings.Count(css, "--text: #") != 2 {
		t.Error(css)
	}
}

func TestTitles(t *testing.T) {
	for name, want := range map[string]string{"google": "Google", "azure": "Microsoft", "my_realm": "My realm", "x": "X"} {
		if got := title(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestPolicy: a CAPTCHA widens it by its service's hosts and by nothing else.
func TestPolicy(t *testing.T) {
	const plain = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
	const strict = "; require-trusted-types-for 'script'; trusted-types 'none'"
	const h = "https://hcaptcha.com https://*.hcaptcha.com"
	const c = "https://challenges.cloudflare.com"
	for name, v := range map[string]struct {
		config.Captcha
		want string
	}{
		"none":        {config.Captcha{Provider: "hcaptcha", Secret: "s", SiteKey: "k"}, plain + strict},
		"no site key": {config.Captcha{Enabled: true, Provider: "hcaptcha", Secret: "s"}, plain + strict},
		"hcaptcha": {config.Captcha{Enabled: true, Provider: "hcaptcha", SiteKey: "k"},
			strings.NewReplacer("script-src 'self'", "script-src 'self' "+h, "style-src 'self'", "style-src 'self' "+h, "connect-src 'self'", "connect-src 'self' "+h).Replace(plain) + "; frame-src " + h},
		"turnstile": {config.Captcha{Enabled: true, Provider: "turnstile", SiteKey: "k"},
			strings.Replace(plain, "script-src 'self'", "script-src 'self' "+c, 1) + "; frame-src " + c},
	} {
		if got := policy(config.Auth{Captcha: v.Captcha}); got != v.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, v.want)
		}
		known := captchaOf(v.Captcha)
		if (known != nil) != v.Enabled || v.Enabled && known.SiteKey != v.SiteKey || strings.Contains(v.want, c) && !strings.HasPrefix(known.Script, c+"/") {
			t.Errorf("%s: %+v", name, known)
		}
	}
}
