package typestest

import (
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
)

// TestPrefixIndex checks that LIKE with a fixed beginning finds its rows by index,
// the pattern written out or bound, and that a bound pattern which SQLite would
// match differently is refused.
func TestPrefixIndex(t *testing.T) {
	c, own := catalogue(t), open(t)
	own.run(t, "CREATE TABLE p (s TEXT) STRICT", nil)
	own.run(t, "CREATE INDEX p_s ON p (s)", nil)
	own.run(t, "INSERT INTO p VALUES ('abc'), ('abd'), ('b'), ('ABC')", nil)
	like := operator(t, c, "~~", types.Text)
	for _, pattern := range []struct {
		sql   string
		bound []sqlite.Value
	}{
		{"'ab%'", nil}, {"?1", []sqlite.Value{sqlite.Text("ab%")}},
	} {
		where := like.Function.SQL([]types.Arg{{SQL: "p.s"}, {SQL: pattern.sql}})
		if n, err := own.query("SELECT count(*) FROM p WHERE "+where, pattern.bound); err != nil || n.Int() != 2 {
			t.Errorf("%s: %d rows (%v)", where, n.Int(), err)
		}
		plan := explain(t, own, "SELECT s FROM p WHERE "+where, pattern.bound)
		if !strings.Contains(plan, "SEARCH p USING COVERING INDEX p_s (s>? AND s<?)") {
			t.Errorf("%s: the plan is %s", where, plan)
		}
	}
	where := like.Function.SQL([]types.Arg{{SQL: "p.s"}, {SQL: "?1"}})
	if _, err := own.query("SELECT s FROM p WHERE "+where, []sqlite.Value{sqlite.Text(`ab\`)}); !refused(failed(err)) {
		t.Errorf("a bound pattern that ends with the escape: %v", err)
	}
}

func operator(t *testing.T, c *types.Catalogue, name string, left types.OID) *types.Operator {
	t.Helper()
	for _, op := range c.Operators(name) {
		if op.Left == left {
			return op
		}
	}
	t.Fatalf("no operator %s", name)
	return nil
}

// explain returns SQLite's plan of a query.
func explain(t *testing.T, own *engine, sql string, bound []sqlite.Value) string {
	t.Helper()
	s, err := own.conn.Prepare("EXPLAIN QUERY PLAN " + sql)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Reset()
	for i, v := range bound {
		if err := s.Bind(i+1, v); err != nil {
			t.Fatal(err)
		}
	}
	var lines []string
	for {
		more, err := s.Step()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return strings.Join(lines, "; ")
		}
		lines = append(lines, s.Column(3).Text())
	}
}
