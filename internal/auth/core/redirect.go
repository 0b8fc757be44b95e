package core

import (
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/auth/redirect"
)

// PageURL is where the sign-in page is.
func (c *Core) PageURL() string { return c.URL + "/auth/ui" }

// pages are patterns of the sign-in page's URLs, which links in mail come back to
// wherever the app is.
func (c *Core) pages() []string {
	if !c.Auth().UI.Enabled {
		return nil
	}
	page := redirect.Quote(c.PageURL())
	out := []string{page, page + `\?**`}
	// A developer's own server is localhost as well, whatever it listens on.
	if rest, ok := strings.CutPrefix(page, "http://127.0.0.1:"); ok {
		out = append(out, "http://localhost:"+rest, "http://localhost:"+rest+`\?**`)
	}
	return out
}

// MayRedirect tells whether a sign-in may end at a URL: one of the app's own site,
// or one that auth.additional_redirect_urls allows.
func (c *Core) MayRedirect(text string) bool { return c.redirects.Allowed(text) }

// Redirect is where a sign-in ends: where the request asks for, or the page it
// comes from, as far as they are allowed; the app's site otherwise.
func (c *Core) Redirect(r *http.Request, asked string) string {
	return c.redirects.First(asked, r.URL.Query().Get("redirect_to"), r.Header.Get("Redirect_to"), r.Referer())
}
