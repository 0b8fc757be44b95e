package migrate

import (
	"context"
	"slices"
	"strings"

	"github.com/galleyhq/galley/internal/database"
)

// entry is a recorded migration. One that another tool recorded has no checksum.
type entry struct {
	version, name, checksum, appliedAt string
}

type queryFunc func(context.Context, database.Statement) (database.Rows, error)

func readHistory(ctx context.Context, query queryFunc) ([]entry, error) {
	rows, err := database.Collect(query(ctx, database.Statement{
		SQL: `SELECT version, name, checksum, applied_at FROM supabase_migrations.schema_migrations ORDER BY version`,
	}))
	if err != nil {
		return nil, err
	}
	out := make([]entry, len(rows))
	for i, r := range rows {
		out[i] = entry{r.Text(0), r.Text(1), r.Text(2), r.Text(3)}
		if out[i].appliedAt == "" {
			out[i].appliedAt = "unknown"
		}
	}
	return out, nil
}

// Status is a migration as the folder and the history show it.
type Status struct {
	Version, Name string
	File          *File  // nil when it is missing
	AppliedAt     string // "" when it is pending
	Problem       *Error // nil when all is well
}

// Status compares the folder with the history, in the order of versions.
func (m *Migrator) Status(ctx context.Context) ([]Status, error) {
	if err := m.prepare(ctx); err != nil {
		return nil, err
	}
	files, err := m.files()
	if err != nil {
		return nil, err
	}
	history, err := readHistory(ctx, func(ctx context.Context, st database.Statement) (database.Rows, error) {
		return m.db.Query(ctx, database.Session{}, st)
	})
	if err != nil {
		return nil, err
	}
	return compare(files, history, m.config), nil
}

// plan returns what is to be applied, or the first problem.
func plan(files []*File, history []entry, c Config) ([]*File, error) {
	var pending []*File
	for _, s := range compare(files, history, c) {
		if s.Problem != nil {
			return nil, s.Problem
		}
		if s.AppliedAt == "" {
			pending = append(pending, s.File)
		}
	}
	return pending, nil
}

func compare(files []*File, history []entry, c Config) []Status {
	recorded := map[string]entry{}
	newest := ""
	for _, e := range history {
		recorded[e.version] = e
		newest = max(newest, e.version)
	}
	var out []Status
	for _, f := range files {
		e, applied := recorded[f.Version]
		delete(recorded, f.Version)
		s := Status{Version: f.Version, Name: f.Name, File: f, AppliedAt: e.appliedAt}
		switch {
		case applied && e.checksum != "" && e.checksum != f.Checksum():
			s.Problem = edited(f)
		case !applied && f.Version < newest && !c.AllowOutOfOrder:
			s.Problem = outOfOrder(f, newest)
		}
		out = append(out, s)
	}
	for _, e := range history {
		if _, missing := recorded[e.version]; missing {
			out = append(out, Status{Version: e.version, Name: e.name, AppliedAt: e.appliedAt, Problem: gone(e, c.Dir)})
		}
	}
	slices.SortStableFunc(out, func(a, b Status) int { return strings.Compare(a.Version, b.Version) })
	return out
}

func edited(f *File) *Error {
	return &Error{File: f.Path, Message: "was changed after it was applied",
		Hint: "Undo the change and make a new migration for it."}
}

func outOfOrder(f *File, newest string) *Error {
	return &Error{File: f.Path, Message: "is new, but older than " + newest + ", which is applied already",
		Hint: "Give it a newer timestamp, or allow it: migrations.allow_out_of_order in galley.toml."}
}

func gone(e entry, dir string) *Error {
	name := e.version + ".sql"
	if e.name != "" {
		name = e.version + "_" + e.name + ".sql"
	}
	return &Error{File: name, Message: "is applied to the database but missing in the folder " + dir,
		Hint: "Restore the file; a database cannot go back."}
}
