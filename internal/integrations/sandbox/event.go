package sandbox

import (
	"encoding/json"
	"time"

	"github.com/galleyhq/galley/internal/integrations/payment"
	"github.com/galleyhq/galley/internal/integrations/stripe"
)

// object is one of Stripe's, as its API writes it.
type object = map[string]any

// event is something to be told to the webhook.
type event struct {
	Type   string
	Object object
	// Previous are the attributes that changed, as they were; nil for none.
	Previous object
}

// body is an event as Stripe sends it (docs.stripe.com/api/events/object).
func (e event) body(id string, at time.Time) ([]byte, error) {
	data := object{"object": e.Object}
	if e.Previous != nil {
		data["previous_attributes"] = e.Previous
	}
	return json.MarshalIndent(object{"id": id, "object": "event", "api_version": stripe.Version, "created": at.Unix(), "type": e.Type, "data": data,
		"livemode": false, "pending_webhooks": 1, "request": object{"id": nil, "idempotency_key": nil}}, "", "  ")
}

func sessionEvent(kind string, s *Sandbox, found session) event {
	shown := s.show(found)
	c := found.Checkout
	return event{Type: kind, Object: object{
		"id": found.id, "object": "checkout.session", "amount_subtotal": c.Total() + c.Discount, "amount_total": c.Total(),
		"cancel_url": c.CancelURL, "client_reference_id": c.OrderID, "created": found.Created.Unix(), "currency": c.Currency,
		"customer": nil, "customer_email": orNil(c.Email), "customer_details": customer(found),
		"expires_at": found.Expires.Unix(), "livemode": false, "metadata": stripe.Metadata(c), "mode": "payment",
		"payment_intent": shown.PaymentIntent, "payment_method_types": []string{"card"}, "payment_status": shown.PaymentStatus,
		"status": found.Status, "success_url": c.SuccessURL, "url": nil,
		"total_details": object{"amount_discount": c.Discount, "amount_shipping": 0, "amount_tax": 0},
	}}
}

// customer is customer_details, null until a customer gave any.
func customer(found session) any {
	if found.Email == "" && found.Country == "" {
		return nil
	}
	return object{"address": address(found), "email": orNil(found.Email), "name": orNil(found.Name), "phone": nil, "tax_exempt": "none", "tax_ids": []string{}}
}

func address(found session) object {
	return object{"city": nil, "country": orNil(found.Country), "line1": nil, "line2": nil, "postal_code": nil, "state": nil}
}

// intentEvent tells of a payment. problem is the code of a card's refusal, "" for none.
func intentEvent(kind string, found session, problem string) event {
	c := found.Checkout
	o := object{"id": found.Intent, "object": "payment_intent", "amount": c.Total(), "amount_received": 0, "capture_method": "automatic",
		"created": found.Created.Unix(), "currency": c.Currency, "customer": nil, "last_payment_error": nil, "latest_charge": orNil(found.Charge),
		"livemode": false, "metadata": stripe.Metadata(c), "payment_method_types": []string{"card"}, "receipt_email": orNil(c.Email), "status": "succeeded"}
	if problem != "" {
		o["status"] = "requires_payment_method"
		o["last_payment_error"] = object{"code": "card_declined", "decline_code": problem, "message": declines[problem], "type": "card_error"}
		return event{Type: kind, Object: o}
	}
	o["amount_received"] = c.Total()
	return event{Type: kind, Object: o}
}

func chargeEvent(kind string, found session) event {
	c := found.Checkout
	e := event{Type: kind, Object: object{"id": found.Charge, "object": "charge", "amount": c.Total(), "amount_captured": c.Total(), "amount_refunded": found.Refunded,
		"billing_details": object{"address": address(found), "email": orNil(found.Email), "name": orNil(found.Name), "phone": nil},
		"captured":        true, "created": found.Created.Unix(), "currency": c.Currency, "customer": nil, "disputed": false, "livemode": false,
		"metadata": stripe.Metadata(c), "paid": true, "payment_intent": found.Intent, "refunded": found.Refunded >= c.Total(), "status": "succeeded",
		"payment_method_details": object{"type": "card", "card": object{"brand": "visa", "country": orNil(found.Card), "last4": "4242"}}}}
	if kind == "charge.refunded" {
		e.Previous = object{"receipt_url": nil}
	}
	return e
}

func refundEvent(found session, made payment.Refund, r payment.RefundRequest) event {
	metadata := r.Metadata
	if metadata == nil {
		metadata = map[string]string{}
	}
	return event{Type: "refund.created", Object: object{"id": made.ID, "object": "refund", "amount": made.Amount, "charge": found.Charge, "created": time.Now().Unix(),
		"currency": made.Currency, "metadata": metadata, "payment_intent": made.PaymentIntent, "reason": orNil(r.Reason), "status": made.Status}}
}

// declines are what banks say, by Stripe's codes (docs.stripe.com/declines/codes).
var declines = map[string]string{
	"generic_decline":    "Your card was declined.",
	"insufficient_funds": "Your card has insufficient funds.",
}
