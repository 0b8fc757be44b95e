package password

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime"
	"sync/atomic"

	"golang.org/x/crypto/bcrypt"
)

// Config bounds what hashing may take. Its zero value is fine.
type Config struct {
	// Workers is how many hashes are made at once; one less than the processors
	// by default, and at least one, so that something is left for everything else.
	Workers int
	// Queue is how many may wait for them; 32 for each worker by default, which
	// is about two seconds.
	Queue int
	// Cost is bcrypt's, 10 by default as GoTrue's; 4, the least, is for tests.
	Cost int
}

const (
	defaultCost    = 10
	queuePerWorker = 32
	// maxInput bounds what is compared: an imported hash may be of a password of
	// more than MaxLength bytes.
	maxInput = 4096
)

func (c Config) withDefaults() Config {
	if c.Workers <= 0 {
		c.Workers = max(1, runtime.GOMAXPROCS(0)-1)
	}
	if c.Queue <= 0 {
		c.Queue = queuePerWorker * c.Workers
	}
	if c.Cost == 0 {
		c.Cost = defaultCost
	}
	return c
}

// Pool makes and compares hashes, a bounded number at once. It is safe for
// concurrent use.
type Pool struct {
	config  Config
	slots   chan struct{}
	large   chan struct{} // one at a time of those that take much memory
	waiting atomic.Int64
	dummy   string
}

// NewPool returns a pool, which needs no closing: it runs on its callers'
// goroutines.
func NewPool(c Config) (*Pool, error) {
	c = c.withDefaults()
	if c.Cost < bcrypt.MinCost || c.Cost > maxCost {
		return nil, fmt.Errorf("the cost of bcrypt is %d, not from %d to %d", c.Cost, bcrypt.MinCost, maxCost)
	}
	return &Pool{config: c, slots: make(chan struct{}, c.Workers), large: make(chan struct{}, 1), dummy: dummyHash(c.Cost)}, nil
}

// Hash returns the bcrypt hash of a password. Its errors are ErrTooLong, ErrBusy
// and the context's.
func (p *Pool) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > MaxLength {
		return "", ErrTooLong
	}
	done, err := p.turn(ctx, p.slots)
	if err != nil {
		return "", err
	}
	defer done()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), p.config.Cost)
	return string(hash), err
}

// Compare tells whether a hash is of a password. An empty hash, of a user who has
// no password or does not exist, takes as long as any other and is of none. Errors
// are ErrBusy, ErrHash and the context's.
func (p *Pool) Compare(ctx context.Context, hash, password string) (bool, error) {
	stored, err := parse(hash)
	if hash == "" || err != nil || len(password) > maxInput {
		if busy := p.pretend(ctx, password); busy != nil {
			return false, busy
		}
		if hash == "" {
			err = nil
		}
		return false, err
	}
	if stored.memory() > largeMemory {
		done, err := p.turn(ctx, p.large)
		if err != nil {
			return false, err
		}
		defer done()
	}
	done, err := p.turn(ctx, p.slots)
	if err != nil {
		return false, err
	}
	defer done()
	return stored.matches([]byte(password))
}

// DummyCompare takes as long as Compare does, for a user who does not exist.
func (p *Pool) DummyCompare(ctx context.Context, password string) error {
	return p.pretend(ctx, password)
}

func (p *Pool) pretend(ctx context.Context, password string) error {
	done, err := p.turn(ctx, p.slots)
	if err != nil {
		return err
	}
	defer done()
	_ = bcrypt.CompareHashAndPassword([]byte(p.dummy), []byte(password[:min(len(password), MaxLength)]))
	return nil
}

// Rehash returns the hash to keep for a password that Compare just found right,
// and whether it is another one than before: hashes of another form or cost would
// not take the same time as those of users who do not exist.
func (p *Pool) Rehash(ctx context.Context, hash, password string) (string, bool, error) {
	if len(password) > MaxLength {
		return hash, false, nil
	}
	if cost, err := bcrypt.Cost([]byte(hash)); err == nil && cost == p.config.Cost {
		return hash, false, nil
	}
	made, err := p.Hash(ctx, password)
	if err != nil {
		return hash, false, err
	}
	return made, true, nil
}

// turn waits for a place, in the order of arrival, and returns what gives it back.
func (p *Pool) turn(ctx context.Context, places chan struct{}) (func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	release := func() { <-places }
	select {
	case places <- struct{}{}:
		return release, nil
	default:
	}
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > int64(p.config.Queue) {
		return nil, ErrBusy
	}
	select {
	case places <- struct{}{}:
		return release, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// dummyHash is a hash in bcrypt's form that is of no known password.
func dummyHash(cost int) string {
	var random [16 + 23]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand
	encoding := base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)
	return fmt.Sprintf("$2a$%02d$%s%s", cost, encoding.EncodeToString(random[:16]), encoding.EncodeToString(random[16:]))
}
