package token

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// skew is how far the clocks of the signer and ours may be apart, as in
// PostgREST.
const skew = 30 * time.Second

// claims is a decoded JWT payload (RFC 7519, section 4).
type claims map[string]json.RawMessage

// check validates the registered claims at a time, and returns the time of
// expiry, which is zero when the token has none.
func (c claims) check(now time.Time, audience string) (time.Time, error) {
	exp, err := c.instant("exp")
	if err != nil {
		return exp, err
	}
	nbf, err := c.instant("nbf")
	if err != nil {
		return exp, err
	}
	iat, err := c.instant("iat")
	if err != nil {
		return exp, err
	}
	aud, err := c.audience()
	if err != nil {
		return exp, err
	}
	switch {
	case !exp.IsZero() && now.After(exp.Add(skew)):
		return exp, badClaims("JWT expired")
	case now.Before(nbf.Add(-skew)):
		return exp, badClaims("JWT not yet valid")
	case now.Before(iat.Add(-skew)):
		return exp, badClaims("JWT issued at future")
	case audience != "" && len(aud) > 0 && !slices.Contains(aud, audience):
		return exp, badClaims("JWT not in audience")
	}
	return exp, nil
}

// instant reads a NumericDate, the zero time when the claim is missing.
func (c claims) instant(name string) (time.Time, error) {
	raw, ok := c[name]
	if !ok || string(raw) == "null" {
		return time.Time{}, nil
	}
	var seconds float64
	if json.Unmarshal(raw, &seconds) != nil {
		return time.Time{}, badClaims("The JWT '" + name + "' claim must be a number")
	}
	// Later than the year 9999 is as good as never, and before 1970 as good as
	// 1970, which keeps clear of the zero time.
	return time.Unix(int64(math.Max(math.Min(seconds, 253402300799), 0)), 0), nil
}

// audience reads aud, which is a string or a list of them; empty when missing.
func (c claims) audience() ([]string, error) {
	raw, ok := c["aud"]
	if !ok || string(raw) == "null" {
		return nil, nil
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, nil
	}
	var many []*string
	if json.Unmarshal(raw, &many) != nil || slices.Contains(many, nil) {
		return nil, badClaims("The JWT 'aud' claim must be a string or an array of strings")
	}
	out := make([]string, len(many))
	for i, v := range many {
		out[i] = *v
	}
	return out, nil
}

// role reads the role claim, "" when there is none.
func (c claims) role() (string, error) {
	raw, ok := c["role"]
	if !ok || string(raw) == "null" {
		return "", nil
	}
	var role string
	if json.Unmarshal(raw, &role) != nil {
		return "", badClaims("The JWT 'role' claim must be a string")
	}
	return role, nil
}

func badClaims(message string) error {
	return fault.New("PGRST303", "%s", message).WithStatus(401)
}

func badToken(message string) *fault.Error {
	return fault.New("PGRST301", "%s", message).WithStatus(401)
}
