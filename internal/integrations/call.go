package integrations

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/integrations/carrier"
	"github.com/galleyhq/galley/internal/integrations/payment"
	"github.com/galleyhq/galley/internal/integrations/stripe"
)

// answer is what a function gets: one of the two.
type answer struct {
	Value any            `json:"value,omitempty"`
	Error *payment.Error `json:"error,omitempty"`
}

// Call does what a function asks for: stripe.checkout, stripe.session, stripe.expire,
// stripe.refund, shipping.label and shipping.cancel, with a request in JSON. The answer is
// {"value": …} or {"error": …}.
func (s *Service) Call(ctx context.Context, name string, request []byte) json.RawMessage {
	value, err := s.call(ctx, name, request)
	return s.answer(ctx, name, value, err)
}

func (s *Service) answer(ctx context.Context, name string, value any, err error) json.RawMessage {
	out := answer{Value: value}
	if err != nil {
		out = answer{Error: payment.Of(err)}
		s.config.Logger.WarnContext(ctx, "a call of an integration failed", "call", name, "code", out.Error.Code, "error", err, "cause", fmt.Sprint(out.Error.Unwrap()))
	}
	text, err := json.Marshal(out)
	if err != nil { // never: all of it came as JSON
		return json.RawMessage(`{"error":{"code":"failed","message":"the answer has no JSON"}}`)
	}
	return text
}

func (s *Service) call(ctx context.Context, name string, request []byte) (any, error) {
	switch name {
	case "shipping.label":
		return ask(ctx, request, (*carrier.Request).Check, s.carrier.Label)
	case "shipping.cancel":
		return ask(ctx, request, (*subject).check, func(ctx context.Context, r subject) (carrier.Label, error) { return s.carrier.Cancel(ctx, r.ID) })
	}
	p, err := s.provider(ctx)
	if err != nil {
		return nil, err
	}
	switch name {
	case "stripe.checkout":
		return ask(ctx, request, (*payment.Checkout).Check, p.Checkout)
	case "stripe.session":
		return ask(ctx, request, (*subject).check, func(ctx context.Context, r subject) (payment.Session, error) { return p.Session(ctx, r.ID) })
	case "stripe.expire":
		return ask(ctx, request, (*subject).check, func(ctx context.Context, r subject) (payment.Session, error) { return p.Expire(ctx, r.ID) })
	case "stripe.refund":
		return ask(ctx, request, (*payment.RefundRequest).Check, p.Refund)
	}
	return nil, payment.Invalid("the call", "one that there is, not %s", name)
}

// ask reads a request, checks it and has it answered.
func ask[R, A any](ctx context.Context, request []byte, check func(*R) error, do func(context.Context, R) (A, error)) (any, error) {
	var r R
	d := json.NewDecoder(strings.NewReader(string(request)))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, unreadable(err)
	}
	if err := check(&r); err != nil {
		return nil, err
	}
	out, err := do(ctx, r)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// unreadable says which field of a request is wrong.
func unreadable(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind := map[reflect.Kind]string{reflect.Int64: "a whole number", reflect.String: "a text", reflect.Slice: "a list", reflect.Struct: "an object"}[e.Type.Kind()]
		return payment.Invalid(cmp.Or(e.Field, "the request"), "%s, not a %s", cmp.Or(kind, "another value"), e.Value)
	}
	return payment.Invalid("the request", "other fields: %s", strings.TrimPrefix(err.Error(), "json: "))
}

// subject names what a call is about.
type subject struct {
	ID string `json:"id"`
}

func (s *subject) check() error {
	if s.ID == "" || len(s.ID) > 300 || strings.ContainsAny(s.ID, "/?#\x00") {
		return payment.Invalid("id", "the id of one")
	}
	return nil
}

// Local does what needs nobody: stripe.event and stripe.mode.
func (s *Service) Local(ctx context.Context, name string, request []byte) json.RawMessage {
	if name == "stripe.mode" {
		return s.answer(ctx, name, s.Mode(ctx), nil)
	}
	event, err := ask(ctx, request, (*signed).check, func(ctx context.Context, r signed) (stripe.Event, error) {
		return stripe.Read(r.Body, r.Signature, s.webhookSecret(ctx), time.Duration(r.Tolerance*float64(time.Second)))
	})
	return s.answer(ctx, name, event, err)
}

// signed is an event as a webhook gets it.
type signed struct {
	Body      string  `json:"body"`
	Signature string  `json:"signature"`
	Tolerance float64 `json:"tolerance"` // seconds; 0 is the usual
}

func (e *signed) check() error {
	if e.Tolerance < 0 || e.Tolerance > 86_400 {
		return payment.Invalid("tolerance", "seconds, a day at most")
	}
	if e.Tolerance == 0 {
		e.Tolerance = stripe.Tolerance.Seconds()
	}
	return nil
}
