package provider

import (
	"encoding/json"
	"slices"

	"github.com/galleyhq/galley/internal/auth/provider/oidc"
)

// Email is an address of a person.
type Email struct {
	Address  string
	Verified bool // the provider vouches for it
	Primary  bool
}

// Person is what a provider tells of somebody.
type Person struct {
	Emails []Email
	// Data is the identity_data, with GoTrue's names: iss, sub, email,
	// email_verified, phone_verified, name, full_name, picture, avatar_url …
	Data map[string]any
}

// Subject is what the provider knows the person by.
func (p Person) Subject() string {
	s, _ := p.Data["sub"].(string)
	return s
}

// Email returns the address that counts: the primary one, else the last.
func (p Person) Email() Email {
	if i := slices.IndexFunc(p.Emails, func(e Email) bool { return e.Primary }); i >= 0 {
		return p.Emails[i]
	}
	if n := len(p.Emails); n > 0 {
		return p.Emails[n-1]
	}
	return Email{}
}

// settled is the person with the address that counts in the data.
func (p Person) settled() Person {
	e := p.Email()
	p.Data["email_verified"] = e.Verified && e.Address != ""
	if delete(p.Data, "email"); e.Address != "" {
		p.Data["email"] = e.Address
	}
	return p
}

// newPerson has what every person has.
func newPerson(issuer, subject string) Person {
	p := Person{Data: map[string]any{"email_verified": false, "phone_verified": false}}
	p.keep(issuer, "iss")
	p.keep(subject, "sub", "provider_id")
	return p
}

// keep keeps a text under each of some names, unless it is empty.
func (p *Person) keep(value string, names ...string) {
	if value == "" {
		return
	}
	for _, name := range names {
		p.Data[name] = value
	}
}

func (p *Person) addEmail(address string, verified, primary bool) {
	if address != "" {
		p.Emails = append(p.Emails, Email{address, verified, primary})
	}
}

func (p *Person) setCustom(name string, value any) {
	custom, ok := p.Data["custom_claims"].(map[string]any)
	if !ok {
		custom = map[string]any{}
		p.Data["custom_claims"] = custom
	}
	custom[name] = value
}

// standardTexts are the claims of OpenID Connect Core 1.0, section 5.1, that are
// kept under their own names.
var standardTexts = []string{"family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "website", "gender",
	"birthdate", "zoneinfo", "locale"}

// standard makes a person of the standard claims.
func standard(p *Provider, c oidc.Claims) Person {
	who := newPerson(c.Text("iss"), c.Text("sub"))
	who.addEmail(c.Text("email"), c.True("email_verified"), true)
	who.keep(c.Text("name"), "name", "full_name")
	who.keep(c.Text("picture"), "picture", "avatar_url")
	who.keep(c.Text("preferred_username"), "user_name")
	for _, name := range standardTexts {
		who.keep(c.Text(name), name)
	}
	if phone := c.Text("phone_number"); phone != "" {
		who.keep(phone, "phone")
		who.Data["phone_verified"] = c.True("phone_number_verified")
	}
	if at, ok := c["updated_at"].(json.Number); ok {
		who.Data["updated_at"] = at
	}
	for _, name := range p.CustomClaims {
		if value, ok := c[name]; ok {
			who.setCustom(name, value)
		}
	}
	return who
}
