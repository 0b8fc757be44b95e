package provider

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/galleyhq/galley/internal/auth/provider/oidc"
)

// IDToken is a token that an app got from a provider by itself, and brings along.
type IDToken struct {
	Provider string // its name, or else Issuer
	Issuer   string
	Token    string
	// AccessToken is compared with the token's at_hash; "" when there is none.
	AccessToken string
	// Nonce is what the app made; the token holds its SHA-256, in hexadecimal.
	Nonce string
}

// Problem is why a token that an app brings is not taken: in the words of OAuth 2.0
// as GoTrue gives them, with status 400.
type Problem struct {
	OAuth       string // OAuth's error; "" for a fault that has a Code
	Code        string // GoTrue's error_code
	Description string
	cause       error
}

// Error implements error.
func (p *Problem) Error() string {
	if p.cause != nil {
		return p.Description + ": " + p.cause.Error()
	}
	return p.Description
}

// Unwrap returns what the log may know.
func (p *Problem) Unwrap() error { return p.cause }

func badToken(cause error, format string, args ...any) *Problem {
	return &Problem{OAuth: "invalid request", Description: fmt.Sprintf(format, args...), cause: cause}
}

// ByIDToken tells whose an ID token is. Its error is a *Problem.
func (s *Set) ByIDToken(ctx context.Context, t IDToken) (*Provider, Person, error) {
	p, err := s.ofToken(t)
	if err != nil {
		return nil, Person{}, err
	}
	token, _, err := p.verifyBrought(ctx, t)
	if wrong, ok := errors.AsType[*oidc.WrongAudience](err); ok {
		return nil, Person{}, badToken(nil, "Unacceptable audience in id_token: %.200v", wrong.Audience)
	}
	if err != nil {
		return nil, Person{}, badToken(err, "Bad ID token")
	}
	if err := p.checkNonce(token.Nonce, t.Nonce); err != nil {
		return nil, Person{}, err
	}
	return p, p.kind.person(p, token.Claims).settled(), nil
}

func (p *Provider) verifyBrought(ctx context.Context, t IDToken) (*oidc.Token, *oidc.Issuer, error) {
	name, err := p.issuerOf(t.Token)
	if err != nil {
		return nil, nil, err
	}
	if t.Issuer != "" && t.Issuer != name {
		return nil, nil, errors.New("it is of another issuer than the request says")
	}
	issuer, err := p.set.directory.Lookup(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	token, err := issuer.Verify(ctx, t.Token, oidc.Expect{Audiences: p.ClientIDs, AccessToken: t.AccessToken})
	return token, issuer, err
}

// checkNonce compares what the app made with what the provider was told.
func (p *Provider) checkNonce(inToken, made string) error {
	if p.SkipNonceCheck || p.kind.noNonce {
		return nil
	}
	if (inToken == "") != (made == "") {
		return badToken(nil, "Passed nonce and nonce in id_token should either both exist or not.")
	}
	sum := sha256.Sum256([]byte(made))
	if made != "" && subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(inToken)) != 1 {
		return &Problem{OAuth: "invalid nonce", Description: "Nonces mismatch"}
	}
	return nil
}

// ofToken finds the provider that a token is said to be of.
func (s *Set) ofToken(t IDToken) (*Provider, error) {
	if t.Token == "" {
		return nil, badToken(nil, "id_token required")
	}
	name := t.Provider
	if name == "" && t.Issuer != "" {
		name = s.nameOf(t.Issuer)
	}
	if name == "" && t.Issuer == "" {
		return nil, badToken(nil, "provider or client_id and issuer required")
	}
	p, err := s.Find(name)
	switch {
	case errors.Is(err, ErrDisabled):
		return nil, &Problem{Code: "provider_disabled", Description: fmt.Sprintf("Provider (issuer %q) is not enabled", t.Issuer)}
	case err != nil || !p.kind.grant:
		return nil, &Problem{Code: "validation_failed", Description: fmt.Sprintf("Custom OIDC provider %.100q not allowed", t.Provider)}
	}
	return p, nil
}

// nameOf returns the name of the provider with an issuer, "" when there is none.
func (s *Set) nameOf(issuer string) string {
	var names []string
	for name, p := range s.providers {
		if p.kind.grant && (p.kind.issues != nil && p.kind.issues(p, issuer) || p.kind.issuer != nil && p.kind.issuer(p) == issuer) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.Min(names) // the same one every time
}
