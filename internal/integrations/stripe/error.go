package stripe

import (
	"context"
	"errors"
	"net/http"

	api "github.com/stripe/stripe-go/v85"

	"github.com/galleyhq/galley/internal/integrations/payment"
)

// failure is an error of the library in Galley's words. late says that the time is over.
func failure(err error, method string, late bool) *payment.Error {
	said, ok := errors.AsType[*api.Error](err)
	switch {
	case ok:
		e := payment.New(codeOf(said, method), "Stripe: %s", said.Msg).Because(err)
		e.StripeCode, e.Status, e.RequestID = string(said.Code), said.HTTPStatusCode, said.RequestID
		if said.Code == "" {
			e.StripeCode = string(said.DeclineCode)
		}
		return e
	case late || errors.Is(err, context.DeadlineExceeded):
		return payment.New(payment.Timeout, "Stripe gave no answer in time").Because(err)
	}
	return payment.New(payment.Unavailable, "Stripe could not be reached").Because(err)
}

// codeOf sorts errors (docs.stripe.com/api/errors). A write that ended with 500 would end
// so again: Stripe keeps the answer of a key, and nobody knows what it did
// (docs.stripe.com/error-low-level).
func codeOf(e *api.Error, method string) string {
	switch status := e.HTTPStatusCode; {
	case e.Type == api.ErrorTypeCard:
		return payment.Declined
	case e.Type == api.ErrorTypeIdempotency && status != http.StatusConflict:
		return payment.Idempotency
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return payment.Unauthorized
	case status == http.StatusNotFound, e.Code == api.ErrorCodeResourceMissing:
		return payment.NotFound
	case status == http.StatusTooManyRequests:
		return payment.RateLimited
	case status == http.StatusInternalServerError && method == http.MethodPost:
		return payment.Failed
	case status >= 500, status == http.StatusConflict:
		return payment.Unavailable
	}
	return payment.InvalidRequest
}
