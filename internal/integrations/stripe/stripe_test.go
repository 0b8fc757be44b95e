package stripe_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/integrations/payment"
	"github.com/galleyhq/galley/internal/integrations/stripe"
)

// request is a checkout with all that one may have.
func request() payment.Checkout {
	at := time.Now().Add(time.Hour).Truncate(time.Second)
	return payment.Checkout{OrderID: "1001", Currency: "eur", Email: "ada@example.org", SuccessURL: "https://shop.example/thanks?s={CHECKOUT_SESSION_ID}",
		CancelURL: "https://shop.example/cart", ExpiresAt: &at, Discount: 500, Metadata: map[string]string{"a": "b"}, Key: "order-1001",
		Lines: []payment.Line{{Name: "Mug, blue & white", Description: "300 ml", Amount: 1250, Quantity: 2}, {Name: "Shipping", Amount: 490, Quantity: 1}}}
}

// api is a server in Stripe's place: it notes what comes and answers in turn.
type api struct {
	*httptest.Server
	mu      sync.Mutex
	seen    []*http.Request
	forms   []url.Values
	answers []answer
}

type answer struct {
	status int
	body   string
	wait   time.Duration
}

func newAPI(t *testing.T, answers ...answer) (*api, *stripe.Client) {
	t.Helper()
	a := &api{answers: answers}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	return a, stripe.New(stripe.Config{Key: "sk_test_x", BaseURL: a.URL, Timeout: 30 * time.Second, HTTP: a.Client()})
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	a.mu.Lock()
	a.seen, a.forms = append(a.seen, r), append(a.forms, form)
	now := a.answers[min(len(a.seen), len(a.answers))-1]
	a.mu.Unlock()
	select {
	case <-time.After(now.wait):
	case <-r.Context().Done():
	}
	w.Header().Set("Request-Id", "req_1")
	w.WriteHeader(now.status)
	_, _ = io.WriteString(w, now.body)
}

const session = `{"id": "cs_1", "object": "checkout.session", "url": "https://checkout.stripe.com/c/pay/cs_1", "status": "complete", "payment_status": "paid",
	"payment_intent": {"id": "pi_1", "latest_charge": {"id": "ch_1", "payment_method_details": {"type": "card", "card": {"country": "US"}}}},
	"client_reference_id": "1001", "amount_total": 2490, "currency": "eur", "expires_at": 1800000000, "metadata": {"order_id": "1001"},
	"customer_details": {"email": "ada@example.org", "address": {"country": "DE"}}}`

// TestCheckout sends a coupon and a session, with their keys.
func TestCheckout(t *testing.T) {
	a, c := newAPI(t, answer{200, `{"id": "coupon_1"}`, 0}, answer{200, session, 0})
	made, err := c.Checkout(t.Context(), request())
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(made)
	want := `{"id":"cs_1","url":"https://checkout.stripe.com/c/pay/cs_1","status":"complete","paymentStatus":"paid","paymentIntent":"pi_1","orderId":"1001",` +
		`"amountTotal":2490,"currency":"eur","email":"ada@example.org","country":"DE","cardCountry":"US","expiresAt":"2027-01-15T08:00:00Z","metadata":{"order_id":"1001"}}`
	if string(text) != want {
		t.Errorf("the session: %s", text)
	}
	for i, want := range []string{"/v1/coupons order-1001:coupon", "/v1/checkout/sessions order-1001"} {
		r := a.seen[i]
		if got := r.URL.Path + " " + r.Header.Get("Idempotency-Key"); got != want || r.Header.Get("Authorization") != "Bearer sk_test_x" || r.Header.Get("Stripe-Version") != stripe.Version {
			t.Errorf("request %d: %s %v", i, got, r.Header)
		}
	}
	form := a.forms[1]
	for name, want := range map[string]string{"mode": "payment", "client_reference_id": "1001", "discounts[0][coupon]": "coupon_1", "line_items[0][price_data][unit_amount]": "1250",
		"line_items[0][price_data][product_data][name]": "Mug, blue & white", "line_items[1][quantity]": "1", "metadata[order_id]": "1001", "metadata[a]": "b",
		"payment_intent_data[metadata][order_id]": "1001", "expires_at": fmt.Sprint(request().ExpiresAt.Unix()), "customer_email": "ada@example.org"} {
		if name != "expires_at" && form.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, form.Get(name), want)
		}
	}
	if off := a.forms[0].Get("amount_off"); off != "500" {
		t.Errorf("the coupon: %v", a.forms[0])
	}
}

