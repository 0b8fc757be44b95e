package embedded

import (
	"context"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/notify"
	"github.com/galleyhq/galley/internal/database/embedded/setting"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/database/embedded/syntax"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
)

// Tx is a transaction. Until its first write it reads like anybody else; the
// write takes the writer, which it then keeps to the end.
type Tx struct {
	db       *DB
	ctx      context.Context // of Begin, for its values
	session  database.Session
	settings setting.State // session, and what was SET
	scope    scope         // where statements find the settings
	options  database.TxOptions
	began    time.Time
	write    *store.WriteTx
	// savepoints are the open ones, in order; those made before the writer was
	// taken are made in SQLite when it is.
	savepoints []savepoint
	changed    bool // the catalogue
	failed     bool
	ended      bool
	open       database.Rows
}

type savepoint struct {
	name     string // as called
	physical string
	settings setting.State
	deferral deferral
	notices  notify.Queue
}

// Begin implements database.DB.
func (db *DB) Begin(ctx context.Context, s database.Session, o database.TxOptions) (database.Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, canceled(err)
	}
	if db.closed.Load() {
		return nil, errClosed()
	}
	if s.Role != "" && db.current.Load().Roles[s.Role] == nil {
		return nil, fault.New(fault.InvalidParameter, `role "%s" does not exist`, s.Role)
	}
	if o.Snapshot {
		return nil, fault.Unsupported("transactions of isolation level REPEATABLE READ are not supported")
	}
	if err := setting.CheckSession(s); err != nil {
		return nil, err
	}
	t := &Tx{db: db, ctx: ctx, session: s, settings: setting.New(s), options: o, began: time.Now()}
	if o.ReadOnly {
		t.settings = t.settings.AsReadOnly()
	}
	t.scope.state = &t.settings
	return t, nil
}

// usable refuses what a failed or ended transaction must refuse.
func (t *Tx) usable() error {
	switch {
	case t.ended:
		return fault.New(fault.NoActiveTransaction, "the transaction has ended")
	case t.failed:
		return fault.New(fault.InFailedTransaction, "current transaction is aborted, commands ignored until end of transaction block")
	}
	t.closeRows()
	t.follow()
	return nil
}

func (t *Tx) closeRows() {
	if t.open != nil {
		t.open.Close()
		t.open = nil
	}
}

// Query implements database.Tx.
func (t *Tx) Query(ctx context.Context, st database.Statement) (database.Rows, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	ctx, cancel := t.db.timeout(t.withSettings(withResponse(ctx, st)))
	rows, err := t.query(ctx, cancel, st)
	if err != nil {
		cancel()
		t.failed = true
		return nil, t.db.explain(err)
	}
	t.open = &watched{Rows: rows, tx: t}
	return t.open, nil
}

// watched notes when reading rows fails, which fails the transaction too.
type watched struct {
	database.Rows
	tx *Tx
}

// Next implements database.Rows.
func (w *watched) Next() bool {
	more := w.Rows.Next()
	if !more && w.Rows.Err() != nil {
		w.tx.failed = true
	}
	return more
}

func (t *Tx) query(ctx context.Context, cancel func(), st database.Statement) (database.Rows, error) {
	if t.write == nil {
		p, err := t.db.understand(ctx, t.session, st)
		if err != nil {
			return nil, err
		}
		if p.setting != nil {
			defer cancel()
			return t.set(t.db.current.Load(), p)
		}
		if err := t.unfiltered(t.db.current.Load(), p); err != nil {
			return nil, err
		}
		if !p.writes() {
			return t.db.read(ctx, cancel, t.session, st, t.began)
		}
		if t.options.ReadOnly {
			return nil, readOnly(p)
		}
		if err := t.takeWriter(ctx); err != nil {
			return nil, err
		}
	}
	defer cancel()
	return t.onWriter(ctx, func(c *sqlite.Conn, cat *catalog.Catalog) (*plan, error) {
		return t.db.plan(cat, t.session, st)
	}, st)
}

