package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/sqltext"
)

// Command is what a job asks of the database, and under whose rights. It stands in
// the payloads of kind "sql" and of kind "report".
type Command struct {
	SQL    string            `json:"sql"`
	Args   []json.RawMessage `json:"args"`
	Role   string            `json:"role"`   // service_role by default
	Claims json.RawMessage   `json:"claims"` // an object
}

// Allow refuses roles that a job may not have, which the owner always is.
type Allow func(ctx context.Context, role string) error

// Session is whom the command runs as. An error is one of the payload, or of allow.
func (c Command) Session(ctx context.Context, allow Allow) (database.Session, error) {
	s := database.Session{Role: c.Role, Claims: string(c.Claims)}
	if s.Role == "" {
		s.Role = "service_role"
	}
	if s.Claims == "null" {
		s.Claims = ""
	}
	return s, allow(ctx, s.Role)
}

// Statement is the statement with its arguments.
func (c Command) Statement() (database.Statement, error) {
	args, err := arguments(c.Args)
	return database.Statement{SQL: c.SQL, Args: args}, err
}

// StatementKind is the kind of the jobs that Statement does.
const StatementKind = "sql"

// Statement does jobs of kind "sql": it runs one statement, or several without
// arguments, in a transaction of its own, under a role and its policies. allow
// refuses roles that a job may not have, which the owner always is. The command tag,
// of several the last one's, becomes the result.
func Statement(db database.DB, allow Allow) Handler {
	return func(ctx context.Context, j *Job) error {
		var c Command
		if err := json.Unmarshal(j.Payload, &c); err != nil {
			return Discard(fmt.Errorf("the payload of a job of kind sql: %w", err))
		}
		session, err := c.Session(ctx, allow)
		if err != nil {
			return Discard(err)
		}
		statement, err := c.Statement()
		if err != nil {
			return Discard(err)
		}
		tag, err := perform(ctx, db, session, statement)
		if err != nil {
			return Hopeless(err)
		}
		return j.SetResult(map[string]string{"tag": tag})
	}
}

// perform runs one statement or several, and returns the last command tag.
func perform(ctx context.Context, db database.DB, session database.Session, statement database.Statement) (tag string, err error) {
	all := sqltext.Split(statement.SQL)
	if len(all) < 2 {
		return database.Exec(db.Query(ctx, session, statement))
	}
	if len(statement.Args) > 0 {
		return "", fault.New(fault.SyntaxError, "several statements in one job take no arguments").
			WithHint("Write the values into the statements, or enqueue a job for each.")
	}
	err = database.InTx(ctx, db, session, database.TxOptions{}, func(tx database.Tx) error {
		for i, st := range all {
			if slices.Contains(transactionWords, st.Keyword) {
				return fault.New(fault.SyntaxError, "%s is not allowed in a job: its statements are one transaction", strings.ToUpper(st.Keyword))
			}
			if err := tx.SetSession(ctx, session); err != nil { // whatever the one before set
				return err
			}
			if tag, err = database.Exec(tx.Query(ctx, database.Statement{SQL: st.Text})); err != nil {
				return fmt.Errorf("statement %d of %d: %w", i+1, len(all), err)
			}
		}
		return nil
	})
	return tag, err
}

// transactionWords begin the statements that would end the transaction of several.
var transactionWords = []string{"begin", "start", "commit", "end", "abort", "rollback", "prepare"}

// arguments are JSON values as text: strings as they are, all else as JSON, with
// every digit of a number.
func arguments(values []json.RawMessage) ([]database.Arg, error) {
	out := make([]database.Arg, len(values))
	for i, v := range values {
		switch text := string(v); {
		case text == "null":
		case text[0] == '"':
			if err := json.Unmarshal(v, &text); err != nil {
				return nil, err
			}
			out[i] = database.Text(text)
		default:
			out[i] = database.Text(text)
		}
	}
	return out, nil
}

// Hopeless discards a job whose statement is wrong in itself, so that another
// attempt would end the same: syntax and names (class 42) and what the engine does
// not have, and a write where only reading is allowed. The rest may pass with other data, or at another time.
func Hopeless(err error) error {
	if code := fault.Code(err); len(code) == 5 && (code[:2] == "42" || code == fault.FeatureNotSupported || code == fault.ReadOnlyTransaction) {
		return Discard(err)
	}
	return err
}
