package function

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/limit"
	"github.com/galleyhq/galley/internal/functions"
)

// limiter is the limits of functions, counted as those of accounts are.
type limiter struct{ counts *limit.Limiter }

// Take implements functions.Limiter. The name has a prefix that no rule of Galley's own
// has. The rate is part of what is counted: one that has changed begins anew, so that a node
// that remembers a refusal by the old one does not go on refusing. Of an IPv6 address its
// network counts.
func (l limiter) Take(ctx context.Context, name, subject string, r functions.Rate) (time.Duration, error) {
	if at, err := netip.ParseAddr(subject); err == nil {
		subject = limit.Subject(at)
	}
	rule := limit.Rule{Name: "function:" + name, Rate: limit.Rate{Events: float64(r.Events), Per: r.Per, Burst: r.Burst}}
	err := l.counts.Allow(ctx, limit.Check{Rule: rule, Subject: fmt.Sprintf("%d/%s/%d\x00%s", r.Events, r.Per, r.Burst, subject)})
	if e, ok := errors.AsType[*autherr.Error](err); ok && e.Status == http.StatusTooManyRequests {
		return time.Duration(max(1, e.RetryAfter)) * time.Second, nil
	}
	return 0, err
}
