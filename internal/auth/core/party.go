package core

import (
	"net/url"

	"github.com/galleyhq/galley/internal/auth/factor"
)

// Party is the site that authenticators sign for: that of auth.webauthn, and where
// it says nothing the one that the app is at.
func (c *Core) Party() factor.Party {
	w := c.Auth().Passkeys
	p := factor.Party{ID: w.RPID, Name: w.RPName, Origins: w.Origins}
	if site, err := url.Parse(c.SiteURL()); err == nil {
		if p.ID == "" {
			p.ID = site.Hostname()
		}
		if len(p.Origins) == 0 {
			p.Origins = []string{site.Scheme + "://" + site.Host}
		}
	}
	if p.Name == "" {
		p.Name = p.ID
	}
	return p
}
