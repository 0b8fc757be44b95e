//go:build unix

package shop

import (
	"testing"

	"github.com/galleyhq/galley/test/templates/starter"
)

// TestWalk goes through the shop in Chromium, as a customer and as its staff.
func TestWalk(t *testing.T) {
	starter.Each(t, "shop", environment, func(t *testing.T, a *starter.App) { a.Browser(t, 6, "walk.js") })
}
