package provider

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/auth/provider/oidc"
)

// tokens is the answer of a token endpoint (RFC 6749, section 5.1).
type tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	RefreshToken string `json:"refresh_token"`
	IDToken      string `json:"id_token"`
}

// exchange gives the code and gets tokens.
func (p *Provider) exchange(ctx context.Context, address string, issuer *oidc.Issuer, c Callback) (*tokens, error) {
	call := oidc.Call{URL: address, Form: url.Values{"grant_type": {"authorization_code"}, "code": {c.Code},
		"redirect_uri": {p.ReturnTo()}, "code_verifier": {c.Verifier}}}
	if err := p.authenticate(&call, issuer); err != nil {
		return nil, err
	}
	var t tokens
	if err := p.set.fetcher.JSON(ctx, call, &t); err != nil {
		return nil, err
	}
	if t.AccessToken == "" || t.TokenType != "" && !strings.EqualFold(t.TokenType, "bearer") {
		return nil, errors.New("the provider gave no bearer token")
	}
	return &t, nil
}

// authenticate says who is asking, in one of the ways that the issuer takes: by
// HTTP Basic, which is the standard's, or in the form, which those without a
// discovery document all take.
func (p *Provider) authenticate(call *oidc.Call, issuer *oidc.Issuer) error {
	secret := p.Secret
	if p.Apple.set() {
		var err error
		if secret, err = p.Apple.sign(p.clientID(), p.set.now()); err != nil {
			return err
		}
	}
	var ways []string
	if issuer != nil {
		ways = issuer.TokenAuthMethods
	}
	switch {
	case secret == "":
		call.Form.Set("client_id", p.clientID())
	case issuer == nil || slices.Contains(ways, "client_secret_post") && !slices.Contains(ways, "client_secret_basic"):
		call.Form.Set("client_id", p.clientID())
		call.Form.Set("client_secret", secret)
	case len(ways) == 0 || slices.Contains(ways, "client_secret_basic"):
		call.User, call.Password = p.clientID(), secret
	default:
		return errors.New("the provider takes neither client_secret_basic nor client_secret_post")
	}
	return nil
}
