package oidc

import (
	"context"
	"crypto"
	_ "crypto/sha256" // of at_hash
	_ "crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	maxToken   = 64 << 10 // bytes: some carry the groups of a person
	maxSubject = 255      // OpenID Connect Core 1.0, section 2
	skew       = time.Minute
)

// algorithms are those that an ID token may be signed with: with public keys only.
func algorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

// Expect is what an ID token has to be.
type Expect struct {
	// Audiences are the clients that it may be for; one of them must be in aud.
	Audiences []string
	// Party, unless empty, is the client that asked for it, which azp must name
	// where there is one. A token for several audiences always names it.
	Party string
	// Nonce, unless empty, must be in the token.
	Nonce string
	// AccessToken, unless empty, must be the one of at_hash, where there is one.
	AccessToken string
}

// Token is an ID token that was found right.
type Token struct {
	Subject  string
	Audience []string
	Nonce    string // "" when it has none
	Claims   Claims
}

// Claims are the claims of a token or of a userinfo answer, numbers as
// json.Number.
type Claims map[string]any

// Text returns a claim that is a text, "" otherwise.
func (c Claims) Text(name string) string {
	s, _ := c[name].(string)
	return s
}

// True tells whether a claim is true, which some write as a text.
func (c Claims) True(name string) bool {
	return c[name] == true || c[name] == "true"
}

// time returns a NumericDate (RFC 7519, section 2), which is seconds.
func (c Claims) time(name string) (t time.Time, known bool, err error) {
	v, ok := c[name]
	if !ok || v == nil {
		return time.Time{}, false, nil
	}
	n, _ := v.(json.Number)
	seconds, err := n.Float64()
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return time.Time{}, false, fmt.Errorf("%s is no time", name)
	}
	return time.Unix(int64(seconds), 0), true, nil
}

// texts returns a claim that is a text or a list of texts.
func (c Claims) texts(name string) []string {
	if s, ok := c[name].(string); ok {
		return []string{s}
	}
	list, _ := c[name].([]any)
	var out []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Verify checks an ID token of the issuer. The key that a token itself brings along
// or points to (jwk, jku, x5c, x5u) is never looked at.
func (i *Issuer) Verify(ctx context.Context, raw string, want Expect) (*Token, error) {
	if len(raw) > maxToken {
		return nil, errors.New("the ID token is too long")
	}
	methods := slices.DeleteFunc(algorithms(), func(a string) bool { return !i.signsWith(a) })
	parser := jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding(), jwt.WithJSONNumber())
	claims := jwt.MapClaims{}
	parsed, err := parser.ParseWithClaims(raw, claims, func(t *jwt.Token) (any, error) { return i.keysOf(ctx, t) })
	if err != nil {
		return nil, fmt.Errorf("the ID token's signature: %w", err)
	}
	c := Claims(claims)
	if err := i.checkIssued(c); err != nil {
		return nil, err
	}
	if err := want.check(c, parsed.Method.Alg()); err != nil {
		return nil, err
	}
	return &Token{Subject: c.Text("sub"), Audience: c.texts("aud"), Nonce: c.Text("nonce"), Claims: c}, nil
}

// signsWith tells whether the issuer says so; RS256 is what it need not say
// (OpenID Connect Core 1.0, section 3.1.3.7, 7).
func (m *Metadata) signsWith(algorithm string) bool {
	if len(m.SigningAlgorithms) == 0 {
		return algorithm == "RS256"
	}
	return slices.Contains(m.SigningAlgorithms, algorithm)
}

func (i *Issuer) keysOf(ctx context.Context, t *jwt.Token) (any, error) {
	if _, critical := t.Header["crit"]; critical {
		return nil, errors.New("crit names extensions that are not understood (RFC 7515, section 4.1.11)")
	}
	id, isText := t.Header["kid"].(string)
	if _, given := t.Header["kid"]; given && !isText {
		return nil, errors.New("kid is no text")
	}
	keys, err := i.keys.find(ctx, t.Method.Alg(), id)
	if err != nil {
		return nil, err
	}
	var set jwt.VerificationKeySet
	for _, k := range keys {
		set.Keys = append(set.Keys, k.public)
	}
	return set, nil
}

