package hook

import (
	"context"
	"errors"
	"net/http"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Role is the role that functions are called as, as on Supabase: a project's
// migrations grant it what they need.
const Role = "supabase_auth_admin"

// Prepare makes the role, unless it is there. It comes before the project's
// migrations, which name it.
func Prepare(ctx context.Context, db database.DB) error {
	owner := database.Owner{DB: db}
	if db.Engine() != "postgres" {
		return createRole(ctx, owner)
	}
	rows, err := database.Records(ctx, owner, `SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1`, Role)
	if err == nil && len(rows) == 0 {
		err = createRole(ctx, owner)
	}
	if err != nil {
		return err
	}
	// The owner of the database may be no superuser; then it has to be a member.
	rows, err = database.Records(ctx, owner, `SELECT pg_has_role(current_user, $1::name, 'MEMBER')`, Role)
	if err == nil && rows[0].Text(0) != "t" {
		_, err = database.Records(ctx, owner, `GRANT `+Role+` TO CURRENT_USER`)
	}
	return err
}

// createRole leaves the role alone if it is there.
func createRole(ctx context.Context, owner database.Owner) error {
	_, err := database.Records(ctx, owner, `CREATE ROLE `+Role+` NOLOGIN NOINHERIT`)
	if code := fault.Code(err); code == fault.DuplicateObject || code == fault.UniqueViolation { // by a migration or another node
		return nil
	}
	return err
}

// query calls a function: select schema.name($1).
func (h *Hooks) query(ctx context.Context, t target, body []byte) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, functionTimeout)
	defer cancel()
	rows, err := database.Collect(h.config.DB.Query(limited, database.Session{Role: Role}, database.Statement{SQL: `SELECT ` + t.function + `($1::jsonb)`, Args: database.Args(string(body))}))
	switch {
	case limited.Err() != nil && ctx.Err() == nil:
		return nil, timedOut(functionTimeout).Because(err)
	case err != nil:
		return nil, unexpected("Error running hook URI: %s", t.uri).Because(err)
	case len(rows) != 1 || len(rows[0]) != 1:
		return nil, unexpected("Error running hook URI: %s", t.uri).Because(errors.New("it gave not one value"))
	case rows[0][0] == nil:
		return nil, nil
	case len(*rows[0][0]) > maxAnswer:
		return nil, autherr.New(http.StatusUnprocessableEntity, autherr.HookPayloadOverSizeLimit, "Payload size exceeded size limit of %d bytes", maxAnswer)
	}
	return []byte(*rows[0][0]), nil
}
