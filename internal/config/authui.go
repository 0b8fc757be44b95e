package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// AuthUI is the section [auth.ui]: the sign-in page.
type AuthUI struct {
	Enabled        bool
	Title          string // the name of the app, for people
	LogoURL        string // https, or a path of this server
	Light, Dark    AuthColors
	FrameAncestors []string // origins that may show the page in a frame
}

// AuthColors are colours as #rrggbb. What stands on them is black or white, which
// is decided by them.
type AuthColors struct{ Accent, Background string }

func authUIDefaults() AuthUI {
	return AuthUI{Enabled: true, Light: AuthColors{"#1f5fbf", "#ffffff"}, Dark: AuthColors{"#8ab8ff", "#15181c"}}
}

func authUIKeys() []key {
	return []key{
		{"auth.ui.enabled", boolean(func(c *Config) *bool { return &c.Auth.UI.Enabled })},
		{"auth.ui.title", text(func(c *Config) *string { return &c.Auth.UI.Title })},
		{"auth.ui.logo_url", text(func(c *Config) *string { return &c.Auth.UI.LogoURL })},
		{"auth.ui.accent_color", text(func(c *Config) *string { return &c.Auth.UI.Light.Accent })},
		{"auth.ui.background_color", text(func(c *Config) *string { return &c.Auth.UI.Light.Background })},
		{"auth.ui.dark_accent_color", text(func(c *Config) *string { return &c.Auth.UI.Dark.Accent })},
		{"auth.ui.dark_background_color", text(func(c *Config) *string { return &c.Auth.UI.Dark.Background })},
		{"auth.ui.frame_ancestors", list(func(c *Config) *[]string { return &c.Auth.UI.FrameAncestors })},
	}
}

var color = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// validateAuthUI refuses what could end a rule of CSS or a policy and begin another.
func (l *loader) validateAuthUI() {
	u := l.config.Auth.UI
	for _, c := range []struct{ name, value string }{
		{"accent_color", u.Light.Accent}, {"background_color", u.Light.Background},
		{"dark_accent_color", u.Dark.Accent}, {"dark_background_color", u.Dark.Background},
	} {
		if !color.MatchString(c.value) {
			l.wrong("auth.ui."+c.name, "expected a colour such as #1f5fbf")
		}
	}
	if utf8.RuneCountInString(u.Title) > 80 || strings.ContainsFunc(u.Title, unicode.IsControl) {
		l.wrong("auth.ui.title", "expected at most 80 characters in one line")
	}
	if u.LogoURL != "" && !isPath(u.LogoURL) && !isOrigin(u.LogoURL, true) {
		l.wrong("auth.ui.logo_url", "expected an https URL, or a path of this server, such as /logo.svg")
	}
	if slices.ContainsFunc(u.FrameAncestors, func(o string) bool { return !isOrigin(o, false) }) {
		l.wrong("auth.ui.frame_ancestors", "expected origins, such as https://app.example.org")
	}
}

// isPath tells whether a text is a path on this server, as /logo.svg; //host and /\host
// lead elsewhere.
func isPath(text string) bool {
	return strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//") && !strings.ContainsFunc(text, unsafe)
}

// isOrigin tells whether a text is an origin of the web, or with path a URL of one.
// http is for this machine only.
func isOrigin(text string, path bool) bool {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Hostname() == "" || strings.ContainsFunc(text, unsafe) || strings.Contains(u.Host, "*") {
		return false
	}
	local := u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
	return (u.Scheme == "https" || local) && (path || text == u.Scheme+"://"+u.Host)
}

// unsafe are the characters that policies and style sheets give a meaning.
func unsafe(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`\;,"'<>(){}`, r)
}
