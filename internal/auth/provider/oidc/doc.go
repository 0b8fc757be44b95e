// Package oidc is what a relying party of OpenID Connect needs of an issuer: its
// discovery document and keys, kept for a while and fetched within bounds, and ID
// tokens checked against them (OpenID Connect Core 1.0, section 3.1.3.7; Discovery
// 1.0; RFC 7517; RFC 8725).
//
//	directory := oidc.NewDirectory(oidc.NewFetcher(guard), nil)
//	issuer, err := directory.Lookup(ctx, "https://accounts.google.com")
//	token, err := issuer.Verify(ctx, raw, oidc.Expect{Audiences: []string{clientID}, Nonce: nonce})
//
// Signatures are checked by golang-jwt, which the API's own tokens are checked by
// too. What a kept OpenID library would add is little beside it, and none was found
// that bounds how often a stranger's kid makes it fetch keys.
package oidc
