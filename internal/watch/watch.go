// Package watch stands before a database and tells of its statements: as spans of
// the trace that their context belongs to, and, of slow ones, to a log. It shows
// statements by their shape, never a value.
//
//	db = watch.DB(db, watch.Config{Slow: time.Second, OnSlow: log})
package watch

import (
	"context"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/schema"
	"github.com/galleyhq/galley/internal/sqltext"
	"github.com/galleyhq/galley/internal/telemetry"
)

// Config is what is told.
type Config struct {
	// Slow is how long a statement takes, from its beginning to the end of its
	// rows, to be told to OnSlow; 0 tells of none.
	Slow   time.Duration
	OnSlow func(ctx context.Context, s Statement)
	// Trace makes a span of each statement in a sampled trace.
	Trace bool
}

// Statement is a slow statement.
type Statement struct {
	Shape   string // without its values
	Role    string // "" for the owner
	Took    time.Duration
	Rows    int64
	Code    string   // SQLSTATE, "" when it succeeded
	Emitted []string // what the embedded engine ran in its place, without values
	Plan    []string // of that
}

// Explainer is an engine that tells what it makes of a statement, which is not
// run: the SQL in its place, and the lines of its plan.
type Explainer interface {
	Explained(ctx context.Context, s database.Session, st database.Statement) (emitted, plan []string, err error)
}

// explainTimeout bounds what is done to tell of a slow statement.
const explainTimeout = time.Second

// DB returns a database that tells of its statements. Where nothing is to be told
// it is the database itself.
func DB(db database.DB, c Config) database.DB {
	if c.Slow <= 0 && !c.Trace {
		return db
	}
	return &watched{DB: db, config: c}
}

type watched struct {
	database.DB
	config Config
}

// Query implements database.DB.
func (w *watched) Query(ctx context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	ctx, m := w.begin(ctx, s, st)
	rows, err := w.DB.Query(ctx, s, st)
	return m.watch(rows, err)
}

// Begin implements database.DB.
func (w *watched) Begin(ctx context.Context, s database.Session, o database.TxOptions) (database.Tx, error) {
	tx, err := w.DB.Begin(ctx, s, o)
	if err != nil {
		return nil, err
	}
	return &watchedTx{tx, w, s}, nil
}

// Listen implements database.Notifier, as far as the database does.
func (w *watched) Listen(channel string, fn func(database.Notification)) (stop func()) {
	if n, ok := w.DB.(database.Notifier); ok {
		return n.Listen(channel, fn)
	}
	return func() {}
}

// Track implements database.Tracker, as far as the database does.
func (w *watched) Track(ctx context.Context, table *schema.Relation) (database.Tracked, error) {
	if t, ok := w.DB.(database.Tracker); ok {
		return t.Track(ctx, table)
	}
	return nil, fault.Unsupported("this engine does not follow changes")
}

// Bound implements database.Tracker.
func (w *watched) Bound() time.Duration {
	if t, ok := w.DB.(database.Tracker); ok {
		return t.Bound()
	}
	return 0
}

type watchedTx struct {
	database.Tx
	db      *watched
	session database.Session
}

// Query implements database.Tx.
func (t *watchedTx) Query(ctx context.Context, st database.Statement) (database.Rows, error) {
	ctx, m := t.db.begin(ctx, t.session, st)
	rows, err := t.Tx.Query(ctx, st)
	return m.watch(rows, err)
}

// Schema shows the schema as the transaction has made it, as far as the engine's
// does; migrations ask for it.
func (t *watchedTx) Schema(ctx context.Context) (*schema.Snapshot, error) {
	if r, ok := t.Tx.(interface {
		Schema(ctx context.Context) (*schema.Snapshot, error)
	}); ok {
		return r.Schema(ctx)
	}
	return nil, fault.Unsupported("this engine's transactions do not show their schema")
}

// Script implements database.Tx. It is told of as one statement.
func (t *watchedTx) Script(ctx context.Context, sql string, each func(database.Rows) error) error {
	ctx, m := t.db.begin(ctx, t.session, database.Statement{SQL: sql})
	m.script = true
	err := t.Tx.Script(ctx, sql, each)
	m.end(err)
	return err
}

