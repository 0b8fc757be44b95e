// Package token signs and verifies JSON Web Tokens (RFC 7519): the API keys anon
// and service_role, and the access tokens of signed-in users.
//
//	secret, err := token.LoadSecret(ctx, db)
//	verifier, err := token.New(token.Config{Keys: token.Keys{token.Secret(secret.Value)}, AnonymousRole: "anon"})
//	handler = verifier.Middleware(handler) // sets httpapi.Identity
//
// HS256, RS256 and ES256 are verified (RFC 7518, section 3.1), each only with a key
// of its own kind, so that a public key is never taken for a shared secret. What is
// refused, and the codes and messages of the refusals, follow PostgREST
// (documentation, "Authentication" and "Errors", group PGRST3).
package token
