package core

import "net/http"

// MayRedirect tells whether a sign-in may end at a URL: one of the app's own site,
// or one that auth.additional_redirect_urls allows.
func (c *Core) MayRedirect(text string) bool { return c.redirects.Allowed(text) }

// Redirect is where a sign-in ends: where the request asks for, or the page it
// comes from, as far as they are allowed; the app's site otherwise.
func (c *Core) Redirect(r *http.Request, asked string) string {
	return c.redirects.First(asked, r.URL.Query().Get("redirect_to"), r.Header.Get("Redirect_to"), r.Referer())
}
