package external

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"github.com/galleyhq/galley/internal/auth/provider"
	"github.com/galleyhq/galley/internal/auth/store"
)

// A sign-in ends in the browser that comes back with its state. With PKCE it is worth
// something only to the client that began it (RFC 9700, section 2.1.1). Without, a
// stranger could begin one, and have somebody else's browser come back: signed in as
// the stranger (login CSRF). So the browser that leaves is marked by a cookie, and
// the state it carries is good for that cookie alone.

// bound tells whether the sign-ins of a flow are for one browser. Linking is not: it
// begins with a call of the app's, which may be of another site and keeps no cookies.
func bound(f *store.FlowState, p *provider.Provider) bool {
	return f.Challenge == "" && f.LinkingTargetID == "" && authorizeAt(p) != ""
}

// authorizeAt is /authorize at the host that a provider sends browsers back to, "" if
// the settings have them come back by a path of their own.
func authorizeAt(p *provider.Provider) string {
	at, ok := strings.CutSuffix(p.ReturnTo(), "/callback")
	if !ok {
		return ""
	}
	return at + "/authorize"
}

// homeward is the parameter of a browser that was sent to the host where it will come
// back: by what proxies say of the host, it might be sent there for ever.
const homeward = "homeward"

// elsewhere returns where a browser has to begin instead, "" if it is there: the
// cookie comes back only to the host that gave it. redirect is where its sign-in ends,
// which the page that it comes from may have decided.
func elsewhere(r *http.Request, p *provider.Provider, redirect string) string {
	q := r.URL.Query()
	to, err := url.Parse(authorizeAt(p))
	if err != nil || q.Has(homeward) || strings.EqualFold(to.Hostname(), (&url.URL{Host: r.Host}).Hostname()) {
		return ""
	}
	q.Set(homeward, "1")
	q.Set("redirect_to", redirect)
	to.RawQuery = q.Encode()
	return to.String()
}

// mark marks the browser, and returns the state it is to carry.
func (h *Handlers) mark(w http.ResponseWriter, r *http.Request, p *provider.Provider, id string) string {
	c := &http.Cookie{Name: cookieName(p), Path: "/", MaxAge: int(stateAge.Seconds()), HttpOnly: true, Secure: overTLS(p), SameSite: http.SameSiteLaxMode}
	if p.ReturnsByForm() && c.Secure { // Lax ones stay behind then
		c.SameSite = http.SameSiteNoneMode
	}
	// Several sign-ins of one browser at once have the same.
	c.Value = cmp.Or(markOf(r, p), rand.Text())
	http.SetCookie(w, c)
	return id + "." + h.secretOf("browser "+c.Value+" "+id)
}

// marked tells whether a browser is the one that left with a state.
func (h *Handlers) marked(r *http.Request, p *provider.Provider, id, proof string) bool {
	mark := markOf(r, p)
	return mark != "" && hmac.Equal([]byte(proof), []byte(h.secretOf("browser "+mark+" "+id)))
}

// maxMark bounds what is taken for a mark, in bytes.
const maxMark = 64

func markOf(r *http.Request, p *provider.Provider) string {
	c, err := r.Cookie(cookieName(p))
	if err != nil || len(c.Value) > maxMark {
		return ""
	}
	return c.Value
}

// cookieName has a prefix by which browsers let no neighbouring host set it
// (RFC 6265bis, section 4.1.3.2).
func cookieName(p *provider.Provider) string {
	if overTLS(p) {
		return "__Host-galley-signin"
	}
	return "galley-signin"
}

func overTLS(p *provider.Provider) bool { return strings.HasPrefix(p.ReturnTo(), "https://") }
