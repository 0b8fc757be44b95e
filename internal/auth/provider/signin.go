package provider

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/auth/provider/oidc"
)

// Request is what a sign-in begins with.
type Request struct {
	State  string // comes back unchanged with the browser
	Scopes string // further ones, divided by commas or spaces
	// More are further parameters of the provider's, as prompt or login_hint.
	More url.Values
	// Verifier is the secret of this sign-in, of 43 to 128 letters and digits; ""
	// has one made.
	Verifier string
}

// Begun is a sign-in that the browser is about to go on with.
type Begun struct {
	URL string // of the provider, for the browser
	// Verifier is the secret that Finish needs. Keep it on the server.
	Verifier string
}

// Callback is what the browser came back with, and what was kept.
type Callback struct {
	Code     string
	Verifier string // of Begun
	Issuer   string // iss, "" when the provider sent none (RFC 9207)
	User     string // what Apple tells of a person the first time, as JSON
}

// SignedIn is who came back.
type SignedIn struct {
	Person       Person
	AccessToken  string // of the provider's API
	RefreshToken string // "" when there is none
}

// Bounds of what is passed on to a provider.
const (
	maxMore      = 32
	maxMoreBytes = 4 << 10
)

// reserved are parameters that decide who signs in where, and are never the
// caller's.
var reserved = []string{"client_id", "client_secret", "client_assertion", "client_assertion_type", "redirect_uri", "response_type", "response_mode",
	"state", "nonce", "scope", "code_challenge", "code_challenge_method", "code_verifier", "request", "request_uri", "registration",
	"provider", "scopes", "redirect_to", "skip_http_redirect", "homeward", "invite_token", "apikey", "access_token", "id_token"}

// Start makes the address that a browser signs in at.
func (p *Provider) Start(ctx context.Context, r Request) (*Begun, error) {
	e, _, err := p.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(e.authorize)
	if err != nil || u.Host == "" {
		return nil, errors.New("the provider has no address to sign in at")
	}
	q := u.Query()
	if err := pass(q, r.More); err != nil {
		return nil, err
	}
	verifier := r.Verifier
	if verifier == "" {
		verifier = rand.Text() + rand.Text() // 52 characters (RFC 7636, section 4.1)
	}
	challenge := sha256.Sum256([]byte(verifier))
	for name, value := range map[string]string{
		"response_type": "code", "client_id": p.clientID(), "redirect_uri": p.ReturnTo(), "state": r.State,
		"scope": p.scopes(r.Scopes), "code_challenge": base64.RawURLEncoding.EncodeToString(challenge[:]), "code_challenge_method": "S256",
	} {
		q.Set(name, value)
	}
	if p.kind.ask == nil {
		q.Set("nonce", nonceOf(verifier))
	}
	for name, values := range p.kind.params {
		q[name] = values
	}
	// Apple shows a + as it is.
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return &Begun{URL: u.String(), Verifier: verifier}, nil
}

