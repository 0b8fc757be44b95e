package host

import (
	"context"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/functions/host/rows"
)

// Whom a statement runs as.
const (
	asCaller  = "caller"
	asService = "service"
)

// session is what a statement runs as.
func (c *call) session(as string) (database.Session, error) {
	s := c.scope.Session
	if err := known("as", as, asCaller, asService); err != nil {
		return s, err
	}
	if as == asService {
		service := Service()
		s.Role, s.Claims = service.Role, service.Claims
	}
	return s, nil
}

type sqlError struct {
	Message    string `json:"message"`
	Code       string `json:"code"`
	Details    string `json:"details,omitempty"`
	Hint       string `json:"hint,omitempty"`
	Schema     string `json:"schema,omitempty"`
	Table      string `json:"table,omitempty"`
	Column     string `json:"column,omitempty"`
	Constraint string `json:"constraint,omitempty"`
	Position   int    `json:"position,omitempty"`
	Status     int    `json:"status,omitempty"`
}

// query is sql.query(as, transaction, text, ...values): transaction is the id of the
// open one, or null. An error is {"error": …}, with all that is known of it.
func (s *Services) query(ctx context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	began := time.Now()
	text := s.texts.Get()
	defer s.texts.Put(text)
	r, err := s.run(ctx, a, &began, append((*text)[:0], beforeRows...))
	if a.At(1) == nil {
		s.paces.note(a.Text(2), time.Since(began))
	}
	if err != nil {
		f := fault.From(err)
		s.note(ctx, f)
		return toJSON(map[string]sqlError{"error": {Message: f.Message, Code: f.Code, Details: details(f), Hint: f.Hint, Schema: f.Schema,
			Table: f.Table, Column: f.Column, Constraint: f.Constraint, Position: f.Position, Status: fault.Status(f, true)}})
	}
	if *text = answer(r); cap(*text) > mostText {
		*text = nil
	}
	return engine.JSON(*text), nil
}

// queryNow is sql.now(as, text, ...values): query without a transaction, at once, where
// that is sure to be quick; else null. To have a goroutine of its own do it takes
// longer than many a statement.
func (s *Services) queryNow(ctx context.Context, args []engine.Value) (engine.Value, error) {
	a := engine.Args(args)
	c, err := callOf(ctx)
	if err != nil || c.scope.Tx != nil || !s.paces.quick(a.Text(1)) || c.open() != nil {
		return nil, nil
	}
	return s.query(ctx, slices.Insert(args, 1, nil))
}

// beforeRows is what stands before the rows of an answer.
const beforeRows = `{"rows":`

// answer completes {"rows": …, "columns": "[[name, type], …]", "tag": …, "bytes": [name, …]}
// behind the rows: the last one names the columns whose values are bytes, and is there when
// there are some. The rows are JSON already, and not looked at again.
func answer(r rows.Result) []byte {
	list, binary := []byte{'['}, []byte(nil)
	for i, c := range r.Columns {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(rows.AppendString(append(rows.AppendString(append(list, '['), c.Name), ','), c.Type), ']')
		if c.Type == "bytea" || c.Type == "_bytea" {
			binary = rows.AppendString(append(binary, ','), c.Name)
		}
	}
	b := rows.AppendString(append(r.JSON, `,"columns":`...), append(list, ']'))
	b = rows.AppendString(append(b, `,"tag":`...), r.Tag)
	if len(binary) > 0 {
		b = append(append(append(b, `,"bytes":[`...), binary[1:]...), ']')
	}
	return append(b, '}')
}

// texts are buffers for answers.
type texts struct{ pool sync.Pool }

// mostText is the longest that is kept.
const mostText = 64 << 10

// Get gives one to be given back by Put.
func (t *texts) Get() *[]byte {
	if b, ok := t.pool.Get().(*[]byte); ok {
		return b
	}
	return new([]byte)
}

// Put takes one back.
func (t *texts) Put(b *[]byte) { t.pool.Put(b) }

// note logs what the function is not told: the cause of an internal error.
func (s *Services) note(ctx context.Context, f *fault.Error) {
	if f.Code == fault.InternalError && f.Unwrap() != nil {
		s.config.Logger.ErrorContext(ctx, "functions: a statement failed", "error", f)
	}
}

func details(f *fault.Error) string {
	if f.JSONDetail != nil {
		return string(f.JSONDetail)
	}
	return f.Detail
}

func (s *Services) run(ctx context.Context, a engine.Args, began *time.Time, to []byte) (rows.Result, error) {
	c, err := callOf(ctx)
	if err != nil {
		return rows.Result{}, err
	}
	session, err := c.session(a.Text(0))
	if err != nil {
		return rows.Result{}, err
	}
	st := database.Statement{SQL: a.Text(2), Args: make([]database.Arg, max(len(a)-3, 0)), Began: began}
	for i := range st.Args {
		if st.Args[i], err = argument(a[i+3]); err != nil {
			return rows.Result{}, err
		}
	}
	return c.read(ctx, a.At(1), session, st, to)
}

// read runs a statement where it belongs: in the transaction it names, in that of
// the hook, or by itself.
func (c *call) read(ctx context.Context, id engine.Value, session database.Session, st database.Statement, to []byte) (rows.Result, error) {
	limits := c.services.rowLimits()
	query := func(ctx context.Context, q database.Querier) (r rows.Result, err error) {
		in, err := q.Query(ctx, st)
		if err == nil {
			r, err = rows.Read(in, limits, to)
		}
		return r, err
	}
	if number, ok := id.(float64); ok {
		tx, err := c.transaction(number)
		if err != nil {
			return rows.Result{}, err
		}
		return within(ctx, tx, session, query)
	}
	if c.scope.Tx != nil {
		return withinHook(ctx, c, session, query)
	}
	if c.open() != nil {
		return rows.Result{}, fault.New(fault.ActiveTransaction, "sql runs outside of the transaction of the call that is open").
			WithHint("Use the tx that the function given to transaction() gets: await tx`…`.")
	}
	slots := c.slot()
	select {
	case slots <- struct{}{}: // one call does not take every connection
		defer func() { <-slots }()
		return query(ctx, someone{c.services.config.DB, session})
	case <-ctx.Done():
		return rows.Result{}, context.Cause(ctx)
	}
}

// someone runs each statement on a database by itself, in a session.
type someone struct {
	db      database.DB
	session database.Session
}

// Query implements database.Querier.
func (o someone) Query(ctx context.Context, st database.Statement) (database.Rows, error) {
	return o.db.Query(ctx, o.session, st)
}

// argument is a value of a script as an argument. Objects are JSON; the script has
// made text of dates, big integers and arrays.
func argument(v engine.Value) (database.Arg, error) {
	switch v := v.(type) {
	case nil:
		return database.Null, nil
	case bool:
		return database.Text(strconv.FormatBool(v)), nil
	case string:
		return database.Text(v), nil
	case []byte:
		return database.Text(`\x` + hex.EncodeToString(v)), nil
	case engine.JSON:
		return database.Text(string(v)), nil
	case float64:
		return database.Text(number(v)), nil
	}
	return database.Null, invalid("a value of type %T has no text form", v)
}

// number is a script's number in PostgreSQL's text form.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	case v == math.Trunc(v) && math.Abs(v) < 1e21: // below which scripts write no exponent either
		return strconv.FormatFloat(v+0, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
