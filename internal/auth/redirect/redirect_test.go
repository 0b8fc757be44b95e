package redirect

import (
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

type want map[string]bool

func check(t *testing.T, site string, additional []string, urls want) {
	t.Helper()
	l, err := New(site, additional)
	if err != nil {
		t.Fatal(err)
	}
	for u, allowed := range urls {
		if l.Allowed(u) != allowed {
			t.Errorf("site %s, list %q: %q is allowed: %v", site, additional, u, !allowed)
		}
	}
}

func TestSite(t *testing.T) {
	check(t, "https://example.com", nil, want{
		"https://example.com":                    true,
		"https://example.com/":                   true,
		"https://example.com/a?b=c#d":            true,
		"HTTPS://EXAMPLE.com/a":                  true,
		"http://example.com/a":                   false,
		"https://example.com:8443/a":             false,
		"https://www.example.com/":               false,
		"https://example.com.evil.org/":          false,
		"https://evil.org/https://example.com":   false,
		"https://example.org":                    false,
		"":                                       false,
		"/a":                                     false,
		"//example.com":                          false,
		"//evil.org":                             false,
		"example.com":                            false,
		"https:example.com":                      false,
		"https:/example.com":                     false,
		"https:///example.com":                   false,
		"https://":                               false,
		"https://example.com@evil.org":           false,
		"https://user:pw@example.com":            false,
		"https://@example.com":                   false,
		`https://example.com\@evil.org`:          false,
		`https://evil.org\@example.com`:          false,
		`https:\\example.com`:                    false,
		"https://example.com%2eevil.org":         false,
		"https://example.com%00.evil.org":        false,
		"https://example.com\x00":                false,
		"https://example.com\t/":                 false,
		"\thttps://example.com":                  false,
		"https://example.com/\r\nSet-Cookie: a":  false,
		"https://example。com":                    false,
		"https://еxample.com":                    false, // a Cyrillic letter
		"javascript:alert(1)":                    false,
		"javascript://example.com/%0aalert(1)":   false,
		"JavaScript:alert(1)":                    false,
		"data:text/html,x":                       false,
		"file:///etc/passwd":                     false,
		"https://example.com:/":                  false,
		"https://" + strings.Repeat("a", maxURL): false,
	})
	check(t, "https://example.com:9000", nil, want{
		"https://example.com:9000/path": true,
		"https://example.com/path":      false,
		"https://example.com:9001/path": false,
	})
	check(t, "com.example.app://callback", nil, want{
		"com.example.app://callback":   true,
		"com.example.app://callback/a": true,
		"com.example.app://other":      false,
		"com.example.other://callback": false,
	})
}

func TestLoopback(t *testing.T) {
	check(t, "http://localhost:3000", nil, want{
		"http://localhost:8080/callback": true,
		"http://localhost/callback":      true,
		"https://localhost:3000/":        false,
		"http://localhost.evil.org:3000": false,
	})
	check(t, "https://example.com", []string{"**"}, want{
		"http://127.0.0.1:8080/callback":       true,
		"http://127.9.9.9/":                    true,
		"http://[::1]:3000/":                   true,
		"http://[::ffff:127.0.0.1]/":           true,
		"exp://127.0.0.1:19000":                true,
		"http://192.168.0.1/":                  false,
		"http://8.8.8.8/":                      false,
		"http://[2606:4700::1111]/":            false,
		"http://[::ffff:8.8.8.8]/":             false,
		"http://2130706433/":                   false,
		"http://0x7f000001/":                   false,
		"http://0x7f.1/":                       false,
		"http://127.1/":                        false,
		"http://0177.0.0.1/":                   false,
		"http://127.0.0.1.":                    false,
		"http://134744072/":                    false,
		"exp://134744072/":                     false,
		"http://[fe80::1%25eth0]/":             false,
		"javascript:alert(1)":                  false,
		"javascript://x/%0aalert(1)":           false,
		"vbscript:x":                           false,
		"data:text/html;base64,PHNjcmlwdD4=":   false,
		"blob:https://example.com/1":           false,
		"view-source:https://example.com":      false,
		"//evil.org":                           false,
		"/path":                                false,
		"https:evil.org":                       false,
		"https://user@evil.org":                false,
		"https://evil.org\\@example.com":       false,
		"https://anything.org/":                true, // the list says so
		"com.example.app:/oauth":               true,
		"http://[::1":                          false,
		"http://exa mple.org":                  false,
		"https://xn--bcher-kva.example/":       true,
		"https://bücher.example/":              false,
		"https://example.org./":                true,
		"https://.example.org/":                false,
		"https://-/":                           false,
		"https://example.org:99999999999999/x": true, // no server is there
	})
}

// TestPatterns holds the examples of Supabase's documentation, "Redirect URLs",
// section "Use wildcards in redirect URLs".
func TestPatterns(t *testing.T) {
	for glob, urls := range map[string]want{
		"http://localhost:3000/*": {
			"http://localhost:3000/foo": true, "http://localhost:3000/bar": true, "http://localhost:3000/foo/bar": false,
			"http://localhost:3000/foo/": false, "http://localhost:3000/": true, "http://localhost:3000": false,
		},
		"http://localhost:3000/**": {
			"http://localhost:3000/foo": true, "http://localhost:3000/foo/bar": true, "http://localhost:3000/foo.bar/?x=1#y": true,
		},
		"http://localhost:3000/?": {
			"http://localhost:3000/a": true, "http://localhost:3000/foo": false, "http://localhost:3000/": false, "http://localhost:3000/.": false,
		},
		"http://localhost:3000/[!a-z]": {
			"http://localhost:3000/1": true, "http://localhost:3000/a": false,
		},
		"http://localhost:3000/[a-c-]x": {
			"http://localhost:3000/bx": true, "http://localhost:3000/-x": true, "http://localhost:3000/dx": false,
		},
		"https://*-team.vercel.app/**": {
			"https://a1b2-team.vercel.app/": true, "https://a-team.vercel.app/x/y": true, "https://evil.org/-team.vercel.app/": false,
			"https://evil.org?-team.vercel.app/": false, "https://evil?-team.vercel.app/": false, "https://evil#-team.vercel.app/": false,
			"https://a.b-team.vercel.app/": false, "https://x@evil-team.vercel.app/": false,
		},
		"https://**.example.org/**": {
			"https://a.b.example.org/": true, "https://evil.org/?.example.org/": false, "https://evil.org/x.example.org/": false,
			"https://evil.org#x.example.org/": false, "https://example.org/": false,
		},
		"https://{one,two}.example.org/{a,b/c}": {
			"https://one.example.org/a": true, "https://two.example.org/b/c": true, "https://three.example.org/a": false,
			"https://one.example.org/b": false, "https://one,two.example.org/a": false,
		},
		`https://example.org/\*`: {
			"https://example.org/*": true, "https://example.org/a": false,
		},
		"com.example.app://callback": {
			"com.example.app://callback": true, "com.example.app://callback#x": true, "com.example.app://callback2": false, "com.example.app://callback/": false,
		},
		"http://*:12345/*": {
			"http://one:12345/a": true, "http://one.two:12345/a": false, "http://evil.org/x:12345/a": false,
		},
		"https://example.org": {
			"https://example.org": true, "https://example.org/": false, "https://exampleXorg": false,
		},
	} {
		check(t, "https://site.example", []string{glob}, urls)
	}
}

func TestPatternsThatCannotBeRead(t *testing.T) {
	for _, bad := range []string{"https://[", "https://[]", "https://{a", `https://a\`, "https://[z-a]", strings.Repeat("a", maxPattern+1)} {
		if _, err := New("https://example.com", []string{bad}); err == nil {
			t.Errorf("%.40q was taken", bad)
		}
	}
	for _, bad := range []string{"", "example.com", "https://", "javascript:x", "https://a@example.com", "http:/x"} {
		if _, err := New(bad, nil); err == nil {
			t.Errorf("the site %q was taken", bad)
		}
	}
	if _, err := New("https://example.com", make([]string, maxPatterns+1)); err == nil {
		t.Error("a list without end was taken")
	}
}

func TestChoose(t *testing.T) {
	l, err := New("https://example.com", []string{"https://app.example.org/**"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ query, header, referer, form, want string }{
		{want: "https://example.com"},
		{query: "https://app.example.org/a", want: "https://app.example.org/a"},
		{query: "https://evil.org/a", want: "https://example.com"},
		{query: "https://evil.org/a", referer: "https://app.example.org/r", want: "https://app.example.org/r"},
		{header: "https://app.example.org/h", query: "https://app.example.org/a", want: "https://app.example.org/h"},
		{form: "https://app.example.org/f", want: "https://app.example.org/f"},
		{referer: "https://evil.org/", want: "https://example.com"},
	} {
		r := httptest.NewRequest("GET", "/authorize?redirect_to="+url.QueryEscape(c.query), nil)
		r.Header.Set("Referer", c.referer)
		if c.header != "" {
			r.Header.Set("redirect_to", c.header)
		}
		r.PostForm = url.Values{"redirect_to": {c.form}}
		if got := l.Choose(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestFailure(t *testing.T) {
	f := Failure{Error: "access_denied", Code: "user_banned", Description: "a & b: 100%"}
	got, err := f.URL("https://example.com/a?x=1#old")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	fragment, err := url.ParseQuery(u.EscapedFragment())
	if err != nil {
		t.Fatal(err)
	}
	for place, v := range map[string]url.Values{"query": u.Query(), "fragment": fragment} {
		if v.Get("error") != f.Error || v.Get("error_code") != f.Code || v.Get("error_description") != f.Description {
			t.Errorf("%s of %s", place, got)
		}
	}
	if u.Query().Get("x") != "1" || !fragment.Has("sb") || strings.Contains(got, "old") {
		t.Error(got)
	}
	if got, _ := WithQuery("https://example.com/?a=1#f", url.Values{"code": {"c d"}}); got != "https://example.com/?a=1&code=c+d#f" {
		t.Error(got)
	}
	if got, _ := WithFragment("app://x", url.Values{"access_token": {"a%b"}}); got != "app://x#access_token=a%25b" {
		t.Error(got)
	}
}

// FuzzAllowed holds what is let through to what the list promises: every browser
// reads it as a host of the list.
func FuzzAllowed(f *testing.F) {
	for _, s := range []string{"https://example.com/a", "https://a.example.org/", "https://evil?.example.org/", "https://evil.com/.example.org/",
		"https://example.com@evil.org", `https://evil\.example.org/`, "https://a.example.org:80/", "https://[::1]/", "https://127.1/", "app://x",
		"https:///evil", "HTTPS://A.example.org/", "https://a\t.example.org/", "https://%61.example.org/", "//a.example.org/", "http://2130706433"} {
		f.Add(s)
	}
	l, err := New("https://example.com", []string{"https://**.example.org/**", "https://*.example.net/*"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if !l.Allowed(raw) {
			return
		}
		// Read it as simply as a browser does: up to the first of / ? # \.
		scheme, rest, _ := strings.Cut(raw, "://")
		if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
			rest = rest[:end]
		}
		if a, err := netip.ParseAddrPort(rest); err == nil && a.Addr().IsLoopback() {
			return
		}
		if a, err := netip.ParseAddr(strings.Trim(rest, "[]")); err == nil && a.IsLoopback() {
			return
		}
		host := strings.ToLower(rest)
		ours := host == "example.com" || strings.HasSuffix(host, ".example.org") || strings.HasSuffix(host, ".example.net")
		if !strings.EqualFold(scheme, "https") || !ours {
			t.Errorf("%q goes to %q", raw, rest)
		}
	})
}

// FuzzPattern holds compiling to its bounds: it ends, and never panics.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{"https://*.example.com/**", "{a,{b,c}}", "[!a-z]", `\*`, "[\\]", "a{,}", "}{", "***?"} {
		f.Add(s, "https://a.example.com/b")
	}
	f.Fuzz(func(t *testing.T, glob, text string) {
		if p, err := compile(glob); err == nil {
			p.match(text)
		}
	})
}
