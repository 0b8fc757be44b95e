package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// readyTimeout bounds what a readiness check waits.
const readyTimeout = 2 * time.Second

type healthBody struct {
	Status string `json:"status"`
}

// Health answers that the process serves requests.
func Health() http.Handler {
	return Handler(func(w http.ResponseWriter, r *http.Request) error {
		keepQuiet(r.Context())
		w.Header().Set("Cache-Control", "no-store")
		return WriteJSON(w, http.StatusOK, healthBody{"ok"})
	})
}

// Ready answers whether what the process stands on answers: 200, or 503.
func Ready(ping func(context.Context) error) http.Handler {
	return Handler(func(w http.ResponseWriter, r *http.Request) error {
		keepQuiet(r.Context())
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		w.Header().Set("Cache-Control", "no-store")
		if err := ping(ctx); err != nil {
			return fault.New(fault.CannotConnectNow, "The database does not answer").
				WithCause(err).WithStatus(http.StatusServiceUnavailable)
		}
		return WriteJSON(w, http.StatusOK, healthBody{"ready"})
	})
}
