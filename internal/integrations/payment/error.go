package payment

import (
	"errors"
	"fmt"
)

// What went wrong.
const (
	Declined       = "declined"        // the card
	InvalidRequest = "invalid_request" // a mistake in the program
	Idempotency    = "idempotency"     // the key stands for another request
	NotFound       = "not_found"
	NotOpen        = "not_open"  // the session is complete or has expired
	Signature      = "signature" // of an event
	Unauthorized   = "unauthorized"
	RateLimited    = "rate_limited"
	Unavailable    = "unavailable"
	Timeout        = "timeout"
	NotConfigured  = "not_configured"
	Failed         = "failed"
	Address        = "address" // where something is to be sent
)

// Error is what a service outside says is wrong, for the program that asked it.
type Error struct {
	Code       string `json:"code"` // one of the above
	Message    string `json:"message"`
	StripeCode string `json:"stripeCode,omitempty"` // such as charge_already_refunded
	Status     int    `json:"status,omitempty"`     // of the HTTP answer
	RequestID  string `json:"requestId,omitempty"`  // of the service
	Retryable  bool   `json:"retryable"`            // the same call with the same key may succeed later

	cause error
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// New returns an error with a formatted message.
func New(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Retryable: code == RateLimited || code == Unavailable || code == Timeout}
}

// Because returns a copy with a cause, which only the log prints.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Invalid says what a field must be.
func Invalid(field, format string, args ...any) *Error {
	return New(InvalidRequest, field+": expected "+format, args...)
}

// Of is the error of a service, or of what failed on the way to it.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return New(Failed, "the service could not be asked").Because(err)
}
