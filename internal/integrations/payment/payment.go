// Package payment is what Galley asks of a payment service, and what it gets: the seam
// between functions and Stripe, or its sandbox. Amounts are in the currency's smallest
// unit, such as cents.
package payment

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Provider takes payments. Each call has a deadline and may be repeated with the same
// key. Errors are *Error.
type Provider interface {
	// Checkout opens a page on which a customer pays.
	Checkout(ctx context.Context, c Checkout) (Session, error)
	// Session tells what became of it.
	Session(ctx context.Context, id string) (Session, error)
	// Expire closes the page of a session that is open.
	Expire(ctx context.Context, id string) (Session, error)
	// Refund gives back what was paid, or a part of it.
	Refund(ctx context.Context, r RefundRequest) (Refund, error)
}

// Line is what a customer pays for.
type Line struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Amount      int64  `json:"amount"` // of one
	Quantity    int64  `json:"quantity"`
}

// Sum is the amount of all of them.
func (l Line) Sum() int64 { return l.Amount * l.Quantity }

// Checkout asks for a page.
type Checkout struct {
	OrderID    string            `json:"orderId"`
	Lines      []Line            `json:"lines"`
	Discount   int64             `json:"discount,omitempty"` // off the sum of the lines
	Currency   string            `json:"currency"`
	Email      string            `json:"email,omitempty"`
	SuccessURL string            `json:"successUrl"` // {CHECKOUT_SESSION_ID} is replaced
	CancelURL  string            `json:"cancelUrl"`
	ExpiresAt  *time.Time        `json:"expiresAt,omitempty"` // nil leaves it to the service
	Metadata   map[string]string `json:"metadata,omitempty"`
	Key        string            `json:"idempotencyKey"`
}

// Session is a page on which a customer pays.
type Session struct {
	ID            string            `json:"id"`
	URL           *string           `json:"url"`           // nil unless open
	Status        string            `json:"status"`        // open, complete or expired
	PaymentStatus string            `json:"paymentStatus"` // paid, unpaid or no_payment_required
	PaymentIntent *string           `json:"paymentIntent"`
	OrderID       string            `json:"orderId"`
	AmountTotal   int64             `json:"amountTotal"`
	Currency      string            `json:"currency"`
	Email         *string           `json:"email"`
	Country       *string           `json:"country"` // of the billing address
	CardCountry   *string           `json:"cardCountry"`
	ExpiresAt     time.Time         `json:"expiresAt"`
	Metadata      map[string]string `json:"metadata"`
}

// RefundRequest asks for money to be given back.
type RefundRequest struct {
	PaymentIntent string            `json:"paymentIntent"`
	Amount        int64             `json:"amount,omitempty"` // 0 is all that is left
	Reason        string            `json:"reason,omitempty"`
	Metadata      map[string]string `json:"metadata,omitempty"`
	Key           string            `json:"idempotencyKey"`
}

// Refund is money that is given back.
type Refund struct {
	ID            string `json:"id"`
	Status        string `json:"status"` // succeeded, pending, failed, …
	Amount        int64  `json:"amount"`
	Currency      string `json:"currency"`
	PaymentIntent string `json:"paymentIntent"`
}

// Bounds of what is asked (docs.stripe.com/api/checkout/sessions/create, /idempotent_requests,
// /metadata).
const (
	maxLines    = 100
	maxKey      = 200 // of 255, so that there is room for what is added to it
	maxAmount   = 99_999_999
	maxMetadata = 40 // of 50, some of which are Galley's
)

// Total is what the customer pays.
func (c Checkout) Total() int64 {
	total := -c.Discount
	for _, l := range c.Lines {
		total += l.Sum()
	}
	return total
}

// Check brings a request into its usual form, and says what is wrong with it.
func (c *Checkout) Check() error {
	c.Currency = strings.ToLower(c.Currency)
	switch {
	case c.OrderID == "" || len(c.OrderID) > 200:
		return Invalid("orderId", "an order's id of up to 200 characters")
	case len(c.Currency) != 3:
		return Invalid("currency", `a currency, such as "eur"`)
	case len(c.Lines) == 0 || len(c.Lines) > maxLines:
		return Invalid("lines", "1 to %d lines", maxLines)
	case c.Discount < 0 || c.Discount > maxAmount:
		return Invalid("discount", "an amount")
	}
	for i, l := range c.Lines {
		if l.Name == "" || l.Amount < 0 || l.Amount > maxAmount || l.Quantity < 1 || l.Quantity > 999_999 {
			return Invalid(fmt.Sprintf("lines[%d]", i), "a name, an amount from 0 and a quantity from 1, as whole numbers")
		}
	}
	if total := c.Total(); total <= 0 || total > maxAmount {
		return Invalid("lines", "a total between 1 and %d, not %d: what costs nothing needs no payment", maxAmount, total)
	}
	for name, link := range map[string]string{"successUrl": c.SuccessURL, "cancelUrl": c.CancelURL} {
		if u, err := url.Parse(link); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return Invalid(name, "an absolute URL, such as https://shop.example.org/thanks")
		}
	}
	return checkMore(c.Metadata, c.Key)
}

// Check says what is wrong with a request.
func (r *RefundRequest) Check() error {
	switch {
	case r.PaymentIntent == "":
		return Invalid("paymentIntent", "the id of what was paid")
	case r.Amount < 0 || r.Amount > maxAmount:
		return Invalid("amount", "an amount of more than 0, or none for all that is left")
	case r.Reason != "" && r.Reason != "duplicate" && r.Reason != "fraudulent" && r.Reason != "requested_by_customer":
		return Invalid("reason", "duplicate, fraudulent or requested_by_customer")
	}
	return checkMore(r.Metadata, r.Key)
}

func checkMore(metadata map[string]string, key string) error {
	if len(metadata) > maxMetadata {
		return Invalid("metadata", "at most %d values", maxMetadata)
	}
	for name, value := range metadata {
		if name == "" || len(name) > 40 || strings.ContainsAny(name, "[]") || len(value) > 500 {
			return Invalid("metadata", "names of up to 40 characters without brackets, values of up to 500")
		}
	}
	if key == "" || len(key) > maxKey {
		return Invalid("idempotencyKey", "a text of up to %d characters that is the same when the call is repeated", maxKey)
	}
	return nil
}
