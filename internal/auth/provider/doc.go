// Package provider signs people in through other parties: by OpenID Connect
// wherever a provider speaks it, by OAuth 2.0 and the provider's own API where it
// does not. It keeps no tables: what has to last between the two halves of a
// sign-in is given out by Start and given back to Finish.
//
//	providers, err := provider.New(provider.Options{Guard: guard, Callback: "https://db.example.com/auth/v1/callback",
//		Providers: []provider.Config{{Name: "google", Enabled: true, ClientIDs: []string{id}, Secret: secret}}})
//	p, err := providers.Find("google")
//	begun, err := p.Start(ctx, provider.Request{State: state}) // send the browser to begun.URL, keep begun.Verifier
//	answer, err := p.Finish(ctx, provider.Callback{Code: code, Verifier: verifier})
//
// Google, GitHub, Apple, Microsoft (azure), GitLab, Discord, Facebook and Keycloak
// are known by name; any other one is an issuer's address in the configuration.
// Every sign-in uses PKCE (RFC 7636, S256) and, with OpenID, a nonce. What is learnt
// of a person is given GoTrue's names, so that apps find in identity_data what they
// look for. Only an address that the provider vouches for is marked verified.
package provider
