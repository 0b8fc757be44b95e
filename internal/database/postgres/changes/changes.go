// Package changes tells whether the rows of a table are still those that were read,
// on a PostgreSQL that anybody may write to.
//
// A trigger for each statement that changes a followed table tells of it twice: by
// pg_notify, which reaches every node when the change is committed, and by a notice on
// the connection that made it. So a node counts its own changes before it
// acknowledges their commit, and those of others when it hears of them.
//
// What is not heard is not there: each node sends itself a beat through the same
// channel. As notifications come in the order of the commits, a beat that arrives
// tells that all commits before it was sent are counted. Without one for Bound nothing
// can be told, and rows are read from the database.
package changes

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

const (
	// Channel is that of the notifications, and the message of the notices.
	Channel = "galley_rows"
	// Any stands for all tables.
	Any = "any"
	// SchemaChannel tells of changes of the schema.
	SchemaChannel = "galley_schema"
	// Bound is how old a beat may be.
	Bound = 3 * time.Second
	// beatEvery is the time between two beats, as long as anybody asks.
	beatEvery = 500 * time.Millisecond
	// unusedFor is how long nobody has asked when beats end.
	unusedFor = 10 * time.Second
	// beatTimeout bounds the sending of one.
	beatTimeout = 2 * time.Second
)

// Tracker follows tables of a database.
type Tracker struct {
	db    database.DB
	log   *slog.Logger
	id    string // of this node, in its beats
	start time.Time
	until atomic.Int64 // when marks end, counted from start
	asked atomic.Int64 // when somebody asked last

	shapes atomic.Uint64 // changes of the schema

	mu      sync.Mutex
	tables  map[uint32]*Table
	beats   map[int64]time.Duration // when those under way were sent
	number  int64
	beating bool
	stop    func() // ends listening; nil while nobody is followed
	closed  bool
	ended   context.CancelFunc
	ctx     context.Context
	done    sync.WaitGroup
}

// Table is a table that is followed.
type Table struct {
	tracker *Tracker
	oid     uint32
	changes atomic.Uint64
	checked atomic.Uint64 // the trigger was there at this change of the schema, counted from 1
	mu      sync.Mutex    // held while that is found out
	again   time.Time     // not before that
}

// New returns a tracker that follows nothing yet.
func New(db database.DB, log *slog.Logger) *Tracker {
	ctx, cancel := context.WithCancel(context.Background())
	t := &Tracker{db: db, log: log, id: rand.Text(), start: time.Now(), tables: map[uint32]*Table{}, beats: map[int64]time.Duration{},
		ctx: ctx, ended: cancel}
	t.shapes.Store(1)
	t.asked.Store(-int64(time.Hour))
	return t
}

// Close ends it.
func (t *Tracker) Close() {
	t.mu.Lock()
	t.closed = true
	stop := t.stop
	t.stop = nil
	t.mu.Unlock()
	t.until.Store(0)
	if stop != nil {
		stop()
	}
	t.ended()
	t.done.Wait()
}

// Track implements database.Tracker.
func (t *Tracker) Track(ctx context.Context, r *schema.Relation, listen func(string, func(database.Notification)) func()) (*Table, error) {
	t.mu.Lock()
	table := t.tables[r.OID]
	if table == nil {
		table = &Table{tracker: t, oid: r.OID}
		t.tables[r.OID] = table
	}
	first := t.stop == nil && !t.closed
	if first {
		t.stop = func() {}
	}
	t.mu.Unlock()
	if first {
		rows, shape := listen(Channel, t.hear), listen(SchemaChannel, t.reshaped)
		t.mu.Lock()
		t.stop = func() { rows(); shape() }
		t.mu.Unlock()
	}
	return table, table.check(ctx)
}

// Mark implements database.Tracked.
func (b *Table) Mark() (uint64, bool) {
	t := b.tracker
	now := int64(time.Since(t.start))
	if now-t.asked.Load() > int64(beatEvery) {
		t.asked.Store(now)
		t.beat()
	}
	mark := b.changes.Load()
	if now >= t.until.Load() {
		return 0, false
	}
	if b.checked.Load() != t.shapes.Load() && b.check(t.ctx) != nil {
		return 0, false
	}
	return mark, true
}

// Touched counts changes that this node's own connection was told of, by the details
// of the notices.
func (t *Tracker) Touched(oids []string) {
	for _, oid := range oids {
		if oid == Any {
			t.changedAll()
			return
		}
		t.changed(oid)
	}
}

func (t *Tracker) changedAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, table := range t.tables {
		table.changes.Add(1)
	}
}

func (t *Tracker) changed(oid string) {
	n, err := strconv.ParseUint(oid, 10, 32)
	if err != nil {
		return
	}
	t.mu.Lock()
	table := t.tables[uint32(n)]
	t.mu.Unlock()
	if table != nil {
		table.changes.Add(1)
	}
}

// hear takes a notification.
func (t *Tracker) hear(n database.Notification) {
	beat, isBeat := strings.CutPrefix(n.Payload, "beat ")
	switch {
	case n.Lost:
		t.Lost()
	case isBeat:
		t.arrived(beat)
	default:
		t.changed(n.Payload)
	}
}

// Lost tells that notifications may have been missed: all rows may be others, until a
// beat arrives.
func (t *Tracker) Lost() {
	t.mu.Lock()
	t.until.Store(0)
	clear(t.beats)
	t.mu.Unlock()
	t.changedAll()
}

// reshaped looks anew for the triggers: a table that was restored may have lost its.
func (t *Tracker) reshaped(database.Notification) {
	t.shapes.Add(1)
	t.changedAll()
}

// arrived notes a beat of ours.
func (t *Tracker) arrived(beat string) {
	id, number, _ := strings.Cut(beat, " ")
	n, err := strconv.ParseInt(number, 10, 64)
	if id != t.id || err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	sent, ok := t.beats[n]
	if !ok {
		return
	}
	for older := range t.beats {
		if older <= n {
			delete(t.beats, older)
		}
	}
	t.until.Store(max(t.until.Load(), int64(sent+Bound)))
}

// beat has beats sent as long as somebody asks.
func (t *Tracker) beat() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.beating || t.closed {
		return
	}
	t.beating = true
	t.done.Go(t.beatOn)
}

func (t *Tracker) beatOn() {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		if err := t.send(); err != nil && t.ctx.Err() == nil {
			t.log.Warn("rows in memory are not used: a notification could not be sent", "error", err)
		}
		select {
		case <-t.ctx.Done():
			return
		case <-ticker.C:
		}
		t.mu.Lock()
		if int64(time.Since(t.start))-t.asked.Load() > int64(unusedFor) {
			t.beating = false
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
	}
}

// maxBeats bounds those that are under way.
const maxBeats = 100

func (t *Tracker) send() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Internal(nil)
			t.log.Error("a beat panicked", "panic", p)
		}
	}()
	t.mu.Lock()
	if len(t.beats) >= maxBeats {
		clear(t.beats)
	}
	t.number++
	n := t.number
	t.beats[n] = time.Since(t.start)
	t.mu.Unlock()
	ctx, cancel := context.WithTimeout(t.ctx, beatTimeout)
	defer cancel()
	return database.Run(ctx, database.Owner{DB: t.db}, "select pg_catalog.pg_notify($1, $2)", Channel, "beat "+t.id+" "+strconv.FormatInt(n, 10))
}
