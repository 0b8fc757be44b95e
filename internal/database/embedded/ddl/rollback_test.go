package ddl

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/ddl/work"
)

// state is all that a file holds: its definitions, the catalogue and the rows.
func (e *engine) state(t *testing.T) []string {
	t.Helper()
	out := e.rows(t, "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema")
	for _, table := range []string{"galley_catalog (oid, kind, def)", "galley_sequence (oid, mark, called)", "galley_meta (version, format)"} {
		name, columns, _ := strings.Cut(strings.TrimSuffix(table, ")"), " (")
		out = append(out, e.rows(t, "SELECT '"+name+" ' || "+strings.ReplaceAll(columns, ", ", " || ' ' || ")+" FROM "+name)...)
	}
	for _, table := range e.cat.SortedTables() {
		row := "'" + table.Physical + "'"
		for _, c := range table.Columns {
			row += " || ',' || coalesce(CAST(" + work.Quote(c.Physical) + " AS TEXT), 'null')"
		}
		out = append(out, e.rows(t, "SELECT "+row+" FROM "+work.Quote(table.Physical))...)
	}
	return append(out, e.rows(t, "SELECT \"table\" || rowid || parent || fkid FROM pragma_foreign_key_check")...)
}

// fillSome inserts a few random rows, of which SQLite takes those it can.
func fillSome(r *rand.Rand, e *engine) {
	for _, table := range e.cat.SortedTables() {
		var columns, values []string
		for _, c := range table.Columns {
			if c.Generated == nil {
				columns, values = append(columns, work.Quote(c.Physical)), append(values, fmt.Sprintf("'%d'", r.IntN(9)))
			}
		}
		_ = e.conn.Exec(fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", work.Quote(table.Physical),
			strings.Join(columns, ", "), strings.Join(values, ", ")))
	}
}

// Whatever definitions and rows a transaction changes, in savepoints or not, a
// rollback brings back the file and the catalogue as they were, and the file works.
func TestRandomRollback(t *testing.T) {
	for seed := range uint64(rollbackRuns) {
		r := rand.New(rand.NewPCG(seed, 17))
		e := newEngine(t)
		for range 60 {
			_, _ = e.run(shape(r))
			fillSome(r, e)
		}
		before, old := e.state(t), e.cat
		e.exec(t, "SAVEPOINT whole")
		for range 8 {
			kept := e.cat
			e.exec(t, "SAVEPOINT part")
			for range 5 {
				_, _ = e.run(shape(r))
				fillSome(r, e)
			}
			if r.IntN(2) == 0 {
				e.exec(t, "ROLLBACK TO part")
				e.cat = kept
			}
			e.exec(t, "RELEASE part")
		}
		e.exec(t, "ROLLBACK TO whole; RELEASE whole")
		e.cat = old
		if after := e.state(t); !slices.Equal(before, after) {
			t.Fatalf("seed %d:\nbefore\n%s\nafter\n%s", seed, strings.Join(before, "\n"), strings.Join(after, "\n"))
		}
		e.integrity(t)
		for range 20 { // the file works on
			_, _ = e.run(shape(r))
			fillSome(r, e)
		}
		e.integrity(t)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

const rollbackRuns = 25
