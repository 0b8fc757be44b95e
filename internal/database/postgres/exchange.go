package postgres

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// settingsSQL sets all of a session for the present transaction, each time the
// whole of it: what a statement left unset cannot be inherited from another.
// The role comes last, while we may still set everything. num_nulls takes what
// set_config returns, so that no setting is sent back. Both are named with their
// schema: nobody's function of the same name may run in their place.
const settingsSQL = `select pg_catalog.num_nulls(` + settingsOf

const settingsOf = `pg_catalog.set_config('search_path',$1,true),pg_catalog.set_config('request.jwt.claims',$2,true),` +
	`pg_catalog.set_config('request.method',$3,true),pg_catalog.set_config('request.path',$4,true),` +
	`pg_catalog.set_config('request.headers',$5,true),pg_catalog.set_config('statement_timeout',$6,true),` +
	`pg_catalog.set_config('role',$7,true))`

// answeringSQL is settingsSQL for a statement that may say something about the
// response: what another one left of that must not be taken for its own.
const answeringSQL = `select pg_catalog.num_nulls(pg_catalog.set_config('response.headers','',true),` +
	`pg_catalog.set_config('response.status','',true),` + settingsOf

// readingSQL is settingsSQL for a statement that must not write.
const readingSQL = `select pg_catalog.num_nulls(` + readOnlyOf + `,` + settingsOf

const readOnlyOf = `pg_catalog.set_config('transaction_read_only','on',true)`

const (
	timezoneSQL = "select pg_catalog.set_config('TimeZone',$1,true)"
	idleSQL     = "select pg_catalog.set_config('idle_in_transaction_session_timeout',$1,true)"
	responseSQL = "select pg_catalog.current_setting('response.headers',true),pg_catalog.current_setting('response.status',true)"

	readOnlySQL  = "select " + readOnlyOf
	immediateSQL = "set constraints all immediate"
)

// step is one request of a pipeline, whose answers come in the same order.
type step struct {
	kind     stepKind
	prepared *prepared             // the statement that is prepared by a hidden step, or run by the main one
	read     func(values [][]byte) // takes the row of a hidden step
}

type stepKind uint8

const (
	hiddenStep stepKind = iota // of ours; its rows are dropped
	prepareStep
	mainStep // the caller's statement
	syncStep
)

// exchange is one pipeline on a connection: requests are queued, sent, and
// their answers read in turn.
type exchange struct {
	ctx      context.Context
	conn     *conn
	pipeline *pgconn.Pipeline
	steps    []step
	next     int       // the step whose answer comes next
	main     *prepared // the caller's statement, nil where it is not prepared
}

func newExchange(ctx context.Context, c *conn) *exchange {
	x := &exchange{ctx: ctx, conn: c, pipeline: c.pg.StartPipeline(ctx), steps: c.steps[:0]}
	for _, name := range c.drop {
		x.pipeline.SendDeallocate(name)
		x.push(hiddenStep, nil)
	}
	c.drop = nil
	return x
}

func (x *exchange) push(kind stepKind, p *prepared) {
	x.steps = append(x.steps, step{kind: kind, prepared: p})
}

// hidden queues a statement of our own, prepared.
func (x *exchange) hidden(sql string, args ...string) {
	x.execute(hiddenStep, statementKey{sql: sql}, nil, x.conn.wire(args))
}

// plain queues a command of our own that is not worth preparing.
func (x *exchange) plain(sql string) {
	x.pipeline.SendQueryParams(sql, nil, nil, nil, nil)
	x.push(hiddenStep, nil)
}

// execute queues a statement, and ahead of it its preparation unless the server
// has it, which it tells. The server described the columns when it prepared the
// statement and is not asked again: a statement that would return others fails
// with "cached plan must not change result type". None may be queued behind the
// first sync: pgconn would describe it as one that an error made it skip.
func (x *exchange) execute(kind stepKind, key statementKey, oids []uint32, values [][]byte) (cached bool) {
	p, cached := x.conn.lookup(key)
	if cached {
		x.pipeline.SendQueryStatement(p.description, values, nil, nil)
	} else {
		p = &prepared{key: key, name: x.conn.newName()}
		x.pipeline.SendPrepare(p.name, key.sql, oids)
		x.push(prepareStep, p)
		x.pipeline.SendQueryPrepared(p.name, values, nil, nil)
	}
	x.push(kind, p)
	return cached
}

// purpose is what a transaction's first settings are for beside the session's own.
type purpose uint8

const (
	ordinary  purpose = iota
	answering         // a statement that may say something about the response
	reading           // a statement that must not write
)

