package galley

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/govalue"
	"github.com/galleyhq/galley/internal/httpapi"
)

// SQL runs statements with parameters $1, $2, …: a *DB, each in a transaction of its
// own, or a *Tx.
//
// Parameters are strings, booleans, numbers, time.Time, time.Duration (interval),
// []byte (bytea), json.RawMessage, structs and maps (json), slices (arrays), what has a
// text form (encoding.TextMarshaler), and pointers to these; nil is NULL. What type a
// parameter has follows from where it stands, as in PostgreSQL.
type SQL interface {
	// Query runs a statement. The rows must be closed; a statement that writes is
	// committed once they have been read to their end without an error.
	Query(ctx context.Context, sql string, args ...any) (*Rows, error)
	// Exec runs a statement and returns how many rows it has touched or yielded.
	Exec(ctx context.Context, sql string, args ...any) (int64, error)
}

// DB is the database as somebody.
type DB struct {
	app     *App
	session func(context.Context) (database.Session, error)
}

// serviceRole is above all policies, but not the owner.
const serviceRole = "service_role"

// Caller runs SQL as the caller of the request whose context it is given: his role,
// his claims, so that grants and policies hold. Outside of the routes and middleware of
// a request there is no caller, and statements fail with code 28000.
func (a *App) Caller() *DB {
	return &DB{app: a, session: func(ctx context.Context) (database.Session, error) {
		id := httpapi.IdentityFrom(ctx)
		if id.Role == "" {
			return database.Session{}, fault.New("28000", "this context is of no request, so there is no caller").
				WithHint("Run it as App.Service or App.As.").WithStatus(http.StatusUnauthorized)
		}
		s := database.Session{Role: id.Role, Claims: id.Claims}
		if r, ok := ctx.Value(requestKey{}).(*http.Request); ok {
			s.Method, s.Path, s.Headers = r.Method, r.URL.Path, httpapi.HeadersJSON(r)
		}
		return s, nil
	}}
}

// Service runs SQL as the service role, above all policies.
func (a *App) Service() *DB { return a.As(Session{Role: serviceRole}) }

// As runs SQL as a role with claims. The owner of the database is not to be had.
func (a *App) As(s Session) *DB {
	return &DB{app: a, session: func(context.Context) (database.Session, error) {
		if s.Role == "" {
			return database.Session{}, fault.New(fault.InvalidParameter, "a session needs a role")
		}
		return database.Session{Role: s.Role, Claims: string(s.Claims)}, nil
	}}
}

// open is the database and the session for a statement.
func (d *DB) open(ctx context.Context) (database.DB, database.Session, error) {
	running := d.app.running.Load()
	if running == nil {
		return nil, database.Session{}, errNotRunning()
	}
	s, err := d.session(ctx)
	s.SearchPath = d.app.searchPath()
	return running.DB, s, err
}

// searchPath is that of the data API.
func (a *App) searchPath() []string {
	api := a.settings.API
	return append(slices.Clone(api.Schemas[:min(1, len(api.Schemas))]), api.ExtraSearchPath...)
}

// Query implements SQL.
func (d *DB) Query(ctx context.Context, sql string, args ...any) (*Rows, error) {
	db, s, err := d.open(ctx)
	if err != nil {
		return nil, outward(err)
	}
	return query(sql, args, func(st database.Statement) (database.Rows, error) { return db.Query(ctx, s, st) })
}

// Exec implements SQL.
func (d *DB) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	return exec(d.Query(ctx, sql, args...))
}

// Tx runs fn in a transaction, commits when it returns nil, and undoes everything
// otherwise, a panic included. The embedded engine has one writer, which a transaction
// holds from its first write to its end: keep it short, and make no outgoing calls in
// it. One that stands idle for database.idle_in_transaction_timeout is ended (25P03).
func (d *DB) Tx(ctx context.Context, fn func(tx *Tx) error) error {
	db, s, err := d.open(ctx)
	if err != nil {
		return outward(err)
	}
	return outward(database.InTx(ctx, db, s, database.TxOptions{}, func(inner database.Tx) error {
		return fn(&Tx{tx: inner, session: s})
	}))
}

// Tx is a transaction. It belongs to the function that it was given to, and to one
// goroutine. After a statement has failed, others are refused with 25P02.
type Tx struct {
	tx      database.Tx
	session database.Session
	broken  error // why nothing may run any more
}

