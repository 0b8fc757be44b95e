package plans

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database"
)

// whole finds a table that a plan reads whole.
var whole = regexp.MustCompile(`Seq Scan on (tasks|comments|projects|members|task_tags|teams)\b`)

// TestPostgres holds PostgreSQL's plans. Its planner goes by what it knows of the
// values, and policies are the user's own text: where it has a reason to read a
// table whole, the request says so.
func TestPostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes a million rows")
	}
	few, many := newWorld(t, "postgres", small), newWorld(t, "postgres", large)
	var golden strings.Builder
	for _, q := range requests {
		golden.WriteString(q.String() + "\n")
		many.send(t, q)
		text := ""
		for _, r := range many.take() {
			for _, line := range many.explained(t, r, "COSTS OFF") {
				text += "    " + line + "\n"
			}
		}
		golden.WriteString(text)
		if found := whole.FindString(text); found != "" && q.scans == "" {
			t.Errorf("%s: %s", q, found)
		}
		if a, b := few.pages(t, q), many.pages(t, q); q.scans == "" && b > 2*a+100 {
			t.Errorf("%s: %d pages among %d rows, %d among %d", q, a, small, b, large)
		}
	}
	compare(t, "postgres.golden", golden.String())
}

// explained returns a plan as PostgreSQL tells it.
func (w *world) explained(t *testing.T, r recorded, options string) []string {
	t.Helper()
	rows, err := database.Collect(w.DB.Query(t.Context(), r.session, database.Statement{
		SQL: "EXPLAIN (" + options + ") " + r.statement.SQL, Args: r.statement.Args, Rollback: true}))
	if err != nil {
		t.Fatal(r.statement.SQL, err)
	}
	var out []string
	for _, row := range rows {
		out = append(out, *row[0])
	}
	return out
}

// pages is how many pages a request touches.
func (w *world) pages(t *testing.T, q request) int {
	t.Helper()
	w.send(t, q)
	total := 0
	for _, r := range w.take() {
		text := strings.Join(w.explained(t, r, "ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON"), "\n")
		var plans []struct {
			Plan struct {
				Hit  int `json:"Shared Hit Blocks"`
				Read int `json:"Shared Read Blocks"`
			}
		}
		if err := json.Unmarshal([]byte(text), &plans); err != nil {
			t.Fatal(err, text)
		}
		total += plans[0].Plan.Hit + plans[0].Plan.Read
	}
	return total
}
