package function

import (
	"context"
	"time"

	"github.com/galleyhq/galley/internal/auth"
	"github.com/galleyhq/galley/internal/functions"
)

// limiter counts how often functions let something happen.
type limiter struct{ counter auth.Counter }

// Take implements functions.Limiter.
func (l limiter) Take(ctx context.Context, name, subject string, r functions.Rate) (time.Duration, error) {
	return l.counter.Take(ctx, name, subject, auth.Rate{Events: float64(r.Events), Per: r.Per, Burst: r.Burst})
}
