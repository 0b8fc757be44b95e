package provider

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/auth/provider/oidc"
)

func googlePerson(_ *Provider, c oidc.Claims) Person {
	who := newPerson(c.Text("iss"), c.Text("sub"))
	who.addEmail(c.Text("email"), c.True("email_verified") || c.True("verified_email"), true)
	who.keep(c.Text("name"), "name", "full_name")
	who.keep(c.Text("picture"), "picture", "avatar_url")
	if domain := c.Text("hd"); domain != "" {
		who.setCustom("hd", domain)
	}
	return who
}

// keycloakPerson keeps every claim that a realm adds in custom_claims.
func keycloakPerson(_ *Provider, c oidc.Claims) Person {
	who := newPerson(c.Text("iss"), c.Text("sub"))
	who.addEmail(c.Text("email"), c.True("email_verified"), true)
	who.keep(c.Text("name"), "name", "full_name")
	for name, value := range c {
		if !slices.Contains(protocol, name) && !slices.Contains([]string{"name", "email", "email_verified"}, name) {
			who.setCustom(name, value)
		}
	}
	return who
}

// protocol are claims that are about a token, not about a person.
var protocol = []string{"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "s_hash", "auth_time", "acr", "amr",
	"sid", "typ", "session_state"}

// azureIssuer is the issuer of a tenant (Microsoft documentation, "ID token claims
// reference"), in its own cloud or as an external tenant (CIAM).
var (
	azureIssuer = regexp.MustCompile(`^https://login\.microsoftonline\.com/[A-Za-z0-9.-]+/v2\.0$`)
	azureCIAM   = regexp.MustCompile(`^https://[a-z0-9-]+\.ciamlogin\.com/[A-Za-z0-9.-]+/v2\.0$`)
)

// shared are addresses for people of any tenant, which issue nothing themselves.
var shared = []string{"common", "organizations", "consumers"}

// azureIssues holds an ID token to the tenant of the configuration, and without one
// to any tenant of Microsoft's.
func azureIssues(p *Provider, issuer string) bool {
	if p.Issuer != "" {
		return issuer == p.Issuer
	}
	tenant := p.base() + "/v2.0"
	for _, name := range shared {
		if strings.HasSuffix(p.base(), "/"+name) {
			return azureIssuer.MatchString(issuer)
		}
	}
	if azureIssuer.MatchString(tenant) || azureCIAM.MatchString(tenant) {
		return issuer == tenant
	}
	return azureIssuer.MatchString(issuer)
}

// aboutAzure are claims of Microsoft's that are about a token.
var aboutAzure = append([]string{"aio", "rh", "uti", "ver", "name", "preferred_username"},
	"aud", "iss", "iat", "nbf", "exp", "c_hash", "at_hash", "nonce", "jti", "sub")

func azurePerson(_ *Provider, c oidc.Claims) Person {
	who := newPerson(c.Text("iss"), c.Text("sub"))
	who.addEmail(c.Text("email"), azureVerified(c), true)
	who.keep(c.Text("name"), "full_name")
	who.keep(c.Text("preferred_username"), "preferred_username")
	for name, value := range c {
		if !slices.Contains(aboutAzure, name) {
			who.setCustom(name, value)
		}
	}
	return who
}

// azureVerified reads xms_edov, an optional claim that tells whether the owner of
// an address's domain was verified, and that is written in several ways. Without it
// Microsoft leaves out addresses that are not verified, unless an app of one tenant
// asks for them (Microsoft documentation, "Migrate away from using email claims").
func azureVerified(c oidc.Claims) bool {
	edov, given := c["xms_edov"]
	if !given || edov == nil {
		return true
	}
	return c.True("xms_edov") || fmt.Sprint(edov) == "1"
}

// facebookPerson reads an ID token of Facebook's Limited Login, which has none but
// confirmed addresses.
func facebookPerson(_ *Provider, c oidc.Claims) Person {
	who := newPerson(c.Text("iss"), c.Text("sub"))
	who.addEmail(c.Text("email"), true, true)
	who.keep(c.Text("name"), "name")
	who.keep(c.Text("picture"), "picture")
	return who
}
