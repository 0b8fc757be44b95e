// Package embedded is the engine that needs no server: the Postgres dialect on
// one SQLite file.
//
//	db, err := embedded.Open(ctx, embedded.Config{Path: ".galley/data.db"})
//	defer db.Close()
//
// A statement is parsed with PostgreSQL's grammar (syntax), analyzed (analyze:
// names, types, privileges, row-level security), and emitted as a program of
// SQLite statements (emit), which this package runs on the connections of the
// file (store). The program is cached by the statement's text, the role, the
// search path and the version of the catalogue, so a repeated statement costs a
// look-up. What the engine cannot do as PostgreSQL does is refused with 0A000.
package embedded

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/analyze"
	"github.com/galleyhq/galley/internal/database/embedded/analyze/lookup"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/changes"
	"github.com/galleyhq/galley/internal/database/embedded/ddl"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/emit/rowset"
	"github.com/galleyhq/galley/internal/database/embedded/follow"
	"github.com/galleyhq/galley/internal/database/embedded/snapshot"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/builtin"
	"github.com/galleyhq/galley/internal/database/embedded/types/text"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/metrics"
	"github.com/galleyhq/galley/internal/schema"
)

// Config are the settings of the engine. Only Path is required.
type Config struct {
	Path        string // of the database file; its folder must exist
	Readers     int    // connections for reading; 0 lets the store choose
	Limits      database.Limits
	Synchronous string // FULL unless a test says otherwise
	Logger      *slog.Logger
	Meter       *Meter // counts the work of all statements; nil counts none
	// Follower is told before the write-ahead log is emptied; nil for none.
	Follower store.Follower
}

// Meter counts what SQLite does.
type Meter = sqlite.Meter

// DB is an open database. It implements database.DB.
type DB struct {
	config Config
	types  *types.Catalogue
	store  *store.Store
	kept   string // the copy of the file that was made when it was opened, until KeepCopy tells
	plans  *planCache

	current  atomic.Pointer[catalog.Catalog] // as last seen committed
	loading  sync.Mutex
	snapshot atomic.Pointer[versioned]
	making   sync.Mutex // held while a snapshot is made
	// writing is the catalogue as the writer's open transaction sees it; only
	// the writer's goroutine uses it.
	writing *catalog.Catalog
	// settled tells that writing is the catalogue of the file without a look at it,
	// altering that the transaction alters it, and may take that back.
	settled, altering bool

	sequences sequences
	hub       database.Hub
	closed    atomic.Bool
	closing   chan struct{} // closed with the database
	changes   changes.Tracker
	looked    atomic.Int64 // when Schema last looked into the file, Unix time in ns
}

// versioned is the snapshot made of one version of the catalogue.
type versioned struct {
	version  uint64
	snapshot *schema.Snapshot
}

