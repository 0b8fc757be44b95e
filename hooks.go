package galley

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/hooks"
)

// Operation is what is done to the rows of a table. Several are put together by |.
type Operation uint8

// The operations.
const (
	Insert Operation = 1 << iota
	Update
	Delete
)

var operations = []struct {
	op   Operation
	name string
}{{Insert, hooks.Insert}, {Update, hooks.Update}, {Delete, hooks.Delete}}

func (o Operation) names() []string {
	var names []string
	for _, known := range operations {
		if o&known.op != 0 {
			names = append(names, known.name)
		}
	}
	return names
}

// String is the operations' names.
func (o Operation) String() string { return strings.Join(o.names(), "|") }

// HookFunc runs before or after a write, in its transaction, with all rows of the
// statement. An error refuses the write and undoes the transaction; an *Error reaches the
// client. SQL in tx runs as the caller of the write, in Tx.Service as the service role.
//
// All hooks of a write have 100 ms together; then the transaction is ended (57014) and
// tx takes nothing more. There is no room for outgoing calls: enqueue a job (Tx.Enqueue).
type HookFunc func(ctx context.Context, tx *Tx, e *Event) error

// Event is a write to the rows of a table.
type Event struct {
	Schema, Table string
	Operation     Operation // one of Insert, Update, Delete
	Session       Session   // of the caller
	Rows          []Row
}

// Row is a row as a JSON object of its columns. Old is nil for an insert, New for a
// delete. Before an insert New lacks what only the database fills: generated columns and
// identities.
type Row struct{ Old, New json.RawMessage }

// Decode stores the new row, or the old one of a delete, in what v points to, as
// encoding/json does.
func (r *Row) Decode(v any) error {
	if r.New == nil {
		return json.Unmarshal(r.Old, v)
	}
	return json.Unmarshal(r.New, v)
}

// Set changes columns of the row before it is written: v has a JSON object of them. What
// it leaves out stays as it was.
func (r *Row) Set(v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		r.New = text
	}
	return err
}

// Before has fn see, change or refuse the rows of a table ("orders", "shop.orders")
// before they are written by the data APIs. SQL of the program itself, of migrations and
// of jobs runs no hooks; rules that must hold for it too are triggers.
func (a *App) Before(table string, ops Operation, fn HookFunc) { a.hook("Before", table, ops, fn) }

// After has fn see the rows of a table after they were written by the data APIs, before
// they are committed.
func (a *App) After(table string, ops Operation, fn HookFunc) { a.hook("After", table, ops, fn) }

func (a *App) hook(when, table string, ops Operation, fn HookFunc) {
	a.serve(when, func() {
		e := hooks.Entry{Name: when + " " + table, Table: table}
		if schema, name, ok := strings.Cut(table, "."); ok {
			e.Schema, e.Table = schema, name
		} else if path := a.searchPath(); len(path) > 0 {
			e.Schema = path[0]
		}
		if e.Table == "" || fn == nil || ops == 0 || ops > Insert|Update|Delete {
			a.wrong("a hook on %q needs a table, operations and a function", table)
			return
		}
		if when == "Before" {
			e.Before = ops.names()
		} else {
			e.After = ops.names()
		}
		e.Hook = hook(fn)
		a.program.Hooks = append(a.program.Hooks, e)
	})
}

// hook is a function as the registry calls it.
type hook HookFunc

// Before implements hooks.Hook.
func (h hook) Before(ctx context.Context, tx database.Tx, e *hooks.Event) error {
	return h.call(ctx, tx, e)
}

// After implements hooks.Hook.
func (h hook) After(ctx context.Context, tx database.Tx, e *hooks.Event) error {
	return h.call(ctx, tx, e)
}

func (h hook) call(ctx context.Context, tx database.Tx, e *hooks.Event) error {
	event := &Event{Schema: e.Schema, Table: e.Table, Session: Session{Role: e.Session.Role},
		Rows: make([]Row, len(e.Rows))}
	for _, known := range operations {
		if known.name == e.Operation {
			event.Operation = known.op
		}
	}
	if e.Session.Claims != "" {
		event.Session.Claims = json.RawMessage(e.Session.Claims)
	}
	for i, r := range e.Rows {
		event.Rows[i] = Row(r)
	}
	if err := h(ctx, &Tx{tx: tx, session: e.Session}, event); err != nil {
		return inward(err)
	}
	if len(event.Rows) != len(e.Rows) {
		return fault.New("P0001", "a hook returned %d rows for %d", len(event.Rows), len(e.Rows))
	}
	for i, r := range event.Rows {
		e.Rows[i] = hooks.Row(r)
	}
	return nil
}