// Query implements SQL. The rows must be closed before the next statement.
func (t *Tx) Query(ctx context.Context, sql string, args ...any) (*Rows, error) {
	if t.broken != nil {
		return nil, t.broken
	}
	return query(sql, args, func(st database.Statement) (database.Rows, error) { return t.tx.Query(ctx, st) })
}

// Exec implements SQL.
func (t *Tx) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	return exec(t.Query(ctx, sql, args...))
}

// Service runs fn with the same transaction as the service role: for what the caller
// may not see or do himself.
func (t *Tx) Service(ctx context.Context, fn func(tx *Tx) error) error {
	if t.broken != nil {
		return t.broken
	}
	above := database.Session{Role: serviceRole, SearchPath: t.session.SearchPath}
	if err := t.tx.SetSession(ctx, above); err != nil {
		return outward(err)
	}
	// Whatever happens, no statement of the caller's may run as the service role.
	t.broken = outward(fault.New(fault.InvalidTransactionState, "the transaction could not go on as its caller"))
	err := fn(&Tx{tx: t.tx, session: above})
	back := t.tx.SetSession(ctx, t.session)
	if back == nil {
		t.broken = nil
	}
	if err != nil {
		return err
	}
	return outward(back)
}

func query(sql string, args []any, run func(database.Statement) (database.Rows, error)) (*Rows, error) {
	values, err := govalue.Args(args...)
	if err != nil {
		return nil, outward(err)
	}
	rows, err := run(database.Statement{SQL: sql, Args: values})
	if err != nil {
		return nil, outward(err)
	}
	return &Rows{rows: rows}, nil
}

func exec(rows *Rows, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	tag := rows.rows.Tag()
	n, _ := strconv.ParseInt(tag[strings.LastIndexByte(tag, ' ')+1:], 10, 64) // CREATE TABLE counts nothing
	return n, nil
}

// Rows are the result of a statement, read one by one. They belong to one goroutine.
type Rows struct{ rows database.Rows }

// Columns are the names of the columns.
func (r *Rows) Columns() []string {
	names := make([]string, 0, 8)
	for _, c := range r.rows.Columns() {
		names = append(names, c.Name)
	}
	return names
}

// Next goes to the next row and tells whether there is one.
func (r *Rows) Next() bool { return r.rows.Next() }

// Scan stores the columns of the present row where targets point to, one for each. A
// target is a pointer to a string (PostgreSQL's text form), boolean, number, time.Time,
// []byte (bytea, or the text), a type with a text form (encoding.TextUnmarshaler), a
// slice of these for an array, any, or for json and jsonb whatever encoding/json can
// store in. NULL needs a pointer to what can be nil: a pointer, slice, map or any. A value
// that does not fit is an error of code 22023.
func (r *Rows) Scan(targets ...any) error { return outward(govalue.Scan(r.rows, targets...)) }

// Err tells what ended the rows early, nil when they are complete and a write is
// committed. It is final once Next returned false.
func (r *Rows) Err() error { return outward(r.rows.Err()) }

// Close ends the statement. It may be called more than once.
func (r *Rows) Close() { r.rows.Close() }

// Select runs a statement and reads all of its rows. A struct takes columns by the tag
// db, else json, else by its fields' names, in which neither case nor the column's
// underscores matter; a column without a field is an error of code 42703. A
// map[string]any takes all columns, any other type the only one, by the rules of
// Rows.Scan. Without rows the slice is empty, not nil.
func Select[T any](ctx context.Context, q SQL, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	list, err := govalue.All[T](rows.rows)
	if err != nil {
		return nil, outward(err)
	}
	return list, nil
}

// One is Select for a statement of one row: ErrNoRows when there is none, an error of
// code 21000 when there are more.
func One[T any](ctx context.Context, q SQL, sql string, args ...any) (T, error) {
	list, err := Select[T](ctx, q, sql, args...)
	switch {
	case err == nil && len(list) == 0:
		err = ErrNoRows
	case err == nil && len(list) > 1:
		err = outward(fault.New(fault.CardinalityViolation, "%d rows instead of one", len(list)))
	}
	if err != nil {
		return *new(T), err
	}
	return list[0], nil
}
