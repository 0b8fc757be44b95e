//go:build unix

// Package shop runs the starter app "shop" on both engines, on PostgreSQL with two nodes:
// what its customers and staff do, what they may not, and what is left when nodes are
// killed while people pay.
package shop

import (
	"testing"

	"github.com/galleyhq/galley/test/galleytest"
	"github.com/galleyhq/galley/test/templates/starter"
)

func TestMain(m *testing.M) { starter.Main(m) }

// webhookSecret is what the tests sign events with; without a key of Stripe's it is still
// the sandbox that takes the payments.
const webhookSecret = "whsec_c2hvcC10ZXN0cy1zaWduLWV2ZW50cw"

var environment = []string{
	"GALLEY_STRIPE_SANDBOX=true", "GALLEY_SHIPPING_SANDBOX=true", "GALLEY_STRIPE_WEBHOOK_SECRET=" + webhookSecret,
}

func TestShop(t *testing.T) {
	t.Setenv("GALLEY_STRIPE_WEBHOOK_SECRET", webhookSecret) // of the tests
	starter.Each(t, "shop", environment, func(t *testing.T, a *starter.App) {
		t.Setenv("GALLEY_SECOND", "")
		if a.Options.DatabaseURL != "" {
			t.Setenv("GALLEY_SECOND", galleytest.Start(t, a.Options).URL)
		}
		a.Suite(t, 33, "order.test.js", "race.test.js", "money.test.js", "staff.test.js")
		a.Suite(t, 3, "velocity.test.js")
		a.Doctor(t)
	})
}
