// Package stripe takes payments by Stripe, through its Go library: calls with a
// deadline, repeated with their idempotency key, and errors in Galley's words. It also
// reads and signs what Stripe sends to webhooks (docs.stripe.com/webhooks).
package stripe

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/form"

	"github.com/galleyhq/galley/internal/integrations/payment"
)

// Version is the version of Stripe's API that requests are made for.
const Version = api.APIVersion

// Config is what calls need. Key and HTTP are required.
type Config struct {
	Key     string        // secret, sk_… or rk_…
	BaseURL string        // "" is Stripe's
	Timeout time.Duration // of a call with its repetitions; 20 s by default
	HTTP    *http.Client
}

// Client is a payment.Provider.
type Client struct {
	config  Config
	backend api.Backend
}

// Repetitions of a call, and how long the first of them waits. The library's own look at
// failed connections only: it takes no answer with an error in JSON for one to repeat.
const (
	retries = 2
	pause   = 500 * time.Millisecond
)

// New returns a client, which has not called anybody yet.
func New(c Config) *Client {
	if c.Timeout <= 0 {
		c.Timeout = 20 * time.Second
	}
	b := api.BackendConfig{HTTPClient: c.HTTP, MaxNetworkRetries: api.Int64(0), EnableTelemetry: api.Bool(false),
		LeveledLogger: &api.LeveledLogger{Level: api.LevelNull}}
	if c.BaseURL != "" {
		b.URL = api.String(c.BaseURL)
	}
	return &Client{c, api.GetBackendWithConfig(api.APIBackend, &b)}
}

// call asks Stripe within the time there is, and again, with the same key, while it cannot
// answer.
func (c *Client) call(ctx context.Context, method, path, key string, params api.ParamsContainer, into api.LastResponseSetter) error {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	p := params.GetParams()
	p.Context = ctx
	if key != "" {
		p.IdempotencyKey = api.String(key)
	}
	for attempt := 0; ; attempt++ {
		err := c.backend.Call(method, path, c.config.Key, params, into)
		if err == nil {
			return nil
		}
		told := failure(err, method, ctx.Err() != nil)
		if told.Code != payment.Unavailable || attempt == retries || !wait(ctx, pause<<attempt) {
			return told
		}
	}
}

// wait waits for about so long, and tells whether there is time left.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d/2 + rand.N(d)):
		return true
	case <-ctx.Done():
		return false
	}
}

// Checkout implements payment.Provider. A discount is a coupon for this once.
func (c *Client) Checkout(ctx context.Context, r payment.Checkout) (payment.Session, error) {
	params := sessionParams(r)
	if r.Discount > 0 {
		coupon := &api.Coupon{}
		if err := c.call(ctx, http.MethodPost, "/v1/coupons", r.Key+":coupon", couponParams(r), coupon); err != nil {
			return payment.Session{}, err
		}
		params.Discounts = []*api.CheckoutSessionDiscountParams{{Coupon: api.String(coupon.ID)}}
	}
	return c.session(ctx, http.MethodPost, "/v1/checkout/sessions", r.Key, params)
}

// Session implements payment.Provider.
func (c *Client) Session(ctx context.Context, id string) (payment.Session, error) {
	params := &api.CheckoutSessionParams{}
	params.AddExpand("payment_intent.latest_charge") // whose card it was
	return c.session(ctx, http.MethodGet, api.FormatURLPath("/v1/checkout/sessions/%s", id), "", params)
}

// Expire implements payment.Provider.
func (c *Client) Expire(ctx context.Context, id string) (payment.Session, error) {
	s, err := c.session(ctx, http.MethodPost, api.FormatURLPath("/v1/checkout/sessions/%s/expire", id), "", &api.CheckoutSessionExpireParams{})
	if e, ok := errors.AsType[*payment.Error](err); ok && e.Code == payment.InvalidRequest {
		e.Code = payment.NotOpen // the only thing that can be wrong with a session that is there
	}
	return s, err
}

func (c *Client) session(ctx context.Context, method, path, key string, params api.ParamsContainer) (payment.Session, error) {
	s := &api.CheckoutSession{}
	if err := c.call(ctx, method, path, key, params, s); err != nil {
		return payment.Session{}, err
	}
	return sessionOf(s), nil
}

// Refund implements payment.Provider.
func (c *Client) Refund(ctx context.Context, r payment.RefundRequest) (payment.Refund, error) {
	out := &api.Refund{}
	if err := c.call(ctx, http.MethodPost, "/v1/refunds", r.Key, refundParams(r), out); err != nil {
		return payment.Refund{}, err
	}
	made := payment.Refund{ID: out.ID, Status: string(out.Status), Amount: out.Amount, Currency: string(out.Currency), PaymentIntent: r.PaymentIntent}
	return made, nil
}

// Sent is what is sent for a checkout, a field and its value on each row.
func Sent(r payment.Checkout) [][2]string {
	var out [][2]string
	if r.Discount > 0 {
		out = fields(out, "coupons: ", couponParams(r))
	}
	return fields(out, "", sessionParams(r))
}

func fields(out [][2]string, prefix string, params any) [][2]string {
	values := &form.Values{}
	form.AppendTo(values, params)
	for pair := range strings.SplitSeq(values.Encode(), "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		value, _ = url.QueryUnescape(value) // what the library made of texts
		out = append(out, [2]string{prefix + name, value})
	}
	return out
}
