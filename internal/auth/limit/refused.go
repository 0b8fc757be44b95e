package limit

import (
	"sync"
	"time"
)

// maxRefused bounds what a node remembers: some 10 MB.
const maxRefused = 100_000

// refusals remembers until when keys are refused. A bucket gets no fuller before,
// whatever other nodes do, so it may answer in place of the database.
type refusals struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (r *refusals) left(key string, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	until, ok := r.until[key]
	if !ok {
		return 0
	}
	if !until.After(now) {
		delete(r.until, key)
		return 0
	}
	return until.Sub(now)
}

func (r *refusals) add(key string, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = map[string]time.Time{}
	}
	// When it is full, any will do: the database knows the one that is forgotten.
	for old := range r.until {
		if len(r.until) < maxRefused {
			break
		}
		delete(r.until, old)
	}
	r.until[key] = until
}
