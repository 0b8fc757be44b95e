package provider

import (
	"context"
	"net/url"

	"github.com/galleyhq/galley/internal/auth/provider/oidc"
)

// kind is what one sort of provider does in its own way.
type kind struct {
	// base is where it is, unless the configuration has a URL.
	base string
	// issuer returns the address for discovery; nil for those without OpenID.
	issuer func(p *Provider) string
	// issues tells whether an ID token may be of an issuer that is known only
	// from the token; nil for those with one issuer.
	issues func(p *Provider, issuer string) bool
	// endpoints are the addresses of those that are not asked for them.
	endpoints func(base string) endpoints
	// scopes are what is always asked for; own tells that nothing else may be.
	scopes []string
	own    bool
	// params are added to every request.
	params url.Values
	// userinfo tells whether the userinfo endpoint is asked, beside the ID token.
	userinfo userinfo
	// person is made of claims, for OpenID.
	person func(p *Provider, c oidc.Claims) Person
	// ask learns of a person by the provider's own API, for OAuth 2.0.
	ask func(ctx context.Context, p *Provider, accessToken string) (Person, error)
	// grant tells whether ID tokens that apps bring are taken.
	grant bool
	// noNonce is for those whose ID tokens to apps carry none that can be compared.
	noNonce bool
}

type endpoints struct{ authorize, token string }

type userinfo int

const (
	never userinfo = iota
	whenNeeded
	always
)

func fixed(address string) func(*Provider) string {
	return func(p *Provider) string {
		if p.Issuer != "" {
			return p.Issuer
		}
		return address
	}
}

// generic is any provider that speaks OpenID Connect.
func generic() kind {
	return kind{issuer: fixed(""), scopes: []string{"openid", "email", "profile"}, userinfo: whenNeeded, person: standard, grant: true}
}

// kinds are the providers that are known by name. What they are asked, and how
// their answers are read, is in each one's documentation; the scopes are GoTrue's,
// with openid where the ID token is what counts.
func kinds() map[string]kind {
	return map[string]kind{
		"google": {issuer: fixed("https://accounts.google.com"), scopes: []string{"openid", "email", "profile"}, person: googlePerson, grant: true},
		"apple": {issuer: fixed("https://appleid.apple.com"), issues: appleIssues, scopes: []string{"email", "name"}, own: true,
			params: url.Values{"response_mode": {"form_post"}}, person: applePerson, grant: true},
		"azure": {base: "https://login.microsoftonline.com/common", issues: azureIssues, scopes: []string{"openid"}, person: azurePerson, grant: true,
			endpoints: func(base string) endpoints {
				return endpoints{base + "/oauth2/v2.0/authorize", base + "/oauth2/v2.0/token"}
			}},
		"keycloak": {issuer: func(p *Provider) string { return fixed(p.URL)(p) }, scopes: []string{"openid", "profile", "email"}, userinfo: always,
			person: keycloakPerson, grant: true},
		"facebook": {base: "https://www.facebook.com", issuer: fixed("https://www.facebook.com"), scopes: []string{"email"}, ask: askFacebook,
			endpoints: facebookEndpoints, person: facebookPerson, grant: true, noNonce: true},
		"github": {base: "https://github.com", scopes: []string{"user:email"}, ask: askGitHub, endpoints: func(base string) endpoints {
			return endpoints{base + "/login/oauth/authorize", base + "/login/oauth/access_token"}
		}},
		"gitlab": {base: "https://gitlab.com", scopes: []string{"read_user"}, ask: askGitLab, endpoints: func(base string) endpoints {
			return endpoints{base + "/oauth/authorize", base + "/oauth/token"}
		}},
		"discord": {base: "https://discord.com", scopes: []string{"email", "identify"}, ask: askDiscord, endpoints: func(base string) endpoints {
			return endpoints{base + "/api/oauth2/authorize", base + "/api/oauth2/token"}
		}},
	}
}

// base is where the provider is.
func (p *Provider) base() string {
	if p.URL != "" {
		return p.URL
	}
	return p.kind.base
}
