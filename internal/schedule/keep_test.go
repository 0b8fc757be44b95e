package schedule

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/migrate"
)

// TestKeep brings the schedules of a program up to date: what it no longer has goes,
// what it has stays with its next time, and nothing of others is touched.
func TestKeep(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		ctx := t.Context()
		if err := migrate.Own(ctx, db, migrate.Part{Name: "jobs", Steps: jobs.Schema(db.Engine())}, migrate.Part{Name: "schedules", Steps: Schema()}); err != nil {
			t.Fatal(err)
		}
		m := Manager{DB: db}
		if _, err := m.Create(ctx, Spec{Name: "goat", Expression: "@daily", Queue: "q"}); err != nil {
			t.Fatal(err)
		}
		keep := func(specs ...Spec) {
			t.Helper()
			if err := m.Keep(ctx, "go:", specs); err != nil {
				t.Fatal(err)
			}
		}
		list := func() string {
			t.Helper()
			rows, err := database.Records(ctx, database.Owner{DB: db}, `SELECT name, expression, active, next_at IS NOT NULL, payload FROM galley.schedules ORDER BY name`)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, r := range rows {
				lines = append(lines, strings.Join([]string{r.Text(0), r.Text(1), r.Text(2), r.Text(3), r.Text(4)}, "|"))
			}
			return strings.Join(lines, "\n")
		}
		keep(Spec{Name: "go:a", Expression: "@hourly", Queue: "q"}, Spec{Name: "go:b", Expression: "@daily", Queue: "q"})
		if err := database.Run(ctx, database.Owner{DB: db}, `UPDATE galley.schedules SET next_at = now() + interval '1 hour', active = name <> 'go:a'`); err != nil {
			t.Fatal(err)
		}
		keep(Spec{Name: "go:a", Expression: "@hourly", Queue: "q", Payload: []byte(`{"n":1}`)}, Spec{Name: "go:b", Expression: "@weekly", Queue: "q"})
		if got, want := list(), "go:a|@hourly|f|t|{\"n\": 1}\ngo:b|@weekly|t|f|{}\ngoat|@daily|t|t|{}"; got != want {
			t.Errorf("changed:\n%s\nwant\n%s", got, want)
		}
		keep()
		if got, want := list(), "goat|@daily|t|t|{}"; got != want {
			t.Errorf("emptied:\n%s\nwant\n%s", got, want)
		}
		for name, specs := range map[string][]Spec{
			"another's name": {{Name: "goat", Expression: "@daily", Queue: "q"}},
			"twice":          {{Name: "go:a", Expression: "@daily", Queue: "q"}, {Name: "go:a", Expression: "@daily", Queue: "q"}},
			"no time":        {{Name: "go:a", Expression: "now and then", Queue: "q"}},
			"no queue":       {{Name: "go:a", Expression: "@daily"}},
		} {
			if err := m.Keep(ctx, "go:", specs); fault.Code(err) != fault.InvalidParameter {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, want := list(), "goat|@daily|t|t|{}"; got != want {
			t.Errorf("refused:\n%s\nwant\n%s", got, want)
		}
	})
}