// nonceOf makes the nonce of a sign-in out of its verifier, so that there is one
// secret to keep. It tells nothing of the verifier, and differs from its challenge.
func nonceOf(verifier string) string {
	sum := sha256.Sum256([]byte("nonce:" + verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func pass(q, more url.Values) error {
	size := 0
	for name, values := range more {
		if slices.Contains(reserved, strings.ToLower(name)) || len(values) == 0 {
			continue
		}
		size += len(name) + len(values[0])
		q.Set(name, values[0])
	}
	if len(q) > maxMore || size > maxMoreBytes {
		return fmt.Errorf("more than %d parameters, or %d bytes, for the provider", maxMore, maxMoreBytes)
	}
	return nil
}

func (p *Provider) scopes(more string) string {
	all := slices.Clone(p.kind.scopes)
	if p.kind.own {
		return strings.Join(all, " ")
	}
	asked := strings.FieldsFunc(more, func(r rune) bool { return r == ',' || r == ' ' })
	for _, s := range slices.Concat(p.Scopes, asked) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return strings.Join(all, " ")
}

// endpoints returns the provider's addresses, and its issuer where discovery told
// them.
func (p *Provider) endpoints(ctx context.Context) (endpoints, *oidc.Issuer, error) {
	if p.kind.endpoints != nil {
		return p.kind.endpoints(p.base()), nil, nil
	}
	i, err := p.set.directory.Lookup(ctx, p.kind.issuer(p))
	if err != nil {
		return endpoints{}, nil, err
	}
	return endpoints{i.AuthorizationEndpoint, i.TokenEndpoint}, i, nil
}

// Finish exchanges the code that a browser came back with, and tells whose it is.
// Its error is for the log: it may name what the provider said.
func (p *Provider) Finish(ctx context.Context, c Callback) (*SignedIn, error) {
	e, issuer, err := p.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	if c.Verifier == "" {
		return nil, errors.New("a sign-in that was not begun here")
	}
	if issuer != nil && (c.Issuer != "" && c.Issuer != issuer.Issuer || c.Issuer == "" && issuer.SendsIssuer) {
		return nil, errors.New("the browser comes from another provider (iss)")
	}
	t, err := p.exchange(ctx, e.token, issuer, c)
	if err != nil {
		return nil, fmt.Errorf("exchanging the code: %w", err)
	}
	person, err := p.who(ctx, issuer, c, t)
	if err != nil {
		return nil, err
	}
	if c.User != "" && p.Name == "apple" {
		if err := person.readAppleUser(c.User); err != nil {
			return nil, err
		}
	}
	return &SignedIn{Person: person.settled(), AccessToken: t.AccessToken, RefreshToken: t.RefreshToken}, nil
}

// who tells whose tokens were given out.
func (p *Provider) who(ctx context.Context, issuer *oidc.Issuer, c Callback, t *tokens) (Person, error) {
	if p.kind.ask != nil {
		person, err := p.kind.ask(ctx, p, t.AccessToken)
		if err == nil && person.Subject() == "" {
			err = errors.New("the provider does not say who it is")
		}
		return person, err
	}
	if t.IDToken == "" {
		return Person{}, errors.New("the provider gave no ID token")
	}
	id, issuer, err := p.verify(ctx, issuer, t.IDToken, oidc.Expect{Audiences: []string{p.clientID()}, Party: p.clientID(),
		Nonce: nonceOf(c.Verifier), AccessToken: t.AccessToken})
	if err != nil {
		return Person{}, err
	}
	claims, err := p.addUserinfo(ctx, issuer, id, t.AccessToken)
	if err != nil {
		return Person{}, err
	}
	return p.kind.person(p, claims), nil
}

// verify checks an ID token of the provider, whichever of its issuers it is of.
func (p *Provider) verify(ctx context.Context, issuer *oidc.Issuer, raw string, want oidc.Expect) (*oidc.Token, *oidc.Issuer, error) {
	if issuer == nil || p.kind.issues != nil {
		name, err := p.issuerOf(raw)
		if err != nil {
			return nil, nil, err
		}
		if issuer, err = p.set.directory.Lookup(ctx, name); err != nil {
			return nil, nil, err
		}
	}
	t, err := issuer.Verify(ctx, raw, want)
	return t, issuer, err
}

// issuerOf returns the issuer that a token is held to.
func (p *Provider) issuerOf(raw string) (string, error) {
	if p.kind.issues == nil {
		return p.kind.issuer(p), nil
	}
	name, err := oidc.IssuerOf(raw)
	if err != nil {
		return "", err
	}
	if !p.kind.issues(p, name) {
		return "", fmt.Errorf("the ID token is of another issuer, %.200q", name)
	}
	return name, nil
}

// addUserinfo adds what the userinfo endpoint tells, which must be of the same
// person (OpenID Connect Core 1.0, section 5.3.2). What the ID token says, stands.
func (p *Provider) addUserinfo(ctx context.Context, issuer *oidc.Issuer, t *oidc.Token, accessToken string) (oidc.Claims, error) {
	needed := p.kind.userinfo == always || p.kind.userinfo == whenNeeded && (t.Claims.Text("email") == "" || t.Claims.Text("name") == "")
	if !needed || issuer.UserinfoEndpoint == "" || accessToken == "" {
		return t.Claims, nil
	}
	more := oidc.Claims{}
	if err := p.set.fetcher.JSON(ctx, oidc.Call{URL: issuer.UserinfoEndpoint, Bearer: accessToken}, &more); err != nil {
		return nil, fmt.Errorf("userinfo: %w", err)
	}
	if more.Text("sub") != t.Subject {
		return nil, errors.New("userinfo is of somebody else")
	}
	if t.Claims.Text("email") != "" {
		// Whether an address is verified is said of that address.
		delete(more, "email")
		delete(more, "email_verified")
	} else {
		delete(t.Claims, "email_verified")
	}
	for name, value := range t.Claims {
		more[name] = value
	}
	return more, nil
}
