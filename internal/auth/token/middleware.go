package token

import (
	"net/http"
	"strings"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/httpapi"
)

// Middleware puts the identity of a request into its context. A request whose
// token is refused gets the error and a WWW-Authenticate header (RFC 6750,
// section 3) and goes no further.
func (v *Verifier) Middleware(next http.Handler) http.Handler {
	return httpapi.Handler(func(w http.ResponseWriter, r *http.Request) error {
		id, err := v.identity(r)
		if err != nil {
			challenge(w, err)
			return err
		}
		next.ServeHTTP(w, r.WithContext(httpapi.WithIdentity(r.Context(), id)))
		return nil
	})
}

// identity verifies what the request shows: Authorization: Bearer first, then the
// apikey header; without either it is anonymous, as in PostgREST.
func (v *Verifier) identity(r *http.Request) (httpapi.Identity, error) {
	if token, ok := bearer(r.Header.Get("Authorization")); ok {
		return v.Verify(r.Context(), token)
	}
	if key := r.Header.Get("Apikey"); key != "" {
		return v.Verify(r.Context(), key)
	}
	return v.Anonymous()
}

// bearer returns the token of an Authorization header. The scheme's case does not
// matter (RFC 9110, section 11.1); another scheme is not ours.
func bearer(header string) (string, bool) {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(token), true
}

// challenge tells the client how to authenticate.
func challenge(w http.ResponseWriter, err error) {
	e := fault.From(err)
	switch e.Code {
	case "PGRST301", "PGRST303":
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="`+e.Message+`"`)
	case "PGRST302":
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
}
