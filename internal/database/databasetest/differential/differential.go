// Package differential runs statements from files on both engines and compares
// the answers: values, types, column names, tags and SQLSTATEs.
//
// A file (testdata/*.sql) holds blocks separated by blank lines, run in order on
// one fresh database. A block is one statement with directives in comments
// before it:
//
//	-- role: authenticated
//	-- claims: {"sub": "11111111-1111-1111-1111-111111111111"}
//	-- args: ["a", null, 3]
//	select id from notes where body = $1
//
//	setup            several statements, run as the owner; must succeed on both
//	load: chinook    the whole of a data set shared beside the repository; without
//	                 it the file is skipped
//	role, claims     who runs it; without them the owner
//	args, types      parameters as JSON arrays, and the names of their types
//	search_path      schemas, separated by commas
//	ordered          rows come in this order; otherwise they are a multiset
//	tx: rollback     several statements in one transaction, ended so (or: commit)
//	readonly         the statement may not write
//	shape            values differ by nature: compare all but them
//	compared         compare values although a clock or random function is named
//	messages: differ error messages are known to differ; codes are compared
//	refused          the embedded engine is known to refuse it (0A000)
//
// Statements that name a clock or random function (Volatile) are compared as by
// shape. An answer of the embedded engine with 0A000 where PostgreSQL gives
// another is a refusal, never agreement; an unexpected one fails the test.
package differential

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/sqltext"
)

// Volatile lists the functions whose values no two runs share.
var Volatile = []string{"now(", "current_timestamp", "current_date", "current_time", "localtime", "clock_timestamp(",
	"statement_timestamp(", "transaction_timestamp(", "gen_random_uuid(", "random("}

// Outcome is what an engine answered to a statement.
type Outcome struct {
	Columns []database.Column `json:"columns,omitempty"`
	Rows    []database.Record `json:"rows,omitempty"`
	Tag     string            `json:"tag,omitempty"`
	Code    string            `json:"code,omitempty"`
	Message string            `json:"message,omitempty"`
}

// Run runs a case and returns the outcome of each of its statements. The error
// tells that the case could not be run at all.
func Run(ctx context.Context, db database.DB, c *Case) ([]Outcome, error) {
	switch {
	case c.Load != "":
		script, err := Dataset(c.Load)
		if err != nil {
			return nil, err
		}
		return nil, load(ctx, db, script)
	case c.Setup:
		return nil, setup(ctx, db, c)
	case c.Tx != "":
		return inTx(ctx, db, c)
	}
	st := database.Statement{SQL: c.SQL, Args: c.Args, Types: c.Types, ReadOnly: c.ReadOnly}
	return []Outcome{Answer(db.Query(ctx, c.Session, st))}, nil
}

func setup(ctx context.Context, db database.DB, c *Case) error {
	var all []error
	for _, st := range sqltext.Split(c.SQL) {
		if o := Answer(db.Query(ctx, database.Session{}, database.Statement{SQL: st.Text})); o.Code != "" {
			all = append(all, fault.New(o.Code, "%s: %s", st.Text, o.Message))
		}
	}
	return errors.Join(all...)
}

// inTx runs the statements of a case in one transaction. Its end is an outcome
// too, since a commit may fail.
func inTx(ctx context.Context, db database.DB, c *Case) ([]Outcome, error) {
	tx, err := db.Begin(ctx, c.Session, database.TxOptions{ReadOnly: c.ReadOnly})
	if err != nil {
		return []Outcome{Answer(nil, err)}, nil
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	var out []Outcome
	for _, st := range sqltext.Split(c.SQL) {
		out = append(out, Answer(tx.Query(ctx, database.Statement{SQL: st.Text})))
	}
	if c.Tx == "commit" {
		return append(out, Answer(nil, tx.Commit(ctx))), nil
	}
	return append(out, Answer(nil, tx.Rollback(ctx))), nil
}

// Answer reads the rows of a statement to the end.
func Answer(rows database.Rows, err error) Outcome {
	var o Outcome
	if err == nil && rows != nil {
		defer rows.Close()
		o.Columns = slices.Clone(rows.Columns())
		o.Rows, err = database.Collect(rows, nil)
		o.Tag = rows.Tag()
	}
	if err == nil {
		return o
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return Outcome{Code: f.Code, Message: f.Message}
	}
	return Outcome{Code: "?", Message: err.Error()}
}

// volatile tells whether a statement names a clock or random function.
func volatile(sql string) bool {
	lower := strings.ToLower(sql)
	return slices.ContainsFunc(Volatile, func(name string) bool { return strings.Contains(lower, name) })
}
