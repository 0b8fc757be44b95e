package app

import (
	"context"
	"net/http"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// roleGuard keeps tokens from naming a role that is above row-level security by
// its nature: superusers, PostgreSQL's own pg_ roles and the one that Galley
// connects as. PostgreSQL itself refuses roles that are not granted to that one;
// but a superuser may become any role, so it alone would not do. A role that does
// not exist is left to the database, which says so.
type roleGuard struct{ db database.DB }

func (g roleGuard) allow(ctx context.Context, role string) error {
	switch role {
	case "anon", "authenticated", "service_role":
		return nil
	case "none": // SET ROLE none means the session's own, the owner
		return fault.New(fault.InvalidParameter, `role "none" does not exist`).WithStatus(http.StatusUnauthorized)
	}
	forbidden, err := g.forbidden(ctx, role)
	if err == nil && forbidden {
		err = fault.New(fault.InsufficientPrivilege, "permission denied to set role %q", role).WithStatus(http.StatusForbidden)
	}
	return err
}

func (g roleGuard) forbidden(ctx context.Context, role string) (bool, error) {
	if g.db.Engine() != "postgres" {
		return role == "postgres", nil // the owner; there are no others
	}
	rows, err := database.Collect(g.db.Query(ctx, database.Session{}, database.Statement{
		SQL: `SELECT FROM pg_catalog.pg_roles
			WHERE rolname = $1 AND (rolsuper OR rolname LIKE 'pg\_%' OR rolname = session_user)`,
		Args:     database.Args(role),
		ReadOnly: true,
	}))
	return len(rows) > 0, err
}
