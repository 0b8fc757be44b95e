package httpapi

import (
	"net/http"

	"github.com/galleyhq/galley/internal/fault"
)

// ForService serves an API for the service role alone: handlers by the patterns of
// http.ServeMux. Everybody else gets 401 without a token and 403 with one; answers are
// not to be stored.
func ForService(handlers map[string]Handler) http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range handlers {
		mux.Handle(pattern, h)
	}
	mux.Handle("/", Handler(func(http.ResponseWriter, *http.Request) error {
		return fault.New("PGRST125", "Invalid path or method specified in request").WithStatus(http.StatusNotFound)
	}))
	return Handler(func(w http.ResponseWriter, r *http.Request) error {
		if IdentityFrom(r.Context()).Role != "service_role" {
			return fault.New(fault.InsufficientPrivilege, "the admin API is for the service role").
				WithHint("Show the service_role key as a bearer token.")
		}
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
		return nil
	})
}
