package stripe

import (
	"maps"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"github.com/galleyhq/galley/internal/integrations/payment"
)

// orderKey is the order's id among the metadata, of the session and of the payment.
const orderKey = "order_id"

// Metadata is that of a checkout, with its order.
func Metadata(r payment.Checkout) map[string]string {
	out := map[string]string{}
	maps.Copy(out, r.Metadata)
	out[orderKey] = r.OrderID
	return out
}

func sessionParams(r payment.Checkout) *api.CheckoutSessionParams {
	p := &api.CheckoutSessionParams{
		Mode: api.String(string(api.CheckoutSessionModePayment)), ClientReferenceID: api.String(r.OrderID),
		SuccessURL: api.String(r.SuccessURL), CancelURL: api.String(r.CancelURL),
		PaymentIntentData: &api.CheckoutSessionPaymentIntentDataParams{Metadata: Metadata(r)},
	}
	p.Metadata = Metadata(r)
	if r.Email != "" {
		p.CustomerEmail = api.String(r.Email)
	}
	if r.ExpiresAt != nil {
		p.ExpiresAt = api.Int64(r.ExpiresAt.Unix())
	}
	for _, l := range r.Lines {
		product := &api.CheckoutSessionLineItemPriceDataProductDataParams{Name: api.String(l.Name)}
		if l.Description != "" {
			product.Description = api.String(l.Description)
		}
		p.LineItems = append(p.LineItems, &api.CheckoutSessionLineItemParams{Quantity: api.Int64(l.Quantity),
			PriceData: &api.CheckoutSessionLineItemPriceDataParams{Currency: api.String(r.Currency), UnitAmount: api.Int64(l.Amount), ProductData: product}})
	}
	return p
}

func couponParams(r payment.Checkout) *api.CouponParams {
	p := &api.CouponParams{AmountOff: api.Int64(r.Discount), Currency: api.String(r.Currency), MaxRedemptions: api.Int64(1),
		Duration: api.String(string(api.CouponDurationOnce)), Name: api.String("Discount")}
	p.Metadata = map[string]string{orderKey: r.OrderID}
	return p
}

func refundParams(r payment.RefundRequest) *api.RefundParams {
	p := &api.RefundParams{PaymentIntent: api.String(r.PaymentIntent)}
	p.Metadata = r.Metadata
	if r.Amount > 0 {
		p.Amount = api.Int64(r.Amount)
	}
	if r.Reason != "" {
		p.Reason = api.String(r.Reason)
	}
	return p
}

func sessionOf(s *api.CheckoutSession) payment.Session {
	out := payment.Session{ID: s.ID, URL: orNil(s.URL), Status: string(s.Status), PaymentStatus: string(s.PaymentStatus), OrderID: s.ClientReferenceID,
		AmountTotal: s.AmountTotal, Currency: string(s.Currency), Email: orNil(s.CustomerEmail), ExpiresAt: time.Unix(s.ExpiresAt, 0).UTC(), Metadata: s.Metadata}
	if s.PaymentIntent != nil {
		out.PaymentIntent = orNil(s.PaymentIntent.ID)
		out.CardCountry = cardCountry(s.PaymentIntent.LatestCharge)
	}
	if d := s.CustomerDetails; d != nil {
		if d.Email != "" {
			out.Email = &d.Email
		}
		if d.Address != nil {
			out.Country = orNil(d.Address.Country)
		}
	}
	return out
}

// cardCountry is where a card that paid was issued.
func cardCountry(c *api.Charge) *string {
	if c == nil || c.PaymentMethodDetails == nil || c.PaymentMethodDetails.Card == nil {
		return nil
	}
	return orNil(c.PaymentMethodDetails.Card.Country)
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
