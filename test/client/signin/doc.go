// Package signin drives the sign-in page in Chromium, as people with a mouse, people
// with a keyboard only, and a checker of accessibility (axe-core) do.
package signin