// onWriter runs a statement on the writer.
func (t *Tx) onWriter(ctx context.Context, planned func(*sqlite.Conn, *catalog.Catalog) (*plan, error), st database.Statement) (database.Rows, error) {
	var out *table
	err := t.write.Use(ctx, func(c *sqlite.Conn) error {
		cat, err := t.db.writerCatalog(c, t.began)
		if err != nil {
			return err
		}
		p, err := planned(c, cat)
		if err != nil {
			return err
		}
		if p.setting != nil {
			out, err = t.apply(c, cat, p.setting)
			return err
		}
		if err := t.unfiltered(cat, p); err != nil {
			return err
		}
		if p.writes() && (st.ReadOnly || t.options.ReadOnly) {
			return readOnly(p)
		}
		changed := false
		t.scope.deferral.begin(c)
		x := t.db.start(ctx, t.session, cat, t.began)
		x.readOnly = st.ReadOnly
		out, changed, err = t.db.runOnWriter(ctx, c, x, p, st.Args)
		t.changed = t.changed || changed
		if err == nil {
			err = t.scope.deferral.check(c, cat)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// takeWriter begins to write, with the savepoints made so far.
func (t *Tx) takeWriter(ctx context.Context) error {
	idle := t.db.config.Limits.IdleInTransaction
	if idle <= 0 {
		idle = database.DefaultLimits().IdleInTransaction
	}
	w, err := t.db.store.Begin(ctx, idle, t.options.Pace)
	if err != nil {
		return err
	}
	t.write = w
	for _, s := range t.savepoints {
		if err := t.exec(ctx, "SAVEPOINT "+s.physical); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) exec(ctx context.Context, sql string) error {
	return store.Translate(t.write.Use(ctx, func(c *sqlite.Conn) error { return c.Exec(sql) }))
}

// Script implements database.Tx.
func (t *Tx) Script(ctx context.Context, sql string, each func(database.Rows) error) error {
	if err := t.usable(); err != nil {
		return err
	}
	ctx = t.withSettings(ctx)
	all, err := syntax.Split(sql)
	if err != nil {
		t.failed = true
		return err
	}
	for _, st := range all {
		if err := t.scriptStatement(ctx, st, each); err != nil {
			t.failed = true
			return inScript(t.db.explain(err), st)
		}
	}
	return nil
}

// inScript makes the position of an error count from the start of the script.
func inScript(err error, st syntax.Statement) error {
	f := fault.From(err)
	if f.Position == 0 {
		return f
	}
	c := *f
	c.Position += st.Offset
	return &c
}

func (t *Tx) scriptStatement(ctx context.Context, st syntax.Statement, each func(database.Rows) error) error {
	rows, err := t.runParsed(ctx, st)
	if err != nil {
		return err
	}
	defer rows.Close()
	if each != nil {
		if err := each(rows); err != nil {
			return err
		}
	}
	for rows.Next() {
	}
	return rows.Err()
}

func (t *Tx) runParsed(ctx context.Context, st syntax.Statement) (database.Rows, error) {
	if t.write == nil {
		p, err := t.db.compile(t.db.current.Load(), t.session, st, nil)
		if err != nil {
			return nil, err
		}
		if p.setting != nil {
			return t.set(t.db.current.Load(), p)
		}
		if err := t.unfiltered(t.db.current.Load(), p); err != nil {
			return nil, err
		}
		if !p.writes() {
			return t.db.read(ctx, func() {}, t.session, database.Statement{SQL: st.Text}, t.began)
		}
		if t.options.ReadOnly {
			return nil, readOnly(p)
		}
		if err := t.takeWriter(ctx); err != nil {
			return nil, err
		}
	}
	return t.onWriter(ctx, func(_ *sqlite.Conn, cat *catalog.Catalog) (*plan, error) {
		return t.db.compile(cat, t.session, st, nil)
	}, database.Statement{SQL: st.Text})
}

// Schema is the schema as the transaction sees it, its own DDL included.
func (t *Tx) Schema(ctx context.Context) (*schema.Snapshot, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	if t.write == nil {
		return t.db.Schema(ctx)
	}
	var out *schema.Snapshot
	err := t.write.Use(ctx, func(c *sqlite.Conn) error {
		cat, err := t.db.writerCatalog(c, t.began)
		if err == nil {
			out = t.db.snapshotOf(cat)
		}
		return err
	})
	return out, err
}

// SetSession implements database.Tx.
func (t *Tx) SetSession(_ context.Context, s database.Session) error {
	if err := t.usable(); err != nil {
		return err
	}
	if s.Role != "" && t.db.current.Load().Roles[s.Role] == nil {
		t.failed = true
		return fault.New(fault.InvalidParameter, `role "%s" does not exist`, s.Role)
	}
	if err := setting.CheckSession(s); err != nil {
		t.failed = true
		return err
	}
	t.settings = t.settings.WithSession(s)
	t.follow()
	return nil
}

// Savepoint implements database.Tx.
func (t *Tx) Savepoint(ctx context.Context, name string) error {
	if err := t.usable(); err != nil {
		return err
	}
	if !utf8.ValidString(name) || name == "" {
		return fault.New(fault.InvalidName, "invalid savepoint name")
	}
	s := savepoint{name: name, physical: "galley_s" + strconv.Itoa(len(t.savepoints)), settings: t.settings,
		deferral: t.scope.deferral, notices: t.scope.notices}
	if t.write != nil {
		if err := t.exec(ctx, "SAVEPOINT "+s.physical); err != nil {
			t.failed = true
			return err
		}
	}
	t.savepoints = append(t.savepoints, s)
	return nil
}

// find returns the index of the latest savepoint of a name.
func (t *Tx) find(name string) (int, error) {
	for i, s := range slices.Backward(t.savepoints) {
		if s.name == name {
			return i, nil
		}
	}
	t.failed = true
	return 0, fault.New(fault.InvalidSavepoint, `savepoint "%s" does not exist`, name)
}

// RollbackTo implements database.Tx.
func (t *Tx) RollbackTo(ctx context.Context, name string) error {
	if t.ended {
		return t.usable()
	}
	t.closeRows()
	i, err := t.find(name)
	if err != nil {
		return err
	}
	if t.write != nil {
		if err := t.exec(ctx, "ROLLBACK TO "+t.savepoints[i].physical); err != nil {
			t.failed = true
			return err
		}
	}
	t.settings, t.scope.deferral, t.scope.notices = t.savepoints[i].settings, t.savepoints[i].deferral, t.savepoints[i].notices
	t.follow()
	t.savepoints = t.savepoints[:i+1]
	t.failed = false
	return nil
}

// Release implements database.Tx.
func (t *Tx) Release(ctx context.Context, name string) error {
	if err := t.usable(); err != nil {
		return err
	}
	i, err := t.find(name)
	if err != nil {
		return err
	}
	if t.write != nil {
		if err := t.exec(ctx, "RELEASE "+t.savepoints[i].physical); err != nil {
			t.failed = true
			return err
		}
	}
	t.savepoints = t.savepoints[:i]
	return nil
}

// Commit implements database.Tx.
func (t *Tx) Commit(ctx context.Context) error {
	if t.ended && !t.failed {
		return nil
	}
	if err := t.usable(); err != nil {
		return err
	}
	t.ended = true
	if t.write == nil {
		t.scope.notices.Send(&t.db.hub)
		return nil
	}
	err := t.write.Commit(ctx, t.unviolated)
	if err == nil {
		t.scope.notices.Send(&t.db.hub)
	}
	if err == nil && t.changed {
		err = t.db.refresh(context.WithoutCancel(ctx))
	}
	if err != nil {
		return t.db.explain(err)
	}
	return nil
}

// Rollback implements database.Tx.
func (t *Tx) Rollback(context.Context) error {
	t.closeRows()
	if t.ended {
		return nil
	}
	t.ended = true
	if t.write == nil {
		return nil
	}
	return t.write.Rollback()
}
