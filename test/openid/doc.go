// Package openid signs in through a certified OpenID provider that nobody here
// wrote (npm oidc-provider), running on loopback beside the tests.
package openid
