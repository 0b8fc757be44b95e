package postgres

import (
	"context"
	_ "embed"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/postgres/changes"
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
	if fault.Code(err) == fault.InsufficientPrivilege {
		return d.mayNot(ctx, err)
	}
	return err
}

// mayNotSQL writes what a superuser would have to run for this role.
const mayNotSQL = `select current_user, coalesce((select string_agg(format('CREATE ROLE %s NOLOGIN NOINHERIT%s; ', n, case n when 'service_role' then ' BYPASSRLS' else '' end), '' order by n)
		from unnest(array['anon', 'authenticated', 'service_role']) n where not exists (select from pg_catalog.pg_roles where rolname = n)), '')
	|| format('GRANT anon, authenticated, service_role TO %I; ', current_user)
	|| format('GRANT CREATE ON DATABASE %I TO %I; ', current_database(), current_user)
	|| coalesce((select format('ALTER SCHEMA %I OWNER TO %I; ', nspname, current_user) from pg_catalog.pg_namespace
		where nspname = 'public' and not pg_catalog.pg_has_role(nspowner, 'usage')), '')
	|| coalesce((select string_agg(format('ALTER TABLE %I.%I OWNER TO %I; ', n.nspname, c.relname, current_user), '' order by c.relname)
		from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm') and not pg_catalog.pg_has_role(c.relowner, 'usage')), '')`

// mayNot is the error of a role that may not prepare the database, with what to do.
func (d *DB) mayNot(ctx context.Context, cause error) error {
	rows, err := database.Records(ctx, database.Owner{DB: d}, mayNotSQL)
	if err != nil || len(rows) == 0 {
		return cause
	}
	return fault.New(fault.InsufficientPrivilege, "the role %s may not prepare the database: %s", rows[0].Text(0), fault.From(cause).Message).
		WithCause(cause).
		WithHint("Let a superuser run this in the database, once: %s", strings.TrimSpace(rows[0].Text(1)))
}

func (d *DB) bootstrap(ctx context.Context) error {
	for _, part := range []string{rolesSQL, objectsSQL, documentsSQL, triggerSQL, changes.Function} {
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
