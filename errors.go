package galley

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Error is an error that a client may see. A handler, a hook or a job returns one to
// say what is wrong; Galley returns one for whatever the database refuses.
type Error struct {
	// Code is a SQLSTATE (PostgreSQL documentation, appendix A), a PGRST code of
	// PostgREST, or one of the program's own; "" means P0001.
	Code    string
	Message string
	Details string
	Hint    string
	// Status is the HTTP status; 0 means the one that belongs to the code.
	Status int

	cause error
}

// ErrNoRows is the error of One when there is no row.
var ErrNoRows = &Error{Code: "PGRST116", Message: "there is no row", Status: http.StatusNotFound}

// Errorf returns an error with an HTTP status and a message.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), Status: status}
}

// Error implements error.
func (e *Error) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return e.Message + " (" + e.Code + ")"
}

// Unwrap returns what the error was made of, for the log; clients never see it.
func (e *Error) Unwrap() error { return e.cause }

// Code returns the code of an error that is or wraps an *Error, else "".
func Code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// outward makes an *Error of what Galley's inside says.
func outward(err error) error {
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*fault.Error](err)
	if _, done := errors.AsType[*Error](err); done || !ok {
		return err
	}
	return &Error{Code: f.Code, Message: f.Message, Details: f.Detail, Hint: f.Hint, Status: f.HTTPStatus, cause: err}
}

// inward makes of an error of the program one that Galley's inside knows. What is no
// *Error stays as it is: clients see of it that something went wrong.
func inward(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	code := e.Code
	if code == "" {
		code = "P0001"
	}
	f := fault.New(code, "%s", e.Message).WithCause(err)
	f.Detail, f.Hint, f.HTTPStatus = e.Details, e.Hint, e.Status
	return f
}

// HandlerFunc is a handler that returns an error: an *Error becomes a response with
// its status and the body {"code", "message", "details", "hint"}, as those of the data
// API; of any other the client sees "internal error", and the log all of it. It must
// return nil once it has begun to write the response.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP implements http.Handler.
func (h HandlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		httpapi.WriteError(w, r, inward(err))
	}
}