// checkIssued checks who issued a token, about whom, and when.
func (i *Issuer) checkIssued(c Claims) error {
	if got := c.Text("iss"); got != i.Issuer {
		return fmt.Errorf("the ID token is of another issuer, %.200q", got)
	}
	if sub := c.Text("sub"); sub == "" || len(sub) > maxSubject {
		return errors.New("the ID token has no sub, or one that is too long")
	}
	now := i.now()
	exp, ends, err := c.time("exp")
	if err != nil || !ends || !now.Before(exp.Add(skew)) {
		return errors.New("the ID token has expired, or does not say when it does")
	}
	iat, begun, err := c.time("iat")
	if err != nil || !begun || iat.After(now.Add(skew)) {
		return errors.New("the ID token is of the future, or does not say of when")
	}
	if nbf, given, err := c.time("nbf"); err != nil || given && nbf.After(now.Add(skew)) {
		return errors.New("the ID token is not valid yet")
	}
	return nil
}

func (want Expect) check(c Claims, algorithm string) error {
	audience, party := c.texts("aud"), c.Text("azp")
	if !slices.ContainsFunc(audience, func(a string) bool { return a != "" && slices.Contains(want.Audiences, a) }) {
		return &WrongAudience{Audience: audience}
	}
	switch {
	case want.Party != "" && party != "" && party != want.Party:
		return errors.New("the ID token was asked for by another client (azp)")
	case len(audience) > 1 && !slices.Contains(append([]string{want.Party}, want.Audiences...), party):
		return errors.New("the ID token is for several clients, and none of ours asked for it (azp)")
	case want.Nonce != "" && subtle.ConstantTimeCompare([]byte(want.Nonce), []byte(c.Text("nonce"))) != 1:
		return errors.New("the ID token answers another request (nonce)")
	}
	return checkAccessToken(want.AccessToken, c, algorithm)
}

// WrongAudience is the error of a token that is for somebody else.
type WrongAudience struct{ Audience []string }

// Error implements error.
func (e *WrongAudience) Error() string {
	return fmt.Sprintf("the ID token is for others (aud): %.200q", e.Audience)
}

// checkAccessToken compares at_hash (OpenID Connect Core 1.0, section 3.1.3.6): the
// left half of the access token's hash, by the function of the signature.
func checkAccessToken(token string, c Claims, algorithm string) error {
	given, there := c["at_hash"]
	if token == "" || !there {
		return nil
	}
	function := crypto.SHA512 // EdDSA: that of Ed25519
	switch {
	case strings.HasSuffix(algorithm, "256"):
		function = crypto.SHA256
	case strings.HasSuffix(algorithm, "384"):
		function = crypto.SHA384
	}
	h := function.New()
	h.Write([]byte(token))
	sum := h.Sum(nil)
	text, _ := given.(string)
	if subtle.ConstantTimeCompare([]byte(text), []byte(base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]))) != 1 {
		return errors.New("the ID token came with another access token (at_hash)")
	}
	return nil
}

// IssuerOf reads who a token says that it is of, before anything of it was checked.
func IssuerOf(raw string) (string, error) {
	_, rest, _ := strings.Cut(raw, ".")
	body, _, found := strings.Cut(rest, ".")
	if !found || len(raw) > maxToken {
		return "", errors.New("it is no ID token")
	}
	text, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return "", errors.New("it is no ID token")
	}
	c := Claims{}
	if json.Unmarshal(text, &c) != nil || c.Text("iss") == "" {
		return "", errors.New("the ID token does not say who issued it")
	}
	return c.Text("iss"), nil
}
