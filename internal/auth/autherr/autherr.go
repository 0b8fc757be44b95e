// Package autherr is how the API of accounts says that something went wrong: the
// codes, the messages and the shapes that GoTrue's clients know.
//
//	return autherr.New(http.StatusBadRequest, autherr.ValidationFailed, "Signup requires a valid password")
//
// A client that sends X-Supabase-Api-Version: 2024-01-01 gets {code, message}, any
// other {code, error_code, msg}, where code is the HTTP status. Errors of the OAuth
// kind are {error, error_description}.
package autherr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Error is an error that a caller may see.
type Error struct {
	Status  int
	Code    string // one of the constants
	Message string
	Reasons []string // what is weak about a password
	OAuth   string   // the error of RFC 6749, section 5.2: then the shape is OAuth's
	// RetryAfter is when to come again, in seconds; 0 says nothing.
	RetryAfter int
	cause      error
}

// New returns an error with a formatted message.
func New(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// OAuth returns an error of the shape that RFC 6749 gives them.
func OAuth(code, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, OAuth: code, Message: fmt.Sprintf(format, args...)}
}

// Weak returns the refusal of a password: reasons are length, characters, pwned and
// their kind.
func Weak(message string, reasons ...string) *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Code: WeakPassword, Message: message, Reasons: reasons}
}

// TooMany returns the refusal of a request that came too soon.
func TooMany(code string, seconds int, format string, args ...any) *Error {
	e := New(http.StatusTooManyRequests, code, format, args...)
	e.RetryAfter = seconds
	return e
}

// Because returns a copy with a cause, which only the log prints.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// OAuthName is the error of OAuth 2.0 (RFC 6749, section 4.1.2.1) that it comes
// nearest to, as GoTrue tells it to browsers.
func (e *Error) OAuthName() string {
	if e.OAuth != "" {
		return e.OAuth
	}
	switch e.Code {
	case SignupDisabled, UserBanned, ProviderEmailNeedsVerification:
		return "access_denied"
	}
	switch e.Status {
	case http.StatusBadRequest:
		return "invalid_request"
	case http.StatusUnauthorized:
		return "unauthorized_client"
	case http.StatusForbidden:
		return "access_denied"
	case http.StatusServiceUnavailable:
		return "temporarily_unavailable"
	}
	return "server_error"
}

// Error implements error.
func (e *Error) Error() string {
	s := e.Message + " (" + e.Code + e.OAuth + ")"
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// From returns err as an *Error. Of the database's errors only what a caller did is
// told; anything else is an unexpected failure.
func From(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	f := fault.From(err)
	switch {
	case f.HTTPStatus == http.StatusRequestEntityTooLarge:
		return New(f.HTTPStatus, RequestEntityTooLarge, "%s", f.Message).Because(err)
	case f.HTTPStatus == http.StatusTooManyRequests:
		return New(f.HTTPStatus, OverRequestRateLimit, "%s", f.Message).Because(err)
	case f.Code == fault.UniqueViolation:
		return New(http.StatusConflict, Conflict, "Another request has just made the same").Because(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return New(http.StatusGatewayTimeout, RequestTimeout, "Processing this request timed out, please retry after a moment.").Because(err)
	}
	return New(http.StatusInternalServerError, UnexpectedFailure, "Unexpected failure, please check server logs for more information").Because(err)
}

// apiVersion is the header by which a client tells which shape it knows, and the
// version of the newer one.
const (
	apiVersion = "X-Supabase-Api-Version"
	version    = "2024-01-01"
)

type weak struct {
	Reasons []string `json:"reasons,omitempty"`
}

type newBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Weak    *weak  `json:"weak_password,omitempty"`
}

type oldBody struct {
	Status int    `json:"code"`
	Code   string `json:"error_code"`
	Msg    string `json:"msg"`
	Weak   *weak  `json:"weak_password,omitempty"`
}

type oauthBody struct {
	Error       string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Write answers a request with an error.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	e := From(err)
	httpapi.Note(r.Context(), err)
	var reasons *weak
	if e.Code == WeakPassword {
		reasons = &weak{e.Reasons}
	}
	if e.Code != "" {
		w.Header().Set("X-Sb-Error-Code", e.Code)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(e.RetryAfter))
	}
	var body any = oldBody{e.Status, e.Code, e.Message, reasons}
	switch {
	case e.OAuth != "":
		body = oauthBody{e.OAuth, e.Message}
	case r.Header.Get(apiVersion) >= version:
		w.Header().Set(apiVersion, version)
		body = newBody{e.Code, e.Message, reasons}
	}
	w.Header().Set("Cache-Control", "no-store")
	_ = httpapi.WriteJSON(w, e.Status, body) // it has a JSON form
}

// Handler is a handler of the API of accounts that returns an error. It must not
// have begun its response when it does.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP implements http.Handler.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		Write(w, r, err)
	}
}