// SetSession implements database.Tx.
func (t *watchedTx) SetSession(ctx context.Context, s database.Session) error {
	err := t.Tx.SetSession(ctx, s)
	if err == nil {
		t.session = s
	}
	return err
}

// Commit implements database.Tx.
func (t *watchedTx) Commit(ctx context.Context) error {
	ctx, span := t.db.span(ctx, "COMMIT")
	err := t.Tx.Commit(ctx)
	failed(span, err)
	span.End()
	return err
}

func (w *watched) span(ctx context.Context, name string) (context.Context, *telemetry.Span) {
	if !w.config.Trace {
		return ctx, nil
	}
	return telemetry.Start(ctx, name, telemetry.Client)
}

// measured is a statement at work. It is the rows too, so that there is one more
// piece of memory for each statement, not two.
type measured struct {
	database.Rows
	db        *watched
	ctx       context.Context
	session   database.Session
	statement database.Statement
	start     time.Time
	span      *telemetry.Span
	rows      int64
	script    bool // of several statements
	done      bool
}

// maxShape bounds the text of a script that is shown.
const maxShape = 4 << 10

// shape is the text of the statement without its values.
func (m *measured) shape() string {
	shape := sqltext.Shape(m.statement.SQL)
	if m.script && len(shape) > maxShape {
		return strings.ToValidUTF8(shape[:maxShape], "") + " …"
	}
	return shape
}

// begin puts the statement's span into ctx.
func (w *watched) begin(ctx context.Context, s database.Session, st database.Statement) (context.Context, *measured) {
	m := &measured{db: w, ctx: ctx, session: s, statement: st, start: time.Now()}
	if w.config.Trace {
		m.ctx, m.span = telemetry.Start(ctx, "", telemetry.Client)
	}
	return m.ctx, m
}

func (m *measured) watch(rows database.Rows, err error) (database.Rows, error) {
	if err != nil {
		m.end(err)
		return nil, err
	}
	m.Rows = rows
	return m, nil
}

// Next implements database.Rows.
func (m *measured) Next() bool {
	if m.Rows.Next() {
		m.rows++
		return true
	}
	m.end(m.Err())
	return false
}

// Close implements database.Rows.
func (m *measured) Close() {
	m.Rows.Close()
	m.end(m.Err())
}

// end tells of the statement, once.
func (m *measured) end(err error) {
	if m.done {
		return
	}
	m.done = true
	took, limit := time.Since(m.start), m.db.config.Slow
	if m.span != nil {
		m.describe(err)
	}
	if limit > 0 && took >= limit && m.db.config.OnSlow != nil {
		m.slow(took, err)
	}
}

// describe completes the span by OpenTelemetry's conventions for databases.
func (m *measured) describe(err error) {
	shape, system := m.shape(), "sqlite"
	if m.db.Engine() == "postgres" {
		system = "postgresql"
	}
	verb, _, _ := strings.Cut(strings.TrimSpace(shape), " ")
	verb = strings.ToUpper(verb)
	m.span.Rename(verb)
	m.span.Set("db.system.name", system)
	m.span.Set("db.operation.name", verb)
	m.span.Set("db.query.text", shape)
	m.span.Set("db.response.returned_rows", m.rows)
	m.span.Set("galley.engine", m.db.Engine())
	if m.session.Role != "" {
		m.span.Set("galley.role", m.session.Role)
	}
	failed(m.span, err)
	m.span.End()
}

// failed marks the span of an error by its SQLSTATE: the message may hold values.
func failed(s *telemetry.Span, err error) {
	if s != nil && err != nil {
		code := code(err)
		s.Set("error.type", code)
		s.Fail(code)
	}
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func (m *measured) slow(took time.Duration, err error) {
	s := Statement{Shape: m.shape(), Role: m.session.Role, Took: took, Rows: m.rows, Code: code(err)}
	if e, ok := m.db.DB.(Explainer); ok && !m.script {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(m.ctx), explainTimeout)
		defer cancel()
		// What cannot be explained, as it cannot be planned, goes without.
		emitted, plan, err := e.Explained(ctx, m.session, m.statement)
		if err == nil {
			for _, sql := range emitted {
				s.Emitted = append(s.Emitted, sqltext.Shape(sql))
			}
			s.Plan = plan
		}
	}
	m.db.config.OnSlow(m.ctx, s)
}
