package token

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/httpapi"
)

// cacheSize bounds the verified tokens remembered: about 10 MB of claims at a
// kilobyte each.
const cacheSize = 10_000

// cache remembers verified tokens by their hash, so that no token lies about in
// memory. When full, a few arbitrary entries make room: cheaper than order, and a
// verification costs little.
type cache struct {
	mu      sync.RWMutex
	entries map[[sha256.Size]byte]entry
}

// entry is a verified token. The claims were checked at the time of verification
// and stay right until the token expires: nbf and iat lie behind.
type entry struct {
	identity httpapi.Identity
	until    time.Time // zero: for ever
	revision uint64    // of the keys
}

func (c *cache) get(key [sha256.Size]byte, now time.Time, revision uint64) (httpapi.Identity, bool) {
	c.mu.RLock()
	e, ok := c.entries[key]
	c.mu.RUnlock()
	if !ok || e.revision != revision || !e.until.IsZero() && now.After(e.until) {
		return httpapi.Identity{}, false
	}
	return e.identity, true
}

func (c *cache) put(key [sha256.Size]byte, e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = make(map[[sha256.Size]byte]entry)
	}
	if len(c.entries) >= cacheSize {
		c.evict()
	}
	c.entries[key] = e
}

func (c *cache) evict() {
	n := cacheSize / 100
	for key := range c.entries {
		delete(c.entries, key)
		if n--; n == 0 {
			return
		}
	}
}
