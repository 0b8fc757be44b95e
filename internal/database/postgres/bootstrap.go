package postgres

import (
	"context"
	_ "embed"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// bootstrapLock is the advisory lock under which a database is prepared. Roles
// belong to the whole cluster and advisory locks to one database, so the nodes
// of two databases may still meet at the roles; then they try again.
const (
	bootstrapLock     = 0x67616c6c6579 // "galley"
	bootstrapAttempts = 20
)

//go:embed sql/roles.sql
var rolesSQL string

//go:embed sql/objects.sql
var objectsSQL string

//go:embed sql/documents.sql
var documentsSQL string

//go:embed sql/trigger.sql
var triggerSQL string

// Bootstrap makes what Galley expects of a database, unless it is there: the
// roles anon, authenticated and service_role, schema auth with its functions,
// Supabase's default grants on schema public (once: what is revoked later stays
// revoked), schema galley for internal state, schema galley_docs for what
// documents need, and, when we are a superuser, an event trigger that tells every
// node of schema changes. It may be run by any number of nodes at once.
func (d *DB) Bootstrap(ctx context.Context) error {
	var err error
	for attempt := range bootstrapAttempts {
		if err = d.bootstrap(ctx); !collision(err) {
			break
		}
		select {
		case <-ctx.Done():
			return canceled(ctx.Err())
		case <-time.After(time.Duration(attempt+1) * 5 * time.Millisecond):
		}
	}
	d.changed()
	return err
}

func (d *DB) bootstrap(ctx context.Context) error {
	for _, part := range []string{rolesSQL, objectsSQL, documentsSQL, triggerSQL} {
		err := database.InTx(ctx, d, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
			lock := database.Statement{SQL: "select pg_advisory_xact_lock($1)", Args: database.Args(bootstrapLock)}
			if _, err := database.Exec(tx.Query(ctx, lock)); err != nil {
				return err
			}
			return tx.Script(ctx, part, nil)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// collision tells whether an error comes from another database's bootstrap
// making the same roles at the same time.
func collision(err error) bool {
	switch fault.Code(err) {
	case fault.DuplicateObject, fault.UniqueViolation, fault.SerializationFailure, "40P01":
		return true
	case fault.InternalError:
		return strings.Contains(err.Error(), "tuple concurrently updated")
	}
	return false
}
