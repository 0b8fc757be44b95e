package changes

import (
	"context"
	_ "embed"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Function makes what the triggers call.
//
//go:embed function.sql
var Function string

// stateSQL tells what a table is, and whether its trigger is there and fires always.
const stateSQL = `select c.relkind, exists (select from pg_catalog.pg_inherits i where i.inhparent = c.oid),
	exists (select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and t.tgname = 'galley_rows' and t.tgenabled = 'A'
		and t.tgfoid = pg_catalog.to_regprocedure('galley.rows_changed()')),
	c.oid::pg_catalog.regclass
	from pg_catalog.pg_class c where c.oid = $1::pg_catalog.oid`

// check makes sure that the table's changes are told.
func (b *Table) check(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := b.tracker.shapes.Load()
	if b.checked.Load() == seen {
		return nil
	}
	if wait := time.Until(b.again); wait > 0 {
		return fault.New(fault.ObjectNotInPrerequisite, "whether the table tells of its changes is looked at again in %s", wait)
	}
	err := database.InTx(ctx, b.tracker.db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error { return b.equip(ctx, tx) })
	if err != nil {
		b.again = time.Now().Add(retryAfter)
		return err
	}
	b.changes.Add(1)
	b.checked.Store(seen)
	return nil
}

// retryAfter is the time between two attempts to make a trigger.
const retryAfter = time.Second

// equip gives the table its trigger, unless it has it.
func (b *Table) equip(ctx context.Context, tx database.Tx) error {
	found, err := database.Records(ctx, tx, stateSQL, int64(b.oid))
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return fault.New(fault.UndefinedTable, "the table is not there any more")
	case found[0].Text(0) != "r" || found[0].Text(1) == "t":
		return fault.Unsupported("the rows of %s cannot be kept in memory: it is no table that holds all of its rows itself", found[0].Text(3))
	case found[0].Text(2) == "t":
		return nil
	}
	name := found[0].Text(3)
	for _, sql := range []string{
		"set local lock_timeout = '2s'", // those who write would wait behind it
		"drop trigger if exists galley_rows on " + name,
		"create trigger galley_rows after insert or update or delete or truncate on " + name + " for each statement execute function galley.rows_changed()",
		"alter table " + name + " enable always trigger galley_rows",
	} {
		if err := database.Run(ctx, tx, sql); err != nil {
			return err
		}
	}
	return nil
}