// Open opens a database file, and makes a new database when there is none.
func Open(ctx context.Context, config Config) (*DB, error) {
	if config.Limits == (database.Limits{}) {
		config.Limits = database.DefaultLimits()
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	known, err := builtin.Catalogue()
	if err != nil {
		return nil, err
	}
	db := &DB{closing: make(chan struct{}), config: config, types: known, plans: newPlanCache(), sequences: sequences{last: map[uint32]int64{}, unsure: map[uint32]bool{}, set: map[uint32]int64{}}}
	db.changes.Others = db.distrust
	db.store, err = store.Open(ctx, store.Options{
		Path: config.Path, Readers: config.Readers, Synchronous: config.Synchronous, Logger: config.Logger, SQLite: db.sqlite(),
		Follower: config.Follower, Witness: db,
	})
	if err != nil {
		return nil, err
	}
	if err = db.keepOlder(ctx); err == nil {
		err = db.install(ctx)
	}
	if err != nil {
		_ = db.store.Close()
		return nil, err
	}
	return db, nil
}

// sqlite is what SQLite's connections know of the engine.
func (db *DB) sqlite() sqlite.Options {
	return sqlite.Options{Functions: db.functions(), Aggregates: append(db.types.SQLiteAggregates(), rowset.Aggregate()),
		Collations: db.types.Collations(), Tables: db.tables(), Meter: db.config.Meter}
}

// install makes a new file a database, and loads the catalogue.
func (db *DB) install(ctx context.Context) error {
	err := db.store.Write(ctx, func(c *sqlite.Conn) (bool, error) { return true, db.prepare(ctx, c) })
	if err != nil {
		return fmt.Errorf("prepare the database file: %w", err)
	}
	if err := db.refresh(ctx); err != nil {
		return err
	}
	if db.current.Load().Table("galley", "settings") != nil {
		return nil
	}
	_, err = database.Exec(db.Query(ctx, database.Session{}, database.Statement{
		SQL: `CREATE TABLE IF NOT EXISTS galley.settings (key text PRIMARY KEY, value text)`}))
	return err
}

// refresh loads the catalogue when the file has another version than the one in
// hand.
func (db *DB) refresh(ctx context.Context) error {
	c, release, err := db.store.Reader(ctx)
	if err != nil {
		return err
	}
	defer release()
	return db.refreshBy(c)
}

// refreshBy is refresh through a connection that the caller has. Nobody waits for
// one inside the lock: those who have one may be waiting for the lock.
func (db *DB) refreshBy(c *sqlite.Conn) error {
	db.loading.Lock()
	defer db.loading.Unlock()
	// One statement after the other in one snapshot.
	pin, err := c.Prepare(catalog.VersionSQL)
	if err != nil {
		return store.Translate(err)
	}
	defer pin.Reset()
	if _, err := pin.Step(); err != nil {
		return store.Translate(err)
	}
	if cur := db.current.Load(); cur != nil && cur.Version == uint64(pin.ColumnInt(0)) {
		return nil
	}
	next, err := catalog.Load(c)
	if err != nil {
		return store.Translate(err)
	}
	db.current.Store(next)
	return nil
}

// schemaAge is how long a snapshot is taken to be that of the file: changes that
// come through this engine are seen at once, those of another process this much
// later. Statements themselves never run under an old catalogue.
const schemaAge = 20 * time.Millisecond

// Schema implements database.DB.
func (db *DB) Schema(ctx context.Context) (*schema.Snapshot, error) {
	if now := time.Now().UnixNano(); now-db.looked.Load() > int64(schemaAge) {
		if err := db.fresh(ctx); err != nil {
			return nil, err
		}
		db.looked.Store(now)
	}
	if v := db.snapshot.Load(); v != nil && v.version == db.current.Load().Version {
		return v.snapshot, nil
	}
	db.making.Lock() // all who ask have the same
	defer db.making.Unlock()
	cat := db.current.Load()
	if v := db.snapshot.Load(); v != nil && v.version == cat.Version {
		return v.snapshot, nil
	}
	s := db.snapshotOf(cat)
	db.snapshot.Store(&versioned{version: cat.Version, snapshot: s})
	return s, nil
}

// fresh looks whether another process changed the catalogue.
func (db *DB) fresh(ctx context.Context) error {
	c, release, err := db.store.Reader(ctx)
	if err != nil {
		return err
	}
	changed, err := db.changed(c, db.current.Load())
	release()
	if err != nil || !changed {
		return err
	}
	return db.refresh(ctx)
}

// Inventory implements database.Describer.
func (db *DB) Inventory(ctx context.Context) (*schema.Inventory, error) {
	if err := db.fresh(ctx); err != nil {
		return nil, err
	}
	c, release, err := db.store.Reader(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	cat, err := catalog.Load(c)
	if err != nil {
		return nil, store.Translate(err)
	}
	known, err := cat.Types(db.types)
	if err != nil {
		return nil, err
	}
	out, err := cat.Inventory(c, known)
	return out, store.Translate(err)
}

// maxViewDepth bounds views over views, when it is asked what they take.
const maxViewDepth = 64

// markViews tells of the views of a snapshot which take no changes.
func (db *DB) markViews(cat *catalog.Catalog, known *types.Catalogue, s *schema.Snapshot) {
	for _, v := range cat.SortedViews() {
		if !takesChanges(cat, known, v) {
			r := s.Relation(v.Schema, v.Name)
			r.NoInsert, r.NoUpdate, r.NoDelete = true, true, true
		}
	}
}

// takesChanges tells that rows can be changed through a view: its query shows the
// rows of one relation, which is a table or a view of that kind itself.
func takesChanges(cat *catalog.Catalog, known *types.Catalogue, v *catalog.View) bool {
	for range maxViewDepth {
		reason, err := analyze.Updatable(lookup.Context{Catalog: cat, Types: known, Role: v.Owner}, v)
		if reason != nil || err != nil {
			return false
		}
		shown := slices.IndexFunc(v.Origins, func(o catalog.Origin) bool { return o.Relation != 0 })
		if shown < 0 {
			return false
		}
		below := v.Origins[shown].Relation
		if cat.Views[below] == nil {
			return cat.Tables[below] != nil
		}
		v = cat.Views[below]
	}
	return false
}

// snapshotOf makes a snapshot whose version depends on what it shows only, so
// that a GRANT, say, does not change it.
func (db *DB) snapshotOf(cat *catalog.Catalog) *schema.Snapshot {
	known, err := cat.Types(db.types)
	if err != nil {
		known = db.types
	}
	s := cat.Snapshot(known)
	db.markViews(cat, known, s)
	h := fnv.New64a()
	for _, name := range s.Schemas {
		fmt.Fprintf(h, "%q;", name)
	}
	for _, r := range s.Relations {
		fmt.Fprintf(h, "%v %v %d %v %v %v %v %v %v;", r.Name, r.Kind, r.OID, r.Comment, r.PrimaryKey, r.Uniques, r.Checks,
			[]bool{r.RowSecurity, r.ForceRowSecurity, r.NoInsert, r.NoUpdate, r.NoDelete}, r.Policies)
		for _, c := range r.Columns {
			plain := *c
			if plain.Source = nil; c.Source != nil { // %v would show where it lies in memory
				fmt.Fprintf(h, "%v ", *c.Source)
			}
			fmt.Fprintf(h, "%v,", plain)
		}
		for _, k := range r.ForeignKeys {
			fmt.Fprintf(h, "%v,", *k)
		}
	}
	for _, e := range s.Enums {
		fmt.Fprintf(h, "%v %q;", e.Name, e.Labels)
	}
	for _, name := range s.Schemas {
		for _, f := range slices.Sorted(slices.Values(s.FunctionNames(name))) {
			writeFunctions(h, s.Functions(name, f))
		}
	}
	s.Version = h.Sum64() // nobody has seen it yet
	return s
}

// writeFunctions writes what tells functions of a name apart from others. JSON,
// since %v would show where their columns lie in memory.
func writeFunctions(h io.Writer, list []*schema.Function) {
	for _, f := range list {
		text, err := json.Marshal(f)
		if err != nil { // there is nothing in a function that has no JSON
			text = []byte(err.Error())
		}
		_, _ = h.Write(text)
	}
}

// Engine implements database.DB.
func (db *DB) Engine() string { return "embedded" }

// Ping implements database.DB.
func (db *DB) Ping(ctx context.Context) error { return db.fresh(ctx) }

// Close implements database.DB.
func (db *DB) Close() error {
	if !db.closed.Swap(true) { // ends what is running, see lifetime
		close(db.closing)
	}
	db.changes.Close()
	return db.store.Close()
}

func errClosed() error { return fault.New(fault.AdminShutdown, "the database is shutting down") }

// lifetime is the context of a statement, done as well when the database closes.
type lifetime struct {
	context.Context
	db       *DB
	deadline time.Time // zero for none but the context's own
}

// Deadline implements context.Context.
func (l *lifetime) Deadline() (time.Time, bool) {
	d, ok := l.Context.Deadline()
	if l.deadline.IsZero() || ok && d.Before(l.deadline) {
		return d, ok
	}
	return l.deadline, true
}

// Done implements context.Context. It tells nothing of the deadline: what waits
// for it asks Deadline.
func (l *lifetime) Done() <-chan struct{} {
	if done := l.Context.Done(); done != nil {
		return done
	}
	return l.db.closing
}

// Err implements context.Context. SQLite's machine asks it again and again
// while a statement runs.
func (l *lifetime) Err() error {
	if l.db.closed.Load() {
		return context.Canceled
	}
	if err := l.Context.Err(); err != nil || l.deadline.IsZero() || time.Now().Before(l.deadline) {
		return err
	}
	return context.DeadlineExceeded
}

// Stats returns the writer's counters, for metrics.
func (db *DB) Stats() store.Stats { return db.store.Stats() }

// WriterBusy is for how long the writer has been at its present piece of work, 0
// when it has none.
func (db *DB) WriterBusy() time.Duration { return db.store.Stats().Busy }

// WriteMetrics is a metrics.Source.
func (db *DB) WriteMetrics(w *metrics.Writer) {
	db.store.WriteMetrics(w)
	db.plans.writeMetrics(w)
	for name, path := range map[string]string{"data": db.config.Path, "wal": db.config.Path + "-wal"} {
		if info, err := os.Stat(path); err == nil {
			w.Gauge("galley_database_size_bytes", "Size of the database on the disk.", float64(info.Size()), "part", name)
		}
	}
}

// stamp is what this program writes files with.
func (db *DB) stamp() catalog.Stamp {
	s := catalog.Stamp{
		"encoding":                      "UTF8",
		"collation":                     "C",
		catalog.StampPrefix + "schema":  strconv.Itoa(emit.SchemaVersion),
		catalog.StampPrefix + "Unicode": strconv.Itoa(text.UnicodeVersion),
	}
	for _, f := range db.types.Families() {
		s[catalog.StampPrefix+"functions of "+f.Name] = strconv.Itoa(max(f.Version, 1))
	}
	return s
}

// prepare makes a new file a database and upgrades one that an older program
// wrote, in one transaction. One of a newer program is refused.
func (db *DB) prepare(ctx context.Context, c *sqlite.Conn) error {
	isNew, err := catalog.IsNew(c)
	if err == nil {
		err = catalog.Install(c)
	}
	if err != nil {
		return err
	}
	if isNew {
		return db.stamp().Write(c)
	}
	got, err := catalog.ReadStamp(c)
	if err != nil {
		return err
	}
	present := db.stamp()
	older, err := got.Older(present)
	if err != nil || maps.Equal(got, present) {
		return err
	}
	if len(older) > 0 {
		db.config.Logger.Info("upgrading the database file", "older", older)
		if err := db.rebuild(ctx, c); err != nil {
			return err
		}
	}
	return present.Write(c)
}

// keepOlder keeps a copy of a file that is about to be upgraded.
func (db *DB) keepOlder(ctx context.Context) error {
	c, release, err := db.store.Reader(ctx)
	if err != nil {
		return err
	}
	isNew, err := catalog.IsNew(c)
	var older []string
	if err == nil && !isNew {
		older, err = catalog.Older(c, db.stamp())
	}
	release()
	if err != nil {
		return store.Translate(err)
	}
	if len(older) == 0 {
		return nil
	}
	db.kept, err = db.KeepCopy(ctx)
	return err
}

// KeepCopy copies the database beside its file, before something that cannot be
// taken back, and returns the copy's path. One that was made when the file was opened
// will do for what comes first.
func (db *DB) KeepCopy(ctx context.Context) (string, error) {
	if path := db.kept; path != "" {
		db.kept = ""
		return path, nil
	}
	path := db.config.Path + ".before-upgrade-" + time.Now().UTC().Format("20060102T150405.000000Z")
	if err := snapshot.Copy(ctx, db.config.Path, path); err != nil {
		return "", fmt.Errorf("keep a copy of the database file before it is upgraded: %w", err)
	}
	db.config.Logger.InfoContext(ctx, "kept a copy of the database file before it is upgraded", "file", path)
	return path, nil
}

// Snapshot is a database file at one moment.
type Snapshot = snapshot.Snapshot

// TakeSnapshot takes one of a file, which any process may be using.
func TakeSnapshot(ctx context.Context, path string) (*Snapshot, error) {
	return snapshot.Begin(ctx, path)
}

// What follows the write-ahead log of a file, see Follow.
type (
	Follower    = follow.Follower
	LogState    = follow.State
	LogPosition = follow.Position
	LogBatch    = follow.Batch
)

// ErrLogLost tells that a log does not go on where a follower left it.
var ErrLogLost = follow.ErrLost

// Follow begins to follow the write-ahead log of a file, which must have one.
func Follow(path string) (*Follower, error) { return follow.Open(path) }

// Claim makes a path the caller's alone until it releases it or its process ends;
// 55006 when another has it.
func Claim(path string) (release func() error, err error) { return snapshot.Claim(path) }

// MoveLog moves the write-ahead log of a file into the file, as far as readers
// allow.
func MoveLog(path string) error { return snapshot.MoveLog(path) }

// Report is what Check found in a file, TableReport what in one of its tables.
type (
	Report      = snapshot.Report
	TableReport = snapshot.Table
)

// Check reads all of a file that nobody writes to, and changes nothing. A damaged
// file is XX001, one of a newer Galley 55000.
func Check(ctx context.Context, path string) (Report, error) {
	known, err := builtin.Catalogue()
	if err != nil {
		return Report{}, err
	}
	db := &DB{types: known, sequences: sequences{last: map[uint32]int64{}, unsure: map[uint32]bool{}, set: map[uint32]int64{}}}
	return snapshot.Check(ctx, path, db.sqlite(), db.stamp())
}

// Fold moves the write-ahead log of a file that no one has open into the file, so
// that it may be renamed. It fails with 55006 when someone has it open. A damaged
// file is left as it is.
func Fold(path string) error { return snapshot.Fold(path) }

// rebuild makes anew what the file keeps of the results of functions, and its
// definitions.
func (db *DB) rebuild(ctx context.Context, c *sqlite.Conn) error {
	cat, err := catalog.Load(c)
	if err != nil {
		return err
	}
	x := db.start(ctx, database.Session{}, cat, time.Now())
	c.State = x
	return ddl.Rebuild(&ddl.Context{Conn: c, Catalog: cat, Types: x.types, Role: catalog.Owner, SearchPath: database.DefaultSearchPath,
		Compile: compiler{types: x.types, role: catalog.Owner, session: x.SessionValue}})
}

// QuickCheck reads the file for damage, until ctx is done (sqlite.org/pragma.html,
// quick_check). What it finds is an error of XX001.
func (db *DB) QuickCheck(ctx context.Context) error {
	c, release, err := db.store.Reader(ctx)
	if err != nil {
		return err
	}
	defer release()
	defer c.Interruptible(ctx)()
	return store.Translate(snapshot.Integrity(c, "PRAGMA quick_check(10)"))
}
