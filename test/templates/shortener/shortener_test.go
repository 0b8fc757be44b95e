// Package shortener tests the starter app of that name.
package shortener

import (
	"testing"

	"github.com/galleyhq/galley/test/templates/starter"
)

func TestMain(m *testing.M) { starter.Main(m) }

func TestShortener(t *testing.T) {
	env := []string{"GALLEY_REDIRECTS_LINKS_COUNTRY_HEADER=CF-IPCountry"}
	starter.Each(t, "shortener", env, func(t *testing.T, a *starter.App) {
		a.Suite(t, 15, "shortener.test.js", "isolation.test.js")
		a.Browser(t, 3, "walk.js")
		a.Doctor(t)
	})
}
