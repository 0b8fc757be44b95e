package token

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/database/postgres"
)

func TestCheckSecret(t *testing.T) {
	for secret, ok := range map[string]bool{
		randomSecret(): true, testSecret: true,
		"": false, "secret": false, testSecret[:31]: false, strings.Repeat("ab", 20): false,
		"super-secret-jwt-token-with-at-least-32-characters-long":          false,
		" Super-Secret-JWT-token-with-at-least-32-characters-long ":        false,
		"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE": false,
	} {
		if err := CheckSecret(secret); (err == nil) != ok {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

func TestAPIKeys(t *testing.T) {
	issued := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	keys, err := SigningSecret{Value: testSecret, IssuedAt: issued}.APIKeys()
	if err != nil {
		t.Fatal(err)
	}
	again, _ := SigningSecret{Value: testSecret, IssuedAt: issued}.APIKeys()
	if keys != again {
		t.Error("two nodes would make different keys")
	}
	for role, key := range map[string]string{"anon": keys.Anon, "service_role": keys.ServiceRole} {
		parsed, err := jwt.Parse(key, func(*jwt.Token) (any, error) { return []byte(testSecret), nil }, jwt.WithTimeFunc(func() time.Time { return issued }))
		if err != nil {
			t.Fatal(err)
		}
		c := parsed.Claims.(jwt.MapClaims)
		if c["iss"] != "galley" || c["role"] != role || c["iat"] != float64(issued.Unix()) || c["exp"] != float64(issued.AddDate(10, 0, 0).Unix()) {
			t.Errorf("claims %v", c)
		}
	}
}

// TestLoadSecret has eight nodes ask for the secret of an empty database at once.
func TestLoadSecret(t *testing.T) {
	url := pgtest.Database(t)
	var secrets [8]SigningSecret
	var nodes sync.WaitGroup
	for i := range secrets {
		nodes.Go(func() {
			db, err := postgres.Open(t.Context(), postgres.Config{URL: url, MaxConns: 2})
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = db.Close() }()
			if err = db.Bootstrap(t.Context()); err == nil {
				secrets[i], err = LoadSecret(t.Context(), db)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	for _, s := range secrets {
		if s != secrets[0] || CheckSecret(s.Value) != nil || time.Since(s.IssuedAt) > time.Minute {
			t.Errorf("secrets differ or are weak: %d bytes of %s", len(s.Value), s.IssuedAt)
		}
	}
}
