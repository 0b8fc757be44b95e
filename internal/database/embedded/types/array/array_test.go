package array_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/galleyhq/galley/internal/database/embedded/sqlite"
	"github.com/galleyhq/galley/internal/database/embedded/types"
	"github.com/galleyhq/galley/internal/database/embedded/types/array"
	"github.com/galleyhq/galley/internal/database/embedded/types/builtin"
	"github.com/galleyhq/galley/internal/fault"
)

func open(t testing.TB) (*sqlite.Conn, *types.Catalogue) {
	t.Helper()
	c, err := builtin.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.Open(":memory:", sqlite.Options{
		Functions: c.SQLiteFunctions(), Aggregates: c.SQLiteAggregates(), Collations: c.Collations(), Tables: c.SQLiteTables(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, c
}

// query returns the last column of the last row and counts the rows.
func query(t testing.TB, c *sqlite.Conn, sql string, args ...sqlite.Value) (last sqlite.Value, rows int) {
	t.Helper()
	s, err := c.Prepare(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer s.Reset()
	for i, a := range args {
		if err := s.Bind(i+1, a); err != nil {
			t.Fatal(err)
		}
	}
	for {
		more, err := s.Step()
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		if !more {
			return last, rows
		}
		rows++
		last = s.Column(s.ColumnCount() - 1)
		if last.Kind() == sqlite.KindText {
			last = sqlite.Text(strings.Clone(last.Text()))
		}
	}
}

// TestRoundTrip writes lists and reads them again, in the stored form and through
// the parser.
func TestRoundTrip(t *testing.T) {
	words := []string{"", "a", "NULL", "null", "a b", `"`, `\`, `\\"`, "{", "}", ",", "\n", "\t", "é😀", " lead", "trail ", "a,b", "nul", "'", `\x01`}
	for n := range 4 {
		for i := range words {
			var list []array.Element
			for k := range n {
				list = append(list, array.Element{Text: words[(i+k*7)%len(words)]}, array.Element{Null: true, Text: "NULL"})
			}
			text := array.Format(list)
			for k := range list {
				if list[k].Null {
					list[k].Text = "NULL"
				}
			}
			parsed, err := array.Parse(text)
			if err != nil || !slices.Equal(parsed, list) {
				t.Errorf("%s is parsed as %v (%v), it is %v", text, parsed, err, list)
			}
			if stored := array.List(sqlite.Text(text)); !slices.Equal(stored, list) {
				t.Errorf("%s is stored as %v, it is %v", text, stored, list)
			}
		}
	}
}

// TestRefusals are the arrays that the storage form has no place for.
func TestRefusals(t *testing.T) {
	for _, text := range []string{"{{1}}", "{{1,2},{3,4}}", "[2:3]={1,2}", "[0:0]={1}", "[1:1][1:2]={{1,2}}"} {
		if _, err := array.Parse(text); fault.Code(err) != fault.FeatureNotSupported {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestIndexes holds that = ANY, equality and order of arrays use an index.
func TestIndexes(t *testing.T) {
	conn, c := open(t)
	ints := c.TypeNamed("_int4")
	for _, sql := range []string{"CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, a TEXT) STRICT", "CREATE INDEX t_n ON t (n)",
		"CREATE INDEX t_a ON t (a COLLATE " + ints.Collation + ")"} {
		if err := conn.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, condition := range []string{
		"n IN (SELECT x1.c0 FROM " + array.TestedSQL("?1", ints.Elem) + " AS x1)",
		"id IN (SELECT x1.c0 FROM " + array.TestedSQL("?1", ints.Elem) + " AS x1)",
		"(a COLLATE " + ints.Collation + " = ?1)",
		"(a COLLATE " + ints.Collation + " > ?1)",
	} {
		plan, _ := query(t, conn, "EXPLAIN QUERY PLAN SELECT * FROM t WHERE "+condition, sqlite.Text("{1,2}"))
		all := plan.Text()
		if s, err := conn.Prepare("EXPLAIN QUERY PLAN SELECT * FROM t WHERE " + condition); err == nil {
			more, _ := s.Step()
			if more {
				all = s.Column(3).Text()
			}
			s.Reset()
		}
		if !strings.HasPrefix(all, "SEARCH t USING") {
			t.Errorf("%s: %s", condition, all)
		}
	}
}

// BenchmarkStorage measures, per row of 100,000, what storing arrays in their own
// text form costs and saves.
func BenchmarkStorage(b *testing.B) {
	const rows = 100_000
	conn, c := open(b)
	for _, sql := range []string{
		"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, j TEXT, n TEXT) STRICT",
		fmt.Sprintf("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s LIMIT %d) INSERT INTO t SELECT i,"+
			" '{' || (i*7919%%100000) || ',' || i || ',3,4}', '[' || (i*7919%%100000) || ',' || i || ',3,4]', '{' || (i*7919%%100000) || '.50,' || i || '.25,3,4}' FROM s", rows),
	} {
		if err := conn.Exec(sql); err != nil {
			b.Fatal(err)
		}
	}
	ints, bools := c.TypeNamed("_int4"), c.TypeNamed("_bool")
	elements := array.ElementsSQL("t.a", ints.Elem)
	for _, way := range []struct{ name, sql string }{
		{"read", "SELECT max(length(a)) FROM t"},
		{"text by elements", "SELECT max(length(" + bools.TextSQL("a") + ")) FROM t"},
		{"json by elements", "SELECT max(length(" + ints.JSONSQL("a") + ")) FROM t"},
		{"sort bytes", "SELECT count(*) FROM (SELECT a FROM t ORDER BY a LIMIT -1 OFFSET 0)"},
		{"sort integers", "SELECT count(*) FROM (SELECT a FROM t ORDER BY a COLLATE array_integer LIMIT -1 OFFSET 0)"},
		{"sort numeric", "SELECT count(*) FROM (SELECT n FROM t ORDER BY n COLLATE " + c.TypeNamed("_numeric").Collation + " LIMIT -1 OFFSET 0)"},
		{"equal integers", "SELECT count(*) FROM t WHERE a COLLATE array_integer = '{5,5,3,4}'"},
		{"unnest (4 a row)", "SELECT sum(x.c0) FROM t, " + elements + " AS x"},
		{"json_each (4 a row)", "SELECT sum(x.value) FROM t, json_each(t.j) AS x"},
		{"subscript", "SELECT sum(" + array.GetSQL("a", "2", ints.Elem) + ") FROM t"},
		{"contains", "SELECT count(*) FROM t WHERE galley_array_contains('i', a, '{3}')"},
	} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				query(b, conn, way.sql)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
	var ids []string
	for i := range 100 {
		ids = append(ids, fmt.Sprint(i*997+1))
	}
	b.Run("id = ANY of 100", func(b *testing.B) {
		sql := "SELECT count(*) FROM t WHERE id IN (SELECT x1.c0 FROM " + array.TestedSQL("?1", ints.Elem) + " AS x1)"
		value := sqlite.Text("{" + strings.Join(ids, ",") + "}")
		for b.Loop() {
			query(b, conn, sql, value)
		}
	})
}
