// Package devpage is what the pages of the sandboxes share: their look, their headers,
// and how errors are told.
package devpage

import (
	"bytes"
	_ "embed" // the look
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/integrations/payment"
)

//go:embed page.css
var style []byte

// StylePath is where Style is served.
const StylePath = "/dev/stripe/assets/css"

// Style is the look of the pages.
func Style(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(style) // a client that left is no error
	return nil
}

// Handler serves a page whose errors are told as the API's are. forms are the origins
// that its forms may end at, besides the server's own.
func Handler(h httpapi.Handler) http.Handler {
	return httpapi.Handler(func(w http.ResponseWriter, r *http.Request) error {
		Head(w)
		return told(h(w, r))
	})
}

// Head sets the headers of a page. forms are the origins that its forms may lead to.
func Head(w http.ResponseWriter, forms ...string) {
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("X-Robots-Tag", "noindex")
	head.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self' "+strings.Join(forms, " "))
}

// Render writes a page.
func Render(w http.ResponseWriter, page *template.Template, data any) error {
	var b bytes.Buffer
	if err := page.Execute(&b, data); err != nil {
		return fault.Internal(err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = b.WriteTo(w) // a client that left is no error
	return nil
}

// WantsJSON tells a program from a browser.
func WantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// told is an error of a sandbox with its status.
func told(err error) error {
	e, ok := errors.AsType[*payment.Error](err)
	if !ok {
		return err
	}
	code, status := fault.InvalidParameter, http.StatusBadRequest
	switch e.Code {
	case payment.NotFound, payment.NotConfigured:
		code, status = fault.UndefinedObject, http.StatusNotFound
	case payment.NotOpen:
		code, status = fault.ObjectNotInPrerequisite, http.StatusConflict
	}
	return fault.New(code, "%s", e.Message).WithStatus(status).WithCause(err)
}
