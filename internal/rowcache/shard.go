package rowcache

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"

	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/metrics"
)

// shard is a part of the cache, with a lock of its own.
type shard struct {
	mu      sync.Mutex
	entries map[entryKey]*list.Element
	// rows are the entries with a row, absent those without, both with the one that
	// was used last in front. Who asks for keys at random must not drive rows out.
	rows, absent room
	flights      map[entryKey]*flight
}

// room bounds entries.
type room struct {
	list  *list.List // of *entry
	bytes int64
	most  int64 // entries
	size  int64 // bytes
}

// absentPart is the part of the room that keys without a row have.
const absentPart = 4

type entryKey struct {
	shape uint64
	key   string
}

type entry struct {
	key   entryKey
	mark  uint64
	value any
	found bool
	bytes int64
}

// flight is a reading that others may wait for.
type flight struct {
	mark uint64
	done chan struct{} // closed at its end
	result
}

func (s *shard) init(rows, bytes int64) {
	s.entries, s.flights = map[entryKey]*list.Element{}, map[entryKey]*flight{}
	s.rows = room{list: list.New(), most: rows, size: bytes}
	s.absent = room{list: list.New(), most: max(rows/absentPart, 1), size: max(bytes/absentPart, 1)}
}

func (s *shard) roomOf(found bool) *room {
	if found {
		return &s.rows
	}
	return &s.absent
}

// get returns what is kept, or has it read.
func (c *Cache) get(ctx context.Context, v *View, s *shape, name string, key []string, mark uint64) (any, bool, error) {
	k := entryKey{s.id, name}
	shard := &c.shards[maphash.String(c.seed, name)%shards]
	shard.mu.Lock()
	if element, ok := shard.entries[k]; ok {
		if e := element.Value.(*entry); e.mark == mark {
			shard.roomOf(e.found).list.MoveToFront(element)
			value, found := e.value, e.found
			shard.mu.Unlock()
			c.hits.Add(1)
			return value, found, nil
		}
	}
	if f := shard.flights[k]; f != nil && f.mark == mark {
		shard.mu.Unlock()
		c.joined.Add(1)
		return f.wait(ctx)
	}
	f := &flight{mark: mark, done: make(chan struct{})}
	shard.flights[k] = f
	shard.mu.Unlock()
	c.misses.Add(1)
	c.fly(ctx, v, s, key, f, shard, k)
	return f.value, f.found, f.err
}

func (f *flight) wait(ctx context.Context) (any, bool, error) {
	select {
	case <-f.done:
		return f.value, f.found, f.err
	case <-ctx.Done():
		return nil, false, fault.New(fault.QueryCanceled, "canceling statement due to user request").WithCause(context.Cause(ctx))
	}
}

// fly reads a row for all who wait. It goes on when the one who began it leaves.
func (c *Cache) fly(ctx context.Context, v *View, s *shape, key []string, f *flight, to *shard, k entryKey) {
	f.err = fault.Internal(errors.New("a row could not be read"))
	defer func() {
		if p := recover(); p != nil {
			f.result = result{err: fault.Internal(fmt.Errorf("panic: %v", p))}
		}
		to.land(c, f, k)
	}()
	f.result = v.read(context.WithoutCancel(ctx), s, key)
}

// land keeps what a flight brought.
func (s *shard) land(c *Cache, f *flight, k entryKey) {
	s.mu.Lock()
	if s.flights[k] == f {
		delete(s.flights, k)
	}
	if f.err == nil {
		c.dropped.Add(s.put(&entry{key: k, mark: f.mark, value: f.value, found: f.found, bytes: int64(f.bytes+len(k.key)) + perEntry}))
	}
	s.mu.Unlock()
	close(f.done)
}

// put keeps an entry, and tells how many others it has driven out.
func (s *shard) put(e *entry) (dropped int64) {
	if old, ok := s.entries[e.key]; ok {
		if old.Value.(*entry).mark > e.mark { // a later reading has come before
			return 0
		}
		s.remove(old)
	}
	r := s.roomOf(e.found)
	if e.bytes > r.size {
		return 0
	}
	s.entries[e.key] = r.list.PushFront(e)
	r.bytes += e.bytes
	for int64(r.list.Len()) > r.most || r.bytes > r.size {
		s.remove(r.list.Back())
		dropped++
	}
	return dropped
}

func (s *shard) remove(element *list.Element) {
	e := element.Value.(*entry)
	r := s.roomOf(e.found)
	r.list.Remove(element)
	r.bytes -= e.bytes
	delete(s.entries, e.key)
}

// WriteMetrics is a metrics.Source.
func (c *Cache) WriteMetrics(w *metrics.Writer) {
	var rows, absent, bytes int64
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		rows, absent, bytes = rows+int64(s.rows.list.Len()), absent+int64(s.absent.list.Len()), bytes+s.rows.bytes+s.absent.bytes
		s.mu.Unlock()
	}
	w.Gauge("galley_rowcache_rows", "Rows kept in memory.", float64(rows))
	w.Gauge("galley_rowcache_absent", "Keys without a row that are kept in memory.", float64(absent))
	w.Gauge("galley_rowcache_bytes", "About what both take.", float64(bytes))
	w.Counter("galley_rowcache_hits_total", "Rows that were found in memory.", float64(c.hits.Load()))
	w.Counter("galley_rowcache_misses_total", "Rows that were read from the database.", float64(c.misses.Load()))
	w.Counter("galley_rowcache_joined_total", "Rows that another was reading already.", float64(c.joined.Load()))
	w.Counter("galley_rowcache_through_total", "Rows that were read without looking, since nothing is known of changes.", float64(c.through.Load()))
	w.Counter("galley_rowcache_dropped_total", "Rows dropped to make room.", float64(c.dropped.Load()))
}
