package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/auth/limit"
	"github.com/galleyhq/galley/internal/database"
)

// Rate is how often something may happen.
type Rate = limit.Rate

// Counter counts for the functions of a project as is counted for accounts.
type Counter struct{ limiter *limit.Limiter }

// NewCounter returns a counter over a database that has the tables of Parts.
func NewCounter(db database.DB) Counter { return Counter{limit.New(db)} }

// Take takes one of what a subject may do under a name: 0, or after how long it may do it
// again. No rule of Galley's own has the prefix that the name gets. The rate is part of what
// is counted: one that has changed begins anew, so that a node that remembers a refusal by
// the old one does not go on refusing. Of an IPv6 address its network counts.
func (c Counter) Take(ctx context.Context, name, subject string, r Rate) (time.Duration, error) {
	if at, err := netip.ParseAddr(subject); err == nil {
		subject = limit.Subject(at)
	}
	subject = fmt.Sprintf("%v/%s/%d\x00%s", r.Events, r.Per, r.Burst, subject)
	err := c.limiter.Allow(ctx, limit.Check{Rule: limit.Rule{Name: "function:" + name, Rate: r}, Subject: subject})
	if e, ok := errors.AsType[*autherr.Error](err); ok && e.Status == http.StatusTooManyRequests {
		return time.Duration(max(1, e.RetryAfter)) * time.Second, nil
	}
	return 0, err
}
