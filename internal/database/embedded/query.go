package embedded

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded/catalog"
	"github.com/galleyhq/galley/internal/database/embedded/ddl"
	"github.com/galleyhq/galley/internal/database/embedded/emit"
	"github.com/galleyhq/galley/internal/database/embedded/explain"
	"github.com/galleyhq/galley/internal/database/embedded/notify"
	"github.com/galleyhq/galley/internal/database/embedded/setting"
	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/store"
	"github.com/galleyhq/galley/internal/fault"
)

func typeName(v any) string { return fmt.Sprintf("%T", v) }

// canceled is the error of a statement whose context is done.
func canceled(cause error) error {
	message := "canceling statement due to user request"
	if errors.Is(cause, context.DeadlineExceeded) {
		message = "canceling statement due to statement timeout"
	}
	return fault.New(fault.QueryCanceled, "%s", message).WithCause(cause)
}

// checkText refuses what is no text in PostgreSQL.
func checkText(s string) error {
	if !utf8.ValidString(s) {
		return fault.New(fault.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8"`)
	}
	for i := range len(s) {
		if s[i] == 0 {
			return fault.New(fault.CharacterNotInRepertoire, `invalid byte sequence for encoding "UTF8": 0x00`)
		}
	}
	return nil
}

// timeout bounds a statement in time.
func (db *DB) timeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if d := db.limit(ctx); d > 0 {
		ctx, cancel := context.WithTimeout(ctx, d)
		return &lifetime{Context: ctx, db: db}, cancel
	}
	ctx, cancel := context.WithCancel(ctx)
	return &lifetime{Context: ctx, db: db}, cancel
}

// bounded is timeout for a statement of its own, without a timer: what waits for a
// reader or the writer makes one, and SQLite asks the clock.
func (db *DB) bounded(ctx context.Context) *lifetime {
	l := &lifetime{Context: ctx, db: db}
	if d := db.limit(ctx); d > 0 {
		l.deadline = time.Now().Add(d)
	}
	return l
}

// Query implements database.DB.
func (db *DB) Query(ctx context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	if err := setting.CheckSession(s); err != nil {
		return nil, err
	}
	ctx = withResponse(ctx, st)
	limited := db.bounded(ctx)
	p, err := db.understand(limited, s, st)
	switch {
	case err != nil:
		return nil, err
	case p.setting != nil:
		return db.setting(s, p)
	case p.writes():
		return db.write(limited, s, st, p)
	}
	return db.read(limited, func() {}, s, st, time.Now())
}

// understand plans a statement under the catalogue in hand; if that fails it
// looks whether another process has changed the catalogue meanwhile.
func (db *DB) understand(ctx context.Context, s database.Session, st database.Statement) (*plan, error) {
	cat := db.current.Load()
	p, err := db.plan(cat, s, st)
	if err == nil {
		if p.writes() && st.ReadOnly {
			return nil, readOnly(p)
		}
		return p, nil
	}
	if refreshErr := db.fresh(ctx); refreshErr == nil && db.current.Load() != cat {
		return db.plan(db.current.Load(), s, st)
	}
	return nil, err
}

func readOnly(p *plan) error {
	return fault.New(fault.ReadOnlyTransaction, "cannot execute %s in a read-only transaction", p.verb())
}

// verb is the statement's kind as PostgreSQL's messages name it.
func (p *plan) verb() string {
	if p.program != nil && p.program.Explains != nil {
		return (&plan{program: p.program.Explains.Program}).verb()
	}
	if p.program != nil {
		if p.program.Locks != "" {
			return p.program.Locks
		}
		if p.program.Draws {
			return "nextval()"
		}
		if p.program.Command == "INSERT 0" {
			return "INSERT"
		}
		return string(p.program.Command)
	}
	words := strings.Fields(strings.ToUpper(p.source))
	words = slices.DeleteFunc(words, func(w string) bool { return w == "UNIQUE" })
	if len(words) < 2 || words[0] == "GRANT" || words[0] == "REVOKE" || words[0] == "COMMENT" || words[0] == "TRUNCATE" {
		return words[0]
	}
	return words[0] + " " + words[1]
}

func (db *DB) start(ctx context.Context, s database.Session, cat *catalog.Catalog, txTime time.Time) *execution {
	known, err := cat.Types(db.types)
	if err != nil {
		known = db.types // then no statement is planned under it
	}
	return &execution{db: db, ctx: ctx, scope: scopeOf(ctx), session: s, cat: cat, types: known, txTime: txTime, time: time.Now()}
}

// maxStale bounds how often a read is planned anew because the catalogue
// changed under it.
const maxStale = 10

