package core

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// patterns makes expressions of globs, in which . and / divide: * is anything
// between two of them, ** anything at all, ? one character.
func patterns(globs []string) ([]*regexp.Regexp, error) {
	var out []*regexp.Regexp
	for _, g := range globs {
		p, err := regexp.Compile(expression(g))
		if err != nil {
			return nil, fmt.Errorf("%q is no pattern", g)
		}
		out = append(out, p)
	}
	return out, nil
}

func expression(glob string) string {
	var b strings.Builder
	b.WriteString(`^(?s:`)
	braces := 0
	for i := 0; i < len(glob); i++ {
		switch ch := glob[i]; {
		case strings.HasPrefix(glob[i:], "**"):
			b.WriteString(`.*`)
			i++
		case ch == '*':
			b.WriteString(`[^./]*`)
		case ch == '?':
			b.WriteString(`[^./]`)
		case ch == '\\' && i+1 < len(glob):
			i++
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		case ch == '[' && strings.IndexByte(glob[i:], ']') > 0:
			end := i + strings.IndexByte(glob[i:], ']')
			b.WriteString(strings.Replace(glob[i:end+1], "[!", "[^", 1))
			i = end
		case ch == '{':
			braces++
			b.WriteString(`(?:`)
		case ch == '}' && braces > 0:
			braces--
			b.WriteString(`)`)
		case ch == ',' && braces > 0:
			b.WriteString(`|`)
		default:
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	return b.String() + `)$`
}

var (
	hostname = regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`)
	decimal  = regexp.MustCompile(`^[0-9]+$`)
)

// MayRedirect tells whether a sign-in may end at a URL: one of the app's own site,
// or one that auth.additional_redirect_urls allows.
func (c *Core) MayRedirect(text string) bool {
	base, err := url.Parse(c.SiteURL())
	to, terr := url.Parse(text)
	if text == "" || err != nil || terr != nil || to.Scheme == "" || to.User != nil || strings.ContainsAny(text, "\\\r\n\t") {
		return false
	}
	host := to.Hostname()
	if host != "" && base.Hostname() == host && base.Scheme == to.Scheme && (base.Port() == to.Port() || localhost(host)) {
		return true
	}
	web := to.Scheme == "http" || to.Scheme == "https"
	switch ip := net.ParseIP(host); {
	case to.Scheme == "javascript", to.Scheme == "data", to.Scheme == "vbscript", decimal.MatchString(host):
		return false
	case ip != nil && !ip.IsLoopback():
		return false
	case ip == nil && web && !hostname.MatchString(host):
		return false
	}
	against, _, _ := strings.Cut(text, "#")
	for _, p := range c.redirects {
		if p.MatchString(against) {
			return true
		}
	}
	return false
}

func localhost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Redirect is where a sign-in ends: where the request asks for, or the page it
// comes from, as far as they are allowed; the app's site otherwise.
func (c *Core) Redirect(r *http.Request, asked string) string {
	for _, to := range []string{asked, r.URL.Query().Get("redirect_to"), r.Header.Get("Redirect_to"), r.Referer()} {
		if c.MayRedirect(to) {
			return to
		}
	}
	return c.SiteURL()
}
