// Package signing keeps the keys that access tokens are signed with. They are of
// ES256 (RFC 7518, section 3.4), made at the first start and kept in the database,
// so that all nodes share them; or private JSON Web Keys of a file.
//
//	keys, err := signing.Open(ctx, signing.Config{DB: db, Secret: secret})
//	text, err := keys.Sign(ctx, claims)
//	err = keys.Rotate(ctx) // standby becomes the one in use, which goes on verifying
//
// The private parts are sealed (AES-256-GCM) with a key made of the project's
// secret, so that a copy of the database alone signs nothing. When the secret has
// changed they cannot be opened any more: new ones take their place, and tokens
// signed by the old ones stay valid until they expire.
package signing

import (
	"context"
	"crypto"
	_ "embed" // the table
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/galleyhq/galley/internal/auth/token"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

//go:embed keys.sql
var table string

// Schema is the steps that build the table of this package, for migrate.Own.
func Schema() []string { return []string{table} }

// The states of a key. Each signs in one of them only, and verifies in all.
const (
	standby        = "standby"
	inUse          = "in_use"
	previouslyUsed = "previously_used"
)

// Config is what the keys need to know.
type Config struct {
	DB     database.DB
	Secret string       // the project's
	Keys   []PrivateKey // of a file; then the database has none
	Logger *slog.Logger // nil means slog.Default
	Now    func() time.Time
}

// PrivateKey signs.
type PrivateKey struct {
	ID        string
	Algorithm string
	private   any // []byte, *ecdsa.PrivateKey or *rsa.PrivateKey
	public    crypto.PublicKey
	jwk       JWK // of the public part; empty for a shared secret
}

// Keys are the project's. They may be used from any goroutine.
type Keys struct {
	config Config

	mu     sync.RWMutex
	active PrivateKey
	all    []PrivateKey // that verify; those of other states have no private part
	read   time.Time

	// revision is how often a key was missing that had been there.
	revision atomic.Uint64
}

// How long keys are used before they are read again: those of a rotation on
// another node are there by then. A token of an unknown key has them read at once,
// but not more often than every few seconds.
const (
	readEvery = time.Minute
	readLeast = 5 * time.Second
	patience  = 10 * time.Second
)

// Open reads the keys, and makes them at the first call for a database.
func Open(ctx context.Context, c Config) (*Keys, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	k := &Keys{config: c}
	if len(c.Keys) > 0 {
		k.active, k.all = c.Keys[0], c.Keys
		return k, nil
	}
	err := k.load(ctx)
	if !errors.Is(err, errNoKey) {
		return k, err
	}
	if err := k.make(ctx); err != nil && fault.Code(err) != fault.UniqueViolation { // another node was first
		return nil, err
	}
	return k, k.load(ctx)
}

// Sign signs a payload with the key in use.
func (k *Keys) Sign(ctx context.Context, claims map[string]any) (string, error) {
	k.refresh(ctx, readEvery)
	k.mu.RLock()
	key := k.active
	k.mu.RUnlock()
	t := jwt.NewWithClaims(jwt.GetSigningMethod(key.Algorithm), jwt.MapClaims(claims))
	t.Header["kid"] = key.ID
	signed, err := t.SignedString(key.private)
	if err != nil {
		return "", fault.Internal(err)
	}
	return signed, nil
}

// Lookup returns the keys that verify tokens of an id; of an unknown one it reads
// them again, in case another node has made it.
func (k *Keys) Lookup(id string) token.Keys {
	if found := k.find(id); found != nil || len(k.config.Keys) > 0 {
		return found
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	k.refresh(ctx, readLeast)
	return k.find(id)
}

func (k *Keys) find(id string) token.Keys {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var out token.Keys
	for _, key := range k.all {
		if key.ID != id {
			continue
		}
		if secret, ok := key.private.([]byte); ok {
			out = append(out, token.Shared(id, secret))
		} else if verifier, err := token.Public(id, key.public); err == nil {
			out = append(out, verifier)
		}
	}
	return out
}

// Revision changes when a key is there no more that was. It reads the keys again when
// that was not done for a minute, so that a node which signs nothing hears of it too.
func (k *Keys) Revision(ctx context.Context) uint64 {
	k.refresh(ctx, readEvery)
	return k.revision.Load()
}

// replace takes keys in the place of those until now.
func (k *Keys) replace(active PrivateKey, all []PrivateKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, old := range k.all {
		if !slices.ContainsFunc(all, func(key PrivateKey) bool { return key.ID == old.ID }) {
			k.revision.Add(1)
			break
		}
	}
	k.active, k.all, k.read = active, all, k.config.Now()
}

// Set is the JSON Web Key Set (RFC 7517, section 5) of the public keys.
func (k *Keys) Set(ctx context.Context) Set {
	k.refresh(ctx, readEvery)
	k.mu.RLock()
	defer k.mu.RUnlock()
	out := Set{Keys: []JWK{}}
	for _, key := range k.all {
		if key.jwk.Kty != "" {
			out.Keys = append(out.Keys, key.jwk)
		}
	}
	return out
}

// refresh reads the keys again when they were read before more than a time ago.
// Those that are there stay when the database does not answer.
func (k *Keys) refresh(ctx context.Context, after time.Duration) {
	if len(k.config.Keys) > 0 {
		return
	}
	now := k.config.Now()
	if !k.due(now, after) {
		return
	}
	if err := k.load(ctx); err != nil {
		k.config.Logger.WarnContext(ctx, "auth: the signing keys were not read again", "error", err)
	}
}

// due tells one of those who ask that the keys are to be read again; the others go
// on meanwhile with those that are there.
func (k *Keys) due(now time.Time, after time.Duration) bool {
	k.mu.RLock()
	due := now.Sub(k.read) >= after
	k.mu.RUnlock()
	if !due {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if now.Sub(k.read) < after {
		return false
	}
	k.read = now
	return true
}
