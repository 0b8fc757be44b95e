package jobs

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// statement is the payload of a job of kind "sql".
type statement struct {
	SQL    string          `json:"sql"`
	Args   []any           `json:"args"`
	Role   string          `json:"role"`   // service_role by default
	Claims json.RawMessage `json:"claims"` // an object
}

// StatementKind is the kind of the jobs that Statement does.
const StatementKind = "sql"

// Statement does jobs of kind "sql": it runs one statement in a transaction of its
// own, under a role and its policies. allow refuses roles that a job may not have,
// which the owner always is. The command tag becomes the result.
func Statement(db database.DB, allow func(ctx context.Context, role string) error) Handler {
	return func(ctx context.Context, j *Job) error {
		var s statement
		if err := json.Unmarshal(j.Payload, &s); err != nil {
			return Discard(fmt.Errorf("the payload of a job of kind sql: %w", err))
		}
		if s.Role == "" {
			s.Role = "service_role"
		}
		if err := allow(ctx, s.Role); err != nil {
			return Discard(err)
		}
		args, err := arguments(s.Args)
		if err != nil {
			return Discard(err)
		}
		claims := string(s.Claims)
		if claims == "null" {
			claims = ""
		}
		tag, err := database.Exec(db.Query(ctx, database.Session{Role: s.Role, Claims: claims}, database.Statement{SQL: s.SQL, Args: args}))
		if err != nil {
			return hopeless(err)
		}
		return j.SetResult(map[string]string{"tag": tag})
	}
}

// arguments are JSON values as text: strings as they are, all else as JSON.
func arguments(values []any) ([]database.Arg, error) {
	out := make([]database.Arg, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
		case string:
			out[i] = database.Text(v)
		default:
			text, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			out[i] = database.Text(string(text))
		}
	}
	return out, nil
}

// hopeless discards a job whose statement is wrong in itself, so that another
// attempt would end the same: syntax and names (class 42) and what the engine does
// not have. The rest may pass with other data, or at another time.
func hopeless(err error) error {
	if code := fault.Code(err); len(code) == 5 && (code[:2] == "42" || code == fault.FeatureNotSupported) {
		return Discard(err)
	}
	return err
}