// TestRepeated calls again, with the same key, what failed on Stripe's side.
func TestRepeated(t *testing.T) {
	a, c := newAPI(t, answer{503, `{"error": {"type": "api_error", "message": "down"}}`, 0}, answer{409, `{"error": {"type": "idempotency_error", "message": "in use"}}`, 0},
		answer{200, `{"id": "re_1", "status": "succeeded", "amount": 100, "currency": "eur"}`, 0})
	made, err := c.Refund(t.Context(), payment.RefundRequest{PaymentIntent: "pi_1", Amount: 100, Reason: "duplicate", Key: "r1"})
	if err != nil || made.ID != "re_1" || made.PaymentIntent != "pi_1" {
		t.Fatal(made, err)
	}
	for _, r := range a.seen {
		if r.Header.Get("Idempotency-Key") != "r1" {
			t.Errorf("the key %q", r.Header.Get("Idempotency-Key"))
		}
	}
	if len(a.seen) != 3 {
		t.Errorf("%d requests", len(a.seen))
	}
	a, c = newAPI(t, answer{500, `{"error": {"type": "api_error", "message": "x"}}`, 0})
	_, err = c.Refund(t.Context(), payment.RefundRequest{PaymentIntent: "pi_1", Key: "r2"})
	if e := payment.Of(err); e.Code != payment.Failed || e.Retryable || len(a.seen) != 1 {
		t.Errorf("a write that nobody knows the end of: %+v after %d requests", e, len(a.seen))
	}
}

// TestErrors sorts what Stripe says is wrong.
func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		answer
		code, stripeCode string
		retryable        bool
	}{
		"declined":      {answer{402, `{"error": {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}}`, 0}, payment.Declined, "card_declined", false},
		"invalid":       {answer{400, `{"error": {"type": "invalid_request_error", "message": "Invalid currency"}}`, 0}, payment.InvalidRequest, "", false},
		"refunded":      {answer{400, `{"error": {"type": "invalid_request_error", "code": "charge_already_refunded", "message": "x"}}`, 0}, payment.InvalidRequest, "charge_already_refunded", false},
		"another":       {answer{400, `{"error": {"type": "idempotency_error", "message": "Keys for idempotent requests"}}`, 0}, payment.Idempotency, "", false},
		"no key":        {answer{401, `{"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}`, 0}, payment.Unauthorized, "", false},
		"no right":      {answer{403, `{"error": {"type": "invalid_request_error", "message": "x"}}`, 0}, payment.Unauthorized, "", false},
		"not there":     {answer{404, `{"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "x"}}`, 0}, payment.NotFound, "resource_missing", false},
		"too fast":      {answer{429, `{"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "x"}}`, 0}, payment.RateLimited, "rate_limit", true},
		"no JSON":       {answer{200, `<html>`, 0}, payment.Unavailable, "", true},
		"down":          {answer{503, `{"error": {"type": "api_error", "message": "x"}}`, 0}, payment.Unavailable, "", true},
		"down, no JSON": {answer{502, `bad gateway`, 0}, payment.Unavailable, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := newAPI(t, c.answer)
			_, err := client.Session(t.Context(), "cs_1")
			e, ok := errors.AsType[*payment.Error](err)
			if !ok || e.Code != c.code || e.StripeCode != c.stripeCode || e.Retryable != c.retryable {
				t.Errorf("%+v", err)
			}
		})
	}
}

// TestDeadline gives up in time, and an ended session is told as such.
func TestDeadline(t *testing.T) {
	a, _ := newAPI(t, answer{200, session, time.Minute})
	c := stripe.New(stripe.Config{Key: "sk_test_x", BaseURL: a.URL, Timeout: 200 * time.Millisecond, HTTP: a.Client()})
	begun := time.Now()
	_, err := c.Session(t.Context(), "cs_1")
	if e, ok := errors.AsType[*payment.Error](err); !ok || e.Code != payment.Timeout || !e.Retryable || time.Since(begun) > 20*time.Second {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
	a.Close()
	if _, err := c.Session(context.Background(), "cs_1"); payment.Of(err).Code != payment.Unavailable && payment.Of(err).Code != payment.Timeout {
		t.Errorf("a server that is gone: %v", err)
	}
	_, c = newAPI(t, answer{400, `{"error": {"type": "invalid_request_error", "message": "Only Checkout Sessions with a status in [\"open\"] can be expired."}}`, 0})
	if _, err := c.Expire(t.Context(), "cs_1"); payment.Of(err).Code != payment.NotOpen {
		t.Errorf("expired: %v", err)
	}
}

// TestSent is what a person is shown of a checkout.
func TestSent(t *testing.T) {
	var lines []string
	for _, f := range stripe.Sent(request()) {
		lines = append(lines, f[0]+"="+f[1])
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{"coupons: amount_off=500", "line_items[0][price_data][product_data][name]=Mug, blue & white", "success_url=https://shop.example/thanks?s={CHECKOUT_SESSION_ID}"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
}
