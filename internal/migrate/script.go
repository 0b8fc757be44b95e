package migrate

import (
	"context"
	"slices"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/sqltext"
)

// script runs a file's statements. An error says where in the file it happened.
func (m *Migrator) script(ctx context.Context, tx database.Tx, f *File) error {
	script, statements, err := f.statements()
	if err != nil || len(statements) == 0 {
		return err
	}
	script, left, notices, err := WithoutOffered(ctx, m.db.Engine(), tx, script)
	if err != nil {
		return err
	}
	for _, n := range notices {
		m.config.Logger.InfoContext(ctx, n, "file", f.Base())
	}
	statements = slices.DeleteFunc(statements, func(st sqltext.Statement) bool {
		return slices.ContainsFunc(left, func(l sqltext.Statement) bool { return l.Offset == st.Offset })
	})
	done := 0
	err = tx.Script(ctx, script, func(rows database.Rows) error {
		defer rows.Close()
		for rows.Next() {
		}
		if rows.Err() == nil {
			done++
		}
		return rows.Err()
	})
	if err != nil {
		return failure(f, statements, done, err)
	}
	// What the file set (a role, a search path) ends with it.
	return tx.SetSession(ctx, database.Session{})
}

// failure finds the line of an error: where the database points to, else that of
// the statement that failed, the one after those that are done.
func failure(f *File, statements []sqltext.Statement, done int, err error) error {
	e := &Error{File: f.Path, Fault: fault.From(err)}
	switch {
	case e.Fault.Position > 0:
		e.Line, _ = sqltext.Position(f.SQL, e.Fault.Position)
	case done < len(statements):
		e.Line = statements[done].Line
	}
	return e
}
