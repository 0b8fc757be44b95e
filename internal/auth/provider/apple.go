package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/auth/provider/oidc"
)

// AppleKey is a key of "Sign in with Apple", which client secrets are made from
// (Apple documentation, "Creating a client secret").
type AppleKey struct {
	TeamID     string
	KeyID      string
	PrivateKey string // PEM, as Apple gives it out (.p8)
}

// appleSecretLife is how long a secret made for one call is good; Apple takes up to
// six months.
const appleSecretLife = 5 * time.Minute

func (k AppleKey) set() bool { return k.PrivateKey != "" }

// sign makes a client secret.
func (k AppleKey) sign(clientID string, now time.Time) (string, error) {
	if k.TeamID == "" || k.KeyID == "" {
		return "", errors.New("the key of Apple's needs its key id and the team's id")
	}
	block, _ := pem.Decode([]byte(k.PrivateKey))
	if block == nil {
		return "", errors.New("the key of Apple's is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "", errors.New("the key of Apple's cannot be read")
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return "", errors.New("the key of Apple's is none for ES256")
	}
	t := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": k.TeamID, "sub": clientID, "aud": "https://appleid.apple.com",
		"iat": now.Unix(), "exp": now.Add(appleSecretLife).Unix()})
	t.Header["kid"] = k.KeyID
	return t.SignedString(private)
}

// appleIssues knows both names that Apple issues tokens under.
func appleIssues(p *Provider, issuer string) bool {
	if p.Issuer != "" {
		return issuer == p.Issuer
	}
	return issuer == "https://appleid.apple.com" || issuer == "https://account.apple.com"
}

// applePerson knows no unverified addresses: Apple verifies each.
func applePerson(_ *Provider, c oidc.Claims) Person {
	who := newPerson(c.Text("iss"), c.Text("sub"))
	verified, given := c["email_verified"]
	who.addEmail(c.Text("email"), !given || verified == nil || c.True("email_verified"), true)
	if _, given := c["is_private_email"]; given {
		who.setCustom("is_private_email", c.True("is_private_email"))
	}
	if at, ok := c["auth_time"].(json.Number); ok {
		who.setCustom("auth_time", at)
	}
	if sub := c.Text("transfer_sub"); sub != "" {
		who.setCustom("transfer_sub", sub)
	}
	return who
}

// readAppleUser adds the name that Apple sends by the browser, once. It is the
// person's own word: nothing but the name is taken from it.
func (p *Person) readAppleUser(text string) error {
	var user struct {
		Name struct {
			First string `json:"firstName"`
			Last  string `json:"lastName"`
		} `json:"name"`
	}
	if len(text) > 4<<10 || json.Unmarshal([]byte(text), &user) != nil {
		return errors.New("what Apple tells of the user cannot be read")
	}
	p.keep(strings.TrimSpace(user.Name.First+" "+user.Name.Last), "name", "full_name")
	return nil
}
