package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// readyTimeout bounds what a readiness check waits.
const readyTimeout = 2 * time.Second

// healthBody is what probes are answered. Why a check failed is for the log only,
// since anyone may ask.
type healthBody struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

// Health answers that the process serves requests.
func Health() http.Handler {
	return Handler(func(w http.ResponseWriter, r *http.Request) error {
		KeepQuiet(r.Context())
		w.Header().Set("Cache-Control", "no-store")
		return WriteJSON(w, http.StatusOK, healthBody{Status: "ok"})
	})
}

// Check is something that a process needs to serve requests. Run returns why it
// is missing.
type Check struct {
	Name string
	Run  func(context.Context) error
}

// Ready answers whether all checks pass: 200, or 503. They run at once, and those
// that take longer than two seconds have failed.
func Ready(checks ...Check) http.Handler {
	return Handler(func(w http.ResponseWriter, r *http.Request) error {
		KeepQuiet(r.Context())
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		w.Header().Set("Cache-Control", "no-store")
		failed, cause := runChecks(ctx, checks)
		if cause != nil {
			return fault.New(fault.CannotConnectNow, "The server is not ready").
				WithDetail("Failed: %s.", strings.Join(failed, ", ")).
				WithCause(cause).WithStatus(http.StatusServiceUnavailable)
		}
		body := healthBody{Status: "ready", Checks: map[string]string{}}
		for _, c := range checks {
			body.Checks[c.Name] = "ok"
		}
		return WriteJSON(w, http.StatusOK, body)
	})
}

// runChecks names the checks that failed, and says why.
func runChecks(ctx context.Context, checks []Check) (failed []string, cause error) {
	found := make([]error, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() { found[i] = c.run(ctx) })
	}
	wg.Wait()
	for i, err := range found {
		if err != nil {
			failed = append(failed, checks[i].Name)
			cause = errors.Join(cause, fmt.Errorf("%s: %w", checks[i].Name, err))
		}
	}
	return failed, cause
}

// run keeps a panic of a check from the process.
func (c Check) run(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Run(ctx)
}
