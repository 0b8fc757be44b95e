package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
)

// Handler is a handler that returns an error. It must not have begun its
// response when it does.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP implements http.Handler: it writes the error a handler returned.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		WriteError(w, r, err)
	}
}

// errorBody is the body of every error: the shape that PostgREST gives it.
type errorBody struct {
	Code    string  `json:"code"`
	Details any     `json:"details"` // text or null, or what the error tells in JSON
	Hint    *string `json:"hint"`
	Message string  `json:"message"`
}

// WriteError writes an error as JSON with the status that it means. The cause
// of an internal one goes to the log line of the request only.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(err)
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		f = f.WithStatus(statusClientGone)
	}
	if rec := recordFrom(r.Context()); rec != nil {
		rec.err = err
	}
	status := fault.Status(f, IdentityFrom(r.Context()).Authenticated)
	body, err := json.Marshal(errorBody{Code: f.Code, Details: details(f), Hint: nullable(f.Hint), Message: f.Message})
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"code":"XX000","details":null,"hint":null,"message":"internal error"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if strings.HasPrefix(f.Code, "PGRST") { // as PostgREST names its errors
		h.Set("Proxy-Status", "PostgREST; error="+f.Code)
	}
	if status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// statusClientGone is what the log says of a request whose client went away
// before the answer. Nobody receives it.
const statusClientGone = 499

func details(f *fault.Error) any {
	if f.JSONDetail != nil {
		return json.RawMessage(f.JSONDetail)
	}
	return nullable(f.Detail)
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// WriteJSON writes v as JSON with a status.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fault.Internal(err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err = w.Write(body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client is gone, and the response has begun
	}
	return nil
}

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Chain wraps a handler in middleware; the first is the outermost.
func Chain(h http.Handler, middleware ...Middleware) http.Handler {
	for i := len(middleware) - 1; i >= 0; i-- {
		h = middleware[i](h)
	}
	return h
}
