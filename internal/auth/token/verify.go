package token

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// maxToken bounds the length of a token in bytes, before any work is done on it.
const maxToken = 16 << 10

// Config is what a Verifier needs to know.
type Config struct {
	// Keys verify signatures. Without any, every token is refused with PGRST300.
	Keys Keys
	// Lookup, unless nil, has further keys, by the id that a token names.
	Lookup func(id string) Keys
	// Revision, unless nil, changes when a key that Lookup had is there no more:
	// what it signed is looked at again.
	Revision func(ctx context.Context) uint64
	// AnonymousRole is the role of a request without a token, and of a token
	// without a role. "" refuses such requests with PGRST302.
	AnonymousRole string
	// Audience, unless empty, must be among a token's aud when it has one.
	Audience string
	// AllowRole refuses roles that no token may have; nil allows every role that
	// the database knows.
	AllowRole func(ctx context.Context, role string) error
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Verifier tells who a token belongs to. It may be used from any goroutine.
type Verifier struct {
	config    Config
	anonymous httpapi.Identity
	parser    *jwt.Parser
	cache     cache
}

// New returns a verifier.
func New(c Config) *Verifier {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Verifier{
		config:    c,
		anonymous: anonymous(c.AnonymousRole),
		// The claims are checked here, with PostgREST's words.
		parser: jwt.NewParser(jwt.WithValidMethods([]string{HS256, RS256, ES256}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding()),
	}
}

func anonymous(role string) httpapi.Identity {
	text, err := json.Marshal(map[string]string{"role": role})
	if role == "" || err != nil {
		return httpapi.Identity{}
	}
	return httpapi.Identity{Role: role, Claims: string(text)}
}

// Anonymous returns the identity of a request without a token: PGRST302 when
// there is no anonymous role.
func (v *Verifier) Anonymous() (httpapi.Identity, error) {
	if v.config.AnonymousRole == "" {
		return httpapi.Identity{}, fault.New("PGRST302", "Anonymous access is disabled").WithStatus(http.StatusUnauthorized)
	}
	return v.anonymous, nil
}

// Verify checks a token's signature and claims. Errors: PGRST300 without keys,
// PGRST301 for a token that is malformed or not signed by one of the keys,
// PGRST303 for claims that do not hold (now), PGRST302 as Anonymous, and what
// Config.AllowRole returns.
func (v *Verifier) Verify(ctx context.Context, token string) (httpapi.Identity, error) {
	if len(token) > maxToken {
		return httpapi.Identity{}, badToken("JWT is too long")
	}
	key, now := sha256.Sum256([]byte(token)), v.config.Now()
	revision := v.revision(ctx)
	if id, ok := v.cache.get(key, now, revision); ok {
		return id, nil
	}
	payload, err := v.checkSignature(token)
	if err != nil {
		return httpapi.Identity{}, err
	}
	e, err := v.identify(payload, now)
	if err == nil && v.config.AllowRole != nil {
		err = v.config.AllowRole(ctx, e.identity.Role)
	}
	if err != nil {
		return httpapi.Identity{}, err
	}
	e.revision = revision
	v.cache.put(key, e)
	return e.identity, nil
}

// revision is read before a token is verified: one whose key goes away meanwhile is
// looked at again.
func (v *Verifier) revision(ctx context.Context) uint64 {
	if v.config.Revision == nil {
		return 0
	}
	return v.config.Revision(ctx)
}

// identify makes an identity of a payload whose signature was right.
func (v *Verifier) identify(payload []byte, now time.Time) (entry, error) {
	var c claims
	if json.Unmarshal(payload, &c) != nil || c == nil {
		return entry{}, badClaims("Parsing claims failed")
	}
	exp, err := c.check(now, v.config.Audience)
	if err != nil {
		return entry{}, err
	}
	role, err := c.role()
	if err != nil {
		return entry{}, err
	}
	if role == "" {
		anon, err := v.Anonymous()
		if err != nil {
			return entry{}, err
		}
		role = anon.Role
	}
	e := entry{identity: httpapi.Identity{Role: role, Claims: c.text(role), Authenticated: role != v.config.AnonymousRole}}
	if !exp.IsZero() {
		e.until = exp.Add(skew)
	}
	return e, nil
}

// text is the payload as the database sees it, which always names the role.
func (c claims) text(role string) string {
	quoted, _ := json.Marshal(role) // a string always has a JSON form
	c["role"] = quoted
	text, _ := json.Marshal(c) // valid: every value came out of a decoder
	return string(text)
}

// checkSignature returns the payload of a token signed by one of the keys.
func (v *Verifier) checkSignature(token string) ([]byte, error) {
	if len(v.config.Keys) == 0 {
		return nil, fault.New("PGRST300", "Server lacks JWT secret").WithStatus(http.StatusInternalServerError)
	}
	if err := checkForm(token); err != nil {
		return nil, err
	}
	parsed, err := v.parser.Parse(token, v.keysFor)
	switch {
	case err == nil:
	case parsed != nil && parsed.Method == jwt.SigningMethodNone:
		return nil, badToken("Wrong or unsupported encoding algorithm").WithDetail("JWT is unsecured but expected 'alg' was not 'none'")
	case errors.Is(err, jwt.ErrTokenMalformed):
		return nil, badToken("JWT cryptographic operation failed")
	default:
		return nil, badToken("No suitable key or wrong key type").WithDetail("None of the keys was able to decode the JWT")
	}
	_, rest, _ := strings.Cut(token, ".")
	body, _, _ := strings.Cut(rest, ".")
	payload, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil {
		return nil, badToken("JWT cryptographic operation failed")
	}
	return payload, nil
}

// keysFor chooses the keys by the algorithm that the header names, and only those
// made for it: a public key is never used as a shared secret.
func (v *Verifier) keysFor(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	if _, critical := t.Header["crit"]; critical {
		return nil, errors.New("crit names extensions that are not understood (RFC 7515, section 4.1.11)")
	}
	var set jwt.VerificationKeySet
	keys := v.config.Keys.candidates(t.Method.Alg(), id)
	if v.config.Lookup != nil && id != "" {
		keys = append(keys, v.config.Lookup(id).candidates(t.Method.Alg(), id)...)
	}
	for _, k := range keys {
		set.Keys = append(set.Keys, k.material())
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("no key for this algorithm and kid")
	}
	return set, nil
}

// checkForm looks at what can be told without a key.
func checkForm(token string) error {
	if token == "" {
		return badToken("Empty JWT is sent in Authorization header")
	}
	if strings.ContainsAny(token, "\r\n") { // which base64 skips: the signed bytes alone are a token
		return badToken("JWT cryptographic operation failed")
	}
	if n := strings.Count(token, ".") + 1; n != 3 {
		return fault.New("PGRST301", "Expected 3 parts in JWT; got %d", n).WithStatus(http.StatusUnauthorized)
	}
	return nil
}