// settings queues the session's role, claims and limits.
func (x *exchange) settings(s database.Session, limit time.Duration, p purpose) {
	role := s.Role
	switch role {
	case "":
		role = "none"
	case "none":
		role = `"none"` // for SET ROLE it would be nobody's role: the owner's
	}
	if s.Timezone != "" {
		x.hidden(timezoneSQL, s.Timezone)
	}
	sql := [...]string{ordinary: settingsSQL, answering: answeringSQL, reading: readingSQL}[p]
	x.hidden(sql, x.conn.searchPath(s.SearchPath), s.Claims, s.Method, s.Path, s.Headers, milliseconds(limit), role)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// statement queues the caller's statement and tells whether it ran from the
// cache. Names are resolved and schemas' privileges are checked when a
// statement is parsed, so the key has the role and search path in it.
func (x *exchange) statement(s database.Session, st *statement) (cached bool) {
	if !st.traits.cache {
		x.pipeline.SendQueryParams(st.SQL, st.values, st.oids, nil, nil)
		x.push(mainStep, nil)
		return false
	}
	return x.execute(mainStep, x.conn.key(s, st), st.oids, st.values)
}

// response queues the reading of what a statement says about the response.
func (x *exchange) response(st *statement) {
	if st.Response == nil {
		return
	}
	x.hidden(responseSQL)
	x.steps[len(x.steps)-1].read = func(values [][]byte) {
		st.Response.Headers, st.Response.Status = string(values[0]), string(values[1])
	}
}

// sync queues a synchronization point: the end of an implicit transaction, and
// where the server goes on after an error.
func (x *exchange) sync() {
	x.pipeline.SendPipelineSync()
	x.push(syncStep, nil)
}

// advance reads answers up to the caller's statement, whose reader it returns,
// or to the end. The first error is returned once everything has been read.
func (x *exchange) advance() (*pgconn.ResultReader, error) {
	var first error
	for x.next < len(x.steps) {
		s := x.steps[x.next]
		x.next++
		reader, err := x.answer(s)
		if reader != nil && err == nil {
			return reader, nil
		}
		if err != nil && first == nil {
			first = err
		}
		if err != nil && !x.skip(s, err) {
			break
		}
	}
	return nil, first
}

// answer reads one answer. Only the main step's reader is handed out.
func (x *exchange) answer(s step) (*pgconn.ResultReader, error) {
	result, err := x.pipeline.GetResults()
	if err != nil {
		return nil, err
	}
	if reader, ok := result.(*pgconn.ResultReader); ok {
		if s.kind == mainStep {
			x.main = s.prepared
			return reader, nil
		}
		if s.read != nil && reader.NextRow() {
			s.read(reader.Values())
		}
		_, err = reader.Close()
	}
	if described, ok := result.(*pgconn.StatementDescription); ok {
		described.Name = s.prepared.name
		s.prepared.description = described
		x.conn.remember(s.prepared)
	}
	return nil, err
}

// skip goes to where the server goes on after an error, as it does itself, and
// tells whether the connection still works.
func (x *exchange) skip(failed step, err error) bool {
	if _, ok := errors.AsType[*pgconn.PgError](err); !ok || x.conn.pg.IsClosed() {
		return false
	}
	if failed.kind == syncStep { // the error of a commit comes before its sync
		x.next--
		return true
	}
	for x.next < len(x.steps) && x.steps[x.next].kind != syncStep {
		x.next++
	}
	return true
}

// abandon is advance after the main statement failed: what it returned says
// more than what comes after.
func (x *exchange) abandon(err error) {
	if x.skip(step{kind: mainStep}, err) {
		_, _ = x.advance()
	}
}

// close ends the pipeline. After a cancellation it waits until the cancel
// request cannot hit the next statement any more.
func (x *exchange) close() {
	_ = x.pipeline.Close()
	clear(x.steps) // they lead to the caller's response
	x.conn.steps, x.steps, x.next = x.steps[:0], nil, 0
}

// flush sends everything queued.
func (x *exchange) flush() error { return x.pipeline.Flush() }

// statement is a database.Statement made ready for the wire.
type statement struct {
	database.Statement
	traits traits
	values [][]byte
	oids   []uint32
}

func (d *DB) newStatement(ctx context.Context, st database.Statement) (*statement, error) {
	traits, err := d.texts.traits(st.SQL)
	if err != nil {
		return nil, err
	}
	if len(st.Args) > 65535 {
		return nil, fault.New(fault.TooManyArguments, "a statement cannot have more than 65535 parameters")
	}
	oids, err := d.types.oids(ctx, st.Types)
	if err != nil {
		return nil, err
	}
	return &statement{Statement: st, traits: traits, values: wireValues(st.Args), oids: oids}, nil
}

// wireValues are the arguments in one piece of memory.
func wireValues(args []database.Arg) [][]byte {
	size := 1 // an empty text is not null
	for _, a := range args {
		text, _ := a.Get()
		size += len(text)
	}
	values, buffer := make([][]byte, len(args)), make([]byte, 0, size)
	for i, a := range args {
		if text, ok := a.Get(); ok {
			start := len(buffer)
			buffer = append(buffer, text...)
			values[i] = buffer[start:len(buffer):len(buffer)]
		}
	}
	return values
}
