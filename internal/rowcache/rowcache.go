// Package rowcache keeps rows of tables in memory, by a unique key, and never gives one
// that a commit has changed.
//
//	cache := rowcache.New(rowcache.Config{DB: db, Rows: 100_000, Bytes: 32 << 20})
//	links := cache.View(rowcache.Spec{Table: schema.Name{Schema: "public", Name: "links"}, Key: []string{"slug"}, Read: read})
//	value, found, err := links.Get(ctx, "news")
//
// What is kept carries the mark of its table from before it was read (database.Tracked),
// and counts as long as the mark is the same. Nothing is thrown away by a clock. That
// there is no such row is kept, too, in a room of its own. Who asks for what is being
// read waits for it, unless a commit came between. See docs/cache.md.
package rowcache

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// Config is what a cache needs. Only DB is required.
type Config struct {
	DB     database.DB   // a database.Tracker, or nothing is kept
	Rows   int64         // at most; 100,000 by default
	Bytes  int64         // of them, about; 32 MiB by default
	Limit  time.Duration // of one reading, 30 s by default
	Logger *slog.Logger  // nil means slog.Default
}

const (
	shards = 16
	// maxKey bounds a key in bytes: one that is longer is read from the database.
	maxKey = 1024
	// maxViews bounds the views: a program that makes them of what it is given would
	// fill the memory.
	maxViews = 1000
	// perEntry is about what an entry takes beside its key and value, in bytes.
	perEntry = 200
)

// Cache is the rows of one database that are kept. Its methods may be called from any
// goroutine.
type Cache struct {
	config Config
	seed   maphash.Seed
	shards [shards]shard
	nextID atomic.Uint64

	hits, misses, joined, through, dropped atomic.Int64
	warned                                 atomic.Int64 // when it was last told that nothing is kept

	mu    sync.Mutex
	views map[string]*View
}

// New returns an empty cache.
func New(c Config) *Cache {
	if c.Rows <= 0 {
		c.Rows = 100_000
	}
	if c.Bytes <= 0 {
		c.Bytes = 32 << 20
	}
	if c.Limit <= 0 {
		c.Limit = 30 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	out := &Cache{config: c, seed: maphash.MakeSeed(), views: map[string]*View{}}
	for i := range out.shards {
		out.shards[i].init(max(c.Rows/shards, 1), max(c.Bytes/shards, 1))
	}
	return out
}

// Spec says what a view reads.
type Spec struct {
	Table schema.Name
	Key   []string // columns of the primary key or of a unique constraint
	// Columns is the select list, SQL; "" is all columns.
	Columns string
	// Read makes a value of the rows, of which there is one or none, and tells about how
	// many bytes it holds. found is false where there is none.
	Read func(rows database.Rows) (value any, bytes int, found bool, err error)
}

// View is a way to look at the rows of a table.
type View struct {
	cache *Cache
	spec  Spec
	shape atomic.Pointer[shape]
	mu    sync.Mutex // held while a shape is found out
}

// shape is a view under one state of the schema.
type shape struct {
	id       uint64 // marks of another shape may be of another table
	snapshot *schema.Snapshot
	sql      string
	tracked  database.Tracked // nil when the table cannot be followed now
	retry    time.Time        // when that is tried again
	err      error
}

// session reads all rows: policies are about those who ask, who are not known here.
var session = database.Session{Role: "service_role", Claims: `{"role":"service_role"}`}

// View returns a view.
func (c *Cache) View(s Spec) *View { return &View{cache: c, spec: s} }

// Named returns the view of a name, which is made of make's answer when there is none
// yet.
func (c *Cache) Named(name string, make func() Spec) (*View, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.views[name]
	if v == nil {
		if len(c.views) >= maxViews {
			return nil, fault.New("54000", "rows of more than %d kinds cannot be kept in memory", maxViews)
		}
		v = c.View(make())
		c.views[name] = v
	}
	return v, nil
}

// Get returns the value of the row with a key, whose values are in the order of
// Spec.Key. It shows every commit that was acknowledged by this node before, and those
// of others by the engine's bound.
func (v *View) Get(ctx context.Context, key ...string) (value any, found bool, err error) {
	if len(key) != len(v.spec.Key) {
		return nil, false, fault.Internal(errors.New("a key has other columns than its view"))
	}
	s, err := v.resolve(ctx)
	if err != nil {
		return nil, false, err
	}
	name := v.name(key)
	var mark uint64
	ok := s.tracked != nil && len(name) <= maxKey
	if ok {
		mark, ok = s.tracked.Mark()
	}
	if !ok {
		v.cache.through.Add(1)
		r := v.read(ctx, s, key)
		return r.value, r.found, r.err
	}
	return v.cache.get(ctx, v, s, name, key, mark)
}

// name is the key of an entry.
func (v *View) name(key []string) string {
	if len(key) == 1 {
		return key[0]
	}
	return strings.Join(key, "\x00") // which no text of PostgreSQL holds
}

// result is what a reading gave.
type result struct {
	value any
	bytes int
	found bool
	err   error
}

func (v *View) read(ctx context.Context, s *shape, key []string) (r result) {
	args := make([]database.Arg, len(key))
	for i, k := range key {
		args[i] = database.Text(k)
	}
	ctx, cancel := context.WithTimeout(ctx, v.cache.config.Limit)
	defer cancel()
	rows, err := v.cache.config.DB.Query(ctx, session, database.Statement{SQL: s.sql, Args: args, ReadOnly: true})
	if err != nil {
		return result{err: err}
	}
	defer rows.Close()
	r.value, r.bytes, r.found, r.err = v.spec.Read(rows)
	return r
}
