package stripe

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/galleyhq/galley/internal/integrations/payment"
)

// Event is what Stripe tells a webhook.
type Event struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Created  time.Time       `json:"created"`
	Data     json.RawMessage `json:"data"`     // the object, as Stripe writes it
	Previous json.RawMessage `json:"previous"` // the attributes that changed, as they were
	Livemode bool            `json:"livemode"`
}

// Tolerance is how old a signature may be unless said otherwise.
const Tolerance = webhook.DefaultTolerance

// Read checks the signature of an event (docs.stripe.com/webhooks/signature) and reads
// it. body is as it came, byte for byte.
func Read(body, header, secret string, tolerance time.Duration) (Event, error) {
	if secret == "" {
		return Event{}, payment.New(payment.NotConfigured, "events cannot be checked without the webhook's secret").
			Because(fmt.Errorf("neither stripe.webhook_secret nor STRIPE_WEBHOOK_SECRET is set"))
	}
	if err := webhook.ValidatePayloadWithTolerance([]byte(body), header, secret, tolerance); err != nil {
		return Event{}, payment.New(payment.Signature, "the event is not from Stripe, or too old: %v", err)
	}
	var raw struct {
		ID      string `json:"id"`
		Type    string `json:"type"`
		Created int64  `json:"created"`
		Data    struct {
			Object   json.RawMessage `json:"object"`
			Previous json.RawMessage `json:"previous_attributes"`
		} `json:"data"`
		Livemode bool `json:"livemode"`
	}
	if err := json.Unmarshal([]byte(body), &raw); err != nil || raw.ID == "" || raw.Type == "" || len(raw.Data.Object) == 0 {
		return Event{}, payment.New(payment.Signature, "the body is signed, but no event of Stripe")
	}
	return Event{raw.ID, raw.Type, time.Unix(raw.Created, 0).UTC(), raw.Data.Object, raw.Data.Previous, raw.Livemode}, nil
}

// Sign is the header Stripe-Signature of an event that is sent at a time.
func Sign(body []byte, secret string, at time.Time) string {
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(webhook.ComputeSignature(at, body, secret)))
}
