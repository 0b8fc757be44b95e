package session

import (
	"encoding/json"
	"sync"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/fault"
)

// claimCache keeps the claims of callers taken apart: the same text comes with
// each request of a session, and policies ask for one claim of it.
type claimCache struct {
	mu    sync.RWMutex
	known map[string]map[string]string
}

// Bounds of the cache, which is emptied when it is full.
const (
	maxCallers   = 1000
	maxClaimText = 4 << 10 // bytes; longer ones are taken apart each time
)

func newClaimCache() *claimCache { return &claimCache{known: map[string]map[string]string{}} }

// claims returns the claims as text, as claims->>'name' does.
func (k *claimCache) claims(text string) (map[string]string, error) {
	k.mu.RLock()
	m := k.known[text]
	k.mu.RUnlock()
	if m != nil {
		return m, nil
	}
	m, err := parseClaims(text)
	if err != nil || len(text) > maxClaimText {
		return m, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= maxCallers {
		clear(k.known)
	}
	k.known[text] = m
	return m, nil
}

func parseClaims(text string) (map[string]string, error) {
	if text == "" {
		return map[string]string{}, nil
	}
	if !json.Valid([]byte(text)) {
		return nil, fault.New(fault.InvalidText, "invalid input syntax for type json")
	}
	out := map[string]string{}
	var raw map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &raw) != nil {
		return out, nil // no object, so there is no claim
	}
	for name, value := range raw {
		var s string
		switch {
		case string(value) == "null":
		case json.Unmarshal(value, &s) == nil:
			out[name] = s
		default:
			out[name] = string(value)
		}
	}
	return out, nil
}

// claimOf reads one claim, by its own setting (request.jwt.claim.sub) or out of
// the claims as a whole, as Supabase's functions do.
func (k *claimCache) claimOf(name string, oid types.OID, read func(types.OID, string) (sqlite.Value, error)) compute {
	setting := "request.jwt.claim." + name
	return func(e types.Env, _ []sqlite.Value) (sqlite.Value, error) {
		if v, ok := e.Setting(setting); ok && v != "" {
			return read(oid, v)
		}
		all, err := k.claims(e.Session().Claims)
		if err != nil {
			return sqlite.Null, err
		}
		if v, ok := all[name]; ok {
			return read(oid, v)
		}
		return sqlite.Null, nil
	}
}