// read runs a read on a reader. Its rows stand for one snapshot, and the
// catalogue it was planned under is that snapshot's: the version is compared
// after the first step, inside it.
func (db *DB) read(ctx context.Context, cancel func(), s database.Session, st database.Statement, txTime time.Time) (database.Rows, error) {
	c, release, err := db.store.Reader(ctx)
	if err != nil {
		return nil, err
	}
	if st.Began != nil {
		*st.Began = time.Now()
	}
	for range maxStale {
		cat := db.current.Load()
		p, err := db.plan(cat, s, st)
		if err == nil && p.writes() {
			err = fault.New(fault.SerializationFailure, "the schema changed while the statement was being planned")
		}
		if err != nil || p.program == nil {
			release()
			return tagged(""), err
		}
		x := db.start(ctx, s, cat, txTime)
		x.readOnly = st.ReadOnly
		rows, stale, err := db.readOnce(ctx, c, x, p, st)
		if !stale {
			if err != nil {
				release()
				return nil, err
			}
			stop := rows.release
			rows.release = func() {
				stop()
				rows.keepScratch(c)
				release()
				cancel()
				if rows.err == nil && !st.Rollback {
					x.notices.Send(&db.hub)
				}
			}
			return rows, nil
		}
		if err := db.refreshBy(c); err != nil {
			release()
			return nil, err
		}
	}
	release()
	return nil, fault.New(fault.SerializationFailure, "the schema keeps changing")
}

// readOnce begins a read. stale tells that the file has another catalogue than
// the plan.
func (db *DB) readOnce(ctx context.Context, c *sqlite.Conn, x *execution, p *plan, st database.Statement) (rows *live, stale bool, err error) {
	if err := x.convert(p.program, st.Args); err != nil {
		return nil, false, err
	}
	c.State = x
	stop := c.Interruptible(ctx)
	var stmt *sqlite.Stmt
	var more bool
	err = x.constants(c, p.program)
	if err == nil {
		stmt, err = x.prepare(c, &p.program.Main, nil)
	}
	if err == nil {
		more, err = stmt.Step()
	}
	if changed, versionErr := db.stale(c, x.cat, err); changed || err == nil && versionErr != nil {
		if stmt != nil {
			stmt.Reset()
		}
		stop()
		return nil, changed, versionErr
	}
	if err != nil {
		if stmt != nil {
			stmt.Reset()
		}
		stop()
		return nil, false, store.Translate(err)
	}
	return &live{columns: p.columns, types: p.program.Columns, st: stmt, first: true, more: more,
		scratch: noteOf(c).scratch[:0], release: stop, explains: p.program.Explains != nil}, false, nil
}

// seen is the catalogue's version that belongs to a version of SQLite's schema,
// as a reader found it.
type seen struct {
	schema  uint32
	catalog uint64
}

// stale tells whether the snapshot of a reader's statement, which has begun or
// failed, has another catalogue. As long as SQLite's schema is the same, so is
// the catalogue (see catalog.Draft.Save), and that is known without a look at
// the file.
func (db *DB) stale(c *sqlite.Conn, cat *catalog.Catalog, failed error) (bool, error) {
	now := seen{c.SchemaVersion(), cat.Version}
	n := noteOf(c)
	if failed == nil && n.seen == now {
		return false, nil
	}
	changed, err := db.changed(c, cat)
	n.seen = seen{}
	if failed == nil && err == nil && !changed {
		n.seen = now
	}
	return changed, err
}

// note is what is remembered with a reader's connection.
type note struct {
	seen    seen
	scratch []byte // for values on their way out
}

func noteOf(c *sqlite.Conn) *note {
	n, ok := c.Note.(*note)
	if !ok {
		n = &note{}
		c.Note = n
	}
	return n
}

// changed tells whether the snapshot of a connection has another catalogue.
func (db *DB) changed(c *sqlite.Conn, cat *catalog.Catalog) (bool, error) {
	st, err := c.Prepare(catalog.VersionSQL)
	if err != nil {
		return false, store.Translate(err)
	}
	defer st.Reset()
	if _, err := st.Step(); err != nil {
		return false, store.Translate(err)
	}
	return uint64(st.ColumnInt(0)) != cat.Version, nil
}

// write runs a statement that changes the database as a member of a commit
// group, and returns its rows once that is on the disk.
func (db *DB) write(ctx context.Context, s database.Session, st database.Statement, p *plan) (database.Rows, error) {
	now := time.Now()
	var out *table
	var notices notify.Queue
	changed := false
	err := db.store.Write(ctx, func(c *sqlite.Conn) (bool, error) {
		var err error
		out, changed, err = db.writeOnce(ctx, c, s, st, p, now)
		if x, ok := c.State.(*execution); ok {
			notices = x.notices
		}
		return err == nil && !st.Rollback, err
	})
	if err == nil && !st.Rollback {
		notices.Send(&db.hub)
	}
	if err == nil && changed && !st.Rollback {
		err = db.refresh(context.WithoutCancel(ctx))
	}
	if err != nil {
		return nil, db.explain(err)
	}
	return out, nil
}

