package move

import (
	"context"

	"github.com/galleyhq/galley/internal/fault"
)

// fitness refuses a target that cannot take the project, and warns of what will
// mean something else there.
func (m *mover) fitness(ctx context.Context) error {
	if m.Target.Engine() != "postgres" {
		return nil
	}
	if err := m.forced(ctx); err != nil {
		return err
	}
	rows, err := query(ctx, m.Target, `SELECT pg_encoding_to_char(d.encoding), d.datcollate, current_setting('server_version_num')::integer >= 140000,
		has_database_privilege(d.oid, 'CREATE'), current_user, current_setting('server_version')
		FROM pg_catalog.pg_database d WHERE d.datname = current_database()`)
	if err != nil {
		return err
	}
	r := rows[0]
	switch {
	case text(r[2]) != "t":
		return fault.New(fault.FeatureNotSupported, "the target is PostgreSQL %s", text(r[5])).WithHint("Galley needs PostgreSQL 14 or newer.")
	case text(r[0]) != "UTF8":
		return fault.New(fault.FeatureNotSupported, "the encoding of the target is %s", text(r[0])).
			WithHint("Create the database with ENCODING 'UTF8' TEMPLATE template0.")
	case text(r[3]) != "t":
		return fault.New(fault.InsufficientPrivilege, "the role %s may not create schemas in the target", text(r[4])).
			WithHint("Connect as the owner of the database, or GRANT CREATE ON DATABASE.")
	}
	if c := text(r[1]); c != "C" && c != "POSIX" && c != "C.UTF-8" && c != "C.utf8" {
		m.warn("The target sorts text by the collation " + c + ", the source by bytes (C): ORDER BY, <, > and range conditions on text will answer otherwise, " +
			"and upper and lower case may. For the same answers create the database with LC_COLLATE 'C.UTF-8' TEMPLATE template0.")
	}
	return nil
}

// forced refuses a role that policies would keep from filling its own tables.
func (m *mover) forced(ctx context.Context) error {
	rows, err := query(ctx, m.Target, `SELECT FROM pg_catalog.pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)`)
	if err != nil || len(rows) > 0 {
		return err
	}
	for _, r := range m.sourceShape.Relations {
		if r.ForceRowSecurity {
			return fault.New(fault.InsufficientPrivilege, "row-level security is forced on %s.%s, and the role may not bypass it", r.Schema, r.Name.Name).
				WithHint("Move as a role with BYPASSRLS, or as a superuser.")
		}
	}
	return nil
}

// hidden refuses a source some of whose rows policies hide from the role.
func (m *mover) hidden(ctx context.Context) error {
	if m.Source.Engine() != "postgres" {
		return nil
	}
	rows, err := query(ctx, m.Source, `SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND row_security_active(c.oid) ORDER BY 1`)
	if err != nil || len(rows) == 0 {
		return err
	}
	return fault.New(fault.InsufficientPrivilege, "row-level security may hide rows of %s from the role", text(rows[0][0])).
		WithHint("Move as a role with BYPASSRLS, or as a superuser.")
}
