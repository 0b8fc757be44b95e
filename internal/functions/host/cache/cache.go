// Package cache keeps values for functions for a time, in the database, so that
// every node sees the same at once. On PostgreSQL the table is unlogged: a crash of
// the server empties it, and it costs no log. Nothing is kept in the process, so
// nothing read is older than the database.
//
//	c := cache.New(cache.Config{DB: db})
//	err := c.Set(ctx, "rates", `{"EUR": 1.08}`, time.Minute)
//	value, ok, err := c.Get(ctx, "rates")
//	n, err := c.Increment(ctx, "visits", 1, time.Hour)
//
// It is bounded in entries and bytes: when there are more, those go that would have
// expired first. A node that writes looks after that, at most once in SweepEvery or
// sweepAfter writes.
package cache

import (
	"context"
	_ "embed" // the table
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

//go:embed tables.sql
var tables string

// Schema is the steps that build the table of this package on an engine, for
// migrate.Own.
func Schema(engine string) []string {
	unlogged := ""
	if engine == "postgres" {
		unlogged = "unlogged"
	}
	return []string{strings.Replace(tables, "{{unlogged}}", unlogged, 1)}
}

// Config is what a cache needs to know. Only DB is required.
type Config struct {
	DB      database.DB
	Entries int64        // 10,000 by default
	Bytes   int64        // of all keys and values, 64 MiB by default
	Logger  *slog.Logger // nil means slog.Default
}

// Bounds of one entry.
const (
	MaxKey   = 512       // bytes
	MaxValue = 256 << 10 // bytes of JSON
	MaxTTL   = 30 * 24 * time.Hour
	// DefaultTTL is how long a value is kept when nobody says.
	DefaultTTL = time.Hour
)

// SweepEvery is how often a node that writes deletes what has expired and what is
// too much; sweepAfter is how many writes may come first.
const (
	SweepEvery = time.Minute
	sweepAfter = 200
)

// Cache is the project's. Its methods may be called from any goroutine.
type Cache struct {
	config Config
	owner  database.Owner

	mu     sync.Mutex
	writes int
	swept  time.Time
}

// New returns a cache.
func New(c Config) *Cache {
	if c.Entries <= 0 {
		c.Entries = 10_000
	}
	if c.Bytes <= 0 {
		c.Bytes = 64 << 20
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Cache{config: c, owner: database.Owner{DB: c.DB}}
}

// Get gives the JSON of a value; ok is false when it is not there or has expired.
func (c *Cache) Get(ctx context.Context, key string) (value string, ok bool, err error) {
	return c.GetBy(ctx, c.owner, key)
}

// GetBy is Get by a statement of a transaction, which must be the owner's.
func (c *Cache) GetBy(ctx context.Context, q database.Querier, key string) (value string, ok bool, err error) {
	if err := checkKey(key); err != nil {
		return "", false, err
	}
	rows, err := database.Records(ctx, q, "select value from galley.function_cache where key = $1 and expires_at > now()", key)
	if err != nil || len(rows) == 0 {
		return "", false, err
	}
	return rows[0].Text(0), true, nil
}

// Set keeps the JSON of a value for a time, by the database's clock.
func (c *Cache) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	if err := check(key, value, ttl); err != nil {
		return err
	}
	err := database.Run(ctx, c.owner, `insert into galley.function_cache (key, value, size, expires_at)
		values ($1, $2, $3, now() + make_interval(secs => $4::float8))
		on conflict (key) do update set value = excluded.value, size = excluded.size, expires_at = excluded.expires_at`,
		key, value, len(key)+len(value), ttl.Seconds())
	if err == nil {
		c.wrote(ctx)
	}
	return err
}

// Delete forgets a value, and tells whether there was one.
func (c *Cache) Delete(ctx context.Context, key string) (bool, error) {
	if err := checkKey(key); err != nil {
		return false, err
	}
	rows, err := database.Records(ctx, c.owner, "delete from galley.function_cache where key = $1 returning expires_at > now()", key)
	return err == nil && len(rows) > 0 && rows[0].Text(0) == "t", err
}

// Increment adds to a whole number, all nodes one after the other, and gives what
// it is then. One that is not there or has expired begins at 0, and is kept for the
// time from then on: adding does not prolong it.
func (c *Cache) Increment(ctx context.Context, key string, by int64, ttl time.Duration) (int64, error) {
	if err := check(key, "", ttl); err != nil {
		return 0, err
	}
	rows, err := database.Records(ctx, c.owner, `insert into galley.function_cache as c (key, value, size, expires_at)
		values ($1, $2, $3, now() + make_interval(secs => $4::float8))
		on conflict (key) do update set
			value = case when c.expires_at > now() then (c.value::bigint + excluded.value::bigint)::text else excluded.value end,
			expires_at = case when c.expires_at > now() then c.expires_at else excluded.expires_at end
		returning value`, key, strconv.FormatInt(by, 10), len(key)+20, ttl.Seconds())
	switch code := fault.Code(err); {
	case code == fault.InvalidText || code == fault.NumericOutOfRange:
		return 0, fault.New(code, "the value of %.100q in the cache is no whole number that %d can be added to", key, by)
	case err != nil:
		return 0, err
	}
	c.wrote(ctx)
	return rows[0].Int(0), nil
}

func check(key, value string, ttl time.Duration) error {
	switch {
	case len(value) > MaxValue:
		return fault.New(fault.InvalidParameter, "a value of the cache has %d bytes, at most %d", len(value), MaxValue)
	case ttl <= 0 || ttl > MaxTTL:
		return fault.New(fault.InvalidParameter, "a value is kept in the cache for %s: more than 0 s and at most %d days", ttl, int(MaxTTL.Hours()/24))
	}
	return checkKey(key)
}

func checkKey(key string) error {
	if key == "" || len(key) > MaxKey || strings.ContainsRune(key, 0) {
		return fault.New(fault.InvalidParameter, "a key of the cache has 1 to %d bytes, none of them 0", MaxKey)
	}
	return nil
}

// wrote has the cache swept now and then, as part of other work.
func (c *Cache) wrote(ctx context.Context) {
	if !c.due() {
		return
	}
	if err := c.Sweep(context.WithoutCancel(ctx)); err != nil {
		c.config.Logger.WarnContext(ctx, "functions: the cache was not swept", "error", err)
	}
}

func (c *Cache) due() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	if c.writes < sweepAfter && time.Since(c.swept) < SweepEvery {
		return false
	}
	c.writes, c.swept = 0, time.Now()
	return true
}

// sweepTime bounds a sweep; sweepMost what it deletes at once.
const (
	sweepTime = 5 * time.Second
	sweepMost = 5000
)

// Sweep deletes what has expired, and what is too much.
func (c *Cache) Sweep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	err := database.Run(ctx, c.owner, `delete from galley.function_cache where key in
		(select key from galley.function_cache where expires_at <= now() limit $1::bigint)`, sweepMost)
	if err != nil {
		return err
	}
	rows, err := database.Records(ctx, c.owner, "select count(*), coalesce(sum(size), 0) from galley.function_cache")
	if err != nil {
		return err
	}
	entries, bytes := rows[0].Int(0), rows[0].Int(1)
	if entries <= c.config.Entries && bytes <= c.config.Bytes {
		return nil
	}
	// The sums go from the entry that lives longest to the one that expires first.
	return database.Run(ctx, c.owner, `delete from galley.function_cache where key in (select key from
		(select key, row_number() over w as n, sum(size) over w as bytes from galley.function_cache
			window w as (order by expires_at desc, key rows unbounded preceding)) as ranked
		where n > $1::bigint or bytes > $2::bigint)`, c.config.Entries, c.config.Bytes)
}
