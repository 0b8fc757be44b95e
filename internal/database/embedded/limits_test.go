package embedded_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// TestLargeStatements asks for more than SQLite can do, or for what takes 2ⁿ
// steps unless it is remembered: an answer or a refusal, soon.
func TestLargeStatements(t *testing.T) {
	db := open(t)
	for name, sql := range map[string]string{
		"queries that double":  doubling(40, "select a.x + b.x as x from w%[1]d a, w%[1]d b"),
		"conditions on them":   doubling(30, "select x from w%[1]d where exists (select 1 from w%[1]d b where b.x + 1 > 1)"),
		"a long union":         "select count(*) from (" + strings.Join(numbered(1500, "select %d as x"), " union ") + ") u",
		"a long union all":     strings.Join(numbered(1500, "select %d as x"), " union all "),
		"a deep mixture":       strings.Join(numbered(300, "select %d"), " union all (") + strings.Repeat(")", 299),
		"a join of many":       "select 1 from " + strings.Join(numbered(80, "(values (1)) t%d(x)"), ", "),
		"many columns":         "select " + strings.Join(numbered(2500, "%d as c"), ", "),
		"a long condition":     "select 1 where " + strings.Join(numbered(5000, "%d > 0"), " and "),
		"a long sum":           "select " + strings.Join(numbered(2000, "%d"), " + "),
		"a long list":          "select 1 where 1 in (" + strings.Join(numbered(20000, "%d"), ", ") + ")",
		"many rows of a union": "select * from (values " + strings.Join(numbered(5000, "(%d)"), ", ") + ") v union select 0",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // each: what it looks for takes for ever
		rows, err := db.Query(ctx, database.Session{}, database.Statement{SQL: sql})
		if err == nil {
			_, err = database.Collect(rows, nil)
			rows.Close()
		}
		if ctx.Err() != nil {
			t.Errorf("%s takes too long", name)
		}
		cancel()
		if code := fault.Code(err); err != nil && code != fault.FeatureNotSupported && code != fault.StatementTooComplex {
			t.Errorf("%s: %.300v (%s)", name, err, code)
		}
	}
}

// TestEndlessQueries stops what would never end by the caller's context.
func TestEndlessQueries(t *testing.T) {
	db := open(t)
	run := func(ctx context.Context, sql string) error {
		rows, err := db.Query(ctx, database.Session{}, database.Statement{SQL: sql})
		if err != nil {
			return err
		}
		defer rows.Close()
		_, err = database.Collect(rows, nil)
		return err
	}
	for _, sql := range []string{
		"with recursive t as (select 1 as n union all select n from t) select count(*) from t",
		"with recursive t as (select 1 as n union select n + 1 from t) select max(n) from t",
		"with recursive t as (select 1 as n union all select n from t) select 1 from t a, t b where a.n <> b.n",
		"select count(*) from (select sum(i::numeric) over (order by i rows between 5000 preceding and current row)" +
			" from generate_series(1, 1000000) i) x",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		start := time.Now()
		err := run(ctx, sql)
		cancel()
		if err == nil || time.Since(start) > 20*time.Second {
			t.Errorf("%s: %v after %v", sql, err, time.Since(start))
		}
	}
}

// doubling names n queries, each of which uses the one before it twice.
func doubling(n int, query string) string {
	list := []string{"w0 as (select 1::bigint as x)"}
	for i := range n {
		list = append(list, fmt.Sprintf("w%d as (%s)", i+1, fmt.Sprintf(query, i)))
	}
	return fmt.Sprintf("with %s select x from w%d", strings.Join(list, ", "), n)
}

func numbered(n int, format string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(format, i)
	}
	return out
}
