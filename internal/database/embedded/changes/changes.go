// Package changes tells whether the rows of a table are still those that were read,
// although any process may write to the file.
//
// Each commit is seen in the header of the log's index, which all processes share and
// which SQLite changes before a commit returns. What this engine's own writer has
// changed is known by table; a commit of anybody else counts for all of them. So a
// commit that was acknowledged is never missed, and looking costs no statement.
package changes

import (
	"slices"
	"sync"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
)

// Tracker follows a file. The zero value follows nothing.
type Tracker struct {
	// Others is called, on the writer's goroutine, when another process may have
	// committed since the writer's last transaction; nil calls nothing.
	Others func()
	last   sqlite.LogState // of the writer's last transaction; only its goroutine uses it

	mu     sync.RWMutex
	log    sqlite.SharedLog
	on     bool
	busy   bool            // the writer is in a transaction
	known  sqlite.LogState // up to which all is counted
	all    uint64          // changes that may be of any table
	tables map[uint32]*Table

	// pending is what the writer's open transaction has changed. Only the writer's
	// goroutine uses it.
	pending struct {
		all    bool
		tables []uint32
	}
}

// Table is a table that is followed.
type Table struct {
	tracker *Tracker
	changes uint64
}

// Follow begins to follow a table of the file that the writer has open. The writer
// calls it, outside of a transaction or within.
func (t *Tracker) Follow(writer *sqlite.Conn, oid uint32) (*Table, bool) {
	log, ok := writer.SharedLog()
	if !ok {
		return nil, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.on {
		t.on, t.log, t.tables = true, log, map[uint32]*Table{}
		t.known = log.State()
	}
	table := t.tables[oid]
	if table == nil {
		table = &Table{tracker: t}
		t.tables[oid] = table
	}
	return table, true
}

// Close ends it, before the writer's connection is closed.
func (t *Tracker) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.on = false
}

// Mark implements database.Tracked.
func (t *Table) Mark() (uint64, bool) {
	r := t.tracker
	r.mu.RLock()
	now, mark, ok := r.log, r.all+t.changes, r.on
	if ok && now.State() == r.known {
		r.mu.RUnlock()
		return mark, true
	}
	r.mu.RUnlock()
	return t.afterOthers()
}

// afterOthers counts the commits of other processes, which changed who knows what.
// While our own writer may be the one who did, nothing can be told.
func (t *Table) afterOthers() (uint64, bool) {
	r := t.tracker
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.on {
		return 0, false
	}
	if state := r.log.State(); state != r.known {
		if r.busy {
			return 0, false
		}
		r.known = state
		r.all++
	}
	return r.all + t.changes, true
}

// Began implements store.Witness: nobody else can commit now.
func (t *Tracker) Began(c *sqlite.Conn) {
	t.pending.all, t.pending.tables = false, t.pending.tables[:0]
	state, ok := c.LogState()
	if (!ok || state != t.last) && t.Others != nil {
		t.Others()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy = true
	if t.on && (!ok || state != t.known) {
		t.known = state
		t.all++
	}
}

// Ended implements store.Witness.
func (t *Tracker) Ended(c *sqlite.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy = false
	state, ok := c.LogState()
	t.last = state
	if !t.on || ok && state == t.known {
		return
	}
	t.known = state
	if t.pending.all {
		t.all++
	}
	for _, oid := range t.pending.tables {
		if table := t.tables[oid]; table != nil {
			table.changes++
		}
	}
}

// maxPending bounds the tables that one transaction's changes are told apart by.
const maxPending = 256

// Changed notes that the writer's open transaction changes a table.
func (t *Tracker) Changed(oid uint32) {
	switch {
	case slices.Contains(t.pending.tables, oid):
	case len(t.pending.tables) == maxPending:
		t.pending.all = true
	default:
		t.pending.tables = append(t.pending.tables, oid)
	}
}

// ChangedAll notes that it may change any of them.
func (t *Tracker) ChangedAll() { t.pending.all = true }
