package postgres

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/sqltext"
)

// settingsSQL sets all of a session for the present transaction, each time the
// whole of it: what a statement left unset cannot be inherited from another.
// The role comes last, while we may still set everything.
const settingsSQL = `select ` + settingsOf

const settingsOf = `set_config('search_path',$1,true),set_config('request.jwt.claims',$2,true),` +
	`set_config('request.method',$3,true),set_config('request.path',$4,true),` +
	`set_config('request.headers',$5,true),set_config('statement_timeout',$6,true),set_config('role',$7,true)`

// answeringSQL is settingsSQL for a statement that may say something about the
// response: what another one left of that must not be taken for its own.
const answeringSQL = `select set_config('response.headers','',true),set_config('response.status','',true),` + settingsOf

// readingSQL is settingsSQL for a statement that must not write.
const readingSQL = readOnlySQL + `,` + settingsOf

const (
	timezoneSQL = "select set_config('TimeZone',$1,true)"
	responseSQL = "select current_setting('response.headers',true),current_setting('response.status',true)"

	readOnlySQL  = "select set_config('transaction_read_only','on',true)"
	immediateSQL = "set constraints all immediate"
)

// step is one request of a pipeline, whose answers come in the same order.
type step struct {
	kind stepKind
	done func()                // runs when the step succeeded
	read func(values [][]byte) // takes the row of a hidden step
}

type stepKind uint8

const (
	hiddenStep stepKind = iota // of ours; its rows are dropped
	mainStep                   // the caller's statement
	syncStep
)

// exchange is one pipeline on a connection: requests are queued, sent, and
// their answers read in turn.
type exchange struct {
	ctx      context.Context
	conn     *conn
	pipeline *pgconn.Pipeline
	steps    []step
}

func newExchange(ctx context.Context, c *conn) *exchange {
	x := &exchange{ctx: ctx, conn: c, pipeline: c.pg.StartPipeline(ctx), steps: make([]step, 0, 8)}
	for _, name := range c.drop {
		x.pipeline.SendDeallocate(name)
		x.push(hiddenStep, nil)
	}
	c.drop = nil
	return x
}

func (x *exchange) push(kind stepKind, done func()) {
	x.steps = append(x.steps, step{kind: kind, done: done})
}

// hidden queues a statement of our own, prepared.
func (x *exchange) hidden(sql string, args ...[]byte) {
	x.prepare(sql, sql, nil, func(name string) {
		x.pipeline.SendQueryPrepared(name, args, nil, nil)
		x.push(hiddenStep, nil)
	})
}

// plain queues a command of our own that is not worth preparing.
func (x *exchange) plain(sql string) {
	x.pipeline.SendQueryParams(sql, nil, nil, nil, nil)
	x.push(hiddenStep, nil)
}

// prepare queues the preparation of a statement unless the server has it, and
// then what to do with it.
func (x *exchange) prepare(key, sql string, oids []uint32, then func(name string)) (cached bool) {
	if p, ok := x.conn.lookup(key); ok {
		then(p.name)
		return true
	}
	p := &prepared{key: key, name: x.conn.newName()}
	x.pipeline.SendPrepare(p.name, sql, oids)
	x.push(hiddenStep, func() { x.conn.remember(p) })
	then(p.name)
	return false
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
		x.hidden(timezoneSQL, []byte(s.Timezone))
	}
	sql := [...]string{ordinary: settingsSQL, answering: answeringSQL, reading: readingSQL}[p]
	x.hidden(sql, []byte(searchPath(s)), []byte(s.Claims), []byte(s.Method), []byte(s.Path),
		[]byte(s.Headers), []byte(strconv.FormatInt(limit.Milliseconds(), 10)), []byte(role))
}

func searchPath(s database.Session) string {
	if len(s.SearchPath) == 0 {
		return "public"
	}
	quoted := make([]string, len(s.SearchPath))
	for i, name := range s.SearchPath {
		quoted[i] = quoteIdent(name)
	}
	return strings.Join(quoted, ", ")
}

// statement queues the caller's statement and tells whether it ran from the
// cache. Names are resolved and schemas' privileges are checked when a
// statement is parsed, so the key has the role and search path in it.
func (x *exchange) statement(s database.Session, st *statement) (cached bool) {
	if !st.traits.cache {
		x.pipeline.SendQueryParams(st.SQL, st.values, st.oids, nil, nil)
		x.push(mainStep, nil)
		return false
	}
	return x.prepare(st.key(s), st.SQL, st.oids, func(name string) {
		x.pipeline.SendQueryPrepared(name, st.values, nil, nil)
		x.push(mainStep, nil)
	})
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
	for len(x.steps) > 0 {
		s := x.steps[0]
		x.steps = x.steps[1:]
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
			return reader, nil
		}
		if s.read != nil && reader.NextRow() {
			s.read(reader.Values())
		}
		_, err = reader.Close()
	}
	if err == nil && s.done != nil {
		s.done()
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
		x.steps = append([]step{failed}, x.steps...)
		return true
	}
	for len(x.steps) > 0 && x.steps[0].kind != syncStep {
		x.steps = x.steps[1:]
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
func (x *exchange) close() { _ = x.pipeline.Close() }

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
	found := sqltext.Split(st.SQL)
	if err := checkText(st.SQL, found[:min(len(found), 1)]); err != nil {
		return nil, err // of several statements the server says what it thinks
	}
	if len(st.Args) > 65535 {
		return nil, fault.New(fault.TooManyArguments, "a statement cannot have more than 65535 parameters")
	}
	oids, err := d.types.oids(ctx, st.Types)
	if err != nil {
		return nil, err
	}
	return &statement{Statement: st, traits: traitsOf(st.SQL, found), values: wireValues(st.Args), oids: oids}, nil
}

func wireValues(args []database.Arg) [][]byte {
	values := make([][]byte, len(args))
	for i, a := range args {
		if text, ok := a.Get(); ok {
			values[i] = []byte(text)
			if values[i] == nil {
				values[i] = []byte{}
			}
		}
	}
	return values
}

func (st *statement) key(s database.Session) string {
	return s.Role + "\x00" + strings.Join(s.SearchPath, "\x01") + "\x00" + strings.Join(st.Types, ",") + "\x00" + st.SQL
}
