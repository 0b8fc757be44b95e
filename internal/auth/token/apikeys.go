package token

import (
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Issuer is the iss claim of the API keys.
const Issuer = "galley"

// keyLifetime is how long an API key is valid, as Supabase's are.
const keyLifetime = 10 // years

// APIKeys are the two keys that a project hands out.
type APIKeys struct {
	Anon        string // public by design: in every web page
	ServiceRole string // bypasses row-level security: for servers only
}

// APIKeys signs the project's keys. They are made of the secret and the time it
// was issued only, so every node makes the same ones.
func (s SigningSecret) APIKeys() (APIKeys, error) {
	anon, err := s.apiKey("anon")
	if err != nil {
		return APIKeys{}, err
	}
	service, err := s.apiKey("service_role")
	return APIKeys{Anon: anon, ServiceRole: service}, err
}

func (s SigningSecret) apiKey(role string) (string, error) {
	return s.Sign(jwt.MapClaims{
		"iss": Issuer, "role": role,
		"iat": s.IssuedAt.Unix(), "exp": s.IssuedAt.AddDate(keyLifetime, 0, 0).Unix(),
	})
}

// Sign signs a payload with HS256.
func (s SigningSecret) Sign(claims map[string]any) (string, error) {
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims(claims)).SignedString([]byte(s.Value))
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return signed, nil
}

// SigningSecret signs HS256 tokens.
type SigningSecret struct {
	Value    string
	IssuedAt time.Time // when it was made: the iat of the API keys
}
