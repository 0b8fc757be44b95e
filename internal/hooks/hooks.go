// Package hooks holds what runs before and after the rows of a table are
// inserted, updated or deleted, inside the transaction of the write. A hook sees
// the rows, may change those to be written, and refuses a write by an error.
//
//	registry := hooks.NewRegistry(hooks.Limits{})
//	err := registry.Set("shop", []hooks.Entry{{
//		Name: "price", Schema: "public", Table: "orders",
//		Before: []string{hooks.Insert}, Hook: price{},
//	}})
//
// The data APIs ask the registry for the chain of a table; a table without hooks
// costs them a look-up in an immutable map.
package hooks

import (
	"context"
	"encoding/json"

	"github.com/galleyhq/galley/internal/database"
)

// The operations.
const (
	Insert = "insert"
	Update = "update"
	Delete = "delete"
)

// Hook is what runs before and after a write. One value may be called from
// several goroutines at once.
//
// Both calls have a deadline (Limits.Time) and are over at the latest then: the
// transaction ends with 57014, whether they return or not. tx runs statements in
// the transaction of the write, as its caller unless SetSession says otherwise;
// it takes no Commit or Rollback and nothing at all once the call is over. The
// statements of a hook run no hooks.
//
// An error refuses the write and undoes the whole transaction. A *fault.Error
// reaches the client as it is, with its status; any other is an internal one.
type Hook interface {
	// Before is called with the rows about to be written and may set New of
	// those of an insert or update.
	Before(ctx context.Context, tx database.Tx, e *Event) error
	// After is called with the rows as they were written; what it sets there
	// means nothing.
	After(ctx context.Context, tx database.Tx, e *Event) error
}

// Event is one operation of one write.
type Event struct {
	Schema, Table, Operation string
	// Session is that of the caller: role and claims.
	Session database.Session
	Rows    []Row
}

// Row is a row as a JSON object of its columns, as row_to_json() makes it. Old is
// nil for an insert, New for a delete. Before an insert New lacks the columns that
// only the database can fill: generated ones and identities.
//
// What Before leaves out of New stays as it was; a number that comes back as the
// float64 nearest to it counts as the same.
type Row struct{ Old, New json.RawMessage }

// Entry is a hook with the table and the operations it is for.
type Entry struct {
	// Name tells hooks apart in messages and logs.
	Name          string
	Schema, Table string
	// Before and After list operations: Insert, Update, Delete.
	Before, After []string
	Hook          Hook
}
