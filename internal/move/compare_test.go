package move_test

import (
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/databasetest/differential"
	"github.com/galleyhq/galley/internal/schema"
)

// compare compares every row of every table of a project's own schemas, without the
// help of the package under test.
func compare(t *testing.T, a, b database.DB) {
	t.Helper()
	shape, err := a.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for _, r := range shape.Relations {
		if r.Kind != schema.Table || r.Schema == "galley" || r.Schema == "supabase_migrations" {
			continue
		}
		tables++
		c := &differential.Case{SQL: `select * from "` + r.Schema + `"."` + r.Name.Name + `"`}
		var outcomes [2][]differential.Outcome
		for i, db := range []database.DB{a, b} {
			if outcomes[i], err = differential.Run(t.Context(), db, c); err != nil {
				t.Fatal(err)
			}
		}
		if v, reason := differential.Compare(c, outcomes[0], outcomes[1]); v != differential.Agree || outcomes[0][0].Code != "" {
			t.Errorf("%v: %s", r.Name, reason)
		}
	}
	if tables == 0 {
		t.Error("there are no tables")
	}
	for _, sql := range []string{
		`select key, value from galley.settings where key not like 'schema.%' and key not like 'move.%' and key <> 'default_grants' order by key`,
		`select * from galley.jobs order by id`,
		`select * from galley.queues order by name`,
		`select version, name, checksum, applied_at from supabase_migrations.schema_migrations order by version`,
	} {
		if x, y := answer(t, a, sql), answer(t, b, sql); x != y {
			t.Errorf("%s:\n%s\nagainst\n%s", sql, x, y)
		}
	}
}
