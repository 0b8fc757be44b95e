package auth

import (
	"net/http"
	"slices"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/core"
	"github.com/galleyhq/galley/internal/auth/signing"
	"github.com/galleyhq/galley/internal/httpapi"
)

// keys serves the public keys. Others may keep them for a while: a rotation shows
// the next key long before it signs.
func keys(k *signing.Keys) autherr.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return public(w, k.Set(r.Context()))
	}
}

// provider describes who issues access tokens, by which others that check them find
// the keys (OpenID Connect Discovery 1.0, section 3). Galley lets nobody sign in to
// other apps, so it names no way of doing so.
func provider(c *core.Core) autherr.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		algorithms := []string{}
		for _, key := range c.Keys.Set(r.Context()).Keys {
			if !slices.Contains(algorithms, key.Alg) {
				algorithms = append(algorithms, key.Alg)
			}
		}
		base := c.URL + "/auth/v1"
		return public(w, map[string]any{
			"issuer": c.Issuer(), "jwks_uri": base + "/.well-known/jwks.json",
			"authorization_endpoint": base + "/oauth/authorize", "token_endpoint": base + "/oauth/token",
			"response_types_supported": []string{}, "grant_types_supported": []string{}, "subject_types_supported": []string{"public"},
			"id_token_signing_alg_values_supported": algorithms,
		})
	}
}

func public(w http.ResponseWriter, v any) error {
	w.Header().Set("Cache-Control", "public, max-age=600")
	return httpapi.WriteJSON(w, http.StatusOK, v)
}
