package schedule

import (
	"slices"
	"time"

	"github.com/galleyhq/galley/internal/fault"
)

// What becomes of due times at which no node was there.
const (
	Skip = "skip" // nothing
	Once = "once" // one run for all of them
	All  = "all"  // a run for each, the last so many
)

// late is how long after its time a run still counts as on time.
const late = time.Minute

// MaxMissed bounds the runs that All makes up for.
const MaxMissed = 1000

// owed is which of the due times from due (that of the table) to now are to be run,
// oldest first.
func (e *Expression) owed(due, now time.Time, policy string, most int) ([]time.Time, error) {
	switch policy {
	case Skip, Once:
		most = 1
	case All:
	default:
		return nil, fault.New(fault.InvalidParameter, "no policy for missed runs: %q", policy)
	}
	list := e.last(due, now, most)
	if policy == Skip && len(list) > 0 && now.Sub(list[0]) > late {
		return nil, nil
	}
	return list, nil
}

// last is the last few due times from due to now, oldest first. It looks back
// further and further, so that a schedule of every minute that nobody kept for
// years costs no more than another.
func (e *Expression) last(due, now time.Time, most int) []time.Time {
	if e.every > 0 {
		return e.lastEvery(due, now, most)
	}
	for _, back := range []time.Duration{time.Hour, 24 * time.Hour, 32 * 24 * time.Hour, 366 * 24 * time.Hour} {
		from := now.Add(-back)
		if !from.After(due) {
			break
		}
		if list := e.between(from, now, most); len(list) == most {
			return list
		}
	}
	return e.between(due.Add(-time.Microsecond), now, most)
}

func (e *Expression) between(after, until time.Time, most int) []time.Time {
	var list []time.Time
	for t := e.Next(after); !t.IsZero() && !t.After(until); t = e.Next(t) {
		if len(list) == most {
			list = slices.Delete(list, 0, 1)
		}
		list = append(list, t)
	}
	return list
}

func (e *Expression) lastEvery(due, now time.Time, most int) []time.Time {
	var list []time.Time
	last := due.Add(now.Sub(due) / e.every * e.every)
	for t := last; !t.Before(due) && len(list) < most; t = t.Add(-e.every) {
		list = append(list, t)
	}
	slices.Reverse(list)
	return list
}

// following is the first due time after now, in step with due.
func (e *Expression) following(due, now time.Time) time.Time {
	if e.every > 0 && !due.After(now) {
		return due.Add((now.Sub(due)/e.every + 1) * e.every)
	}
	return e.Next(now)
}
