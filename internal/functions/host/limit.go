package host

import (
	"context"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
)

// Limiter counts how often something happens, for all nodes together.
type Limiter interface {
	// Take takes one of what a subject may do under a name: 0, or after how long it may
	// do it again. It keeps the subject as a hash.
	Take(ctx context.Context, name, subject string, r Rate) (time.Duration, error)
}

// Rate is Burst times at once, and Events times in Per in the long run.
type Rate struct {
	Events int
	Per    time.Duration
	Burst  int
}

// Bounds of what limit takes. Times are kept to about a microsecond, and a row lies in the
// database until its subject may do everything again.
const (
	maxEvents  = 1_000_000
	maxPer     = 31 * 24 * time.Hour
	maxPace    = 1000 // a second
	maxSubject = 1024 // bytes
)

var limitName = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{1,64}$`)

// limit is limit(name, subject, events, per, burst): 0, or the seconds after which it is
// allowed again, which are whole ones. It would count for nothing in a transaction that is
// rolled back, so it is refused there.
func (s *Services) limit(ctx context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	if _, err := writing(ctx, "limit"); err != nil {
		return nil, err
	}
	if s.config.Limiter == nil {
		return nil, fault.New(fault.ObjectNotInPrerequisite, "this server counts no limits")
	}
	name, subject := a.Text(0), a.Text(1)
	switch {
	case !limitName.MatchString(name):
		return nil, invalid("limit: the name is %q, expected 1 to 64 letters, digits and _ . : / -", clip(name, 100))
	case len(subject) > maxSubject:
		return nil, invalid("limit: the subject has %d bytes, at most %d are possible", len(subject), maxSubject)
	}
	rate, err := rateOf(a.Number(2), a.Text(3), a.Number(4))
	if err != nil {
		return nil, err
	}
	wait, err := s.config.Limiter.Take(ctx, name, subject, rate)
	if err != nil || wait <= 0 {
		return 0.0, err
	}
	return math.Ceil(wait.Seconds()), nil
}

// rateOf is a rate as a function says it, with a text for the time.
func rateOf(events float64, per string, burst float64) (Rate, error) {
	whole := func(n float64) bool { return n == math.Trunc(n) && n >= 1 && n <= maxEvents }
	if !whole(events) {
		return Rate{}, invalid("limit: events is %v, expected a whole number from 1 to %d", events, maxEvents)
	}
	if !whole(burst) {
		return Rate{}, invalid("limit: burst is %v, expected a whole number from 1 to %d", burst, maxEvents)
	}
	time, ok := spanOf(per)
	if !ok {
		return Rate{}, invalid(`limit: per is %q, expected "1s" to "31d" (s, m, h, d), or seconds`, clip(per, 100))
	}
	if events > maxPace*time.Seconds() {
		return Rate{}, invalid("limit: %v in %s is more than %d a second", events, per, maxPace)
	}
	if full := time.Seconds() / events * burst; full > maxPer.Seconds() {
		return Rate{}, invalid("limit: the burst comes back in %.0f days, at most 31 are possible", full/86400)
	}
	return Rate{Events: int(events), Per: time, Burst: int(burst)}, nil
}

// spanOf reads a number with a unit: "90s", "15m", "1h", "7d"; seconds without one.
func spanOf(text string) (time.Duration, bool) {
	unit := time.Second
	for suffix, of := range map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = number, of
			break
		}
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 0 || n > uint64(maxPer/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}
