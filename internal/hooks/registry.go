package hooks

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
)

// Limits bound what hooks may take.
type Limits struct {
	// Time is how long the hooks of one write may take together; 0 means 100 ms.
	Time time.Duration
	// Apart leaves the time of their statements out, which may wait for rows that
	// others have locked, where nobody else waits for a transaction as a whole. The
	// engine bounds statements (database.statement_timeout).
	Apart bool
	// Rows bounds the rows of one write to a table with hooks; 0 means 10,000.
	Rows int
}

func (l Limits) withDefaults() Limits {
	if l.Time <= 0 {
		l.Time = 100 * time.Millisecond
	}
	if l.Rows <= 0 {
		l.Rows = 10_000
	}
	return l
}

// Registry holds the hooks of all tables. Its methods may be called from any
// goroutine; a nil Registry holds none.
type Registry struct {
	expected
	limits  Limits
	strays  strays
	present atomic.Pointer[map[key]*Chain]

	mu      sync.Mutex
	sources map[string][]Entry
}

type key struct{ schema, table string }

// NewRegistry returns a registry without hooks.
func NewRegistry(l Limits) *Registry {
	return &Registry{limits: l.withDefaults(), sources: map[string][]Entry{}}
}

// Set makes entries the hooks of a source ("functions", "program"), in place of
// those it had; it changes nothing when one of them is wrong. Writes that began
// before keep to the hooks they began with. Hooks run in the order of their
// sources' names, then in the order of the entries.
func (r *Registry) Set(source string, entries []Entry) error {
	for i := range entries {
		if err := entries[i].check(); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sources[source] = slices.Clone(entries)
	chains := map[key]*Chain{}
	for _, name := range slices.Sorted(maps.Keys(r.sources)) {
		for _, e := range r.sources[name] {
			k := key{e.Schema, e.Table}
			if chains[k] == nil {
				chains[k] = &Chain{Schema: e.Schema, Table: e.Table, registry: r}
			}
			chains[k].entries = append(chains[k].entries, e)
		}
	}
	r.present.Store(&chains)
	r.arrived(source)
	return nil
}

// Ready waits until the hooks of every source that is expected are known.
func (r *Registry) Ready(ctx context.Context) error {
	if r == nil {
		return nil
	}
	return r.wait(ctx)
}

func (e *Entry) check() error {
	if e.Hook == nil || e.Schema == "" || e.Table == "" {
		return fmt.Errorf("hook %q: a hook needs a schema, a table and something to call", e.Name)
	}
	for _, op := range slices.Concat(e.Before, e.After) {
		if op != Insert && op != Update && op != Delete {
			return fmt.Errorf("hook %q: there is no operation %q: insert, update and delete are", e.Name, op)
		}
	}
	if len(e.Before)+len(e.After) == 0 {
		return fmt.Errorf("hook %q: names no operation to run before or after", e.Name)
	}
	return nil
}

// For returns the hooks of a table, nil when there is none for any of the
// operations.
func (r *Registry) For(schema, table string, operations ...string) *Chain {
	if r == nil {
		return nil
	}
	chains := r.present.Load()
	if chains == nil {
		return nil
	}
	c := (*chains)[key{schema, table}]
	if c == nil || !slices.ContainsFunc(operations, c.has) {
		return nil
	}
	return c
}

// Empty tells whether there are no hooks at all.
func (r *Registry) Empty() bool {
	if r == nil {
		return true
	}
	chains := r.present.Load()
	return chains == nil || len(*chains) == 0
}

// Chain is the hooks of one table as they were at one moment.
type Chain struct {
	Schema, Table string
	entries       []Entry
	registry      *Registry
	pace          database.Pace
}

func (c *Chain) has(operation string) bool { return c.HasBefore(operation) || c.HasAfter(operation) }

// HasBefore tells whether a hook runs before an operation.
func (c *Chain) HasBefore(operation string) bool {
	return slices.ContainsFunc(c.entries, func(e Entry) bool { return slices.Contains(e.Before, operation) })
}

// HasAfter tells whether a hook runs after an operation.
func (c *Chain) HasAfter(operation string) bool {
	return slices.ContainsFunc(c.entries, func(e Entry) bool { return slices.Contains(e.After, operation) })
}
