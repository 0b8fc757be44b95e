// Package attack attacks a whole server by HTTP, on both engines: forged tokens,
// guessing, enumeration, open redirects, mass assignment, injection, what leaks. A
// hole that was found here once has to stay closed.
package attack
