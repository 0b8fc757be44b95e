// Package fault is Galley's one error vocabulary: every error that can reach a
// user is an *Error with a code, a message, details and a hint, and this is the
// only place that knows which HTTP status a code means.
//
// Codes are SQLSTATEs (PostgreSQL documentation, appendix A) for whatever the
// database says, and PGRST codes (PostgREST documentation, "Errors") for
// whatever the data API says.
package fault

import (
	"errors"
	"fmt"
)

// Error is an error a user may see. What must stay inside travels as the cause,
// which only the log prints.
type Error struct {
	Code    string // SQLSTATE or PGRSTnnn
	Message string
	Detail  string
	// JSONDetail is a detail that is more than text, as JSON; it takes the place
	// of Detail.
	JSONDetail []byte
	Hint       string

	// Where the database found it, when it said so.
	Schema     string
	Table      string
	Column     string
	Constraint string
	Position   int // 1-based, in characters of the statement; 0 when unknown

	// HTTPStatus overrides the status that the code means; 0 leaves it alone.
	HTTPStatus int

	cause error
}

// New returns an error with a code and a formatted message.
func New(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unsupported is the refusal of something Galley does not do (yet): SQLSTATE
// 0A000. The embedded engine's refusals carry a hint that names PostgreSQL.
func Unsupported(format string, args ...any) *Error {
	return New(FeatureNotSupported, format, args...)
}

// Internal wraps an unexpected error. Users see only that something went wrong.
func Internal(cause error) *Error {
	return &Error{Code: InternalError, Message: "internal error", cause: cause}
}

// Error implements error.
func (e *Error) Error() string {
	s := e.Message + " (" + e.Code + ")"
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// WithDetail returns a copy with a detail.
func (e *Error) WithDetail(format string, args ...any) *Error {
	c := *e
	c.Detail = fmt.Sprintf(format, args...)
	return &c
}

// WithJSONDetail returns a copy with a detail in JSON.
func (e *Error) WithJSONDetail(detail []byte) *Error {
	c := *e
	c.JSONDetail = detail
	return &c
}

// WithHint returns a copy with a hint.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// WithCause returns a copy with a cause.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// At returns a copy with a position, unless one is already known.
func (e *Error) At(position int) *Error {
	if e.Position != 0 || position <= 0 {
		return e
	}
	c := *e
	c.Position = position
	return &c
}

// From returns err as an *Error; one that is none becomes an Internal error.
func From(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Internal(err)
}

// Code returns the code of err, or "" when it is no *Error.
func Code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