// writeOnce runs a statement on the writer's connection, under the catalogue of
// the open transaction, for which it is planned again unless p is its plan already.
func (db *DB) writeOnce(ctx context.Context, c *sqlite.Conn, s database.Session, st database.Statement, p *plan, txTime time.Time) (out *table, changed bool, err error) {
	cat, err := db.writerCatalog(c, txTime)
	if err != nil {
		return nil, false, err
	}
	if p.program == nil || p.version != cat.Version {
		if p, err = db.plan(cat, s, st); err != nil {
			return nil, false, err
		}
	}
	x := db.start(ctx, s, cat, txTime)
	x.alone = true
	out, changed, err = db.runOnWriter(ctx, c, x, p, st.Args)
	if err == nil && p.writes() {
		err = p.blamed(cat, violated(c, cat, func(*catalog.Constraint) bool { return true }))
	}
	return out, changed, err
}

// runOnWriter runs a plan, whatever it is, on the writer's connection.
func (db *DB) runOnWriter(ctx context.Context, c *sqlite.Conn, x *execution, p *plan, args []database.Arg) (out *table, changed bool, err error) {
	c.State = x
	switch {
	case p.ddl != nil:
		db.altering = true
		db.changes.ChangedAll()
		out, err = db.runDDL(c, x, p)
		return out, err == nil, err
	case p.program == nil:
		return tagged(""), false, nil
	}
	if err := x.convert(p.program, args); err != nil {
		return nil, false, err
	}
	if !p.program.Writes() {
		// Only a read may be interrupted on the writer: the transaction stays.
		defer c.Interruptible(ctx)()
		out = p.result()
		if err = x.constants(c, p.program); err == nil {
			err = x.direct(c, p.program, out)
		}
		return out, false, store.Translate(err)
	}
	program := p.program
	if program.Explains != nil {
		program = program.Explains.Program
	}
	db.noteChanges(x.cat, program)
	if program != p.program {
		return db.runExplained(c, x, p, program)
	}
	out = p.result()
	if err = x.write(c, program, out); err != nil {
		err = x.diagnose(c, program, store.Translate(err))
	}
	return out, false, err
}

// runExplained runs a program that changes the database, and then tells of it.
func (db *DB) runExplained(c *sqlite.Conn, x *execution, p *plan, program *emit.Program) (out *table, changed bool, err error) {
	began, rows := time.Now(), newTable(program)
	if err := x.write(c, program, rows); err != nil {
		return rows, false, x.diagnose(c, program, store.Translate(err))
	}
	x.ran = &explain.Run{Rows: rows.count, Time: time.Since(began)}
	out = p.result()
	return out, false, store.Translate(x.direct(c, p.program, out))
}

// writerCatalog is the catalogue as the writer's transaction sees it, which began
// at a time.
func (db *DB) writerCatalog(c *sqlite.Conn, began time.Time) (*catalog.Catalog, error) {
	if db.writing != nil && db.settled && !db.altering {
		db.writing = db.writing.In(began)
		return db.writing, nil
	}
	cat, err := db.lookUpCatalog(c)
	if err != nil {
		return nil, err
	}
	db.writing, db.settled = cat.In(began), true
	return db.writing, nil
}

// lookUpCatalog finds the catalogue of the writer's transaction by its version in the
// file.
func (db *DB) lookUpCatalog(c *sqlite.Conn) (*catalog.Catalog, error) {
	for _, cat := range []*catalog.Catalog{db.writing, db.current.Load()} {
		if cat == nil {
			continue
		}
		if changed, err := db.changed(c, cat); err != nil || !changed {
			return cat, err
		}
	}
	return catalog.Load(c)
}

// Began implements store.Witness. As long as no other process commits and nothing is
// altered, the file has the catalogue that it had in the transaction before.
func (db *DB) Began(c *sqlite.Conn) {
	if db.altering {
		db.settled, db.altering = false, false
	}
	db.changes.Began(c)
}

// Ended implements store.Witness.
func (db *DB) Ended(c *sqlite.Conn) { db.changes.Ended(c) }

// distrust has what is known of the file looked up again, since another process has
// changed it.
func (db *DB) distrust() {
	db.settled = false
	db.sequences.distrust()
}

func (db *DB) runDDL(c *sqlite.Conn, x *execution, p *plan) (*table, error) {
	if n := createAs(p.ddl); n != nil {
		return db.runCreateAs(c, x, n)
	}
	tag, next, notices, err := ddl.Run(&ddl.Context{
		Conn: c, Catalog: x.cat, Types: x.types, Role: role(x.session), SearchPath: x.session.Searched(), Began: x.txTime,
		Compile: compiler{types: x.types, role: role(x.session), session: x.SessionValue}, Source: p.source,
	}, p.ddl)
	if err != nil {
		return nil, db.explain(store.Translate(err))
	}
	for _, n := range notices {
		db.config.Logger.Debug("notice", "severity", n.Severity, "message", n.Message)
	}
	if next != nil {
		db.writing = next
	}
	db.sequences.forget()
	return tagged(tag), nil
}

// explain makes sure that what leaves the engine is a fault.
func (db *DB) explain(err error) error {
	if errors.Is(err, store.ErrDeferredForeignKey) || fault.Code(err) != "" {
		return err
	}
	var e *sqlite.Error
	if errors.As(err, &e) && e.Primary() == sqlite.CodeConstraint {
		return constraintFault(e)
	}
	return fault.Internal(err)
}
