package differential

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/schema"
)

func dataset(t *testing.T, name string) string {
	t.Helper()
	text, err := Dataset(name)
	if errors.Is(err, ErrNoDataset) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDatasets loads real schemas with their data unmodified into both engines,
// and compares every definition and every row.
func TestDatasets(t *testing.T) {
	for name, least := range map[string]struct{ tables, rows int }{
		"chinook": {11, 15600}, "northwind": {14, 3300},
	} {
		t.Run(name, func(t *testing.T) {
			script := dataset(t, name)
			server, other := openPostgres(t), openEmbedded(t)
			for _, db := range []database.DB{server, other} {
				start := time.Now()
				if err := load(t.Context(), db, script); err != nil {
					t.Fatalf("%s: %v", db.Engine(), err)
				}
				t.Logf("%s: loaded in %v", db.Engine(), time.Since(start).Round(time.Millisecond))
			}
			tables := compareSchemas(t, server, other)
			rows := 0
			for _, table := range tables {
				rows += compareTable(t, server, other, table)
			}
			if len(tables) < least.tables || rows < least.rows {
				t.Errorf("only %d tables and %d rows were compared", len(tables), rows)
			}
			t.Logf("%d tables, %d rows", len(tables), rows)
		})
	}
}

// compareSchemas compares the snapshots of public and returns its tables.
func compareSchemas(t *testing.T, server, other database.DB) []string {
	t.Helper()
	want, got := definitions(t, server), definitions(t, other)
	if len(want) != len(got) {
		t.Errorf("%d tables against %d", len(want), len(got))
	}
	var tables []string
	for name, w := range want {
		tables = append(tables, name)
		g := got[name]
		if g == nil {
			t.Errorf("%s is missing", name)
			continue
		}
		for i, c := range w.Columns {
			if i >= len(g.Columns) || !reflect.DeepEqual(c, g.Columns[i]) {
				t.Errorf("%s: column %d is\n%+v, want\n%+v", name, i+1, g.Columns, *c)
			}
		}
		if a, b := constraints(w), constraints(g); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: constraints\n%v, want\n%v", name, b, a)
		}
	}
	slices.Sort(tables)
	return tables
}

func definitions(t *testing.T, db database.DB) map[string]*schema.Relation {
	t.Helper()
	snapshot, err := db.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*schema.Relation{}
	for _, r := range snapshot.Relations {
		if r.Schema == "public" {
			out[r.Name.Name] = r
		}
	}
	return out
}

// constraints lists what a relation demands, in an order that is the same on both
// engines.
func constraints(r *schema.Relation) []string {
	out := []string{fmt.Sprintf("kind %s, row security %v, policies %d, primary key %v", r.Kind, r.RowSecurity, len(r.Policies), r.PrimaryKey)}
	for _, u := range r.Uniques {
		out = append(out, fmt.Sprint("unique ", u))
	}
	for _, c := range r.Checks {
		out = append(out, fmt.Sprint("check ", c))
	}
	for _, fk := range r.ForeignKeys {
		out = append(out, fmt.Sprintf("foreign key %+v", *fk))
	}
	slices.Sort(out)
	return out
}

// compareTable compares all rows of a table and returns how many there are.
func compareTable(t *testing.T, server, other database.DB, table string) int {
	t.Helper()
	c := &Case{SQL: `select * from "` + strings.ReplaceAll(table, `"`, `""`) + `"`}
	var outcomes [2][]Outcome
	for i, db := range []database.DB{server, other} {
		o, err := Run(t.Context(), db, c)
		if err != nil {
			t.Fatal(err)
		}
		outcomes[i] = o
	}
	if v, reason := Compare(c, outcomes[0], outcomes[1]); v != Agree || outcomes[0][0].Code != "" {
		t.Errorf("%s: %s", table, reason)
	}
	return len(outcomes[0][0].Rows)
}
