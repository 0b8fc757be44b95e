package query

import (
	"container/list"
	"sync"
)

// maxShape bounds the length of a shape that is kept, in bytes.
const maxShape = 8 << 10

// Cache keeps values by shape (plans, with whatever the caller keeps beside
// them) and forgets the least recently used ones beyond its size. Its methods
// may be called from any goroutine.
type Cache[V any] struct {
	mu      sync.Mutex
	size    int
	entries map[string]*list.Element
	recent  *list.List // of *entry[V], most recently used first
}

type entry[V any] struct {
	shape string
	value V
}

// NewCache returns a cache of at most size values.
func NewCache[V any](size int) *Cache[V] {
	return &Cache[V]{size: size, entries: make(map[string]*list.Element, size), recent: list.New()}
}

// Get returns the value of a shape. It does not allocate.
func (c *Cache[V]) Get(shape []byte) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.entries[string(shape)]
	if !ok {
		var zero V
		return zero, false
	}
	c.recent.MoveToFront(el)
	return el.Value.(*entry[V]).value, true
}

// Put keeps a value. A shape that is very long is not kept.
func (c *Cache[V]) Put(shape []byte, value V) {
	if len(shape) > maxShape {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if el, ok := c.entries[string(shape)]; ok {
		el.Value.(*entry[V]).value = value
		return
	}
	key := string(shape)
	c.entries[key] = c.recent.PushFront(&entry[V]{key, value})
	if c.recent.Len() > c.size {
		oldest := c.recent.Remove(c.recent.Back()).(*entry[V])
		delete(c.entries, oldest.shape)
	}
}

// Len returns how many values are kept.
func (c *Cache[V]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recent.Len()
}
