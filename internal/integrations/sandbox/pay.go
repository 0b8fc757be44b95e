package sandbox

import (
	"context"
	"strings"

	"github.com/galleyhq/galley/internal/integrations/payment"
)

// Card is what a customer types into the page.
type Card struct {
	Email   string `json:"email"`
	Name    string `json:"name"`
	Country string `json:"country"`     // of the billing address, such as DE
	Issued  string `json:"cardCountry"` // of the card; the same by default
	Card    string `json:"card"`        // ok, declined or insufficient_funds
}

// check brings it into its usual form.
func (c *Card) check() error {
	c.Country, c.Issued = strings.ToUpper(strings.TrimSpace(c.Country)), strings.ToUpper(strings.TrimSpace(c.Issued))
	if c.Issued == "" {
		c.Issued = c.Country
	}
	c.Email, c.Name = strings.TrimSpace(c.Email), strings.TrimSpace(c.Name)
	for _, country := range []string{c.Country, c.Issued} {
		if country != "" && (len(country) != 2 || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
			return payment.Invalid("country", "two letters, such as DE")
		}
	}
	if len(c.Email) > 300 || len(c.Name) > 300 || strings.ContainsRune(c.Email+c.Name, 0) {
		return payment.Invalid("email, name", "up to 300 characters")
	}
	if c.Card == "declined" {
		c.Card = "generic_decline"
	}
	if _, known := declines[c.Card]; !known && c.Card != "" && c.Card != "ok" {
		return payment.Invalid("card", "ok, declined or insufficient_funds")
	}
	return nil
}

// Pay pays a session, or tries to: a card that is refused leaves it open.
func (s *Sandbox) Pay(ctx context.Context, id string, c Card) (declined bool, err error) {
	if err := c.check(); err != nil {
		return false, err
	}
	err = s.change(ctx, id, func(found *session) ([]event, error) {
		if found.Status != open {
			return nil, notOpen(*found)
		}
		if found.Intent == "" {
			found.Intent = ID("pi_")
		}
		found.Name, found.Country, found.Card, found.Email = c.Name, c.Country, c.Issued, c.Email
		if found.Email == "" {
			found.Email = found.Checkout.Email
		}
		if message := declines[c.Card]; message != "" {
			declined, found.Problem = true, message
			return []event{intentEvent("payment_intent.payment_failed", *found, c.Card)}, nil
		}
		found.Status, found.Paid, found.Charge, found.Problem = complete, true, ID("ch_"), ""
		return []event{intentEvent("payment_intent.succeeded", *found, ""), chargeEvent("charge.succeeded", *found),
			sessionEvent("checkout.session.completed", s, *found)}, nil
	})
	return declined, err
}
