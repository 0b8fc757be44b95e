package redirect

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// maxURL bounds a redirect URL in bytes, as browsers and proxies do.
const maxURL = 4 << 10

// maxPatterns bounds the list, every entry of which is tried.
const maxPatterns = 1000

// List is where browsers may be sent. It may be used from any goroutine.
type List struct {
	site     string
	base     *url.URL
	patterns []pattern
}

// New returns the list of a site and its additional redirect URLs, which are
// globs: * stands for any characters but the separators "." and "/", ** for any at
// all, ? for one that is no separator, [a-z], [!a-z] and {one,other} for what they
// say, and \ takes a character's meaning away. Its error names the entry that
// cannot be read.
func New(site string, additional []string) (*List, error) {
	base, err := parse(site)
	if err != nil {
		return nil, fmt.Errorf("site_url: %w", err)
	}
	if len(additional) > maxPatterns {
		return nil, fmt.Errorf("additional_redirect_urls: %d entries, at most %d", len(additional), maxPatterns)
	}
	l := &List{site: site, base: base}
	for _, text := range additional {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		p, err := compile(text)
		if err != nil {
			return nil, fmt.Errorf("additional_redirect_urls: %q: %w", text, err)
		}
		l.patterns = append(l.patterns, p)
	}
	return l, nil
}

// Site returns the site's URL.
func (l *List) Site() string { return l.site }

// Choose returns where the browser of a request is to go: its redirect_to (header,
// query or form), else its Referer, else the site, each only if it is allowed. The
// form is read only if it was parsed: a handler that takes forms does that.
func (l *List) Choose(r *http.Request) string {
	return l.First(requested(r), r.Referer())
}

// First returns the first URL that is allowed, or else the site.
func (l *List) First(urls ...string) string {
	for _, u := range urls {
		if l.Allowed(u) {
			return u
		}
	}
	return l.site
}

func requested(r *http.Request) string {
	if to := r.Header.Get("redirect_to"); to != "" {
		return to
	}
	if to := r.URL.Query().Get("redirect_to"); to != "" {
		return to
	}
	return r.PostForm.Get("redirect_to")
}

// Allowed tells whether a browser may be sent to a URL.
func (l *List) Allowed(raw string) bool {
	u, err := parse(raw)
	if err != nil {
		return false
	}
	if l.sameSite(u) {
		return true
	}
	// An address is nobody's name: only this machine's own counts, at any port,
	// for native apps that listen there (RFC 8252, section 7.3).
	// Another scheme is some app's, which has to be listed.
	if a, err := netip.ParseAddr(u.Hostname()); err == nil {
		if !a.IsLoopback() || u.Scheme == "http" || u.Scheme == "https" {
			return a.IsLoopback()
		}
	}
	whole, _, _ := strings.Cut(raw, "#")
	return slices.ContainsFunc(l.patterns, func(p pattern) bool { return p.match(whole) })
}

// sameSite tells whether a URL is the site's own: scheme, host and port are, and
// the port does not matter on this machine (RFC 8252, section 7.3).
func (l *List) sameSite(u *url.URL) bool {
	return u.Scheme == l.base.Scheme && u.Opaque == "" && strings.EqualFold(u.Hostname(), l.base.Hostname()) &&
		(u.Port() == l.base.Port() || loopback(u.Hostname()))
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// active are schemes whose URLs are programs or local content, whatever a pattern
// says.
var active = []string{"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source", "jar", "ws", "wss"}

// parse reads an absolute URL that every browser reads alike.
func parse(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, fmt.Errorf("it has %d bytes, at most %d", len(raw), maxURL)
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return nil, fmt.Errorf("it holds spaces, control characters or backslashes")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("it cannot be read")
	case u.Scheme == "":
		return nil, fmt.Errorf("it has no scheme")
	case slices.Contains(active, u.Scheme):
		return nil, fmt.Errorf("nobody is sent to %s: URLs", u.Scheme)
	case u.User != nil:
		return nil, fmt.Errorf("it names a user, which hides the host")
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return u, checkWeb(raw, u)
	}
	return u, checkHostText(u.Hostname())
}

// checkWeb refuses what browsers repair in their own ways, as http:example.com and
// http:///example.com, which both go to example.com.
func checkWeb(raw string, u *url.URL) error {
	_, rest, _ := strings.Cut(raw, ":")
	if !strings.HasPrefix(rest, "//") || u.Opaque != "" || u.Hostname() == "" {
		return fmt.Errorf("it has no host")
	}
	if strings.HasSuffix(u.Host, ":") {
		return fmt.Errorf("it has a colon, but no port")
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return nil
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	if host == "" || strings.Trim(host, letters) != "" || strings.HasPrefix(host, "-") || strings.HasPrefix(host, ".") {
		return fmt.Errorf("its host is no name (one with other letters is written in punycode, xn--…)")
	}
	return checkHostText(u.Hostname())
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

// checkHostText refuses names that browsers take for addresses, as 2130706433 and
// 0x7f.1 are 127.0.0.1: they end in a number (WHATWG URL, "ends in a number").
func checkHostText(host string) error {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last != "" && (strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") && strings.Trim(last[2:], "0123456789abcdef") == "") {
		return fmt.Errorf("its host is neither an address nor a name")
	}
	return nil
}
